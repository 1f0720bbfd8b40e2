"""The kernels that `kernel_speed.py` measures: sizes of well-known models."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from code_cases import code_cases
from coded_weight_cases import coded_weight_cases
from conv_cases import conv_cases
from kernel_case import LANES, Case, onnx_model
from onnx import helper
from xdsl.dialects import arith, math
from xdsl.dialects.builtin import FloatAttr, f32

from stepwell.dialects.engine import (
    AttentionOp,
    MatmulOp,
    NormOp,
    RecurrenceOp,
    ReduceOp,
    SoftmaxOp,
)
from stepwell.kernels.matmul.cost import panel_vectors
from stepwell.kernels.matmul.problem import panel_layout
from stepwell.targets.target import Target
from stepwell.test.kernels.harness import scalar_region
from stepwell.test.kernels.memory import Operand, Result

RNG = np.random.default_rng(0)
TARGET = Target.host()


def normal(*shape: int) -> Any:
    """Random f32."""
    return RNG.standard_normal(shape, np.float32)


def matmul(m: int, n: int, k: int) -> Case:
    """A matrix times a constant one."""
    x, w = normal(m, k), normal(k, n)
    vectors = panel_vectors(m, n, k, LANES, 4, TARGET)
    layout = panel_layout(2, False, vectors * LANES)
    return Case(
        f"matmul {m}x{n}x{k}",
        lambda ins, outs: MatmulOp(ins[0], ins[1], outs=outs),
        (Operand(x), Operand(w, layout, constant=True)),
        (Result((m, n)),),
        flops=2 * m * n * k,
        bytes=4 * (m * n + m * k + n * k) if m < 4 else 0,
        model=lambda: onnx_model(
            [helper.make_node("MatMul", ["x", "w"], ["y"])], {"x": x}, ["y"], w=w
        ),
    )


def feed_forward(m: int, n: int, k: int) -> Case:
    """Product, bias and exact GELU in one kernel; the peer fuses what it can."""
    x, w, bias = normal(m, k), normal(k, n) / np.float32(k**0.5), normal(n)
    vectors = panel_vectors(m, n, k, LANES, 4, TARGET)

    def gelu(acc: Any, shift: Any) -> Any:
        half = arith.ConstantOp(FloatAttr(0.5, f32))
        root = arith.ConstantOp(FloatAttr(0.5**0.5, f32))
        one = arith.ConstantOp(FloatAttr(1.0, f32))
        value = arith.AddfOp(acc, shift)
        error = math.ErfOp(arith.MulfOp(value, root))
        return arith.MulfOp(arith.MulfOp(value, half), arith.AddfOp(error, one))

    make = helper.make_node
    nodes = [
        make("MatMul", ["x", "w"], ["m"]),
        make("Add", ["m", "b"], ["z"]),
        make("Gelu", ["z"], ["y"]),
    ]
    return Case(
        f"matmul bias gelu {m}x{n}x{k}",
        lambda ins, outs: MatmulOp(
            ins[0],
            ins[1],
            epilogue_operands=ins[2:],
            epilogue=scalar_region([f32, f32], gelu),
            outs=outs,
        ),
        (
            Operand(x),
            Operand(w, panel_layout(2, False, vectors * LANES), constant=True),
            Operand(bias, constant=True),
        ),
        (Result((m, n)),),
        flops=2 * m * n * k,
        model=lambda: onnx_model(nodes, {"x": x}, ["y"], w=w, b=bias),
    )


def batched(batch: int, m: int, n: int, k: int, *, transposed: bool) -> Case:
    """Products of two computed operands; the right one perhaps transposed."""
    x = normal(batch, m, k)
    w = normal(batch, n, k) if transposed else normal(batch, k, n)
    permutation = helper.make_node("Transpose", ["w"], ["t"], perm=[0, 2, 1])
    nodes = [permutation] if transposed else []
    nodes.append(helper.make_node("MatMul", ["x", "t" if transposed else "w"], ["y"]))
    return Case(
        f"matmul of computed {batch}x{m}x{n}x{k}{' T' if transposed else ''}",
        lambda ins, outs: MatmulOp(ins[0], ins[1], trans_rhs=transposed, outs=outs),
        (Operand(x), Operand(w)),
        (Result((batch, m, n)),),
        flops=2 * batch * m * n * k,
        model=lambda: onnx_model(nodes, {"x": x, "w": w}, ["y"]),
    )


def softmax(rows: int, columns: int) -> Case:
    """Rows of probabilities."""
    x = normal(rows, columns)
    return Case(
        f"softmax {rows}x{columns}",
        lambda ins, outs: SoftmaxOp(ins[0], 1, outs=outs),
        (Operand(x),),
        (Result((rows, columns)),),
        bytes=8 * x.size,
        model=lambda: onnx_model(
            [helper.make_node("Softmax", ["x"], ["y"], axis=-1)], {"x": x}, ["y"]
        ),
    )


def layer_norm(rows: int, columns: int) -> Case:
    """Layer normalisation with scale and bias."""
    x, scale, bias = normal(rows, columns), normal(columns), normal(columns)
    return Case(
        f"layer norm {rows}x{columns}",
        lambda ins, outs: NormOp(ins[0], "layer", [1], 1e-5, scale=ins[1], bias=ins[2], outs=outs),
        (Operand(x), Operand(scale, constant=True), Operand(bias, constant=True)),
        (Result((rows, columns)),),
        bytes=8 * x.size,
        model=lambda: onnx_model(
            [helper.make_node("LayerNormalization", ["x", "s", "b"], ["y"], axis=-1)],
            {"x": x},
            ["y"],
            s=scale,
            b=bias,
        ),
    )


def global_average(channels: int, size: int) -> Case:
    """Global average pooling of a blocked activation; the peer's is row-major."""
    x = normal(1, channels, size, size)
    tag = f"aBcd{LANES}b"
    return Case(
        f"global average {channels}x{size}x{size}",
        lambda ins, outs: ReduceOp(ins, "mean", [2, 3], outs=outs),
        (Operand(x, tag),),
        (Result((1, channels, 1, 1), layout=tag),),
        bytes=4 * x.size,
        model=lambda: onnx_model(
            [helper.make_node("GlobalAveragePool", ["x"], ["y"])], {"x": x}, ["y"]
        ),
    )


