"""
`engine.recurrence`: LSTM, GRU and other cells. Which of them have a kernel, and in what layouts.

A constant weight lies in panels of the units of a tile (`Ba32b` for two vectors of 16), so that
each gate is one contiguous stream. `recurrence_writer.py` has the loops.
"""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects.builtin import Float32Type, Float64Type
from xdsl.ir import SSAValue

from ...dialects.engine import RecurrenceOp
from ...dialects.engine.base import EngineOp, element_of, layout_of, shape_of, static
from ...dialects.engine.constant import constant_of
from ...runtime.format_tag import parse_format_tag
from ...targets.target import Target
from ..builder import KernelBuilder
from ..common.register_tile import most_rows
from ..common.strided_view import is_strided
from ..template import STRIDED, AnyTemplate, Kernel, LayoutChoice
from .writer import FLOPS_PER_SECOND, RecurrenceWriter


class RecurrenceTemplate(AnyTemplate):
    """Recurrent layers of f32 and f64."""

    def layouts(self, op: EngineOp, target: Target) -> Sequence[LayoutChoice]:
        if not isinstance(op, RecurrenceOp) or not _has_kernel(op, target):
            return ()
        lanes = target.lanes(element_of(op.gates))
        weight = STRIDED
        constant = all(constant_of(value) is not None for value in _weights(op))
        if constant and op.hidden_size % lanes == 0:
            batch = shape_of(op.gates)[1]
            wide = batch <= 2 and op.hidden_size % (2 * lanes) == 0
            weight = f"Ba{2 * lanes if wide else lanes}b"
        weights = _weights(op)
        sources = tuple(weight if value in weights else STRIDED for value in op.sources)
        results = (None,) * (1 + len(op.states))
        return [LayoutChoice(sources, results, op.flops() / FLOPS_PER_SECOND)]

    def accepts(self, op: EngineOp, target: Target) -> bool:
        if not isinstance(op, RecurrenceOp) or not op.outs or not _has_kernel(op, target):
            return False
        weights = _weights(op)
        if any(not is_strided(v) for v in op.operands if v not in weights):
            return False
        return _unit_vectors(op, target) > 0

    def build(self, op: EngineOp, name: str, builder: KernelBuilder) -> Kernel:
        assert isinstance(op, RecurrenceOp)
        vectors = _unit_vectors(op, builder.target)
        return RecurrenceWriter(op, name, builder, vectors).run()


def _weights(op: RecurrenceOp) -> list[SSAValue]:
    return [value for value in (op.weight, op.second_weight) if value is not None]


def _has_kernel(op: RecurrenceOp, target: Target) -> bool:
    if not all(static(shape_of(value)) for value in op.operands) or not op.hidden_size:
        return False
    element = element_of(op.gates)
    if not isinstance(element, Float32Type | Float64Type):
        return False
    if any(element_of(value) != element for value in _weights(op)):
        return False
    return most_rows(_most_gates(op), target) > 0


def _most_gates(op: RecurrenceOp) -> int:
    """The gates that are summed at the same time."""
    return max(op.first_gate_count, op.second_gate_count)


def _unit_vectors(op: RecurrenceOp, target: Target) -> int:
    """Vectors of units in a tile: as weights are packed; 1 where they are not; 0: not possible."""
    tags = {layout_of(value) for value in _weights(op)}
    lanes = target.lanes(element_of(op.gates))
    if len(tags) > 1:
        return 0
    [tag] = tags
    if not tag.inner:
        return 1 if most_rows(_most_gates(op), target) else 0
    width = tag.inner[0][1]
    fits = tag == parse_format_tag(f"Ba{width}b") and not (width % lanes or op.hidden_size % width)
    vectors = width // lanes
    return vectors if fits and most_rows(_most_gates(op) * vectors, target) else 0
