"""The two files of a program: what it computes, and its trained tensors."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ...errors import ImportModelError
from ..problems import Problems
from ..source import Content, open_source
from .legacy import read_legacy
from .pir import read_pir
from .program import Program, ProgramError
from .recognition import is_legacy, is_pir, programs_in

PARAMETERS = ".pdiparams"
_PROGRAMS = (".pdmodel", ".json")


@dataclass(frozen=True)
class ProgramFiles:
    """A program, and the bytes of its parameters."""

    subject: str
    program: Program
    parameters: Content | None
    files: tuple[Path, ...]


def read_program(content: Content, weights: Content | None, problems: Problems) -> ProgramFiles:
    """
    The program of a file, a folder, or of parameters beside one.

    Parameters are the file of the same stem, unless `weights` is given. Raises `ImportModelError`
    for what is not a program.
    """
    own, other = (content, weights) if weights is not None else _pair(content)
    try:
        if is_pir(own.data):
            program = read_pir(own.data, problems)
        elif is_legacy(own.data):
            program = read_legacy(own.data, problems)
        else:
            raise ProgramError("is not a program of Paddle: neither a .pdmodel nor a PIR .json")
    except ProgramError as error:
        raise ImportModelError(own.subject, str(error)) from None
    used = [c.path for c in (own, other) if c is not None and c.path is not None]
    return ProgramFiles(own.subject, program, other, tuple(used))


def _pair(content: Content) -> tuple[Content, Content | None]:
    if content.path is None:
        return content, None
    path = content.path
    if content.is_folder:
        programs = programs_in(path)
        if len(programs) != 1:
            names = ", ".join(p.name for p in programs) or "none"
            raise ImportModelError(
                content.subject, f"needs one .pdmodel or PIR .json in it, has {names}"
            )
        content, path = open_source(programs[0]), programs[0]
    elif path.suffix.lower() == PARAMETERS:
        beside = [path.with_suffix(suffix) for suffix in _PROGRAMS]
        found = [program for program in beside if program.exists()]
        if not found:
            raise ImportModelError(
                content.subject, f"has no program beside it: {' or '.join(p.name for p in beside)}"
            )
        return open_source(found[0]), content
    beside_it = path.with_suffix(PARAMETERS)
    empty = not beside_it.is_file() or beside_it.stat().st_size == 0
    return content, None if empty else open_source(beside_it)
