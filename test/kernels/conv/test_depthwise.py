"""Depthwise convolution, groups of a few channels: any window, odd channels, strided buffers."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from xdsl.dialects.builtin import f32
from xdsl.ir import SSAValue

from stepwell.dialects.engine import ConvOp
from stepwell.interpreters.engine.semantics import evaluate
from stepwell.kernels.conv.depthwise import DepthwiseTemplate
from stepwell.kernels.conv.depthwise_plan import packed_channels
from stepwell.kernels.conv.depthwise_tiles import choose_tile
from stepwell.kernels.registry import plan_kernel
from stepwell.targets.target import Target
from stepwell.test.kernels.harness import choices_of, planned_op, run_kernel, targets
from stepwell.test.kernels.memory import Array, Operand, Result, wider_strides
from stepwell.test.kernels.regions import sum_then_relu


def _random(rng: np.random.Generator, *shape: int) -> Array:
    return rng.standard_normal(shape).astype(np.float32)


@settings(max_examples=12, deadline=None)
@given(data=st.data())
@pytest.mark.parametrize("target", targets(), ids=lambda t: t.name)
def test_depthwise(target: Target, data: st.DataObject) -> None:
    """Any channels, filter, stride, dilation; a bias, a residual, gaps between rows."""
    w = target.lanes(f32)
    draw = data.draw
    last = draw(st.booleans())
    channels = w * draw(st.integers(1, 3)) if last else draw(st.integers(2, 2 * w + 3))
    kernel = draw(st.sampled_from([(3, 3), (5, 5), (7, 7), (1, 3), (3, 2)]))
    strides = draw(st.sampled_from([(1, 1), (2, 2), (1, 2)]))
    dilations = draw(st.sampled_from([(1, 1), (1, 1), (2, 1)]))
    rows, columns = draw(st.integers(1, 7)), draw(st.integers(1, 17))
    height = (rows - 1) * strides[0] + (kernel[0] - 1) * dilations[0] + 1
    width = (columns - 1) * strides[1] + (kernel[1] - 1) * dilations[1] + 1
    tag = "acdb" if last else f"aBcd{w}b"
    source, shape = (2, channels, height, width), (2, channels, rows, columns)
    wider = (0, 2, 1, 0) if last else (0, 1, 2, 2, 0)
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    gaps = wider_strides(source, tag, wider) if draw(st.booleans()) else None
    operands = [
        Operand(_random(rng, *source), tag, gaps),
        Operand(_random(rng, channels, 1, *kernel), f"Abcd{w}a", constant=True),
    ]
    extra = draw(st.sampled_from(["none", "bias", "residual"]))
    bias_tag = "bca" if last else f"Abc{w}a"
    if extra != "none":
        operands.append(Operand(_random(rng, channels, 1, 1), bias_tag, constant=True))
    if extra == "residual":
        operands.append(Operand(_random(rng, *shape), tag))
    gaps = wider_strides(shape, tag, wider) if draw(st.booleans()) else None
    result = Result(shape, np.float32, tag, gaps)

    def make(ins: list[SSAValue], outs: list[SSAValue]) -> ConvOp:
        return ConvOp(
            ins[0],
            ins[1],
            strides=strides,
            pads=(0, 0, 0, 0),
            dilations=dilations,
            groups=channels,
            epilogue_operands=ins[2:],
            epilogue=sum_then_relu([f32] * (len(ins) - 1)) if len(ins) > 2 else None,
            outs=outs,
        )

    op, keep = planned_op(make, operands, [result])
    planned = plan_kernel(op, target)
    assert planned is not None
    assert isinstance(planned.template, DepthwiseTemplate)
    choices = choices_of(DepthwiseTemplate(), op, target)
    assert len(choices) == (1 if channels % w else 2)
    level2 = choices[1 if last else 0]
    assert level2.sources[:2] == (tag, f"Abcd{w}a")
    assert level2.sources[2:3] == ((bias_tag,) if extra != "none" else ())
    assert level2.results == (tag,)
    [expected] = evaluate(op, *(o.array for o in operands))
    [found] = run_kernel(make, operands, [result], target)
    np.testing.assert_allclose(found, expected, rtol=2e-5, atol=2e-5)
    del keep


@settings(max_examples=8, deadline=None)
@given(data=st.data())
@pytest.mark.parametrize("target", targets(), ids=lambda t: t.name)
def test_groups_within_a_vector(target: Target, data: st.DataObject) -> None:
    """Groups of a few channels, the last vector not full; no group sees what another holds."""
    w, draw = target.lanes(f32), data.draw
    size, groups = draw(st.sampled_from([2, w // 4])), draw(st.integers(2, 11))
    kernel = draw(st.sampled_from([(3, 3), (1, 1), (2, 3)]))
    strides = draw(st.sampled_from([(1, 1), (1, 1), (2, 1)]))
    rows, columns = draw(st.integers(1, 7)), draw(st.integers(1, 17))
    source = (2, size * groups, (rows - 1) * strides[0] + kernel[0], columns + kernel[1] - 1)
    rng, tag = np.random.default_rng(draw(st.integers(0, 99))), f"aBcd{w}b"
    x = _random(rng, *source)
    x[:, :size] = np.inf
    shape = (2, size * groups, rows, columns)
    operands = [
        Operand(x, tag),
        Operand(_random(rng, size * groups, size, *kernel), f"Abcd{w}a", constant=True),
        Operand(_random(rng, size * groups, 1, 1), f"Abc{w}a", constant=True),
        Operand(_random(rng, *shape), tag),
    ]

    def make(ins: list[SSAValue], outs: list[SSAValue]) -> ConvOp:
        return ConvOp(
            ins[0],
            ins[1],
            strides=strides,
            pads=(0, 0, 0, 0),
            dilations=(1, 1),
            groups=groups,
            epilogue_operands=ins[2:],
            epilogue=sum_then_relu([f32, f32, f32]),
            outs=outs,
        )

    result = Result(shape, layout=tag)
    op, keep = planned_op(make, operands, [result])
    planned = plan_kernel(op, target)
    assert planned is not None
    assert isinstance(planned.template, DepthwiseTemplate)
    with np.errstate(invalid="ignore"):
        [expected] = evaluate(op, *(o.array for o in operands))
    [found] = run_kernel(make, operands, [result], target)
    np.testing.assert_allclose(found, expected, rtol=2e-5, atol=2e-5)
    assert np.isfinite(found[:, size:]).all()
    del keep


def _grouped(channels: int, outputs: int, groups: int, kernel: int, stride: int) -> ConvOp:
    x = Operand(np.zeros((1, channels, 16, 16), np.float32))
    w = Operand(np.zeros((outputs, channels // groups, kernel, kernel), np.float32), constant=True)
    extent = (16 - kernel) // stride + 1

    def make(ins: list[SSAValue], outs: list[SSAValue]) -> ConvOp:
        return ConvOp(
            ins[0],
            ins[1],
            strides=(stride, stride),
            pads=(0,) * 4,
            dilations=(1, 1),
            groups=groups,
            outs=outs,
        )

    op, _ = planned_op(make, [x, w], [Result((1, outputs, extent, extent))])
    assert isinstance(op, ConvOp)
    return op


@pytest.mark.parametrize(
    ("channels", "outputs", "groups", "kernel", "stride", "found"),
    [
        (32, 32, 32, 7, 2, 1),
        (32, 32, 8, 3, 1, 4),
        (32, 32, 4, 3, 1, 8),
        (32, 32, 4, 3, 2, 0),  # twice as many shuffles
        (32, 32, 4, 1, 1, 0),  # a shuffle for every product
        (32, 64, 8, 3, 1, 0),  # results are not where channels are
        (24, 24, 8, 3, 1, 0),  # three do not divide the vector
        (32, 32, 2, 3, 1, 0),  # a group fills the vector
        (32, 32, 8, 7, 1, 0),  # too much code
        (4, 4, 1, 3, 1, 0),
    ],
)
def test_which_groups_are_packed(
    channels: int, outputs: int, groups: int, kernel: int, stride: int, found: int
) -> None:
    """Channels of a group for 16 lanes; 0 is for other templates."""
    assert packed_channels(_grouped(channels, outputs, groups, kernel, stride), 16) == found


@given(
    rows=st.integers(1, 120),
    columns=st.integers(1, 120),
    kernel=st.sampled_from([(3, 3), (5, 5), (7, 7), (1, 9)]),
    stride=st.integers(1, 2),
    registers=st.sampled_from([16, 32]),
)
def test_tiles_fit_registers(
    rows: int, columns: int, kernel: tuple[int, int], stride: int, registers: int
) -> None:
    """Accumulators, taps and a pixel never need more registers than there are."""
    target = replace(Target.parse("x86-64-v3"), vector_registers=registers)
    tile = choose_tile(rows, columns, kernel, (stride, stride), target)
    taps = kernel[0] * kernel[1] if tile.whole else kernel[1]
    pixels = tile.rows * tile.columns
    assert pixels == 1 or pixels + taps + 1 <= registers
