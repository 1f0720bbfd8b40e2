"""What a condition marks, as much as the model declares, against `onnx.reference`."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from stepwell.test.conversion.onnx_to_engine.node_check import check_node, floats, numbers
from stepwell.test.conversion.to_engine.test_run_time_operands import refused

quick = settings(max_examples=20, deadline=None)


@quick
@given(data=st.data())
def test_compress(data):
    shape = data.draw(st.lists(st.integers(1, 5), min_size=1, max_size=3))
    axis = data.draw(st.one_of(st.none(), st.integers(-len(shape), len(shape) - 1)))
    most = int(np.prod(shape)) if axis is None else shape[axis]
    size = data.draw(st.integers(1, most))
    condition = np.array(data.draw(st.lists(st.booleans(), min_size=size, max_size=size)))
    assume(condition.any())
    attributes = {} if axis is None else {"axis": axis}
    check_node("Compress", [numbers(shape), condition], **attributes)


@quick
@given(data=st.data(), dtype=st.sampled_from(["float32", "int64", "bool"]))
def test_non_zero(data, dtype):
    shape = data.draw(st.lists(st.integers(1, 5), min_size=1, max_size=3))
    x = (numbers(shape, "int64") % 3 - 1).astype(dtype)
    assume(x.any())
    check_node("NonZero", [x])


@pytest.mark.parametrize("wrong", [[True, True, True], [False, False, True]])
def test_another_count_than_declared_is_refused(wrong: list[bool]):
    x = numbers([3, 2])
    right = [x, np.array([True, False, True])]
    refused("Compress", right, [x, np.array(wrong)], "declared", axis=0)


def test_another_count_of_numbers_is_refused():
    refused("NonZero", [floats([0, 1, 2])], [floats([1, 1, 2])], "declared")
