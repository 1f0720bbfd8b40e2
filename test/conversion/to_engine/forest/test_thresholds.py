"""Neighbours of numbers, and sets as searches between them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stepwell.conversion.to_engine.forest.thresholds import (
    at_most,
    below,
    less_than,
    thresholds_of,
)
from stepwell.conversion.to_engine.forest.tree_nodes import Mode, TreeNodes

F32 = np.dtype(np.float32)


@given(value=st.floats(allow_nan=False), column=st.floats(width=32, allow_nan=False))
def test_thresholds_of_f64_for_columns_of_f32(value: float, column: float):
    values, x = np.array([value]), np.float32(column)
    assert bool(x <= at_most(values, F32)[0]) == (float(x) <= value)
    assert bool(x <= less_than(values, F32)[0]) == (float(x) < value)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_number_below(dtype: Any):
    found = below(np.array([1, 0, -0.0, np.inf, -np.inf, np.nan], dtype))
    least = np.finfo(dtype).smallest_subnormal
    assert found[0] < 1
    assert np.nextafter(found[0], dtype(2)) == 1
    assert found[1] == found[2] == -least
    assert found[3] == np.finfo(dtype).max
    assert np.isnan(found[4:]).all()
    assert found.dtype == dtype


def nodes_of(mode: Mode, value: float, missing: bool, members: Any = None) -> TreeNodes:
    """One question and the leaves 1, for yes, and 2."""
    return TreeNodes(
        modes=np.array([mode, Mode.LEAF, Mode.LEAF]),
        features=np.zeros(3, np.int64),
        values=np.array([value, 0, 0], np.float32),
        missing=np.array([missing, False, False]),
        yes=np.array([1, 0, 0]),
        no=np.array([2, 0, 0]),
        roots=np.array([0]),
        members={} if members is None else {0: np.array(members, np.float32)},
    )


def answer(nodes: TreeNodes, x: np.float32, *, has_nan: bool = True) -> bool:
    """Whether `x` ends in the leaf for yes."""
    tree = thresholds_of(nodes, F32, has_nan=has_nan)
    at = 0
    while not tree.leaf[at]:
        read = np.float32(-np.inf) if tree.low[at] and np.isnan(x) else x
        at = int(tree.yes[at] if read <= tree.thresholds[at] else tree.no[at])
    return at == 1


QUARTERS = st.one_of(
    st.integers(-8, 8).map(lambda n: n / 4), st.sampled_from([np.inf, -np.inf, 1e-45, -1e-45])
)


@settings(max_examples=200)
@given(
    members=st.lists(QUARTERS, max_size=9),
    x=st.one_of(QUARTERS, st.just(np.nan)),
    missing=st.booleans(),
)
def test_sets(members: list[float], x: float, missing: bool):
    value = np.float32(x)
    wanted = (missing and np.isnan(value)) or value in np.array(members, np.float32)
    assert answer(nodes_of(Mode.MEMBER, 0, missing, members), value) == wanted


def test_a_large_set_is_searched_in_few_steps():
    members = np.random.default_rng(0).permutation(1000).astype(np.float32)
    tree = thresholds_of(nodes_of(Mode.MEMBER, 0, False, members), F32, has_nan=False)
    depth, at = 0, 0
    while not tree.leaf[at]:
        at, depth = (
            int(tree.yes[at] if np.float32(500) <= tree.thresholds[at] else tree.no[at]),
            depth + 1,
        )
    assert at == 1
    assert depth <= 12


@pytest.mark.parametrize("mode", [Mode.LT, Mode.GT, Mode.GTE, Mode.EQ, Mode.NEQ])
def test_without_nan_no_column_is_read_another_way(mode: Mode):
    tree = thresholds_of(nodes_of(mode, 1, True), F32, has_nan=False)
    assert not tree.low.any()
