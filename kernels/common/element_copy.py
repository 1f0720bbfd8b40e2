"""Copies one element at a time: what no box of strided axes describes."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from math import prod

from xdsl.ir import Attribute, SSAValue

from ...dialects.engine.base import layout_of, shape_of
from ...runtime.format_tag import FormatTag
from ..builder import Index, KernelBuilder
from .copy_boxes import Run


def physical_position(b: KernelBuilder, tag: FormatTag, position: Sequence[Index]) -> list[Index]:
    """Indices of the physical dimensions for indices of the logical ones."""
    blocks = tag.blocked
    found = [b.floordiv(position[d], blocks.get(d, 1)) for d in tag.outer]
    for at, (dim, block) in enumerate(tag.inner):
        below = prod(size for d, size in tag.inner[at + 1 :] if d == dim)
        found.append(b.mod(b.floordiv(position[dim], below), block))
    return found


def copy_elements(
    b: KernelBuilder,
    source: tuple[Attribute, SSAValue],
    target: tuple[Attribute, SSAValue],
    runs: Sequence[Sequence[Run]],
    part: tuple[SSAValue, int],
    permutation: Sequence[int] | None = None,
) -> None:
    """
    Copy runs (of each dimension of the target) between (type, memref) pairs.

    `part` is (chunk, chunks); dimension i of the target is `permutation[i]` of the source, whose
    dimensions are right-aligned with the target's otherwise.
    """
    (read, from_), (write, to) = source, target
    rank, own = len(shape_of(write)), len(shape_of(read))
    chunk, chunks = part
    for choice in product(*runs):
        counts = [run.count for run in choice]
        units = prod(counts)
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
    part: tuple[SSAValue, int],
) -> None:
    """Copy in row-major order between (type, memref) pairs of any shapes and layouts."""
    (read, from_), (write, to) = source, target
    chunk, chunks = part
    units = prod(shape_of(write))
    first = b.floordiv(b.mul(chunk, units), chunks)
    last = b.floordiv(b.mul(b.add(chunk, 1), units), chunks)
    with b.loop(first, last) as loop:
        sources = b.unflatten(loop.index, shape_of(read)) if shape_of(read) else ()
        targets = b.unflatten(loop.index, shape_of(write)) if shape_of(write) else ()
        value = b.load(from_, physical_position(b, layout_of(read), sources))
        b.store(value, to, physical_position(b, layout_of(write), targets))
