"""Archives whose members are read in place, and hostile ones."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stepwell.conversion.formats.zip_map import ZipError, ZipMap, is_zip


def archive(members: Mapping[str, bytes], how: int = zipfile.ZIP_STORED) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", how) as made:
        for name, content in members.items():
            made.writestr(name, content)
    return written.getvalue()


def opened(data: bytes) -> ZipMap:
    return ZipMap(memoryview(data))


def test_a_stored_member_is_a_view() -> None:
    data = archive({"a/w": b"numbers", "a/empty": b""})
    found = opened(data)
    view = found.view("a/w")
    assert view is not None
    assert view.obj is data
    assert bytes(view) == b"numbers"
    assert bytes(found.read("a/empty", 0)) == b""


def test_a_compressed_member_is_read() -> None:
    found = opened(archive({"text": b"x" * 5000}, zipfile.ZIP_DEFLATED))
    assert found.view("text") is None
    assert bytes(found.read("text", 5000)) == b"x" * 5000


def test_a_member_larger_than_wanted_is_not_decompressed() -> None:
    bomb = opened(archive({"text": bytes(1 << 20)}, zipfile.ZIP_DEFLATED))
    with pytest.raises(ZipError, match="has 1048576 bytes in 'text', expected at most 1000"):
        bomb.read("text", 1000)


def test_a_size_that_is_a_lie_is_found_out() -> None:
    data = bytearray(archive({"text": bytes(5000)}, zipfile.ZIP_DEFLATED))
    at = data.index(b"PK\x01\x02") + 24
    data[at : at + 4] = struct.pack("<I", 10)
    with pytest.raises(ZipError, match="'text' has not the 10 bytes it says"):
        opened(bytes(data)).read("text", 100)


def test_a_wrong_checksum_is_found() -> None:
    data = bytearray(archive({"w": b"numbers"}))
    data[data.index(b"numbers")] ^= 1
    with pytest.raises(ZipError, match="the checksum of 'w' is another"):
        opened(bytes(data)).read("w", 100)


@pytest.mark.parametrize("name", ["/etc/passwd", "../up", "a/../../up", "c:/x", "a\\b"])
def test_names_that_leave_the_archive(name: str) -> None:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as made:
        made.writestr("a" * len(name), b"x")
    data = written.getvalue().replace(b"a" * len(name), name.encode())
    with pytest.raises(ZipError, match="whose name leaves the archive"):
        opened(data)


def test_members_that_overlap() -> None:
    """A few bytes that many members share are how a small archive holds petabytes."""
    data = bytearray(archive({"one": b"x" * 100, "two": b"y" * 100}))
    second = data.index(b"PK\x03\x04", 4)
    at = data.index(b"PK\x01\x02", data.index(b"PK\x01\x02") + 1) + 42
    assert data[at : at + 4] == struct.pack("<I", second)
    data[at : at + 4] = struct.pack("<I", 0)
    with pytest.raises(ZipError, match="overlap"):
        opened(bytes(data))


def test_a_member_without_a_name() -> None:
    data = bytearray(archive({"a": b"x"}))
    at = data.index(b"PK\x01\x02")
    data[at + 28 : at + 30] = bytes(2)  # the name is now the extra field's
    data[at + 30 : at + 32] = struct.pack("<H", 1)
    with pytest.raises(ZipError, match="without a name|no zip archive"):
        opened(bytes(data))


def test_two_members_of_one_name() -> None:
    data = archive({"one": b"x", "two": b"y"}).replace(b"two", b"one")
    with pytest.raises(ZipError, match="two members named 'one'"):
        opened(data)


def test_an_encrypted_member() -> None:
    data = bytearray(archive({"w": b"numbers"}))
    data[data.index(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(ZipError, match="encrypted"):
        opened(bytes(data))


def test_another_compression() -> None:
    with pytest.raises(ZipError, match="neither stored nor deflated"):
        opened(archive({"w": b"numbers"}, zipfile.ZIP_BZIP2))


@given(st.data())
def test_damage_is_an_error_of_zip(data: st.DataObject) -> None:
    whole = bytearray(archive({"a": b"numbers", "b/c": b"z" * 50}, zipfile.ZIP_DEFLATED))
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(whole[: data.draw(st.integers(0, len(whole)))])
    try:
        found = opened(cut)
        for name in found.members:
            found.read(name, 1000)
    except ZipError:
        pass


def test_what_is_no_archive() -> None:
    assert not is_zip(memoryview(b"PK"))
    with pytest.raises(ZipError, match="no zip archive"):
        opened(b"PK\x03\x04 and more")
