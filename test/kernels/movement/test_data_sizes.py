"""Positions of what is not zero, and marked slices: none, some and all, of any size and type."""

import numpy as np
import numpy.typing as npt
import pytest
from ml_dtypes import bfloat16
from xdsl.ir import SSAValue

from stepwell.dialects.engine import AsSizeOp, CompressOp, NonZeroOp
from stepwell.kernels.kernel_key import kernel_key
from stepwell.targets.target import Target
from stepwell.test.kernels.found import FoundKernel
from stepwell.test.kernels.general import Buffer, open_op
from stepwell.test.kernels.harness import run_with_status
from stepwell.test.kernels.memory import Operand, Result

TARGETS = [Target.parse("x86-64-v2"), Target.parse("x86-64-v3"), Target.host()]
TYPES = [np.bool_, np.int8, np.uint16, np.int64, np.float16, bfloat16, np.float32, np.float64]
SHARES = (0.0, 0.04, 0.5, 1.0)
NAMES = ("A", "B", "C", "D")

each_target = pytest.mark.parametrize("target", TARGETS, ids=lambda t: t.name)


def nonzero(rank: int, dtype: npt.DTypeLike, target: Target) -> FoundKernel:
    results = [Buffer(("K", rank), np.int64), Buffer((1,), np.int64)]
    operand = Buffer(NAMES[:rank], dtype)
    return FoundKernel(lambda i, o: NonZeroOp(i[0], "K", outs=o), [operand], results, target)


def compress(rank: int, axis: int, dtype: npt.DTypeLike, target: Target) -> FoundKernel:
    shape = [*NAMES[:rank]]
    operands = [Buffer(tuple(shape), dtype), Buffer(("L",), np.bool_)]
    shape[axis] = "K"
    results = [Buffer(tuple(shape), dtype), Buffer((1,), np.int64)]

    def make(ins: list[SSAValue], outs: list[SSAValue]) -> CompressOp:
        return CompressOp(ins[0], ins[1], axis, "K", outs=outs)

    return FoundKernel(make, operands, results, target)


@each_target
@pytest.mark.parametrize("dtype", TYPES, ids=lambda t: np.dtype(t).name)
def test_positions(target: Target, dtype: npt.DTypeLike):
    rng = np.random.default_rng(0)
    shapes = [[(0,), (1,), (63,), (200,)], [(3, 70), (0, 4), (4, 0), (1, 1)], [(2, 3, 65)]]
    for some in shapes:
        kernel = nonzero(len(some[0]), dtype, target)
        for shape in some:
            for share in SHARES:
                x = (rng.random(shape) < share).astype(dtype)
                kernel.check([x], {"K": x.size})


@pytest.mark.parametrize("dtype", [np.float16, bfloat16, np.float32, np.float64])
def test_nan_is_found_and_a_negative_zero_is_not(dtype: npt.DTypeLike):
    x = np.array([0.0, -0.0, np.nan, 1e-7, -np.inf, 0.0], dtype)
    [rows, count] = nonzero(1, dtype, Target.host()).check([x], {"K": x.size})
    assert rows.tolist() == [[2], [3], [4]]
    assert count.tolist() == [3]


@each_target
@pytest.mark.parametrize("dtype", TYPES, ids=lambda t: np.dtype(t).name)
def test_marked_slices(target: Target, dtype: npt.DTypeLike):
    rng = np.random.default_rng(0)
    cases = {0: [(0,), (1,), (150,)]}
    check_slices(cases, 1, dtype, target, rng)
    check_slices({0: [(70, 3), (4, 0)], 1: [(3, 70), (4, 0), (0, 4)]}, 2, dtype, target, rng)
    if np.dtype(dtype).itemsize == 4:
        check_slices({1: [(3, 7, 40), (2, 1, 1)], 2: [(2, 3, 9)]}, 3, dtype, target, rng)


def check_slices(
    cases: dict[int, list[tuple[int, ...]]],
    rank: int,
    dtype: npt.DTypeLike,
    target: Target,
    rng: np.random.Generator,
) -> None:
    for axis, shapes in cases.items():
        kernel = compress(rank, axis, dtype, target)
        for shape in shapes:
            for share in SHARES:
                x = (rng.random(shape) * 100).astype(dtype)
                for length in {shape[axis], max(shape[axis] - 2, 0)}:
                    marks = rng.random(length) < share
                    kernel.check([x, marks], {"K": shape[axis]})


def test_large_slices_are_moved_in_chunks():
    x = np.random.default_rng(0).standard_normal((600, 768)).astype(np.float32)
    kernel = compress(2, 0, np.float32, Target.host())
    assert not isinstance(kernel.kernel.chunks, int)
    kernel.check([x, x[:, 0] > 0], {"K": 600})
    kernel.check([x[:0], x[:0, 0] > 0], {"K": 0})


@pytest.mark.parametrize(
    ("numbers", "status", "found"),
    [([3, 7], 0, [3, 7]), ([0, 8], 1, [0, 0]), ([-1, 2], 1, [0, 2]), ([-(1 << 63), 7], 1, [0, 7])],
)
def test_integers_as_sizes(numbers: list[int], status: int, found: list[int]):
    ran, [counts] = run_with_status(
        lambda i, o: AsSizeOp(i[0], ["K", "L"], [7, 7], outs=o),
        [Operand(np.array(numbers), strides=(3,))],
        [Result((2,), np.int64)],
    )
    assert ran == status
    assert counts.tolist() == found


def test_names_are_not_in_a_key():
    def key(name: str) -> str:
        buffers = [Buffer(("N", 4))], [Buffer((name, 2), np.int64), Buffer((1,), np.int64)]
        return kernel_key(open_op(lambda i, o: NonZeroOp(i[0], name, outs=o), *buffers))

    assert key("K") == key("L")
