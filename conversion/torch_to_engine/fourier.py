"""
Fourier transforms and complex numbers, as pairs of real numbers.

A complex value is `view_as_complex` of a pair, by reference; what takes it looks through that to
the pair, and where everything does, nothing of it is left.

Operators: those of the tables at the end.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import pi, prod, sqrt

import numpy as np
from xdsl.dialects import math
from xdsl.dialects.builtin import ComplexType, Float32Type, Float64Type
from xdsl.ir import OpResult, SSAValue

from ...dialects.engine import ConcatOp, GatherOp, PadOp, ReferenceOp
from ...dialects.engine.base import element_of, extents_of, rank_of, shape_of, tensor
from ...dialects.torch import make
from ...runtime.size import numbers_of
from ..to_engine.dialect_conversion import Conversion
from ..to_engine.lowering import Lowering, NoNativeForm, attribute_of
from ..to_engine.reference import emit_reference
from ..to_engine.scalars import Numbers, select, value
from ..to_engine.scalars import sqrt as root
from ..to_engine.vocabulary.fourier import transformed
from .arguments import dim, flag
from .complex_numbers import is_complex

_WRAPPER = "torch.aten.view_as_complex.default"
_REASON = "complex numbers have no kernels"


def as_complex(lo: Lowering, pair: SSAValue) -> SSAValue:
    """The complex numbers whose parts lie along the last dimension."""
    element = element_of(pair)
    if not isinstance(element, Float32Type | Float64Type):
        raise NoNativeForm(f"of complex numbers of {element}")
    type_ = tensor(extents_of(pair)[:-1], ComplexType(element))
    wrapped = make(_WRAPPER.removeprefix("torch."), {"self": pair}, [type_])
    return emit_reference(lo, wrapped, _REASON)[0]


def pair_of(value: SSAValue) -> SSAValue:
    """
    The parts of complex numbers along a last dimension.

    Raises:
        NoNativeForm: for those that an input or a reference operation gives.
    """
    if isinstance(value, OpResult) and isinstance(value.op, ReferenceOp):
        reference = value.op
        inner = reference.body.block.first_op
        if inner is not None and inner.name == _WRAPPER and len(reference.inputs) == 1:
            return reference.inputs[0]
    raise NoNativeForm("of complex numbers that come from outside")


def _parts(lo: Lowering, x: SSAValue) -> SSAValue:
    """The numbers with their one or two parts along a last dimension."""
    if is_complex(x):
        return pair_of(x)
    if not isinstance(element_of(x), Float32Type | Float64Type):
        raise NoNativeForm(f"of {element_of(x)}")
    return lo.reshape(x, (*extents_of(x), 1))


def _without_parts(lo: Lowering, x: SSAValue) -> SSAValue:
    return lo.reshape(x, extents_of(x)[:-1])


def _part(lo: Lowering, pair: SSAValue, at: int) -> SSAValue:
    return _without_parts(lo, lo.slice_axis(pair, rank_of(pair) - 1, at, 1))


def _factor(mode: int, sizes: Sequence[int]) -> float:
    """What a mode makes of a transform: nothing, a part by the root of the number, or by it."""
    number = prod(sizes)
    return (1.0, 1 / sqrt(max(number, 1)), 1 / max(number, 1))[mode]


def _axes(lo: Lowering, rank: int) -> list[int]:
    given = lo.op.attribute("dim")
    if not isinstance(given, list) or not given:
        raise NoNativeForm("along no axis")
    return [dim(a, rank) for a in given if isinstance(a, int)]


def _r2c(lo: Lowering) -> SSAValue:
    x = lo.operand("self")
    *others, last = _axes(lo, rank_of(x))
    sizes = numbers_of([extents_of(x)[a] for a in (*others, last)])
    factor = _factor(lo.integer("normalization"), sizes)
    half = flag(lo, "onesided")
    found = transformed(lo, _parts(lo, x), last, sizes[-1], onesided=half, scale=factor)
    for axis, size in zip(others, sizes, strict=False):
        found = transformed(lo, found, axis, size)
    return as_complex(lo, found)


def _c2c(lo: Lowering) -> SSAValue:
    x = lo.operand("self")
    axes, found = _axes(lo, rank_of(x)), _parts(lo, x)
    sizes = numbers_of([extents_of(x)[a] for a in axes])
    factor, back = _factor(lo.integer("normalization"), sizes), not flag(lo, "forward")
    for axis, size in zip(axes, sizes, strict=True):
        scale = factor * (size if back else 1)
        found, factor = transformed(lo, found, axis, size, inverse=back, scale=scale), 1.0
    return as_complex(lo, found)


def _c2r(lo: Lowering) -> SSAValue:
    x = lo.operand("self")
    *others, last = _axes(lo, rank_of(x))
    length, found = lo.integer("last_dim_size"), _parts(lo, x)
    sizes = [*numbers_of([extents_of(x)[a] for a in others]), length]
    factor = _factor(lo.integer("normalization"), sizes)
    for axis, size in zip(others, sizes, strict=False):
        found = transformed(lo, found, axis, size, inverse=True, scale=size)
    scale = factor * length
    found = transformed(lo, found, last, length, inverse=True, onesided=True, scale=scale)
    return _without_parts(lo, found)


_FORWARD = {"backward": 0, "ortho": 1, "forward": 2}
_BACK = {"backward": 2, "ortho": 1, "forward": 0}


def _one_axis(*, inverse: bool = False, onesided: bool = False) -> Conversion:
    """A transform along one axis, of a length that may be another than that of the axis."""

    def convert(lo: Lowering) -> SSAValue:
        x = lo.operand("self")
        axis = dim(lo.integer("dim"), rank_of(x))
        [size] = numbers_of([extents_of(x)[axis]])
        given = lo.op.attribute("n")
        real = inverse and onesided
        length = given if isinstance(given, int) else 2 * (size - 1) if real else size
        if length < 1:
            raise NoNativeForm(f"of {length} numbers")
        mode = (_BACK if inverse else _FORWARD)[lo.text("norm", "backward")]
        scale = _factor(mode, [length]) * (length if inverse else 1)
        found = transformed(
            lo, _parts(lo, x), axis, length, inverse=inverse, onesided=onesided, scale=scale
        )
        return _without_parts(lo, found) if real else as_complex(lo, found)

    return convert


def _window(lo: Lowering, window: SSAValue | None, length: int, size: int) -> SSAValue:
    """The window in the middle of a frame."""
    if window is None:
        window = lo.constant(np.ones(length, np.float32), "window")
    if element_of(window) != element_of(lo.operand("self")) or shape_of(window) != (length,):
        raise NoNativeForm("with a window of another type")
    before = (size - length) // 2
    zero = attribute_of(0, element_of(window))
    return lo.emit(PadOp(window, [before], [size - length - before], zero))


def _stft(lo: Lowering) -> SSAValue:
    """The transforms of frames of a signal, `[.., frequencies, frames]`."""
    x, size, window = lo.operand("self"), lo.integer("n_fft"), lo.optional("window")
    if is_complex(x):
        raise NoNativeForm("of complex numbers")
    hop, length = (lo.op.attribute(name) for name in ("hop_length", "win_length"))
    hop = hop if isinstance(hop, int) else size // 4
    length = length if isinstance(length, int) else size
    axis = rank_of(x) - 1
    [total] = numbers_of([extents_of(x)[axis]])
    frames = 1 + (total - size) // hop
    places = np.arange(frames)[:, None] * hop + np.arange(size)
    pieces = lo.emit(GatherOp(x, lo.constant(places.astype(np.int64), "frames"), axis))
    if window is not None or length != size:
        pieces = lo.map([pieces, _window(lo, window, length, size)], Numbers(element_of(x)).mul)
    half = lo.op.attribute("onesided") is not False
    scale = 1 / sqrt(size) if flag(lo, "normalized") else 1.0
    found = transformed(lo, _parts(lo, pieces), axis + 1, size, onesided=half, scale=scale)
    order = [*range(axis), axis + 1, axis, axis + 2]
    found = lo.transpose(found, order)
    return as_complex(lo, found) if lo.op.attribute("return_complex") else found


def _complex(lo: Lowering) -> SSAValue:
    parts = [lo.operand("real"), lo.operand("imag")]
    shape = lo.broadcast_extents(*map(extents_of, parts))
    parts = [lo.reshape(lo.broadcast(part, shape), (*shape, 1)) for part in parts]
    return as_complex(lo, lo.emit(ConcatOp(parts, len(shape))))


def _size(lo: Lowering) -> SSAValue:
    """`sqrt(re^2 + im^2)`"""
    pair = pair_of(lo.operand("self"))
    n = Numbers(element_of(pair))

    def build(a: SSAValue, b: SSAValue) -> SSAValue:
        return root(n.add(n.mul(a, a), n.mul(b, b)))

    return lo.map([_part(lo, pair, 0), _part(lo, pair, 1)], build)


def _angle(lo: Lowering) -> SSAValue:
    pair = pair_of(lo.operand("self"))

    def build(a: SSAValue, b: SSAValue) -> SSAValue:
        return value(math.Atan2Op(b, a))

    return lo.map([_part(lo, pair, 0), _part(lo, pair, 1)], build)


def _angle_of_real(lo: Lowering) -> SSAValue:
    """0 or pi; NaN of NaN."""
    x = lo.operand("self")
    n = Numbers(element_of(x))
    if not n.floating:
        raise NoNativeForm("of integers")

    def build(a: SSAValue) -> SSAValue:
        turned = select(n.compare("lt", a, n.number(0)), n.number(pi), n.number(0))
        return select(n.compare("ne", a, a), a, turned)

    return lo.map([x], build)


def _product(lo: Lowering) -> SSAValue:
    a, b = (_parts(lo, lo.operand(name)) for name in ("self", "other"))
    n = Numbers(element_of(a))
    if element_of(a) != element_of(b):
        raise NoNativeForm("of numbers of two types")
    if not is_complex(lo.operand("self")) or not is_complex(lo.operand("other")):
        return as_complex(lo, lo.map([a, b], n.mul))
    (ar, ai), (br, bi) = (
        [lo.slice_axis(v, rank_of(v) - 1, at, 1) for at in (0, 1)] for v in (a, b)
    )

    def less(p: SSAValue, q: SSAValue, r: SSAValue, s: SSAValue) -> SSAValue:
        return n.sub(n.mul(p, q), n.mul(r, s))

    def more(p: SSAValue, q: SSAValue, r: SSAValue, s: SSAValue) -> SSAValue:
        return n.add(n.mul(p, q), n.mul(r, s))

    parts = [lo.map([ar, br, ai, bi], less), lo.map([ar, bi, ai, br], more)]
    return as_complex(lo, lo.emit(ConcatOp(parts, rank_of(parts[0]) - 1)))


def _moved(lo: Lowering) -> SSAValue:
    pair = pair_of(lo.operand("self"))
    rank = rank_of(pair) - 1
    order = list(range(rank))
    if "dims" in lo.op.SIGNATURE.attributes:
        given = lo.op.attribute("dims")
        assert isinstance(given, list)
        order = [dim(a, rank) for a in given if isinstance(a, int)]
    else:
        a, b = (dim(lo.integer(name), rank) for name in ("dim0", "dim1"))
        order[a], order[b] = order[b], order[a]
    return as_complex(lo, lo.transpose(pair, [*order, rank]))


OPERATORS: dict[str, Conversion] = {
    "_fft_c2c": _c2c,
    "_fft_c2r": _c2r,
    "_fft_r2c": _r2c,
    "angle": _angle_of_real,
    "complex": _complex,
    "fft_fft": _one_axis(),
    "fft_ifft": _one_axis(inverse=True),
    "fft_irfft": _one_axis(inverse=True, onesided=True),
    "fft_rfft": _one_axis(onesided=True),
    "stft": _stft,
    "view_as_real": lambda lo: pair_of(lo.operand("self")),
    "imag": lambda lo: _part(lo, pair_of(lo.operand("self")), 1),
}
"""Conversions by the operator and its overload, without one for the default."""

ON_COMPLEX: dict[str, Conversion] = {
    **OPERATORS,
    "abs": _size,
    "angle": _angle,
    "mul.Tensor": _product,
    "permute": _moved,
    "real": lambda lo: _part(lo, pair_of(lo.operand("self")), 0),
    "transpose.int": _moved,
}
"""Those of operators that take complex numbers."""
