"""Parts of the work: complete, disjoint, and even enough."""

import numpy as np
import pytest
from xdsl.dialects.builtin import i64

from stepwell.interpreters.kernels.functions import run_kernels
from stepwell.kernels.builder import INDEX, Index, KernelBuilder, memref_type
from stepwell.kernels.common.chunking import (
    each_of,
    each_tile,
    even_parts,
    even_runs,
    part_range,
    tile_start,
)
from stepwell.kernels.parameters import parameter
from stepwell.kernels.template import split_evenly
from stepwell.runtime.size import evaluated
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


def test_even_parts_of_sizes() -> None:
    total, wanted = parameter(0), parameter(1)
    parts = even_parts(total, wanted)
    for pieces in range(70):
        for some in range(1, 33):
            found = evaluated(parts, {"p0": pieces, "p1": some})
            assert found == 0 if pieces == 0 else 1 <= found <= 2 * some
            assert found <= pieces


def test_runs_of_a_value_are_those_of_the_number() -> None:
    b = KernelBuilder(Target.parse("x86-64-v3"))
    counts = memref_type([6], i64)
    with b.function("k", [counts], sizes=[parameter(0)]) as (memory,):
        for size, count in even_runs(b, parameter(0), 6):
            b.store(b.cast(b.index(count), i64), memory, [size - 1])
    for extent in range(40):
        found, wanted = np.full(6, -1), np.zeros(6, np.int64)
        run_kernels(b.module, "k", [found, extent])
        for size, count in split_evenly(extent, 6):
            wanted[size - 1] = count
        np.testing.assert_array_equal(found, wanted)


@pytest.mark.parametrize("parts", [1, 3])
def test_tiles_of_a_value_cover_it(parts: int) -> None:
    b = KernelBuilder(Target.parse("x86-64-v3"))
    extent = parameter(0)
    types = [INDEX, memref_type([100], i64)]
    with b.function("k", types, sizes=[extent]) as (chunk, memory):
        runs = even_runs(b, extent, 4)
        some = part_range(b, chunk, parts, b.ceildiv(extent, 4))
        ends = [tile_start(b, runs, tile) for tile in some]

        def mark(size: int, first: Index) -> None:
            for i in range(size):
                at = [b.add(first, i)]
                b.store(b.addi(b.load(memory, at), 1), memory, at)

        each_tile(b, runs, some, lambda size: lambda first: mark(size, first))
        with b.loop(ends[0], ends[1]) as loop:
            b.store(b.addi(b.load(memory, [loop.index]), 1), memory, [loop.index])
    for size in (0, 1, 3, 4, 5, 9, 17, 32):
        counts = np.zeros(100, np.int64)
        for chunk in range(parts):
            run_kernels(b.module, "k", [chunk, counts, size])
        assert (counts[:size] == 2).all()
        assert (counts[size:] == 0).all()
