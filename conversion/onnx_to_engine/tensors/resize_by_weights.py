"""
Resampling whose coordinates are computed when it runs.

Axis by axis, every output is a sum over inputs, `y[o] = sum(w[o, p] * x[p])`, with weights from
the distance between `p` and where `o` lies in the input. Coordinates and weights are computed in
f64 from scales that may be data; the sums are matrix products. That is all there is to
antialiasing, to excluded borders and to crops as well. The nearest neighbour is a gather.

The extents come from the shape that the model declares, and scales are checked against it. Where
it declares none, they are sizes that the data decides.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import Any

import numpy as np
from xdsl.dialects import math
from xdsl.dialects.builtin import f32, f64, i1, i64
from xdsl.ir import SSAValue

from ....dialects.engine import GatherOp, MatmulOp, ReduceOp
from ....dialects.engine.base import element_of, extents_of, rank_of, shape_of
from ....runtime.size import Extent, ceildiv, is_one, product_of
from ...to_engine.flat_index import WHOLE, scalar
from ...to_engine.lowering import Lowering, NoNativeForm
from ...to_engine.open_extents import (
    Number,
    extents_in,
    map_with_extents,
    positions,
    size_vector,
)
from ...to_engine.run_time_operands import (
    checked,
    declared_shape,
    declares_sizes,
    shape_text,
)
from ...to_engine.scalars import Numbers, absolute, cast_scalar, fold_left, select, value
from .resize_shape import decided_shape, given_scales, known_scales, resized_axes

_N = Numbers(f64)

REACH = {"linear": 1, "cubic": 2}
"""How far from its coordinate an output reaches, in inputs."""


@dataclass(frozen=True)
class AxisOfResize:
    """One axis: extents before and after, the scale, and where the region of interest lies."""

    axis: int
    before: Extent
    after: Extent
    scale: SSAValue
    """f64, of no dimensions."""
    roi: tuple[SSAValue, SSAValue] | None


def resize_by_weights(lo: Lowering) -> SSAValue:
    """The operator as the module's docstring says."""
    x, mode = lo.operand("X"), lo.text("mode")
    if mode != "nearest" and not Numbers(element_of(x)).floating:
        raise NoNativeForm("of integers by interpolation")
    if declares_sizes(lo):
        declared = declared_shape(lo, operand="scales")
        if 0 in declared or 0 in extents_of(x):
            raise NoNativeForm("of nothing")
        steps, fits = _steps(lo, declared)
        x = checked(lo, x, fits, f"the scales or sizes are not those of {shape_text(declared)}")
    else:
        steps, _ = _steps(lo, decided_shape(lo))
    for step in steps:
        if _changes_nothing(lo, step):
            continue
        where = _coordinates(lo, step)
        x = _nearest(lo, x, step, where) if mode == "nearest" else _weighted(lo, x, step, where)
        if _crops(lo):
            x = _extrapolated(lo, x, step, where)
    return x


def _steps(lo: Lowering, target: tuple[Extent, ...]) -> tuple[list[AxisOfResize], SSAValue]:
    """The axes, and whether what is given leads to the target."""
    shape, axes = extents_of(lo.operand("X")), resized_axes(lo)
    before, after = [shape[a] for a in axes], [target[a] for a in axes]
    given, known = given_scales(lo), list[float | None]([None] * len(axes))
    if given is not None:
        known = known_scales(lo, given)
        scales, fits = _given_scales(lo, given, before, after)
    else:
        scales, fits = _scales_of_sizes(lo, before, after)
        if not _keeps_ratio(lo):
            known = [1.0 if old == new else None for old, new in zip(before, after, strict=True)]
    roi, count = lo.optional("roi"), len(axes)
    if _crops(lo) and (roi is None or shape_of(roi) != (2 * count,)):
        raise NoNativeForm("without a region of interest")
    steps = [
        AxisOfResize(
            axis,
            before[at],
            after[at],
            _scalar(lo, scales, at) if scale is None else lo.constant(np.array(scale), "scale"),
            None
            if roi is None or not _crops(lo)
            else (_number(lo, roi, at), _number(lo, roi, count + at)),
        )
        for at, (axis, scale) in enumerate(zip(axes, known, strict=True))
    ]
    return steps, fits


