"""
All rewrites, by what they are about. The order of `FILES` is the order in which rewrites of one
operation are tried.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module

from ..rewriting.rewrite import EXACTNESS, REGISTRY, Rewrite

FILES = (
    "constants",
    "scalar_constants",
    "scalar_algebra",
    "no_ops",
    "broadcasts",
    "movement",
    "norms",
    "reductions",
    "maps",
    "views",
    "contractions",
    "products",
    "attention",
    "attention_masks",
)


def all_rewrites() -> list[Rewrite]:
    """Every rewrite, in the order in which they are tried."""
    for name in FILES:
        import_module(f".{name}", __name__)
    return list(REGISTRY.values())


def allowed_rewrites(
    exactness: str = "approximate",
    groups: Sequence[str] = ("basic", "extended", "layout"),
    only: Sequence[str] = (),
    without: Sequence[str] = (),
) -> list[Rewrite]:
    """The rewrites that may fire: up to an exactness class, of these groups, by name."""
    limit = EXACTNESS.index(exactness)
    return [
        r
        for r in all_rewrites()
        if EXACTNESS.index(r.exactness) <= limit
        and r.group in groups
        and (not only or r.name in only)
        and r.name not in without
    ]
