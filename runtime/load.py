"""
Loads an artifact as an `Engine`, from a file or from bytes, and carries engines between processes.

An engine that was loaded from a file is pickled as the absolute path of that file, its digest and
the number of threads: the process that gets it loads the file, whose weights all of them share. It
must find the same file there. One that was compiled is pickled as the bytes of its artifact. Either
is loaded once in a process, however often it arrives.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from hashlib import blake2b
from typing import Any

from ..errors import InvalidArtifactError, UsageError
from .arguments import boolean, file_path
from .artifact import artifact_digest, read_artifact, read_artifact_bytes, write_artifact_to
from .engine import Carry, Engine, FilesToKeep
from .host_cpu import runnable_code, why_not_runnable
from .open_engine import MakeProgram, OpenEngine, Programs
from .overridden import MakeOverridden
from .pool import checked_threads
from .program import CompiledProgram
from .reference_ops import MakeReference

MOST_CARRIED_BYTES = 64 << 20
"""The largest artifact that is pickled as such; larger ones belong into a file that all can map."""

_MOST_KEPT = 16
"""Engines that a process keeps of those that it got."""

Recompile = Callable[[CompiledProgram], CompiledProgram]


def load(
    path: str | os.PathLike[str],
    *,
    threads: int | None = None,
    recompile: Recompile | None = None,
    reference: MakeReference | None = None,
    programs: Programs | None = None,
    verify: bool = True,
) -> Engine:
    """The model in the artifact at `path`, ready to run.

    The file is mapped: its weights are shared with every process that has loaded it, and it must
    not be changed in place as long as the engine lives. `threads` is the number of threads, by
    default that of the artifact, else that of the processors.

    An artifact holds machine code, which runs with all rights of this process, and its digests
    protect it from accidents, not from malice. With `recompile` the machine code in the file is not
    touched; the model is compiled anew, for this machine, by this function from the IR in the file.
    `reference` runs operations without a native kernel; see `Engine`. A model with open sizes runs
    those that the artifact has a program for, and others where `programs` makes them.

    `verify=False` skips the digest of the weights, 0.16 ms per megabyte.

    Raises `InvalidArtifactError` for a file that is missing, damaged, foreign, of another version
    or for another processor, `UsageError` for a number of threads below one.
    """
    path = file_path("path", path)
    where = os.path.abspath(path)
    boolean("verify", verify)
    if threads is not None:
        threads = checked_threads(threads)
    digest = artifact_digest(path)
    program = read_artifact(path, verify=verify, with_code=recompile is None)
    program = _runnable(program, path, recompile)
    origin = (where, digest, threads, recompile, reference, programs, verify)

    def carry(_: Engine) -> tuple[Any, ...]:
        return _from_file, origin

    return engine_of(program, threads=threads, reference=reference, programs=programs, carry=carry)


def load_bytes(
    data: bytes,
    *,
    threads: int | None = None,
    recompile: Recompile | None = None,
    reference: MakeReference | None = None,
    programs: Programs | None = None,
) -> Engine:
    """The model in the bytes of an artifact; the rest is as for `load`."""
    program = read_artifact_bytes(data, with_code=recompile is None)
    program = _runnable(program, "artifact", recompile)
    return engine_of(
        program, threads=threads, reference=reference, programs=programs, carry=carry_bytes
    )


def engine_of(
    program: CompiledProgram,
    *,
    threads: int | None = None,
    reference: MakeReference | None = None,
    programs: Programs | None = None,
    make: MakeProgram | None = None,
    overridden: MakeOverridden[Engine] | None = None,
    carry: Carry | None = None,
    keep: FilesToKeep | None = None,
) -> Engine:
    """The engine for a program of any kind; the rest is as for `Engine` and `OpenEngine`."""
    if program.is_open or program.variants:
        return OpenEngine(
            program,
            programs,
            make=make,
            threads=threads,
            reference=reference,
            overridden=overridden,
            carry=carry,
            keep=keep,
        )
    return Engine(
        program,
        threads=threads,
        reference=reference,
        overridden=overridden,
        carry=carry,
        keep=keep,
    )


def carry_bytes(engine: Engine) -> tuple[Any, ...]:
    """
    How an engine travels as its artifact, for `Engine.__reduce__`.

    Raises `UsageError` for one that is too large for that.
    """
    size = engine.weight_bytes
    if size <= MOST_CARRIED_BYTES:
        with tempfile.TemporaryFile() as file:
            write_artifact_to(engine.saved_program(), file)
            file.seek(0)
            data = file.read()
        size = len(data)
        if size <= MOST_CARRIED_BYTES:
            programs = engine.programs if isinstance(engine, OpenEngine) else None
            return _from_bytes, (data, engine.threads, engine.reference, programs)
    raise UsageError(
        f"an engine of {size:,} bytes is not pickled, {MOST_CARRIED_BYTES:,} is the most; save it "
        "(engine.save('model.well')), and pickle stepwell.load('model.well'), which travels as the "
        "path of that file"
    )


def _runnable(program: CompiledProgram, name: str, recompile: Recompile | None) -> CompiledProgram:
    """`program`, compiled anew if that is wanted, once it is known to run on this machine."""
    if recompile is not None:
        if not program.ir:
            raise InvalidArtifactError(
                f"{name}: the artifact has no IR to recompile it from: it was saved "
                "without, or compiled from level 4 or 5; compile the model again"
            )
        program = recompile(program)
    for variant in program.variants:
        _runnable(variant.program, name, None)
    if not program.is_open and runnable_code(program.codes) is None:
        hint = "load it with recompile=True" if program.ir else "compile the model again"
        raise InvalidArtifactError(f"{name}: {why_not_runnable(program.codes)}; {hint}")
    return program


_arrived: dict[tuple[Any, ...], Engine] = {}
"""The engines that this process got from others, by what they were made of."""


def _once(key: tuple[Any, ...], make: Callable[[], Engine]) -> Engine:
    """The engine of that key, made if it is not there; those that came first go first.

    Without a lock, which a fork could find taken: two threads at once may load a file twice.
    """
    engine = _arrived.get(key)
    if engine is None:
        engine = _arrived.setdefault(key, make())
        for old in list(_arrived)[:-_MOST_KEPT]:
            _arrived.pop(old, None)
    return engine


def _from_file(
    path: str,
    digest: bytes,
    threads: int | None,
    recompile: Recompile | None,
    reference: MakeReference | None,
    programs: Programs | None,
    verify: bool,
) -> Engine:
    """The engine that was loaded from `path` in another process."""
    if artifact_digest(path) != digest:
        raise InvalidArtifactError(
            f"{path}: is not the artifact that the engine was loaded from, it has another digest; "
            "every process must find the same file there"
        )

    def make() -> Engine:
        return load(
            path,
            threads=threads,
            recompile=recompile,
            reference=reference,
            programs=programs,
            verify=verify,
        )

    return _once((path, digest, threads, recompile is None, verify), make)


def _from_bytes(
    data: bytes,
    threads: int | None,
    reference: MakeReference | None,
    programs: Programs | None = None,
) -> Engine:
    """The engine whose artifact these bytes are."""
    key = (blake2b(data, digest_size=24).digest(), threads)
    return _once(
        key, lambda: load_bytes(data, threads=threads, reference=reference, programs=programs)
    )
