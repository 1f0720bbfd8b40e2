"""FlexBuffers: every kind of value, and bytes that are none."""

import random
from contextlib import suppress
from typing import Any

import pytest
from flatbuffers import flexbuffers

from stepwell.conversion.formats.flatbuffer import FlatbufferError
from stepwell.conversion.formats.flexbuffer import read_flexbuffer


def encoded() -> bytes:
    builder: Any = flexbuffers.Builder()
    with builder.Map():
        builder.Int("count", 10)
        builder.Float("scale", 10.5)
        builder.Int("below", -5)
        builder.UInt("large", 2**40)
        builder.Bool("flag", True)
        builder.String("name", "boxes")
        builder.TypedVectorFromElements("typed", [1, 2, 300])
        builder.FixedTypedVectorFromElements("fixed", [1, 2, 3])
        builder.VectorFromElements("mixed", [1, "a", 2.0])
        with builder.Map("inner"):
            builder.Null("nothing")
    return bytes(builder.Finish())


VALUE = {
    "count": 10,
    "scale": 10.5,
    "below": -5,
    "large": 2**40,
    "flag": True,
    "name": "boxes",
    "typed": [1, 2, 300],
    "fixed": [1, 2, 3],
    "mixed": [1, "a", 2.0],
    "inner": {"nothing": None},
}


def test_every_kind_of_value():
    assert read_flexbuffer(encoded()) == VALUE


@pytest.mark.parametrize("data", [b"", b"\x00", b"\x01\x02"])
def test_too_few_bytes(data):
    with pytest.raises(FlatbufferError, match="fewer than 3 bytes"):
        read_flexbuffer(data)


def test_bytes_that_are_none_have_one_error():
    data, draw = encoded(), random.Random(3)
    for _ in range(5000):
        spoilt = bytearray(data)
        for _ in range(draw.randrange(1, 5)):
            spoilt[draw.randrange(len(spoilt))] = draw.randrange(256)
        with suppress(FlatbufferError):
            read_flexbuffer(bytes(spoilt))
