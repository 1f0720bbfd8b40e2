"""Loads an artifact as an `Engine`."""

from __future__ import annotations

import os
from collections.abc import Callable

from ..errors import InvalidArtifactError
from .artifact import read_artifact
from .engine import Engine
from .host_cpu import runnable_code, why_not_runnable
from .program import CompiledProgram
from .reference_ops import MakeReference


def load(
    path: str | os.PathLike[str],
    *,
    threads: int | None = None,
    recompile: Callable[[CompiledProgram], CompiledProgram] | None = None,
    reference: MakeReference | None = None,
    verify: bool = True,
) -> Engine:
    """The model in the artifact at `path`, ready to run.

    The file is mapped: its weights are shared with every process that has loaded it, and it must
    not be changed in place as long as the engine lives. `threads` is the number of threads, by
    default that of the artifact, else that of the processors.

    An artifact holds machine code, which runs with all rights of this process, and its digests
    protect it from accidents, not from malice. With `recompile` the machine code in the file is not
    touched; the model is compiled anew, for this machine, by this function from the IR in the file.
    `reference` runs operations without a native kernel; see `Engine`.

    `verify=False` skips the digest of the weights, 0.16 ms per megabyte.

    Raises `InvalidArtifactError` for a file that is missing, damaged, foreign, of another version
    or for another processor, `UsageError` for a number of threads below one.
    """
    program = read_artifact(path, verify=verify, with_code=recompile is None)
    if recompile is not None:
        if not program.ir:
            raise InvalidArtifactError(
                f"{os.fspath(path)}: the artifact has no IR to recompile it from: it was saved "
                "without, or compiled from level 4 or 5; compile the model again"
            )
        program = recompile(program)
    if runnable_code(program.codes) is None:
        hint = "load it with recompile=True" if program.ir else "compile the model again"
        raise InvalidArtifactError(f"{os.fspath(path)}: {why_not_runnable(program.codes)}; {hint}")
    return Engine(program, threads=threads, reference=reference)
