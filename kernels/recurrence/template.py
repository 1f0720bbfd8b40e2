"""
`engine.recurrence`: LSTM, GRU and other cells. Which of them have a kernel, and in what layouts.

A constant weight lies in panels of the units of a tile (`Ba32b` for two vectors of 16), so that
each gate is one contiguous stream. `writer.py` has the loops over time, `tile.py` a step of a tile.
"""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects.builtin import Float32Type, Float64Type

from ...dialects.engine import RecurrenceOp
from ...dialects.engine.base import element_of, extents_of, shape_of, sized
from ...dialects.engine.constant import constant_of
from ...targets.target import Target
from ..builder import KernelBuilder
from ..common.register_tile import most_rows
from ..template import STRIDED, Kernel, LayoutChoice, Template
from .cost import recurrence_seconds
from .plan import RecurrencePlan, most_gates, weights_of
from .writer import RecurrenceWriter


class RecurrenceTemplate(Template[RecurrenceOp, RecurrencePlan]):
    """Recurrent layers of f32 and f64."""

    OP = RecurrenceOp
    GENERAL = True

    def supports(self, op: RecurrenceOp, target: Target) -> bool:
        """Sizes that are known, one type of float, and gates that fit the registers."""
        if not all(sized(extents_of(value)) for value in op.operands) or not op.hidden_size:
            return False
        element = element_of(op.gates)
        if not isinstance(element, Float32Type | Float64Type):
            return False
        if any(element_of(value) != element for value in weights_of(op)):
            return False
        return most_rows(most_gates(op), target) > 0

    def layouts(self, op: RecurrenceOp, target: Target) -> Sequence[LayoutChoice]:
        """Constant weights in panels where their units are whole vectors."""
        return self._layouts(op, target, wide=shape_of(op.gates)[1] <= 2)

    def open_layouts(
        self, op: RecurrenceOp, at_hint: RecurrenceOp, target: Target
    ) -> Sequence[LayoutChoice]:
        """Panels of one vector where the batch is a value: two gain little for a row or two."""
        batch = extents_of(op.gates)[1]
        return self._layouts(at_hint, target, wide=isinstance(batch, int) and batch <= 2)

    def _layouts(self, op: RecurrenceOp, target: Target, wide: bool) -> Sequence[LayoutChoice]:
        lanes = target.lanes(element_of(op.gates))
        weight, weights = STRIDED, weights_of(op)
        constant = all(constant_of(value) is not None for value in weights)
        if constant and op.hidden_size % lanes == 0:
            wide = wide and op.hidden_size % (2 * lanes) == 0
            weight = f"Ba{2 * lanes if wide else lanes}b"
        sources = tuple(weight if value in weights else STRIDED for value in op.sources)
        results = (None,) * (1 + len(op.states))
        return [LayoutChoice(sources, results, recurrence_seconds(op, target))]

    def plan(self, op: RecurrenceOp, target: Target) -> RecurrencePlan | None:
        """The tiles of batch rows and units."""
        return RecurrencePlan.of(op, target)

    def write(self, plan: RecurrencePlan, name: str, builder: KernelBuilder) -> Kernel:
        """The loops of the plan."""
        return RecurrenceWriter(plan, name, builder).write()
