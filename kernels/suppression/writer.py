"""Code of non-maximum suppression."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xdsl.dialects.builtin import f32, i1, i64
from xdsl.ir import SSAValue

from ...dialects.engine.base import extents_of
from ...dialects.engine.suppression import CORNERS, SuppressOp
from ...runtime.size import product_of
from ..builder import INDEX, Index, KernelBuilder
from ..common.marks import each_mark
from ..common.position_heap import OrderedKeys, PositionHeap
from ..common.strided_view import StridedView

AREA = 4
"""The row of the corners' memory that holds areas."""


@dataclass
class _Memories:
    boxes: SSAValue
    scores: SSAValue
    rows: SSAValue
    order: SSAValue
    corners: SSAValue


@dataclass
class _Numbers:
    """What holds for all classes."""

    most: Index
    overlap: SSAValue
    least: SSAValue


@dataclass
class _Class:
    """A class of an image."""

    image: Index
    kind: Index
    keys: OrderedKeys


class SuppressWriter:
    """The writing of one kernel."""

    def __init__(
        self,
        b: KernelBuilder,
        op: SuppressOp,
        boxes: StridedView,
        scores: StridedView,
        lanes: int,
    ):
        self.b, self.op, self.lanes = b, op, lanes
        self.boxes, self.scores = boxes, scores

    def write(self, memories: Sequence[SSAValue]) -> None:
        """All classes of all images, one after the other."""
        b, op = self.b, self.op
        boxes, scores, limit, overlap, least, rows, order, corners, counts = memories
        images, classes, n = extents_of(op.scores)
        most = op.most_of_class
        found = _Memories(
            self.boxes.cast(b, boxes),
            self.scores.cast(b, scores),
            b.reshape(rows, [product_of((images, classes, most)) * 3]),
            b.reshape(order, [n]),
            b.reshape(corners, [CORNERS, most]),
        )
        wanted = b.max(b.cast(b.load(limit, []), INDEX), 0)
        numbers = _Numbers(b.min(wanted, most), b.load(overlap, []), b.load(least, []))
        keys = OrderedKeys(b, f32, smallest=True)

        def image(at: Index, total: SSAValue) -> SSAValue:
            def kind(which: Index, carried: tuple[SSAValue, ...]) -> list[SSAValue]:
                return [self._class(found, numbers, _Class(at, which, keys), carried[0])]

            [after] = b.for_each(0, classes, 1, kind, [total])
            return after

        [total] = b.for_each(0, images, 1, lambda at, c: [image(at, c[0])], [b.index(0)])
        b.store(b.cast(total, i64), counts, [0])

    def _class(self, m: _Memories, numbers: _Numbers, class_: _Class, total: SSAValue) -> SSAValue:
        """The boxes of one class; gives the rows so far."""
        b = self.b
        size = self._candidates(m, numbers, class_)

        def key(position: Index) -> SSAValue:
            box = b.sub(-1, position)
            at = self.scores.indices([class_.image, class_.kind, box])
            return class_.keys.of(b.load(m.scores, at))

        # Positions are -1 less the box, so that of equal scores the first box is on top.
        heap = PositionHeap(
            b,
            lambda at: b.cast(b.load(m.order, [at]), INDEX),
            lambda at, position: b.store(b.cast(b.index(position), i64), m.order, [at]),
            key,
        )
        heap.order(size)

        def going(values: tuple[SSAValue, ...]) -> SSAValue:
            left, taken = values
            return b.andi(b.cmpi("sgt", left, 0), b.cmpi("slt", taken, numbers.most))

        def step(values: tuple[SSAValue, ...]) -> list[SSAValue]:
            left, taken = values
            box = b.sub(-1, heap.load(0))
            rest = b.sub(left, 1)
            with b.if_(b.cmpi("sgt", rest, 0)):
                heap.sift(0, rest, heap.load(rest))
            corners = self._corners(m, class_.image, box)
            kept = b.xori(self._covered(m, numbers, corners, taken), b.constant(1, i1))
            with b.if_(kept):
                for row, number in enumerate(corners):
                    b.store(number, m.corners, [row, taken])
                first = b.mul(b.add(total, taken), 3)
                for column, number in enumerate((class_.image, class_.kind, box)):
                    value = b.cast(b.index(number), i64)
                    b.store(value, m.rows, [b.add(first, column)])
            more = b.cast(b.cast(kept, i64), INDEX)
            return [b.index(rest), b.index(b.add(taken, more))]

        _, taken = b.while_([size, b.index(0)], going, step)
        return b.index(b.add(total, taken))

    def _candidates(self, m: _Memories, numbers: _Numbers, class_: _Class) -> SSAValue:
        """Boxes whose scores are high enough, as positions in the order's memory: how many."""
        b, view = self.b, self.scores

        def fits(score: SSAValue) -> SSAValue:
            if self.op.all_scores is not None:
                return b.cmpf("ord", score, score)
            return b.cmpf("ogt", score, numbers.least)

        def one(at: Index) -> SSAValue:
            return fits(b.load(m.scores, view.indices([class_.image, class_.kind, at])))

        def vector(at: Index, mask: SSAValue | None) -> SSAValue:
            place = view.indices([class_.image, class_.kind, at])
            return fits(b.vload(m.scores, place, self.lanes, mask))

        def write(at: Index, place: SSAValue) -> None:
            b.store(b.cast(b.index(b.sub(-1, at)), i64), m.order, [place])

        return each_mark(b, view.extents[-1], self.lanes, (one, vector), b.index(0), write)

    def _corners(self, m: _Memories, image: Index, box: Index) -> list[SSAValue]:
        """The lower and upper corner of a box, and its area."""
        b, view = self.b, self.boxes
        given = [b.load(m.boxes, view.indices([image, box, i])) for i in range(4)]
        if self.op.centers is not None:
            half = [b.mulf(size, 0.5) for size in given[2:]]
            low = [b.subf(c, h) for c, h in zip(given[:2], half, strict=True)]
            high = [b.addf(c, h) for c, h in zip(given[:2], half, strict=True)]
        else:
            pairs = list(zip(given[:2], given[2:], strict=True))
            low = [b.minimumf(p, q) for p, q in pairs]
            high = [b.maximumf(p, q) for p, q in pairs]
        area = b.mulf(b.subf(high[0], low[0]), b.subf(high[1], low[1]))
        return [*low, *high, area]

    def _covered(
        self, m: _Memories, numbers: _Numbers, box: Sequence[SSAValue], taken: SSAValue
    ) -> SSAValue:
        """Whether one of the first `taken` boxes shares more of the union than it may."""
        b, lanes = self.b, self.lanes
        own = [b.broadcast(number, lanes) for number in box]

        def going(values: tuple[SSAValue, ...]) -> SSAValue:
            at, covered = values
            clear = b.xori(covered, b.constant(1, i1))
            return b.andi(b.cmpi("slt", at, taken), clear)

        def step(values: tuple[SSAValue, ...]) -> list[SSAValue]:
            at, _ = values
            mask = b.mask(b.sub(taken, at), lanes)
            others = [b.vload(m.corners, [row, at], lanes, mask) for row in range(CORNERS)]
            hit = b.reduce("or", self._covers(own, others, numbers.overlap))
            return [b.index(b.add(at, lanes)), hit]

        _, covered = b.while_([b.index(0), b.constant(0, i1)], going, step)
        return covered

    def _covers(
        self, own: Sequence[SSAValue], others: Sequence[SSAValue], overlap: SSAValue
    ) -> SSAValue:
        b = self.b
        edges = [
            b.subf(b.minimumf(own[d + 2], others[d + 2]), b.maximumf(own[d], others[d]))
            for d in (0, 1)
        ]
        shared = b.mulf(*edges)
        union = b.subf(b.addf(own[AREA], others[AREA]), shared)
        # Boxes without an area cover nothing; a lane without a box has none.
        found = b.cmpf("ogt", b.divf(shared, union), overlap)
        for number in (*edges, own[AREA], others[AREA], union):
            found = b.andi(found, b.cmpf("ogt", number, 0.0))
        return found
