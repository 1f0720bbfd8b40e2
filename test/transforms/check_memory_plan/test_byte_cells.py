"""Sets of bytes are those of the elements, however they are stridden, and cells tell them apart."""

from __future__ import annotations

from itertools import product
from math import prod

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stepwell.errors import CompileError
from stepwell.transforms.check_memory_plan import byte_cells
from stepwell.transforms.check_memory_plan.byte_cells import ByteSet, Cells

BUFFERS = st.lists(
    st.tuples(
        st.integers(0, 40),
        st.lists(st.tuples(st.integers(0, 4), st.integers(0, 20)), max_size=3),
        st.sampled_from([1, 2, 4]),
    ),
    min_size=1,
    max_size=5,
)


def elements(start: int, dims: list[tuple[int, int]], size: int) -> list[set[int]]:
    """The bytes of each element, one by one."""
    indices = product(*(range(n) for n, _ in dims))
    firsts = [
        start + size * sum(i * s for i, (_, s) in zip(index, dims, strict=True))
        for index in indices
    ]
    return [set(range(first, first + size)) for first in firsts]


@settings(max_examples=300, deadline=None)
@given(BUFFERS)
def test_sets_are_the_bytes_of_the_elements(buffers):
    sets: list[tuple[ByteSet, set[int]]] = []
    for start, dims, size in buffers:
        shape, strides = [n for n, _ in dims], [s for _, s in dims]
        found = ByteSet.of(start, shape, strides, size)
        every = elements(start, dims, size)
        apart = sum(map(len, every)) == len(set[int]().union(*every))
        if found is None:
            # Interleaved strides may be apart and are not taken for it; dense ones always are.
            continue
        assert apart
        sets.append((found, set[int]().union(*every)))
    cells = Cells([found for found, _ in sets])
    owners = np.zeros(cells.count, np.int32)
    for found, touched in sets:
        assert found.runs * found.length == len(touched)
        if touched:
            assert (found.start, found.end) == (min(touched), max(touched) + 1)
        owners[:] = 0
        owners[cells.of(found)] = 1
        for other, others in sets:
            assert bool(owners[cells.of(other)].any()) == bool(touched & others)
            assert bool(owners[cells.of(other)].all()) == (others <= touched)


def test_strides_of_a_dense_array_are_apart_in_any_order():
    found = ByteSet.of(8, (3, 4, 5), (1, 15, 3), 4)
    assert found == ByteSet(8, 4 * prod((3, 4, 5)), ())


def test_elements_upon_each_other_are_not_a_set():
    assert ByteSet.of(0, (4, 4), (2, 1), 4) is None
    assert ByteSet.of(0, (4,), (0,), 4) is None


def test_too_many_pieces_are_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(byte_cells, "MOST_RUNS", 8)
    with pytest.raises(CompileError, match="more than 8 pieces"):
        Cells([ByteSet(0, 4, ((9, 8),))])
