"""
What `engine.matmul`, `engine.conv` and `engine.conv_transpose` compute.

Sums are accumulated in f32 for floats of up to 32 bits, or in f64 within `accumulating_in_f64`;
integers wrap in the accumulator's width. Codes of eight bits are summed up in f64, which is
exact, and cut to the accumulator's width at the end.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import product
from typing import Any

import numpy as np

from ...dialects.engine.contraction import (
    ContractionOp,
    ConvOp,
    ConvTransposeOp,
    MatmulOp,
    window_extent,
)
from ...dialects.engine.weights import Array, dtype_of
from .scalar import run_scalar_region

_IN_F64 = ContextVar("accumulate_in_f64", default=False)


@contextmanager
def accumulating_in_f64() -> Generator[None]:
    """Within it, sums of floats accumulate in f64: a reference for the reference."""
    token = _IN_F64.set(True)
    try:
        yield
    finally:
        _IN_F64.reset(token)


def accumulator_dtype(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """The dtype that sums of numbers of `dtype` are accumulated in."""
    if dtype.kind in "iub":
        return dtype
    if _IN_F64.get() or dtype == np.float64:
        return np.dtype(np.float64)
    return np.dtype(np.float32)


def _sums_in(op: ContractionOp) -> np.dtype[Any]:
    """The dtype that the products of a contraction are summed up in."""
    if op.sums_codes:
        return np.dtype(np.float64)
    return accumulator_dtype(dtype_of(op.accumulator_element()))


def finish(op: ContractionOp, sums: Array, epilogue_operands: Sequence[Array]) -> tuple[Array, ...]:
    """Round the accumulator to its element type and run the epilogue."""
    if op.sums_codes:
        sums = sums.astype(np.int64)
    accumulator = sums.astype(dtype_of(op.accumulator_element()), copy=False)
    region = op.epilogue_region
    if region is None:
        return (accumulator,)
    [result] = run_scalar_region(region, [accumulator, *epilogue_operands], op.inferred_elements())
    return (np.broadcast_to(result, accumulator.shape),)


def matmul(op: MatmulOp, lhs: Array, rhs: Array, *epilogue_operands: Array) -> tuple[Array, ...]:
    """`[..., M, K] x [..., K, N] -> [..., M, N]`."""
    dtype = _sums_in(op)
    left = np.swapaxes(lhs, -1, -2) if op.trans_lhs is not None else lhs
    right = np.swapaxes(rhs, -1, -2) if op.trans_rhs is not None else rhs
    with np.errstate(all="ignore"):
        # Row-major: numpy multiplies what lies otherwise by other code, which rounds differently,
        # and what a value is must not depend on how it came about.
        sums = np.matmul(*(np.ascontiguousarray(side, dtype) for side in (left, right)))
    return finish(op, sums, epilogue_operands)


def _taps(kernel: Sequence[int]) -> Iterator[tuple[int, ...]]:
    return product(*(range(k) for k in kernel))


def _by_tap(w: Array, groups: int) -> Array:
    """Weights `[A, B, kernel...]` as `[kernel..., groups, A / groups, B]`, contiguous matrices."""
    grouped = w.reshape(groups, w.shape[0] // groups, *w.shape[1:])
    order = [*range(3, grouped.ndim), 0, 1, 2]
    return np.ascontiguousarray(grouped.transpose(order))


def _window(
    tap: Sequence[int], strides: Sequence[int], dilations: Sequence[int], extents: Sequence[int]
) -> tuple[slice, ...]:
    """The elements of the padded input that one kernel tap meets, for all output positions."""
    return tuple(
        slice(t * d, t * d + (n - 1) * s + 1, s) if n > 0 else slice(0, 0)
        for t, s, d, n in zip(tap, strides, dilations, extents, strict=True)
    )


def conv(op: ConvOp, x: Array, w: Array, *epilogue_operands: Array) -> tuple[Array, ...]:
    """
    One matrix product per kernel tap:
    `y[n, g, o, p] += w[g, o, c, tap] . x[n, g, c, p * stride + tap * dilation - pad]`.
    """
    dtype = _sums_in(op)
    rank, groups = op.spatial_rank, op.group_count
    batch, channels = x.shape[0], w.shape[0]
    pads, kernel = op.window("pads"), op.kernel
    strides, dilations = op.window("strides"), op.window("dilations")
    extents = [
        window_extent(n, kernel[i], strides[i], dilations[i], pads[i], pads[rank + i])
        for i, n in enumerate(map(int, x.shape[2:]))
    ]
    amounts = [(0, 0), (0, 0), *((pads[i], pads[rank + i]) for i in range(rank))]
    padded = _padded(x.astype(dtype, copy=False), amounts)
    taps = _by_tap(w.astype(dtype, copy=False), groups)
    sums = np.zeros((batch, groups, channels // groups, int(np.prod(extents))), dtype)
    with np.errstate(all="ignore"):
        for tap in _taps(kernel):
            window = _window(tap, strides, dilations, extents)
            part = padded[(slice(None), slice(None), *window)]
            columns = part.reshape(batch, groups, w.shape[1], sums.shape[-1])
            _accumulate(sums, taps[tap], columns)
    return finish(op, sums.reshape(batch, channels, *extents), epilogue_operands)


def _accumulate(sums: Array, weight: Array, columns: Array) -> None:
    if weight.shape[-1] == 1:
        # Depthwise: a matrix product over one channel is an outer product.
        sums += weight * columns
    else:
        sums += np.matmul(weight, columns)


def _padded(x: Array, amounts: Sequence[tuple[int, int]]) -> Array:
    """Zero padding; negative amounts crop."""
    x = np.pad(x, [(max(a, 0), max(b, 0)) for a, b in amounts])
    crop = tuple(slice(max(-a, 0), x.shape[i] - max(-b, 0)) for i, (a, b) in enumerate(amounts))
    return x[crop]


def conv_transpose(
    op: ConvTransposeOp, x: Array, w: Array, *epilogue_operands: Array
) -> tuple[Array, ...]:
    """
    One matrix product per kernel tap:
    `y[n, g, o, p * stride + tap * dilation - pad] += w[g, c, o, tap] . x[n, g, c, p]`.
    """
    dtype = _sums_in(op)
    rank, groups = op.spatial_rank, op.group_count
    batch, channels, *extents = x.shape
    strides, pads = op.window("strides"), op.window("pads")
    dilations, extra, kernel = op.window("dilations"), op.window("output_padding"), op.kernel
    full = [
        max((extents[i] - 1) * strides[i] + (kernel[i] - 1) * dilations[i] + 1 + extra[i], 0)
        for i in range(rank)
    ]
    columns = x.astype(dtype, copy=False).reshape(
        batch, groups, channels // groups, int(np.prod(extents))
    )
    taps = _by_tap(w.astype(dtype, copy=False), groups)
    sums = np.zeros((batch, groups * w.shape[1], *full), dtype)
    with np.errstate(all="ignore"):
        for tap in _taps(kernel):
            part = np.matmul(np.swapaxes(taps[tap], -1, -2), columns)
            window = _window(tap, strides, dilations, extents)
            sums[(slice(None), slice(None), *window)] += part.reshape(
                sums.shape[:2] + tuple(extents)
            )
    amounts = [(0, 0), (0, 0), *((-pads[i], -pads[rank + i]) for i in range(rank))]
    return finish(op, _padded(sums, amounts), epilogue_operands)
