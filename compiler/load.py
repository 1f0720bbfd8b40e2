"""Loads an artifact, with all that the compiler can add to it."""

from __future__ import annotations

import os

from ..errors import InvalidArtifactError
from ..runtime.arguments import boolean
from ..runtime.engine import Engine
from ..runtime.load import load as load_artifact
from ..runtime.program import CompiledProgram
from .installed import compiler_needed
from .programs import programs_of
from .reference import reference_function


def load(
    path: str | os.PathLike[str],
    *,
    threads: int | None = None,
    recompile: bool = False,
    verify: bool = True,
) -> Engine:
    """The model in the artifact at `path`, ready to run.

    The file is mapped: its weights are shared with every process that has loaded it, and it must
    not be changed in place as long as the engine lives. `threads` is the number of threads, by
    default that of the artifact, else that of the processors.

    An artifact holds machine code, which runs with all rights of this process, and its digests
    protect it from accidents, not from malice. With `recompile=True` the machine code in the file
    is not touched; the model is compiled anew, for this machine, from the IR in the file.

    A model with open sizes runs those that the artifact has programs for; for others the compiler
    makes a program from the IR when a call first brings them.

    `verify=False` skips the digest of the weights, 0.16 ms per megabyte.

    Raises `InvalidArtifactError` for a file that is missing, damaged, foreign, of another version
    or for another processor, `UsageError` for a number of threads below one or an argument of a
    wrong type.
    """
    again = _recompile if boolean("recompile", recompile) else None
    try:
        return load_artifact(
            path,
            threads=threads,
            recompile=again,
            reference=reference_function,
            programs=programs_of,
            verify=verify,
        )
    except InvalidArtifactError as error:
        kind = _kind_of_model(path)
        if kind is None:
            raise
        raise InvalidArtifactError(
            f"{os.fspath(path)}: is {kind}, not a compiled program; compile it with "
            "stepwell.compile, or 'stepwell compile'"
        ) from error


def _kind_of_model(path: str | os.PathLike[str]) -> str | None:
    """What a file is that is a model to be compiled; None for what is not, or cannot be known."""
    try:
        from ..conversion.import_model import kind_of_model
    except ModuleNotFoundError:
        return None
    return kind_of_model(os.fspath(path))


def _recompile(program: CompiledProgram) -> CompiledProgram:
    # The compiler is not loaded to run what is compiled.
    with compiler_needed("recompiling an artifact"):
        from .compile import recompile

    return recompile(program)
