"""Range: as many numbers as there are, also where the distance is none of their type."""

from typing import Any

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper

import stepwell
from stepwell.errors import StepwellError

CASES: list[tuple[Any, float, float, float]] = [
    (np.int32, -2_000_000_000, 2_000_000_000, 1_000_000_000),
    (np.int32, 2_000_000_000, -2_000_000_000, -1_000_000_000),
    (np.int32, 2_000_000_000, 2_147_483_647, 1_000_000_000),
    (np.int64, -(2**63), 2**63 - 1, 2**62),
    (np.int64, 2**63 - 1, -(2**63), -(2**62)),
    (np.int64, -(2**63), 2**63 - 1, 2**63 - 1),
    (np.int64, 7, -1, -3),
    (np.int64, 5, 1, 1),
    (np.int16, -30000, 30000, 20000),
    (np.float32, -3e38, 3e38, 1e38),
    (np.float32, 0, 1, 0.1),
    (np.float32, 5, 1, 1),
    (np.float64, -1.7e308, 1.7e308, 1e308),
]


def model(
    dtype: Any, bounds: tuple[float, float, float], length: int | str | None
) -> onnx.ModelProto:
    """A Range of constants, or, with a length or the name of one, of inputs."""
    code = helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
    constants = {n: np.asarray(v, dtype) for n, v in zip("abc", bounds, strict=True)}
    graph = helper.make_graph(
        [helper.make_node("Range", list("abc"), ["y"], name="the range")],
        "range",
        [] if length is None else [helper.make_tensor_value_info(n, code, []) for n in "abc"],
        [helper.make_tensor_value_info("y", code, None if length is None else [length])],
        [numpy_helper.from_array(v, n) for n, v in constants.items() if length is None],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def exact(start: float, limit: float, delta: float) -> list[float]:
    """By definition, in Python's integers (floats are divided by 2, which is exact)."""
    whole = all(isinstance(v, int) for v in (start, limit, delta))
    numbers: list[float] = []
    while len(numbers) < 100:
        k = len(numbers)
        x = start + k * delta if whole else (start / 2 + k * (delta / 2)) * 2
        at = x if whole else start / 2 + k * (delta / 2)
        end = limit if whole else limit / 2
        if (at >= end) if delta > 0 else (at <= end):
            return numbers
        numbers.append(x)
    raise AssertionError("too many")


@pytest.mark.parametrize(("dtype", "start", "limit", "delta"), CASES)
def test_length_and_numbers(dtype: Any, start: float, limit: float, delta: float):
    bounds = (dtype(v).item() for v in (start, limit, delta))  # as the type has them
    wanted = np.array(exact(*bounds), dtype)
    engine = stepwell.compile(model(dtype, (start, limit, delta), None))
    assert engine.reference_ops == ()
    found = engine.run({})["y"]
    assert found.dtype == wanted.dtype
    np.testing.assert_allclose(found, wanted, rtol=1e-6)


@pytest.mark.parametrize(("dtype", "start", "limit", "delta"), CASES[:9])
def test_a_declared_length_is_checked(dtype: Any, start: float, limit: float, delta: float):
    bounds = (start, limit, delta)
    wanted = np.array(exact(*bounds), dtype)
    feeds = {n: np.asarray(v, dtype) for n, v in zip("abc", bounds, strict=True)}
    engine = stepwell.compile(model(dtype, bounds, len(wanted)))
    assert engine.reference_ops == ()
    np.testing.assert_array_equal(engine.run(feeds)["y"], wanted)
    for wrong in (len(wanted) + 1, len(wanted) + 4, len(wanted) - 1):
        if wrong > 0:
            with pytest.raises(StepwellError, match="the numbers are not"):
                stepwell.compile(model(dtype, bounds, wrong)).run(feeds)


@pytest.mark.parametrize("dtype", [np.int16, np.int32, np.int64])
def test_a_length_that_the_data_decides(dtype: Any):
    """One program for all, as the bounds are inputs."""
    engine = stepwell.compile(model(dtype, (0, 1, 1), "length"))
    assert engine.reference_ops == ()
    for bounds in (bounds for of, *bounds in CASES if of is dtype):
        feeds = {n: np.asarray(v, dtype) for n, v in zip("abc", bounds, strict=True)}
        found = engine.run(feeds)["y"]
        np.testing.assert_array_equal(found, np.array(exact(*bounds), dtype))
    least, most = np.iinfo(dtype).min, np.iinfo(dtype).max
    for bounds in ((least, most, 0), *(((least, most, 1),) if dtype is np.int64 else ())):
        feeds = {n: np.asarray(v, dtype) for n, v in zip("abc", bounds, strict=True)}
        with pytest.raises(StepwellError, match="the range"):
            engine.run(feeds)


def test_a_step_of_zero_has_no_length():
    engine = stepwell.compile(model(np.int64, (0, 9, 1), 3))
    feeds = {n: np.asarray(v) for n, v in zip("abc", (0, 9, 0), strict=True)}
    with pytest.raises(StepwellError, match="the numbers are not 3"):
        engine.run(feeds)


@pytest.mark.parametrize("bounds", [(0, np.inf, 1), (0, np.nan, 1), (np.nan, 1, 1)])
def test_numbers_without_an_end_are_refused(bounds: tuple[float, float, float]):
    with pytest.raises(StepwellError, match="the range"):
        stepwell.compile(model(np.float32, bounds, None))
