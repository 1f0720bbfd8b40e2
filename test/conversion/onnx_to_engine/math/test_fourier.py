"""Fourier transforms against `onnx.reference`, which calls numpy."""

from typing import Any

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import stepwell
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


OPEN = """<ir_version: 10, opset_import: ["" : 21]>
    g (float[N, S, 1] x, float[N, S, 2] z, int64 l, int64 p, float[W] w)
        => (float[N, A, 2] a, float[N, B, 2] b, float[N, C, 1] c, float[N, E, F, 2] e) {
        a = DFT<onesided = 1>(x) b = DFT(z, l) c = DFT<inverse = 1, onesided = 1>(z, l)
        e = STFT(x, p, w) }"""

BOUND = """<ir_version: 10, opset_import: ["" : 21]>
    g (float[N, S, 1] x, float[N, S, 2] z) => (float[N, A, 2] a, float[N, C, 1] c) {
        a = DFT<onesided = 1>(x) c = DFT<inverse = 1, onesided = 1>(z) }"""


@pytest.mark.parametrize("bound", [False, True])
def test_any_length(bound: bool) -> None:
    """By matrices where a bound says that these are small, else by chirps."""
    model = onnx.parser.parse_model(BOUND if bound else OPEN)
    engine = stepwell.compile(model, sizes={"S": stepwell.Dim(1, 64)} if bound else None)
    assert not engine.program.is_open
    assert engine.reference_ops == ()
    for rows, size, step, frame in ((1, 8, 2, 3), (2, 33, 5, 16), (3, 2, 1, 1)):
        length = 2 * size - 2
        x, z, w = numbers([rows, size, 1]), numbers([rows, size, 2], seed=1), numbers([frame])
        feeds = {"x": x, "z": z, "l": length, "p": step, "w": w}
        given = {tensor.name: np.asarray(feeds[tensor.name]) for tensor in engine.inputs}
        found = engine.run(given)
        real, whole = x[..., 0], z[..., 0] + 1j * z[..., 1]
        frames = [real[:, at : at + frame] for at in range(0, size - frame + 1, step)]
        wanted = {
            "a": np.fft.rfft(real),
            "b": np.fft.fft(whole, length),
            "c": np.fft.irfft(whole, length),
            "e": np.stack([np.fft.rfft(frame * w) for frame in frames], 1),
        }
        for name, array in found.items():
            parts = [wanted[name].real, wanted[name].imag][: array.shape[-1]]
            right = np.stack(parts, -1)
            np.testing.assert_allclose(array, right, rtol=1e-4, atol=1e-4, err_msg=name)
