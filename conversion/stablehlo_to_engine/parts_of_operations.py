"""What conversions ask an operation for: its attributes, its regions, the sizes of its result."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from xdsl.dialects.builtin import DenseIntOrFPElementsAttr
from xdsl.ir import Block, SSAValue

from ...dialects.engine.base import extents_of
from ...dialects.framework import dims_of
from ...dialects.stablehlo import HloOp
from ...dialects.stablehlo.clauses import integers_of
from ...runtime.size import Extent
from ..to_engine.lowering import Lowering, NoNativeForm
from ..to_engine.open_extents import extents_in


def hlo(lo: Lowering) -> HloOp:
    """The operation that is converted."""
    assert isinstance(lo.op, HloOp)
    return lo.op


def integers(lo: Lowering, name: str, default: Sequence[int] = ()) -> list[int]:
    """A list of integers."""
    found = lo.op.properties.get(name)
    return list(default) if found is None else integers_of(found)


def pads(lo: Lowering, rank: int) -> tuple[list[int], list[int]]:
    """Pads before and behind each dimension."""
    found = lo.op.properties.get("padding")
    if not isinstance(found, DenseIntOrFPElementsAttr):
        return [0] * rank, [0] * rank
    listed = [int(n) for n in cast("Sequence[int]", found.get_values())]
    return listed[0::2], listed[1::2]


def result_extents(lo: Lowering, at: int = 0) -> tuple[Extent, ...]:
    """
    The sizes that the operation says of a result.

    Raises:
        NoNativeForm: where not all of them are known.
    """
    dims = dims_of(lo.op.results[at].type)
    known = [d for d in dims or () if d is not None]
    if dims is None or len(known) != len(dims):
        raise NoNativeForm("gives sizes that are not known")
    return tuple(known)


def operand_extents(lo: Lowering, at: int) -> list[Extent]:
    """
    The integers of an operand.

    Raises:
        NoNativeForm: where the data decides them.
    """
    found = extents_in(lo, lo.operands[at])
    if found is None:
        raise NoNativeForm("has sizes that the data decides")
    return found


def body(lo: Lowering, at: int = 0) -> Block:
    """The block of a region."""
    return lo.op.regions[at].block


def rank(value: SSAValue) -> int:
    """The number of dimensions."""
    return len(extents_of(value))
