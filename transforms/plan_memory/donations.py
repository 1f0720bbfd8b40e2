"""
Inputs that callers give away: each lies in the memory of an output, where planning can have it so.

A donation becomes an `engine.relayout` of the argument in front of everything else, which callers
do and not the program. Its result is placed like that of any operation: a `concat` or `pad` takes
it in as a part, and an operation that may work in place, as a scatter into a cache, writes over it.
Where neither is possible the program reads the argument where it lies, as without the donation.
"""

from __future__ import annotations

from xdsl.dialects import func
from xdsl.dialects.builtin import UnitAttr
from xdsl.ir import OpResult, SSAValue
from xdsl.utils.exceptions import VerifyException

from ...dialects.engine import RelayoutOp
from ...dialects.engine.base import carry_provenance, dense_stride_extents_of, extents_of, layout_of
from ...dialects.engine.memory_part import canonical_strides
from ...dialects.engine.opaque import is_opaque
from ...dialects.engine.size_definitions import SizeDefinitions
from ...dialects.framework import donations_of
from ...errors import CompileError
from ...runtime.size import is_zero
from .place import Place
from .placement import Placement


def given_away(function: func.FuncOp) -> dict[RelayoutOp, Place]:
    """
    The arguments that may lie in outputs, as operations, with where that is: in those elements of
    the output that have the indices of the argument.
    """
    try:
        donations = donations_of(function)
    except VerifyException as error:
        raise CompileError(f"plan-memory: {error}") from None
    block = function.body.block
    first, last = block.first_op, block.last_op
    found: dict[RelayoutOp, Place] = {}
    if last is None or SizeDefinitions.of(function).at:
        return found  # memory of outputs that the data decides is there too late
    for donation in donations:
        argument, result = donation.argument.data, donation.result.data
        if argument >= len(block.args) or result >= len(last.operands):
            raise CompileError(
                f"plan-memory: {donation} of a function with {len(block.args)} arguments and"
                f" {len(last.operands)} results"
            )
        value, output = block.args[argument], last.operands[result]
        if is_opaque(value) or is_opaque(output) or value.first_use is None:
            continue
        if not layout_of(value).row_major or any(value is v for v in last.operands):
            continue
        given = RelayoutOp(value, value.type)
        given.donated = UnitAttr()
        given.res[0].name_hint = value.name_hint
        if isinstance(output, OpResult):
            carry_provenance([output.op], [given])
        value.replace_all_uses_with(given.res[0])
        given.operands[0] = value
        assert first is not None
        block.insert_op_before(given, first)
        found[given] = Place(result, 0, dense_stride_extents_of(output))
    return found


def lies_at(value: SSAValue, home: Place, placement: Placement) -> bool:
    """Whether each element of a value lies where `home` says."""
    place, sizes = placement.places[value], extents_of(value)
    there = place.root == home.root and is_zero(place.offset) and not place.steps
    return there and (
        canonical_strides(sizes, place.strides) == canonical_strides(sizes, home.strides)
    )