def row_sums(rows: int, columns: int, axis: int) -> Case:
    """Sums along one axis of a matrix."""
    x = normal(rows, columns)
    shape = (1, columns) if axis == 0 else (rows, 1)
    return Case(
        f"sum {rows}x{columns} axis {axis}",
        lambda ins, outs: ReduceOp(ins, "sum", [axis], outs=outs),
        (Operand(x),),
        (Result(shape),),
        bytes=4 * x.size,
        model=lambda: onnx_model(
            [helper.make_node("ReduceSum", ["x", "axes"], ["y"])],
            {"x": x},
            ["y"],
            axes=np.array([axis]),
        ),
    )


def attention(heads: int, rows: int, depth: int, keys: int | None = None) -> Case:
    """Attention of [1, H, S, D] views into [1, S, H*D]; the peer transposes."""
    keys = keys or rows
    q, k, v = (normal(1, heads, n, depth) for n in (rows, keys, keys))

    def model() -> Any:
        heads_in = np.array([1, -1, heads, depth])
        make = helper.make_node
        nodes: list[Any] = []
        for name, order in (("q", [0, 2, 1, 3]), ("k", [0, 2, 3, 1]), ("v", [0, 2, 1, 3])):
            nodes.append(make("Reshape", [name, "split"], [f"{name}1"]))
            nodes.append(make("Transpose", [f"{name}1"], [f"{name}2"], perm=order))
        nodes += [
            make("MatMul", ["q2", "k2"], ["s"]),
            make("Mul", ["s", "scale"], ["s1"]),
            make("Softmax", ["s1"], ["p"], axis=-1),
            make("MatMul", ["p", "v2"], ["o"]),
            make("Transpose", ["o"], ["o1"], perm=[0, 2, 1, 3]),
            make("Reshape", ["o1", "join"], ["y"]),
        ]
        flat = {name: normal(1, rows if name == "q" else keys, heads * depth) for name in "qkv"}
        return onnx_model(
            nodes,
            flat,
            ["y"],
            split=heads_in,
            join=np.array([1, rows, heads * depth]),
            scale=np.float32(depth**-0.5),
        )

    return Case(
        f"attention {heads}x{rows}x{depth}{'' if keys == rows else f' of {keys}'}",
        lambda ins, outs: AttentionOp(ins[0], ins[1], ins[2], depth**-0.5, outs=outs),
        tuple(Operand(x, "acbd") for x in (q, k, v)),
        (Result((1, heads, rows, depth), layout="acbd"),),
        flops=4 * heads * rows * keys * depth,
        model=model,
    )


