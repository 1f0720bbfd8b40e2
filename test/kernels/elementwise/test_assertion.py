"""Checks copy their input, and report a condition that does not hold."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stepwell.dialects.engine import AssertOp
from stepwell.test.kernels.harness import run_with_status
from stepwell.test.kernels.memory import Operand, Result


@settings(max_examples=15, deadline=None)
@given(
    shape=st.lists(st.integers(1, 20), max_size=3),
    flags=st.lists(st.booleans(), max_size=5),
    dtype=st.sampled_from([np.float32, np.int64, np.int8, np.bool_]),
)
def test_check(shape, flags, dtype):
    x = np.arange(int(np.prod(shape))).reshape(shape).astype(dtype)
    condition = np.array(flags, np.bool_)
    status, [found] = run_with_status(
        lambda i, o: AssertOp(i[0], i[1], "no", outs=o),
        [Operand(x), Operand(condition)],
        [Result(tuple(shape), dtype)],
    )
    assert bool(status) == (not condition.all())
    np.testing.assert_array_equal(found, x)


@pytest.mark.parametrize("flag", [False, True])
def test_a_condition_without_dimensions(flag):
    status, _ = run_with_status(
        lambda i, o: AssertOp(i[0], i[1], "no", outs=o),
        [Operand(np.zeros((), np.float32)), Operand(np.array(flag))],
        [Result((), np.float32)],
    )
    assert bool(status) != flag
