"""The Attention operator against `onnx.reference`."""

from typing import Any

import numpy as np
import pytest

from stepwell.compiler.compile import compile
from stepwell.compiler.open_model import PER_SIZES
from stepwell.interpreters import run
from stepwell.test.conversion.onnx_to_engine.node_check import (
    by_onnx,
    check_node,
    converted,
    node_model,
    numbers,
    reasons,
    typed,
)

CLOSE: dict[str, Any] = {"rtol": 1e-4, "atol": 1e-5}


def heads(count, length, size, seed=0):
    return numbers([2, count, length, size], seed=seed, spread=1)


@pytest.mark.parametrize("causal", [0, 1])
@pytest.mark.parametrize("kv_heads", [4, 2, 1])
@pytest.mark.parametrize("keys", [5, 7])
def test_attention(causal, kv_heads, keys):
    inputs = [heads(4, 5, 8), heads(kv_heads, keys, 8, 1), heads(kv_heads, keys, 6, 2)]
    check_node("Attention", inputs, is_causal=causal, **CLOSE)


@pytest.mark.parametrize(
    ("shape", "causal"),
    # onnx.reference takes the number of queries from the mask: no unit dimension when causal.
    [([5, 7], 0), ([5, 7], 1), ([2, 1, 5, 7], 1), ([1, 4, 1, 7], 0)],
)
@pytest.mark.parametrize("dtype", ["float32", "bool"])
def test_mask(shape, dtype, causal):
    mask = numbers(shape, dtype)
    if dtype == "bool":
        mask[..., 0] = True
    inputs = [heads(4, 5, 8), heads(4, 7, 8, 1), heads(4, 7, 8, 2), mask]
    check_node("Attention", inputs, is_causal=causal, **CLOSE)


NUMBERS = ("float64", "float32", "float16", "int64", "int32", "int8", "uint8", "uint64", "bool")


@pytest.mark.parametrize("mask_type", NUMBERS)
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_a_mask_of_another_type_than_the_queries(dtype, mask_type):
    mask = numbers([5, 7], mask_type, spread=1)
    if mask_type == "bool":
        mask[:, 2] = True
    elif mask_type.startswith("u"):
        mask = mask % 3
    else:
        mask = np.clip(mask, -2, 2)
    inputs = [heads(4, n, 8, seed).astype(dtype) for seed, n in ((0, 5), (1, 7), (2, 7))]
    model, feeds = node_model("Attention", [*inputs, mask])
    model.graph.output[0].CopyFrom(typed("o0", inputs[0]))
    ctx, module = converted(model)
    assert not reasons(module)
    [actual] = run(ctx, module, feeds)
    wide = [array.astype("float64") for array in inputs]
    given = mask if mask_type == "bool" else mask.astype("float64")
    oracle, wide_feeds = node_model("Attention", [*wide, given])
    [expected] = by_onnx(oracle, wide_feeds)
    close: dict[str, Any] = {"rtol": 1e-2, "atol": 1e-2} if dtype == "float16" else CLOSE
    assert actual.dtype == np.dtype(dtype)
    np.testing.assert_allclose(actual.astype("float64"), expected, **close)


@pytest.mark.parametrize(("dtype", "other"), [("float32", "float64"), ("float16", "float32")])
def test_values_of_another_type_than_the_queries(dtype, other):
    """The result has the type of the queries, the cache of values that of the values."""
    q, k, v = heads(4, 2, 8), heads(2, 2, 8, 1), heads(2, 2, 8, 2)
    past_k, past_v = heads(2, 3, 8, 3), heads(2, 3, 8, 4)
    inputs = [q.astype(dtype), k.astype(dtype), v.astype(other), None]
    inputs += [past_k.astype(dtype), past_v.astype(other)]
    model, feeds = node_model("Attention", inputs, outputs=3)
    for info, element in zip(model.graph.output, (dtype, dtype, other), strict=True):
        shape = [2, 4, 2, 8] if info.name == "o0" else [2, 2, 5, 8]
        info.CopyFrom(typed(info.name, np.zeros(shape, element)))
    ctx, module = converted(model)
    assert not reasons(module)
    actual = run(ctx, module, feeds)
    oracle, wide_feeds = node_model(
        "Attention", [None if a is None else a.astype("float64") for a in inputs], outputs=3
    )
    close: dict[str, Any] = {"rtol": 1e-2, "atol": 1e-2} if dtype == "float16" else CLOSE
    for got, want in zip(actual, by_onnx(oracle, wide_feeds), strict=True):
        np.testing.assert_allclose(got.astype("float64"), want, **close)
    assert [a.dtype.name for a in actual] == [dtype, dtype, other]


