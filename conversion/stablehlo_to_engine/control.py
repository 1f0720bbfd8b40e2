"""
Branches and loops.

Values that a loop carries and never changes are taken from outside: weights stay constants.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
from xdsl.dialects.builtin import i1
from xdsl.ir import Block, SSAValue

from ...dialects.engine.base import element_of, extents_of
from ...dialects.engine.weights import dense
from ...dialects.stablehlo import HloOp, ReturnOp, op_classes
from ...interpreters.stablehlo.table import SEMANTICS
from ...interpreters.table_functions import table_evaluate
from ..to_engine.dialect_conversion import Results, RunBlock
from ..to_engine.lowering import Lowering, NoNativeForm
from ..to_engine.scalars import Numbers
from ..to_engine.vocabulary.loop_parts import discard
from ..to_engine.vocabulary.regions import branch, while_loop
from .parts_of_operations import hlo, result_extents

EVALUATE = partial(table_evaluate, SEMANTICS)
"""The results of an operation on constants."""


def _if(lo: Lowering, run: RunBlock) -> Results:
    then, otherwise = (region.block for region in lo.op.regions)
    return branch(lo, run, lo.operands[0], then, otherwise)


def _case(lo: Lowering, run: RunBlock) -> Results:
    """The first branch for the number 0, else the rest by the number before."""
    index, regions = lo.operands[0], lo.op.regions
    if len(regions) == 1:
        return run(regions[0].block, [])
    n = Numbers(element_of(index))
    known = lo.array_of(index)
    if known is not None:
        at = int(known.reshape(-1)[0])
        return run(regions[at if 0 <= at < len(regions) else -1].block, [])
    first = lo.map([index], lambda a: n.compare("eq", a, n.number(0)), i1)
    if len(regions) == 2:
        return branch(lo, run, first, regions[0].block, regions[1].block)
    rest = _rest(hlo(lo), index)
    try:
        return branch(lo, run, first, regions[0].block, rest)
    finally:
        discard(rest)


def _rest(op: HloOp, index: SSAValue) -> Block:
    """The branches but the first, by the number before."""
    block, classes = Block(), op_classes()
    one = classes["stablehlo.constant"].create(
        result_types=[index.type], properties={"value": dense(np.array(1, np.int32))}
    )
    before = classes["stablehlo.subtract"].create(
        operands=[index, one.results[0]], result_types=[index.type]
    )
    case = classes["stablehlo.case"].create(
        operands=[before.results[0]],
        result_types=[r.type for r in op.results],
        regions=[region.clone() for region in op.regions[1:]],
        attributes=dict(op.attributes),
    )
    block.add_ops([one, before, case, ReturnOp(case.results)])
    return block


def _while(lo: Lowering, run: RunBlock) -> Results:
    before, body = (region.block for region in lo.op.regions)
    last = body.last_op
    if last is None or len(last.operands) != len(lo.operands):
        raise NoNativeForm("carries other values than it gives")
    kept = [at for at, arg in enumerate(body.args) if last.operands[at] is not arg]
    condition, step = (_reduced(block, lo.operands, kept) for block in (before, body))
    returned = step.last_op
    assert returned is not None
    returned.operands = [returned.operands[at] for at in kept]
    try:
        found = iter(while_loop(lo, run, EVALUATE, condition, step, [lo.operands[a] for a in kept]))
    finally:
        discard(condition)
        discard(step)
    return [next(found) if at in kept else value for at, value in enumerate(lo.operands)]


def _reduced(block: Block, operands: Sequence[SSAValue], kept: Sequence[int]) -> Block:
    """A copy of a block that takes some of the carried values alone, the others from outside."""
    made = Block(arg_types=[block.args[at].type for at in kept])
    values: dict[SSAValue, SSAValue] = dict(zip(block.args, operands, strict=True))
    values |= {block.args[at]: arg for at, arg in zip(kept, made.args, strict=True)}
    for op in block.ops:
        made.add_op(op.clone(values))
    return made


def _map(lo: Lowering, run: RunBlock) -> Results:
    """The function of scalars, of all elements at once."""
    found = run(lo.op.regions[0].block, lo.operands)
    wanted = result_extents(lo)
    if any(extents_of(value) != wanted for value in found):
        raise NoNativeForm("by a function that gives other shapes")
    return found


CONTROL = {
    "stablehlo.case": _case,
    "stablehlo.if": _if,
    "stablehlo.map": _map,
    "stablehlo.while": _while,
}
"""Operations whose regions are put where they are wanted."""


def results_of_parts(lo: Lowering, run: RunBlock) -> Results:
    """
    The results of what an operation stands for.

    Raises:
        NoNativeForm: when it stands for itself alone (then without words).
    """
    control = CONTROL.get(lo.op.name)
    if control is None:
        raise NoNativeForm("")
    return control(lo, run)
