"""Vector constants in LLVM's short spelling: `splat (float 1.0)`, `zeroinitializer`, `poison`.

llvmlite writes every lane of a vector constant out; in kernels, where most operands are splats
and shuffle masks, that is half of the text LLVM has to read.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from llvmlite import ir

from .types import I32


class Splat(ir.Constant):
    """A vector constant with one number in every lane, known as `lane`."""

    lane: ir.Constant

    def __init__(self, type: ir.VectorType, lane: ir.Constant):
        super().__init__(type, [lane] * type.count)
        self.lane = lane

    def _get_reference(self) -> str:
        text = self.lane.get_reference()
        if text in ("0", "0x0", "false"):
            return "zeroinitializer"
        return f"splat ({self.lane.type} {text})"


def splat(type: ir.Type, value: Any) -> ir.Constant:
    """A constant of scalar or vector type with `value` in every lane."""
    if isinstance(type, ir.VectorType):
        return Splat(type, ir.Constant(type.element, value))
    return ir.Constant(type, value)


class Poison(ir.Constant):
    """A value that may be anything."""

    def _get_reference(self) -> str:
        return "poison"


@cache
def poison(type: ir.Type) -> ir.Constant:
    """The one `poison` of a type."""
    return Poison(type, ir.Undefined)


@cache
def _lane_list(lanes: tuple[int, ...]) -> ir.Constant:
    type = ir.VectorType(I32, len(lanes))
    if not any(lanes):
        return Splat(type, ir.Constant(I32, 0))
    return ir.Constant(type, [ir.Constant(I32, lane) for lane in lanes])


def lane_list(lanes: Sequence[int]) -> ir.Constant:
    """A shuffle mask. llvmlite wants every lane in range, so 'anything' (-1) is lane 0."""
    return _lane_list(tuple(max(0, lane) for lane in lanes))


def constant_number(value: Any) -> float | int | None:
    """The number in every lane of a constant, None for anything else."""
    if isinstance(value, Splat):
        value = value.lane
    if not isinstance(value, ir.Constant):
        return None
    number: object = value.constant
    return number if isinstance(number, int | float) else None
