"""
Mutated files of every frontend: what reads them gives a module or raises a `StepwellError`.

One of four that can be read and converted is compiled and called as well. None runs what a pickle
says, none takes more time or memory than a small file explains.
"""

from __future__ import annotations

import builtins
import random
import resource
import tempfile
import time
from pathlib import Path
from zlib import crc32

import stepwell
from stepwell.compiler.compilation import Compilation
from stepwell.compiler.options import Options
from stepwell.conversion.frontends import frontends
from stepwell.conversion.import_model import summary_of
from stepwell.conversion.source import open_source
from stepwell.errors import StepwellError
from stepwell.test.fuzz.file_mutations import EXECUTED, mutated_file
from stepwell.test.fuzz.frontend_files import models_of, packed, unpacked
from stepwell.test.fuzz.judge_model import TooLargeError, feeds_for, results_of
from stepwell.test.fuzz.kind import Announce
from stepwell.test.fuzz.outcome import Outcome

MOST_SECONDS = 20.0
"""Of processor time, for reading and converting one file."""

MOST_BYTES = 1 << 30
"""That a process may take more while it reads one."""

COMPILED = 4
"""Each how many-eth file is compiled, by its content."""


class MutatedFiles:
    """The kind of cases of one frontend; a case is an archive of the files of a model."""

    suffix = ".zip"

    def __init__(self, frontend: str) -> None:
        self.frontend = frontend

    def made(self, seed: int) -> bytes:
        rng = random.Random(seed)
        models = models_of(self.frontend)
        files = dict(models[seed % len(models)])
        name = rng.choice(list(files)) if rng.random() < 0.3 else next(iter(files))
        for _ in range(rng.choice([1, 1, 1, 2, 3])):
            files[name] = mutated_file(rng, files[name])
        return packed(files)

    def judged(self, data: bytes, announce: Announce) -> Outcome:
        with tempfile.TemporaryDirectory() as folder:
            for name, content in unpacked(data).items():
                (Path(folder) / name).write_bytes(content)
            path = Path(folder) / next(iter(unpacked(data)))
            before, start = _memory(), time.process_time()
            outcome = _read(path)
            seconds, more = time.process_time() - start, _memory() - before
            if hasattr(builtins, EXECUTED):
                return Outcome("executed", "what a pickle says was run")
            if seconds > MOST_SECONDS:
                return Outcome("hung", f"{seconds:.0f} s of the processor to read it")
            if more > MOST_BYTES:
                return Outcome("greedy", f"{more:,} bytes of memory to read it")
            if outcome.kind == "refused" or crc32(data) % COMPILED:
                return outcome
            return _called(path, announce)


def _memory() -> int:
    """The most bytes that the process has had so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _read(path: Path) -> Outcome:
    """A file told, described, imported and converted."""
    try:
        content = open_source(path)
        for frontend in frontends().values():  # what fails to say is left out elsewhere
            frontend.recognises(content)
        repr(summary_of(path))
        Compilation.of(str(path), Options()).lower_to("engine")
    except StepwellError as error:
        return Outcome("refused", f"{type(error).__name__}: {str(error)[:300]}")
    return Outcome("ran", "read and converted")


def _may_not_end(path: Path) -> bool:
    """Whether a program has loops: what ends one is up to the program, so up to a mutant."""
    return any("while" in name.lower() or "scan" in name for name in summary_of(path).operators)


def _called(path: Path, announce: Announce) -> Outcome:
    try:
        engine = stepwell.compile(path, threads=1)
        feeds = feeds_for(engine.inputs, 0)
        if engine.reference_ops or _may_not_end(path):
            announce("slow")
        results_of(engine, feeds)
    except TooLargeError:
        return Outcome("undecided", "large inputs")
    except StepwellError as error:
        return Outcome("refused", f"{type(error).__name__}: {str(error)[:300]}")
    return Outcome("ran")
