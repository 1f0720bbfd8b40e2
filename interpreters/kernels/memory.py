"""
Memory of the kernel interpreter: memrefs as checked windows on numpy arrays.

A memref is a `Buffer`: a flat numpy array with offset, sizes and strides in elements. Every
access is checked against the sizes, a fresh stack buffer is full of NaN.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, cast

import numpy as np
from xdsl.dialects import memref, vector
from xdsl.dialects.builtin import DYNAMIC_INDEX, MemRefType
from xdsl.interpreter import (
    Interpreter,
    InterpreterFunctions,
    PythonValues,
    impl,
    register_impls,
)
from xdsl.ir import Attribute, SSAValue
from xdsl.utils.exceptions import InterpretationError

from ...dialects.engine.weights import Array, dtype_of
from ...dialects.memref_prefetch import PrefetchOp


@dataclass(frozen=True)
class Buffer:
    """A memref: element `[i, j]` is `data[offset + i * strides[0] + j * strides[1]]`."""

    data: Array
    offset: int
    sizes: tuple[int, ...]
    strides: tuple[int, ...]

    @staticmethod
    def of(array: Array) -> Buffer:
        """An array, without copy; its strides must be whole elements and not negative."""
        size = array.itemsize
        strides = tuple(stride // size for stride in array.strides)
        if array.flags.c_contiguous:
            return Buffer(array.reshape(-1), 0, array.shape, strides)
        extent = 1 + sum((n - 1) * s for n, s in zip(array.shape, strides, strict=True))
        flat = np.lib.stride_tricks.as_strided(array, (extent,), (size,))
        return Buffer(flat, 0, array.shape, strides)

    def position(self, indices: Sequence[Any], lanes: int = 1) -> int:
        """Flat index of an element; `lanes` elements from there along the last axis must exist."""
        flat = self.offset
        last = len(self.sizes) - 1
        for axis, (index, size, stride) in enumerate(
            zip(indices, self.sizes, self.strides, strict=True)
        ):
            reach = lanes if axis == last else 1
            if index < 0 or index + reach > size:
                raise InterpretationError(
                    f"index {int(index)} (+{reach}) of axis {axis} is outside its size {size}"
                )
            flat += int(index) * stride
        if lanes > 1 and (not self.strides or self.strides[-1] != 1):
            raise InterpretationError("vector access along an axis whose stride is not 1")
        if flat < 0 or flat + lanes > self.data.size:
            raise InterpretationError(f"element {flat} is outside a buffer of {self.data.size}")
        return flat

    def array(self) -> Array:
        """The elements as a numpy view."""
        size = self.data.itemsize
        strides = tuple(stride * size for stride in self.strides)
        if not prod(self.sizes):
            return np.empty(self.sizes, self.data.dtype)
        return np.lib.stride_tricks.as_strided(self.data[self.offset :], self.sizes, strides)


def _poison(dtype: np.dtype[Any], count: int) -> Array:
    """Values that a program must not read: NaN, or the largest integer."""
    if dtype.kind == "b":
        return np.ones(count, dtype)
    if dtype.kind in "iu":
        return np.full(count, np.iinfo(dtype).max, dtype)
    return np.full(count, np.nan, dtype)


def _row_major(sizes: Sequence[int]) -> tuple[int, ...]:
    strides = [1] * len(sizes)
    for axis in range(len(sizes) - 2, -1, -1):
        strides[axis] = strides[axis + 1] * sizes[axis + 1]
    return tuple(strides)


def mixed(static: Sequence[int], dynamic: Sequence[Any]) -> list[int]:
    """The numbers of an MLIR mixed list, those known at run time filled in."""
    rest = iter(dynamic)
    return [int(next(rest)) if n == DYNAMIC_INDEX else n for n in static]


def vector_size(value: SSAValue) -> int:
    """Lanes of a vector value."""
    return cast(Any, value.type).get_shape()[0]


def element_dtype(type: Attribute) -> np.dtype[Any]:
    """The dtype of the elements of a vector or memref type."""
    return dtype_of(cast(Any, type).element_type)


@register_impls
class MemoryFunctions(InterpreterFunctions):
    """`memref`, and the ops of `vector` that touch memory."""

    @impl(memref.LoadOp)
    def load(self, _: Interpreter, op: memref.LoadOp, args: PythonValues) -> PythonValues:
        buffer: Buffer = args[0]
        return (buffer.data[buffer.position(args[1:])],)

    @impl(memref.StoreOp)
    def store(self, _: Interpreter, op: memref.StoreOp, args: PythonValues) -> PythonValues:
        buffer: Buffer = args[1]
        buffer.data[buffer.position(args[2:])] = args[0]
        return ()

    @impl(vector.LoadOp)
    def vector_load(self, _: Interpreter, op: vector.LoadOp, args: PythonValues) -> PythonValues:
        buffer: Buffer = args[0]
        lanes = vector_size(op.result)
        start = buffer.position(args[1:], lanes)
        return (buffer.data[start : start + lanes].copy(),)

    @impl(PrefetchOp)
    def prefetch(self, _: Interpreter, op: PrefetchOp, args: PythonValues) -> PythonValues:
        return ()

    @impl(vector.StoreOp)
    def vector_store(self, _: Interpreter, op: vector.StoreOp, args: PythonValues) -> PythonValues:
        value, buffer = args[0], cast(Buffer, args[1])
        start = buffer.position(args[2:], len(value))
        buffer.data[start : start + len(value)] = value
        return ()

    @impl(vector.MaskedLoadOp)
    def masked_load(
        self, _: Interpreter, op: vector.MaskedLoadOp, args: PythonValues
    ) -> PythonValues:
        buffer: Buffer = args[0]
        indices, mask, result = args[1:-2], args[-2], args[-1].copy()
        for lane in np.flatnonzero(mask):
            at = (*indices[:-1], indices[-1] + lane)
            result[lane] = buffer.data[buffer.position(at)]
        return (result,)

    @impl(vector.MaskedStoreOp)
    def masked_store(
        self, _: Interpreter, op: vector.MaskedStoreOp, args: PythonValues
    ) -> PythonValues:
        buffer: Buffer = args[0]
        indices, mask, value = args[1:-2], args[-2], args[-1]
        for lane in np.flatnonzero(mask):
            at = (*indices[:-1], indices[-1] + lane)
            buffer.data[buffer.position(at)] = value[lane]
        return ()

    @impl(memref.DimOp)
    def dim(self, _: Interpreter, op: memref.DimOp, args: PythonValues) -> PythonValues:
        buffer: Buffer = args[0]
        return (np.int64(buffer.sizes[int(args[1])]),)

    @impl(memref.CastOp)
    def cast(self, _: Interpreter, op: memref.CastOp, args: PythonValues) -> PythonValues:
        return args

    @impl(memref.AssumeAlignmentOp)
    def assume_alignment(
        self, _: Interpreter, op: memref.AssumeAlignmentOp, args: PythonValues
    ) -> PythonValues:
        return args

    @impl(memref.ViewOp)
    def view(self, _: Interpreter, op: memref.ViewOp, args: PythonValues) -> PythonValues:
        source: Buffer = args[0]
        type = op.result.type
        dtype = element_dtype(type)
        sizes = tuple(mixed(type.get_shape(), args[2:]))
        first = source.offset + int(args[1])
        length = prod(sizes) * dtype.itemsize
        if first < 0 or first + length > source.data.size:
            raise InterpretationError(
                f"bytes {first}..{first + length} are outside a buffer of {source.data.size}"
            )
        data = source.data[first : first + length].view(dtype)
        return (Buffer(data, 0, sizes, _row_major(sizes)),)

    @impl(memref.SubviewOp)
    def subview(self, _: Interpreter, op: memref.SubviewOp, args: PythonValues) -> PythonValues:
        source: Buffer = args[0]
        rest = iter(args[1:])
        dynamic = [[next(rest) for _ in group] for group in (op.offsets, op.sizes, op.strides)]
        offsets = mixed(op.static_offsets.get_values(), dynamic[0])
        sizes = mixed(op.static_sizes.get_values(), dynamic[1])
        steps = mixed(op.static_strides.get_values(), dynamic[2])
        for axis, (first, count, step) in enumerate(zip(offsets, sizes, steps, strict=True)):
            if count and (first < 0 or first + (count - 1) * step >= source.sizes[axis]):
                raise InterpretationError(
                    f"subview {first}..{first + count} of axis {axis} leaves its size "
                    f"{source.sizes[axis]}"
                )
        offset = source.offset + sum(n * s for n, s in zip(offsets, source.strides, strict=True))
        strides = [n * s for n, s in zip(steps, source.strides, strict=True)]
        kept = _kept_axes(op, sizes, strides)
        result = Buffer(
            source.data, offset, tuple(sizes[k] for k in kept), tuple(strides[k] for k in kept)
        )
        return (result,)

    @impl(memref.ReinterpretCastOp)
    def reinterpret_cast(
        self, _: Interpreter, op: memref.ReinterpretCastOp, args: PythonValues
    ) -> PythonValues:
        source: Buffer = args[0]
        own = cast(MemRefType, op.source.type).get_offset()
        rest = iter(args[1:])
        dynamic = [[next(rest) for _ in group] for group in (op.offsets, op.sizes, op.strides)]
        (offset,) = mixed(op.static_offsets.get_values(), dynamic[0])
        sizes = tuple(mixed(op.static_sizes.get_values(), dynamic[1]))
        strides = tuple(mixed(op.static_strides.get_values(), dynamic[2]))
        return (Buffer(source.data, source.offset - (own or 0) + offset, sizes, strides),)

    @impl(memref.CollapseShapeOp)
    def collapse(
        self, _: Interpreter, op: memref.CollapseShapeOp, args: PythonValues
    ) -> PythonValues:
        return (_reassociated(op.result, args[0]),)

    @impl(memref.ExpandShapeOp)
    def expand(self, _: Interpreter, op: memref.ExpandShapeOp, args: PythonValues) -> PythonValues:
        return (_reassociated(op.result, args[0]),)

    @impl(memref.AllocaOp)
    def alloca(self, _: Interpreter, op: memref.AllocaOp, args: PythonValues) -> PythonValues:
        type = op.memref.type
        sizes = tuple(mixed(type.get_shape(), args))
        data = _poison(element_dtype(type), prod(sizes))
        return (Buffer(data, 0, sizes, _row_major(sizes)),)

    @impl(memref.CopyOp)
    def copy(self, _: Interpreter, op: memref.CopyOp, args: PythonValues) -> PythonValues:
        source, target = cast(Buffer, args[0]), cast(Buffer, args[1])
        target.array()[...] = source.array()
        return ()


def _kept_axes(op: memref.SubviewOp, sizes: Sequence[int], strides: Sequence[int]) -> list[int]:
    """Axes a rank-reducing subview keeps: those whose size and stride the result type has."""
    type = op.result.type
    wanted = list(zip(type.get_shape(), type.get_strides() or (), strict=True))
    dropped = len(sizes) - len(wanted)
    kept: list[int] = []
    for axis, (size, stride) in enumerate(zip(sizes, strides, strict=True)):
        want = wanted[len(kept)] if len(kept) < len(wanted) else None
        fits = want is not None and want[0] in (size, DYNAMIC_INDEX) and want[1] in (stride, None)
        if size == 1 and dropped and not fits:
            dropped -= 1
            continue
        kept.append(axis)
    return kept


def _reassociated(result: SSAValue, source: Buffer) -> Buffer:
    type = cast(MemRefType, result.type)
    strides = type.get_strides()
    assert strides is not None
    return Buffer(
        source.data, source.offset, tuple(type.get_shape()), tuple(cast(Sequence[int], strides))
    )
