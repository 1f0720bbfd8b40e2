"""Pieces of work beside helpers: all are done, whatever becomes of one, and nothing is left."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from stepwell.compiler import parallel_build
from stepwell.compiler.parallel_build import build_all, helpers_for

COUNT = 40

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="helpers are for Linux")


@pytest.fixture(autouse=True)
def _two_helpers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel_build, "helpers_for", lambda count: 2 if count else 0)


def expected(count: int = COUNT) -> dict[int, bytes]:
    return {piece: b"%d" % piece * 3000 for piece in range(count)}


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


def run(build: Callable[[int], bytes], count: int = COUNT) -> dict[int, bytes]:
    before = descriptors()
    found = [(piece, built.content) for piece, built in build_all(count, build)]
    assert len(found) == count  # each once
    assert descriptors() == before
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)  # no child is left
    return dict(found)


def test_helpers_take_their_share() -> None:
    here = os.getpid()
    processes: dict[int, bytes] = {}

    def build(piece: int) -> bytes:
        time.sleep(0.002)
        return b"%d %d" % (piece, os.getpid())

    processes = run(build)
    assert [int(processes[piece].split()[0]) for piece in range(COUNT)] == list(range(COUNT))
    workers = {int(content.split()[1]) for content in processes.values()}
    assert here in workers
    assert len(workers) >= 2


@pytest.mark.parametrize("count", [0, 1, 7, COUNT])
def test_all_pieces_whole(count: int) -> None:
    wanted = expected(count)
    assert run(wanted.__getitem__, count) == wanted


def test_more_pieces_than_a_pipe_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel_build, "_MOST_TOKENS", 5)
    assert run(expected().__getitem__) == expected()


def test_a_helper_that_dies_is_replaced() -> None:
    here = os.getpid()

    def build(piece: int) -> bytes:
        if os.getpid() != here and piece % 3 == 0:
            os._exit(1)
        time.sleep(0.001)
        return expected()[piece]

    assert run(build) == expected()


def test_a_helper_that_hangs_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel_build, "PATIENCE_SECONDS", 0.05)
    here = os.getpid()

    def build(piece: int) -> bytes:
        if os.getpid() != here:
            time.sleep(60)
        time.sleep(0.001)
        return expected()[piece]

    start = time.monotonic()
    assert run(build) == expected()
    assert time.monotonic() - start < 30


def test_an_error_is_raised_here_and_ends_the_helpers() -> None:
    def build(piece: int) -> bytes:
        if piece == 11:
            raise ValueError("piece 11")
        return expected()[piece]

    before = descriptors()
    with pytest.raises(ValueError, match="piece 11"):
        list(build_all(COUNT, build))
    assert descriptors() == before
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


def test_without_processes_it_is_done_here(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused() -> int:
        raise OSError("no more processes")

    monkeypatch.setattr(os, "fork", refused)
    assert run(expected().__getitem__) == expected()


def test_who_has_threads_gets_no_helpers() -> None:
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait)
    thread.start()
    try:
        assert helpers_for(1000) == 0
    finally:
        stop.set()
        thread.join()


PROGRAM = """
import os, pathlib, sys
import numpy as np, onnx, stepwell
from onnx import TensorProto, helper
from stepwell.compiler import parallel_build

sizes = range(3, 19)
nodes = [helper.make_node("Softmax", [f"x{n}"], [f"y{n}"], name=f"s{n}") for n in sizes]
value = helper.make_tensor_value_info
graph = helper.make_graph(
    nodes,
    "g",
    [value(f"x{n}", TensorProto.FLOAT, [2, n]) for n in sizes],
    [value(f"y{n}", TensorProto.FLOAT, [2, n]) for n in sizes],
)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
forks = []
fork = os.fork
os.fork = lambda: forks.append(1) or fork()
if sys.argv[2] == "alone":
    parallel_build.helpers_for = lambda count: 0
else:
    parallel_build.helpers_for = lambda count: 1
stepwell.compile(model, threads=1, target="x86-64-v2").save(sys.argv[1])
assert len(forks) == (sys.argv[2] != "alone")
"""


def test_a_program_is_the_same_however_it_was_built(tmp_path: Path) -> None:
    made: list[bytes] = []
    for how in ("alone", "helped"):
        environment = os.environ | {"STEPWELL_CACHE_DIR": str(tmp_path / how)}
        artifact = tmp_path / f"{how}.well"
        command = [sys.executable, "-c", PROGRAM, str(artifact), how]
        subprocess.run(command, check=True, env=environment, timeout=300)
        made.append(artifact.read_bytes())
    assert made[0] == made[1]
