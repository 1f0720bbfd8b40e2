"""The rewrite mechanism: what a rewrite is, and the driver that applies all of them together."""

from .driver import RewriteReport, apply_rewrites
from .rewrite import EXACTNESS, GROUPS, Match, NoMatch, Rewrite, has_one_use, producer_of, rewrite

__all__ = [
    "EXACTNESS",
    "GROUPS",
    "Match",
    "NoMatch",
    "Rewrite",
    "RewriteReport",
    "apply_rewrites",
    "has_one_use",
    "producer_of",
    "rewrite",
]
