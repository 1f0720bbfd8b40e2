"""
Mutated artifacts whose digests are right, through `load(path)` and `load(path, recompile=True)`.

Each is refused with a reason, or runs and gives what it gave before where neither weights nor IR
are others. `found/artifact_seeds.txt` names those that once did something else.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

import stepwell
from stepwell.errors import InvalidArtifactError, StepwellError
from stepwell.runtime.artifact import write_artifact
from stepwell.runtime.program import CompiledProgram
from stepwell.test.fuzz.artifacts import MAKERS, perceptron, reference_operations

FOUND = Path(__file__).parent / "found" / "artifact_seeds.txt"
"""Seeds of what was found, one a line, with a word on each."""


def outcomes(seeds: list[int], seconds: float) -> list[dict[str, str]]:
    """What becomes of mutations, tried in a process of its own, which one of them may end."""
    command = [sys.executable, "-m", "stepwell.test.fuzz.run_artifact", *map(str, seeds)]
    end = time.monotonic() + seconds
    found: list[dict[str, str]] = []
    begun = ""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            said = json.loads(line)
            if "begin" not in said:
                assert said["outcome"] in ("refused", "ran"), f"seed {begun}: {said}"
                found.append(said)
                continue
            begun = said["begin"]
            if time.monotonic() > end:
                process.kill()
                break
        else:
            assert process.wait() == 0, f"seed {begun} ended the process"
    return found


def test_mutations(seeds: range, seconds: float):
    found = outcomes(list(seeds), seconds)
    assert {(said["outcome"], said["recompile"]) for said in found} == {
        (outcome, recompile) for outcome in ("refused", "ran") for recompile in (False, True)
    }


def test_found_before():
    seeds = [int(line.split()[0]) for line in FOUND.read_text("utf-8").splitlines()]
    assert len(outcomes(seeds, 600)) == 2 * len(seeds)


@pytest.fixture(scope="module")
def program() -> CompiledProgram:
    return stepwell.compile(perceptron()).program


def test_mutations_begin_with_models_of_several_kinds():
    assert len(MAKERS) >= 6
    kinds = {op for make in MAKERS for op in stepwell.compile(make()).reference_ops}
    assert kinds


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


def test_reference_operations_are_sealed(tmp_path: Path):
    program = stepwell.compile(reference_operations()).program
    changed = tuple(replace(op, module=f"{op.module}\n") for op in program.reference_ops)
    assert changed
    path = tmp_path / "stranger.well"
    write_artifact(replace(program, reference_ops=changed), path)
    with pytest.raises(StepwellError, match="machine code was made for another header"):
        stepwell.load(path)
