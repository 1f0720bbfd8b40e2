"""Products, convolutions, transforms and solvers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...dialects.engine.weights import Array
from ...dialects.stablehlo.attributes import DotDimensionNumbersAttr
from ...dialects.stablehlo.convolution_numbers import ConvDimensionNumbersAttr
from ...dialects.stablehlo.word_attributes import WordAttribute
from ..table_functions import Call, Function
from .elementwise import wide
from .movement import pad


def accumulated(x: Array) -> Array:
    """Numbers in the type in which products are summed up."""
    return x.astype(np.int64) if x.dtype.kind in "iub" else wide(x)


def dot_general(
    a: Array, b: Array, numbers: DotDimensionNumbersAttr, dtype: np.dtype[Any]
) -> Array:
    """Sums of products over contracting dimensions, for each of the batching ones."""
    batch = [numbers.integers(f"{side}_batching_dimensions") for side in ("lhs", "rhs")]
    inner = [numbers.integers(f"{side}_contracting_dimensions") for side in ("lhs", "rhs")]
    letters = iter(range(64))
    left, right = [-1] * a.ndim, [-1] * b.ndim
    for i, j in (*zip(*batch, strict=True), *zip(*inner, strict=True)):
        left[i] = right[j] = next(letters)
    for side in (left, right):
        for at, letter in enumerate(side):
            if letter < 0:
                side[at] = next(letters)
    free = [n for at, n in enumerate(left) if at not in (*batch[0], *inner[0])]
    free += [n for at, n in enumerate(right) if at not in (*batch[1], *inner[1])]
    result = [*(left[i] for i in batch[0]), *free]
    return np.einsum(accumulated(a), left, accumulated(b), right, result).astype(dtype)


def _dot_general(call: Call) -> Array:
    numbers = call.op.properties["dot_dimension_numbers"]
    assert isinstance(numbers, DotDimensionNumbersAttr)
    a, b = call.operands
    return dot_general(a, b, numbers, call.dtype())


def _dot(call: Call) -> Array:
    a, b = call.operands
    return np.dot(accumulated(a), accumulated(b)).astype(call.dtype())


def _einsum(call: Call) -> Array:
    parts = [accumulated(x) for x in call.operands]
    return np.einsum(call.text("einsum_config"), *parts).astype(call.dtype())


def convolve(
    x: Array,
    w: Array,
    *,
    strides: Sequence[int],
    pads: Sequence[Sequence[int]],
    base: Sequence[int],
    dilations: Sequence[int],
    reversal: Sequence[bool],
    groups: int,
    batches: int,
) -> Array:
    """A convolution of `[N, C, spatial...]` by `[O, C / groups, spatial...]`."""
    rank = x.ndim - 2
    x = pad(
        x,
        np.zeros((), x.dtype),
        [0, 0, *(p[0] for p in pads)],
        [0, 0, *(p[1] for p in pads)],
        [0, 0, *(b - 1 for b in base)],
    )
    w = np.flip(w, tuple(at + 2 for at, back in enumerate(reversal) if back))
    reach = [(k - 1) * d + 1 for k, d in zip(w.shape[2:], dilations, strict=True)]
    places = [max(0, (n - r) // s + 1) for n, r, s in zip(x.shape[2:], reach, strides, strict=True)]
    count = x.shape[0] // batches
    found = np.zeros((count, w.shape[0], *places), np.result_type(x, w))
    parts = groups * batches
    filters, channels = w.shape[0] // parts, w.shape[1]
    for part in range(parts if all(places) else 0):
        rows = slice(part * count, (part + 1) * count) if batches > 1 else slice(None)
        taken = slice(part * channels, (part + 1) * channels) if groups > 1 else slice(None)
        own = slice(part * filters, (part + 1) * filters)
        for at in np.ndindex(*w.shape[2:]):
            window = (
                slice(k * d, k * d + (n - 1) * s + 1, s)
                for k, d, n, s in zip(at, dilations, places, strides, strict=True)
            )
            picked = x[(rows, taken, *window)]
            product = np.tensordot(picked, w[(own, slice(None), *at)], ([1], [1]))
            found[:, own] += np.moveaxis(product, rank + 1, 1)
    return found


def _convolution(call: Call) -> Array:
    numbers = call.op.properties["dimension_numbers"]
    assert isinstance(numbers, ConvDimensionNumbersAttr)
    x = accumulated(call.operands[0]).transpose(numbers.order("input"))
    w = accumulated(call.operands[1]).transpose(numbers.order("kernel"))
    rank = x.ndim - 2
    ones = [1] * rank
    dynamic = call.op.name == "stablehlo.dynamic_conv"
    pads = call.operands[2] if dynamic else call.attribute("padding")
    found = convolve(
        x,
        w,
        strides=call.integers("window_strides") or ones,
        pads=[[0, 0]] * rank if pads is None else np.asarray(pads).reshape(rank, 2).tolist(),
        base=call.integers("lhs_dilation") or ones,
        dilations=call.integers("rhs_dilation") or ones,
        reversal=[bool(b) for b in call.integers("window_reversal") or [0] * rank],
        groups=call.integer("feature_group_count", 1),
        batches=call.integer("batch_group_count", 1),
    )
    order = numbers.order("output")
    return found.transpose([order.index(at) for at in range(rank + 2)]).astype(call.dtype())


def _fft(call: Call) -> Array:
    x, kind = call.operands[0], call.op.properties["fft_type"]
    assert isinstance(kind, WordAttribute)
    lengths = call.integers("fft_length") or []
    axes = range(x.ndim - len(lengths), x.ndim)
    functions: dict[str, Any] = {"FFT": np.fft.fftn, "IFFT": np.fft.ifftn, "RFFT": np.fft.rfftn}
    function = functions.get(kind.word.data, np.fft.irfftn)
    return function(x, lengths, axes).astype(call.dtype())


def _swapped(x: Array) -> Array:
    return np.swapaxes(x, -1, -2)


def _cholesky(call: Call) -> Array:
    a, lower = call.operands[0], call.flag("lower")
    part = np.tril(a) if lower else np.conj(_swapped(np.triu(a)))
    whole = part + np.conj(_swapped(np.tril(part, -1)))
    found = np.full_like(whole, np.nan)
    for at in np.ndindex(*whole.shape[:-2]):
        try:
            found[at] = np.linalg.cholesky(whole[at])
        except np.linalg.LinAlgError:
            found[at] = np.where(np.tri(whole.shape[-1], dtype=bool), np.nan, 0)
    return found if lower else np.conj(_swapped(found))


def _solved(a: Array, b: Array) -> Array:
    return np.asarray(np.linalg.solve(a, b))


def _triangular_solve(call: Call) -> Array:
    a, b = call.operands
    how = call.op.properties["transpose_a"]
    assert isinstance(how, WordAttribute)
    part = np.tril(a) if call.flag("lower") else np.triu(a)
    if call.flag("unit_diagonal"):
        part = np.where(np.eye(a.shape[-1], dtype=bool), np.ones((), a.dtype), part)
    if how.word.data in ("TRANSPOSE", "ADJOINT"):
        part = _swapped(part)
    if how.word.data == "ADJOINT":
        part = np.conj(part)
    if call.flag("left_side"):
        return _solved(part, b)
    return _swapped(_solved(_swapped(part), _swapped(b)))


def _per_feature(call: Call, x: Array, value: Array) -> Array:
    axis = call.integer("feature_index")
    return value.reshape([-1 if at == axis else 1 for at in range(x.ndim)])


def _normalised(
    call: Call, x: Array, scale: Array, offset: Array, mean: Array, var: Array
) -> Array:
    own, shift, centre, spread = (_per_feature(call, x, v) for v in (scale, offset, mean, var))
    return (x - centre) / np.sqrt(spread + call.number("epsilon")) * own + shift


def _batch_norm(call: Call) -> Array:
    return _normalised(call, *(wide(v) for v in call.operands))


def _batch_norm_training(call: Call) -> list[Array]:
    x, scale, offset = (wide(v) for v in call.operands)
    axes = tuple(at for at in range(x.ndim) if at != call.integer("feature_index"))
    mean, variance = x.mean(axes), x.var(axes)
    return [_normalised(call, x, scale, offset, mean, variance), mean, variance]


def _batch_norm_grad(call: Call) -> list[Array]:
    x, scale, mean, variance, grad = (wide(v) for v in call.operands)
    axes = tuple(at for at in range(x.ndim) if at != call.integer("feature_index"))
    count = x.size // max(1, scale.size)
    own, centre, spread = (_per_feature(call, x, v) for v in (scale, mean, variance))
    deviation = np.sqrt(spread + call.number("epsilon"))
    normal = (x - centre) / deviation
    grad_offset, grad_scale = grad.sum(axes), (grad * normal).sum(axes)
    parts = [_per_feature(call, x, v) for v in (grad_offset, grad_scale)]
    found = own / deviation * (grad - parts[0] / count - normal * parts[1] / count)
    return [found, grad_scale, grad_offset]


SEMANTICS: dict[str, Function] = {
    "stablehlo.batch_norm_grad": _batch_norm_grad,
    "stablehlo.batch_norm_inference": _batch_norm,
    "stablehlo.batch_norm_training": _batch_norm_training,
    "stablehlo.cholesky": _cholesky,
    "stablehlo.convolution": _convolution,
    "stablehlo.dot": _dot,
    "stablehlo.dot_general": _dot_general,
    "stablehlo.dynamic_conv": _convolution,
    "stablehlo.einsum": _einsum,
    "stablehlo.fft": _fft,
    "stablehlo.triangular_solve": _triangular_solve,
    "stablehlo.unary_einsum": _einsum,
}
