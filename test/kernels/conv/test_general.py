"""The general convolution: ranks, groups, padding, types, and the transposed kind."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from xdsl.dialects.builtin import f32
from xdsl.ir import SSAValue

from stepwell.dialects.engine import ConvOp, ConvTransposeOp
from stepwell.interpreters.engine.semantics import evaluate
from stepwell.kernels.conv.general import (
    ROWS_OF_CHANNELS,
    GeneralConvTemplate,
    GeneralTransposedTemplate,
)
from stepwell.runtime.size import numbers_of
from stepwell.test.kernels.harness import MakeOp, planned_op, run_kernel
from stepwell.test.kernels.memory import Array, Operand, Result, wider_strides
from stepwell.test.kernels.regions import sum_then_relu


def _random(shape: Sequence[int], dtype: type[np.generic] = np.float32) -> Array:
    rng = np.random.default_rng(sum(shape))
    if np.issubdtype(dtype, np.integer):
        return rng.integers(-5, 5, shape).astype(dtype)
    return rng.standard_normal(shape).astype(dtype)


@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_conv(data: st.DataObject) -> None:
    """One to three dimensions, any groups and pads, buffers with gaps."""
    draw = data.draw
    rank = draw(st.integers(1, 3))
    groups, channels, outputs = (draw(st.integers(1, 3)) for _ in range(3))
    outputs *= draw(st.sampled_from([1, 4]))
    sizes = [draw(st.integers(1, n)) for n in (4, 5, 40)[3 - rank :]]
    kernel = [draw(st.integers(1, min(3, n))) for n in sizes]
    strides = [draw(st.integers(1, 2)) for _ in sizes]
    dilations = [
        draw(st.integers(1, 2)) if 2 * k - 1 <= n else 1 for k, n in zip(kernel, sizes, strict=True)
    ]
    pads = [draw(st.integers(0, 2)) for _ in (*sizes, *sizes)]
    x = _random((2, groups * channels, *sizes))
    w = _random((groups * outputs, channels, *kernel))
    bias = _random((groups * outputs, *(1,) * rank))

    def make(ins: list[SSAValue], outs: list[SSAValue]) -> ConvOp:
        return ConvOp(
            ins[0],
            ins[1],
            strides=strides,
            pads=pads,
            dilations=dilations,
            groups=groups,
            epilogue_operands=ins[2:],
            epilogue=sum_then_relu([f32, f32]) if len(ins) > 2 else None,
            outs=outs,
        )

    margin = (0,) * (1 + rank) + (3,)
    layout = draw(st.sampled_from([None, ROWS_OF_CHANNELS])) if rank == 2 else None
    gaps = wider_strides(x.shape, layout, margin) if draw(st.booleans()) else None
    operands = [Operand(x, layout, gaps), Operand(w)]
    if draw(st.booleans()):
        operands.append(Operand(bias))
    level2, keep = planned_op(make, operands, [Result(_shape(make, operands))])
    [expected] = evaluate(level2, *(o.array for o in operands))
    gaps = wider_strides(expected.shape, None, margin) if draw(st.booleans()) else None
    result = Result(expected.shape, np.float32, None, gaps)
    [found] = run_kernel(make, operands, [result], None, GeneralConvTemplate())
    np.testing.assert_allclose(found, expected, rtol=2e-5, atol=2e-5)
    del keep


def _shape(make: MakeOp, operands: list[Operand]) -> tuple[int, ...]:
    """The result's shape as the operation infers it."""
    from xdsl.dialects.builtin import TensorType
    from xdsl.dialects.test import TestOp

    types = [TensorType(f32, o.array.shape) for o in operands]
    values: list[SSAValue] = [*TestOp(result_types=types).results]
    op = make(values, [])
    return numbers_of(op.inferred_shapes()[0])


@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_conv_transpose(data: st.DataObject) -> None:
    """Strides spread the input; output padding only makes the result larger."""
    draw = data.draw
    rank = draw(st.integers(1, 2))
    groups, channels, outputs = (draw(st.integers(1, 3)) for _ in range(3))
    sizes = [draw(st.integers(1, n)) for n in (5, 20)[2 - rank :]]
    kernel = [draw(st.integers(1, 4)) for _ in sizes]
    strides = [draw(st.integers(1, 3)) for _ in sizes]
    dilations = [draw(st.integers(1, 2)) for _ in sizes]
    extra = [draw(st.integers(0, s - 1)) for s in strides]
    spans = [
        s * (n - 1) + e + (k - 1) * d + 1
        for s, n, e, k, d in zip(strides, sizes, extra, kernel, dilations, strict=True)
    ]
    pads = [draw(st.integers(0, min(2, (span - 1) // 2))) for span in (*spans, *spans)]
    x = _random((2, groups * channels, *sizes))
    w = _random((groups * channels, outputs, *kernel))
    shape = (
        2,
        groups * outputs,
        *(span - pads[i] - pads[rank + i] for i, span in enumerate(spans)),
    )

    def make(ins: list[SSAValue], outs: list[SSAValue]) -> ConvTransposeOp:
        return ConvTransposeOp(
            ins[0],
            ins[1],
            None,  # pyright: ignore[reportArgumentType]
            strides=strides,
            pads=pads,
            dilations=dilations,
            output_padding=extra,
            groups=groups,
            outs=outs,
        )

    operands = [Operand(x), Operand(w)]
    op, keep = planned_op(make, operands, [Result(shape)])
    [expected] = evaluate(op, x, w)
    [found] = run_kernel(make, operands, [Result(shape)], None, GeneralTransposedTemplate())
    np.testing.assert_allclose(found, expected, rtol=2e-5, atol=2e-5)
    del keep


@pytest.mark.parametrize("dtype", [np.float64, np.float16, np.int32])
def test_types_and_long_rows(dtype: type[np.generic]) -> None:
    """Other element types; rows longer than the buffer of accumulators."""
    x, w = _random((1, 2, 1300), dtype), _random((4, 2, 5), dtype)

    def make(ins: list[SSAValue], outs: list[SSAValue]) -> ConvOp:
        return ConvOp(ins[0], ins[1], strides=[1], pads=[2, 2], dilations=[1], outs=outs)

    operands, result = [Operand(x), Operand(w)], Result((1, 4, 1300), dtype)
    op, keep = planned_op(make, operands, [result])
    [expected] = evaluate(op, x, w)
    [found] = run_kernel(make, operands, [result], None, GeneralConvTemplate())
    tolerance = 2e-2 if dtype == np.float16 else 1e-6
    np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance)
    del keep
