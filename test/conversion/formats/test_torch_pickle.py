"""What torch.save writes, read without running it; and what is no such thing."""

from __future__ import annotations

import collections
import contextlib
import io
import os
import pickle
import zipfile
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stepwell.conversion.formats.torch_pickle import PickleError, saved_tensors
from stepwell.test.conversion.torch_import.recorded_programs import path_of


def recorded(member: str = "weights") -> bytes:
    with zipfile.ZipFile(path_of("storage_pickled")) as archive:
        return archive.read(f"m/data/{member}/model.pt")


def archive_of(text: bytes, storages: dict[str, bytes] | None = None) -> memoryview:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as made:
        made.writestr("m/data.pkl", text)
        for key, content in (storages or {}).items():
            made.writestr(f"m/data/{key}", content)
    return memoryview(written.getvalue())


def test_tensors_by_name() -> None:
    found = saved_tensors(memoryview(recorded()))
    assert set(found) == {"conv.weight", "conv.bias", "part", "turned", "mask", "narrow"}
    weight = found["conv.weight"]
    assert weight.sizes == (4, 4, 3, 3)
    assert weight.strides == (36, 1, 12, 4)
    assert weight.storage.dtype == np.float32
    part, turned = found["part"], found["turned"]
    assert part.storage is turned.storage
    assert (part.offset, part.strides) == (6, (6, 2))
    assert found["narrow"].storage.dtype.name == "bfloat16"


class _Calls:
    def __init__(self, function: Any, *arguments: Any):
        self._call = function, arguments

    def __reduce__(self) -> Any:
        return self._call


@pytest.mark.parametrize(
    "hostile",
    [
        _Calls(os.remove, "/nowhere"),
        _Calls(eval, "1"),
        _Calls(getattr, "", "upper"),
        collections.Counter("ab"),
        {"x": _Calls(bytearray, 1 << 40)},
        np.zeros(3),
    ],
    ids=["remove", "eval", "getattr", "counter", "bytearray", "array"],
)
def test_any_other_name_is_refused(hostile: Any) -> None:
    with pytest.raises(PickleError, match="asks for .*, which no tensor is made of"):
        saved_tensors(archive_of(pickle.dumps(hostile)))


def test_a_dictionary_without_tensors_is_empty() -> None:
    values = {"a": 1, "b": [2, "c"], "d": collections.OrderedDict()}
    assert saved_tensors(archive_of(pickle.dumps(values))) == {}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (pickle.dumps([1, 2]), "holds no tensors by name"),
        (b"", "is a damaged pickle"),
        (b"\x80\x02}q\x00", "is a damaged pickle"),
        (b"\x80\x02U\x01xQ.", "is a damaged pickle|storage of an unknown kind"),
        (b"\x80\x02(" + b"(" * 100_000 + b".", "is a damaged pickle|holds no tensors"),
    ],
)
def test_pickles_that_are_wrong(text: bytes, message: str) -> None:
    with pytest.raises(PickleError, match=message):
        saved_tensors(archive_of(text))


def test_what_is_no_such_archive() -> None:
    with pytest.raises(PickleError, match="no zip archive"):
        saved_tensors(memoryview(b"weights"))
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as made:
        made.writestr("m/readme", b"")
    with pytest.raises(PickleError, match="has no pickle of tensors"):
        saved_tensors(memoryview(written.getvalue()))


def test_numbers_that_are_not_there() -> None:
    with zipfile.ZipFile(io.BytesIO(recorded())) as archive:
        [name] = [n for n in archive.namelist() if n.endswith("data.pkl")]
        text = archive.read(name)
    with pytest.raises(PickleError, match="has no numbers '0'"):
        saved_tensors(archive_of(text))


@settings(max_examples=150)
@given(st.data())
def test_damaged_pickles(data: st.DataObject) -> None:
    with zipfile.ZipFile(io.BytesIO(recorded())) as archive:
        [name] = [n for n in archive.namelist() if n.endswith("data.pkl")]
        text = bytearray(archive.read(name))
        keys = [n for n in archive.namelist() if "/data/" in n]
        storages = {key.rpartition("/")[2]: archive.read(key) for key in keys}
    for _ in range(data.draw(st.integers(1, 5))):
        text[data.draw(st.integers(0, len(text) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(PickleError):
        saved_tensors(archive_of(bytes(text), storages))
