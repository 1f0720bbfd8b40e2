"""Where a model comes from: a file that is mapped, a folder, or bytes in memory."""

from __future__ import annotations

import mmap
import os
import stat
from dataclasses import dataclass
from pathlib import Path

from ..errors import ImportModelError
from ..runtime.artifact import MAGIC
from ..runtime.input_file import kind_of, open_regular

SAMPLE = 4096
"""Bytes at the start from which text is told."""


@dataclass(frozen=True)
class Content:
    """What a path or bytes hold."""

    subject: str
    """What messages call it: its path, or `model` for bytes."""
    data: memoryview
    """The bytes; those of a file are mapped, not read. None at all for a folder."""
    path: Path | None = None
    is_folder: bool = False

    @property
    def folder(self) -> Path | None:
        """Where files that belong to the model may lie; None for bytes in memory."""
        return None if self.path is None else self.path if self.is_folder else self.path.parent

    @property
    def suffix(self) -> str:
        """The end of the name in small letters, `.onnx`; empty for bytes."""
        return "" if self.path is None else self.path.suffix.lower()


def open_source(source: str | Path | bytes, expected: str = "a model") -> Content:
    """What `source` holds; `expected` is said in the errors.

    Raises `ImportModelError` for what is missing, empty, or neither a file nor a folder.
    """
    if isinstance(source, bytes):
        if not source:
            raise ImportModelError("model", f"there are no bytes; expected {expected}")
        return Content("model", memoryview(source))
    path = Path(source)
    subject = str(path)
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            return Content(subject, memoryview(b""), path, is_folder=True)
        if not stat.S_ISREG(mode):
            what = kind_of(mode)
            raise ImportModelError(
                subject, f"is not a regular file but {what}; expected {expected}"
            )
        with open_regular(path) as file:
            if os.fstat(file.fileno()).st_size == 0:
                raise ImportModelError(subject, f"the file is empty; expected {expected}")
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except FileNotFoundError:
        raise ImportModelError(subject, "there is no such file") from None
    except OSError as error:
        raise ImportModelError(subject, f"cannot be read: {error.strerror or error}") from None
    except ValueError as error:
        raise ImportModelError(repr(subject), f"cannot be read: {error}") from None
    return Content(subject, memoryview(mapped), path)


_SIGNATURES = (
    (0, b"PK\x03\x04", "a zip archive"),
    (0, b"\x1f\x8b", "a gzip archive"),
    (257, b"ustar", "a tar archive"),
    (0, b"\x89HDF\r\n\x1a\n", "an HDF5 file"),
    (4, b"TFL3", "a TFLite model"),
    (0, b"ML\xefR", "MLIR bytecode"),
    (0, b"\x80\x02", "a Python pickle"),
    (0, b"\x80\x03", "a Python pickle"),
    (0, b"\x80\x04", "a Python pickle"),
    (0, b"\x80\x05", "a Python pickle"),
    (0, b"\x93NUMPY", "a numpy array"),
    (0, MAGIC, "a compiled program, which stepwell.load reads"),
)
"""Where a known kind of file has which bytes."""


def known_kind(content: Content) -> str | None:
    """What content evidently is: `a folder`, `text`, `a zip archive`; None for other bytes."""
    if content.is_folder:
        return "a folder"
    for at, mark, name in _SIGNATURES:
        if bytes(content.data[at : at + len(mark)]) == mark:
            return name
    return "text" if _is_text(bytes(content.data[:SAMPLE])) else None


def _is_text(sample: bytes) -> bool:
    """Whether bytes are printable UTF-8; the last character may be cut."""
    try:
        text = sample.decode("utf-8")
    except UnicodeDecodeError as error:
        if len(sample) < SAMPLE or error.start < SAMPLE - 3:
            return False
        text = sample[: error.start].decode("utf-8")
    return all(character.isprintable() or character in "\t\n\r\f" for character in text)
