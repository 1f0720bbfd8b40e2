"""What operations declare to cost: operations executed and of the definition, bytes moved."""

from __future__ import annotations

import pytest
from xdsl.dialects import test
from xdsl.dialects.builtin import FloatAttr, f32

from stepwell.dialects.engine import (
    AttentionOp,
    ConcatOp,
    ConvOp,
    ConvTransposeOp,
    GatherOp,
    MatmulOp,
    PadOp,
    SliceOp,
    TransposeOp,
    WinogradOp,
)
from stepwell.dialects.engine.base import EngineOp, int_array, tensor


def value(*shape: int, layout: str | None = None, element=f32):
    return test.TestOp(result_types=[tensor(shape, element, layout)]).results[0]


def costs(op: EngineOp) -> tuple[int, int, int, int]:
    """Operations, those of the definition, elements of f32 read and written."""
    assert op.bytes_moved() == op.bytes_read() + op.bytes_written()
    return op.flops(), op.definition_flops(), op.bytes_read() // 4, op.bytes_written() // 4


def conv(x, w, stride: int = 1, groups: int = 1) -> ConvOp:
    strides, pads, dilations = [stride] * 2, [0] * 4, [1] * 2
    return ConvOp(x, w, strides=strides, pads=pads, dilations=dilations, groups=groups)


def test_matmul_is_two_operations_a_product():
    op = MatmulOp(value(2, 3, 5), value(2, 5, 7))
    assert costs(op) == (2 * 2 * 3 * 5 * 7, 2 * 2 * 3 * 5 * 7, 2 * (15 + 35), 2 * 21)


def test_convolution():
    op = conv(value(1, 8, 10, 10), value(16, 8, 3, 3))
    flops = 2 * 16 * 8 * 8 * (8 * 9)
    assert costs(op) == (flops, flops, 800 + 16 * 72, 16 * 64)


def test_grouped_convolution_sums_over_its_group():
    op = conv(value(1, 8, 10, 10), value(8, 1, 3, 3), groups=8)
    assert op.flops() == 2 * 8 * 64 * 9


def test_a_stride_larger_than_the_kernel_skips_input():
    op = conv(value(1, 8, 10, 10), value(16, 8, 1, 1), stride=2)
    assert op.bytes_read() // 4 == 8 * 5 * 5 + 16 * 8
    whole = conv(value(1, 8, 9, 9), value(16, 8, 3, 3), stride=2)
    assert whole.bytes_read() // 4 == 8 * 81 + 16 * 72


@pytest.mark.parametrize("pads", [[0, 0, 0, 0], [1, 1, 1, 1], [3, 2, 3, 0]])
@pytest.mark.parametrize(("stride", "dilation"), [(1, 1), (2, 1), (3, 2)])
def test_transposed_convolution_counts_what_reaches_the_result(pads, stride, dilation):
    x, w = value(2, 8, 6, 5), value(8, 4, 4, 3)
    spatial = [
        stride * (size - 1) + dilation * (taps - 1) + 1 - pads[axis] - pads[2 + axis]
        for axis, (size, taps) in enumerate(((6, 4), (5, 3)))
    ]
    op = ConvTransposeOp(
        x,
        w,
        tensor((2, 4, *spatial), f32),
        strides=[stride] * 2,
        pads=pads,
        dilations=[dilation] * 2,
        output_padding=[0, 0],
    )
    op.verify_()
    pairs = 1
    for axis, (size, taps) in enumerate(((6, 4), (5, 3))):
        places = [stride * i + dilation * t - pads[axis] for i in range(size) for t in range(taps)]
        pairs *= sum(0 <= place < spatial[axis] for place in places)
    assert op.flops() == 2 * (2 * 8 * 4) * pairs


def test_winograd_executes_fewer_than_its_definition():
    op = WinogradOp(value(1, 16, 10, 10), value(36, 32, 16), value(32, 16, 3, 3))
    tiles = 4
    assert op.flops() == 2 * 36 * tiles * 32 * 16
    assert op.definition_flops() == 2 * 9 * 64 * 32 * 16
    assert op.bytes_read() // 4 == 1600 + 36 * 32 * 16  # the filters as they were are a spare


def test_a_causal_mask_hides_half():
    q = value(1, 2, 4, 8)
    full, causal = AttentionOp(q, q, q, 1.0), AttentionOp(q, q, q, 1.0, causal=True)
    assert full.flops() == full.definition_flops() == causal.flops()
    assert causal.definition_flops() == full.flops() * 10 // 16
    late = AttentionOp(value(1, 2, 1, 8), q, q, 1.0, causal=True)
    assert late.definition_flops() == late.flops()  # the last row sees all keys


def test_padded_channels_are_moved():
    op = TransposeOp(value(1, 20, 4, 4, layout="aBcd16b"), [0, 1, 3, 2])
    assert op.bytes_read() // 4 == 32 * 16


@pytest.mark.parametrize(
    ("make", "read", "written"),
    [
        (lambda: SliceOp(value(100, 10), [0, 0], [5, 10]), 50, 50),
        (lambda: GatherOp(value(1000, 8), value(3), 0), 3 * 8 + 3, 24),
        (lambda: TransposeOp(value(4, 6), [1, 0]), 24, 24),
    ],
)
def test_movement_counts_what_moves(make, read, written):
    assert costs(make()) == (0, 0, read, written)


def test_what_planning_has_put_in_place_does_not_move():
    joined = ConcatOp([value(2, 3), value(2, 5)], 1)
    assert costs(joined) == (0, 0, 16, 16)
    joined.attributes["absorbed"] = int_array([1])
    assert costs(joined) == (0, 0, 6, 6)
    padded = PadOp(value(4, 4), [1, 1], [1, 1], FloatAttr(0.0, f32))
    assert costs(padded) == (0, 0, 16, 36)
    padded.attributes["absorbed"] = int_array([0])
    assert costs(padded) == (0, 0, 0, 20)