def _crops(lo: Lowering) -> bool:
    return lo.text("coordinate_transformation_mode") == "tf_crop_and_resize"


def _keeps_ratio(lo: Lowering) -> bool:
    return lo.text("keep_aspect_ratio_policy", "stretch") != "stretch"


def _changes_nothing(lo: Lowering, step: AxisOfResize) -> bool:
    """Whether every output lies on the input of its own position."""
    if _crops(lo) or step.before != step.after:
        return False
    scale = lo.array_of(step.scale)
    return is_one(step.before) or (scale is not None and float(scale) == 1.0)


def _scalar(lo: Lowering, values: SSAValue, at: int) -> SSAValue:
    return lo.reshape(lo.slice_axis(values, 0, at, 1), ())


def _number(lo: Lowering, values: SSAValue, at: int) -> SSAValue:
    """One element as an f64 of no dimensions."""
    element = element_of(values)
    return lo.map([_scalar(lo, values, at)], lambda a: cast_scalar(a, element, f64), f64)


def _floats(lo: Lowering, numbers: list[Extent]) -> SSAValue:
    return size_vector(lo, numbers, f64, "extents")


def _real(number: Number) -> SSAValue:
    """An extent as an f64 scalar; inside of a region."""
    return _N.number(number) if isinstance(number, int) else cast_scalar(number, i64, f64)


def _given_scales(
    lo: Lowering, given: SSAValue, before: list[Extent], after: list[Extent]
) -> tuple[SSAValue, SSAValue]:
    n = Numbers(f32)
    sizes = [size_vector(lo, extents, f32, "extents") for extents in (before, after)]

    def fits(scale: SSAValue, old: SSAValue, new: SSAValue) -> SSAValue:
        return n.compare("eq", value(math.FloorOp(n.mul(old, scale))), new)

    scales = lo.map([given], lambda s: cast_scalar(s, f32, f64), f64)
    return scales, lo.map([given, *sizes], fits, i1)


def _scales_of_sizes(
    lo: Lowering, before: list[Extent], after: list[Extent]
) -> tuple[SSAValue, SSAValue]:
    given = lo.operand("sizes")
    old, new = _floats(lo, before), _floats(lo, after)
    scales = lo.map([given, old], lambda s, n: _N.div(cast_scalar(s, i64, f64), n), f64)
    if _keeps_ratio(lo):
        kind = "min" if lo.text("keep_aspect_ratio_policy") == "not_larger" else "max"
        scales = lo.broadcast(lo.emit(ReduceOp([scales], kind, [0])), (len(before),))

    elif extents_in(lo, given) == after:
        return scales, lo.constant(np.ones(len(after), np.bool_), "fits")

    def fits(scale: SSAValue, was: SSAValue, becomes: SSAValue) -> SSAValue:
        size = value(math.FloorOp(_N.add(_N.mul(scale, was), _N.number(0.5))))
        return _N.compare("eq", size, becomes)

    return scales, lo.map([scales, old, new], fits, i1)


def _coordinates(lo: Lowering, step: AxisOfResize) -> SSAValue:
    """Where each output lies among the inputs, in f64."""
    mode = lo.text("coordinate_transformation_mode")
    places = _places(lo, step.after, 0)

    def half_pixel(o: SSAValue, s: SSAValue) -> SSAValue:
        return _N.sub(_N.div(_N.add(o, _N.number(0.5)), s), _N.number(0.5))

    def build(o: SSAValue, s: SSAValue, *rest: Any) -> SSAValue:
        *roi, extent, end, after = rest
        width = _N.mul(s, _real(extent))
        single = _N.compare("eq", width, _N.number(1))
        # Not used where the width is 1, and no division by zero there.
        gaps = select(single, _N.number(1), _N.sub(width, _N.number(1)))
        last = _real(end)
        match mode:
            case "half_pixel":
                return half_pixel(o, s)
            case "asymmetric":
                return _N.div(o, s)
            case "pytorch_half_pixel":
                return select(single, _N.number(0), half_pixel(o, s))
            case "align_corners":
                return select(single, _N.number(0), _N.div(_N.mul(o, last), gaps))
            case "half_pixel_symmetric":
                adjustment = _N.div(_real(after), width)
                offset = _N.mul(_half(extent), _N.sub(_N.number(1), adjustment))
                return _N.sub(_N.add(offset, _N.div(_N.add(o, _N.number(0.5)), s)), _N.number(0.5))
            case "tf_crop_and_resize":
                size = _N.mul(_N.sub(roi[1], roi[0]), last)
                inside = _N.div(_N.mul(o, size), gaps)
                start = _N.mul(roi[0], last)
                return _N.add(select(single, _N.div(size, _N.number(2)), inside), start)
            case _:
                raise NoNativeForm(f"with coordinates '{mode}'")

    extents = [step.before, step.before - 1, step.after]
    return map_with_extents(lo, [places, step.scale, *(step.roi or ())], extents, build)


