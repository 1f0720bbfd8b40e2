"""The rewrite mechanism: what a rule is, its spellings, and the driver that applies them all."""

from .driver import apply_rewrites
from .patterns import PatternRule, keeping_provenance, rule_of_pattern
from .report import RewriteReport
from .rewrite import (
    EVIDENCE,
    EXACTNESS,
    GROUPS,
    Match,
    NoMatch,
    Rewrite,
    Rule,
    has_one_use,
    producer_of,
    rewrite,
)

__all__ = [
    "EVIDENCE",
    "EXACTNESS",
    "GROUPS",
    "Match",
    "NoMatch",
    "PatternRule",
    "Rewrite",
    "RewriteReport",
    "Rule",
    "apply_rewrites",
    "has_one_use",
    "keeping_provenance",
    "producer_of",
    "rewrite",
    "rule_of_pattern",
]
