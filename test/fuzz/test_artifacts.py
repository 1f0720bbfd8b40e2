"""
Mutated artifacts whose digests are right, through `load(path)` and `load(path, recompile=True)`.

Each is refused with a reason, or runs and gives what it gave before where neither weights nor IR
are others.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import stepwell
from stepwell.errors import InvalidArtifactError, StepwellError
from stepwell.runtime.artifact import read_artifact, write_artifact
from stepwell.runtime.program import CompiledProgram
from stepwell.test.fuzz.artifact_mutations import mutated
from stepwell.test.fuzz.artifacts import MAKERS, Opened, donor, perceptron, reference_operations
from stepwell.test.fuzz.mutated_artifacts import MutatedArtifacts
from stepwell.test.fuzz.outcome import Outcome
from stepwell.test.fuzz.trial import assert_fine

KIND = "artifacts"


def test_seeds(seeds: range, seconds: float):
    assert assert_fine(KIND, seeds, seconds), "no seed was tried"


def _layout_that_is_none(opened: Opened) -> None:
    layouts = opened.header.segments.layouts
    layouts[:] = ["f4,O" for _ in layouts]


def _shape_that_does_not_fit(opened: Opened) -> None:
    opened.header.constants.shapes = [67 for _ in opened.header.constants.shapes]


def _no_reference_operations(opened: Opened) -> None:
    opened.header.referenceOps = []


FOUND = {
    "the layout of a weight": (0, _layout_that_is_none),
    "the shape of a constant": (0, _shape_that_does_not_fit),
    "operations that only the code has": (2, _no_reference_operations),
}
"""What once did something else, by the number of a model; tests of `runtime/` have the rest."""


@pytest.mark.parametrize("what", FOUND)
def test_found_before(what: str):
    number, change = FOUND[what]
    opened = Opened(donor(number))
    change(opened)
    outcome = MutatedArtifacts().judged(opened.closed(), lambda _: None)
    assert outcome.fine, outcome.word
    assert "refused" in outcome.word


@pytest.mark.parametrize("number", range(len(MAKERS)))
def test_what_mutations_begin_with_runs(number: int):
    outcome = MutatedArtifacts().judged(donor(number), lambda _: None)
    assert outcome == Outcome("ran", "load: ran ; recompiled: ran ")


def test_a_seed_is_a_case():
    assert mutated(7) == mutated(7)
    assert len({mutated(seed) for seed in range(50)}) > 40


@pytest.fixture(scope="module")
def program() -> CompiledProgram:
    return stepwell.compile(perceptron()).program


SEALED = {
    "a smaller arena": lambda p: {"arena_size": 64},
    "a smaller input": lambda p: {"inputs": (replace(p.inputs[0], shape=(1, 20)), *p.inputs[1:])},
    "another type": lambda p: {"outputs": (replace(p.outputs[0], dtype="float16"),)},
    "inputs in another order": lambda p: {"inputs": p.inputs[::-1]},
    "no errors": lambda p: {"errors": ()},
    "an entry elsewhere": lambda p: {
        "codes": tuple(
            replace(c, symbols=tuple(replace(s, offset=s.offset + 1, size=0) for s in c.symbols))
            for c in p.codes
        )
    },
    "code of another program": lambda p: {
        "codes": tuple(replace(c, code=bytes(len(c.code))) for c in p.codes)
    },
}


@pytest.mark.parametrize("what", SEALED)
def test_code_and_header_belong_together(what: str, program: CompiledProgram, tmp_path: Path):
    path = tmp_path / "stranger.well"
    write_artifact(replace(program, **SEALED[what](program)), path)
    with pytest.raises(InvalidArtifactError, match="machine code was made for another header"):
        stepwell.load(path)


SEALED_SIZES = {
    "rows that need not be as many": (8, lambda p: {"relations": ()}),
    "sizes without a bound": (8, lambda p: {"dims": {**p.dims, "N": "-1..8@1"}}),
    "a smaller bound of what the data decides": (
        6,
        lambda p: {"decided": (replace(p.decided[0], most="1"), *p.decided[1:])},
    ),
    "memory that another entry has": (6, lambda p: {"grown": (replace(p.grown[0], entry=1),)}),
}


@pytest.mark.parametrize("what", SEALED_SIZES)
def test_sizes_are_sealed(what: str, tmp_path: Path):
    number, change = SEALED_SIZES[what]
    program = stepwell.compile(MAKERS[number]()).program
    path = tmp_path / "stranger.well"
    write_artifact(replace(program, **change(program)), path)
    with pytest.raises(StepwellError, match="machine code was made for another header"):
        stepwell.load(path)


def test_a_program_for_some_sizes_is_for_these(tmp_path: Path):
    sizes = {"N": 3, "M": 3, "S": 3}
    program = stepwell.compile(MAKERS[8](), variants=[sizes]).program
    [variant] = program.variants
    path = tmp_path / "stranger.well"
    write_artifact(replace(program, variants=(replace(variant, sizes=(3, 3, 4)),)), path)
    with pytest.raises(StepwellError, match=r"program for the sizes \[3, 3, 4\] takes y"):
        stepwell.load(path)


def test_what_was_found_is_at_most_what_there_is_memory_for(tmp_path: Path):
    """An entry of the table that holds something else is no size."""
    path = tmp_path / "stranger.well"
    path.write_bytes(donor(6))
    program = read_artifact(path)
    found, *others = program.decided
    changed = replace(
        program,
        decided=(replace(found, entry=program.grow_entry), *others),
        codes=tuple(replace(code, seal=b"") for code in program.codes),
    )
    write_artifact(changed, path)
    engine = stepwell.load(path)
    feeds = {"x": np.ones((2, 4), np.float32), "c": np.ones(2, np.bool_), "k": np.array(1)}
    with pytest.raises(StepwellError, match="a result of 16 elements at most has the shape"):
        engine.run(feeds)


def test_reference_operations_are_sealed(tmp_path: Path):
    program = stepwell.compile(reference_operations()).program
    changed = tuple(replace(op, module=f"{op.module}\n") for op in program.reference_ops)
    assert changed
    path = tmp_path / "stranger.well"
    write_artifact(replace(program, reference_ops=changed), path)
    with pytest.raises(StepwellError, match="machine code was made for another header"):
        stepwell.load(path)
