"""Products and convolutions of codes of eight bits, and tables of them, for `kernel_speed.py`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from kernel_case import TARGET, Case, onnx_model
from onnx import TensorProto, helper
from xdsl.dialects import arith, math
from xdsl.dialects.builtin import FloatAttr, f32, i8, i32
from xdsl.ir import SSAValue

from stepwell.dialects.engine import ConvOp, LookupOp, MatmulOp
from stepwell.kernels.registry import layout_choices
from stepwell.kernels.template import ANY, STRIDED
from stepwell.test.kernels.harness import MakeOp, planned_op, scalar_region
from stepwell.test.kernels.memory import Operand, Result

RNG = np.random.default_rng(0)


def codes(*shape: int, signed: bool = False) -> Any:
    """Random codes of all values."""
    found = RNG.integers(0, 256, shape).astype(np.uint8)
    return found.view(np.int8) if signed else found


def _requantized(acc: Any, factor: Any) -> Any:
    """The code of a sum: times a factor, limited, rounded."""
    scaled = arith.MulfOp(arith.SIToFPOp(acc, f32), factor)
    low, high = (arith.ConstantOp(FloatAttr(n, f32)) for n in (0.0, 255.0))
    limited = arith.MinimumfOp(arith.MaximumfOp(scaled, low), high)
    return arith.FPToUIOp(math.RoundEvenOp(limited), i8)


def laid_out(make: MakeOp, arrays: Sequence[Any], result: Result, constants: set[int]) -> Any:
    """Operands and result in the layouts that the template asks for."""
    given = [Operand(a, constant=i in constants) for i, a in enumerate(arrays)]
    op, keep = planned_op(make, given, [result])
    best = min(layout_choices(op, TARGET), key=lambda c: c.seconds)
    del keep

    def tag(wanted: str | None) -> str | None:
        return None if wanted in (ANY, STRIDED) else wanted

    operands = tuple(
        Operand(a, tag(wanted), constant=i in constants)
        for i, (a, wanted) in enumerate(zip(arrays, best.sources, strict=True))
    )
    return operands, (Result(result.shape, result.dtype, tag(best.results[0])),)


_SCALES = {
    "xs": np.float32(0.02), "xz": np.uint8(128), "ws": np.float32(0.01), "wz": np.int8(0),
    "ys": np.float32(1.5), "yz": np.uint8(128),
}  # fmt: skip


def matmul(m: int, n: int, k: int) -> Case:
    """Codes times constant codes, requantised."""
    x, w = codes(m, k), codes(k, n, signed=True)

    def make(ins: list[SSAValue], outs: list[SSAValue]) -> MatmulOp:
        return MatmulOp(
            ins[0],
            ins[1],
            accumulator=i32,
            epilogue_operands=ins[2:],
            epilogue=scalar_region([i32, f32], _requantized),
            outs=outs,
        )

    factors = RNG.uniform(1e-5, 1e-4, n).astype(np.float32)
    operands, results = laid_out(make, [x, w, factors], Result((m, n), np.uint8), {1, 2})
    names = ["x", "xs", "xz", "w", "ws", "wz", "ys", "yz"]
    node = helper.make_node("QLinearMatMul", names, ["y"])
    weights = {"w": w, **_SCALES}
    return Case(
        f"codes matmul {m}x{n}x{k}",
        make,
        operands,
        results,
        flops=2 * m * n * k,
        codes=True,
        model=lambda: onnx_model([node], {"x": x}, ["y"], TensorProto.UINT8, **weights),
    )


def batched(batch: int, m: int, n: int, k: int, *, transposed: bool) -> Case:
    """Codes times computed codes; the right ones perhaps transposed. The sums are the result."""
    x = codes(batch, m, k)
    w = codes(batch, n, k, signed=True) if transposed else codes(batch, k, n, signed=True)

    def make(ins: list[SSAValue], outs: list[SSAValue]) -> MatmulOp:
        return MatmulOp(ins[0], ins[1], trans_rhs=transposed, accumulator=i32, outs=outs)

    operands, results = laid_out(make, [x, w], Result((batch, m, n), np.int32), set())
    turn = [helper.make_node("Transpose", ["w"], ["t"], perm=[0, 2, 1])] if transposed else []
    product = helper.make_node("MatMulInteger", ["x", "t" if transposed else "w"], ["y"])
    nodes = [*turn, product]
    return Case(
        f"codes matmul of computed {batch}x{m}x{n}x{k}{' T' if transposed else ''}",
        make,
        operands,
        results,
        flops=2 * batch * m * n * k,
        codes=True,
        model=lambda: onnx_model(nodes, {"x": x, "w": w}, ["y"], TensorProto.INT32),
    )


def conv(channels: int, outputs: int, size: int, kernel: int, stride: int) -> Case:
    """A convolution of codes, requantised; the input buffer holds the padding."""
    pad = kernel // 2
    extent = (size + 2 * pad - kernel) // stride + 1
    x, w = codes(1, channels, size, size), codes(outputs, channels, kernel, kernel, signed=True)
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    factors = RNG.uniform(1e-5, 1e-4, (outputs, 1, 1)).astype(np.float32)

    def make(ins: list[SSAValue], outs: list[SSAValue]) -> ConvOp:
        return ConvOp(
            ins[0],
            ins[1],
            strides=(stride, stride),
            pads=(0, 0, 0, 0),
            dilations=(1, 1),
            accumulator=i32,
            epilogue_operands=ins[2:],
            epilogue=scalar_region([i32, f32], _requantized),
            outs=outs,
        )

    shape = (1, outputs, extent, extent)
    operands, results = laid_out(make, [padded, w, factors], Result(shape, np.uint8), {1, 2})
    names = ["x", "xs", "xz", "w", "ws", "wz", "ys", "yz"]
    node = helper.make_node("QLinearConv", names, ["y"], strides=[stride] * 2, pads=[pad] * 4)
    weights = {"w": w, **_SCALES}
    return Case(
        f"codes conv {channels}->{outputs} {kernel}x{kernel}/{stride} {size}x{size}",
        make,
        operands,
        results,
        flops=2 * outputs * extent * extent * channels * kernel * kernel,
        codes=True,
        model=lambda: onnx_model([node], {"x": x}, ["y"], TensorProto.UINT8, **weights),
    )


def lookup(*shape: int) -> Case:
    """A table of codes."""
    operands = (Operand(codes(*shape)), Operand(codes(256), constant=True))
    return Case(
        f"codes lookup {'x'.join(map(str, shape))}",
        lambda ins, outs: LookupOp(ins[0], ins[1], outs=outs),
        operands,
        (Result(shape, np.uint8),),
        bytes=2 * float(np.prod(shape)),
    )


def code_cases() -> Iterator[Case]:
    """Every case, in the order of printing."""
    for m, n, k in ((128, 768, 768), (128, 3072, 768), (128, 768, 3072), (1, 4096, 4096)):
        yield matmul(m, n, k)
    yield batched(12, 128, 128, 64, transposed=True)
    yield batched(12, 128, 64, 128, transposed=False)
    for channels, outputs, size, kernel, stride in (
        (3, 64, 224, 7, 2),
        (64, 64, 56, 3, 1),
        (64, 256, 56, 1, 1),
        (256, 64, 56, 1, 1),
        (128, 512, 28, 1, 1),
        (256, 1024, 14, 1, 1),
        (512, 512, 7, 3, 1),
        (512, 2048, 7, 1, 1),
    ):
        yield conv(channels, outputs, size, kernel, stride)
    yield lookup(128, 3072)
