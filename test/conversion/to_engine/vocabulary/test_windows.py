"""Padding that is worked out."""

from __future__ import annotations

import pytest

from stepwell.conversion.to_engine.vocabulary.windows import (
    Window,
    same_pads,
    split_pads,
    unpadded_extents,
)
from stepwell.runtime.size import numbers_of


@pytest.mark.parametrize("extent", range(1, 12))
@pytest.mark.parametrize("kernel", [1, 2, 3, 5])
@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("dilation", [1, 2])
def test_same_pads_give_the_extent_divided_by_the_stride(
    extent: int, kernel: int, stride: int, dilation: int
):
    before, behind = numbers_of(same_pads([extent], [kernel], [stride], [dilation]))
    reach = (kernel - 1) * dilation + 1
    wanted = -(-extent // stride)
    assert before <= behind <= before + 1
    # Where there is padding, none of it is too much; else a window may end early.
    steps = (extent + before + behind - reach) // stride + 1
    assert steps == wanted
    if before + behind:
        assert (wanted - 1) * stride + reach == extent + before + behind
    assert same_pads([extent], [kernel], [stride], [dilation], more_before=True) == (behind, before)


def test_pads_are_all_begins_and_then_all_ends():
    assert split_pads([3, 4, 0]) == (1, 2, 0, 2, 2, 0)
    assert split_pads([3, 4, 0], more_before=True) == (2, 2, 0, 1, 2, 0)


def test_extents_of_a_transposed_convolution_before_its_pads_are_cut_off():
    window = Window((3, 2), (2, 1), (0, 0, 0, 0), (1, 3))
    assert unpadded_extents([5, 4], window, [1, 0]) == [2 * 4 + 3 + 1, 3 + 4]