def _half(extent: Number) -> SSAValue:
    if isinstance(extent, int):
        return _N.number(extent / 2)
    return _N.mul(_real(extent), _N.number(0.5))


def _places(lo: Lowering, count: Extent, first: Extent) -> SSAValue:
    """`first, first + 1, ...`, f64."""
    if isinstance(count, int) and isinstance(first, int):
        lo.require_room(count)
        return lo.constant(np.arange(first, first + count, dtype=np.float64), "places")

    def build(at: SSAValue, first: Number) -> SSAValue:
        return _N.add(cast_scalar(at, i64, f64), _real(first))

    return map_with_extents(lo, [positions(lo, count)], [first], build, f64)


def _nearest(lo: Lowering, x: SSAValue, step: AxisOfResize, where: SSAValue) -> SSAValue:
    """The input that lies nearest, or next in one direction; those outside are the border."""
    rounding = lo.text("nearest_mode", "round_prefer_floor")

    def build(at: SSAValue, last: Number) -> SSAValue:
        half = _N.number(0.5)
        match rounding:
            case "floor":
                index = value(math.FloorOp(at))
            case "ceil":
                index = value(math.CeilOp(at))
            case "round_prefer_floor":
                index = value(math.CeilOp(_N.sub(at, half)))
            case _:
                index = value(math.FloorOp(_N.add(at, half)))
        bounded = _N.minimum(_N.maximum(index, _N.number(0)), _real(last))
        return cast_scalar(bounded, f64, i64)

    nearest = map_with_extents(lo, [where], [step.before - 1], build, i64)
    return lo.emit(GatherOp(x, nearest, step.axis))


def _weighted(lo: Lowering, x: SSAValue, step: AxisOfResize, where: SSAValue) -> SSAValue:
    """Sums over the input along one axis, continued beyond its borders."""
    mode, n = lo.text("mode"), Numbers(element_of(x))
    antialias, excluded = bool(lo.integer("antialias")), bool(lo.integer("exclude_outside"))
    reach: Extent = 0 if excluded else REACH[mode]
    if antialias and not excluded:
        reach = _reach_of_many(lo, step, REACH[mode])
    coefficient = lo.number("cubic_coeff_a", -0.75)
    places = _places(lo, step.before + 2 * reach, -reach)

    def weight(at: SSAValue, p: SSAValue, scale: SSAValue) -> SSAValue:
        distance = absolute(_N.sub(p, at))
        if antialias:
            distance = _N.mul(distance, _N.minimum(scale, _N.number(1)))
        return _linear(distance) if mode == "linear" else _cubic(distance, coefficient)

    clamped = map_with_extents(lo, [where], [step.before], _within)
    column = lo.reshape(clamped, (step.after, 1))
    weights = lo.map([column, places, step.scale], weight)
    if antialias or excluded:
        weights = lo.map([weights, lo.emit(ReduceOp([weights], "sum", [1]))], _N.div)
    if not excluded:
        weights = _of_border(lo, weights, step.before, reach)
    weights = lo.map([weights], lambda w: cast_scalar(w, f64, n.element), n.element)
    return _product(lo, x, step, weights)


