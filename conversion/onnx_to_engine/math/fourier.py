"""
Fourier transforms, as products with a matrix of sines and cosines.

Products are in f64, with angles reduced to one turn: a transform of f32 is rounded once, and parts
of a spectrum that cancel out come out as small as they are.

Operators: DFT, STFT.
"""

from __future__ import annotations

import numpy as np
from xdsl.dialects.builtin import Float32Type, Float64Type, f64, i1, i64
from xdsl.ir import SSAValue

from ....dialects.engine import GatherOp, MatmulOp
from ....dialects.engine.base import element_of, extents_of, rank_of, shape_of
from ....dialects.engine.weights import Array
from ....runtime.size import Extent, floordiv, numbers_of, product_of
from ...to_engine.dialect_conversion import Conversion
from ...to_engine.flat_index import WHOLE, along, both, clamped, one_of
from ...to_engine.lowering import Lowering, NoNativeForm, positive
from ...to_engine.run_time_operands import axes_are, checked, declared_shape, equal_to
from ...to_engine.scalars import Numbers, cast_scalar

MOST_AXES = 4
"""Axes along which transforms are computed side by side when the axis is data."""

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
        imaginary = -imaginary
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


def _transformed(lo: Lowering, x: SSAValue, length: int) -> SSAValue:
    """`[rows, n, parts]` to `[rows, kept, parts]`: the first `length` of `n` numbers, or zeros."""
    rows, *read = extents_of(x)
    given, parts = numbers_of(read)
    inverse, onesided = bool(lo.integer("inverse")), bool(lo.integer("onesided"))
    most = length // 2 + 1 if inverse and onesided else length
    taken = min(given, most)
    if 0 in (rows, taken) or parts > 2:
        raise NoNativeForm(f"of {given} numbers of {parts} parts")
    kept = length // 2 + 1 if onesided and not inverse else length
    if taken * kept * 2 * parts > MATRIX_LIMIT:
        raise NoNativeForm(f"of {length} numbers, more than a matrix should have")
    matrix = dft_matrix(taken, length, parts, inverse=inverse, onesided=onesided)
    flat = lo.reshape(lo.slice_axis(x, 1, 0, taken), (rows, taken * parts))
    return lo.reshape(_product(lo, flat, matrix), (rows, kept, matrix.shape[1] // kept))


def _product(lo: Lowering, x: SSAValue, matrix: Array) -> SSAValue:
    element = element_of(x)
    wide = lo.map([x], lambda a: cast_scalar(a, element, f64), f64) if element != f64 else x
    result = lo.emit(MatmulOp(wide, lo.constant(np.ascontiguousarray(matrix), "turns")))
    if element == f64:
        return result
    return lo.map([result], lambda a: cast_scalar(a, f64, element), element)


def _along(lo: Lowering, x: SSAValue, axis: int, length: int) -> SSAValue:
    shape, rank = extents_of(x), rank_of(x)
    others = [d for d in range(rank - 1) if d != axis]
    order = [*others, axis, rank - 1]
    moved = lo.reshape(
        lo.transpose(x, order), (product_of(shape[d] for d in others), shape[axis], shape[-1])
    )
    found = _transformed(lo, moved, length)
    spread = lo.reshape(found, (*(shape[d] for d in others), *extents_of(found)[1:]))
    return lo.transpose(spread, [order.index(d) for d in range(rank)])


def _floats(lo: Lowering, x: SSAValue) -> None:
    if not isinstance(element_of(x), Float32Type | Float64Type):
        raise NoNativeForm(f"of {element_of(x)}")


def DFT(lo: Lowering) -> SSAValue:
    """The transform along one axis of real or complex numbers."""
    x, axis, given = lo.operand("input"), lo.optional("axis"), lo.optional("dft_length")
    _floats(lo, x)
    shape, rank = extents_of(x), rank_of(x)
    inverse, onesided = bool(lo.integer("inverse")), bool(lo.integer("onesided"))
    known = None if given is None else lo.array_of(given)
    if inverse and not onesided:
        # Where exact results are zero, those of the standard's cases are the rounding errors of
        # another algorithm, and larger than the difference that the cases allow.
        raise NoNativeForm("backwards, of a whole spectrum")

    def length_at(at: int) -> int:
        if known is not None:
            return int(known.reshape(-1)[0])
        if given is not None:
            if onesided and not inverse:
                raise NoNativeForm("operand 'dft_length' is not a constant")
            return numbers_of(declared_shape(lo, operand="dft_length"))[at]
        [size] = numbers_of([shape[at]])
        return 2 * (size - 1) if inverse and onesided else size

    def along_axis(at: int) -> SSAValue:
        length = length_at(at)
        result = _along(lo, x, at, length)
        if given is None:
            return result
        holds = equal_to(lo, lo.reshape(given, (1,)), [length])
        return checked(lo, result, holds, f"dft_length is not the declared {length}")

    fixed = None if axis is None else lo.array_of(axis)
    if axis is None or fixed is not None:
        at = positive(-2 if fixed is None else int(fixed.reshape(-1)[0]), rank)
        return along_axis(at)
    declared = numbers_of(declared_shape(lo, operand="axis"))
    fitting: list[int] = []
    for at in range(rank - 1):
        length = length_at(at)
        kept = length // 2 + 1 if onesided and not inverse else length
        last = 1 if inverse and onesided else 2
        if (*shape[:at], kept, *shape[at + 1 : -1], last) == declared:
            fitting.append(at)
    if not 0 < len(fitting) <= MOST_AXES:
        raise NoNativeForm("operand 'axis' is not a constant")
    vector = lo.reshape(axis, (1,))
    cases = [(axes_are(lo, vector, rank, [at], []), along_axis(at)) for at in fitting]
    return one_of(lo, cases, f"the axis is not one of the declared result {list(declared)}")


def STFT(lo: Lowering) -> SSAValue:
    """The transforms of overlapping frames of a signal."""
    signal, step, window = lo.operand("signal"), lo.operand("frame_step"), lo.optional("window")
    _floats(lo, signal)
    if rank_of(signal) == 2:  # the standard wants a last dimension of 1, exporters do not
        signal = lo.reshape(signal, (*extents_of(signal), 1))
    total = extents_of(signal)[1]
    size = lo.optional("frame_length")
    known = None if size is None else lo.array_of(size)
    fixed_step = lo.array_of(step)
    if known is not None:
        lengths = [int(known.reshape(-1)[0])]
    elif window is not None:
        lengths = [shape_of(window)[0]]
    elif size is None:
        lengths = list(numbers_of([total]))
    else:
        kept = numbers_of(declared_shape(lo, operand="frame_length"))[2]
        # Two lengths have a one-sided spectrum of that size.
        lengths = [2 * kept - 2, 2 * kept - 1] if lo.integer("onesided", 1) else [kept]
    lengths = [n for n in lengths if n > 0 and not (isinstance(total, int) and n > total)]
    if not lengths:
        raise NoNativeForm(f"of frames longer than the {total} of the signal")
    frames: Extent
    if fixed_step is None:
        frames = numbers_of(declared_shape(lo, operand="frame_step"))[1]
    else:
        pace = int(fixed_step.reshape(-1)[0])
        frames = 1 + floordiv(_not_negative(lo, total - lengths[0]), pace)
    found = [_frames(lo, signal, step, window, frames, length) for length in lengths]
    message = f"frame_step does not lead to the declared {frames} frames"
    if size is None or known is not None:
        [(fits, result)] = found
        return checked(lo, result, fits, message)
    vector = lo.reshape(size, (1,))

    def holds(fits: SSAValue, length: int) -> SSAValue:
        return lo.map([equal_to(lo, vector, [length]), fits], both)

    cases = [
        (holds(fits, length), result) for length, (fits, result) in zip(lengths, found, strict=True)
    ]
    return one_of(lo, cases, f"frame_length is none of {lengths}, or {message}")


def _not_negative(lo: Lowering, size: Extent) -> Extent:
    """A size that a call must not make negative: what a signal has beyond one frame."""
    found = lo.relations.not_negative(size)
    assert found is not None
    return found


def _places(
    lo: Lowering, step: SSAValue, total: Extent, frames: Extent, size: int
) -> tuple[SSAValue, SSAValue]:
    """Whether a step leads to so many frames of a size, and where the numbers of each lie."""
    fixed = lo.array_of(step)
    if fixed is not None and not (isinstance(total, int) and isinstance(frames, int)):
        starts = along(lo, frames, 0, 2, int(fixed.reshape(-1)[0]))
        at = lo.map([starts, along(lo, size, 1, 2)], WHOLE.add)
        return lo.constant(np.array(True), "fits"), at
    [total, frames] = numbers_of([total, frames])
    element, number = element_of(step), WHOLE.number

    def pace_of(pace: SSAValue) -> SSAValue:
        """A step beyond the signal leaves one frame, as the longest possible one does."""
        pace = WHOLE.minimum(cast_scalar(pace, element, i64), number(total + 1))
        return WHOLE.maximum(pace, number(0))

    def is_right(pace: SSAValue) -> SSAValue:
        pace, left = pace_of(pace), number(total - size)
        fits = WHOLE.compare("le", WHOLE.mul(pace, number(frames - 1)), left)
        return both(fits, WHOLE.compare("gt", WHOLE.mul(pace, number(frames)), left))

    def build(pace: SSAValue, frame: SSAValue, at: SSAValue) -> SSAValue:
        return clamped(WHOLE.add(WHOLE.mul(frame, pace_of(pace)), at), total - 1)

    pace = lo.reshape(step, ())
    places = [along(lo, frames, 0, 2), along(lo, size, 1, 2)]
    return lo.map([pace], is_right, i1), lo.map([pace, *places], build, i64)


def _frames(
    lo: Lowering,
    signal: SSAValue,
    step: SSAValue,
    window: SSAValue | None,
    frames: Extent,
    size: int,
) -> tuple[SSAValue, SSAValue]:
    """Whether the step leads to so many frames of a size, and their transforms."""
    batch, total, *read = extents_of(signal)
    [parts] = numbers_of(read)
    fits, at = _places(lo, step, total, frames, size)
    pieces = lo.emit(GatherOp(signal, at, 1))
    n = Numbers(element_of(signal))
    if window is not None:
        if shape_of(window) != (size,):
            raise NoNativeForm(f"of a window of {list(shape_of(window))} for frames of {size}")
        pieces = lo.map([pieces, lo.reshape(window, (size, 1))], n.mul)
    kept = size // 2 + 1 if lo.integer("onesided", 1) else size
    matrix = dft_matrix(size, size, parts, inverse=False, onesided=kept != size or size == 1)
    if matrix.size > MATRIX_LIMIT:
        raise NoNativeForm(f"of frames of {size} numbers, more than a matrix should have")
    flat = lo.reshape(pieces, (batch * frames, size * parts))
    return fits, lo.reshape(_product(lo, flat, matrix), (batch, frames, kept, 2))


OPERATORS: dict[str, Conversion] = {"DFT": DFT, "STFT": STFT}
