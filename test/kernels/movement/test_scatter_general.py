"""Scatters whose tensor, rows and number of indices are values."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from stepwell.dialects.engine.indexing import ScatterOp
from stepwell.targets.target import Target
from stepwell.test.kernels.general import Buffer, GeneralKernel, check_general, in_place
from stepwell.test.kernels.harness import MakeOp, targets

Shape = tuple[int | str, ...]


def whole(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Small whole numbers, whose sums are exact in any order."""
    return rng.integers(-9, 10, shape)


def places(shape: Shape, extent: int) -> Buffer:
    """Indices into dimensions of at least `extent` elements, some of them equal."""
    return Buffer(shape, np.int64, values=lambda rng, at: rng.integers(-extent, extent, at))


def scatter(reduction: str = "none") -> MakeOp:
    return lambda ins, outs: ScatterOp(ins[0], ins[1], ins[2], reduction, outs=outs)


def buffers(table: Shape, picked: Shape, extent: int) -> list[Buffer]:
    """Of (tensor, indices, updates)."""
    depth = picked[-1]
    assert isinstance(depth, int)
    updates = Buffer((*picked[:-1], *table[depth:]), values=whole)
    return [Buffer(table, values=whole), places(picked, extent), updates]


@pytest.mark.parametrize("target", targets(), ids=lambda t: t.name)
@pytest.mark.parametrize("reduction", ["none", "add"])
@pytest.mark.parametrize(
    ("table", "picked"),
    [
        (("V + 5", "D"), ("N", 1)),
        (("V + 5", 6, "D"), ("N", "S", 2)),
        (("V + 5", 5), ("N", 2)),
        (("V + 5", 40), ("N", 1)),
        ((12, 40), ("N", 1)),
    ],
)
def test_rows(target: Target, reduction: str, table: Shape, picked: Shape) -> None:
    operands = buffers(table, picked, 5)
    check_general(scatter(reduction), operands, [operands[0]], target=target, large=40)
    check_general(scatter(reduction), operands, [in_place(operands[0], 0)], target=target, large=20)


@pytest.mark.parametrize("alias", [None, 0])
def test_views_with_gaps(alias: int | None) -> None:
    table, indices, updates = buffers(("V + 7", "D"), ("N", 1), 7)
    table = replace(table, strides=("D + P", 1))
    updates = replace(updates, strides=("D + Q", 1))
    operands = [table, indices, updates]
    kernel = GeneralKernel(scatter(), operands, [replace(table, alias=alias)])
    for point in (
        {"V": 0, "D": 1, "N": 5, "P": 0, "Q": 3},
        {"V": 2, "D": 0, "N": 3, "P": 1, "Q": 1},
        {"V": 40, "D": 33, "N": 0, "P": 7, "Q": 0},
        {"V": 90, "D": 130, "N": 70, "P": 30, "Q": 14},
    ):
        kernel.check(point)


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int64])
@pytest.mark.parametrize("reduction", ["mul", "max", "min"])
def test_integers_are_combined(dtype: type, reduction: str) -> None:
    table, indices, updates = buffers(("V + 5", "D"), ("N", 1), 5)
    operands = [
        replace(b, dtype=dtype, values=lambda rng, at: abs(whole(rng, at)) % 2)
        for b in (table, updates)
    ]
    check_general(scatter(reduction), [operands[0], indices, operands[1]], [operands[0]], large=20)


def test_an_index_beyond_the_size_of_the_call_fails() -> None:
    operands = buffers(("V", 8), ("N", 1), 1)
    kernel = GeneralKernel(scatter(), operands, [operands[0]])
    for extent, status in ((7, 0), (6, 1), (0, 1)):
        point = {"V": extent, "N": 4}
        given, results = kernel.arguments(point)
        given[1].array[:] = np.array([[0], [6], [1], [2]])
        found, [out] = kernel.run(given, results, point)
        assert found == status
        if extent:
            np.testing.assert_array_equal(out[1], given[2].array[2])
