"""
Fourier transforms, as products with a matrix of sines and cosines; those of a length that is a name
which nothing bounds are convolutions with a chirp.

Products are in f64, with angles reduced to one turn: a transform of f32 is rounded once, and parts
of a spectrum that cancel out come out as small as they are.

Operators: DFT, STFT.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from xdsl.dialects import math
from xdsl.dialects.builtin import Float32Type, Float64Type, f64, i1, i64
from xdsl.ir import SSAValue

from ....dialects.engine import ConcatOp, GatherOp
from ....dialects.engine.base import element_of, extents_of, rank_of, shape_of
from ....runtime.size import Extent, Size, floordiv, numbers_of, product_of
from ...to_engine.data_extents import data_extents
from ...to_engine.dialect_conversion import Conversion
from ...to_engine.flat_index import WHOLE, along, any_of, both, clamped, one_of, scalar
from ...to_engine.lowering import Lowering, NoNativeForm, positive
from ...to_engine.open_extents import Number, map_with_extents, positions, real_of
from ...to_engine.run_time_operands import (
    axes_are,
    checked,
    declared_shape,
    declares_numbers,
    declares_sizes,
    equal_to,
)
from ...to_engine.scalars import Numbers, absolute, cast_scalar, select, value
from ...to_engine.vocabulary.chirps import Complex, transformed_by_chirps
from ...to_engine.vocabulary.fourier import MATRIX_LIMIT, dft_matrix, product_with_turns

MOST_AXES = 4
"""Axes along which transforms are computed side by side when the axis is data."""

HINT_OF_FRAMES = 16
"""What the length and the step of frames are planned for that the data decides."""

LONGEST_COMPUTED = 512
"""Up to what length by name the matrix of a transform is computed in each call."""


def _transformed(lo: Lowering, x: SSAValue, length: Extent) -> SSAValue:
    """`[rows, n, parts]` to `[rows, kept, parts]`: the first `length` of `n` numbers, or zeros."""
    rows, given, *last = extents_of(x)
    [parts] = numbers_of(last)
    inverse, onesided = bool(lo.integer("inverse")), bool(lo.integer("onesided"))
    most = floordiv(length, 2) + 1 if inverse and onesided else length
    taken = lo.relations.minimum(given, most)
    if 0 in (rows, taken) or parts > 2:
        raise NoNativeForm(f"of {given} numbers of {parts} parts")
    turns = _Turns(taken, length, parts, inverse=inverse, onesided=onesided)
    if _may_be_long(lo, length):
        return _by_chirps(lo, lo.slice_axis(x, 1, 0, taken), turns)
    flat = lo.reshape(lo.slice_axis(x, 1, 0, taken), (rows, taken * parts))
    found = product_with_turns(lo, flat, turns.matrix(lo))
    return lo.reshape(found, (rows, turns.kept, turns.parts_of_result))


def _may_be_long(lo: Lowering, length: Extent) -> bool:
    """Whether a length is a name, and may be more than a matrix is good for."""
    return isinstance(length, Size) and not lo.relations.at_least(LONGEST_COMPUTED, length)


def _by_chirps(lo: Lowering, x: SSAValue, turns: _Turns) -> SSAValue:
    """The transform by convolutions, which takes no matrix."""
    rows, taken, _ = extents_of(x)
    element, length = element_of(x), turns.length
    wide = lo.map([x], lambda a: cast_scalar(a, element, f64), f64) if element != f64 else x
    real, *more = (
        lo.reshape(lo.slice_axis(wide, 2, part, 1), (rows, taken)) for part in range(turns.parts)
    )
    imaginary = more[0] if more else lo.map([real], lambda a: Numbers(f64).sub(a, a))
    back = turns.inverse and turns.onesided
    if back:
        real, imaginary = _mirrored(lo, real, imaginary, length)
    found = transformed_by_chirps(lo, (real, imaginary), length)
    parts = [
        lo.reshape(lo.slice_axis(part, 1, 0, turns.kept), (rows, turns.kept, 1))
        for part in found[: turns.parts_of_result]
    ]
    result = parts[0] if len(parts) == 1 else lo.emit(ConcatOp(parts, 2))
    n = Numbers(f64)

    def narrowed(a: SSAValue, length: Number) -> SSAValue:
        return cast_scalar(n.div(a, real_of(n, length)) if back else a, f64, element)

    return map_with_extents(lo, [result], [length], narrowed, element)


def _mirrored(lo: Lowering, real: SSAValue, imaginary: SSAValue, length: Extent) -> Complex:
    """
    The conjugate of a whole spectrum, of its first half: what is transformed is real.

    What lies behind the given numbers is 0.
    """
    at, taken = positions(lo, length), extents_of(real)[1]

    def place(k: SSAValue, length: Number, taken: Number) -> SSAValue:
        near = WHOLE.minimum(k, WHOLE.sub(scalar(length), k))
        return clamped(near, WHOLE.sub(scalar(taken), WHOLE.number(1)))

    picked = map_with_extents(lo, [at], [length, taken], place)
    n = Numbers(f64)

    def part(of: int) -> SSAValue:
        def build(k: SSAValue, a: SSAValue, length: Number, taken: Number) -> SSAValue:
            behind = WHOLE.sub(scalar(length), k)
            there = WHOLE.compare("lt", WHOLE.minimum(k, behind), scalar(taken))
            first = WHOLE.compare("le", k, behind)
            found = select(first, n.neg(a), a) if of else a
            return select(there, found, n.number(0))

        given = lo.emit(GatherOp((real, imaginary)[of], picked, 1))
        return map_with_extents(lo, [at, given], [length, taken], build, f64)

    return part(0), part(1)


@dataclass(frozen=True)
class _Turns:
    """The transform of the first `taken` of `length` numbers of `parts` parts."""

    taken: Extent
    length: Extent
    parts: int
    inverse: bool
    onesided: bool

    @property
    def kept(self) -> Extent:
        """How many numbers it gives."""
        half = self.onesided and not self.inverse
        return floordiv(self.length, 2) + 1 if half else self.length

    @property
    def parts_of_result(self) -> int:
        """The parts of each of them: half of a spectrum comes from real numbers."""
        return 1 if self.inverse and self.onesided else 2

    def matrix(self, lo: Lowering) -> SSAValue:
        """
        Its matrix, f64: a constant, or computed where a size is a name.

        Raises:
            NoNativeForm: for one that is known to be larger than a matrix should be.
        """
        if not isinstance(self.taken, int) or not isinstance(self.length, int):
            return self._computed(lo)
        kept = self.kept
        assert isinstance(kept, int)
        if self.taken * kept * 2 * self.parts > MATRIX_LIMIT:
            raise NoNativeForm(f"of {self.length} numbers, more than a matrix should have")
        array = dft_matrix(
            self.taken, self.length, self.parts, inverse=self.inverse, onesided=self.onesided
        )
        return lo.constant(np.ascontiguousarray(array), "turns")

    def _computed(self, lo: Lowering) -> SSAValue:
        """
        All entries are `cos(2 pi t / 4n)` for whole `t`: sines are cosines a quarter of a turn off.

        So as many cosines are computed as there are quarters, and picked.
        """
        n, columns = Numbers(f64), self.parts_of_result
        sign = -1 if self.inverse else 1

        def cosine(at: SSAValue, quarters: Number) -> SSAValue:
            turn = n.div(cast_scalar(at, i64, f64), real_of(n, quarters))
            found = value(math.CosOp(n.mul(turn, n.number(2 * np.pi))))
            # Quarters of a turn are exact.
            small = n.compare("lt", absolute(found), n.number(1e-15))
            return select(small, n.number(0), found)

        quarters = 4 * self.length
        cosines = map_with_extents(lo, [positions(lo, quarters)], [quarters], cosine, f64)

        def place(i: SSAValue, p: SSAValue, k: SSAValue, c: SSAValue, *sizes: Number) -> SSAValue:
            length, all_ = (real_of(n, size) for size in sizes)
            row, part, column, of = (cast_scalar(v, i64, f64) for v in (i, p, k, c))
            apart = n.mul(n.mul(n.sub(of, part), n.number(sign)), length)
            at = n.add(n.mul(n.mul(row, column), n.number(4)), apart)
            turns = value(math.FloorOp(n.div(at, all_)))
            return cast_scalar(n.sub(at, n.mul(turns, all_)), f64, i64)

        extents = (self.taken, self.parts, self.kept, columns)
        places = [along(lo, extent, axis, 4) for axis, extent in enumerate(extents)]
        at = map_with_extents(lo, places, [self.length, quarters], place, i64)
        found = lo.emit(GatherOp(cosines, at, 0))
        if self.inverse:
            found = map_with_extents(lo, [found, places[0]], [self.length], _share)
        return lo.reshape(found, (self.taken * self.parts, self.kept * columns))


def _share(entry: SSAValue, row: SSAValue, length: Number) -> SSAValue:
    """
    An entry of the matrix that leads back from half of a spectrum.

    The other half is the mirror image, but for the first number and the middle one.
    """
    n = Numbers(f64)
    first = WHOLE.compare("eq", row, WHOLE.number(0))
    middle = WHOLE.compare("eq", WHOLE.add(row, row), scalar(length))
    times = select(any_of(first, middle), n.number(1), n.number(2))
    return n.div(n.mul(entry, times), real_of(n, length))


def _along(lo: Lowering, x: SSAValue, axis: int, length: Extent) -> SSAValue:
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

    def length_at(at: int) -> Extent:
        if known is not None:
            return int(known.reshape(-1)[0])
        if given is not None:
            if (onesided and not inverse) or not declares_numbers(lo):
                return data_extents(lo, given)[0]
            return declared_shape(lo, operand="dft_length")[at]
        size = shape[at]
        return lo.relations.maximum(2 * (size - 1), 0) if inverse and onesided else size

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
        kept = floordiv(length, 2) + 1 if onesided and not inverse else length
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
    if not _is_fixed(lo, total, window):
        return _open_stft(lo, signal)
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


def _is_fixed(lo: Lowering, total: Extent, window: SSAValue | None) -> bool:
    """Whether what is not constant can be told from the result that the model declares."""
    size, step = lo.optional("frame_length"), lo.operand("frame_step")
    if lo.array_of(step) is None and not (declares_numbers(lo) and isinstance(total, int)):
        return False
    if size is not None:
        return lo.array_of(size) is not None or (declares_numbers(lo) and isinstance(total, int))
    return isinstance(total if window is None else extents_of(window)[0], int)


def _open_stft(lo: Lowering, signal: SSAValue) -> SSAValue:
    """Frames whose length, or how far apart they are, is a name or data."""
    window, size, step = (lo.optional(name) for name in ("window", "frame_length", "frame_step"))
    batch, total, *last = extents_of(signal)
    [parts] = numbers_of(last)
    length = total if window is None else extents_of(window)[0]
    if size is not None:
        length = data_extents(lo, size, hint=HINT_OF_FRAMES)[0]
    assert step is not None
    pace = data_extents(lo, step, hint=HINT_OF_FRAMES)[0]
    frames = 1 + floordiv(_not_negative(lo, total - length), lo.relations.maximum(pace, 1))
    starts = along(lo, frames, 0, 2, pace)
    pieces = lo.emit(GatherOp(signal, lo.map([starts, along(lo, length, 1, 2)], WHOLE.add), 1))
    if window is not None:
        lo.relations.equal(extents_of(window)[0], length)
        n = Numbers(element_of(signal))
        pieces = lo.map([pieces, lo.reshape(window, (length, 1))], n.mul)
    turns = _Turns(length, length, parts, inverse=False, onesided=bool(lo.integer("onesided", 1)))
    if declares_sizes(lo):
        lo.relations.equal(frames, declared_shape(lo)[1])
    flat = lo.reshape(pieces, (batch * frames, length * parts))
    found = product_with_turns(lo, flat, turns.matrix(lo))
    return lo.reshape(found, (batch, frames, turns.kept, 2))


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
    turns = _Turns(size, size, parts, inverse=False, onesided=kept != size or size == 1)
    flat = lo.reshape(pieces, (batch * frames, size * parts))
    return fits, lo.reshape(
        product_with_turns(lo, flat, turns.matrix(lo)), (batch, frames, kept, 2)
    )


OPERATORS: dict[str, Conversion] = {"DFT": DFT, "STFT": STFT}
