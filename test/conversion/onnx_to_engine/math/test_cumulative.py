"""Running sums and products, against `onnx.reference`."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from stepwell.test.conversion.onnx_to_engine.node_check import check_node, numbers
from stepwell.test.conversion.to_engine.test_run_time_operands import refused

quick = settings(max_examples=20, deadline=None)


@quick
@given(
    shape=st.lists(st.integers(1, 5), min_size=1, max_size=3),
    op=st.sampled_from(["CumSum", "CumProd"]),
    flags=st.tuples(st.integers(0, 1), st.integers(0, 1)),
    dtype=st.sampled_from(["float32", "float64", "int32", "int64"]),
    data=st.data(),
)
def test_running_sums(shape, op, flags, dtype, data):
    axis = np.array(data.draw(st.integers(-len(shape), len(shape) - 1)))
    constants = data.draw(st.sampled_from([[], [1]]))
    attributes = {"exclusive": flags[0], "reverse": flags[1]}
    x = numbers(shape, dtype, spread=1)
    check_node(op, [x, axis], constants=constants, rtol=1e-4, **attributes)


def test_running_sums_of_nothing():
    check_node("CumSum", [numbers([2, 0]), np.array(0)], constants=[1])


def test_an_axis_outside_is_refused():
    x = numbers([2, 3])
    refused("CumSum", [x, np.array(1)], [x, np.array(2)], "axis")
