"""Convolutions and their operands for tests of kernels of any sizes."""

from __future__ import annotations

import numpy as np
from xdsl.dialects.builtin import f32
from xdsl.ir import SSAValue

from stepwell.dialects.engine import ConvOp
from stepwell.test.kernels.general import Buffer
from stepwell.test.kernels.harness import MakeOp
from stepwell.test.kernels.memory import Array, normal
from stepwell.test.kernels.regions import sum_then_relu


def convolution(
    strides: tuple[int, ...], groups: int = 1, dilations: tuple[int, ...] | None = None
) -> MakeOp:
    def make(ins: list[SSAValue], outs: list[SSAValue]) -> ConvOp:
        return ConvOp(
            ins[0],
            ins[1],
            strides=strides,
            pads=(0,) * (2 * len(strides)),
            dilations=dilations or (1,) * len(strides),
            groups=groups,
            epilogue_operands=ins[2:],
            epilogue=sum_then_relu([f32] * (len(ins) - 1)) if len(ins) > 2 else None,
            outs=outs,
        )

    return make


def constant(array: Array, layout: str) -> Buffer:
    return Buffer(array.shape, layout=layout, values=lambda rng, shape: array)


def weight(*shape: int) -> Array:
    return normal(np.random.default_rng(0), *shape) / np.float32(np.sqrt(np.prod(shape[1:])))
