"""`apply-pdl`: xDSL's, and what the patterns build keeps its provenance."""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects import pdl
from xdsl.dialects.builtin import ModuleOp
from xdsl.interpreters.pdl import PDLRewritePattern
from xdsl.ir import Operation
from xdsl.passes import ModulePass
from xdsl.pattern_rewriter import (
    GreedyRewritePatternApplier,
    PatternRewriteWalker,
    RewritePattern,
)

from ..errors import UsageError
from ..ir.parse_ir import parse_ir
from ..runtime.input_file import open_regular
from .optimize.rewriting import keeping_provenance


@dataclass(frozen=True)
class ApplyPdlPass(ModulePass):
    """Apply the `pdl.pattern`s of the module, or of a file, until none applies."""

    name = "apply-pdl"

    pdl_file: str | None = None

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        source = op if self.pdl_file is None else _read(ctx, self.pdl_file)
        patterns = [
            _pattern_of(ctx, rewrite)
            for rewrite in source.walk()
            if isinstance(rewrite, pdl.RewriteOp)
        ]
        PatternRewriteWalker(GreedyRewritePatternApplier(patterns)).rewrite_module(op)


def _read(ctx: Context, path: str) -> ModuleOp:
    try:
        with open_regular(path) as file:
            text = file.read().decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise UsageError(f"apply-pdl: {path} cannot be read: {reason}") from error
    return parse_ir(ctx, text, path)


def _pattern_of(ctx: Context, rewrite: pdl.RewriteOp) -> RewritePattern:
    return keeping_provenance(PDLRewritePattern(rewrite, ctx), _name_of(rewrite.parent_op()))


def _name_of(pattern: Operation | None) -> str:
    if isinstance(pattern, pdl.PatternOp) and pattern.sym_name is not None:
        return pattern.sym_name.data
    return ApplyPdlPass.name
