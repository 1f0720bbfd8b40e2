"""Numbers in a header may be anything: what does not fit is said before anything runs."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from stepwell.compiler.load import load
from stepwell.errors import InvalidArtifactError, StepwellError, UsageError
from stepwell.runtime.abi import ENTRY
from stepwell.runtime.artifact import write_artifact
from stepwell.runtime.code_seal import sealed
from stepwell.runtime.engine import Engine
from stepwell.runtime.pool import MOST_THREADS, ThreadPool
from stepwell.runtime.program import (
    CodeImage,
    ReferenceBuffer,
    ReferenceOp,
    SizeRelation,
    Symbol,
    TensorSignature,
    Variant,
)

PAIR = ("float32", (2, 3))
HUGE = TensorSignature("x", "float32", (1 << 31, 1 << 31))


def reference(*buffers: ReferenceBuffer) -> tuple[ReferenceOp, ...]:
    return (ReferenceOp("/n", "Det", "builtin.module {}", buffers, ()),)


def reference_to(*buffers: ReferenceBuffer) -> tuple[ReferenceOp, ...]:
    return (ReferenceOp("/n", "Det", "builtin.module {}", (), buffers),)


def with_symbol(code: CodeImage, symbol: Symbol) -> tuple[CodeImage, ...]:
    return (replace(code, symbols=(symbol, *code.symbols)),)


CHANGES = {
    "threads": (lambda p: {"threads": 1 << 30}, "1073741824 threads, expected 1024 at most"),
    "arena": (lambda p: {"arena_size": 1 << 63}, "arena take 9223372036854775808 bytes"),
    "dtype": (
        lambda p: {"inputs": (TensorSignature("x", "object", (4,)), *p.inputs)},
        "input 'x' is of type 'object'",
    ),
    "structured dtype": (
        lambda p: {"outputs": (TensorSignature("x", "f4,O", (4,)),)},
        "output 'x' is of type 'f4,O'",
    ),
    "shape": (lambda p: {"inputs": (HUGE,)}, "input 'x' has shape"),
    "slots": (
        lambda p: {"inputs": (TensorSignature("s", "string", (2,), (), 1 << 30),)},
        r"places \[1073741824\], expected 0 to 0",
    ),
    "arena of a reference operation": (
        lambda p: {"reference_ops": reference(ReferenceBuffer("arena", 0, 1 << 40, *PAIR))},
        "an operand of '/n' ends at byte 1099511627800 of",
    ),
    "input of a reference operation": (
        lambda p: {"reference_ops": reference(ReferenceBuffer("input", 9, 0, *PAIR))},
        "is input 9, which the model has not",
    ),
    "base of a reference operation": (
        lambda p: {"reference_ops": reference(ReferenceBuffer("stack", 0, 0, *PAIR))},
        "of its stack",
    ),
    "objects of a reference operation": (
        lambda p: {"reference_ops": reference(ReferenceBuffer("arena", 0, 0, "object", (1,)))},
        "an operand of '/n' is of type 'object'",
    ),
    "result of a reference operation in the weights": (
        lambda p: {"reference_ops": reference_to(ReferenceBuffer("weights", 0, 0, *PAIR))},
        "a result of '/n' lies in its weights, which is only read",
    ),
    "rank of a reference operation": (
        lambda p: {"reference_ops": reference(ReferenceBuffer("arena", 0, 0, "int8", (1,) * 65))},
        "an operand of '/n' has 65 dimensions",
    ),
    "rank": (
        lambda p: {"inputs": (TensorSignature("x", "float32", (1,) * 65),)},
        "input 'x' has shape",
    ),
    "function": (
        lambda p: {"codes": with_symbol(p.codes[0], Symbol("f", 1 << 40, 8))},
        "a function lies outside its section",
    ),
    "entry": (
        lambda p: {"codes": (replace(p.codes[0], symbols=(Symbol("f", 0, 8),)),)},
        f"no function '{ENTRY}'",
    ),
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_header_that_does_not_fit(tmp_path, adder, what):
    change, message = CHANGES[what]
    write_artifact(replace(adder, **change(adder)), tmp_path / "stranger.well")
    with pytest.raises(InvalidArtifactError, match=message):
        load(tmp_path / "stranger.well")


OPEN_CHANGES = {
    "count": (lambda p: {"variants": (Variant((4, 4), p),)}, r"the sizes \[4, 4\] of 1 names"),
    "size": (lambda p: {"variants": (Variant((4,), p),)}, r"the sizes \[4\] takes a: float32"),
    "negative": (lambda p: {"variants": (Variant((-4,), p),)}, r"the sizes \[-4\] of 1 names"),
    "outputs": (
        lambda p: {"variants": (Variant((4096,), replace(p, outputs=())),)},
        "made for another header",
    ),
    "inputs": (
        lambda p: {"outputs": (*p.outputs, *p.outputs), "variants": (Variant((4096,), p),)},
        "a program for some sizes with other inputs or outputs",
    ),
    "bounds": (lambda p: {"dims": {"N": "4..1"}}, "its sizes cannot be"),
    "text of bounds": (lambda p: {"dims": {"N": "many"}}, "its sizes cannot be"),
    "relation": (lambda p: {"relations": (SizeRelation("N +", "N", "/n"),)}, "cannot be: the size"),
}


@pytest.mark.parametrize("what", OPEN_CHANGES)
def test_sizes_and_programs_that_do_not_fit(tmp_path, adder, what):
    change, message = OPEN_CHANGES[what]
    adder = sealed(adder)
    inputs = tuple(replace(tensor, shape=("N",)) for tensor in adder.inputs)
    opened = replace(adder, codes=(), inputs=inputs, variants=(Variant((4096,), adder),))
    write_artifact(opened, tmp_path / "right.well")
    assert load(tmp_path / "right.well").inputs == inputs
    write_artifact(replace(opened, **change(adder)), tmp_path / "stranger.well")
    with pytest.raises(InvalidArtifactError, match=message):
        load(tmp_path / "stranger.well")


def test_the_number_of_threads_is_bounded(adder):
    with pytest.raises(UsageError, match=f"threads is {MOST_THREADS + 1}, expected 1 to"):
        Engine(adder, threads=MOST_THREADS + 1)


def test_threads_that_cannot_be_started_leave_none_behind(adder, monkeypatch):
    engine = Engine(adder, threads=1)
    before = threading.active_count()
    start, started = threading.Thread.start, 0

    def limited(thread: threading.Thread) -> None:
        nonlocal started
        if started == 3:
            raise RuntimeError("can't start new thread")
        started += 1
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", limited)
    assert engine._code is not None
    with pytest.raises(StepwellError, match="the system gives 4 of 8 threads .*; ask for fewer"):
        ThreadPool(8, engine._code)
    assert started == 3
    assert threading.active_count() == before
