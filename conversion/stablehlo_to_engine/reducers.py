"""
What the regions of reductions, sorts and scatters are, told from what they compute.

A region of comparisons and selections alone knows nothing of its arguments but how they compare, so
that it is known wholly once it has been run on every case: less, equal, greater, NaN.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from xdsl.dialects.builtin import IntegerType
from xdsl.ir import Block, Region, SSAValue

from ...dialects.engine.base import element_of
from ...dialects.engine.weights import Array, WeightStore, dtype_of
from ...dialects.framework.constant_array import constant_array
from ...dialects.stablehlo import HloOp
from ...interpreters.stablehlo.elementwise import total_order
from ...interpreters.stablehlo.scalar_code import kind_of, scalar_code

__all__ = ["arg_extreme_of", "independent_kinds", "kind_of", "order_of", "update_kind"]

_COMPARING = frozenset(
    f"stablehlo.{name}" for name in ("compare", "select", "or", "and", "not", "xor", "constant")
)
_SPECIAL = (0.0,)


def _only_compares(block: Block) -> bool:
    """Whether a block compares and selects alone, with no numbers but 0 and NaN."""
    for op in block.ops:
        if op is block.last_op:
            continue
        if not isinstance(op, HloOp) or op.name not in _COMPARING:
            return False
        if op.name == "stablehlo.constant":
            found = constant_array(op.properties["value"], WeightStore().array)
            if found.size != 1 or not (np.isnan(found).all() or found in _SPECIAL):
                return False
    return True


def independent_kinds(region: Region) -> list[str] | None:
    """The kind of each result, where each is one operation on its own two arguments."""
    block = region.block
    last = block.last_op
    count = len(block.args) // 2
    if last is None or len(last.operands) != count:
        return None
    found: list[str] = []
    for at, value in enumerate(last.operands):
        op = value.owner
        if not isinstance(op, HloOp) or set(op.operands) != {
            block.args[at],
            block.args[count + at],
        }:
            return None
        kind = _KINDS.get(op.name)
        if kind is None or len(op.operands) != 2:
            return None
        found.append(kind)
    return found


_KINDS = {
    "stablehlo.add": "sum",
    "stablehlo.multiply": "prod",
    "stablehlo.maximum": "max",
    "stablehlo.minimum": "min",
    "stablehlo.or": "or",
    "stablehlo.and": "and",
}


def _probes(value: SSAValue) -> list[Any]:
    """Numbers of every sort that comparisons tell apart."""
    element = element_of(value)
    if isinstance(element, IntegerType):
        return [0, 1] if element.width.data == 1 else [0, 1, 2]
    return [-np.inf, -1.0, -0.0, 0.0, 1.0, np.inf, np.nan]


def _run(code: Callable[..., list[Array]], block: Block, *given: Any) -> list[Array]:
    arrays = [
        np.asarray(number, dtype_of(element_of(arg)))
        for number, arg in zip(given, block.args, strict=True)
    ]
    with np.errstate(all="ignore"):
        return code(*arrays)


def arg_extreme_of(region: Region) -> bool | None:
    """
    Whether a region keeps the larger (True) or the smaller (False) of two values with its position,
    the first of equal ones, NaN before all; None for any other.
    """
    block = region.block
    if len(block.args) != 4 or not _only_compares(block):
        return None
    code, values, places = scalar_code(region), _probes(block.args[0]), (0, 1, 2)
    for largest in (True, False):
        if all(
            _same(_run(code, block, a, i, b, j), _better(a, i, b, j, largest=largest))
            for a, b, i, j in product(values, values, places, places)
            if i != j
        ):
            return largest
    return None


def _better(a: float, i: int, b: float, j: int, *, largest: bool) -> tuple[float, int]:
    if np.isnan(a) or np.isnan(b):
        if np.isnan(a) and np.isnan(b):
            return a, min(i, j)
        return (a, i) if np.isnan(a) else (b, j)
    if a == b:
        return a, min(i, j)
    return (a, i) if (a > b) == largest else (b, j)


def _same(found: Sequence[Array], wanted: tuple[float, int]) -> bool:
    value, place = found
    if np.isnan(wanted[0]):
        # Which of two NaN is kept does not matter to who asks for the place of the first: JAX's
        # own region keeps the one on the left, whose place is the lower one as it goes on.
        return bool(np.isnan(value))
    return bool(value == wanted[0]) and int(place) == wanted[1]


@dataclass(frozen=True)
class Order:
    """What comes first."""

    largest: bool
    total: bool
    """By the total order of floats, with -0 below 0 and NaN at the ends; else NaN are equal and
    the largest of all."""


def order_of(region: Region) -> Order | None:
    """
    The order of a comparison of the first pair of its arguments alone; None for any other.
    """
    block = region.block
    if any(arg.uses for arg in block.args[2:]) or not _only_compares(block):
        return None
    code, values = scalar_code(region), _probes(block.args[0])
    if np.nan in values:
        values = [*values, -np.nan]
    rest = [0] * (len(block.args) - 2)
    pairs = list(product(values, values))
    found = [bool(_run(code, block, a, b, *rest)[0]) for a, b in pairs]
    for largest, total in product((False, True), (False, True)):
        rule = _before_totally if total else _before
        turned = [(b, a) for a, b in pairs] if largest else pairs
        if found == [rule(a, b) for a, b in turned]:
            return Order(largest, total)
    return None


def _before(one: float, other: float) -> bool:
    if np.isnan(one):
        return False
    return bool(np.isnan(other)) or bool(one < other)


def _before_totally(one: float, other: float) -> bool:
    with np.errstate(over="ignore"):
        a, b = (total_order(np.array(number, np.float64)) for number in (one, other))
    return bool(a < b)


def update_kind(region: Region) -> str | None:
    """What a region of an element and its update gives: `none` for the update, `add` and so on."""
    block = region.block
    last = block.last_op
    if last is not None and len(block.args) == 2 and list(last.operands) == [block.args[1]]:
        return "none"
    kind = kind_of(region)
    return {"sum": "add", "prod": "mul", "max": "max", "min": "min"}.get(kind or "")
