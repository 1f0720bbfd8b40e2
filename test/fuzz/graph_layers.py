"""Random nodes that sum: reductions, products, convolutions, norms, recurrences, quantisation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from stepwell.test.fuzz.graph_builder import FLOATS, GraphBuilder, UnsuitableError, Value
from stepwell.test.fuzz.graph_elements import Grow
from stepwell.test.fuzz.graph_movement import RANKED, axis_of

SINGLE = ("float32", "float64")
REDUCTIONS = ("ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin", "ReduceL1", "ReduceL2",
              "ReduceSumSquare", "ReduceLogSumExp", "ReduceProd")  # fmt: skip


def filled(v: Value) -> bool:
    return v.array.size > 0


def grow_reduction(op: str) -> Grow:
    def grow(g: GraphBuilder) -> object:
        integers = ("int64", "int32") if op in ("ReduceSum", "ReduceMax", "ReduceMin") else ()
        x = g.pick((*FLOATS, *integers), RANKED, filled)
        keep = g.rng.choice([0, 1])
        if g.maybe(0.15):
            return g.one(op, x, keepdims=keep)
        axes = g.rng.sample(range(x.rank), g.rng.randint(1, x.rank))
        return g.one(op, x, g.integers(*(a - x.rank if g.maybe(0.3) else a for a in axes)),
                     keepdims=keep)  # fmt: skip

    return grow


def grow_arg(op: str) -> Grow:
    def grow(g: GraphBuilder) -> object:
        x = g.pick((*SINGLE, "int32"), RANKED, filled)
        return g.one(
            op, x, axis=axis_of(g, x), keepdims=g.rng.choice([0, 1]),
            select_last_index=g.rng.choice([0, 0, 1]),
        )  # fmt: skip

    return grow


def grow_top_k(g: GraphBuilder) -> object:
    x = g.pick(SINGLE, RANKED, filled)
    axis = axis_of(g, x)
    k = g.integers(g.rng.randint(1, x.shape[axis]))
    return g.add("TopK", [x, k], 2, axis=axis, largest=g.rng.choice([0, 1]), sorted=1)


def grow_cumsum(g: GraphBuilder) -> object:
    x = g.pick((*SINGLE, "int64", "int32"), RANKED)
    axis = g.constant(np.array(axis_of(g, x), np.int64))
    return g.one("CumSum", x, axis, exclusive=g.rng.choice([0, 1]), reverse=g.rng.choice([0, 1]))


def grow_softmax(op: str) -> Grow:
    def grow(g: GraphBuilder) -> object:
        x = g.pick(FLOATS, RANKED, filled)
        return g.one(op, x, axis=axis_of(g, x))

    return grow


def grow_matmul(g: GraphBuilder) -> object:
    x = g.pick((*FLOATS, "int32"), RANKED, filled)
    if g.maybe(0.5):
        k, n = x.shape[-1], g.rng.choice([1, 2, 5, 8, 16, 17, 33])
        batch = x.shape[:-2] if g.maybe(0.2) else ()
        w = g.parameter(x.dtype, [k] if g.maybe(0.1) else [*batch, k, n])
        return g.one("MatMul", x, w)
    if g.maybe(0.4) and x.rank >= 2:  # with itself, the other way round
        perm = [*range(x.rank - 2), x.rank - 1, x.rank - 2]
        pair = [x, g.one("Transpose", x, perm=perm)]
        return g.one("MatMul", *(pair if g.maybe() else pair[::-1]))
    return g.one("MatMul", x, g.pick([x.dtype], RANKED))


def grow_gemm(g: GraphBuilder) -> object:
    x = g.pick(SINGLE, [2], filled)
    n = g.rng.choice([1, 3, 8, 17])
    flip, turn = g.rng.choice([0, 1]), g.rng.choice([0, 0, 0, 1])
    m, k = x.shape[::-1] if turn else x.shape
    w = g.parameter(x.dtype, [n, k] if flip else [k, n])
    c = [g.parameter(x.dtype, g.rng.choice([[n], [1, n], [m, n], [m, 1], []]))]
    return g.one(
        "Gemm", x, w, *(c if g.maybe(0.8) else []), transA=turn, transB=flip,
        alpha=g.rng.choice([1.0, 1.0, 0.5]), beta=g.rng.choice([1.0, 1.0, 0.25, 0.0]),
    )  # fmt: skip


EQUATIONS = ("ij,jk->ik", "bij,bjk->bik", "ij,kj->ki", "bij->bji", "ij->i", "ii->i", "ij,ij->",
             "bhid,bhjd->bhij", "i,j->ij", "...i,i->...", "abc,cd->adb", "ij,i->j")  # fmt: skip


def grow_einsum(g: GraphBuilder) -> object:
    equation = g.rng.choice(EQUATIONS)
    terms = equation.partition("->")[0].split(",")
    if "..." in equation:
        x = g.pick(SINGLE, RANKED)
        return g.one("Einsum", x, g.parameter(x.dtype, [x.shape[-1]]), equation=equation)

    def fits(v: Value) -> bool:
        return len(set(zip(terms[0], v.shape, strict=True))) == len(set(terms[0]))

    x = g.pick(SINGLE, [len(terms[0])], fits)
    sizes = dict(zip(terms[0], x.shape, strict=True))
    others: list[Value] = []
    for term in terms[1:]:
        others.append(
            g.parameter(x.dtype, [sizes.setdefault(c, g.rng.choice([1, 3, 4])) for c in term])
        )
    return g.one("Einsum", x, *others, equation=equation)


def _image(g: GraphBuilder, dtypes: Sequence[str] = SINGLE, rank: int = 0) -> Value:
    ranks = [rank] if rank else [3, 4, 4, 4, 5]
    return g.pick(dtypes, ranks, lambda v: min(v.shape) > 0)


def _windows(g: GraphBuilder, space: Sequence[int]) -> dict[str, Any]:
    """Kernel, strides, pads and dilations that fit a space."""
    kernel = [g.rng.choice([1, 2, 3, 3, 5]) for _ in space]
    dilations = [g.rng.choice([1, 1, 1, 2]) for _ in space]
    pads = [g.rng.randint(0, (k - 1) * d // 2 + (k > 1)) for k, d in zip(kernel, dilations)]  # noqa: B905
    ends = [p if g.maybe(0.8) else 0 for p in pads]
    for n, k, d, a, b in zip(space, kernel, dilations, pads, ends, strict=True):
        if n + a + b < (k - 1) * d + 1:
            raise UnsuitableError
    strides = [g.rng.choice([1, 1, 2, 3]) for _ in space]
    return {
        "kernel_shape": kernel, "dilations": dilations, "pads": [*pads, *ends], "strides": strides,
    }  # fmt: skip


def grow_conv(g: GraphBuilder) -> object:
    x = _image(g)
    channels, space = x.shape[1], x.shape[2:]
    options = _windows(g, space)
    groups = g.rng.choice([1, 1, 1, channels, *(d for d in (2, 4) if channels % d == 0)])
    out = groups * g.rng.choice([1, 2, 3, 4, 8, 16] if groups == 1 else [1, 1, 2])
    w = g.parameter(x.dtype, [out, channels // groups, *options["kernel_shape"]])
    b = [g.parameter(x.dtype, [out])] if g.maybe(0.6) else []
    y = g.one("Conv", x, w, *b, group=groups, **options)
    return _followed(g, y)


def _followed(g: GraphBuilder, y: Value) -> Value:
    """What comes behind a layer in models: a normalisation, a sum, an activation."""
    if g.maybe(0.25):
        y = _batch_norm(g, y)
    if g.maybe(0.3):
        shape = [1 if at != 1 and g.maybe(0.7) else n for at, n in enumerate(y.shape)]
        y = g.one(g.rng.choice(["Add", "Mul", "Add"]), y, g.parameter(y.dtype, shape))
    if g.maybe(0.4):
        op = g.rng.choice(["Relu", "Sigmoid", "Tanh", "HardSwish", "LeakyRelu"])
        y = g.one(op, y)
    return y


def grow_conv_transpose(g: GraphBuilder) -> object:
    x = _image(g, rank=g.rng.choice([3, 4]))
    channels, space = x.shape[1], x.shape[2:]
    kernel = [g.rng.choice([1, 2, 3, 4]) for _ in space]
    strides = [g.rng.choice([1, 2]) for _ in space]
    pads = [g.rng.choice([0, 0, 1]) for _ in space]
    for n, k, s, p in zip(space, kernel, strides, pads, strict=True):
        if (n - 1) * s + k - 2 * p < 1:
            raise UnsuitableError
    groups = g.rng.choice([1, 1, channels])
    w = g.parameter(x.dtype, [channels, g.rng.choice([1, 2, 4]), *kernel])
    more = [s - 1 if g.maybe(0.4) else 0 for s in strides]
    return g.one(
        "ConvTranspose", x, w, group=groups, strides=strides, pads=[*pads, *pads],
        output_padding=more, kernel_shape=kernel,
    )  # fmt: skip


def grow_pool(op: str) -> Grow:
    def grow(g: GraphBuilder) -> object:
        x = _image(g, SINGLE if op == "MaxPool" else ["float32"])
        options = _windows(g, x.shape[2:])
        if op == "MaxPool":  # the reference takes unequal pads in another order
            options["pads"] = [min(options["pads"])] * len(options["pads"])
        kernel, pads = options["kernel_shape"], options["pads"]
        if any(p >= k for p, k in zip(pads, kernel * 2, strict=True)):
            raise UnsuitableError
        if op == "AveragePool":
            options["count_include_pad"] = g.rng.choice([0, 1])
        if op == "LpPool":
            options["p"] = g.rng.choice([1, 2])
        return g.one(op, x, **options)

    return grow


def grow_global_pool(op: str) -> Grow:
    # The reference takes the maximum over the last two axes, whatever the rank.
    return lambda g: g.one(op, _image(g, rank=4))


def _batch_norm(g: GraphBuilder, x: Value) -> Value:
    channels = x.shape[1]
    scale = g.parameter(x.dtype, [channels])
    bias, mean = (g.parameter(x.dtype, [channels]) for _ in range(2))
    variance = g.parameter(x.dtype, [channels], offset=0.4)
    return g.one("BatchNormalization", x, scale, bias, mean, variance)


def grow_batch_norm(g: GraphBuilder) -> object:
    return _batch_norm(g, g.pick(SINGLE, range(2, 6), filled))


def grow_layer_norm(g: GraphBuilder) -> object:
    x = g.pick(SINGLE, RANKED, filled)
    axis = axis_of(g, x)
    shape = x.shape[axis % x.rank :]
    b = [g.parameter(x.dtype, shape)] if g.maybe(0.7) else []
    scale = g.parameter(x.dtype, shape)
    y, *_ = g.add("LayerNormalization", [x, scale, *b], axis=axis, epsilon=0.01)
    return y


def grow_rms_norm(g: GraphBuilder) -> object:
    x = g.pick(SINGLE, RANKED, filled)
    axis = axis_of(g, x)
    scale = g.parameter(x.dtype, x.shape[axis % x.rank :])
    return g.one("RMSNormalization", x, scale, axis=axis, epsilon=0.01)


def grow_instance_norm(g: GraphBuilder) -> object:
    x = _image(g)
    scale, bias = (g.parameter(x.dtype, [x.shape[1]]) for _ in range(2))
    return g.one("InstanceNormalization", x, scale, bias, epsilon=0.01)


def grow_group_norm(g: GraphBuilder) -> object:
    x = _image(g)
    channels = x.shape[1]
    groups = g.rng.choice([d for d in range(1, channels + 1) if channels % d == 0])
    scale, bias = (g.parameter(x.dtype, [channels]) for _ in range(2))
    return g.one("GroupNormalization", x, scale, bias, num_groups=groups, epsilon=0.01)


def grow_lp_norm(g: GraphBuilder) -> object:
    x, p = g.pick(SINGLE, RANKED, filled), g.rng.choice([1, 2])
    if p == 1:  # the reference sums numbers, not their magnitudes
        x = g.one("Abs", x)
    return g.one("LpNormalization", x, axis=axis_of(g, x), p=p)


def grow_lrn(g: GraphBuilder) -> object:
    # The reference goes through as many channels as there are images.
    x = g.pick(["float32"], [4], lambda v: v.shape[0] == v.shape[1] and filled(v))
    return g.one("LRN", x, size=g.rng.choice([1, 3, 5]), alpha=0.1)


def grow_mean_variance(g: GraphBuilder) -> object:
    x = _image(g, ["float32"], 4)
    return g.one("MeanVarianceNormalization", x, axes=[0, 2, 3])


GATES = {"LSTM": 4, "GRU": 3, "RNN": 1}


def grow_recurrent(op: str) -> Grow:
    def grow(g: GraphBuilder) -> object:
        x = g.pick(["float32"], [3], filled)
        hidden, gates = g.rng.choice([1, 3, 8]), GATES[op]
        direction = g.rng.choice(["forward", "reverse", "bidirectional"])
        d = 2 if direction == "bidirectional" else 1
        w = g.parameter(x.dtype, [d, gates * hidden, x.shape[2]])
        r = g.parameter(x.dtype, [d, gates * hidden, hidden])
        b = g.parameter(x.dtype, [d, 2 * gates * hidden]) if g.maybe(0.7) else None
        options: dict[str, Any] = (
            {"linear_before_reset": g.rng.choice([0, 1])} if op == "GRU" else {}
        )
        count = 3 if op == "LSTM" else 2
        inputs = [x, w, r] if b is None else [x, w, r, b]
        return g.add(op, inputs, count, direction=direction, hidden_size=hidden, **options)

    return grow


def _codes(g: GraphBuilder, x: Value) -> tuple[Value, Value, Value]:
    """Codes, scale and zero point of a tensor."""
    kind = g.rng.choice(["uint8", "int8"])
    size = float(np.abs(x.array).max(initial=0.01))
    scale = g.constant(np.array(max(size, 0.01) / g.rng.choice([127, 100, 64]), np.float32))
    zero = g.constant(np.array(128 if kind == "uint8" else g.rng.choice([0, 0, 3]), kind))
    return g.one("QuantizeLinear", x, scale, zero), scale, zero


def grow_quantize(g: GraphBuilder) -> object:
    return g.one("DequantizeLinear", *_codes(g, g.pick(["float32"], fits=filled)))


def grow_quantized_matmul(g: GraphBuilder) -> object:
    x = g.pick(["float32"], [2, 3], filled)
    codes, scale, zero = _codes(g, x)
    n = g.rng.choice([1, 4, 9])
    w = g.constant(g.numbers.integers(-127, 128, [x.shape[-1], n]).astype(np.int8))
    kind = g.rng.choice(["MatMulInteger", "QDQ", "QLinearMatMul"])
    if kind == "MatMulInteger":
        return g.one(kind, codes, w, zero)
    w_scale = g.constant(np.array(0.01, np.float32))
    w_zero = g.constant(np.array(0, np.int8))
    y_scale = g.constant(np.array(0.1, np.float32))
    if kind == "QDQ":
        left = g.one("DequantizeLinear", codes, scale, zero)
        right = g.one("DequantizeLinear", w, w_scale, w_zero)
        y = g.one("MatMul", left, right)
        return g.one("QuantizeLinear", y, y_scale, g.constant(np.array(0, np.int8)))
    return g.one(
        kind, codes, scale, zero, w, w_scale, w_zero, y_scale, g.constant(np.array(7, np.uint8)),
    )  # fmt: skip


def grow_dynamic_quantize(g: GraphBuilder) -> object:
    # The scale of nothing but zeros is 1 / 255 by onnx.reference and 1 by onnxruntime.
    x = g.pick(["float32"], fits=lambda value: filled(value) and bool(value.array.any()))
    return g.add("DynamicQuantizeLinear", [x], 3)


LAYERS: Mapping[str, Grow] = {
    **{op: grow_reduction(op) for op in REDUCTIONS},
    **{op: grow_arg(op) for op in ("ArgMax", "ArgMin")},
    **{op: grow_softmax(op) for op in ("Softmax", "LogSoftmax", "Hardmax")},
    **{op: grow_pool(op) for op in ("MaxPool", "AveragePool", "LpPool")},
    **{op: grow_global_pool(op) for op in ("GlobalAveragePool", "GlobalMaxPool")},
    **{op: grow_recurrent(op) for op in GATES},
    "TopK": grow_top_k,
    "CumSum": grow_cumsum,
    "MatMul": grow_matmul,
    "Gemm": grow_gemm,
    "Einsum": grow_einsum,
    "Conv": grow_conv,
    "ConvTranspose": grow_conv_transpose,
    "BatchNormalization": grow_batch_norm,
    "LayerNormalization": grow_layer_norm,
    "RMSNormalization": grow_rms_norm,
    "InstanceNormalization": grow_instance_norm,
    "GroupNormalization": grow_group_norm,
    "LpNormalization": grow_lp_norm,
    "LRN": grow_lrn,
    "MeanVarianceNormalization": grow_mean_variance,
    "DequantizeLinear": grow_quantize,
    "QLinearMatMul": grow_quantized_matmul,
    "DynamicQuantizeLinear": grow_dynamic_quantize,
}
