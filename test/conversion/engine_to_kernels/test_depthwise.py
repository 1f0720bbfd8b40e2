"""Depthwise convolution: any window and map, odd channels, strided buffers."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from xdsl.dialects.builtin import f32
from xdsl.ir import SSAValue

from stepwell.conversion.engine_to_kernels.depthwise import DepthwiseTemplate, choose_tile
from stepwell.conversion.engine_to_kernels.registry import template_for
from stepwell.conversion.target import Target
from stepwell.dialects.engine import ConvOp
from stepwell.interpreters.engine.semantics import evaluate
from stepwell.test.conversion.engine_to_kernels.harness import (
    Array,
    Operand,
    Result,
    planned_op,
    run_kernel,
    targets,
    wider_strides,
)
from stepwell.test.conversion.engine_to_kernels.regions import sum_then_relu


def _random(rng: np.random.Generator, *shape: int) -> Array:
    return rng.standard_normal(shape).astype(np.float32)


@settings(max_examples=12, deadline=None)
@given(data=st.data())
@pytest.mark.parametrize("target", targets(), ids=lambda t: t.name)
def test_depthwise(target: Target, data: st.DataObject) -> None:
    """Any channels, filter, stride, dilation; a bias, a residual, gaps between rows."""
    w = target.lanes(f32)
    draw = data.draw
    channels = draw(st.integers(2, 2 * w + 3))
    kernel = draw(st.sampled_from([(3, 3), (5, 5), (7, 7), (1, 3), (3, 2)]))
    strides = draw(st.sampled_from([(1, 1), (2, 2), (1, 2)]))
    dilations = draw(st.sampled_from([(1, 1), (1, 1), (2, 1)]))
    rows, columns = draw(st.integers(1, 7)), draw(st.integers(1, 17))
    height = (rows - 1) * strides[0] + (kernel[0] - 1) * dilations[0] + 1
    width = (columns - 1) * strides[1] + (kernel[1] - 1) * dilations[1] + 1
    tag = f"aBcd{w}b"
    source, shape = (2, channels, height, width), (2, channels, rows, columns)
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    gaps = wider_strides(source, tag, (0, 1, 2, 2, 0)) if draw(st.booleans()) else None
    operands = [
        Operand(_random(rng, *source), tag, gaps),
        Operand(_random(rng, channels, 1, *kernel), f"Abcd{w}a", constant=True),
    ]
    extra = draw(st.sampled_from(["none", "bias", "residual"]))
    if extra != "none":
        operands.append(Operand(_random(rng, channels, 1, 1), f"Abc{w}a", constant=True))
    if extra == "residual":
        operands.append(Operand(_random(rng, *shape), tag))
    gaps = wider_strides(shape, tag, (0, 1, 2, 2, 0)) if draw(st.booleans()) else None
    result = Result(shape, np.float32, tag, gaps)

    def make(ins: list[SSAValue], outs: list[SSAValue]) -> ConvOp:
        return ConvOp(
            ins[0],
            ins[1],
            strides=strides,
            pads=(0, 0, 0, 0),
            dilations=dilations,
            groups=channels,
            extras=ins[2:],
            epilogue=sum_then_relu([f32] * (len(ins) - 1)) if len(ins) > 2 else None,
            outs=outs,
        )

    op, keep = planned_op(make, operands, [result])
    assert isinstance(template_for(op, target), DepthwiseTemplate)
    [level2] = DepthwiseTemplate().layouts(op, target)
    assert level2.sources[:2] == (tag, f"Abcd{w}a")
    [expected] = evaluate(op, *(o.array for o in operands))
    [found] = run_kernel(make, operands, [result], target)
    np.testing.assert_allclose(found, expected, rtol=2e-5, atol=2e-5)
    del keep


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
    tile = choose_tile(rows, columns, kernel, (stride, stride), registers)
    taps = kernel[0] * kernel[1] if tile.whole else kernel[1]
    pixels = tile.rows * tile.columns
    assert pixels == 1 or pixels + taps + 1 <= registers
