"""Convolution with groups that do not fill vectors: panels over several groups, their borders."""

from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from xdsl.dialects.builtin import f32, f64
from xdsl.ir import SSAValue

from stepwell.dialects.engine import ConvOp
from stepwell.interpreters.engine.semantics import evaluate
from stepwell.kernels.conv.blocked import ConvSizes, weight_tag
from stepwell.kernels.conv.grouped import GroupedTemplate
from stepwell.kernels.conv.grouped_plan import passes
from stepwell.kernels.registry import plan_kernel
from stepwell.targets.target import Target
from stepwell.test.kernels.harness import (
    MakeOp,
    check_kernel,
    choices_of,
    plan_with,
    planned_op,
    run_kernel,
    targets,
)
from stepwell.test.kernels.memory import Operand, Result, normal, wider_strides
from stepwell.test.kernels.regions import sum_then_relu

TEMPLATE = GroupedTemplate()


def _make(groups: int, strides: tuple[int, ...] = (1, 1), dilation: int = 1) -> MakeOp:
    rank = len(strides)

    def make(ins: list[SSAValue], outs: list[SSAValue]) -> ConvOp:
        return ConvOp(
            ins[0],
            ins[1],
            strides=strides,
            pads=(0,) * (2 * rank),
            dilations=(dilation,) * rank,
            groups=groups,
            epilogue_operands=ins[2:],
            epilogue=sum_then_relu([f32] * (len(ins) - 1)) if len(ins) > 2 else None,
            outs=outs,
        )

    return make


def _check(make: MakeOp, operands: list[Operand], result: Result, target: Target) -> None:
    run = partial(run_kernel, template=TEMPLATE)
    check_kernel(make, operands, [result], target, 4e-6, run)


@settings(max_examples=14, deadline=None)
@given(data=st.data())
@pytest.mark.parametrize("target", targets(), ids=lambda t: t.name)
def test_any_groups(target: Target, data: st.DataObject) -> None:
    """Any number and size of groups, filter, stride, dilation and panel; operands with gaps."""
    lanes, draw = target.lanes(f32), data.draw
    groups, depth = draw(st.integers(2, 7)), draw(st.integers(1, lanes + 5))
    width = draw(st.sampled_from([2, 3, 5, lanes, lanes + 1, 2 * lanes, 2 * lanes + 2]))
    kernel = draw(st.sampled_from([(1, 1), (1, 1), (3, 3), (2, 1)]))
    strides = draw(st.sampled_from([(1, 1), (1, 1), (2, 2), (1, 2)]))
    dilation = draw(st.sampled_from([1, 1, 2]))
    rows, columns = draw(st.integers(1, 7)), draw(st.integers(1, 12))
    images, panel = draw(st.integers(1, 2)), lanes * draw(st.integers(1, 3))
    height = (rows - 1) * strides[0] + (kernel[0] - 1) * dilation + 1
    across = (columns - 1) * strides[1] + (kernel[1] - 1) * dilation + 1
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    tag, outputs = f"aBcd{lanes}b", groups * width
    source, shape = (images, groups * depth, height, across), (images, outputs, rows, columns)
    gaps = wider_strides(source, tag, (0, 1, 2, 2, 0)) if draw(st.booleans()) else None
    weight = normal(rng, outputs, depth, *kernel)
    operands = [
        Operand(normal(rng, *source), tag, gaps),
        Operand(weight, weight_tag(4, lanes, panel, True), constant=True),
    ]
    if draw(st.booleans()):
        operands.append(Operand(normal(rng, outputs, 1, 1), f"Abc{lanes}a", constant=True))
        operands.append(Operand(normal(rng, *shape), tag))
    _check(_make(groups, strides, dilation), operands, Result(shape, layout=tag), target)


def test_one_dimension() -> None:
    """A one-dimensional convolution is one of one row."""
    target, rng = Target.host(), np.random.default_rng(0)
    w = target.lanes(f32)
    operands = [
        Operand(normal(rng, 2, 15, 29), f"aBc{w}b"),
        Operand(normal(rng, 21, 5, 3), weight_tag(3, w, w, True), constant=True),
    ]
    _check(_make(3, (2,)), operands, Result((2, 21, 14), layout=f"aBc{w}b"), target)


