"""
`canonicalize`: xDSL's, with the rules of engine operations.

The rules are those of `optimize` that simplify and change no bit. They apply to engine operations
and to the scalar operations in their regions, never inside `engine.reference`; provenance is kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Operation
from xdsl.passes import ModulePass
from xdsl.pattern_rewriter import (
    GreedyRewritePatternApplier,
    PatternRewriter,
    PatternRewriteWalker,
    RewritePattern,
)
from xdsl.transforms.canonicalize import CanonicalizationRewritePattern
from xdsl.transforms.dead_code_elimination import region_dce

from ..dialects.engine import ReferenceOp
from ..dialects.engine.base import EngineOp
from ..dialects.engine.canonicalization import PATTERNS
from .optimize.rewrites import REWRITES
from .optimize.rewriting import Rewrite


@dataclass(frozen=True)
class CanonicalizePass(ModulePass):
    """Applies all canonicalization patterns."""

    name = "canonicalize"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        pattern = GreedyRewritePatternApplier(
            [CanonicalizationRewritePattern(), SimplifyingRules(ctx)],
            ctx=ctx,
            folding_enabled=True,
        )
        PatternRewriteWalker(pattern, post_walk_func=region_dce).rewrite_module(op)


@cache
def simplifying_rules() -> dict[type[Operation], tuple[Rewrite, ...]]:
    """Operation class -> the rules that simplify it and change no bit, in order of trial."""
    rules = [r for r in REWRITES if r.group == "simplify" and r.exactness == "bitwise"]
    anchors = dict.fromkeys(anchor for rule in rules for anchor in rule.anchors)
    return {a: tuple(r for r in rules if a in r.anchors) for a in anchors}


class SimplifyingRules(RewritePattern):
    """
    The rules that simplify engine operations and the scalars in their regions.

    Without the context of the program, what computes with weights does not apply.
    """

    def __init__(self, ctx: Context | None = None):
        self.patterns: dict[type[Operation], Sequence[RewritePattern]] = {
            anchor: [rule.as_pattern(ctx) for rule in rules]
            for anchor, rules in simplifying_rules().items()
        }

    def match_and_rewrite(self, op: Operation, rewriter: PatternRewriter, /) -> None:
        patterns = self.patterns.get(type(op))
        if patterns is None or not _is_of_engine(op):
            return
        for pattern in patterns:
            pattern.match_and_rewrite(op, rewriter)
            if rewriter.has_done_action:
                return


def _is_of_engine(op: Operation) -> bool:
    """Whether `op` is an engine operation, or in a scalar region, that may be rewritten."""
    if not isinstance(op, EngineOp) and not isinstance(op.parent_op(), EngineOp):
        return False
    around = op.parent_op()
    while around is not None and not isinstance(around, ReferenceOp):
        around = around.parent_op()
    return around is None


def provide_patterns() -> None:
    """Let xDSL's own `canonicalize`, as in `xdsl-opt`, find the rules of engine operations."""
    if not PATTERNS:
        rules = SimplifyingRules()
        engine = [anchor for anchor in rules.patterns if issubclass(anchor, EngineOp)]
        PATTERNS.update(dict.fromkeys(engine, (rules,)))
