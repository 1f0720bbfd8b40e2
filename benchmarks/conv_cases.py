"""Convolutions of ResNet-50, MobileNetV2 and others, pools and copies, for `kernel_speed.py`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from kernel_case import LANES, TARGET, Case, onnx_model
from onnx import helper
from xdsl.dialects.builtin import f32
from xdsl.ir import SSAValue

from stepwell.dialects.engine import (
    ConvOp,
    ConvTransposeOp,
    PoolOp,
    RelayoutOp,
    TransposeOp,
    WinogradOp,
)
from stepwell.dialects.engine.winograd import transform_weight
from stepwell.kernels.registry import layout_choices
from stepwell.test.kernels.harness import planned_op
from stepwell.test.kernels.memory import Operand, Result
from stepwell.test.kernels.regions import sum_then_relu

RNG = np.random.default_rng(0)


def normal(*shape: int) -> Any:
    """Random f32."""
    return RNG.standard_normal(shape, np.float32)


def conv(channels: int, outputs: int, size: int, kernel: int, stride: int, groups: int = 1) -> Case:
    """
    A convolution with bias and ReLU in the layouts its template asks for.

    The input buffer holds the padding; the peer pads by itself and reorders its operands.
    """
    pad = kernel // 2
    extent = (size + 2 * pad - kernel) // stride + 1
    x = normal(1, channels, size, size)
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    w, bias = normal(outputs, channels // groups, kernel, kernel), normal(outputs, 1, 1)
    shape = (1, outputs, extent, extent)

    def make(ins: list[SSAValue], outs: list[SSAValue]) -> ConvOp:
        return ConvOp(
            ins[0],
            ins[1],
            strides=(stride, stride),
            pads=(0, 0, 0, 0),
            dilations=(1, 1),
            groups=groups,
            epilogue_operands=ins[2:],
            epilogue=sum_then_relu([f32, f32]),
            outs=outs,
        )

    arrays = (padded, w, bias)
    op, keep = planned_op(make, [Operand(a) for a in arrays], [Result(shape)])
    choices = layout_choices(op, TARGET)
    best = min(choices, key=lambda c: c.seconds)
    del keep
    operands = tuple(
        Operand(a, tag, constant=i > 0)
        for i, (a, tag) in enumerate(zip(arrays, best.sources, strict=True))
    )
    nodes = [
        helper.make_node("Conv", ["x", "w", "b"], ["c"], strides=[stride] * 2, pads=[pad] * 4,
                         group=groups),
        helper.make_node("Relu", ["c"], ["y"]),
    ]  # fmt: skip
    kind = "conv" if groups == 1 else "depthwise" if groups == channels else f"groups {groups}"
    return Case(
        f"{kind} {channels}->{outputs} {kernel}x{kernel}/{stride} {size}x{size}",
        make,
        operands,
        (Result(shape, layout=best.results[0]),),
        flops=2 * extent * extent * w.size,
        model=lambda: onnx_model(nodes, {"x": x}, ["y"], w=w, b=bias.reshape(-1)),
    )


def winograd(channels: int, size: int, vectors: int = 2) -> Case:
    """A 3x3 convolution by Winograd's algorithm; its operations are those of the 36 products."""
    x, w = normal(1, channels, size, size), normal(channels, channels, 3, 3)
    padded, tag = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1))), f"aBcd{LANES}b"
    operands = (
        Operand(padded, tag),
        Operand(transform_weight(w), f"Bac{vectors * LANES}b", constant=True),
        Operand(w, f"Abcd{LANES}a", constant=True),
    )
    node = helper.make_node("Conv", ["x", "w"], ["y"], pads=[1] * 4)
    tiles = (-(-size // 4)) ** 2
    return Case(
        f"winograd {channels}->{channels} {size}x{size} panel {vectors * LANES}",
        lambda ins, outs: WinogradOp(ins[0], ins[1], ins[2], outs=outs),
        operands,
        (Result(x.shape, layout=tag),),
        flops=2 * 36 * tiles * channels * channels,
        model=lambda: onnx_model([node], {"x": x}, ["y"], w=w),
    )


def conv_transpose(channels: int, outputs: int, size: int, images: int) -> Case:
    """Twice the size by a 4x4 kernel; the input buffer holds the zeros that borders need."""
    x, w = normal(images, channels, size, size), normal(channels, outputs, 4, 4)
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    shape, tag = (images, outputs, 2 * size, 2 * size), f"aBcd{LANES}b"

    def make(ins: list[SSAValue], outs: list[SSAValue]) -> ConvTransposeOp:
        return ConvTransposeOp(
            ins[0],
            ins[1],
            outs[0].type,
            strides=(2, 2),
            pads=(3, 3, 3, 3),
            dilations=(1, 1),
            output_padding=(0, 0),
            outs=outs,
        )

    node = helper.make_node("ConvTranspose", ["x", "w"], ["y"], strides=[2, 2], pads=[1] * 4)
    return Case(
        f"transposed conv {channels}->{outputs} 4x4/2 {images}x{size}x{size}",
        make,
        (Operand(padded, tag), Operand(w, f"BAcd{LANES}a{2 * LANES}b", constant=True)),
        (Result(shape, layout=tag),),
        flops=2 * images * size * size * w.size,
        model=lambda: onnx_model([node], {"x": x}, ["y"], w=w),
    )


def max_pool(channels: int, size: int) -> Case:
    """3x3 maxima with stride 2."""
    x, tag, extent = normal(1, channels, size, size), f"aBcd{LANES}b", (size + 1) // 2
    node = helper.make_node(
        "MaxPool", ["x"], ["y"], kernel_shape=[3, 3], strides=[2, 2], pads=[1] * 4
    )
    return Case(
        f"max pool {channels} {size}x{size}",
        lambda ins, outs: PoolOp(
            ins[0], "max", (3, 3), strides=(2, 2), pads=(1,) * 4, dilations=(1, 1), outs=outs
        ),
        (Operand(x, tag),),
        (Result((1, channels, extent, extent), layout=tag),),
        bytes=5 * x.size,
        model=lambda: onnx_model([node], {"x": x}, ["y"]),
    )


def relayout(channels: int, size: int, to_blocks: bool) -> Case:
    """Rows to blocks of channels, or back."""
    x, tag = normal(1, channels, size, size), f"aBcd{LANES}b"
    source, target = (None, tag) if to_blocks else (tag, None)
    return Case(
        f"relayout {'to' if to_blocks else 'from'} blocks {channels} {size}x{size}",
        lambda ins, outs: RelayoutOp(ins[0], None, outs=outs),
        (Operand(x, source),),
        (Result(x.shape, layout=target),),
        bytes=8 * x.size,
    )


def transpose(rows: int, columns: int) -> Case:
    """A matrix."""
    x = normal(rows, columns)
    return Case(
        f"transpose {rows}x{columns}",
        lambda ins, outs: TransposeOp(ins[0], (1, 0), outs=outs),
        (Operand(x),),
        (Result((columns, rows)),),
        bytes=8 * x.size,
        model=lambda: onnx_model([helper.make_node("Transpose", ["x"], ["y"])], {"x": x}, ["y"]),
    )


def conv_cases() -> Iterator[Case]:
    """Every case, in the order of printing."""
    yield conv(3, 64, 224, 7, 2)
    for channels, size in ((64, 56), (128, 28), (256, 14), (512, 7)):
        yield conv(channels, channels, size, 3, 1)
        yield conv(channels, 4 * channels, size, 1, 1)
        yield conv(4 * channels, channels, size, 1, 1)
    yield conv(64, 64, 56, 1, 1)
    for channels, size in ((128, 56), (256, 28), (512, 14)):
        yield conv(2 * channels, channels, size, 1, 1)
        yield conv(channels, channels, size, 3, 2)
        yield conv(2 * channels, 4 * channels, size, 1, 2)
    for channels, size in ((64, 56), (128, 28)):
        yield winograd(channels, size)
    for channels, size, other in ((16, 160, 1), (80, 80, 1), (48, 28, 3)):
        yield winograd(channels, size)
        yield winograd(channels, size, other)
    for channels, outputs, size in ((24, 112, 56), (136, 136, 28), (272, 272, 14), (544, 544, 7)):
        yield conv(channels, outputs, size, 1, 1, 4)
    yield conv(96, 256, 26, 5, 1, 2)
    yield conv(128, 128, 56, 3, 1, 32)
    yield conv(256, 256, 28, 3, 1, 32)
    yield conv_transpose(512, 256, 4, 8)
    yield conv_transpose(128, 64, 16, 8)
    yield conv(3, 32, 224, 3, 2)
    yield conv(144, 24, 56, 1, 1)
    for channels, size, stride in (
        (32, 112, 1),
        (96, 112, 2),
        (144, 56, 1),
        (192, 28, 1),
        (576, 14, 1),
        (960, 7, 1),
    ):
        yield conv(channels, channels, size, 3, stride, channels)
    yield max_pool(64, 112)
    yield relayout(64, 56, True)
    yield relayout(64, 56, False)
    yield transpose(512, 512)
