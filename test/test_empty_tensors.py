"""Dimensions without elements, in every kind of operator: what the standard gives."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
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
    check(case, model_of_case(case))


OF_NOTHING = ("Softmax", "Gemm", "Conv", "ConvTranspose")
BESIDE_NAMES = [
    c for at, c in enumerate(CASES) if c.op in OF_NOTHING or (at % 5 == 0 and c.op != "GridSample")
]
"""GridSample of nothing runs by its reference where sizes are open, which refuses it."""


@pytest.mark.parametrize("case", BESIDE_NAMES, ids=lambda c: c.name)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_results_beside_names(case: Empty):
    """Every dimension that has elements has as many as the call says."""
    model = model_of_case(case)
    for value in model.graph.input:
        for dim in value.type.tensor_type.shape.dim:
            if dim.dim_value:
                dim.dim_param = f"d{dim.dim_value}"
    check(case, model)


def model_of_case(case: Empty) -> onnx.ModelProto:
    opset = 24 if case.op == "Attention" else 22
    return model_of(case.op, case.operands, case.attributes, case.outputs, opset=opset)


def check(case: Empty, model: onnx.ModelProto) -> None:
    """A model gives what is wanted, or what the reference gives."""
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
