"""Operators that call subgraphs: IF and WHILE."""

from __future__ import annotations

from ..to_engine.dialect_conversion import Results, RunBlock
from ..to_engine.lowering import Lowering, NoNativeForm
from ..to_engine.vocabulary.regions import branch, while_loop
from .evaluation import evaluate


def results_of_parts(lo: Lowering, run: RunBlock) -> Results:
    """The results of the subgraphs that an operation calls; see `Parts`."""
    if lo.op.name == "tfl.IF":
        condition, *given = lo.operands
        then, otherwise = lo.block("then_branch"), lo.block("else_branch")
        return branch(lo, run, condition, then, otherwise, given)
    if lo.op.name == "tfl.WHILE":
        return while_loop(lo, run, evaluate, lo.block("cond"), lo.block("body"), lo.operands)
    raise NoNativeForm
