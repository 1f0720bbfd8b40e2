"""Flatbuffers: fields by number, and bytes that are none."""

import random
from contextlib import suppress

import flatbuffers
import numpy as np
import pytest

from stepwell.conversion.formats.flatbuffer import FlatBuffer, FlatbufferError


def encoded() -> bytes:
    """A table of a number, a text, a vector of numbers, two tables, a gap and two texts."""
    builder = flatbuffers.Builder(64)
    text = builder.CreateString("stem")
    numbers = builder.CreateNumpyVector(np.array([3, 1, 2], np.int32))
    inner = []
    for number in (7, 9):
        builder.StartObject(1)
        builder.PrependInt16Slot(0, number, 0)
        inner.append(builder.EndObject())
    builder.StartVector(4, 2, 4)
    for table in reversed(inner):
        builder.PrependUOffsetTRelative(table)
    tables = builder.EndVector()
    words = [builder.CreateString(word) for word in ("b", "2*b")]
    builder.StartVector(4, 2, 4)
    for word in reversed(words):
        builder.PrependUOffsetTRelative(word)
    texts = builder.EndVector()
    builder.StartObject(7)
    builder.PrependFloat32Slot(0, 0.5, 0.0)
    builder.PrependUOffsetTRelativeSlot(1, text, 0)
    builder.PrependUOffsetTRelativeSlot(2, numbers, 0)
    builder.PrependUOffsetTRelativeSlot(3, tables, 0)
    builder.PrependUOffsetTRelativeSlot(5, inner[1], 0)
    builder.PrependUOffsetTRelativeSlot(6, texts, 0)
    builder.Finish(builder.EndObject(), b"TEST")
    return bytes(builder.Output())


def everything(data: bytes) -> tuple[object, ...]:
    root = FlatBuffer(memoryview(data)).root()
    single = root.table(5)
    return (
        root.scalar(0, "f", 0.0),
        root.text(1),
        root.integers(2),
        [table.integer(0, "h") for table in root.tables(3)],
        root.has(4),
        None if single is None else single.integer(0, "h"),
        root.texts(6),
        root.table(17),
        root.integers(17),
        root.texts(17),
    )


def test_fields_by_number():
    numbers = (0.5, "stem", [3, 1, 2], [7, 9], False, 9)
    assert everything(encoded()) == (*numbers, ["b", "2*b"], None, [], [])


def test_a_vector_of_numbers_is_a_view():
    data = encoded()
    found = FlatBuffer(memoryview(data)).root().array(2, np.int32)
    assert found is not None
    assert not found.flags.owndata
    assert found.tolist() == [3, 1, 2]


def test_bytes_that_are_none_have_one_error():
    data, draw = encoded(), random.Random(5)
    for _ in range(2000):
        spoilt = bytearray(data[: draw.randrange(4, len(data) + 1)])
        for _ in range(draw.randrange(4)):
            spoilt[draw.randrange(len(spoilt))] = draw.randrange(256)
        with suppress(FlatbufferError):
            everything(bytes(spoilt))


def test_a_table_that_many_offsets_lead_to_is_not_read_for_ever():
    builder = flatbuffers.Builder(64)
    builder.StartObject(1)
    inner = builder.EndObject()
    builder.StartVector(4, 4000, 4)
    for _ in range(4000):
        builder.PrependUOffsetTRelative(inner)
    tables = builder.EndVector()
    builder.StartObject(2)
    builder.PrependUOffsetTRelativeSlot(0, tables, 0)
    builder.Finish(builder.EndObject())
    root = FlatBuffer(memoryview(bytes(builder.Output()))).root()
    with pytest.raises(FlatbufferError, match="more entries than the file has room for"):
        [root.tables(0) for _ in range(10)]


def test_a_text_that_many_offsets_lead_to_is_not_copied_for_ever():
    builder = flatbuffers.Builder(64)
    text = builder.CreateString("n" * 40000)
    builder.StartVector(4, 4000, 4)
    for _ in range(4000):
        builder.PrependUOffsetTRelative(text)
    texts = builder.EndVector()
    builder.StartObject(1)
    builder.PrependUOffsetTRelativeSlot(0, texts, 0)
    builder.Finish(builder.EndObject())
    root = FlatBuffer(memoryview(bytes(builder.Output()))).root()
    with pytest.raises(FlatbufferError, match="more entries than the file has room for"):
        root.texts(0)
