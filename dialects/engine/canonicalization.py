"""
Where xDSL's `canonicalize` finds the patterns of engine operations.

The patterns are rules of `optimize`, which lies above the dialects; so the table is empty until
`transforms.canonicalize.provide_patterns` fills it.
"""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.ir import Operation
from xdsl.pattern_rewriter import RewritePattern
from xdsl.traits import HasCanonicalizationPatternsTrait

PATTERNS: dict[type[Operation], tuple[RewritePattern, ...]] = {}
"""Operation class -> what makes it simpler."""


@dataclass(frozen=True)
class EngineCanonicalization(HasCanonicalizationPatternsTrait):
    """The canonicalization patterns of an engine operation are those of the table."""

    def get_patterns(self, op: type[Operation]) -> tuple[RewritePattern, ...]:
        return PATTERNS.get(op, ())

    @classmethod
    def get_canonicalization_patterns(cls) -> tuple[RewritePattern, ...]:
        return ()
