"""Parts of the work: complete, disjoint, and even enough."""

import numpy as np
import pytest
from xdsl.dialects.builtin import i64

from stepwell.interpreters.kernels.functions import run_kernels
from stepwell.kernels.builder import INDEX, Index, KernelBuilder, memref_type
from stepwell.kernels.common.chunking import each_of, each_tile, even_parts, part_range, tile_start
from stepwell.kernels.template import split_evenly
from stepwell.targets.target import Target


@pytest.mark.parametrize(
    ("total", "wanted", "expected"),
    [(8, 1, 1), (1, 9, 1), (8, 5, 8), (12, 8, 12), (100, 32, 25), (64, 32, 64), (65, 32, 22)],
)
def test_even_parts(total: int, wanted: int, expected: int) -> None:
    assert even_parts(total, wanted) == expected


@pytest.mark.parametrize(("extents", "parts"), [((5,), 1), ((3, 4), 5), ((3, 4), 12), ((), 1)])
def test_each_of_visits_every_point_once(extents: tuple[int, ...], parts: int) -> None:
    b = KernelBuilder(Target.parse("x86-64-v3"))
    with (
        b.function("k", [INDEX, memref_type(extents, i64)]) as (index, memory),
        each_of(b, extents, index, parts) as point,
    ):
        b.store(b.addi(b.load(memory, point), 1), memory, point)
    counts = np.zeros(extents, np.int64)
    for chunk in range(parts):
        run_kernels(b.module, "k", [chunk, counts])
    assert (counts == 1).all()


@pytest.mark.parametrize(
    ("extent", "most", "parts"), [(13, 4, 1), (13, 4, 3), (12, 4, 3), (9, 2, 4)]
)
def test_tiles_of_parts_cover_the_extent(extent: int, most: int, parts: int) -> None:
    runs = split_evenly(extent, most)
    tiles = sum(count for _, count in runs)
    b = KernelBuilder(Target.parse("x86-64-v3"))
    types = [INDEX, memref_type([extent], i64), memref_type([2], i64)]
    with b.function("k", types) as (chunk, memory, ends):
        some = part_range(b, chunk, parts, tiles)
        for number, tile in enumerate(some):
            element = b.index(tile_start(b, runs, tile))
            b.store(b.cast(element, i64), ends, [number])

        def mark(size: int, first: Index) -> None:
            for i in range(size):
                at = [b.add(first, i)]
                b.store(b.addi(b.load(memory, at), 1), memory, at)

        each_tile(b, runs, some, lambda size: lambda first: mark(size, first))
    counts, ends = np.zeros(extent, np.int64), np.zeros(2, np.int64)
    last = 0
    for chunk in range(parts):
        run_kernels(b.module, "k", [chunk, counts, ends])
        assert ends[0] == last
        last = int(ends[1])
    assert last == extent
    assert (counts == 1).all()
