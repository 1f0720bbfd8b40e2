"""Dimensions without elements, in every kind of operator: what the standard gives."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from onnx import TensorProto
from onnx.reference import ReferenceEvaluator

import stepwell
from stepwell.test.conversion.onnx_import.malformed_nodes import Shape, model_of
from stepwell.test.empty_tensors import CASES, Empty

_DTYPES: dict[int, Any] = {
    TensorProto.FLOAT: np.float32,
    TensorProto.INT64: np.int64,
    TensorProto.UINT8: np.uint8,
    TensorProto.BOOL: np.bool_,
}


@pytest.mark.parametrize("case", CASES, ids=lambda c: c.name)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_results(case: Empty):
    opset = 24 if case.op == "Attention" else 22
    model = model_of(case.op, case.operands, case.attributes, case.outputs, opset=opset)
    feeds = {
        f"x{at}": np.ones([int(n or 0) for n in operand.sizes], _DTYPES[operand.type])
        for at, operand in enumerate(case.operands)
        if isinstance(operand, Shape)
    }
    wanted: Any = case.wanted
    if wanted is None:
        wanted = ReferenceEvaluator(model).run(None, feeds)
    found = list(stepwell.compile(model).run(feeds).values())
    for one, other in zip(found, wanted, strict=True):
        other = np.asarray(other)
        assert one.shape == other.shape
        assert one.dtype == other.dtype
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)
