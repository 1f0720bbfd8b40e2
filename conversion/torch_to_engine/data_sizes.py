"""
Sizes that only the data knows, and numbers that are sizes.

A program names them itself (`u0`): in the type of what has such a size first, and in the sizes of
everything behind it. The operation that finds one therefore defines that name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import cast

import numpy as np
from xdsl.dialects.builtin import TensorType, i64
from xdsl.ir import SSAValue

from ...dialects.engine import AsSizeOp, WeightStore
from ...dialects.engine.constant import constant_of
from ...dialects.framework import FrameworkOp, dims_of
from ...runtime.size import Extent, Size, floordiv, maximum, minimum, mod, name_of, named
from ...runtime.size_text import parse_size
from ..shape_arithmetic import Elements, elements_of
from ..size_relations import Relations
from ..to_engine.data_extents import MOST, whole
from ..to_engine.dialect_conversion import Conversion
from ..to_engine.lowering import Lowering, NoNativeForm
from ..to_engine.open_extents import extents_in
from ..to_engine.run_time_operands import result_name

_NUMBER = TensorType(i64, [])

_BINARY: Mapping[str, Callable[[Extent, Extent], Extent]] = {
    "torch.aten.add.Tensor": lambda a, b: a + b,
    "torch.aten.sub.Tensor": lambda a, b: a - b,
    "torch.aten.mul.Tensor": lambda a, b: a * b,
    "torch.aten.floor_divide.default": floordiv,
    "torch.aten.remainder.Tensor": mod,
    "torch.aten.maximum.default": maximum,
    "torch.aten.minimum.default": minimum,
}


def declared_name(lo: Lowering, axis: int) -> str:
    """What the program calls the size of the result along an axis; else a name after the result."""
    dims = dims_of(lo.op.results[0].type)
    name = None if dims is None or axis >= len(dims) else name_of(dims[axis])
    return name or f"{result_name(lo)}_{axis}"


def _as_size(lo: Lowering) -> SSAValue:
    """A number that gets the name that the program gives it; itself where there may be none."""
    number, most = lo.operand("number"), lo.op.attribute("at_most")
    if number.type != _NUMBER:
        raise NoNativeForm(f"of {number.type}; a size is one integer")
    if extents_in(lo, number) is not None:
        return number
    bound = min(most, MOST) if isinstance(most, int) else MOST
    try:
        name = lo.new_size(lo.text("size"), bound)
    except NoNativeForm:
        return number
    found = lo.reshape(lo.emit(AsSizeOp(whole(lo, number), [name], [bound])), ())
    lo.sizes[found] = elements_of([named(name)], ())
    for text in lo.texts("where") or ():
        _check(lo.relations, text)
    return found


def _check(relations: Relations, text: str) -> None:
    """Ask for `3 <= u0` or `u0 = N` of a call."""
    for sign in (" <= ", " = "):
        left, found, right = text.partition(sign)
        if found:
            a, b = parse_size(left), parse_size(right)
            relations.not_negative(b - a) if sign == " <= " else relations.equal(a, b)
            return
    raise ValueError(f"'{text}' compares no sizes by <= or =")


OWN_OPERATIONS: Mapping[str, Conversion] = {"torch.as_size": _as_size}
"""Conversions by operation."""


def size_elements(
    op: FrameworkOp, store: WeightStore, sizes: Mapping[SSAValue, Elements]
) -> Elements | None:
    """
    The number that an operation gives where it is a size by name; None for any other result.

    `sizes` holds the numbers before it of which some are sizes by name.
    """
    if op.results[0].type != _NUMBER:
        return None
    if op.name == "torch.aten.sym_size.int":
        dims, at = dims_of(op.operands[0].type), op.attribute("dim")
        size = dims[at] if dims is not None and isinstance(at, int) and at < len(dims) else None
        return elements_of([size], ()) if isinstance(size, Size) else None
    compute = _BINARY.get(op.name)
    if compute is None or not any(v in sizes for v in op.operands):
        return None
    operands = [_number(v, store, sizes) for v in op.operands]
    if len(operands) != 2 or operands[0] is None or operands[1] is None:
        return None
    return elements_of([compute(operands[0], operands[1])], ())


def _number(
    value: SSAValue, store: WeightStore, sizes: Mapping[SSAValue, Elements]
) -> Extent | None:
    known = sizes.get(value)
    if known is not None:
        return cast("Extent", known.reshape(-1)[0]) if known.size == 1 else None
    attr = constant_of(value)
    array = None if attr is None else store.array(attr)
    return int(np.asarray(array).reshape(-1)[0]) if array is not None and array.size == 1 else None
