"""
Work that a second process takes its share of: building kernels, which is Python from end to end.

Threads gain nothing, as Python runs one of them at a time and LLVM is entered under one lock. A
forked process has everything that is needed already and gives back bytes. It is a help and never
a condition: what a helper has not done, for whatever reason, is done here.
"""

from __future__ import annotations

import gc
import os
import select
import signal
import struct
import sys
import threading
import time
import warnings
from collections.abc import Callable, Generator
from contextlib import suppress
from dataclasses import dataclass

FEWEST = 8
"""Pieces of work for which a process is worth its start of some 20 ms; twice as many for two."""

MOST_HELPERS = 7
"""Processes beside this one; each has a copy of the memory that it changes."""

PATIENCE_SECONDS = 10.0
"""How long a helper may take for its last piece after all others are done."""

_TOKEN = struct.Struct("<I")
_HEAD = struct.Struct("<IdI")
_MOST_TOKENS = 10_000
"""Tokens that certainly fit into a pipe; pieces beyond are done here."""


@dataclass(frozen=True)
class Built:
    """The bytes of a piece of work, and the seconds that it took."""

    content: bytes
    seconds: float


def build_all(count: int, build: Callable[[int], bytes]) -> Generator[tuple[int, Built]]:
    """
    `build(i)` for each `i` below `count`, in any order, each exactly once to all appearances.

    An exception of `build` is raised here: a helper leaves a piece that fails to this process.
    """
    helpers = helpers_for(count)
    if not helpers:
        for piece in range(count):
            yield piece, _timed(build, piece)
        return
    with_tokens = min(count, _MOST_TOKENS)
    source, sink = os.pipe()
    started: list[_Helper] = []
    try:
        try:
            os.write(sink, b"".join(map(_TOKEN.pack, range(with_tokens))))
            for _ in range(helpers):
                started.append(_Helper.start(source, sink, build))
        except OSError:
            pass  # No process or no memory to be had: this one does it all.
        finally:
            os.close(sink)
        left = set(range(count))
        while token := os.read(source, _TOKEN.size):
            [piece] = _TOKEN.unpack(token)
            left.discard(piece)
            yield piece, _timed(build, piece)
        for helper in started:
            for piece, built in helper.results():
                left.discard(piece)
                yield piece, built
        for piece in sorted(left):
            yield piece, _timed(build, piece)
    finally:
        os.close(source)
        for helper in started:
            helper.end()


def helpers_for(count: int) -> int:
    """
    Processes that are worth starting beside this one for `count` pieces.

    None where a fork may copy a lock that another thread holds, and where the system has no way to
    do it that is safe: macOS and Windows.
    """
    if sys.platform != "linux" or threading.active_count() > 1:
        return 0
    return min(len(os.sched_getaffinity(0)) - 1, count // FEWEST, MOST_HELPERS)


def _timed(build: Callable[[int], bytes], piece: int) -> Built:
    start = time.perf_counter()
    content = build(piece)
    return Built(content, time.perf_counter() - start)


@dataclass
class _Helper:
    """A forked process, what it writes its results to, and a pipe that it holds while it lives."""

    process: int
    results_file: int
    alive: int
    reaped: bool = False

    @staticmethod
    def start(source: int, sink: int, build: Callable[[int], bytes]) -> _Helper:
        results = os.memfd_create("pieces")
        alive, held = os.pipe()
        try:
            with warnings.catch_warnings():
                # Threads of numpy's libraries sleep; those of Python were counted.
                warnings.simplefilter("ignore", DeprecationWarning)
                process = os.fork()
        except OSError:
            os.close(results)
            os.close(alive)
            os.close(held)
            raise
        if process == 0:
            try:
                os.close(sink)
                _help(source, results, build)
            finally:
                os._exit(0)  # Nothing of the caller's may run twice: no handlers, no buffers.
        os.close(held)
        return _Helper(process, results, alive)

    def results(self) -> list[tuple[int, Built]]:
        """What the process did, once it has ended or has taken too long."""
        end_of = select.poll()
        end_of.register(self.alive, select.POLLHUP)
        if not end_of.poll(PATIENCE_SECONDS * 1000):
            self._kill()
        self._reap()
        found: list[tuple[int, Built]] = []
        at, end = 0, os.fstat(self.results_file).st_size
        while at + _HEAD.size <= end:
            piece, seconds, size = _HEAD.unpack(os.pread(self.results_file, _HEAD.size, at))
            at += _HEAD.size
            content = os.pread(self.results_file, size, at)
            if len(content) < size:
                break
            found.append((piece, Built(content, seconds)))
            at += size
        return found

    def end(self) -> None:
        """Stop it if it still runs, and give back what it holds."""
        if not self.reaped:
            self._kill()
            self._reap()
        os.close(self.results_file)
        os.close(self.alive)

    def _kill(self) -> None:
        with suppress(ProcessLookupError):
            os.kill(self.process, signal.SIGKILL)

    def _reap(self) -> None:
        # Someone who waits for all children, or ignores their end, may have been faster.
        with suppress(ChildProcessError):
            os.waitpid(self.process, 0)
        self.reaped = True


def _help(source: int, results: int, build: Callable[[int], bytes]) -> None:
    # Its memory goes with it.
    gc.disable()
    with suppress(Exception):
        while token := os.read(source, _TOKEN.size):
            [piece] = _TOKEN.unpack(token)
            try:
                built = _timed(build, piece)
            except Exception:
                continue
            rest = memoryview(_HEAD.pack(piece, built.seconds, len(built.content)) + built.content)
            while rest:
                rest = rest[os.write(results, rest) :]
