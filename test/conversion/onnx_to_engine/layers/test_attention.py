"""The Attention operator against `onnx.reference`."""

from typing import Any

import numpy as np
import pytest

from stepwell.test.conversion.onnx_to_engine.node_check import check_node, numbers

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
