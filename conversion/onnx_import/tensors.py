"""
The numbers of a model as numpy arrays: views of the mapped file wherever its bytes are the array.
"""

from __future__ import annotations

import math
import mmap
import os
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import numpy_helper

from ...dialects.framework import PACKED, ElementType
from ...dialects.onnx.codes import code_of, element_type_of_code
from ...runtime.input_file import open_regular
from ..input_shapes import LARGEST_DIMENSION, LARGEST_RANK
from ..problems import Problems
from .source import Model
from .structure import subgraphs
from .wire import IN_PLACE

Array = npt.NDArray[Any]


class TensorError(Exception):
    """A tensor that cannot be read; the text says why."""


@dataclass
class TensorReader:
    """Reads the tensors of one model and maps each file of external data once."""

    model: Model
    _mapped: dict[Path, memoryview] = field(default_factory=dict[Path, memoryview])

    def read(self, tensor: onnx.TensorProto) -> Array:
        """The array of `tensor`; strings as objects.

        Raises `TensorError` for an unknown element type, an impossible shape, data of another
        size than the shape says, and external data outside the model's folder.
        """
        element = element_type_of_code(tensor.data_type)
        if element is None:
            raise TensorError(f"has element type {tensor.data_type}, which does not exist")
        shape = checked_shape(tensor.dims)
        if tensor.data_location == onnx.TensorProto.EXTERNAL:
            raw = self._external(tensor)
        elif tensor.HasField("raw_data"):
            raw = memoryview(tensor.raw_data)
        else:
            return _typed_data(tensor, element, shape)
        return _from_bytes(raw, element, shape)

    def mapped_bytes(self, graph: onnx.GraphProto) -> int:
        """Bytes of the initializers of `graph`, and of graphs in it, that lie in files.

        Those that `read` will refuse are not counted.
        """
        total = 0
        for tensor in graph.initializer:
            if tensor.data_location == onnx.TensorProto.EXTERNAL:
                try:
                    checked_shape(tensor.dims)
                    total += len(self._external(tensor))
                except TensorError:
                    continue
        return total + sum(self.mapped_bytes(g) for node in graph.node for g in subgraphs(node))

    def _external(self, tensor: onnx.TensorProto) -> memoryview:
        notes = {entry.key: entry.value for entry in tensor.external_data}
        location = notes.get("location", "")
        data = self.model.data if location == IN_PLACE else self._file(location)
        try:
            offset = int(notes.get("offset") or 0)
            length = int(notes["length"]) if notes.get("length") else len(data) - offset
        except ValueError:
            raise TensorError("has external data with a malformed offset or length") from None
        if offset < 0 or length < 0 or offset + length > len(data):
            raise TensorError(
                f"needs bytes {offset} to {offset + length} of '{location}', which has {len(data)}"
            )
        return data[offset : offset + length]

    def _file(self, location: str) -> memoryview:
        path = confined_path(self.model.folder, location)
        found = self._mapped.get(path)
        if found is not None:
            return found
        try:
            with open_regular(path) as file:
                size = os.fstat(file.fileno()).st_size
                data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if size else b""
        except FileNotFoundError:
            raise TensorError(f"needs external data '{location}', which is missing") from None
        except (OSError, ValueError) as error:
            raise TensorError(f"needs external data '{location}': {error}") from None
        self._mapped[path] = memoryview(data)
        return self._mapped[path]


def confined_path(folder: Path | None, location: str) -> Path:
    """The file `location` of external data below `folder`.

    A model must not reach files that were not delivered with it. Raises `TensorError` for an
    absolute path, one with `..`, and one that a symbolic link leads out of the folder.
    """
    if folder is None:
        raise TensorError(
            f"has its data in the file '{location}'; a model in memory has no folder, "
            "import it by its path"
        )
    posix, windows = PurePosixPath(location), PureWindowsPath(location)
    if not location or posix.is_absolute() or windows.drive or windows.root:
        raise TensorError(f"has external data at '{location}'; expected a path within the folder")
    if ".." in posix.parts or ".." in windows.parts:
        raise TensorError(f"has external data at '{location}', outside the model's folder")
    root = folder.resolve()
    path = (root / location).resolve()
    if not path.is_relative_to(root):
        raise TensorError(
            f"has external data at '{location}', which a link leads outside the model's folder"
        )
    if path.exists() and not path.is_file():
        raise TensorError(f"has external data at '{location}', which is not a file")
    return path


def checked_shape(dims: Any) -> tuple[int, ...]:
    """`dims` as a shape. Raises `TensorError` for sizes no tensor can have."""
    shape = tuple(int(d) for d in dims)
    if len(shape) > LARGEST_RANK:
        raise TensorError(f"has {len(shape)} dimensions; at most {LARGEST_RANK} are supported")
    for size in shape:
        if not 0 <= size <= LARGEST_DIMENSION:
            raise TensorError(
                f"has a dimension of size {size} in its shape {list(shape)}; "
                f"expected 0 to {LARGEST_DIMENSION}"
            )
    if math.prod(shape) > LARGEST_DIMENSION:
        raise TensorError(f"has the absurd shape {list(shape)}")
    return shape


def _from_bytes(raw: memoryview, element: ElementType, shape: tuple[int, ...]) -> Array:
    if element.name == "string":
        raise TensorError("has strings as raw bytes, which ONNX does not allow")
    count = math.prod(shape)
    packed = element.name in PACKED
    bits = 8 * element.numpy.itemsize
    if packed:
        bits = 2 if element.name.endswith("int2") else 4
    expected = (count * bits + 7) // 8
    if len(raw) != expected:
        raise TensorError(
            f"has {len(raw)} bytes of data, but {element.name}{list(shape)} takes {expected}"
        )
    if packed:
        tensor = onnx.TensorProto(data_type=code_of(element), dims=shape, raw_data=bytes(raw))
        return np.asarray(numpy_helper.to_array(tensor))
    return np.frombuffer(raw, element.numpy, count).reshape(shape)


def _typed_data(tensor: onnx.TensorProto, element: ElementType, shape: tuple[int, ...]) -> Array:
    """An array from the typed fields (`int64_data`, ...), which hold no bytes to view."""
    if element.name == "string":
        try:
            values = [text.decode("utf-8") for text in tensor.string_data]
        except UnicodeDecodeError:
            raise TensorError("has strings that are not UTF-8 text") from None
        if len(values) != math.prod(shape):
            raise TensorError(f"has {len(values)} strings, but its shape is {list(shape)}")
        return np.array(values, dtype=object).reshape(shape)
    try:
        return np.asarray(numpy_helper.to_array(tensor)).reshape(shape)
    except (ValueError, TypeError) as error:
        raise TensorError(f"has data that does not fit its type: {error}") from None


def check_tensors(graph: onnx.GraphProto, reader: TensorReader, problems: Problems) -> None:
    """Report every initializer of `graph` and of graphs within it that cannot be read."""
    for tensor in graph.initializer:
        try:
            reader.read(tensor)
        except TensorError as error:
            problems.add(f"initializer '{tensor.name}' {error}")
    for node in graph.node:
        for inner in subgraphs(node):
            check_tensors(inner, reader, problems)