def lstm(steps: int, hidden: int) -> Case:
    """The recurrent part of an LSTM; the peer's includes the projection of its inputs."""
    weight = normal(hidden, 4 * hidden) / np.float32(hidden**0.5)

    def sigmoid(x: Any) -> Any:
        one = arith.ConstantOp(FloatAttr(1.0, f32))
        return arith.DivfOp(one, arith.AddfOp(one, math.ExpOp(arith.NegfOp(x))))

    def cell(*values: Any) -> Any:
        gates = [arith.AddfOp(x, r) for x, r in zip(values[:4], values[4:8], strict=True)]
        i, o, f = (sigmoid(gate) for gate in gates[:3])
        kept = arith.MulfOp(f, values[9])
        new = arith.AddfOp(kept, arith.MulfOp(i, math.TanhOp(gates[3])))
        return [arith.MulfOp(o, math.TanhOp(new)), new]

    x = normal(steps, 1, hidden)
    w, r = normal(1, 4 * hidden, hidden), weight.T.reshape(1, 4 * hidden, hidden)
    wide = 2 * LANES if hidden % (2 * LANES) == 0 else LANES
    return Case(
        f"lstm {steps} steps of {hidden}",
        lambda ins, outs: RecurrenceOp(
            ins[0], ins[1], ins[2:], scalar_region([f32] * 10, cell), outs=outs
        ),
        (
            Operand(normal(steps, 1, 4 * hidden)),
            Operand(weight, f"Ba{wide}b", constant=True),
            Operand(normal(1, hidden)),
            Operand(normal(1, hidden)),
        ),
        (Result((steps, 1, hidden)), Result((1, hidden)), Result((1, hidden))),
        flops=steps * 8 * hidden * hidden,
        model=lambda: onnx_model(
            [helper.make_node("LSTM", ["x", "w", "r"], ["y"], hidden_size=hidden)],
            {"x": x},
            ["y"],
            w=w,
            r=np.ascontiguousarray(r),
        ),
    )


def all_cases() -> Iterator[Case]:
    """Every case, in the order of printing."""
    for m, n, k in (
        (128, 768, 768),
        (128, 3072, 768),
        (128, 768, 3072),
        (512, 512, 512),
        (49, 2048, 512),
        (196, 1024, 256),
        (8, 512, 512),
        (1, 1000, 2048),
        (1, 4096, 4096),
    ):
        yield matmul(m, n, k)
    yield feed_forward(128, 3072, 768)
    yield feed_forward(128, 1024, 256)
    yield batched(12, 128, 128, 64, transposed=True)
    yield batched(12, 128, 64, 128, transposed=False)
    yield batched(128, 27, 27, 64, transposed=True)
    yield batched(12, 1, 1024, 64, transposed=True)
    yield batched(12, 1, 64, 1024, transposed=False)
    yield batched(1, 256, 256, 1024, transposed=True)
    yield batched(1, 512, 512, 512, transposed=False)
    yield attention(12, 128, 64)
    yield attention(8, 512, 64)
    yield attention(3, 196, 32)
    yield attention(12, 1, 64, keys=1024)
    yield lstm(32, 128)
    yield lstm(64, 256)
    yield softmax(1536, 128)
    yield softmax(1, 1000)
    yield softmax(128, 1000)
    yield layer_norm(128, 768)
    yield layer_norm(128, 256)
    yield global_average(2048, 7)
    yield global_average(512, 7)
    yield row_sums(1024, 1024, 0)
    yield row_sums(1024, 1024, 1)
    yield from conv_cases()
    yield from code_cases()
    yield from coded_weight_cases()
