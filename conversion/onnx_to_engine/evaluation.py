"""The results of ONNX operations on constants, by the standard's reference."""

from __future__ import annotations

from collections.abc import Sequence

from ...dialects.engine import WeightStore
from ...dialects.engine.weights import Array
from ...dialects.framework import FrameworkOp
from ...dialects.onnx import OnnxOp
from ...dialects.onnx.protos import attribute_protos
from ...interpreters.onnx.corrections import CORRECTIONS
from ...interpreters.onnx.reference import run_operator


def evaluate(
    op: FrameworkOp, arrays: Sequence[Array | None], store: WeightStore
) -> Sequence[Array | None]:
    """The results by position. Raises whatever the reference raises."""
    assert isinstance(op, OnnxOp)
    correction = CORRECTIONS.get(op.name)
    corrected = None if correction is None else correction(op, arrays)
    if corrected is not None:
        return corrected
    wanted = [r is not None for r in op.result_slots]
    attributes = attribute_protos(op, store.array)
    return run_operator(op.schema.name, op.schema.domain, attributes, arrays, wanted)
