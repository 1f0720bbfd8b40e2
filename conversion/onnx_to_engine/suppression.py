"""
`NonMaxSuppression`: as one operation that finds how many boxes are left, or written out where the
model declares how many.

Written out, all classes of all images go side by side, one step for each box that is taken: the
best one that is left, which then suppresses those that it covers. There is one step more than boxes
are declared, so that a further box does not go unnoticed.

Operators: NonMaxSuppression.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

import numpy as np
from xdsl.builder import ImplicitBuilder
from xdsl.dialects import arith
from xdsl.dialects.builtin import Float32Type, f32, i1, i64
from xdsl.ir import Block, Region, SSAValue

from ...dialects.engine import ConcatOp, GatherOp, ReduceOp, SuppressOp, YieldOp
from ...dialects.engine.base import element_of, extents_of, shape_of, static, tensor
from ...dialects.engine.weights import Array
from ...runtime.size import named, numbers_of
from ..to_engine.dialect_conversion import Conversion
from ..to_engine.flat_index import WHOLE, along, both
from ..to_engine.lowering import Lowering, NoNativeForm
from ..to_engine.run_time_operands import (
    declared_shape,
    declares_numbers,
    declares_sizes,
    result_name,
)
from ..to_engine.scalars import Numbers, select, value
from .tensors.nonzero import marked

MOST_STEPS = 32
"""Most steps that are written out."""

_REAL = Numbers(f32)


def NonMaxSuppression(lo: Lowering) -> SSAValue:
    """The rows `[image, class, box]` of the boxes that are taken, the best first in each class."""
    boxes, scores = lo.operand("boxes"), lo.operand("scores")
    most = lo.optional("max_output_boxes_per_class")
    limit = np.zeros(1) if most is None else lo.array_of(most)
    if limit is not None and not limit.any():
        return lo.constant(np.zeros((0, 3), np.int64))
    if not declares_numbers(lo) or not all(static(extents_of(v)) for v in (boxes, scores)):
        return _suppressed(lo, boxes, scores, limit)
    count, _ = numbers_of(declared_shape(lo, operand="boxes"))
    images, classes, n = shape_of(scores)
    steps = min(n, count + 1)
    floats = isinstance(element_of(boxes), Float32Type)
    if not count or 0 in (images, classes, n) or steps > MOST_STEPS or not floats:
        raise NoNativeForm(f"of {n} boxes, {count} of which are left")
    state = _State.of(lo, boxes, scores)
    taken: list[SSAValue] = []
    flags: list[SSAValue] = []
    for step in range(steps):
        best, flag = state.take(lo, step)
        taken.append(best)
        flags.append(flag)
    rows = lo.reshape(_joined(lo, taken), (images * classes * steps,))
    chosen = lo.reshape(_joined(lo, flags), (images * classes * steps,))
    at = marked(lo, chosen, count, "what is left")

    def part(step: int, extent: int) -> SSAValue:
        def build(place: SSAValue) -> SSAValue:
            quotient = value(arith.DivSIOp(place, WHOLE.number(step)))
            return value(arith.RemSIOp(quotient, WHOLE.number(extent)))

        return lo.map([at], build, i64)

    columns = [part(classes * steps, images), part(steps, classes), lo.emit(GatherOp(rows, at, 0))]
    return lo.emit(ConcatOp([lo.reshape(column, (count, 1)) for column in columns], 1))


def _suppressed(lo: Lowering, boxes: SSAValue, scores: SSAValue, limit: Array | None) -> SSAValue:
    """As many boxes as are left."""
    if not isinstance(element_of(boxes), Float32Type):
        raise NoNativeForm(f"of boxes of {element_of(boxes)}")
    images, classes, n = extents_of(scores)
    lo.relations.equal(n, extents_of(boxes)[1])
    lo.relations.equal(images, extents_of(boxes)[0])
    most = n if limit is None else lo.relations.minimum(max(int(limit.reshape(-1)[0]), 0), n)
    least = lo.optional("score_threshold")
    operands = [
        boxes,
        scores,
        _number(lo, "max_output_boxes_per_class", np.zeros((), np.int64)),
        _number(lo, "iou_threshold", np.zeros((), np.float32)),
        _number(lo, "score_threshold", np.zeros((), np.float32)),
    ]
    name = lo.new_size(f"{result_name(lo)}_0", images * classes * most)
    if declares_sizes(lo):
        lo.relations.equal(named(name), declared_shape(lo)[0])
    return lo.emit(
        SuppressOp(
            operands,
            name,
            most,
            centers=bool(lo.integer("center_point_box")),
            all_scores=least is None or 0 in extents_of(least),
        )
    )


def _joined(lo: Lowering, values: Sequence[SSAValue]) -> SSAValue:
    """`[images, classes, 1]` of each step, side by side."""
    return values[0] if len(values) == 1 else lo.emit(ConcatOp(values, 2))


def _number(lo: Lowering, name: str, default: Array) -> SSAValue:
    given = lo.optional(name)
    if given is None or 0 in shape_of(given):
        return lo.constant(default, "default")
    if prod(shape_of(given)) != 1:
        raise NoNativeForm(f"operand '{name}' is not a single number")
    return lo.reshape(given, ())


@dataclass
class _State:
    """What is left: booleans `[images, classes, boxes]`; corners are `[images, 1, boxes, 4]`."""

    alive: SSAValue
    scores: SSAValue
    corners: SSAValue
    limit: SSAValue
    threshold: SSAValue

    @staticmethod
    def of(lo: Lowering, boxes: SSAValue, scores: SSAValue) -> _State:
        """Before the first step: all whose scores are high enough."""
        lowest = lo.optional("score_threshold")
        if lowest is None or 0 in shape_of(lowest):
            alive = lo.broadcast(lo.constant(np.array(True), "alive"), shape_of(scores))
        else:
            least = _number(lo, "score_threshold", np.zeros((), np.float32))
            alive = lo.map([scores, least], lambda s, t: _REAL.compare("gt", s, t), i1)
        corners = _corners(lo, boxes, centers=bool(lo.integer("center_point_box")))
        (images, n, _) = shape_of(boxes)
        return _State(
            alive,
            scores,
            lo.reshape(corners, (images, 1, n, 4)),
            _number(lo, "max_output_boxes_per_class", np.zeros((), np.int64)),
            _number(lo, "iou_threshold", np.zeros((), np.float32)),
        )

    def take(self, lo: Lowering, step: int) -> tuple[SSAValue, SSAValue]:
        """(the best box of each class, whether there is one), each `[images, classes, 1]`."""
        images, classes, n = shape_of(self.scores)
        one, iota = (images, classes, 1), along(lo, n, 2, 3)
        block = Block(arg_types=[i1, f32])
        with ImplicitBuilder(block):
            YieldOp(select(block.args[0], block.args[1], _REAL.number(-np.inf)))
        best = lo.emit(
            ReduceOp([self.alive, self.scores], "max", [2], tensor(one, f32), body=Region(block))
        )
        block = Block(arg_types=[i1, f32, f32, i64])
        with ImplicitBuilder(block):
            alive, score, top, at = block.args
            found = both(alive, _REAL.compare("eq", score, top))
            YieldOp(select(found, at, WHOLE.number(n)))
        inputs = [self.alive, self.scores, best, iota]
        first = lo.emit(ReduceOp(inputs, "min", [2], tensor(one, i64), body=Region(block)))
        chosen = lo.map(
            [first, self.limit],
            lambda at, most: both(
                WHOLE.compare("lt", at, WHOLE.number(n)),
                WHOLE.compare("lt", WHOLE.number(step), most),
            ),
            i1,
        )
        self._suppress(lo, first, iota)
        return first, chosen

    def _suppress(self, lo: Lowering, first: SSAValue, iota: SSAValue) -> None:
        images, classes, n = shape_of(self.scores)
        block = Block(arg_types=[f32, i64, i64])
        with ImplicitBuilder(block):
            corner, at, box = block.args
            here = WHOLE.compare("eq", at, box)
            YieldOp(select(here, corner, _REAL.number(0)))
        wide = [lo.reshape(first, (images, classes, 1, 1)), lo.reshape(iota, (1, 1, n, 1))]
        type_ = tensor((images, classes, 1, 4), f32)
        own = lo.emit(ReduceOp([self.corners, *wide], "sum", [2], type_, body=Region(block)))

        def sides(corners: SSAValue, shape: tuple[int, ...]) -> list[SSAValue]:
            return [lo.reshape(lo.slice_axis(corners, 3, at, 1), shape) for at in range(4)]

        taken = sides(own, (images, classes, 1))
        others = sides(self.corners, (images, 1, n))

        def left(
            alive: SSAValue, at: SSAValue, box: SSAValue, most: SSAValue, *s: SSAValue
        ) -> SSAValue:
            b = Numbers(i1)
            kept = b.compare("eq", _covers(s[:4], s[4:], most), b.number(0))
            return both(alive, kept, WHOLE.compare("ne", at, box))

        inputs = [self.alive, first, iota, self.threshold, *taken, *others]
        self.alive = lo.map(inputs, left, i1)


def _corners(lo: Lowering, boxes: SSAValue, *, centers: bool) -> SSAValue:
    """`[y1, x1, y2, x2]` with the smaller first, or the like of centres and sizes."""
    shape = shape_of(boxes)
    a, b = lo.slice_axis(boxes, 2, 0, 2), lo.slice_axis(boxes, 2, 2, 2)
    if centers:
        half = _REAL.number

        def low(center: SSAValue, size: SSAValue) -> SSAValue:
            return _REAL.sub(center, _REAL.mul(size, half(0.5)))

        def high(center: SSAValue, size: SSAValue) -> SSAValue:
            return _REAL.add(center, _REAL.mul(size, half(0.5)))

        parts = [lo.map([a, b], low), lo.map([a, b], high)]
    else:
        parts = [lo.map([a, b], _REAL.minimum), lo.map([a, b], _REAL.maximum)]
    return lo.reshape(lo.emit(ConcatOp(parts, 2)), shape)


def _covers(a: Sequence[SSAValue], b: Sequence[SSAValue], most: SSAValue) -> SSAValue:
    """Whether two boxes share more of their union than `most`; one without an area does not."""
    zero = _REAL.number(0)
    edges = [
        _REAL.sub(_REAL.minimum(a[d + 2], b[d + 2]), _REAL.maximum(a[d], b[d])) for d in (0, 1)
    ]
    shared = _REAL.mul(edges[0], edges[1])
    areas = [_REAL.mul(_REAL.sub(s[2], s[0]), _REAL.sub(s[3], s[1])) for s in (a, b)]
    union = _REAL.sub(_REAL.add(*areas), shared)
    sized = [_REAL.compare("gt", v, zero) for v in (*edges, *areas, union)]
    return both(*sized, _REAL.compare("gt", _REAL.div(shared, union), most))


OPERATORS: dict[str, Conversion] = {"NonMaxSuppression": NonMaxSuppression}
