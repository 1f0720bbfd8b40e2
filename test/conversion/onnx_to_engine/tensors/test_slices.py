"""Slices, pads and crops whose parameters are data, and what does not give the declared sizes."""

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from stepwell.test.conversion.onnx_to_engine.node_check import (
    by_onnx,
    by_onnxruntime,
    check_node,
    numbers,
)
from stepwell.test.conversion.to_engine.test_run_time_operands import refused

quick = settings(max_examples=25, deadline=None)


def ints(*values: int) -> Any:
    return np.array(values, np.int64)


bounds = st.one_of(st.integers(-8, 8), st.sampled_from([-(2**63) + 1, 2**63 - 1]))


@quick
@given(data=st.data(), dtype=st.sampled_from([np.int32, np.int64]))
def test_slice(data, dtype):
    shape = data.draw(st.lists(st.integers(1, 6), min_size=1, max_size=3))
    axes = data.draw(st.lists(st.integers(0, len(shape) - 1), unique=True, min_size=1))
    limit = np.iinfo(dtype)
    limits = limit.min + 1, limit.max
    steps = data.draw(
        st.lists(st.integers(-3, 7).filter(bool), min_size=len(axes), max_size=len(axes))
    )

    def interval(size: int, step: int) -> tuple[int, int]:
        """Bounds with something between them; the whole axis where what is drawn has nothing."""
        begin, end = (min(max(data.draw(bounds), limits[0]), limits[1]) for _ in range(2))
        for pair in ((begin, end), (end, begin)):
            if range(size)[slice(*pair, step)]:
                return pair
        lowest, highest = limits
        return (lowest, highest) if step > 0 else (highest, lowest)

    rows = zip(*(interval(shape[a], s) for a, s in zip(axes, steps, strict=True)), strict=True)
    signed = [data.draw(st.sampled_from([a, a - len(shape)])) for a in axes]
    inputs = [np.array(v, dtype) for v in (*rows, signed, steps)]
    check_node("Slice", [numbers(shape), *inputs])
    check_node("Slice", [numbers(shape), *inputs], constants=[3])


def test_slice_by_default():
    x = numbers([4, 5], "int8")
    check_node("Slice", [x, ints(1, 0), ints(3, 9)])
    check_node("Slice", [x, ints(1), ints(9), ints(1)])


@pytest.mark.parametrize(
    "wrong", [(ints(0), ints(4), ints(1)), (ints(2), ints(4), ints(1)), (ints(1), ints(4), ints(0))]
)
def test_other_sizes_of_a_slice_are_refused(wrong: Any):
    x = numbers([6, 3])
    start, end, step = wrong
    right = [x, ints(1), ints(4), ints(0), ints(1)]
    refused("Slice", right, [x, start, end, ints(0), step], "out")


@quick
@given(data=st.data(), mode=st.sampled_from(["constant", "edge", "reflect", "wrap"]))
def test_pad(data, mode):
    shape = data.draw(st.lists(st.integers(2, 5), min_size=1, max_size=3))
    axes = data.draw(st.lists(st.integers(0, len(shape) - 1), unique=True, min_size=1))
    low = -1 if mode == "constant" else 0
    pads = [data.draw(st.integers(low, shape[a] - 1)) for a in (*axes, *axes)]
    assume(
        all(shape[a] + b + e > 0 for a, b, e in zip(axes, pads, pads[len(axes) :], strict=False))
    )
    dtype = data.draw(st.sampled_from(["float32", "int64", "bool"]))
    number = np.array(data.draw(st.integers(0, 1)), dtype)
    inputs = [numbers(shape, dtype), ints(*pads), number, ints(*axes)]
    oracle = by_onnxruntime if min(pads) < 0 else by_onnx  # numpy takes no negative ones
    check_node("Pad", inputs, mode=mode, oracle=oracle)
    given = [inputs[0], inputs[1], None, inputs[3]]
    check_node("Pad", given, constants=[3], mode=mode, oracle=oracle)


def test_other_pads_are_refused():
    x = numbers([3, 4])
    refused("Pad", [x, ints(1, 0, 0, 2)], [x, ints(1, 0, 1, 2)], "out")


@quick
@given(data=st.data())
def test_center_crop_pad(data):
    shape = data.draw(st.lists(st.integers(1, 6), min_size=1, max_size=3))
    axes = data.draw(st.lists(st.integers(0, len(shape) - 1), unique=True, min_size=1))
    sizes = ints(*(data.draw(st.integers(1, 7)) for _ in axes))
    for constants in ([], [1]):
        check_node("CenterCropPad", [numbers(shape), sizes], constants=constants, axes=axes)


def test_another_size_of_a_crop_is_refused():
    x = numbers([3, 4])
    refused("CenterCropPad", [x, ints(2, 6)], [x, ints(2, 5)], "shape")
