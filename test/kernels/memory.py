"""Memory for the operands and results of a kernel under test, laid out as their types say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt
from xdsl.dialects.builtin import DYNAMIC_INDEX, MemRefType, NoneAttr

from stepwell.dialects.engine.base import layout_of
from stepwell.dialects.engine.layout import LayoutAttr
from stepwell.dialects.engine.weights import element_type_of
from stepwell.runtime.format_tag import dense_strides, parse_format_tag, row_major_tag
from stepwell.runtime.size import Extent, Size

Array = npt.NDArray[Any]

GUARD = 256
"""Bytes before and after each buffer that nobody may change, filled with 0xFF (NaN)."""


@dataclass(frozen=True, eq=False)
class Operand:
    """A logical array, how it is stored, and whether it is a constant (zero padding lanes)."""

    array: Array
    layout: str | None = None
    strides: tuple[int, ...] | None = None
    constant: bool = False


@dataclass(frozen=True)
class Result:
    """Shape and storage of a result; `alias` is the operand whose memory it overwrites."""

    shape: tuple[int, ...]
    dtype: npt.DTypeLike = np.float32
    layout: str | None = None
    strides: tuple[int, ...] | None = None
    alias: int | None = None


def physical_shape(shape: Sequence[int], layout: str | None) -> tuple[int, ...]:
    """Extents of the physical dimensions."""
    return parse_format_tag(layout or row_major_tag(len(shape))).physical_shape(shape)


def wider_strides(
    shape: Sequence[int], layout: str | None, margin: Sequence[int]
) -> tuple[int, ...]:
    """Physical strides of `shape` inside a buffer that is `margin` larger in each dimension."""
    physical = physical_shape(shape, layout)
    return dense_strides([n + m for n, m in zip(physical, margin, strict=True)])


def memref_of(
    shape: Sequence[Extent],
    dtype: npt.DTypeLike,
    layout: str | None,
    strides: Sequence[Extent] | None,
) -> MemRefType:
    """The type of a planned value."""
    row_major = row_major_tag(len(shape))
    sizes = [n for n in shape if isinstance(n, Size)]
    numbers = [DYNAMIC_INDEX if isinstance(n, Size) else n for n in shape]
    plain = (layout is None or layout == row_major) and strides is None and not sizes
    attr = NoneAttr() if plain else LayoutAttr(layout or row_major, strides, sizes)
    return MemRefType(element_type_of(dtype), numbers, attr)


class Memory:
    """Bytes for one memref: a guarded buffer and the physical view into it."""

    def __init__(self, type: MemRefType, dtype: npt.DTypeLike):
        shape = layout_of(type).physical_shape(type.get_shape())
        layout = type.layout
        given = layout.physical_strides if isinstance(layout, LayoutAttr) else None
        strides = given or dense_strides(shape)
        item = np.dtype(dtype).itemsize
        last = sum((n - 1) * s for n, s in zip(shape, strides, strict=True))
        extent = (last + 1) * item if prod(shape) else 0
        raw = np.full(extent + 2 * GUARD + 64, 0xFF, np.uint8)
        start = GUARD + (-(raw.ctypes.data + GUARD) % 64)
        self.raw = raw
        self.pointer = raw.ctypes.data + start
        steps = [s * item for s in strides]
        self.view: Array = np.ndarray(shape, dtype, raw, start, steps)
        covered = np.zeros(raw.size, np.bool_)
        for byte in range(item):
            np.ndarray(shape, np.bool_, covered, start + byte, steps)[...] = True
        self.covered = covered

    def check_guards(self) -> None:
        """Nothing outside of the view was written."""
        changed = np.flatnonzero((self.raw != 0xFF) & ~self.covered)
        assert not changed.size, (
            f"wrote outside of the buffer: bytes {changed[:8]} of {self.raw.size}"
        )


def normal(rng: np.random.Generator, *shape: int) -> Array:
    """Normally distributed float32 numbers."""
    return rng.standard_normal(shape).astype(np.float32)


def bind_memory(
    operands: Sequence[Operand], results: Sequence[Result]
) -> tuple[list[Memory], list[Memory]]:
    """Operands in memory as their types say, and memory for the results."""
    sources: list[Memory] = []
    for operand in operands:
        type = memref_of(operand.array.shape, operand.array.dtype, operand.layout, operand.strides)
        memory = Memory(type, operand.array.dtype)
        floating = operand.array.dtype.kind == "f" and not operand.constant
        memory.view[...] = layout_of(type).pack(operand.array, np.nan if floating else 0)
        sources.append(memory)
    destinations: list[Memory] = []
    for result in results:
        if result.alias is not None:
            destinations.append(sources[result.alias])
        else:
            type = memref_of(result.shape, result.dtype, result.layout, result.strides)
            destinations.append(Memory(type, result.dtype))
    return sources, destinations


def logical_results(results: Sequence[Result], memories: Sequence[Memory]) -> list[Array]:
    """The results as logical arrays."""
    found: list[Array] = []
    for result, memory in zip(results, memories, strict=True):
        memory.check_guards()
        type = memref_of(result.shape, result.dtype, result.layout, result.strides)
        found.append(layout_of(type).unpack(memory.view, result.shape).copy())
    return found
