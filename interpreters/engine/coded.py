"""What weights in few bits stand for, and products with them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from ...dialects.engine.coded import LEAST_LARGEST, CodedMatmulOp, DecodeOp, default_zero
from ...dialects.engine.weights import Array
from .contraction import accumulator_dtype, finish


def unpacked(codes: Array, bits: int, size: int) -> Array:
    """The first `size` codes of each row of bytes, as 32-bit integers."""
    if bits == 8:
        return codes[..., :size].astype(np.int32)
    wide = codes.view(np.uint8).astype(np.int32)
    shifts = np.arange(0, 8, bits)
    parts = (wide[..., None] >> shifts) & ((1 << bits) - 1)
    found = parts.reshape(*codes.shape[:-1], -1)[..., :size]
    if codes.dtype == np.int8:
        half = 1 << (bits - 1)
        found = (found ^ half) - half
    return found


def decode(op: DecodeOp, codes: Array, *rest: Array) -> tuple[Array, ...]:
    """`(code - zero) * scale`, in f32."""
    return (_decoded(op, codes, rest, op.row),)


def _parameters(op: DecodeOp | CodedMatmulOp, rest: Sequence[Array]) -> tuple[Array, Array | int]:
    scales = rest[0].astype(np.float32)
    zeros = rest[1].astype(np.float32) if op.zeros else default_zero(op.codes, op.width)
    return scales, zeros


def _decoded(op: DecodeOp | CodedMatmulOp, codes: Array, rest: Sequence[Array], size: int) -> Array:
    if op.width == 16:
        return codes.astype(np.float32)
    scales, zeros = _parameters(op, rest)
    numbers = unpacked(codes, op.width, size).astype(np.float32)
    with np.errstate(all="ignore"):
        if isinstance(zeros, int):
            numbers -= np.float32(zeros)
        else:
            numbers -= _spread(zeros, op.block_size, size)
        return numbers * _spread(scales, op.block_size, size)


def _spread(parameters: Array, block: int, size: int) -> Array:
    """One number of each block for each of its elements."""
    return np.repeat(parameters, block, axis=-1)[..., :size]


def coded_matmul(op: CodedMatmulOp, lhs: Array, codes: Array, *rest: Array) -> tuple[Array, ...]:
    """`[..., M, K]` times the decoded `[N, K]`, turned."""
    count = len(op.scales) + len(op.zeros)
    parameters, epilogue_operands = rest[:count], rest[count:]
    dtype = accumulator_dtype(lhs.dtype)
    with np.errstate(all="ignore"):
        if op.lhs_codes is not None and op.width == 16:
            rows = lhs.astype(codes.dtype).astype(dtype)
            right = np.ascontiguousarray(codes.astype(dtype).T)
            sums = np.matmul(np.ascontiguousarray(rows), right)
        elif op.lhs_codes is not None:
            sums = _sums_of_codes(op, lhs, codes, parameters, dtype)
        else:
            right = _decoded(op, codes, parameters, op.reduced_size)
            sums = np.matmul(np.ascontiguousarray(lhs, dtype), np.ascontiguousarray(right.T, dtype))
    return finish(op, sums, epilogue_operands)


def quantised_rows(block: Array) -> tuple[Array, Array]:
    """Rows as codes of eight bits, and their scales `[..., 1]`; NaN where a row is not finite."""
    largest = np.abs(block).max(axis=-1, keepdims=True).astype(np.float32)
    usable = (largest >= LEAST_LARGEST) & np.isfinite(largest)
    inverse = np.where(usable, np.float32(127) / np.where(usable, largest, 1), 0)
    codes = np.rint(np.where(usable, block, 0) * inverse.astype(np.float32))
    scales = np.where(
        usable, largest * np.float32(1 / 127), np.where(np.isfinite(largest), 0, np.nan)
    )
    return codes, scales.astype(np.float32)


def _sums_of_codes(
    op: CodedMatmulOp,
    lhs: Array,
    codes: Array,
    parameters: Sequence[Array],
    dtype: np.dtype[np.float32] | np.dtype[np.float64],
) -> Array:
    scales, zeros = _parameters(op, parameters)
    numbers = unpacked(codes, op.width, op.reduced_size).astype(np.float64)
    sums = np.zeros((*lhs.shape[:-1], codes.shape[0]), dtype)
    for number, part in enumerate(_blocks(op)):
        zero = zeros if isinstance(zeros, int) else zeros[:, number, None]
        rounded, own = quantised_rows(lhs[..., part])
        exact = rounded.astype(np.float64) @ (numbers[:, part] - zero).T
        sums += exact.astype(dtype) * (own * scales[:, number]).astype(dtype)
    return sums


def _blocks(op: CodedMatmulOp) -> Iterator[slice]:
    for start in range(0, op.reduced_size, op.block_size):
        yield slice(start, min(start + op.block_size, op.reduced_size))
