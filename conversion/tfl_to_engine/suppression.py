"""
Suppression of boxes that overlap better ones. How many are left has a name; results are filled up
with zeros to the size that the model gives them.

Operators: NON_MAX_SUPPRESSION_V4, NON_MAX_SUPPRESSION_V5, WHERE,
custom.TFLite_Detection_PostProcess.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from xdsl.dialects.builtin import Float32Type, f32, i32, i64
from xdsl.ir import SSAValue

from ...dialects.engine import ConcatOp, GatherOp, NonZeroOp, PadOp, SuppressOp, TopKOp
from ...dialects.engine.base import element_of, extents_of, is_coded, rank_of, shape_of
from ...runtime.size import Size, minimum, named, product_of
from ..to_engine.dialect_conversion import Conversion
from ..to_engine.flat_index import WHOLE, flat_places
from ..to_engine.lowering import Lowering, NoNativeForm, attribute_of
from ..to_engine.open_extents import size_scalar
from ..to_engine.run_time_operands import result_name
from ..to_engine.scalars import Numbers, exp, select
from ..to_engine.vocabulary.cast import cast
from ..to_engine.vocabulary.gather import take_flat
from ..to_engine.vocabulary.reduce import reduce
from .quantization import real


@dataclass(frozen=True)
class Chosen:
    """The boxes that are left, the best first, and how many they are."""

    places: SSAValue
    """`[count]`, i64."""
    count: Size
    most: int

    def filled(self, lo: Lowering, rows: SSAValue) -> SSAValue:
        """`[count, ...]` with zeros up to `[most, ...]`."""
        rest = [0] * (rank_of(rows) - 1)
        zero = attribute_of(0, Numbers(element_of(rows)).scalar)
        return lo.emit(PadOp(rows, [0, *rest], [self.most - self.count, *rest], zero))


def _chosen(
    lo: Lowering, boxes: SSAValue, scores: SSAValue, limits: Sequence[SSAValue], most: int
) -> Chosen:
    """The best of `[n, 4]` by `[n]`; limits are the overlap and the least score, f32."""
    if not isinstance(element_of(boxes), Float32Type) or most < 1:
        raise NoNativeForm(f"of boxes of {element_of(boxes)}")
    [n] = shape_of(scores)
    name = lo.new_size(f"{result_name(lo)}_0", min(most, n))
    operands = [
        lo.reshape(boxes, (1, n, 4)),
        lo.reshape(scores, (1, 1, n)),
        lo.constant(np.array(most, np.int64), "most"),
        *(lo.reshape(limit, ()) for limit in limits),
    ]
    rows = lo.emit(SuppressOp(operands, name, min(most, n)))
    count = named(name)
    assert isinstance(count, Size)
    places = lo.reshape(lo.slice_axis(rows, 1, 2, 1), (count,))
    return Chosen(places, count, most)


def _suppression(lo: Lowering) -> tuple[Chosen, SSAValue]:
    most = lo.constant_number("max_output_size")
    if most is None:
        raise NoNativeForm("to a number of boxes that is not known")
    limits = [lo.operand("iou_threshold"), lo.operand("score_threshold")]
    boxes, scores = lo.operand("boxes"), lo.operand("scores")
    found = _chosen(lo, boxes, scores, limits, int(most))
    return found, cast(lo, size_scalar(lo, found.count), i32)


def _suppression_4(lo: Lowering) -> Sequence[SSAValue]:
    found, count = _suppression(lo)
    return [cast(lo, found.filled(lo, found.places), i32), count]


def _suppression_5(lo: Lowering) -> Sequence[SSAValue]:
    """Without softened scores."""
    if lo.constant_number("soft_nms_sigma") != 0:
        raise NoNativeForm("with scores that sink")
    found, count = _suppression(lo)
    values = lo.emit(GatherOp(lo.operand("scores"), found.places, 0))
    places = cast(lo, found.filled(lo, found.places), i32)
    return [places, found.filled(lo, values), count]


def _decoded(lo: Lowering, boxes: SSAValue) -> SSAValue:
    """The corners of boxes that are given relative to anchors, both `y x h w`."""
    anchors, n = real(lo, "anchors"), Numbers(f32)
    count = shape_of(boxes)[0]
    scales = [lo.number(f"{name}_scale") for name in "yxhw"]
    inverse = lo.constant(np.array(scales, np.float32), "scales")
    parts = lo.map([boxes, inverse], n.div)
    moves, sizes = (lo.slice(parts, [0, at], [count, 2]) for at in (0, 2))
    centers, extents = (lo.slice(anchors, [0, at], [count, 2]) for at in (0, 2))
    middle = lo.map([moves, extents, centers], lambda m, e, c: n.add(n.mul(m, e), c))
    half = lo.map([sizes, extents], lambda s, e: n.mul(n.mul(n.number(0.5), exp(s)), e))
    return lo.emit(ConcatOp([lo.map([middle, half], n.sub), lo.map([middle, half], n.add)], 1))


def _detections(lo: Lowering) -> Sequence[SSAValue]:
    """Boxes by the best score of any class, with the best classes of each; or class by class."""
    given, scores = real(lo, "box_encodings"), real(lo, "class_predictions")
    _, count, numbers = shape_of(given)
    boxes = lo.slice(lo.reshape(given, (count, numbers)), [0, 0], [count, 4])
    classes, every = lo.integer("num_classes"), shape_of(scores)[2]
    scores = lo.reshape(scores, (count, every))
    scores = lo.slice(scores, [0, every - classes], [count, classes])
    # A score that is the limit is kept.
    below = np.nextafter(np.float32(lo.number("nms_score_threshold")), np.float32(-np.inf))
    numbers_of_limits = [np.float32(lo.number("nms_iou_threshold")), below]
    limits = [lo.constant(np.array(v, np.float32), "limit") for v in numbers_of_limits]
    corners = _decoded(lo, boxes)
    detect = _by_class if lo.integer("use_regular_nms") else _by_best_class
    return detect(lo, corners, scores, limits)


def _by_best_class(
    lo: Lowering, corners: SSAValue, scores: SSAValue, limits: Sequence[SSAValue]
) -> Sequence[SSAValue]:
    count, classes = shape_of(scores)
    most = lo.integer("max_detections")
    each = min(lo.integer("max_classes_per_detection"), classes)
    best = reduce(lo, "max", scores, [1], keep=False)
    found = _chosen(lo, corners, best, limits, most)
    kinds = lo.emit(TopKOp(scores, 1, each))
    values = take_flat(lo, scores, flat_places(lo, kinds, (count, classes), 1, wrap=False))
    repeated = lo.broadcast(lo.reshape(corners, (count, 1, 4)), (count, each, 4))

    def picked(rows: SSAValue, *last: int) -> SSAValue:
        taken = found.filled(lo, lo.emit(GatherOp(rows, found.places, 0)))
        return lo.reshape(taken, (1, most * each, *last))

    total = lo.reshape(size_scalar(lo, found.count * each), (1,))
    return [
        picked(repeated, 4),
        picked(cast(lo, kinds, f32)),
        picked(values),
        cast(lo, total, f32),
    ]


def _by_class(
    lo: Lowering, corners: SSAValue, scores: SSAValue, limits: Sequence[SSAValue]
) -> Sequence[SSAValue]:
    """Suppression within each class; the best of all classes together."""
    count, classes = shape_of(scores)
    most, each = lo.integer("max_detections"), lo.integer("detections_per_class", 100)
    room = classes * min(each, count)
    if most < 1 or each < 1:
        raise NoNativeForm("of no detections")
    name = lo.new_size(f"{result_name(lo)}_0", room)
    operands = [
        lo.reshape(corners, (1, count, 4)),
        lo.reshape(lo.transpose(scores, (1, 0)), (1, classes, count)),
        lo.constant(np.array(each, np.int64), "most"),
        *(lo.reshape(limit, ()) for limit in limits),
    ]
    rows = lo.emit(SuppressOp(operands, name, room))
    left = named(name)
    assert isinstance(left, Size)
    kinds, boxes = (lo.slice_axis(rows, 1, at, 1) for at in (1, 2))
    places = lo.map([boxes, kinds], lambda box, kind: _flat_place(box, kind, classes))
    values = lo.reshape(take_flat(lo, scores, places), (left,))

    def whole(given: SSAValue, filler: float) -> SSAValue:
        """With room for as many as there may be, and for all that are asked for."""
        element = Numbers(element_of(given)).scalar
        extent = max(room, most) - left
        return lo.emit(PadOp(given, [0], [extent], attribute_of(filler, element)))

    lowest = whole(values, float("-inf"))
    order = lo.emit(TopKOp(lowest, 0, most))
    n, kept = Numbers(f32), lo.emit(GatherOp(lowest, order, 0))

    def taken(given: SSAValue) -> SSAValue:
        """In the order of the scores, zero where there are no more."""

        def there(score: SSAValue, a: SSAValue) -> SSAValue:
            none = n.compare("eq", score, n.number(float("-inf")))
            return select(none, n.number(0), a)

        return lo.map([kept, given], there)

    def picked(given: SSAValue) -> SSAValue:
        return lo.emit(GatherOp(whole(lo.reshape(given, (left,)), 0), order, 0))

    columns = [lo.slice_axis(corners, 1, at, 1) for at in range(4)]
    sides = [
        lo.reshape(
            taken(lo.reshape(lo.emit(GatherOp(column, picked(boxes), 0)), (most,))), (most, 1)
        )
        for column in columns
    ]
    total = lo.reshape(size_scalar(lo, minimum(left, most)), (1,))
    return [
        lo.reshape(lo.emit(ConcatOp(sides, 1)), (1, most, 4)),
        lo.reshape(taken(cast(lo, picked(kinds), f32)), (1, most)),
        lo.reshape(taken(kept), (1, most)),
        cast(lo, total, f32),
    ]


def _flat_place(box: SSAValue, kind: SSAValue, classes: int) -> SSAValue:
    """Of a score in `[boxes, classes]`."""
    return WHOLE.add(WHOLE.mul(box, WHOLE.number(classes)), kind)


def _where(lo: Lowering) -> SSAValue:
    """The positions of what is not zero, a row for each."""
    x = lo.operand("input")
    Numbers(element_of(x))
    if rank_of(x) == 0 or is_coded(element_of(x)):
        raise NoNativeForm("of a scalar, or of numbers in code")
    name = lo.new_size(f"{result_name(lo)}_0", product_of(extents_of(x)))
    return cast(lo, lo.emit(NonZeroOp(x, name)), i64)


OPERATORS: dict[str, Conversion] = {
    "NON_MAX_SUPPRESSION_V4": _suppression_4,
    "NON_MAX_SUPPRESSION_V5": _suppression_5,
    "WHERE": _where,
    "custom.TFLite_Detection_PostProcess": _detections,
}
