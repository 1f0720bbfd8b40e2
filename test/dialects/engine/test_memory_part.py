"""Other shapes of values that lie apart: as numpy has them."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from stepwell.dialects.engine.memory_part import canonical_strides, reshaped_strides
from stepwell.runtime.size import Size, named

SHAPES = st.sampled_from([(2, 3, 4), (6, 4), (24,), (2, 12), (1, 2, 1, 3, 4), (3, 8), (4, 2, 3, 1)])


@given(SHAPES, SHAPES, st.lists(st.integers(0, 2), min_size=5, max_size=5))
def test_as_numpy(shape: tuple[int, ...], other: tuple[int, ...], gaps: list[int]):
    wider = tuple(n + gap for n, gap in zip(shape, gaps, strict=False))
    value = np.zeros(wider, np.int8)[tuple(slice(n) for n in shape)]
    found = reshaped_strides(shape, value.strides, other)
    try:
        view = value.reshape(other, copy=False)
    except ValueError:
        assert found is None
    else:
        assert found is not None
        assert canonical_strides(other, found) == canonical_strides(other, view.strides)


def test_sizes_that_stay_are_carried():
    rows: Size = named("S")
    assert reshaped_strides((2, rows, 12), (99, 33, 1), (2, rows, 3, 4)) == (99, 33, 4, 1)
    assert reshaped_strides((2, rows, 12), (99, 33, 1), (2 * rows, 12)) is None
