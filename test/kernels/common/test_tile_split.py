"""Tiles of an extent that is a value: complete, even, and of sizes there is code for."""

import numpy as np
import pytest
from xdsl.dialects.builtin import i64

from stepwell.interpreters.kernels.functions import run_kernels
from stepwell.kernels.builder import INDEX, KernelBuilder, memref_type
from stepwell.kernels.common.tile_split import EvenTiles, of_size
from stepwell.kernels.template import split_evenly
from stepwell.targets.target import Target

LARGE = 40


@pytest.mark.parametrize("most", [1, 4, 6])
def test_one_loop_over_even_tiles(most: int) -> None:
    """In each element of a tile stands how many it has: by the code for that number."""
    b = KernelBuilder(Target.parse("x86-64-v3"))
    types = [INDEX, memref_type([LARGE], i64)]
    with b.function("k", types) as (extent, memory):
        tiles = EvenTiles(b, extent, most)
        with b.loop(0, tiles.count) as loop:
            start, size = tiles.tile(loop.index)

            def mark(number: int) -> None:
                for i in range(number):
                    b.store(b.constant(number, i64), memory, [b.add(start, i)])

            of_size(b, size, range(most, 0, -1), mark)
    for extent in (*range(9), 13, LARGE):
        found = np.zeros(LARGE, np.int64)
        run_kernels(b.module, "k", [extent, found])
        expected = [n for n, count in split_evenly(extent, most) for _ in range(n * count)]
        assert found[:extent].tolist() == expected
        assert not found[extent:].any()
