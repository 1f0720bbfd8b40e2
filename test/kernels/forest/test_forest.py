"""Walks through forests against their meaning, bit for bit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stepwell.dialects.engine import TreeEnsembleOp
from stepwell.runtime.size import numbers_of
from stepwell.targets.target import Target
from stepwell.test.kernels.forest.random_forest import arrays_of, random_forest, rows_of
from stepwell.test.kernels.harness import build_kernel, check_kernel, interpret_kernel, run_kernel
from stepwell.test.kernels.memory import Array, Operand, Result, wider_strides


def check(
    rows: int,
    columns: int,
    trees: int,
    targets: int,
    aggregate: str = "sum",
    dtype: Any = np.float32,
    strided: bool = False,
    **options: Any,
) -> None:
    run = {"run": options.pop("run")} if "run" in options else {}
    forest = random_forest(trees, columns, targets, dtype=dtype, **options)
    x = rows_of(rows, columns, dtype)
    shape = (rows, targets)
    strides = wider_strides(shape, None, [1, 3]) if strided else None
    given_strides = wider_strides(x.shape, None, [2, 5]) if strided else None
    check_kernel(
        lambda i, o: TreeEnsembleOp(i[0], i[1:], targets, aggregate, outs=o),
        [
            Operand(x, strides=given_strides),
            *(Operand(a, constant=True) for a in arrays_of(forest)),
        ],
        [Result(shape, dtype, strides=strides)],
        tolerance=0,
        **run,
    )


@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_forests(data: Any):
    targets = data.draw(st.sampled_from([1, 2, 3, 10, 17, 40]))
    check(
        data.draw(st.sampled_from([1, 2, 7, 8, 9, 16, 43])),
        data.draw(st.sampled_from([1, 3, 30])),
        data.draw(st.sampled_from([1, 2, 7, 8, 9, 24])),
        targets,
        data.draw(st.sampled_from(TreeEnsembleOp.KINDS)),
        data.draw(st.sampled_from([np.float32, np.float64])),
        data.draw(st.booleans()),
        width=data.draw(st.sampled_from([n for n in (1, 2, targets) if n <= targets])),
        depth=data.draw(st.sampled_from([0, 1, 6])),
    )


@pytest.mark.parametrize(("rows", "trees"), [(0, 5), (3, 0), (9, 0)])
def test_nothing_to_walk(rows: int, trees: int):
    check(rows, 4, trees, 2)


@pytest.mark.parametrize(("rows", "trees"), [(1, 9), (10, 3)])
def test_every_index_is_within(rows: int, trees: int):
    check(rows, 4, trees, 3, run=interpret_kernel)


def test_many_blocks_and_chunks():
    check(1000, 200, 60, 3, depth=9)


@pytest.mark.parametrize("targets", [1, 3])
def test_a_forest_beyond_the_caches_has_more_walks(targets: int):
    check(75, 6, 127, targets, depth=12)


def computed(x: Array, target: Target) -> Array:
    forest = random_forest(20, x.shape[1], 3, depth=8)
    [y] = run_kernel(
        lambda i, o: TreeEnsembleOp(i[0], i[1:], 3, outs=o),
        [Operand(x), *(Operand(a, constant=True) for a in arrays_of(forest))],
        [Result((len(x), 3))],
        target,
    )
    return y


def test_a_row_has_the_same_result_in_every_batch_and_on_every_processor():
    x = rows_of(37, 5)
    wanted = computed(x, Target.parse("native"))
    for name in ("x86-64-v2", "x86-64-v3"):
        assert np.array_equal(computed(x, Target.parse(name)), wanted)
    for start, stop in ((0, 1), (5, 12), (3, 37)):
        assert np.array_equal(computed(x[start:stop], Target.parse("native")), wanted[start:stop])


def chunks_of(rows: int, trees: int, depth: int) -> int:
    forest = random_forest(trees, 4, 1, depth=depth)
    _, kernel = build_kernel(
        lambda i, o: TreeEnsembleOp(i[0], i[1:], 1, outs=o),
        [Operand(rows_of(rows, 4)), *(Operand(a, constant=True) for a in arrays_of(forest))],
        [Result((rows, 1))],
        Target.parse("x86-64-v4"),
    )
    [chunks] = numbers_of([kernel.chunks])
    return chunks


def test_each_chunk_reads_the_forest_so_large_forests_have_few():
    assert chunks_of(1, 500, 8) == 1
    assert chunks_of(2048, 40, 4) > 16
    assert 8 < chunks_of(2048, 150, 10) <= 32
    assert 8 < chunks_of(2048, 400, 13) <= 16