def test_a_row_without_keys_is_zero():
    mask = np.ones((5, 7), np.bool_)
    mask[2] = False
    check_node("Attention", [heads(4, 5, 8), heads(4, 7, 8, 1), heads(4, 7, 8, 2), mask], **CLOSE)


@pytest.mark.parametrize("causal", [0, 1])
def test_cache(causal):
    inputs = [heads(4, 2, 8), heads(2, 2, 8, 1), heads(2, 2, 8, 2), None]
    inputs += [heads(2, 3, 8, 3), heads(2, 3, 8, 4)]
    check_node("Attention", inputs, outputs=3, is_causal=causal, **CLOSE)


def test_flat_inputs():
    inputs = [numbers([2, 5, 32]), numbers([2, 7, 16], seed=1), numbers([2, 7, 16], seed=2)]
    check_node("Attention", inputs, q_num_heads=4, kv_num_heads=2, scale=0.3, **CLOSE)


def test_window():
    inputs = [heads(4, 6, 8), heads(4, 6, 8, 1), heads(4, 6, 8, 2)]
    check_node("Attention", inputs, left_window_size=2, right_window_size=1, **CLOSE)


def test_softcap():
    inputs = [heads(4, 5, 8), heads(4, 5, 8, 1), heads(4, 5, 8, 2)]
    check_node("Attention", inputs, softcap=2.0, **CLOSE)


BY_NAME = {
    "lengths": (("N", 4, "S", 8), ("N", 2, "T", 8), True),
    "sizes of heads": (("N", 4, "S", "D"), ("N", 4, "T", "D"), False),
    "heads": (("N", "H", "S", 8), ("N", "G", "T", 8), False),
    "heads of queries alone": (("N", "H", "S", 8), ("N", 2, "T", 8), False),
}


@pytest.mark.parametrize("mode", [{}, {"softcap": 2.0}, {"is_causal": 1}])
@pytest.mark.parametrize("name", BY_NAME)
def test_sizes_by_name(name: str, mode: dict[str, Any]):
    """One program; it has the operation where heads are of a size that is a number."""
    q, k, together = BY_NAME[name]
    values = [heads(4, 5, 8), heads(2 if k[1] in (2, "G") else 4, 7, 8, 1)]
    model, feeds = node_model("Attention", [*values, values[1] + 0.5], **mode)
    [expected] = by_onnx(model, feeds)
    for value, shape in zip(model.graph.input, (q, k, k), strict=True):
        for dim, size in zip(value.type.tensor_type.shape.dim, shape, strict=True):
            if isinstance(size, str):
                dim.dim_param = size
    model.graph.output[0].type.tensor_type.ClearField("shape")
    ctx, module = converted(model)
    assert not reasons(module)
    fused = any(op.name == "engine.attention" for op in module.walk())
    assert fused == (together and "softcap" not in mode)
    [actual] = run(ctx, module, feeds)
    np.testing.assert_allclose(actual, expected, **CLOSE)
    engine = compile(module, context=ctx)
    assert PER_SIZES not in engine.program.provenance.options
    assert not engine.reference_ops
    np.testing.assert_allclose(engine.run(feeds)["o0"], expected, **CLOSE)
