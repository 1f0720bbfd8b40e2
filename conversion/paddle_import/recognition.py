"""Whether content is a program of Paddle, by what is in it."""

from __future__ import annotations

from pathlib import Path

from ...runtime.input_file import open_regular
from ..formats.protobuf_wire import begins
from ..source import Content

_TOP_FIELDS = {1: 2, 4: 2, 5: 2}
"""Blocks, version, and versions of operators of a `ProgramDesc`, with their wire types."""

_HEAD = 1 << 12
"""Bytes of a JSON file that are looked at."""

_BLOCK = b"\x08\x00\x10"
"""How the first block of a program begins: its number and that of its parent."""


def is_program(content: Content) -> bool:
    """Whether a file is a program of either format, or a folder has one."""
    if content.is_folder:
        return content.path is not None and bool(programs_in(content.path))
    return is_legacy(content.data) or is_pir(content.data)


def programs_in(folder: Path) -> list[Path]:
    """The programs in a folder: its `.pdmodel`, else the `.json` in it that are programs."""
    legacy = sorted(folder.glob("*.pdmodel"))
    return legacy or [path for path in sorted(folder.glob("*.json")) if _holds_pir(path)]


def _holds_pir(path: Path) -> bool:
    try:
        with open_regular(path) as file:
            return is_pir(memoryview(file.read(_HEAD)))
    except OSError:
        return False


def is_legacy(data: memoryview) -> bool:
    """Whether bytes are a `ProgramDesc`, or the beginning of one."""
    if bytes(data[:1]) != b"\x0a" or _BLOCK not in bytes(data[:12]):
        return False
    seen = begins(data, _TOP_FIELDS)
    return seen is not None and 1 in seen


def is_pir(data: memoryview) -> bool:
    """Whether bytes are the JSON of a program, or the beginning of one."""
    head = bytes(data[:_HEAD]).lstrip()
    return head.startswith(b"{") and b'"base_code"' in head and b'"pir"' in head
