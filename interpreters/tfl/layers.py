"""Convolutions, products, pools, norms and softmax."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...dialects.engine.weights import Array
from .. import sliding_windows, smooth_functions
from ..sliding_windows import Pads, same_pads
from ..table_functions import Call, Function
from .fixed_point import multiplied_wide, multiplier_of
from .numbers import (
    activated,
    activation_range,
    f32,
    finished,
    less_zero,
    operand_quantization,
    optional_real,
    place,
    real,
    result_quantization,
)


def _pads(call: Call, extents: Sequence[int], kernel: Sequence[int], strides: Sequence[int],
          dilations: Sequence[int]) -> Pads:  # fmt: skip
    if call.text("padding") == "VALID":
        return [(0, 0)] * len(kernel)
    return same_pads(extents, kernel, strides, dilations)


def windows(
    x: Array, kernel: Sequence[int], strides: Sequence[int], dilations: Sequence[int]
) -> Array:
    """`[N, out..., C, kernel...]` of a padded `[N, spatial..., C]`."""
    seen = sliding_windows.windows(np.moveaxis(x, -1, 1), kernel, strides, dilations)
    return np.moveaxis(seen, 1, 1 + len(kernel))


def _is_integer(call: Call) -> bool:
    """Whether a contraction is one of integers: both operands and the result are quantised."""
    return result_quantization(call) is not None


def _bias(call: Call, total: Array) -> Array:
    bias = call.optional("bias")
    if bias is None:
        return total
    if _is_integer(call):
        return total + bias.astype(np.int64)
    found = optional_real(call, "bias")
    return total if found is None else total + found


def _requantized(call: Call, total: Array, *, wide: bool = False) -> Array:
    """`rint(f32(total) * f32(sx * sw / sy)) + zero` of integer sums, channels last; `wide`: sums of
    16-bit operands in fixed point, as convolutions have it."""
    result = result_quantization(call)
    x, w = operand_quantization(call, "input"), operand_quantization(call, "filter")
    assert result is not None
    assert x is not None
    assert w is not None
    factor = f32(x.scale) * w.scales / f32(result.scale)
    low, high = activation_range(call.text("fused_activation_function", "NONE"), result)
    if wide and x.storage.width.data > 8:
        exact = (
            np.float64(f32(x.scale)) * w.scales.astype(np.float64) / np.float64(f32(result.scale))
        )
        shape = np.broadcast_to(exact, total.shape[-1:])
        found = [multiplied_wide(total[..., c], multiplier_of(m)) for c, m in enumerate(shape)]
        return np.clip(np.stack(found, -1) + result.zero, low, high)
    return place(total.astype(f32) * factor.astype(f32), result.zero, low, high)


def _contracted(call: Call, total: Array, *, wide: bool = True) -> Array:
    """A contraction with its bias and activation."""
    total = _bias(call, total)
    if _is_integer(call):
        return _requantized(call, total, wide=wide)
    return activated(total.astype(f32), call.text("fused_activation_function", "NONE"))


def _operands(call: Call) -> tuple[Array, Array]:
    """Input and filter: integers less their zero points, or numbers."""
    if _is_integer(call):
        x = less_zero(call.operand("input"), operand_quantization(call, "input"))
        w = less_zero(call.operand("filter"), operand_quantization(call, "filter"))
        return x, w
    return real(call, "input"), real(call, "filter")


def _strides(call: Call, volume: bool = False) -> tuple[list[int], list[int]]:
    names = ("d", "h", "w") if volume else ("h", "w")
    strides = [call.integer(f"stride_{n}") for n in names]
    return strides, [call.integer(f"dilation_{n}_factor", 1) for n in names]


def _convolved(call: Call, x: Array, w: Array, volume: bool = False) -> Array:
    """`[N, spatial..., C]` by `[O, kernel..., C / groups]`."""
    strides, dilations = _strides(call, volume)
    kernel = w.shape[1:-1]
    pads = _pads(call, x.shape[1:-1], kernel, strides, dilations)
    padded = np.pad(x, [(0, 0), *pads, (0, 0)])
    view = windows(padded, kernel, strides, dilations)
    groups = x.shape[-1] // w.shape[-1]
    rank = len(kernel)
    parts: list[Array] = []
    each_in, each_out = w.shape[-1], w.shape[0] // groups
    for g in range(groups):
        part = view[(*[slice(None)] * (rank + 1), slice(g * each_in, (g + 1) * each_in))]
        weights = np.moveaxis(w[g * each_out : (g + 1) * each_out], -1, 1)
        axes = list(range(rank + 1, 2 * rank + 2))
        parts.append(np.tensordot(part, weights, (axes, list(range(1, rank + 2)))))
    return np.concatenate(parts, -1)


def conv_2d(call: Call) -> Array:
    return _contracted(call, _convolved(call, *_operands(call)))


def conv_3d(call: Call) -> Array:
    x, w = real(call, "input"), real(call, "filter")
    return _contracted(call, _convolved(call, x, np.moveaxis(w, -1, 0), volume=True))


def depthwise_conv_2d(call: Call) -> Array:
    x, w = _operands(call)
    strides, dilations = _strides(call)
    kernel = w.shape[1:3]
    pads = _pads(call, x.shape[1:3], kernel, strides, dilations)
    view = windows(np.pad(x, [(0, 0), *pads, (0, 0)]), kernel, strides, dilations)
    multiplier = w.shape[3] // x.shape[3]
    weights = w[0].reshape(*kernel, x.shape[3], multiplier)
    total = np.einsum("nhwcij,ijcm->nhwcm", view, weights)
    return _contracted(call, total.reshape(*total.shape[:3], -1))


def _transposed(
    x: Array, w: Array, out: Sequence[int], strides: Sequence[int], padding: str
) -> Array:
    """`[N, spatial..., I]` by `[O, kernel..., I]`, scattered with the pads of the forward one."""
    kernel, extents = w.shape[1:-1], x.shape[1:-1]
    full = [(n - 1) * s + k for n, s, k in zip(extents, strides, kernel, strict=True)]
    room = [max(f, o) for f, o in zip(full, out, strict=True)]
    result = np.zeros((x.shape[0], *room, w.shape[0]), np.result_type(x, w))
    product = np.tensordot(x, w, ([x.ndim - 1], [w.ndim - 1]))
    for at in np.ndindex(*kernel):
        places = tuple(
            slice(k, k + (n - 1) * s + 1, s) for k, n, s in zip(at, extents, strides, strict=True)
        )
        part = product[(*[slice(None)] * (len(kernel) + 2), *at)]
        result[(slice(None), *places)] += part
    before = [0] * len(kernel)
    if padding == "SAME":
        before = [max(f - o, 0) // 2 for f, o in zip(full, out, strict=True)]
    cut = tuple(slice(b, b + o) for b, o in zip(before, out, strict=True))
    return result[(slice(None), *cut)]


def transpose_conv(call: Call) -> Array:
    x, w = _operands(call)
    out = call.operand("output_shape").tolist()[1:3]
    strides = [call.integer("stride_h"), call.integer("stride_w")]
    return _contracted(call, _transposed(x, w, out, strides, call.text("padding")))


def conv_3d_transpose(call: Call) -> Array:
    x, w = real(call, "input"), real(call, "filter")
    out = call.operand("output_shape").tolist()[1:4]
    strides, _ = _strides(call, volume=True)
    weights = np.moveaxis(w, 3, 0)
    return _contracted(call, _transposed(x, weights, out, strides, call.text("padding")))


def fully_connected(call: Call) -> Array:
    x, w = _operands(call)
    rows = x.reshape(-1, w.shape[1])
    total = _contracted(call, rows @ w.T, wide=False)
    if call.flag("keep_num_dims"):
        return total.reshape(*x.shape[:-1], w.shape[0])
    return total


def batch_matmul(call: Call) -> Array:
    integer = _is_integer(call)
    quantized = [operand_quantization(call, name) for name in "xy"]
    x, y = (
        less_zero(call.operand(n), kind) if integer else real(call, n)
        for n, kind in zip("xy", quantized, strict=True)
    )
    if call.flag("adj_x"):
        x = np.swapaxes(x, -1, -2)
    if call.flag("adj_y"):
        y = np.swapaxes(y, -1, -2)
    total = np.matmul(x, y)
    result, (left, right) = result_quantization(call), quantized
    if result is None or left is None or right is None:
        return total
    factor = f32(left.scale) * f32(right.scale) / f32(result.scale)
    low, high = activation_range("NONE", result)
    return place(total.astype(f32) * factor, result.zero, low, high)


def _pool(call: Call, fill: float) -> tuple[Array, Array]:
    """The windows of a pool, and how many cells of each are inside."""
    x = call.operand("input")
    kernel = [call.integer("filter_height"), call.integer("filter_width")]
    strides = [call.integer("stride_h"), call.integer("stride_w")]
    pads = _pads(call, x.shape[1:3], kernel, strides, [1, 1])
    around = [(0, 0), *pads, (0, 0)]
    x = x if call.dtype().kind == "f" else x.astype(np.int64)
    view = windows(np.pad(x, around, constant_values=fill), kernel, strides, [1, 1])
    inside = windows(
        np.pad(np.ones((1, *x.shape[1:3], 1)), [*around[:3], (0, 0)]), kernel, strides, [1, 1]
    )
    return view, inside.sum((-1, -2))


def max_pool_2d(call: Call) -> Array:
    dtype = call.operand("input").dtype
    lowest = -np.inf if dtype.kind == "f" else np.iinfo(dtype).min
    return _limited(call, _pool(call, lowest)[0].max((-1, -2)))


def _limited(call: Call, x: Array) -> Array:
    """The fused activation of what has the scale of the operand."""
    activation, quantized = (
        call.text("fused_activation_function", "NONE"),
        result_quantization(call),
    )
    if quantized is None:
        return activated(x, activation)
    return np.clip(x, *activation_range(activation, quantized))


def average_pool_2d(call: Call) -> Array:
    """Bytes: the integer mean, halves away from zero."""
    view, count = _pool(call, 0)
    total = view.sum((-1, -2))
    if result_quantization(call) is None:
        return _limited(call, (total / count).astype(f32))
    whole = count.astype(np.int64)
    # Half of the divisor, away from zero, and cut.
    moved: Array = np.abs(total) + whole // 2
    return _limited(call, np.sign(total) * (moved // whole))


def l2_pool_2d(call: Call) -> Array:
    view, count = _pool(call, 0)
    return _limited(call, np.sqrt(np.square(view).sum((-1, -2)) / count).astype(f32))


def softmax(call: Call) -> Array:
    x = real(call, "input") * f32(call.number("beta", 1.0))
    grown = np.exp((x - x.max(-1, keepdims=True)).astype(np.float64))
    return finished(call, (grown / grown.sum(-1, keepdims=True)).astype(f32))


def log_softmax(call: Call) -> Array:
    x = real(call, "input").astype(np.float64)
    return finished(call, smooth_functions.log_softmax(x, -1).astype(f32))


def rfft_2d(call: Call) -> Array:
    """The half of the spectrum that real numbers have, over the last two axes."""
    sizes = [int(n) for n in call.operand("fft_length").tolist()]
    return np.fft.rfft2(call.operand("input"), sizes).astype(np.complex64)


def l2_normalization(call: Call) -> Array:
    x = real(call, "input")
    norm = np.maximum(np.sqrt(np.square(x).sum(-1, keepdims=True)), f32(1e-6))
    return finished(call, x / norm)


def local_response_normalization(call: Call) -> Array:
    """`x / (bias + alpha * sum of squares within radius) ^ beta` along the channels."""
    x, radius = call.operand("input"), call.integer("radius")
    squares = np.pad(np.square(x), [*[(0, 0)] * (x.ndim - 1), (radius, radius)])
    width = 2 * radius + 1
    total = np.lib.stride_tricks.sliding_window_view(squares, width, axis=-1).sum(-1)
    scale = f32(call.number("bias")) + f32(call.number("alpha")) * total
    return (x * scale ** f32(-call.number("beta"))).astype(f32)


OPERATORS: dict[str, Function] = {
    "CONV_2D": conv_2d,
    "CONV_3D": conv_3d,
    "DEPTHWISE_CONV_2D": depthwise_conv_2d,
    "TRANSPOSE_CONV": transpose_conv,
    "CONV_3D_TRANSPOSE": conv_3d_transpose,
    "FULLY_CONNECTED": fully_connected,
    "BATCH_MATMUL": batch_matmul,
    "MAX_POOL_2D": max_pool_2d,
    "AVERAGE_POOL_2D": average_pool_2d,
    "L2_POOL_2D": l2_pool_2d,
    "RFFT2D": rfft_2d,
    "SOFTMAX": softmax,
    "LOG_SOFTMAX": log_softmax,
    "L2_NORMALIZATION": l2_normalization,
    "LOCAL_RESPONSE_NORMALIZATION": local_response_normalization,
}
