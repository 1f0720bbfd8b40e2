"""Walks through forests for a number of rows that is a value, bit for bit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from stepwell.dialects.engine import TreeEnsembleOp
from stepwell.targets.target import Target
from stepwell.test.kernels.forest.random_forest import arrays_of, random_forest, rows_of
from stepwell.test.kernels.general import Buffer, GeneralKernel
from stepwell.test.kernels.harness import targets
from stepwell.test.kernels.memory import Array

ROWS = (0, 1, 2, 15, 16, 17, 31, 32, 33, 130, 700)


def constant(array: Array) -> Buffer:
    return Buffer(array.shape, array.dtype, constant=array)


def kernel_of(
    trees: int,
    columns: int,
    outputs: int,
    *,
    aggregate: str = "sum",
    dtype: Any = np.float32,
    gaps: bool = False,
    target: Target | None = None,
    **options: Any,
) -> GeneralKernel:
    forest = random_forest(trees, columns, outputs, dtype=dtype, **options)
    return GeneralKernel(
        lambda i, o: TreeEnsembleOp(i[0], i[1:], outputs, aggregate, outs=o),
        [
            Buffer(
                ("N", columns),
                dtype,
                strides=("P + 40", 2) if gaps else None,
                values=lambda rng, shape: rows_of(shape[0], shape[1], dtype),
            ),
            *map(constant, arrays_of(forest)),
        ],
        [Buffer(("N", outputs), dtype, strides=("P + 9", 1) if gaps else None)],
        target,
    )


@pytest.mark.parametrize("target", targets(), ids=lambda t: t.name)
@pytest.mark.parametrize("outputs", [1, 3])
@pytest.mark.parametrize("aggregate", TreeEnsembleOp.KINDS)
def test_any_number_of_rows(target: Target, outputs: int, aggregate: str) -> None:
    kernel = kernel_of(20, 5, outputs, aggregate=aggregate, depth=5, target=target)
    for rows in ROWS:
        kernel.check({"N": rows}, 0)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_rows_with_gaps(dtype: Any) -> None:
    kernel = kernel_of(9, 7, 2, dtype=dtype, gaps=True, depth=4)
    for rows in ROWS:
        kernel.check({"N": rows, "P": rows % 5}, 0)


def test_a_forest_beyond_the_caches_in_many_chunks() -> None:
    kernel = kernel_of(127, 6, 3, depth=12)
    for rows in (1, 33, 1000):
        kernel.check({"N": rows}, 0)


def test_no_trees() -> None:
    kernel = kernel_of(0, 4, 2)
    for rows in ROWS:
        kernel.check({"N": rows}, 0)
