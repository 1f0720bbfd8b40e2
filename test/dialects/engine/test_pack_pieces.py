"""A constant packed piece by piece is the constant packed as a whole."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stepwell.runtime.format_tag import parse_format_tag

TAGS = {1: ["a", "A4a"], 2: ["ab", "ba", "Ba48b", "Ab3a", "BA2b4a"], 3: ["abc", "aBc4b", "cBA2a3b"]}


@given(st.data())
def test_pieces_make_the_whole(data: st.DataObject):
    rank = data.draw(st.integers(1, 3))
    shape = data.draw(st.tuples(*[st.integers(1, 60 if rank < 3 else 9)] * rank))
    array: Any = np.arange(np.prod(shape), dtype=np.int32).reshape(shape)
    array = array.transpose(data.draw(st.permutations(range(rank))))
    tag = parse_format_tag(data.draw(st.sampled_from(TAGS[rank])))
    size = data.draw(st.integers(1, 4000))
    whole = np.full(tag.physical_shape(array.shape), -1, np.int32)
    for where, piece in tag.pack_pieces(array, size):
        assert (whole[where] == -1).all(), "a piece covers another one"
        whole[where] = piece
    np.testing.assert_array_equal(whole, tag.pack(array))


@pytest.mark.parametrize("shape", [(), (0,), (3, 0)])
def test_what_has_no_elements_or_dimensions_is_one_piece(shape: tuple[int, ...]):
    array = np.ones(shape, np.float32)
    tag = parse_format_tag("abc"[: len(shape)])
    whole = np.zeros(tag.physical_shape(shape), np.float32)
    for where, piece in tag.pack_pieces(array, 1):
        whole[where][...] = piece
    np.testing.assert_array_equal(whole, array)


def test_pieces_are_cut_across_the_largest_steps_in_memory():
    """So that each is made of one stretch of a mapped file, of which only that is in memory."""
    stored = np.zeros((4096, 1000), np.float32)
    for where, piece in parse_format_tag("Ba48b").pack_pieces(stored.T, 1 << 20):
        low, high = np.lib.array_utils.byte_bounds(piece)
        assert isinstance(where[0], slice)
        assert high - low <= 1 << 20
