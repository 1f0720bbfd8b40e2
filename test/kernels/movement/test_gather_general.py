"""Gathers from tables and by indices whose sizes are values."""

from __future__ import annotations

import numpy as np
import pytest

from stepwell.dialects.engine import GatherOp
from stepwell.test.kernels.general import Buffer, GeneralKernel, check_general

Shape = tuple[int | str, ...]


def indices(shape: Shape, extent: int) -> Buffer:
    """Of a dimension of at least `extent` elements."""
    return Buffer(shape, np.int64, values=lambda rng, at: rng.integers(-extent, extent, at))


@pytest.mark.parametrize(
    ("table", "picked", "axis", "out"),
    [
        ((50, 72), ("N", "S"), 0, ("N", "S", 72)),
        ((50, "D"), ("N",), 0, ("N", "D")),
        (("N", 50, "S"), ("K",), 1, ("N", "K", "S")),
        (("N", "S", 50), (), 2, ("N", "S")),
    ],
)
def test_rows(table: Shape, picked: Shape, axis: int, out: Shape) -> None:
    kernel = check_general(
        lambda ins, outs: GatherOp(ins[0], ins[1], axis, outs=outs),
        [Buffer(table), indices(picked, 50)],
        [Buffer(out)],
        large=40,
    )
    assert kernel.kernel.may_fail


def test_a_table_of_open_length_with_gaps() -> None:
    kernel = GeneralKernel(
        lambda ins, outs: GatherOp(ins[0], ins[1], 0, outs=outs),
        [Buffer(("V", 33), strides=("P + 40", 1)), indices(("N",), 7)],
        [Buffer(("N", 33))],
    )
    for point in ({"V": 7, "N": 5, "P": 0}, {"V": 9, "N": 0, "P": 3}, {"V": 40, "N": 70, "P": 24}):
        kernel.check(point)


def test_an_index_beyond_the_size_of_the_call_fails() -> None:
    kernel = GeneralKernel(
        lambda ins, outs: GatherOp(ins[0], ins[1], 0, outs=outs),
        [Buffer(("V", 8)), indices(("N",), 7)],
        [Buffer(("N", 8))],
    )
    for extent, status in ((7, 0), (6, 1)):
        operands, results = kernel.arguments({"V": extent, "N": 4})
        operands[1].array[:] = [0, 6, 1, 2]
        found, _ = kernel.run(operands, results, {"V": extent, "N": 4})
        assert found == status
