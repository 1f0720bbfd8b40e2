"""Fourier transforms against `onnx.reference`, which calls numpy."""

from typing import Any

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stepwell.errors import InputError
from stepwell.interpreters import run
from stepwell.test.conversion.onnx_to_engine.node_check import (
    check_node,
    converted,
    numbers,
    reasons,
)
from stepwell.test.conversion.to_engine.test_run_time_operands import refused


@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_dft(data):
    shape = data.draw(st.lists(st.integers(2, 6), min_size=1, max_size=2))
    kind = data.draw(st.sampled_from(["whole", "onesided", "back"]))
    parts = 2 if kind == "back" else 1 if kind == "onesided" else data.draw(st.integers(1, 2))
    axis = data.draw(st.integers(1, len(shape)))
    signed = np.array(data.draw(st.sampled_from([axis, axis - len(shape) - 2])))
    length = data.draw(st.sampled_from([None, np.array(shape[axis - 1] * 2), np.array(4)]))
    x = numbers([2, *shape, parts], data.draw(st.sampled_from(["float32", "float64"])))
    constants = data.draw(st.sampled_from([[1], [1, 2]]))
    attributes: dict[str, Any] = {"onesided": int(kind != "whole"), "inverse": int(kind == "back")}
    check_node("DFT", [x, length, signed], constants=constants, atol=1e-4, **attributes)


def test_long_transforms_keep_small_parts():
    """A tone of one frequency: all else in the spectrum is at the level of one rounding."""
    n = 1000
    tone = np.cos(2 * np.pi * 37 * np.arange(n) / n).astype(np.float32).reshape(1, n, 1)
    check_node("DFT", [tone, None, np.array(1)], constants=[2], onesided=1, rtol=1e-5, atol=2e-4)


def test_the_longest_stay_with_the_reference():
    x = numbers([1, 8192, 1])
    check_node("DFT", [x, None, np.array(1)], constants=[2], native=False, onesided=1)


@pytest.mark.parametrize("windowed", [False, True])
@pytest.mark.parametrize("onesided", [0, 1])
@pytest.mark.parametrize(("step", "length"), [(8, 16), (5, 7), (3, 30)])
@pytest.mark.parametrize("constants", [[], [1, 3]])
def test_stft(windowed: bool, onesided: int, step: int, length: int, constants: list[int]):
    window = np.hanning(length).astype(np.float32) if windowed else None
    inputs: list[Any] = [numbers([2, 64, 1]), np.array(step), window, np.array(length)]
    check_node("STFT", inputs, constants=constants, onesided=onesided, atol=1e-3)


def test_another_step_than_that_of_the_frames_is_refused():
    x, size = numbers([1, 64, 1]), np.array(16)
    refused("STFT", [x, np.array(8), None, size], [x, np.array(9), size], "frame_step")


@pytest.mark.parametrize("onesided", [0, 1])
def test_any_number_of_rows(onesided: int) -> None:
    """The length of a transform is a number, how many there are is none."""
    text = f"""<ir_version: 10, opset_import: ["" : 21]>
        g (float[N, 10, 1] x) => (y) <int64 a = {{1}}> {{
            y = DFT<onesided = {onesided}>(x, , a) }}"""
    ctx, module = converted(onnx.parser.parse_model(text))
    assert not reasons(module)
    for rows in (1, 3):
        x = numbers([rows, 10, 1])
        found = np.fft.rfft(x[..., 0]) if onesided else np.fft.fft(x[..., 0])
        [actual] = run(ctx, module, {"x": x})
        np.testing.assert_allclose(actual, np.stack([found.real, found.imag], -1), atol=1e-4)


@pytest.mark.parametrize("windowed", [False, True])
def test_frames_of_a_signal_of_any_length(windowed: bool) -> None:
    window = ", w" if windowed else ", "
    text = f"""<ir_version: 10, opset_import: ["" : 21]>
        g (float[N, T, 1] x) => (y) <int64 step = {{3}}, int64 size = {{8}},
            float[8] w = {{1.0, 2.0, 3.0, 4.0, 4.0, 3.0, 2.0, 1.0}}> {{
            y = STFT(x, step{window}, size) }}"""
    ctx, module = converted(onnx.parser.parse_model(text))
    assert not reasons(module)
    weights = np.array([1, 2, 3, 4, 4, 3, 2, 1]) if windowed else np.ones(8)
    for length in (8, 10, 11, 40):
        x = numbers([2, length, 1])
        starts = range(0, length - 7, 3)
        frames = np.stack([x[:, at : at + 8, 0] * weights for at in starts], 1)
        found = np.fft.rfft(frames)
        [actual] = run(ctx, module, {"x": x})
        np.testing.assert_allclose(actual, np.stack([found.real, found.imag], -1), atol=1e-4)
    with pytest.raises(InputError, match="T = 7"):
        run(ctx, module, {"x": numbers([2, 7, 1])})
