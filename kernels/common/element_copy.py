"""Copies one element at a time: what no box of strided axes describes."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from math import prod

from xdsl.ir import Attribute, SSAValue

from ...dialects.engine.base import (
    extents_of,
    layout_of,
    physical_extents_of,
    rank_of,
    stride_extents_of,
)
from ...runtime.format_tag import FormatTag
from ...runtime.size import Extent, product_of
from ..builder import Index, KernelBuilder
from ..parameters import is_open
from .copy_boxes import Run


def physical_position(b: KernelBuilder, tag: FormatTag, position: Sequence[Index]) -> list[Index]:
    """Indices of the physical dimensions for indices of the logical ones."""
    blocks = tag.blocked
    found = [b.floordiv(position[d], blocks.get(d, 1)) for d in tag.outer]
    for at, (dim, block) in enumerate(tag.inner):
        below = prod(size for d, size in tag.inner[at + 1 :] if d == dim)
        found.append(b.mod(b.floordiv(position[dim], below), block))
    return found


def physical_view(b: KernelBuilder, type_: SSAValue | Attribute, memory: SSAValue) -> SSAValue:
    """The memory of a planned value along its physical dimensions, where it came as flat memory."""
    if not is_open(type_):
        return memory
    return b.reshape(memory, physical_extents_of(type_), stride_extents_of(type_))


def copy_elements(
    b: KernelBuilder,
    source: tuple[Attribute, SSAValue],
    target: tuple[Attribute, SSAValue],
    runs: Sequence[Sequence[Run]],
    part: tuple[SSAValue, Extent],
    permutation: Sequence[int] | None = None,
) -> None:
    """
    Copy runs (of each dimension of the target) between (type, memref) pairs.

    `part` is (chunk, chunks); dimension i of the target is `permutation[i]` of the source, whose
    dimensions are right-aligned with the target's otherwise.
    """
    (read, from_), (write, to) = source, target
    from_, to = physical_view(b, read, from_), physical_view(b, write, to)
    rank, own = rank_of(write), rank_of(read)
    chunk, chunks = part
    for choice in product(*runs):
        counts = [run.count for run in choice]
        units = product_of(counts)
        first = b.floordiv(b.mul(chunk, units), chunks)
        last = b.floordiv(b.mul(b.add(chunk, 1), units), chunks)
        with b.loop(first, last) as loop:
            at = b.unflatten(loop.index, counts) if rank else ()
            targets = [b.add(i, run.target) for i, run in zip(at, choice, strict=True)]
            sources = [
                b.add(b.mul(i, run.step), run.source) for i, run in zip(at, choice, strict=True)
            ]
            if permutation is not None:
                sources = [sources[list(permutation).index(d)] for d in range(own)]
            value = b.load(from_, physical_position(b, layout_of(read), sources[rank - own :]))
            b.store(value, to, physical_position(b, layout_of(write), targets))


def reshape_elements(
    b: KernelBuilder,
    source: tuple[Attribute, SSAValue],
    target: tuple[Attribute, SSAValue],
    part: tuple[SSAValue, Extent],
) -> None:
    """Copy in row-major order between (type, memref) pairs of any shapes and layouts."""
    (read, from_), (write, to) = source, target
    from_, to = physical_view(b, read, from_), physical_view(b, write, to)
    chunk, chunks = part
    units = product_of(extents_of(write))
    first = b.floordiv(b.mul(chunk, units), chunks)
    last = b.floordiv(b.mul(b.add(chunk, 1), units), chunks)
    with b.loop(first, last) as loop:
        sources = b.unflatten(loop.index, extents_of(read)) if rank_of(read) else ()
        targets = b.unflatten(loop.index, extents_of(write)) if rank_of(write) else ()
        value = b.load(from_, physical_position(b, layout_of(read), sources))
        b.store(value, to, physical_position(b, layout_of(write), targets))
