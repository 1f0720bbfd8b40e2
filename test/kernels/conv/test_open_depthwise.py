"""Depthwise convolutions of any map: built once, compared at many rows and columns."""

import numpy as np
import pytest
from xdsl.dialects.builtin import f32
from xdsl.ir import SSAValue

from stepwell.dialects.engine import ConvOp
from stepwell.kernels.conv.depthwise_tiles import MAX_OPEN_COLUMNS, open_tile
from stepwell.kernels.registry import plan_kernel
from stepwell.targets.target import Target
from stepwell.test.kernels import harness
from stepwell.test.kernels.general import Buffer, GeneralKernel, check_general, in_place, open_op
from stepwell.test.kernels.memory import normal
from stepwell.test.kernels.regions import sum_then_relu

X86 = Target.host().triple.startswith("x86_64")
TARGETS = [*harness.targets(), *([Target.parse("x86-64-v2")] if X86 else [])]
targets = pytest.mark.parametrize("target", TARGETS, ids=lambda t: t.name)


def operands(
    target: Target, kernel: int, stride: int, dilation: int, group: int, last: bool
) -> tuple[list[Buffer], Buffer]:
    """Input, weight and bias, in blocks or with channels last, and the result."""
    w = target.lanes(f32)
    channels, reach = 2 * w, (kernel - 1) * dilation
    data = "acdb" if last else f"aBcd{w}b"
    weight = normal(np.random.default_rng(0), channels, group, kernel, kernel) / kernel
    source = [f"{name} * {stride} + {reach + 1 - stride}" for name in ("H", "W")]
    return [
        Buffer(("N", channels, *source), layout=data),
        Buffer(weight.shape, layout=f"Abcd{w}a", values=lambda rng, shape: weight),
        Buffer((channels, 1, 1), layout="bca" if last else f"Abc{w}a"),
    ], Buffer(("N", channels, "H", "W"), layout=data)


def depthwise(stride: int, dilation: int, groups: int) -> harness.MakeOp:
    def make(ins: list[SSAValue], outs: list[SSAValue]) -> ConvOp:
        return ConvOp(
            ins[0],
            ins[1],
            strides=(stride, stride),
            pads=(0,) * 4,
            dilations=(dilation, dilation),
            groups=groups,
            epilogue_operands=ins[2:],
            epilogue=sum_then_relu([f32] * (len(ins) - 1)),
            outs=outs,
        )

    return make


@targets
@pytest.mark.parametrize(
    ("kernel", "stride", "dilation", "group", "last"),
    [
        (3, 1, 1, 1, False),
        (3, 2, 1, 1, True),
        (3, 1, 2, 1, False),
        (5, 2, 1, 1, False),
        (7, 1, 1, 1, True),
        (3, 1, 1, 2, False),
    ],
)
def test_maps(
    target: Target, kernel: int, stride: int, dilation: int, group: int, last: bool
) -> None:
    """None, one, odd ones and more than a tile: rows, columns and images; channels in pairs."""
    given, result = operands(target, kernel, stride, dilation, group, last)
    groups = 2 * target.lanes(f32) // group
    kernel_ = check_general(
        depthwise(stride, dilation, groups),
        given,
        [result],
        target=target,
        large=35,
        tolerance=1e-5,
    )
    assert len(kernel_.sizes) == 3


@targets
def test_a_residual_is_overwritten(target: Target) -> None:
    given, result = operands(target, 3, 1, 1, 1, False)
    check_general(
        depthwise(1, 1, 2 * target.lanes(f32)),
        [*given, result],
        [in_place(result, 3)],
        target=target,
        tolerance=1e-5,
    )


@targets
def test_rows_with_gaps_of_one_dimension(target: Target) -> None:
    """A result that is part of a larger buffer, whose rows no loop may take for one."""
    w = target.lanes(f32)
    weight = normal(np.random.default_rng(0), w, 1, 3)

    def make(ins: list[SSAValue], outs: list[SSAValue]) -> ConvOp:
        return ConvOp(
            ins[0], ins[1], strides=(1,), pads=(0, 0), dilations=(1,), groups=w, outs=outs
        )

    check_general(
        make,
        [
            Buffer(("N", w, "W + 2"), layout=f"aBc{w}b"),
            Buffer(weight.shape, layout=f"Abc{w}a", values=lambda rng, shape: weight),
        ],
        [Buffer(("N", w, "W"), layout=f"aBc{w}b", strides=(f"W * {w} + {3 * w}", 1024, w, 1))],
        target=target,
        tolerance=1e-5,
    )


def test_one_kernel_for_names_that_differ() -> None:
    """Neither names nor what they are planned for are in the kernel."""
    target = Target.parse("x86-64-v4")
    given, result = operands(target, 3, 1, 1, 1, False)
    first = GeneralKernel(depthwise(1, 1, 32), given, [result], target)
    other = [
        Buffer(("B", 32, "2 * A + 2", "L + 2"), layout="aBcd16b"),
        *given[1:],
    ]
    second = GeneralKernel(
        depthwise(1, 1, 32), other, [Buffer(("B", 32, "2 * A", "L"), layout="aBcd16b")], target
    )
    assert str(first.module) == str(second.module)


def test_a_filter_in_another_layout_has_no_kernel() -> None:
    target = Target.parse("x86-64-v4")
    given, result = operands(target, 3, 1, 1, 1, False)
    given[1] = Buffer(given[1].shape, layout="Abcd8a")
    planned = plan_kernel(open_op(depthwise(1, 1, 32), given, [result]), target)
    assert planned is None or type(planned.template).__name__ != "DepthwiseTemplate"


@pytest.mark.parametrize("name", ["x86-64-v2", "x86-64-v3", "x86-64-v4"])
def test_tiles_fill_registers_and_no_more(name: str) -> None:
    """Sums of a tile, taps of a row of the filter, and what is spare."""
    target = Target.parse(name)
    for kernel in (2, 3, 5, 7, 9):
        tile = open_tile((kernel, kernel), (1, 1), target)
        taps = kernel * kernel if tile.whole else kernel
        assert tile.rows * tile.columns + taps < target.vector_registers
        assert 1 <= tile.columns <= MAX_OPEN_COLUMNS
    assert open_tile((3, 3), (1, 1), target).rows == (2 if name == "x86-64-v4" else 1)
