"""Positions of any number, in vectors and in chunks, with gaps; sizes one by one."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from xdsl.ir import SSAValue

from stepwell.dialects.engine import IotaOp, SizeValuesOp
from stepwell.runtime.size_text import parse_size
from stepwell.targets.target import Target
from stepwell.test.kernels.general import Buffer, check_general
from stepwell.test.kernels.harness import (
    build_kernel,
    check_kernel,
    interpret_kernel,
    run_kernel,
    targets,
)
from stepwell.test.kernels.memory import Result

TARGETS = pytest.mark.parametrize("target", targets(), ids=lambda t: t.name)


def iota(_: list[SSAValue], outs: list[SSAValue]) -> IotaOp:
    return IotaOp(0, outs=outs)


@settings(max_examples=20, deadline=None)
@given(
    count=st.integers(0, 70),
    dtype=st.sampled_from([np.int32, np.int64]),
    stride=st.sampled_from([None, None, (3,)]),
)
@TARGETS
def test_positions(target: Target, count: int, dtype: type, stride: tuple[int] | None) -> None:
    results = [Result((count,), dtype, strides=stride)]
    check_kernel(iota, [], results, target)
    check_kernel(iota, [], results, target, run=interpret_kernel)
    [found] = run_kernel(iota, [], results, target)
    np.testing.assert_array_equal(found, np.arange(count))


@TARGETS
def test_positions_in_chunks(target: Target) -> None:
    """Chunks start between vectors."""
    count = 3_000_001
    _, kernel = build_kernel(iota, [], [Result((count,), np.int64)], target)
    assert kernel.chunks > 1
    [found] = run_kernel(iota, [], [Result((count,), np.int64)], target)
    np.testing.assert_array_equal(found, np.arange(count))


@pytest.mark.parametrize("sizes", [(), (7,), (0, -1, 1 << 40)])
def test_size_values(sizes: tuple[int, ...]) -> None:
    def make(_: list[SSAValue], outs: list[SSAValue]) -> SizeValuesOp:
        return SizeValuesOp(sizes, outs=outs)

    for strides in (None, (2,)):
        [found] = run_kernel(make, [], [Result((len(sizes),), np.int64, strides=strides)])
        assert found.tolist() == list(sizes)


@pytest.mark.parametrize("strides", [None, (3,), ("P + 1",)])
@pytest.mark.parametrize("dtype", [np.int32, np.int64])
def test_positions_of_any_number(dtype: type, strides: tuple[int | str] | None) -> None:
    check_general(iota, [], [Buffer(("S",), dtype, strides=strides)])


def test_values_of_any_sizes() -> None:
    sizes = [parse_size(text) for text in ("N", "4", "S + 1", "N * S", "S floordiv 2")]

    def make(_: list[SSAValue], outs: list[SSAValue]) -> SizeValuesOp:
        return SizeValuesOp(sizes, outs=outs)

    check_general(make, [], [Buffer((5,), np.int64)])
