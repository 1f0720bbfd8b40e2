"""
Control flow of torch programs: branches, loops with a condition, and loops over slices.

A branch that a constant chooses takes the place of the operator, and short loops are written out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from xdsl.ir import Block, SSAValue

from ...dialects.engine.base import extents_of
from ...dialects.engine.opaque import any_opaque
from ...interpreters.torch.functions import evaluate
from ..to_engine.dialect_conversion import Results, RunBlock
from ..to_engine.lowering import Lowering, NoNativeForm
from ..to_engine.vocabulary.control_flow import loop
from ..to_engine.vocabulary.loop_parts import LoopParts
from ..to_engine.vocabulary.regions import branch, while_loop
from ..to_engine.vocabulary.unrolled import is_short, stacked, taken


def _cond(lo: Lowering, run: RunBlock) -> Results:
    then, otherwise = lo.block("then_branch"), lo.block("else_branch")
    return branch(lo, run, lo.operand("pred"), then, otherwise)


def _while_loop(lo: Lowering, run: RunBlock) -> Results:
    carried = lo.op.operand_group("carried")
    return while_loop(lo, run, evaluate, lo.block("cond"), lo.block("body"), carried)


def _scan(lo: Lowering, run: RunBlock) -> Results:
    return _scanned(lo, run, lo.op.operand_group("init"), lo.op.operand_group("xs"))


def _map(lo: Lowering, run: RunBlock) -> Results:
    return _scanned(lo, run, (), lo.op.operand_group("xs"))


def _scanned(
    lo: Lowering, run: RunBlock, init: Sequence[SSAValue], xs: Sequence[SSAValue]
) -> Results:
    """A body for each slice along the first axis."""
    body = lo.block("body")
    if any_opaque((*init, *xs)):
        raise NoNativeForm("scans values without a buffer")
    steps = extents_of(xs[0])[0]
    rows = len(lo.op.results) - len(init)
    if isinstance(steps, int) and steps and is_short(steps, body):
        return _written_out(lo, run, body, init, xs, steps)
    going_on = lo.constant(np.array(True), "going")

    def fill(target: Block, arguments: Sequence[SSAValue]) -> list[SSAValue]:
        return [going_on, *run.into(target, body, arguments[1:])]

    found = loop(lo, LoopParts(None, None, init, xs, fill, rows, steps))
    return [*found.carried, *found.stacked]


def _written_out(
    lo: Lowering,
    run: RunBlock,
    body: Block,
    init: Sequence[SSAValue],
    xs: Sequence[SSAValue],
    steps: int,
) -> Results:
    carried: Sequence[SSAValue] = init
    rows: list[Sequence[SSAValue]] = []
    for step in range(steps):
        values = run(body, [*carried, *(taken(lo, x, 0, step) for x in xs)])
        carried = values[: len(init)]
        rows.append(values[len(init) :])
    return [*carried, *(stacked(lo, list(column), 0) for column in zip(*rows, strict=True))]


_CONTROL: Mapping[str, Callable[[Lowering, RunBlock], Results]] = {
    "torch.cond": _cond,
    "torch.while_loop": _while_loop,
    "torch.scan": _scan,
    "torch.map": _map,
}


def results_of_parts(lo: Lowering, run: RunBlock) -> Results:
    """
    The results of an operation with regions.

    Raises:
        NoNativeForm: for any other (then without words), and where a part has no native form.
    """
    control = _CONTROL.get(lo.op.name)
    if control is None:
        raise NoNativeForm("")
    return control(lo, run)
