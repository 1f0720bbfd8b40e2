"""Reductions against the interpreter: kinds, types, axes, layouts, regions, broadcasting."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from xdsl.dialects import arith
from xdsl.dialects.builtin import FloatAttr, f32

from stepwell.dialects.engine import ReduceOp
from stepwell.kernels.reduction.reduce import ReduceTemplate
from stepwell.targets.target import Target
from stepwell.test.kernels.harness import (
    check_kernel,
    plan_with,
    planned_op,
    scalar_region,
    targets,
)
from stepwell.test.kernels.memory import Operand, Result, wider_strides

RNG = np.random.default_rng(11)
extents = st.sampled_from([1, 2, 3, 5, 16, 17, 40, 130])
KINDS = ["sum", "mean", "prod", "max", "min"]


def reduced(shape: tuple[int, ...], axes: list[int], keepdims: bool) -> tuple[int, ...]:
    if keepdims:
        return tuple(1 if i in axes else n for i, n in enumerate(shape))
    return tuple(n for i, n in enumerate(shape) if i not in axes)


def numbers(shape: tuple[int, ...], dtype: Any) -> Any:
    if np.dtype(dtype).kind == "f":
        return RNG.uniform(0.5, 1.5, shape).astype(dtype)
    if np.dtype(dtype).kind == "b":
        return RNG.random(shape) > 0.5
    return RNG.integers(0, 4, shape).astype(dtype)


@pytest.mark.parametrize("target", targets(), ids=lambda t: t.name)
@given(data=st.data(), shape=st.tuples(st.sampled_from([1, 3]), extents, extents))
@settings(max_examples=25, deadline=None, derandomize=True)
def test_any_axes(target: Target, data: st.DataObject, shape: tuple[int, int, int]) -> None:
    kind = data.draw(st.sampled_from(KINDS))
    axes = data.draw(st.sampled_from([[2], [1], [0], [1, 2], [0, 1, 2], [0, 2], []]))
    keepdims = data.draw(st.booleans())
    dtype = data.draw(
        st.sampled_from([np.float32, np.float64, np.int32, np.int64, np.uint8, np.int8])
    )
    layout = data.draw(st.sampled_from([None, "bac", "acb"]))
    margin = data.draw(st.sampled_from([(0, 0, 0), (1, 0, 4)]))
    check_kernel(
        lambda ins, outs: ReduceOp(ins, kind, axes, keepdims=keepdims, outs=outs),
        [Operand(numbers(shape, dtype), layout, wider_strides(shape, layout, margin))],
        [Result(reduced(shape, axes, keepdims), dtype)],
        target,
        tolerance=3e-5,
    )


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("shape", "axis"), [((3, 0), 1), ((0, 20), 0), ((0, 3), 1)])
def test_nothing_to_reduce(kind: str, shape: tuple[int, int], axis: int) -> None:
    """The neutral element; the mean of nothing is NaN."""
    check_kernel(
        lambda ins, outs: ReduceOp(ins, kind, [axis], outs=outs),
        [Operand(numbers(shape, np.float32))],
        [Result(reduced(shape, [axis], True))],
    )


@pytest.mark.parametrize("kind", ["max", "min"])
def test_booleans(kind: str) -> None:
    check_kernel(
        lambda ins, outs: ReduceOp(ins, kind, [1], outs=outs),
        [Operand(numbers((9, 70), np.bool_))],
        [Result((9, 1), np.bool_)],
    )


@pytest.mark.parametrize("kind", ["max", "min", "sum"])
def test_nan_reaches_the_result(kind: str) -> None:
    x = numbers((3, 90), np.float32)
    x[1, 50] = np.nan
    x[2, 3] = -np.inf
    check_kernel(
        lambda ins, outs: ReduceOp(ins, kind, [1], outs=outs), [Operand(x)], [Result((3, 1))]
    )


@pytest.mark.parametrize("target", targets(), ids=lambda t: t.name)
@pytest.mark.parametrize("channels", [16, 40])
def test_global_average_of_a_blocked_activation(target: Target, channels: int) -> None:
    """Padding lanes hold NaN and stay among themselves; the buffer has a border."""
    shape = (2, channels, 7, 5)
    check_kernel(
        lambda ins, outs: ReduceOp(ins, "mean", [2, 3], outs=outs),
        [
            Operand(
                numbers(shape, np.float32),
                "aBcd16b",
                wider_strides(shape, "aBcd16b", (0, 0, 2, 2, 0)),
            )
        ],
        [Result((2, channels, 1, 1), layout="aBcd16b")],
        target,
    )


def test_blocked_activation_to_rows() -> None:
    """Whole blocks may be stored where the result is not blocked; broken ones are refused."""

    def make(ins: Any, outs: Any) -> ReduceOp:
        return ReduceOp(ins, "mean", [2, 3], keepdims=False, outs=outs)

    def operand(channels: int) -> list[Operand]:
        return [Operand(numbers((2, channels, 3, 3), np.float32), "aBcd16b")]

    check_kernel(make, operand(48), [Result((2, 48))])
    op, _ = planned_op(make, operand(40), [Result((2, 40))])
    assert plan_with(ReduceTemplate(), op, Target.host()) is None


@pytest.mark.parametrize("axes", [[0], [1], [0, 1]])
def test_region_on_broadcast_inputs(axes: list[int]) -> None:
    """sum(x * y + 1), y broadcast along the rows."""

    def body(x: Any, y: Any) -> Any:
        one = arith.ConstantOp(FloatAttr(1.0, f32))
        return arith.AddfOp(arith.MulfOp(x, y), one)

    check_kernel(
        lambda ins, outs: ReduceOp(
            ins, "sum", axes, keepdims=False, body=scalar_region([f32, f32], body), outs=outs
        ),
        [Operand(numbers((7, 37), np.float32)), Operand(numbers((7, 1), np.float32))],
        [Result(reduced((7, 37), axes, False))],
        tolerance=1e-5,
    )


@pytest.mark.parametrize("target", targets(), ids=lambda t: t.name)
@pytest.mark.parametrize("points", [5, 37])
def test_distances(target: Target, points: int) -> None:
    """The first operand is the same along the lanes of vectors, the second is contiguous there."""

    def body(x: Any, y: Any) -> Any:
        difference = arith.SubfOp(x, y)
        return arith.MulfOp(difference, difference)

    check_kernel(
        lambda ins, outs: ReduceOp(
            ins, "sum", [1], keepdims=False, body=scalar_region([f32, f32], body), outs=outs
        ),
        [
            Operand(numbers((7, 12, 1), np.float32)),
            Operand(numbers((1, 12, points), np.float32)),
        ],
        [Result((7, points))],
        target,
        tolerance=1e-5,
    )
