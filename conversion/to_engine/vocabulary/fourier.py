"""
Fourier transforms, as products with a matrix of sines and cosines.

Products are in f64, with angles reduced to one turn: a transform of f32 is rounded once, and parts
of a spectrum that cancel out come out as small as they are. Complex numbers are pairs of real ones
along a last dimension.
"""

from __future__ import annotations

import numpy as np
from xdsl.dialects.builtin import f64
from xdsl.ir import SSAValue

from ....dialects.engine import MatmulOp
from ....dialects.engine.base import element_of, extents_of, rank_of
from ....dialects.engine.weights import Array
from ....runtime.size import numbers_of, product_of
from ..lowering import Lowering, NoNativeForm
from ..scalars import cast_scalar

MATRIX_LIMIT = 1 << 22
"""Elements of the largest matrix; transforms beyond are for a faster algorithm."""


def dft_matrix(taken: int, length: int, parts: int, *, inverse: bool, onesided: bool) -> Array:
    """
    The transform of the first `taken` of `length` numbers as a matrix, f64.

    Its rows are numbers of `parts` parts (1: real, 2: complex), its columns the complex results;
    those of an inverse one-sided transform are real, and its rows the first half of a spectrum.
    """
    back = inverse and onesided
    kept = length // 2 + 1 if onesided and not inverse else length
    turns = np.outer(np.arange(taken), np.arange(kept)) % max(length, 1)
    angle = 2 * np.pi * turns / length
    # Quarters of a turn are exact.
    real, imaginary = (np.where(np.abs(v) < 1e-15, 0, v) for v in (np.cos(angle), np.sin(angle)))
    if not inverse:
        imaginary = 0.0 - imaginary  # a zero keeps its sign: the angle of a negative number is pi
    scale = np.full((taken, 1), 1 / length if inverse else 1.0)
    if back:
        # The other half is the mirror image, but for the first number and the middle one.
        alone = (np.arange(taken) == 0) | (2 * np.arange(taken) == length)
        scale[~alone] *= 2
        imaginary[alone] = 0
        return np.stack([real * scale, -imaginary * scale], 1)[:, :parts].reshape(-1, kept)
    real, imaginary = real * scale, imaginary * scale
    rows = [np.stack([real, imaginary], -1), np.stack([-imaginary, real], -1)]
    return np.stack(rows[:parts], 1).reshape(taken * parts, kept * 2)


def product_with_turns(lo: Lowering, x: SSAValue, matrix: SSAValue) -> SSAValue:
    """The product of rows with a matrix of sines and cosines, in f64."""
    element = element_of(x)
    wide = lo.map([x], lambda a: cast_scalar(a, element, f64), f64) if element != f64 else x
    result = lo.emit(MatmulOp(wide, matrix))
    if element == f64:
        return result
    return lo.map([result], lambda a: cast_scalar(a, f64, element), element)


def transformed(
    lo: Lowering,
    x: SSAValue,
    axis: int,
    length: int,
    *,
    inverse: bool = False,
    onesided: bool = False,
    scale: float = 1.0,
) -> SSAValue:
    """
    The transform along an axis of numbers `[..., parts]`: of the first `length`, or with zeros.

    An inverse one is divided by the length; `scale` multiplies the result. The transform of a
    one-sided spectrum has one part, every other two.

    Raises:
        NoNativeForm: for sizes that only a call knows, and matrices of too many elements.
    """
    shape, rank = extents_of(x), rank_of(x)
    others = [d for d in range(rank - 1) if d != axis]
    order = [*others, axis, rank - 1]
    rows = product_of(shape[d] for d in others)
    moved = lo.reshape(lo.transpose(x, order), (rows, shape[axis], shape[-1]))
    given, parts = numbers_of(extents_of(moved)[1:])
    most = length // 2 + 1 if inverse and onesided else length
    taken = min(given, most)
    if 0 in (rows, taken) or parts > 2:
        raise NoNativeForm(f"of {given} numbers of {parts} parts")
    kept = length // 2 + 1 if onesided and not inverse else length
    if taken * kept * 2 * parts > MATRIX_LIMIT:
        raise NoNativeForm(f"of {length} numbers, more than a matrix should have")
    matrix = dft_matrix(taken, length, parts, inverse=inverse, onesided=onesided)
    flat = lo.reshape(lo.slice_axis(moved, 1, 0, taken), (rows, taken * parts))
    turns = lo.constant(np.ascontiguousarray(matrix * scale), "turns")
    found = product_with_turns(lo, flat, turns)
    lead = (shape[d] for d in others)
    spread = lo.reshape(found, (*lead, kept, matrix.shape[1] // kept))
    return lo.transpose(spread, [order.index(d) for d in range(rank)])
