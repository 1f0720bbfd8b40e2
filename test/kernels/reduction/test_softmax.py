"""Softmax against the interpreter: rows in registers and in passes, any axis, layouts, NaN."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stepwell.dialects.engine import SoftmaxOp
from stepwell.kernels.reduction.softmax import SoftmaxTemplate
from stepwell.targets.target import Target
from stepwell.test.kernels.harness import check_kernel, plan_with, planned_op, run_kernel, targets
from stepwell.test.kernels.memory import Operand, Result, wider_strides

RNG = np.random.default_rng(3)
extents = st.sampled_from([1, 2, 3, 5, 8, 16, 17, 33, 130])


def normal(*shape: int) -> Any:
    return 3 * RNG.standard_normal(shape, np.float32)


@pytest.mark.parametrize("target", targets(), ids=lambda t: t.name)
@given(data=st.data(), shape=st.tuples(st.sampled_from([1, 3]), extents, extents))
@settings(max_examples=15, deadline=None, derandomize=True)
def test_any_axis(target: Target, data: st.DataObject, shape: tuple[int, int, int]) -> None:
    axis, log = data.draw(st.sampled_from([0, 1, 2])), data.draw(st.booleans())
    layout = data.draw(st.sampled_from([None, "acb", "cab"]))
    margin = data.draw(st.sampled_from([(0, 0, 0), (1, 2, 3)]))
    check_kernel(
        lambda ins, outs: SoftmaxOp(ins[0], axis, log=log, outs=outs),
        [Operand(normal(*shape), layout, wider_strides(shape, layout, margin))],
        [Result(shape)],
        target,
    )


@pytest.mark.parametrize("target", targets(), ids=lambda t: t.name)
def test_spatial_axis_of_a_blocked_activation(target: Target) -> None:
    check_kernel(
        lambda ins, outs: SoftmaxOp(ins[0], 2, outs=outs),
        [Operand(normal(2, 20, 5, 3), "aBcd16b")],
        [Result((2, 20, 5, 3), layout="aBcd16b")],
        target,
    )


def test_blocked_axis_is_refused() -> None:
    op, _ = planned_op(
        lambda ins, outs: SoftmaxOp(ins[0], 1, outs=outs),
        [Operand(normal(2, 20, 5, 3), "aBcd16b")],
        [Result((2, 20, 5, 3), layout="aBcd16b")],
    )
    assert plan_with(SoftmaxTemplate(), op, Target.host()) is None


@pytest.mark.parametrize("target", targets(), ids=lambda t: t.name)
@pytest.mark.parametrize("log", [False, True])
@pytest.mark.parametrize(("rows", "columns"), [(16, 2), (37, 3), (40, 7), (33, 8), (4, 3)])
def test_rows_of_a_few_numbers(target: Target, log: bool, rows: int, columns: int) -> None:
    """Side by side in vectors, down to those that fill none."""
    x = normal(2, rows, columns)
    x[0, 1, 0], x[1, 2] = np.nan, -np.inf
    check_kernel(
        lambda ins, outs: SoftmaxOp(ins[0], 2, log=log, outs=outs),
        [Operand(x)],
        [Result((2, rows, columns))],
        target,
    )


@pytest.mark.parametrize("columns", [3, 40, 300])
def test_in_place(columns: int) -> None:
    """The result may overwrite its operand."""
    x = normal(21, columns)
    [y] = run_kernel(
        lambda ins, outs: SoftmaxOp(ins[0], 1, outs=outs),
        [Operand(x)],
        [Result((21, columns), alias=0)],
    )
    power = np.exp(x - x.max(axis=1, keepdims=True), dtype=np.float64)
    np.testing.assert_allclose(y, power / power.sum(axis=1, keepdims=True), atol=1e-6)


@pytest.mark.parametrize("columns", [7, 300])
@pytest.mark.parametrize("log", [False, True])
def test_special_values(columns: int, log: bool) -> None:
    """NaN spoils its row only, -inf has no probability, all -inf is NaN, 1e30 does not overflow."""
    x = normal(5, columns)
    x[0, 3] = np.nan
    x[1, 2:5] = -np.inf
    x[2] = -np.inf
    x[3] += 1e30
    check_kernel(
        lambda ins, outs: SoftmaxOp(ins[0], 1, log=log, outs=outs),
        [Operand(x)],
        [Result((5, columns))],
    )


def test_f64() -> None:
    x = RNG.standard_normal((3, 21))
    check_kernel(
        lambda ins, outs: SoftmaxOp(ins[0], 1, outs=outs),
        [Operand(x)],
        [Result((3, 21), np.float64)],
        tolerance=1e-14,
    )
