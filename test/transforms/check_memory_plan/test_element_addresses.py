"""Whether a value lies where elements of another do: compared with numpy, element by element."""

from __future__ import annotations

from math import prod

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from xdsl.dialects.builtin import MemRefType, f32

from stepwell.dialects.engine import LayoutAttr
from stepwell.dialects.engine.memory_part import Elements
from stepwell.runtime.format_tag import dense_strides, parse_format_tag
from stepwell.transforms.check_memory_plan.element_addresses import addresses_of, lies_as

TAGS = ("abc", "bca", "cab", "aBc4b", "Abc2a", "ABc4b2a", "abC8c")


def addresses(shape: tuple[int, ...], tag: str, strides: tuple[int, ...]) -> np.ndarray:
    """The byte address of each element, through the layout's own unpacking."""
    layout = parse_format_tag(tag)
    physical = np.zeros((), np.int64)
    for extent, stride in zip(layout.physical_shape(shape), strides, strict=True):
        physical = physical[..., None] + np.arange(extent) * stride * 4
    return layout.unpack(physical, shape)


def memref(shape: tuple[int, ...], tag: str, strides: tuple[int, ...]) -> MemRefType:
    return MemRefType(f32, shape, LayoutAttr(tag, strides))


@st.composite
def stored(draw, shape: tuple[int, ...] | None = None):
    """A type with a tag and strides with gaps, and the addresses of its elements."""
    shape = shape or tuple(draw(st.lists(st.integers(1, 9), min_size=3, max_size=3)))
    tag = draw(st.sampled_from(TAGS))
    physical = parse_format_tag(tag).physical_shape(shape)
    strides, step = [], 1
    for extent in reversed(physical):
        strides.insert(0, step)
        step *= extent
        step += draw(st.sampled_from([0, 0, 0, 3]))
    return memref(shape, tag, tuple(strides)), addresses(shape, tag, tuple(strides))


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_the_answer_is_that_of_looking_at_every_element(data: st.DataObject):
    whole_type, whole = data.draw(stored())
    shape = whole_type.get_shape()
    kind = data.draw(st.sampled_from(["transpose", "slice", "other"]))
    if kind == "transpose":
        order = data.draw(st.permutations(range(3)))
        wanted = whole.transpose(order)
        steps = tuple(dense_strides(shape)[d] for d in order)
        elements = Elements(0, steps)
    else:
        starts = [data.draw(st.integers(0, n - 1)) for n in shape]
        by = [data.draw(st.integers(1, 2)) for _ in shape]
        wanted = whole[tuple(slice(s, None, b) for s, b in zip(starts, by, strict=True))]
        dense = dense_strides(shape)
        first = sum(s * d for s, d in zip(starts, dense, strict=True))
        elements = Elements(first, tuple(b * d for b, d in zip(by, dense, strict=True)))
    offset = int(wanted.reshape(-1)[0])
    strides = tuple(
        int(np.diff(wanted, axis=d).reshape(-1)[0]) // 4 if n > 1 else 1
        for d, n in enumerate(wanted.shape)
    )
    part_type, part = memref(wanted.shape, "abc", strides), addresses(wanted.shape, "abc", strides)
    if kind == "other":
        part_type, part = data.draw(stored(wanted.shape))
    shift = data.draw(st.sampled_from([0, 0, 4]))
    right = np.array_equal(part + offset + shift, wanted)
    found = lies_as(addresses_of(part_type), addresses_of(whole_type), elements, offset + shift)
    assert found == right


@pytest.mark.parametrize("shape", [(24,), (2, 12), (4, 3, 2), (1, 24, 1)])
def test_a_reshape_of_rows(shape: tuple[int, ...]):
    whole = addresses_of(MemRefType(f32, (2, 3, 4)))
    part = addresses_of(MemRefType(f32, shape))
    assert lies_as(part, whole, Elements(0, dense_strides(shape)), 0)
    assert not lies_as(part, whole, Elements(0, dense_strides(shape)), 4)
    assert not lies_as(part, whole, Elements(1, dense_strides(shape)), 4)  # one too many


def test_a_reshape_of_columns_is_found_out():
    columns = addresses_of(memref((2, 3, 4), "cab", (12, 3, 1)))
    flat = addresses_of(MemRefType(f32, (24,)))
    assert not lies_as(flat, columns, Elements(0, (1,)), 0)


def test_a_reshape_of_a_transpose_lies_in_rows():
    # [2, 12] stored by columns holds, as [12, 2] by rows, the transposed matrix.
    columns = addresses_of(memref((2, 12), "ab", (1, 2)))
    rows = addresses_of(MemRefType(f32, (12, 2)))
    assert lies_as(rows, columns, Elements(0, (1, 12)), 0)


def test_nothing_lies_anywhere():
    nothing = addresses_of(MemRefType(f32, (0, 3)))
    assert prod(nothing.shape) == 0
    assert lies_as(nothing, addresses_of(MemRefType(f32, (4, 3))), Elements(12, (3, 1)), 48)
