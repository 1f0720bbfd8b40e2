"""Messages made from lines, against the bytes that protobuf's own encoding has for them."""

import pytest
from google.protobuf import text_format

from stepwell.conversion.formats.protobuf_messages import (
    check_text,
    message_classes,
    set_fields,
)
from stepwell.conversion.formats.protobuf_wire import (
    KEEP,
    WireError,
    begins,
    delimited,
    integer_field,
    rewritten,
    without_run,
)

LINES = """
enum Pool: MAX=0 AVE=1
Blob: data=5 float* packed; place=1000 uint64; bytes=1001 uint64
Layer: name=1 string; bottom=3 string*; pool=4 Pool=AVE;
  blobs=7 Blob*; sizes=9 map string int64
"""


@pytest.fixture(scope="module")
def classes():
    return message_classes("stepwell.test", LINES)


def test_bytes_of_a_message(classes):
    layer = classes["Layer"]()
    layer.name = "a"
    layer.bottom.extend(["x", "y"])
    layer.pool = 0
    assert layer.SerializeToString() == b"\x0a\x01a\x1a\x01x\x1a\x01y\x20\x00"


def test_defaults_and_unknown_fields(classes):
    layer = classes["Layer"].FromString(delimited(1, b"a") + integer_field(77, 3))
    assert layer.pool == 1
    assert set_fields(layer) == {"name": "a"}


def test_text_has_words_and_maps(classes):
    layer = classes["Layer"]()
    text = 'name: "a" pool: MAX bottom: "x" sizes { key: "n" value: 3 } other { deep { x: 1 } }'
    text_format.Parse(text, layer, allow_unknown_field=True)
    assert set_fields(layer) == {"name": "a", "pool": "MAX", "bottom": ["x"], "sizes": ["n"]}
    assert dict(layer.sizes) == {"n": 3}


def test_large_data_stays_where_it_is(classes):
    blob = classes["Blob"]()
    blob.data.extend(range(KEEP))
    layer = classes["Layer"](name="a", blobs=[blob, classes["Blob"](data=[1.0])])
    data = memoryview(layer.SerializeToString())
    small = rewritten(
        data, "Layer", {"Layer": {7: "Blob"}}, lambda _, a, e: without_run(data, a, e, 5, 1000)
    )
    found = classes["Layer"].FromString(small)
    assert len(small) < 100
    large, little = found.blobs
    kept = classes["Blob"]()
    at, size = large.place, large.bytes
    kept.MergeFromString(delimited(5, bytes(data[at : at + size])))
    assert list(kept.data) == list(range(KEEP))
    assert list(little.data) == [1.0]


@pytest.mark.parametrize("data", [b"\x0a\x05a", b"\x0f", b"\x00\x01", b"\x0a"])
def test_damaged_bytes(data):
    with pytest.raises(WireError):
        rewritten(memoryview(data), "Layer", {"Layer": {}}, lambda *_: b"")


def test_beginning_of_a_message():
    data = delimited(1, b"abc") + integer_field(2, 5) + b"\x1d\0\0\0\0"
    known = {1: 2, 2: 0, 3: 5}
    assert begins(memoryview(data), known) == {1, 2, 3}
    assert begins(memoryview(data)[:-2], known) == {1, 2, 3}
    assert begins(memoryview(data), {1: 2, 2: 0}) is None


def test_text_that_is_none(classes):
    layer = classes["Layer"].FromString(delimited(3, b"fine") + delimited(3, b"\xc8\x01"))
    with pytest.raises(UnicodeDecodeError):
        check_text(layer)
    check_text(classes["Layer"].FromString(delimited(3, b"fine")))
