"""
Files that are read: only regular ones.

A pipe makes whoever opens it wait for its other end, and a device may never end. Both are refused
before they are opened for reading, as an `OSError` whose `strerror` says what the path is.
"""

from __future__ import annotations

import errno
import os
import stat
from typing import BinaryIO

_KINDS = (
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISDIR, "a folder"),
)


def kind_of(mode: int) -> str:
    """What a path is by the mode that `stat` gives: `a regular file`, `a pipe`, `a folder`."""
    return next((name for test, name in _KINDS if test(mode)), "a regular file")


def require_regular(path: str | os.PathLike[str]) -> None:
    """Raise `OSError` for a path that leads to anything but a regular file, or nowhere."""
    _require(os.stat(path).st_mode, path)


def open_regular(path: str | os.PathLike[str]) -> BinaryIO:
    """
    A regular file, open for reading.

    Raises `OSError` as `require_regular` does, also for what takes the file's place meanwhile.
    """
    require_regular(path)
    # Should a pipe have come in between, opening it must not wait.
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | _BINARY)
    try:
        _require(os.fstat(descriptor).st_mode, path)
        return os.fdopen(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise


_BINARY = getattr(os, "O_BINARY", 0)
"""Windows opens files as text without it."""


def _require(mode: int, path: str | os.PathLike[str]) -> None:
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), os.fspath(path))
    if not stat.S_ISREG(mode):
        kind = kind_of(mode)
        raise OSError(errno.EINVAL, f"is {kind}, expected a regular file", os.fspath(path))
