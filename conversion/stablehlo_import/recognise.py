"""What is a program in StableHLO, told by how bytes begin, without reading the rest."""

from __future__ import annotations

from pathlib import Path

from ...runtime.input_file import open_regular
from ..formats.flatbuffer import FlatBuffer, FlatbufferError
from ..source import Content

BYTECODE = b"ML\xefR"
"""How MLIR's bytecode begins."""

EXPORTED_MODULE = 13
"""The field of a file of `jax.export` that is the program."""

_HEAD = 1 << 18
"""Bytes at the beginning of a text in which a program is told by its operations."""

_MARKS = (b"stablehlo.", b"chlo.")
_OWN = b"input_names = ["
"""What functions have in modules that Stepwell prints, which are read as they are."""

_BEGINNINGS = (b"module", b"#", b"//", b"func.func", b'"builtin.module"', b"builtin.module")


def is_program(content: Content) -> bool:
    """Whether a file holds a program, whole or damaged."""
    data = content.data
    return is_bytecode(data) or holds_exported(data) or is_text(data)


def is_bytecode(data: memoryview) -> bool:
    """Whether bytes are MLIR's bytecode."""
    return bytes(data[:4]) == BYTECODE


def holds_exported(data: memoryview) -> bool:
    """Whether bytes are a file of `jax.export`: a flatbuffer with bytecode in it."""
    try:
        return len(data) > 64 and is_bytecode(FlatBuffer(data).root().raw(EXPORTED_MODULE))
    except FlatbufferError:
        return False


def is_text(data: memoryview) -> bool:
    """Whether bytes are the text of a program."""
    start = bytes(data[:64]).lstrip()
    if not start.startswith(_BEGINNINGS):
        return False
    head = bytes(data[:_HEAD])
    if b"\0" in head or _OWN in head:
        return False
    return any(mark in head for mark in _MARKS)


def is_program_file(path: str) -> bool:
    """Whether a file is the text of a program, and not a module that Stepwell printed."""
    try:
        with open_regular(Path(path)) as file:
            return is_text(memoryview(file.read(_HEAD)))
    except (OSError, ValueError):
        return False
