"""
Tensors that `torch.save` wrote: a zip archive with a pickle of names, and the numbers beside it.

    ROOT/data.pkl       a dictionary of tensors, each of which names a storage
    ROOT/data/0         the bytes of a storage
    ROOT/byteorder      little

A pickle may call anything. This one is read by a machine that knows the few names that tensors are
made of, and stops at any other; nothing of torch or of a stranger is ever called.
"""

from __future__ import annotations

import io
import pickle
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import ml_dtypes
import numpy as np

from .zip_map import ZipError, ZipMap

MOST_PICKLE = 2**28
"""Bytes of a pickle of names."""

_DTYPES: Mapping[str, np.dtype[Any]] = {
    "DoubleStorage": np.dtype(np.float64),
    "FloatStorage": np.dtype(np.float32),
    "HalfStorage": np.dtype(np.float16),
    "BFloat16Storage": np.dtype(ml_dtypes.bfloat16),
    "LongStorage": np.dtype(np.int64),
    "IntStorage": np.dtype(np.int32),
    "ShortStorage": np.dtype(np.int16),
    "CharStorage": np.dtype(np.int8),
    "ByteStorage": np.dtype(np.uint8),
    "BoolStorage": np.dtype(np.bool_),
    "ComplexFloatStorage": np.dtype(np.complex64),
    "ComplexDoubleStorage": np.dtype(np.complex128),
}
"""What torch calls the storages of element types."""


class PickleError(ValueError):
    """What is wrong with such an archive, as the rest of a sentence about it."""


@dataclass(frozen=True)
class Storage:
    """The bytes that tensors lie in."""

    dtype: np.dtype[Any]
    data: memoryview


@dataclass(frozen=True)
class SavedTensor:
    """A tensor as it lies in its storage; offset and strides count elements."""

    storage: Storage
    offset: int
    sizes: tuple[int, ...]
    strides: tuple[int, ...]


def saved_tensors(data: memoryview) -> dict[str, SavedTensor]:
    """
    The tensors of a dictionary by name; what else it holds is left out.

    Raises:
        PickleError: for an archive without such a dictionary, for one that asks for anything but
            tensors, and for a damaged one.
    """
    try:
        archive = ZipMap(data)
        root = next((n[:-8] for n in archive.members if n.endswith("data.pkl")), None)
        if root is None:
            raise PickleError("has no pickle of tensors")
        order = f"{root}byteorder"
        if order in archive.members and bytes(archive.read(order, 100)) != b"little":
            raise PickleError("has numbers whose bytes are in big-endian order")
        text = archive.read(f"{root}data.pkl", MOST_PICKLE)
        found: object = _Machine(text, archive, root).load()
    except PickleError:
        raise
    except ZipError as error:
        raise PickleError(str(error)) from None
    except Exception as error:
        # A damaged pickle fails in many ways: types, indices, recursion, memory.
        raise PickleError(f"is a damaged pickle ({type(error).__name__})") from None
    if not isinstance(found, dict):
        raise PickleError("holds no tensors by name")
    named = cast("dict[Any, Any]", found).items()
    return {n: t for n, t in named if isinstance(n, str) and isinstance(t, SavedTensor)}


class _Machine(pickle.Unpickler):
    """Reads a pickle, and knows tensors alone."""

    def __init__(self, text: memoryview, archive: ZipMap, root: str):
        super().__init__(io.BytesIO(text))
        self._archive = archive
        self._root = root
        self._storages: dict[str, Storage] = {}

    def find_class(self, module_name: str, global_name: str, /) -> Any:
        name = f"{module_name}.{global_name}"
        if module_name == "torch" and global_name in _DTYPES:
            return _DTYPES[global_name]
        known = _KNOWN.get(name)
        if known is None:
            raise PickleError(f"asks for {name}, which no tensor is made of, and is not read on")
        return known

    def persistent_load(self, pid: Any, /) -> Storage:
        kind, dtype, key, _, _ = pid
        if kind != "storage" or not isinstance(dtype, np.dtype) or not isinstance(key, str):
            raise PickleError("has a storage of an unknown kind")
        if key not in self._storages:
            name = f"{self._root}data/{key}"
            if name not in self._archive.members:
                raise PickleError(f"has no numbers '{key}'")
            view = self._archive.view(name)
            if view is None:
                view = self._archive.read(name, self._archive.members[name].size)
            self._storages[key] = Storage(cast("np.dtype[Any]", dtype), view)
        return self._storages[key]


def _tensor(
    storage: object, offset: object, sizes: object, strides: object, *_: object
) -> SavedTensor:
    """What `torch._utils._rebuild_tensor_v2` is called with."""
    numbers = [offset, *cast("Sequence[object]", sizes), *cast("Sequence[object]", strides)]
    if not isinstance(storage, Storage) or not all(type(n) is int for n in numbers):
        raise PickleError("has a tensor that is none")
    whole = cast("list[int]", numbers)
    rank = len(cast("Sequence[object]", sizes))
    return SavedTensor(storage, whole[0], tuple(whole[1 : rank + 1]), tuple(whole[rank + 1 :]))


def _parameter(tensor: object, *_: object) -> object:
    """What `torch._utils._rebuild_parameter` is called with."""
    return tensor


def _ordered(*_: object) -> OrderedDict[Any, Any]:
    """An empty dictionary, which is then filled."""
    return OrderedDict()


_KNOWN: Mapping[str, Callable[..., Any]] = {
    "collections.OrderedDict": _ordered,
    "torch._utils._rebuild_tensor_v2": _tensor,
    "torch._utils._rebuild_parameter": _parameter,
}
