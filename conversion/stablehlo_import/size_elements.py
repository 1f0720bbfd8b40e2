"""Integer tensors whose elements are sizes: what JAX computes shapes with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import cast

import numpy as np
from xdsl.dialects.builtin import DenseIntOrFPElementsAttr, IntegerType
from xdsl.ir import SSAValue

from ...dialects.framework import Dim, dims_of, element_of
from ...dialects.stablehlo import HloOp
from ...dialects.stablehlo.clauses import integers_of
from ...dialects.stablehlo.word_attributes import WordAttribute
from ...runtime.size import Extent
from ..shape_arithmetic import (
    Elements,
    added,
    chosen,
    divided,
    elements_of,
    elementwise,
    equal,
    is_known,
    less,
    multiplied,
    remaining,
    subtracted,
)
from ..size_relations import Relations

MOST = 64
"""Elements up to which a tensor is followed."""

ElementsOf = Callable[[SSAValue], Elements | None]


def constant_elements(value: SSAValue) -> Elements | None:
    """The elements of a small constant of integers."""
    op = value.owner
    if not isinstance(op, HloOp) or op.name != "stablehlo.constant":
        return None
    attr = op.properties["value"]
    if not isinstance(attr, DenseIntOrFPElementsAttr):
        return None
    shape = attr.get_shape()
    if not isinstance(attr.get_element_type(), IntegerType) or int(np.prod(shape)) > MOST:
        return None
    boolean = cast(IntegerType, attr.get_element_type()).width.data == 1
    numbers = list(cast("Sequence[int]", attr.get_values()))
    return elements_of([int(n != 0) for n in numbers] if boolean else numbers, shape)


def followed_elements(op: HloOp, of: ElementsOf, relations: Relations) -> Elements | None:
    """The elements of the first result, where an operation is followed and they are known."""
    rule = _RULES.get(op.name)
    rank = 2 if op.name in _OF_TABLES else 1
    if rule is None or not _is_small_integer(op.results[0], rank):
        return None
    try:
        found = rule(op, [of(v) for v in op.operands], relations)
    except (ValueError, IndexError):
        return None
    return found if found is not None and is_known(found) else None


_OF_TABLES = frozenset(("stablehlo.concatenate", "stablehlo.reshape"))
"""Operations that are followed for tables, too: pads before and behind each dimension."""


def _is_small_integer(value: SSAValue, most_rank: int) -> bool:
    dims, element = dims_of(value.type), element_of(value.type)
    if dims is None or not isinstance(element, IntegerType) or len(dims) > most_rank:
        return False
    return all(isinstance(n, int) and n <= MOST for n in dims)


Operands = Sequence[Elements | None]
Rule = Callable[[HloOp, Operands, Relations], Elements | None]


def _of_two(combine: Callable[[Elements, Elements], Elements]) -> Rule:
    def rule(op: HloOp, given: Operands, relations: Relations) -> Elements | None:
        a, b = given
        return None if a is None or b is None else np.asarray(combine(a, b), object)

    return rule


def _dimension(op: HloOp, given: Operands, relations: Relations) -> Elements | None:
    dims, axis = dims_of(op.operands[0].type), op.attribute("dimension")
    if dims is None or not isinstance(axis, int) or not 0 <= axis < len(dims):
        return None
    return elements_of([dims[axis]], ())


def _same(op: HloOp, given: Operands, relations: Relations) -> Elements | None:
    return given[0]


def _reshape(op: HloOp, given: Operands, relations: Relations) -> Elements | None:
    dims = dims_of(op.results[0].type) or ()
    shape = [d for d in dims if isinstance(d, int)]
    return None if given[0] is None else given[0].reshape(shape)


def _concatenate(op: HloOp, given: Operands, relations: Relations) -> Elements | None:
    dims = dims_of(op.results[0].type) or ()
    if len(dims) > 1:
        known = [elements for elements in given if elements is not None]
        axis = op.attribute("dimension")
        if not isinstance(axis, int) or len(known) != len(given):
            return None
        return np.concatenate(known, axis)
    parts: list[Dim] = []
    for value, elements in zip(op.operands, given, strict=True):
        if elements is not None:
            parts += cast("list[Dim]", elements.reshape(-1).tolist())
            continue
        size = (dims_of(value.type) or (None,))[0]
        if not isinstance(size, int) or size > MOST:
            return None
        parts += [None] * size
    return elements_of(parts)


def _slice(op: HloOp, given: Operands, relations: Relations) -> Elements | None:
    if given[0] is None or given[0].ndim != 1:
        return None
    [first], [limit], [step] = (
        integers_of(op.properties[name]) for name in ("start_indices", "limit_indices", "strides")
    )
    return given[0][first:limit:step]


def _broadcast(op: HloOp, given: Operands, relations: Relations) -> Elements | None:
    dims = dims_of(op.results[0].type) or ()
    shape = [d for d in dims if isinstance(d, int)]
    if given[0] is None or len(shape) != len(dims) or given[0].size not in (1, *shape):
        return None
    return np.broadcast_to(given[0].reshape(-1 if given[0].size > 1 else ()), shape)


def _negative(op: HloOp, given: Operands, relations: Relations) -> Elements | None:
    return None if given[0] is None else subtracted(elements_of([0], ()), given[0])


def _sign(op: HloOp, given: Operands, relations: Relations) -> Elements | None:
    def sign(size: Dim) -> Dim:
        if isinstance(size, int) or size is None:
            return None if size is None else (size > 0) - (size < 0)
        return 1 if relations.at_least(size, 1) else None

    return None if given[0] is None else np.asarray(np.frompyfunc(sign, 1, 1)(given[0]), object)


def _compare(op: HloOp, given: Operands, relations: Relations) -> Elements | None:
    word = op.properties["comparison_direction"]
    a, b = given
    if a is None or b is None or not isinstance(word, WordAttribute):
        return None

    def no_less(x: Extent, y: Extent) -> Dim:
        """Whether x >= y: by what is known of the names, else as a size."""
        if relations.at_least(x, y):
            return 1
        return 0 if relations.at_least(y, x + 1) else None

    known = elementwise(no_less)
    one = elements_of([1], ())
    direction = word.word.data
    if direction in ("EQ", "NE"):
        found = equal(a, b)
        return found if direction == "EQ" else subtracted(one, found)
    if direction in ("LT", "GT"):
        x, y = (a, b) if direction == "LT" else (b, a)
        return _or(subtracted(one, known(x, y)), less(x, y))
    x, y = (a, b) if direction == "GE" else (b, a)
    return _or(known(x, y), subtracted(one, less(x, y)))


def _or(known: Elements, other: Elements) -> Elements:
    """What is known, else the other."""

    def pick(a: Dim, b: Dim) -> Dim:
        return b if a is None else a

    return np.asarray(np.frompyfunc(pick, 2, 1)(known, other), object)


def _select(op: HloOp, given: Operands, relations: Relations) -> Elements | None:
    which, a, b = given
    if a is None or b is None or which is None:
        return None
    return chosen(which, a, b)


def _clamp(op: HloOp, given: Operands, relations: Relations) -> Elements | None:
    low, x, high = given
    if low is None or x is None or high is None:
        return None

    def nearest(size: Extent, least: Extent, most: Extent) -> Extent:
        return relations.minimum(relations.maximum(size, least), most)

    def each(size: Dim, least: Dim, most: Dim) -> Dim:
        if size is None or least is None or most is None:
            return None
        return nearest(size, least, most)

    return np.asarray(np.frompyfunc(each, 3, 1)(x, low, high), object)


def _both(op: HloOp, given: Operands, relations: Relations) -> Elements | None:
    if element_of(op.results[0].type) != IntegerType(1):
        return None
    a, b = given
    # One that is known to fail decides, whatever the other is.
    if any(e is not None and all(n == 0 for n in e.reshape(-1).tolist()) for e in given):
        dims = dims_of(op.results[0].type) or ()
        return elements_of([0] * (cast(int, dims[0]) if dims else 1), None if dims else ())
    return None if a is None or b is None else multiplied(a, b)


def _maximum(op: HloOp, given: Operands, relations: Relations) -> Elements | None:
    a, b = given
    if a is None or b is None:
        return None
    return elementwise(relations.maximum)(a, b)


def _minimum(op: HloOp, given: Operands, relations: Relations) -> Elements | None:
    a, b = given
    if a is None or b is None:
        return None
    return elementwise(relations.minimum)(a, b)


_RULES: dict[str, Rule] = {
    "stablehlo.add": _of_two(added),
    "stablehlo.and": _both,
    "stablehlo.broadcast_in_dim": _broadcast,
    "stablehlo.clamp": _clamp,
    "stablehlo.compare": _compare,
    "stablehlo.concatenate": _concatenate,
    "stablehlo.convert": _same,
    "stablehlo.divide": _of_two(divided),
    "stablehlo.get_dimension_size": _dimension,
    "stablehlo.maximum": _maximum,
    "stablehlo.minimum": _minimum,
    "stablehlo.multiply": _of_two(multiplied),
    "stablehlo.negate": _negative,
    "stablehlo.remainder": _of_two(remaining),
    "stablehlo.reshape": _reshape,
    "stablehlo.select": _select,
    "stablehlo.sign": _sign,
    "stablehlo.slice": _slice,
    "stablehlo.subtract": _of_two(subtracted),
}
