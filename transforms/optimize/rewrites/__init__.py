"""
All rewrites, by what they are about. Rewrites of one operation are tried in the order of `FILES`
and, within a file, of its `RULES`.
"""

from __future__ import annotations

from collections.abc import Collection

from ..rewriting.rewrite import EXACTNESS, GROUPS, Rewrite, Rule
from . import (
    attention,
    attention_masks,
    broadcasts,
    channels_last,
    constants,
    contractions,
    maps,
    movement,
    no_ops,
    norms,
    products,
    reductions,
    scalar_algebra,
    scalar_constants,
    scalar_identities,
    views,
)

FILES = (
    constants,
    scalar_constants,
    scalar_identities,
    scalar_algebra,
    no_ops,
    contractions,
    broadcasts,
    movement,
    norms,
    reductions,
    maps,
    views,
    channels_last,
    products,
    attention,
    attention_masks,
)

REWRITES: tuple[Rewrite, ...] = tuple(rule for file in FILES for rule in file.RULES)
"""Every rewrite, in the order in which they are tried."""


def allowed_rewrites(
    exactness: str = "approximate",
    groups: Collection[str] = tuple(GROUPS),
    only: Collection[str] = (),
    without: Collection[str] = (),
    rewrites: Collection[Rule] = REWRITES,
) -> list[Rule]:
    """Those of `rewrites` that may fire: up to an exactness class, of these groups, by name."""
    limit = EXACTNESS.index(exactness)
    return [
        r
        for r in rewrites
        if EXACTNESS.index(r.exactness) <= limit
        and r.group in groups
        and (not only or r.name in only)
        and r.name not in without
    ]
