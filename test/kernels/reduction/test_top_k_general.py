"""The best elements of rows whose number and length are values."""

from __future__ import annotations

import numpy as np
import pytest
from xdsl.ir import SSAValue

from stepwell.dialects.engine import TopKOp
from stepwell.runtime.size import named
from stepwell.targets.target import Target
from stepwell.test.kernels.general import Buffer, GeneralKernel, check_general
from stepwell.test.kernels.harness import MakeOp, targets


def ties(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Few different numbers, so that positions decide."""
    return rng.integers(-4, 5, shape)


def best(axis: int, count: int, *, smallest: bool = False) -> MakeOp:
    return lambda ins, outs: TopKOp(ins[0], axis, count, smallest=smallest, outs=outs)


@pytest.mark.parametrize("target", targets(), ids=lambda t: t.name)
@pytest.mark.parametrize("count", [0, 1, 5])
def test_rows_of_any_length(target: Target, count: int) -> None:
    x, out = Buffer(("N", "S + 5"), values=ties), Buffer(("N", count), np.int64)
    check_general(best(1, count), [x], [out], target=target, more=[{"N": 2, "S": 700}])


@pytest.mark.parametrize("dtype", [np.float64, np.int64, np.uint8])
def test_the_smallest_along_an_axis_with_gaps(dtype: type) -> None:
    x = Buffer(("N", "S + 3", "T"), dtype, values=lambda rng, at: abs(ties(rng, at)))
    out = Buffer(("N", 3, "T"), np.int64)
    check_general(best(1, 3, smallest=True), [x], [out], large=40)
    gaps = Buffer(x.shape, dtype, strides=("(S + 3) * (T + P)", "T + P", 1), values=x.values)
    kernel = GeneralKernel(best(1, 3), [gaps], [out])
    for point in ({"N": 2, "S": 0, "T": 9, "P": 0}, {"N": 3, "S": 40, "T": 5, "P": 11}):
        kernel.check(point)


def test_a_number_of_elements_in_many_rows() -> None:
    kernel = check_general(best(1, 8), [Buffer(("N", 100))], [Buffer(("N", 8), np.int64)])
    kernel.check({"N": 3000})


def test_all_that_there_are_sorted() -> None:
    kernel = GeneralKernel(best(0, 50), [Buffer(("S",))], [Buffer((50,), np.int64)])
    for length in (50, 51, 82, 83, 1000):
        kernel.check({"S": length})


@pytest.mark.parametrize("smallest", [False, True])
def test_a_count_that_is_a_size(smallest: bool) -> None:
    def make(ins: list[SSAValue], outs: list[SSAValue]) -> TopKOp:
        return TopKOp(ins[0], 1, named("K"), smallest=smallest, outs=outs)

    x, out = Buffer(("N", "K + S"), values=ties), Buffer(("N", "K"), np.int64)
    check_general(make, [x], [out], more=[{"N": 2, "S": 300, "K": 40}])