@pytest.mark.parametrize("target", targets(), ids=lambda t: t.name)
@pytest.mark.parametrize("value", [np.inf, np.nan])
def test_groups_stay_apart(target: Target, value: float) -> None:
    """What is not a number in one group reaches no other that shares its vectors."""
    w, rng = target.lanes(f32), np.random.default_rng(1)
    x = normal(rng, 1, 9, 2, 3)
    x[:, 3:6] = value
    operands = [
        Operand(x, f"aBcd{w}b"),
        Operand(np.abs(normal(rng, 15, 3, 1, 1)), weight_tag(4, w, w, True), constant=True),
    ]
    result = Result((1, 15, 2, 3), layout=f"aBcd{w}b")
    [found] = run_kernel(_make(3), operands, [result], target, TEMPLATE)
    assert np.isfinite(found[:, :5]).all()
    assert not np.isfinite(found[:, 5:10]).any()
    assert np.isfinite(found[:, 10:]).all()


def test_double_precision() -> None:
    """Blocks of as many channels as a vector has lanes of f64."""
    target, rng = Target.host(), np.random.default_rng(2)
    w = target.lanes(f64)
    operands = [
        Operand(rng.standard_normal((1, 10, 4, 5)), f"aBcd{w}b"),
        Operand(rng.standard_normal((6, 5, 3, 3)), weight_tag(4, w, w, True), constant=True),
    ]
    result = Result((1, 6, 2, 3), np.float64, f"aBcd{w}b")
    _check(_make(2), operands, result, target)


def test_layouts_are_accepted() -> None:
    """What `layouts` offers has a plan once it is laid out so."""
    target, rng = Target.host(), np.random.default_rng(3)
    for channels, outputs, groups in ((24, 112, 4), (136, 136, 4), (12, 96, 3), (32, 32, 8)):
        arrays = [
            normal(rng, 1, channels, 5, 5),
            normal(rng, outputs, channels // groups, 3, 3),
            normal(rng, outputs, 1, 1),
        ]
        shape, make = (1, outputs, 3, 3), _make(groups)
        level2, keep = planned_op(make, [Operand(a) for a in arrays], [Result(shape)])
        [choice] = choices_of(TEMPLATE, level2, target)
        operands = [Operand(a, t) for a, t in zip(arrays, choice.sources, strict=True)]
        _check(make, operands, Result(shape, layout=choice.results[0]), target)
        del keep


def test_others_are_left_alone() -> None:
    """One group, depthwise filters and row-major operands are for other templates."""
    target, rng = Target.host(), np.random.default_rng(4)
    w = target.lanes(f32)
    tag, weight = f"aBcd{w}b", weight_tag(4, w, w, True)
    for channels, outputs, groups, layout in (
        (8, 8, 1, tag),
        (2 * w, 2 * w, 2 * w, tag),
        (6, 6, 2, None),
    ):
        operands = [
            Operand(normal(rng, 1, channels, 4, 4), layout),
            Operand(normal(rng, outputs, channels // groups, 3, 3), weight, constant=True),
        ]
        result = Result((1, outputs, 2, 2), layout=layout)
        op, keep = planned_op(_make(groups), operands, [result])
        assert plan_with(TEMPLATE, op, target) is None
        assert groups == 2 or not choices_of(TEMPLATE, op, target)
        del keep
    plain = [Operand(normal(rng, 1, 6, 4, 4)), Operand(normal(rng, 6, 3, 3, 3), constant=True)]
    op, keep = planned_op(_make(2), plain, [Result((1, 6, 2, 2))])
    general = plan_kernel(op, target)
    assert general is not None
    assert not isinstance(general.template, GroupedTemplate)
    [found] = run_kernel(_make(2), plain, [Result((1, 6, 2, 2))], target)
    np.testing.assert_allclose(
        found, evaluate(op, *(o.array for o in plain))[0], rtol=2e-5, atol=1e-5
    )
    del keep


def test_passes() -> None:
    """A panel is gone over once for each group that has results in it."""
    sizes = ConvSizes(1, 34, 34, 4, 1, 1, (1, 1), (1, 1), (1, 1))
    assert passes(sizes, 16) == 12
    assert passes(sizes, 136) == 4
    assert passes(ConvSizes(1, 4, 32, 4, 1, 1, (1, 1), (1, 1), (1, 1)), 16) == 8
