"""Arguments of public functions: a wrong type is a `UsageError` that names the argument."""

from __future__ import annotations

import operator
import os
from typing import Any

from ..errors import UsageError


def integer(name: str, value: Any) -> int:
    """`value` as an `int`; numpy's integers are some, booleans and texts are none."""
    if isinstance(value, bool):
        raise _wrong(name, value, "an integer")
    try:
        return operator.index(value)
    except TypeError:
        raise _wrong(name, value, "an integer") from None


def boolean(name: str, value: Any) -> bool:
    """`value`, which is True or False."""
    if not isinstance(value, bool):
        raise _wrong(name, value, "True or False")
    return value


def text(name: str, value: Any) -> str:
    """`value`, which is a string."""
    if not isinstance(value, str):
        raise _wrong(name, value, "a string")
    return value


def file_path(name: str, value: Any) -> str:
    """The path that a string or an object of `os.PathLike` is; bytes are content, not a path."""
    if not isinstance(value, str | os.PathLike):
        raise _wrong(name, value, "a path (a string or pathlib.Path)")
    path = os.fspath(value)
    if not isinstance(path, str):
        raise _wrong(name, path, "a path of characters, not of bytes")
    if not path or "\0" in path:
        raise UsageError(f"{name} is {path!r}, which no file can be named")
    return path


def callable_or_none(name: str, value: Any) -> Any:
    """`value`, which is None or can be called."""
    if value is not None and not callable(value):
        raise _wrong(name, value, "a function")
    return value


def _wrong(name: str, value: Any, expected: str) -> UsageError:
    shown = repr(value)
    shown = shown if len(shown) <= 60 else f"{shown[:57]}..."
    return UsageError(f"{name} is {shown} of type {type(value).__name__}, expected {expected}")
