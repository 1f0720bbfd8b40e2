"""Post transforms against their formulas, and labels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import pytest
from onnx import helper
from xdsl.dialects.func import FuncOp

from stepwell.conversion.import_onnx import import_model
from stepwell.conversion.to_engine.lowering import Lowering, NoNativeForm
from stepwell.conversion.to_engine.vocabulary.post_transforms import (
    TRANSFORMS,
    above,
    integer_labels,
    post_transform,
)
from stepwell.dialects import make_context
from stepwell.dialects.engine.weights import WeightStore
from stepwell.dialects.framework import FrameworkOp
from stepwell.interpreters import run

Array = npt.NDArray[Any]


def computed(x: Array, build: Callable[[Lowering, Any], Any]) -> Array:
    """What `build` makes of a function's argument, by the interpreter."""
    kind = helper.np_dtype_to_tensor_dtype(x.dtype)
    info = helper.make_tensor_value_info("x", kind, x.shape)
    node = helper.make_node("Identity", ["x"], ["y"], name="node")
    graph = helper.make_graph([node], "g", [info], [onnx.ValueInfoProto(name="y")])
    ctx = make_context()
    module = import_model(helper.make_model(graph, ir_version=10), ctx)
    [function] = [op for op in module.ops if isinstance(op, FuncOp)]
    [op] = [op for op in function.walk() if isinstance(op, FrameworkOp)]
    store = ctx.get_dialect("engine").get_interface(WeightStore)
    assert store is not None
    result = build(Lowering(op, store), op.operands[0])
    op.results[0].replace_all_uses_with(result)
    op.detach()
    op.erase()
    function.update_function_type()
    module.verify()
    return np.asarray(run(ctx, module, [x])[0])


SCORES = np.array(
    [[0.1, 0.7, 0.2], [-3.0, 0.0, 40.0], [0.0, 5e-8, 2.0], [0.5, 0.25, 0.999]], np.float32
)


def softmax_zero(x: Array) -> Array:
    rows: list[Array] = []
    for row in x.astype(np.float64):
        counts = np.abs(row) > 1e-7
        grown = np.where(counts, np.exp(row - row.max()), row * np.exp(-row.max()))
        rows.append(grown / grown[counts].sum())
    return np.array(rows)


def softmax(x: Array) -> Array:
    grown = np.exp(x.astype(np.float64) - x.max(1, keepdims=True))
    return grown / grown.sum(1, keepdims=True)


@pytest.mark.parametrize(
    ("name", "formula"),
    [
        ("NONE", lambda x: x),
        ("LOGISTIC", lambda x: 1 / (1 + np.exp(-x.astype(np.float64)))),
        ("SOFTMAX", softmax),
        ("SOFTMAX_ZERO", softmax_zero),
    ],
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_formulas(name: str, formula: Callable[[Array], Array], dtype: Any):
    x = SCORES.astype(dtype)
    result = computed(x, lambda lo, v: post_transform(lo, v, name))
    assert result.dtype == dtype
    np.testing.assert_allclose(result, formula(x), rtol=1e-6, atol=1e-7)


def test_probit_is_the_inverse_of_the_normal_distribution_within_its_approximation():
    x = np.array([[0.05, 0.3, 0.5], [0.6, 0.9, 0.99]], np.float32)
    result = computed(x, lambda lo, v: post_transform(lo, v, "PROBIT"))
    wanted = [[-1.644854, -0.524401, 0.0], [0.253347, 1.281552, 2.326348]]
    np.testing.assert_allclose(result, wanted, atol=4e-3)
    assert result[0, 2] == 0


def test_every_transform_has_a_test_and_no_other_name_is_taken():
    assert set(TRANSFORMS) == {"NONE", "LOGISTIC", "SOFTMAX", "SOFTMAX_ZERO", "PROBIT"}
    with pytest.raises(NoNativeForm, match="'EXP' is none of NONE"):
        computed(SCORES, lambda lo, v: post_transform(lo, v, "EXP"))


def test_positions_of_one_of_two_classes():
    result = computed(SCORES[:, 0], lambda lo, v: above(lo, v, 0.1))
    # 0.1 is rounded to the same number on both sides and is not above itself.
    assert result.tolist() == [0, 0, 0, 1]
    assert result.dtype == np.int64


@pytest.mark.parametrize("labels", [[0, 1, 2], [7, -9, 1 << 40]])
def test_integer_labels(labels: list[int]):
    positions = np.array([2, 0, 1, 1], np.int64)
    result = computed(positions, lambda lo, v: integer_labels(lo, v, labels))
    assert result.tolist() == [labels[at] for at in positions]
