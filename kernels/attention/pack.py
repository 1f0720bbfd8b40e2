"""Copies the keys of a block into transposed panels, one vector of keys at a time."""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.ir import SSAValue

from ..builder import INDEX, Index, KernelBuilder
from .plan import AttentionPlan


@dataclass
class KeyPack:
    """
    A private function that packs one vector of keys, times the scale.

    Panels are [padded depth, panel], row-major. What lies beyond the depth, or beyond the last
    key, holds copies of something else, of the last key for instance: whoever reads the panel
    leaves that out. So there is one function for all keys of all blocks.
    """

    builder: KernelBuilder
    name: str
    plan: AttentionPlan
    made: bool = False

    def block(self, matrix: SSAValue, panels: SSAValue, first: Index, keys: Index) -> None:
        """Pack `keys` keys from number `first` on into panels from the first on."""
        b, plan = self.builder, self.plan
        per_panel = plan.vectors

        def vector(number: Index, _: object) -> None:
            panel = plan.keys_view.slice(b, panels, [b.floordiv(number, per_panel)])
            column = b.mul(b.mod(number, per_panel), plan.lanes)
            key = b.add(first, b.mul(number, plan.lanes))
            if not self.made:
                self.made = True
                with b.function(
                    self.name,
                    [matrix.type, panel.type, INDEX, INDEX],
                    private=True,
                    names=["matrix", "panel", "key", "column"],
                ) as inside:
                    self._define(*inside)
            b.call(self.name, [matrix, panel, key, column])

        if plan.single_vectors:
            full, last = plan.vectors_of(b, keys)
            b.for_each(0, b.add(b.mul(full, per_panel), last), 1, vector)
            return
        whole = plan.last_vectors == per_panel
        count = b.mul(b.ceildiv(keys, plan.panel), per_panel) if whole else None
        b.for_each(0, b.ceildiv(keys, plan.lanes) if count is None else count, 1, vector)

    def _define(self, matrix: SSAValue, panel: SSAValue, key: SSAValue, column: SSAValue) -> None:
        b, plan = self.builder, self.plan
        lanes, last = plan.lanes, plan.keys - 1
        # Keys that do not exist are the last one: no vector of fewer keys is code of its own.
        packed = plan.panel if plan.last_vectors == plan.vectors else lanes
        always = isinstance(plan.keys, int) and plan.keys % packed == 0
        keys = [b.add(key, i) if always else b.min(b.add(key, i), last) for i in range(lanes)]
        view, target = plan.key.inner(2), plan.panel_view

        def store(step: Index, value: SSAValue) -> None:
            scaled = value if plan.scale == 1.0 else b.mulf(value, plan.scale)
            b.vstore(scaled, panel, target.indices((step, column)))

        def square(k: Index, _: object) -> None:
            valid = None if plan.depth % lanes == 0 else b.sub(plan.depth, k)
            mask = None if valid is None else b.mask(valid, lanes)
            rows = [b.vload(matrix, view.indices((at, k)), lanes, mask) for at in keys]
            for step, value in enumerate(b.transpose(rows)):
                store(b.add(k, step), value)

        def step(k: Index, _: object) -> None:
            if always and view.strides[0] == 1:
                store(k, b.vload(matrix, view.indices((key, k)), lanes))
                return
            value = b.splat(0, plan.element, lanes)
            for lane, at in enumerate(keys):
                value = b.insert(b.load(matrix, view.indices((at, k))), value, lane)
            store(k, value)

        if view.strides[1] == 1:
            b.for_each(0, plan.depth, lanes, square)
        else:
            b.for_each(0, plan.depth, 1, step)
