"""
Constants that `DequantizeLinear` reads, packed and kept as they are: `engine.decode`.

What shares a scale lies along one dimension: the one of the blocks, or all but the one that scales
are for. That dimension becomes the last one, neighbours become a byte, and the blocks of a row keep
their scales. A product reads such rows as they are (`transforms/keep_weight_codes.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

import numpy as np
from xdsl.dialects.builtin import IntegerType, Signedness, StringAttr, i8
from xdsl.ir import Attribute, SSAValue

from ....dialects.engine import DecodeOp
from ....dialects.engine.base import element_of, extents_of, shape_of, static
from ....dialects.engine.coded import FLOATS, LEAST_BLOCK, bytes_of_codes
from ....dialects.engine.constant import constant_of
from ....dialects.engine.contraction import UI8
from ....dialects.engine.weights import Array, ConstantAttr
from ....dialects.framework import FrameworkOp
from ...to_engine.lowering import Lowering, operator_name

LHS_CODES = "lhs_codes"
"""Attribute of an operation of level 1: products with what it gives may round their other side."""


@dataclass(frozen=True)
class _Form:
    """How a constant of rank 2 lies: the dimension along which scales stay, and for how long."""

    shape: tuple[int, int]
    along: int
    block: int

    @property
    def row(self) -> int:
        """Numbers of a row."""
        return self.shape[self.along]

    @property
    def rows(self) -> int:
        """Rows."""
        return self.shape[1 - self.along]

    @property
    def blocks(self) -> int:
        """Blocks of a row."""
        return -(-self.row // self.block)


def decoded_constant(
    lo: Lowering, x: SSAValue, scale: SSAValue, zero: SSAValue | None, axis: int
) -> SSAValue | None:
    """The numbers of a constant matrix of codes, in f32; None where maps say it as well."""
    element, attrs = element_of(x), [constant_of(v) for v in (x, scale, zero) if v is not None]
    known = [attr for attr in attrs if attr is not None]
    if len(known) < len(attrs) or not isinstance(element, IntegerType):
        return None
    bits = element.width.data
    if bits not in (2, 4, 8) or element_of(scale) not in FLOATS or not static(extents_of(x)):
        return None
    form = _form(lo, shape_of(x), shape_of(scale), axis, bits)
    if form is None:
        return None
    unsigned = element.signedness.data == Signedness.UNSIGNED
    rounds = isinstance(lo.op.attributes.get(LHS_CODES), StringAttr)
    # Integer dot products want unsigned codes; others save to take the zero point off.
    stored = UI8 if rounds else i8
    move = (1 << (bits - 1)) * (rounds - unsigned)
    codes = _codes(lo, known[0], form, bits, stored, move != 0)
    scales = _of_blocks(lo, known[1], form, element_of(scale), "scales")
    zeros = _zeros(lo, known[2] if zero is not None else None, form, bits, stored, move)
    made = DecodeOp(
        codes,
        [scales],
        [] if zeros is None else [zeros],
        bits=bits,
        block=form.block,
        size=form.row,
        lhs_codes=i8 if rounds else None,
    )
    rows = lo.emit(made)
    return rows if form.along == 1 else lo.transpose(rows, (1, 0))


def _form(
    lo: Lowering, shape: tuple[int, ...], scale: tuple[int, ...], axis: int, bits: int
) -> _Form | None:
    if len(shape) != 2 or 0 in shape:
        return None
    size = lo.integer("block_size")
    if size:
        along, block = axis, min(size, shape[axis])
    elif bits == 8 or len(scale) > 1:
        return None
    else:
        # One scale for all, or for each index of an axis: along the other one.
        along = _summed_over(lo) if prod(scale) == 1 else 1 - axis
        block = shape[along]
    whole = block < shape[along] and (block < LEAST_BLOCK or block & (block - 1))
    return None if whole else _Form((shape[0], shape[1]), along, block)


def _summed_over(lo: Lowering) -> int:
    """The dimension along which a product sums the numbers up, as far as one step shows."""
    readers = [use.operation for use in lo.op.results[0].uses]
    products = (r for r in readers if isinstance(r, FrameworkOp) and operator_name(r) == "MatMul")
    return 0 if any(products) else 1


def _codes(
    lo: Lowering, attr: ConstantAttr, form: _Form, bits: int, stored: Attribute, flip: bool
) -> SSAValue:
    """Rows of codes as bytes, whose signs are changed where `flip` says so."""
    width = bytes_of_codes(form.row, bits, form.block)
    dtype = np.uint8 if stored == UI8 else np.int8

    def compute(array: Array) -> Array:
        rows = array if form.along == 1 else array.T
        numbers = rows.astype(np.int16) & ((1 << bits) - 1)
        padded = np.zeros((form.rows, width * 8 // bits), np.uint8)
        padded[:, : form.row] = numbers ^ ((1 << (bits - 1)) if flip else 0)
        found = np.zeros((form.rows, width), np.uint8)
        for place in range(8 // bits):
            found |= padded[:, place :: 8 // bits] << (bits * place)
        return found.view(dtype)

    kind = f"pack{bits}-{form.along}-{form.block}-{stored}-{flip}"
    return lo.derived(kind, compute, [attr], (form.rows, width), stored, "codes")


def _of_blocks(
    lo: Lowering, attr: ConstantAttr, form: _Form, element: Attribute, name: str
) -> SSAValue:
    """A parameter as `[rows, blocks]`."""

    def compute(array: Array) -> Array:
        return _laid_out(array, form)

    kind = f"of-blocks{form.shape}-{form.along}-{form.block}"
    return lo.derived(kind, compute, [attr], (form.rows, form.blocks), element, name)


def _laid_out(array: Array, form: _Form) -> Array:
    if array.size == 1:
        return np.full((form.rows, form.blocks), array.reshape(()))
    if array.ndim == 1:
        return array.reshape(form.rows, 1)
    return array if form.along == 1 else array.T


def _zeros(
    lo: Lowering,
    attr: ConstantAttr | None,
    form: _Form,
    bits: int,
    stored: Attribute,
    move: int,
) -> SSAValue | None:
    """Zero points, `move` further, as bytes; None where they are what codes have without any."""
    unsigned = stored == UI8
    usual = 1 << (bits - 1) if unsigned else 0
    numbers = np.zeros((form.rows, form.blocks), np.int16)
    if attr is not None:
        numbers = _laid_out(lo.store.array(attr), form).astype(np.int16)
    numbers = numbers + move
    if bool((numbers == usual).all()):
        return None
    array = numbers.astype(np.uint8 if unsigned else np.int8)
    return lo.constant(np.ascontiguousarray(array), "zeros")
