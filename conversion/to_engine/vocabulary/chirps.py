"""
Fourier transforms of any length, by Bluestein's algorithm (L. Bluestein, 1970).

With `jk = (j^2 + k^2 - (k - j)^2) / 2` a transform becomes a convolution with a chirp, which is
done by transforms whose length is a power of two. Those are loops over stages that all read and
write in the same order (M. Pease, 1968): forwards the spectrum comes out with its bits reversed,
and backwards it is taken so. What a call costs grows as `n log n`, and its memory as `n`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from xdsl.dialects import arith, math
from xdsl.dialects.builtin import f64, i64
from xdsl.ir import Block, SSAValue

from ....dialects.engine import ConcatOp, GatherOp, PadOp
from ....dialects.engine.base import extents_of
from ....runtime.size import Extent
from ..data_extents import as_sizes
from ..flat_index import WHOLE, scalar
from ..lowering import Lowering, attribute_of
from ..open_extents import Number, map_with_extents, positions, real_of, size_vector
from ..scalars import Numbers, cast_scalar, select, value
from .control_flow import loop
from .loop_parts import LoopParts

_N = Numbers(f64)

Stage = Callable[[SSAValue, Sequence[SSAValue]], list[SSAValue]]
"""The parts after a stage, from its number and those before it."""

Complex = tuple[SSAValue, SSAValue]
"""Real and imaginary parts, f64."""


def transformed_by_chirps(lo: Lowering, x: Complex, length: Extent) -> Complex:
    """`sum_j x[j] exp(-2 pi i j k / length)` of rows of at most `length` numbers."""
    powers = _PowerOfTwo.for_convolution(lo, length)
    chirp = _waves(lo, positions(lo, length), length, square=True)
    taken = extents_of(x[0])[1]
    given = _times(lo, x, tuple(lo.slice_axis(part, 0, 0, taken) for part in chirp))
    wrapped = _wrapped(lo, chirp, length, powers)
    kernel = powers.forwards(lo, tuple(lo.reshape(part, (1, powers.size)) for part in wrapped))
    padded = tuple(_padded(lo, part, powers.size) for part in given)
    found = powers.backwards(lo, _times(lo, powers.forwards(lo, padded), kernel))
    kept = tuple(lo.slice_axis(part, 1, 0, length) for part in found)
    return _times(lo, kept, chirp)


def _padded(lo: Lowering, part: SSAValue, size: Extent) -> SSAValue:
    more = size - extents_of(part)[1]
    return lo.emit(PadOp(part, [0, 0], [0, more], attribute_of(0.0, f64)))


def _product(a: Sequence[SSAValue], b: Sequence[SSAValue], part: int) -> SSAValue:
    """A part of the product of two complex numbers; inside of a region."""
    if part == 0:
        return _N.sub(_N.mul(a[0], b[0]), _N.mul(a[1], b[1]))
    return _N.add(_N.mul(a[0], b[1]), _N.mul(a[1], b[0]))


def _times(lo: Lowering, a: Sequence[SSAValue], b: Sequence[SSAValue]) -> Complex:
    def part(of: int) -> SSAValue:
        def build(*scalars: SSAValue) -> SSAValue:
            return _product(scalars[:2], scalars[2:], of)

        return lo.map([*a, *b], build, f64)

    return part(0), part(1)


def _waves(
    lo: Lowering, at: SSAValue, length: Extent, *, square: bool, sign: Literal[-1, 1] = -1
) -> Complex:
    """`exp(sign 2 pi i t / length)`, or with half of `t^2` in place of `t`, in whole turns less."""

    def part(kind: type[math.CosOp | math.SinOp]) -> SSAValue:
        def build(at: SSAValue, length: Number) -> SSAValue:
            n, place = real_of(_N, length), cast_scalar(at, i64, f64)
            if square:
                place = _N.mul(place, place)
                n = _N.mul(n, _N.number(2))
            whole = _N.mul(value(math.FloorOp(_N.div(place, n))), n)
            turn = _N.div(_N.sub(place, whole), n)
            return value(kind(_N.mul(turn, _N.number(sign * 2 * np.pi))))

        return map_with_extents(lo, [at], [length], build, f64)

    return part(math.CosOp), part(math.SinOp)


def _wrapped(lo: Lowering, chirp: Complex, length: Extent, powers: _PowerOfTwo) -> Complex:
    """The chirp backwards around 0, at both ends of a power of two; zeros between."""
    at = positions(lo, powers.size)

    def place(t: SSAValue, size: Number) -> SSAValue:
        return WHOLE.minimum(t, WHOLE.sub(scalar(size), t))

    near = map_with_extents(lo, [at], [powers.size], place)

    def within(t: SSAValue, n: Number) -> SSAValue:
        last = WHOLE.sub(scalar(n), WHOLE.number(1))
        return WHOLE.maximum(WHOLE.minimum(t, last), WHOLE.number(0))

    picked = map_with_extents(lo, [near], [length], within)

    def part(of: int) -> SSAValue:
        def build(t: SSAValue, x: SSAValue, n: Number) -> SSAValue:
            x = _N.neg(x) if of else x  # the conjugate
            return select(WHOLE.compare("lt", t, scalar(n)), x, _N.number(0))

        values = lo.emit(GatherOp(chirp[of], picked, 0))
        return map_with_extents(lo, [near, values], [length], build, f64)

    return part(0), part(1)


@dataclass(frozen=True)
class _PowerOfTwo:
    """Transforms of `2 half` numbers in `stages` stages."""

    half: Extent
    stages: SSAValue

    @staticmethod
    def for_convolution(lo: Lowering, length: Extent) -> _PowerOfTwo:
        """The smallest that holds a convolution of a length: at least `2 length - 1`."""

        def stages(n: SSAValue) -> SSAValue:
            needed = WHOLE.maximum(WHOLE.sub(WHOLE.add(n, n), WHOLE.number(1)), WHOLE.number(2))
            logarithm = value(math.Log2Op(cast_scalar(needed, i64, f64)))
            # An odd number is no power of two, and far enough from one.
            return cast_scalar(value(math.CeilOp(logarithm)), f64, i64)

        def half(s: SSAValue) -> SSAValue:
            return value(arith.ShLIOp(WHOLE.number(1), WHOLE.sub(s, WHOLE.number(1))))

        count = lo.map([size_vector(lo, [length])], stages, i64)
        [found] = as_sizes(lo, lo.map([count], half, i64), [2 * length + 1])
        return _PowerOfTwo(found, lo.reshape(count, ()))

    @property
    def size(self) -> Extent:
        """How many numbers there are."""
        return self.half * 2

    def forwards(self, lo: Lowering, x: Sequence[SSAValue]) -> Complex:
        """The spectrum of each row, its bits reversed."""
        rows = extents_of(x[0])[0]
        turns = _waves(lo, positions(lo, self.half), self.size, square=False)

        def stage(number: SSAValue, parts: Sequence[SSAValue]) -> list[SSAValue]:
            turn = self._picked(lo, turns, number)
            low, high = (
                [lo.slice_axis(part, 1, start, self.half) for part in parts]
                for start in (0, self.half)
            )
            sums = [lo.map(pair, _N.add) for pair in zip(low, high, strict=True)]
            apart = [lo.map(pair, _N.sub) for pair in zip(low, high, strict=True)]
            turned = _times(lo, apart, turn)
            return [
                self._joined(lo, pair, 2, (rows, self.half, 1), (rows, self.size))
                for pair in zip(sums, turned, strict=True)
            ]

        return self._stages(lo, x, stage)

    def backwards(self, lo: Lowering, x: Sequence[SSAValue]) -> Complex:
        """What a spectrum whose bits are reversed is of."""
        rows = extents_of(x[0])[0]
        turns = _waves(lo, positions(lo, self.half), self.size, square=False, sign=1)

        def stage(number: SSAValue, parts: Sequence[SSAValue]) -> list[SSAValue]:
            last = lo.map(
                [number, self.stages], lambda t, e: WHOLE.sub(e, WHOLE.add(t, WHOLE.number(1)))
            )
            pairs = [lo.reshape(part, (rows, self.half, 2)) for part in parts]
            even, odd = (
                [lo.reshape(lo.slice_axis(pair, 2, at, 1), (rows, self.half)) for pair in pairs]
                for at in (0, 1)
            )
            turned = _times(lo, odd, self._picked(lo, turns, last))
            both = list(zip(even, turned, strict=True))
            return [
                self._joined(
                    lo,
                    (lo.map(pair, _N.add), lo.map(pair, _N.sub)),
                    *(1, (rows, self.half), (rows, self.size)),
                )
                for pair in both
            ]

        found = self._stages(lo, x, stage)

        def share(a: SSAValue, size: Number) -> SSAValue:
            return _N.div(a, real_of(_N, size))

        real, imaginary = (map_with_extents(lo, [a], [self.size], share, f64) for a in found)
        return real, imaginary

    def _picked(self, lo: Lowering, turns: Sequence[SSAValue], number: SSAValue) -> Complex:
        """Of a stage the turn of each pair: `(j >> s) << s` of so many parts."""

        def place(j: SSAValue, s: SSAValue) -> SSAValue:
            return value(arith.ShLIOp(value(arith.ShRSIOp(j, s)), s))

        at = lo.map([positions(lo, self.half), number], place)
        real, imaginary = (lo.emit(GatherOp(part, at, 0)) for part in turns)
        return real, imaginary

    def _joined(
        self,
        lo: Lowering,
        parts: Sequence[SSAValue],
        axis: int,
        each: Sequence[Extent],
        shape: Sequence[Extent],
    ) -> SSAValue:
        return lo.reshape(lo.emit(ConcatOp([lo.reshape(p, each) for p in parts], axis)), shape)

    def _stages(self, lo: Lowering, x: Sequence[SSAValue], stage: Stage) -> Complex:
        going = lo.constant(np.array(True), "going")

        def fill(target: Block, arguments: Sequence[SSAValue]) -> list[SSAValue]:
            with lo.inside(target):
                return [going, *stage(arguments[0], arguments[1:])]

        real, imaginary = loop(lo, LoopParts(self.stages, None, x, [], fill, 0)).carried
        return real, imaginary
