"""The code that walks rows through trees."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import nan

from xdsl.dialects import arith
from xdsl.dialects.builtin import i64
from xdsl.ir import SSAValue

from ...dialects.engine.base import element_of, extents_of
from ...runtime.size import Size
from ..builder import INDEX, Index, KernelBuilder
from ..common.chunking import part_range
from ..common.element_copy import physical_view
from ..template import Kernel, kernel_function
from .plan import ForestPlan

NAMES = ("chunk", "x", "features", "thresholds", "children", "leaves", "trees", "weights", "y")

Nodes = tuple[SSAValue, ...]


class ForestWriter:
    """The writing of one kernel."""

    def __init__(self, plan: ForestPlan, name: str, builder: KernelBuilder):
        self.plan, self.name, self.b = plan, name, builder
        self.walks = plan.walks
        op = plan.op
        self.kind, self.width = op.aggregate.data, op.width
        self.targets = op.targets.value.data
        self.element = element_of(op.weights)
        self.lanes = builder.target.lanes(self.element)

    def write(self) -> Kernel:
        """Add the kernel."""
        b, plan = self.b, self.plan
        with kernel_function(b, self.name, plan.op, chunks=plan.chunks, names=NAMES) as arguments:
            chunk, x, self.features, self.thresholds, self.children = arguments[:5]
            self.leaves, self.trees, self.weights, y = arguments[5:]
            [out] = plan.op.destinations
            self.x, self.y = physical_view(b, plan.op.input, x), physical_view(b, out, y)
            if plan.rows != 0:
                self.ends = b.alloca([self.walks], i64)
                first, last = part_range(b, chunk, plan.chunks, plan.groups)
                start, stop = b.mul(first, self.walks), b.min(b.mul(last, self.walks), plan.rows)
                with b.loop(start, stop, plan.block) as blocks:
                    self._block(blocks.index, b.min(b.add(blocks.index, plan.block), stop))
        return Kernel(plan.chunks)

    def _block(self, start: Index, stop: Index) -> None:
        """The rows from `start` up to `stop`."""
        b, rows = self.b, self.plan.rows
        if self.targets > 1:
            b.for_each(start, stop, 1, lambda row, _: self._clear(row))
        whole = b.add(start, b.round_down(b.sub(stop, start), self.walks))
        if isinstance(rows, Size):
            with b.if_(b.cmpi("sgt", whole, start)):
                self._groups(start, whole)
        elif rows >= self.walks:
            self._groups(start, whole)
        if isinstance(rows, Size) or rows % self.walks:
            b.for_each(whole, stop, 1, lambda row, _: self._row(row))

    # ------------------------------------------------------------------ rows side by side

    def _groups(self, start: Index, whole: Index) -> None:
        """All trees for the whole groups of rows of a block."""
        b = self.b
        if self.targets == 1:
            b.for_each(start, whole, 1, lambda row, _: self._clear(row))
        with b.loop(0, self.plan.trees) as loop:
            self._tree(loop.index, start, whole)

    def _tree(self, tree: Index, start: Index, whole: Index) -> None:
        """One tree for the whole groups of rows of a block."""
        b = self.b
        root, target = self._tree_of(tree)

        def group(at: Index, _: object) -> None:
            self._walk([root] * self.walks, self._rows(at, self.walks), range(self.walks))
            with b.loop(0, self.walks) as loop:
                self._add(b.add(at, loop.index), target, self._end(loop.index))

        b.for_each(start, whole, self.walks, group)

    # ------------------------------------------------------------------ trees side by side

    def _row(self, row: Index) -> None:
        """All trees for one row."""
        b, trees = self.b, self.plan.trees
        if self.targets > 1:
            b.for_each(0, trees, self.walks, lambda first, _: self._trees(row, first, ()))
            return
        start = [b.constant(self._start, self.element)]
        total = b.for_each(
            0, trees, self.walks, lambda first, carried: self._trees(row, first, carried), start
        )
        b.store(total[0], self.y, [row, 0])

    def _trees(self, row: Index, first: Index, total: Sequence[SSAValue]) -> Sequence[SSAValue]:
        """
        The trees of a group from `first` on; the total, if the row has but one, is carried along.

        Where there are fewer, the last one is walked again and does not count.
        """
        b, trees = self.b, self.plan.trees
        numbers = [b.min(b.add(first, k), trees - 1) for k in range(self.walks)]
        roots = [self._index(b.load(self.trees, [number, 0])) for number in numbers]
        self._walk(roots, self._rows(row, 1), [0] * self.walks)
        count = b.min(b.sub(trees, first), self.walks)
        with b.loop(0, count, 1, total) as loop:
            node = self._end(loop.index)
            if total:
                weight = b.load(self.weights, [self._leaf(node), 0])
                loop.yield_(self._combined(loop.carried[0], weight))
            else:
                target = self._index(b.load(self.trees, [b.add(first, loop.index), 1]))
                self._add(row, target, node)
        return loop.results

    # ------------------------------------------------------------------ walks

    def _rows(self, first: Index, count: int) -> SSAValue:
        """A few rows, whose distances from one another are part of the instructions."""
        return self.b.subview(self.x, [first, 0], [count, extents_of(self.plan.op.input)[1]])

    def _walk(self, roots: Sequence[SSAValue], x: SSAValue, rows: Sequence[int]) -> None:
        """Walks that begin at `roots` with `rows` of `x`; `_end` has where they end."""
        b = self.b

        def goes_on(values: Nodes) -> SSAValue:
            return b.cmpi("ne", values[-1], 0)

        def steps(values: Nodes) -> Sequence[SSAValue]:
            nodes, before = list(values[:-1]), list(values[:-1])
            for _ in range(self.plan.steps):
                before = nodes
                nodes = [self._step(node, x, row) for node, row in zip(nodes, rows, strict=True)]
            moved = [b.xori(old, new) for old, new in zip(before, nodes, strict=True)]
            any_moved = moved[0]
            for one in moved[1:]:
                any_moved = b.ori(any_moved, one)
            return [*nodes, any_moved]

        found = b.while_([*roots, b.constant(1, INDEX)], goes_on, steps)[:-1]
        for number, node in enumerate(found):
            b.store(b.cast(node, i64), self.ends, [number])

    def _end(self, number: Index) -> SSAValue:
        """Where a walk of the group has ended."""
        return self._index(self.b.load(self.ends, [number]))

    def _step(self, node: SSAValue, x: SSAValue, row: int) -> SSAValue:
        """The node after this one for a row of `x`."""
        b = self.b
        feature = self._index(b.load(self.features, [node]))
        value = b.load(x, [row, feature])
        # A NaN is not below anything: it goes on to the second child.
        above = b.cmpf("ugt", value, b.load(self.thresholds, [node]))
        further = b.cast(b.cast(above, i64), INDEX)
        return b.apply(arith.AddiOp, self._index(b.load(self.children, [node])), further)

    def _index(self, value: SSAValue) -> SSAValue:
        return self.b.cast(value, INDEX)

    def _tree_of(self, tree: Index) -> tuple[SSAValue, SSAValue]:
        """Root and first target of a tree."""
        b = self.b
        root, target = (self._index(b.load(self.trees, [tree, at])) for at in range(2))
        return root, target

    def _leaf(self, node: SSAValue) -> SSAValue:
        """The row of weights of a leaf."""
        return self._index(self.b.load(self.leaves, [node]))

    # ------------------------------------------------------------------ sums

    @property
    def _start(self) -> float:
        return 0.0 if self.kind == "sum" else nan

    def _clear(self, row: Index) -> None:
        """What the trees add to."""
        b = self.b

        def fill(at: Index, mask: SSAValue | None, _: object) -> None:
            b.vstore(b.splat(self._start, self.element, self.lanes), self.y, [row, at], mask=mask)

        if self.targets == 1:
            b.store(b.constant(self._start, self.element), self.y, [row, 0])
        else:
            b.for_vectors(self.targets, self.lanes, fill)

    def _add(self, row: Index, target: SSAValue, node: SSAValue) -> None:
        """The weights of a leaf, to the targets of a row from `target` on."""
        b, leaf = self.b, self._leaf(node)
        if self.width == 1:
            place = [row, target if self.targets > 1 else 0]
            weight = b.load(self.weights, [leaf, 0])
            b.store(self._combined(b.load(self.y, place), weight), self.y, place)
            return
        # With weights for all targets the first one is 0.
        base: Index = target if self.width < self.targets else 0

        def add(at: Index, mask: SSAValue | None, _: object) -> None:
            place = [row, b.add(base, at)]
            old = b.vload(self.y, place, self.lanes, mask=mask)
            weights = b.vload(self.weights, [leaf, at], self.lanes, mask=mask)
            b.vstore(self._combined(old, weights), self.y, place, mask=mask)

        b.for_vectors(self.width, self.lanes, add)

    def _combined(self, old: SSAValue, new: SSAValue) -> SSAValue:
        combine: dict[str, Callable[[SSAValue, SSAValue], SSAValue]] = {
            "sum": self.b.addf,
            "min": lambda a, c: self.b.apply(arith.MinnumfOp, a, c),
            "max": lambda a, c: self.b.apply(arith.MaxnumfOp, a, c),
        }
        return combine[self.kind](old, new)
