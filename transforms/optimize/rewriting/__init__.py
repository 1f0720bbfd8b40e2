"""The rewrite mechanism: what a rule is, its spellings, and the driver that applies them all."""

from .apply import apply_rewrites
from .common_subexpressions import MERGE
from .patterns import PatternRule, keeping_provenance, rule_of_pattern
from .report import NearMiss, RewriteReport
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
from .watcher import Applied, Watcher

__all__ = [
    "EVIDENCE",
    "EXACTNESS",
    "GROUPS",
    "MERGE",
    "Applied",
    "Match",
    "NearMiss",
    "NoMatch",
    "PatternRule",
    "Rewrite",
    "RewriteReport",
    "Rule",
    "Watcher",
    "apply_rewrites",
    "has_one_use",
    "keeping_provenance",
    "producer_of",
    "rewrite",
    "rule_of_pattern",
]
