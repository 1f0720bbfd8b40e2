"""Copies part of a panel of a right operand to the stack, sizes being values."""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.ir import SSAValue

from ...dialects.vector_ext import GROUP
from ..builder import INDEX, Index, KernelBuilder
from ..common.codes import load_word
from .open_plan import OpenPlan


@dataclass
class OpenPack:
    """
    A private function that copies some steps of the columns of one panel.

    Columns that do not exist are copies of the last one that does: they are added up to totals that
    nobody reads. Where the depth is contiguous, squares are transposed in registers, and the panel
    has whole squares of steps. Of codes an element of the panel is a word of four steps.
    """

    builder: KernelBuilder
    name: str
    plan: OpenPlan
    made: bool = False

    def call(
        self,
        matrix: SSAValue,
        panel: SSAValue,
        place: tuple[Index, Index],
        size: tuple[Index, Index],
    ) -> None:
        """Copy `size` (columns, steps) from `place` (first column, first step) on."""
        b = self.builder
        if not self.made:
            self.made = True
            types = [matrix.type, panel.type, *[INDEX] * 4]
            names = ["matrix", "panel", "column", "step", "columns", "steps"]
            with b.function(self.name, types, private=True, names=names) as arguments:
                self._define(*arguments)
        b.call(self.name, [matrix, panel, *place, *size])

    def _define(
        self,
        matrix: SSAValue,
        panel: SSAValue,
        column: SSAValue,
        step: SSAValue,
        columns: SSAValue,
        given_steps: SSAValue,
    ) -> None:
        b, plan = self.builder, self.plan
        # Of a number of steps, a single square has no more than there are.
        steps = plan.depth if plan.runs.single else given_steps
        lanes, codes = plan.lanes, plan.problem.signs is not None
        view = plan.rhs.inner(2)

        def vector(first: Index, _: object) -> None:
            last = b.sub(columns, 1)
            lines = [b.add(column, b.min(b.add(first, i), last)) for i in range(lanes)]

            def square(k: Index, _: object) -> None:
                left = b.sub(steps, k)
                mask, at = b.mask(left, lanes), b.add(step, k)
                rows = [b.vload(matrix, view.indices((line, at)), lanes, mask) for line in lines]
                known = b.number(left)
                there = lanes if known is None else min(known, lanes)
                for offset, value in enumerate(b.transpose(rows)[:there]):
                    b.vstore(value, panel, [b.add(k, offset), first])

            def one(k: Index, _: object) -> None:
                value = b.splat(0, plan.problem.element, lanes)
                for lane, line in enumerate(lines):
                    at = b.add(step, k)
                    if codes:
                        place = view.indices((line, b.mul(at, GROUP)))
                        found = load_word(b, matrix, place, view.strides[1])
                    else:
                        found = b.load(matrix, view.indices((line, at)))
                    value = b.insert(found, value, lane)
                b.vstore(value, panel, [k, first])

            if view.strides[1] == 1 and not codes:
                b.for_each(0, steps, lanes, square)
            else:
                b.for_each(0, steps, 1, one)

        if plan.transposed:
            b.for_each(0, columns, lanes, vector)
            return
        # Columns are contiguous, and they are fewer than a panel has.
        masks = [b.mask(b.sub(columns, j * lanes), lanes) for j in range(plan.vectors)]
        with b.loop(0, steps) as loop:
            line = b.add(step, loop.index)
            for j, mask in enumerate(masks):
                at = view.indices((line, b.add(column, j * lanes)))
                b.vstore(b.vload(matrix, at, lanes, mask), panel, [loop.index, j * lanes])
