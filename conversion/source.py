"""Where a model comes from: a file that is mapped, a folder, or bytes in memory."""

from __future__ import annotations

import mmap
import os
import stat
from dataclasses import dataclass
from pathlib import Path

from ..errors import ImportModelError
from ..runtime.file_kind import kind_of_bytes, kind_of_folder
from ..runtime.input_file import kind_of, open_regular


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


def known_kind(content: Content) -> str | None:
    """What content evidently is: `a folder`, `text`, `a zip archive`; None for other bytes."""
    if content.is_folder:
        return "a folder" if content.path is None else kind_of_folder(content.path)
    return kind_of_bytes(content.data, content.path)