def _of_border(lo: Lowering, weights: SSAValue, count: Extent, reach: Extent) -> SSAValue:
    """
    `[o, p]` of inputs that go on for `reach` beyond both borders, as those of `count` inputs.

    Beyond a border there is nothing but its element, which gets the weights of all that is there.
    """
    inner = lo.slice_axis(weights, 1, reach, count)
    outside = [
        lo.emit(ReduceOp([lo.slice_axis(weights, 1, start, reach)], "sum", [1]))
        for start in (0, reach + count)
    ]

    def build(w: SSAValue, p: SSAValue, low: SSAValue, high: SSAValue, last: Number) -> SSAValue:
        none = _N.number(0)
        first = select(WHOLE.compare("eq", p, WHOLE.number(0)), low, none)
        end = select(WHOLE.compare("eq", p, scalar(last)), high, none)
        return _N.add(w, _N.add(first, end))

    inputs = [inner, positions(lo, count), *outside]
    return map_with_extents(lo, inputs, [count - 1], build)


def _reach_of_many(lo: Lowering, step: AxisOfResize, reach: int) -> Extent:
    """
    How far an output reaches that stands for several inputs: `reach / scale` of them, rounded up.

    A scale that the data decides is at least `after / before`, which was rounded down, or
    `(after - 1/2) / before` where a ratio is kept and extents are rounded to the nearest.
    """
    scale = lo.array_of(step.scale)
    if scale is not None:
        return ceil(reach / min(float(scale), 1.0)) + 1
    halves = lo.relations.maximum(2 * step.after - int(_keeps_ratio(lo)), 1)
    return lo.relations.maximum(ceildiv(2 * reach * step.before, halves), reach) + 1


def _within(at: SSAValue, extent: Number) -> SSAValue:
    """A coordinate no more than one step outside, where all weights are the border's anyway."""
    return _N.minimum(_N.maximum(at, _N.number(-1)), _real(extent))


def _linear(distance: SSAValue) -> SSAValue:
    return _N.maximum(_N.sub(_N.number(1), distance), _N.number(0))


def _cubic(d: SSAValue, a: float) -> SSAValue:
    """Keys' kernel: `(a + 2) d^3 - (a + 3) d^2 + 1` up to 1, `a (d^3 - 5 d^2 + 8 d - 4)` to 2."""

    def polynomial(*coefficients: float) -> SSAValue:
        first, *rest = (_N.number(c) for c in coefficients)
        return fold_left(lambda sum, c: _N.add(_N.mul(sum, d), c), [first, *rest])

    near = polynomial(a + 2, -(a + 3), 0, 1)
    far = polynomial(a, -5 * a, 8 * a, -4 * a)
    beyond = select(_N.compare("lt", d, _N.number(2)), far, _N.number(0))
    return select(_N.compare("le", d, _N.number(1)), near, beyond)


def _product(lo: Lowering, x: SSAValue, step: AxisOfResize, weights: SSAValue) -> SSAValue:
    """`sum(weights[o, p] * x[..., p, ...])`."""
    shape, axis = extents_of(x), step.axis
    perm = [*(a for a in range(len(shape)) if a != axis), axis]
    rows = lo.transpose(x, perm)
    flat = lo.reshape(rows, (product_of(extents_of(rows)[:-1]), step.before))
    result = lo.emit(MatmulOp(flat, weights, trans_rhs=True))
    apart = lo.reshape(result, (*extents_of(rows)[:-1], step.after))
    return lo.transpose(apart, [perm.index(a) for a in range(len(shape))])


def _extrapolated(lo: Lowering, x: SSAValue, step: AxisOfResize, where: SSAValue) -> SSAValue:
    """One number where a coordinate is outside of the input."""
    n, number = Numbers(element_of(x)), lo.number("extrapolation_value")
    rank = rank_of(x)
    along = lo.reshape(where, (step.after, *([1] * (rank - 1 - step.axis))))

    def build(at: SSAValue, y: SSAValue, last: Number) -> SSAValue:
        inside = _N.minimum(at, _N.sub(_real(last), at))
        return select(_N.compare("ge", inside, _N.number(0)), y, n.number(number))

    return map_with_extents(lo, [along, x], [step.before - 1], build, n.element)
