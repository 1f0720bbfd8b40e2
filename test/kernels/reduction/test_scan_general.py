"""Running sums and products of sizes that are values: along any axis, with gaps, in place."""

from __future__ import annotations

import numpy as np
import pytest

from stepwell.dialects.engine import ScanOp
from stepwell.targets.target import Target
from stepwell.test.kernels.general import Buffer, GeneralKernel, check_general, in_place
from stepwell.test.kernels.harness import MakeOp, targets


def whole(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Small whole numbers, whose sums are exact in any type."""
    return rng.integers(-3, 4, shape)


def scan(axis: int, kind: str = "sum", *, exclusive: bool = False, reverse: bool = False) -> MakeOp:
    return lambda ins, outs: ScanOp(
        ins[0], kind, axis, exclusive=exclusive, reverse=reverse, outs=outs
    )


@pytest.mark.parametrize("target", targets(), ids=lambda t: t.name)
@pytest.mark.parametrize("axis", [0, 1, 2])
def test_along_any_axis(target: Target, axis: int) -> None:
    x = Buffer(("N", "S", "T"), values=whole)
    check_general(scan(axis), [x], [x], target=target, large=40)


@pytest.mark.parametrize("flags", [{"exclusive": True}, {"reverse": True}])
@pytest.mark.parametrize("dtype", [np.float64, np.int64, np.int8])
def test_directions_and_elements(dtype: type, flags: dict[str, bool]) -> None:
    x = Buffer(("N", "S"), dtype, values=whole)
    for axis in (0, 1):
        check_general(scan(axis, "prod", **flags), [x], [x])


@pytest.mark.parametrize("kind", ["max", "min"])
def test_extremes_keep_a_nan(kind: str) -> None:
    def some(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
        x = rng.standard_normal(shape)
        return np.where(x > 1.5, np.nan, x)

    x = Buffer(("N", "S"), values=some)
    for axis in (0, 1):
        check_general(scan(axis, kind), [x], [x])


@pytest.mark.parametrize("neighbours", [5, 32, 40])
def test_a_number_of_neighbours(neighbours: int) -> None:
    x = Buffer(("N", "S", neighbours), values=whole)
    check_general(scan(1), [x], [x])


def test_in_place_and_in_views_with_gaps() -> None:
    x = Buffer(("N", "S", "T"), values=whole, strides=("S * (T + P)", "T + P", 1))
    points = [{"N": 3, "S": 5, "T": t, "P": p} for t, p in ((1, 0), (33, 7), (16, 16))]
    for axis in (0, 1, 2):
        kernel = GeneralKernel(scan(axis), [x], [in_place(x, 0)])
        for point in points:
            kernel.check(point)


def test_rows_beyond_whole_groups_go_one_by_one() -> None:
    kernel = GeneralKernel(scan(1), [Buffer(("N", 9), values=whole)], [Buffer(("N", 9))])
    for rows in range(10):
        kernel.check({"N": rows})


def test_many_chunks() -> None:
    x = Buffer(("N", "S"), values=whole)
    kernel = GeneralKernel(scan(0), [x], [x])
    kernel.check({"N": 300, "S": 1037})
