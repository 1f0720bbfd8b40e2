"""Artifacts in which what Python does with a program is another; the code is sealed for that."""

from __future__ import annotations

import random
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from stepwell.runtime.artifact import read_artifact, write_artifact
from stepwell.runtime.program import CompiledProgram, ReferenceOp, TensorSignature
from stepwell.test.fuzz.other_values import other_list, other_number, other_word
from stepwell.test.fuzz.programs import MUTATIONS as TEXT_MUTATIONS


def resealed(rng: random.Random, data: bytes) -> bytes:
    """
    What Python does with a program is another, and the machine code is sealed for that.

    Nothing that the code itself rests on: sizes of its arrays and of its memory.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "donor.well"
        path.write_bytes(data)
        program = read_artifact(path)
        for _ in range(rng.choice([1, 1, 2])):
            program = _changed_program(rng, program)
        codes = tuple(replace(code, seal=b"") for code in program.codes)
        write_artifact(replace(program, codes=codes), path)
        return path.read_bytes()


def _changed_program(rng: random.Random, program: CompiledProgram) -> CompiledProgram:
    kind = rng.choice(
        ["reference"] * 4 + ["opaque", "opaque", "errors", "threads", "names", "plan"]
    )
    if kind == "reference" and program.reference_ops:
        ops = list(program.reference_ops)
        at = rng.randrange(len(ops))
        if rng.random() < 0.1:
            changed = other_list(rng, ops)
            return replace(program, reference_ops=tuple(changed or ()))
        ops[at] = _changed_reference(rng, ops[at])
        return replace(program, reference_ops=tuple(ops))
    if kind == "opaque":
        side = rng.choice(["inputs", "outputs"])
        tensors = list(getattr(program, side))
        at = rng.randrange(len(tensors))
        if tensors[at].is_opaque:
            tensors[at] = _changed_opaque(rng, tensors[at])
        return replace(program, **{side: tuple(tensors)})
    if kind == "errors":
        return replace(program, errors=program.errors[: rng.randrange(2)])
    if kind == "names":
        tensors = [replace(t, name=other_word(rng, t.name)) for t in program.inputs]
        return replace(program, inputs=tuple(tensors))
    if kind == "plan" and program.plan:
        buffer = replace(program.plan[0], size=max(other_number(rng, 64), 0))
        return replace(program, plan=(buffer, *program.plan[1:]))
    return replace(program, threads=rng.choice([0, 1, 3, 5, -1, 1025, 1 << 30]))


def _changed_reference(rng: random.Random, op: ReferenceOp) -> ReferenceOp:
    if rng.random() < 0.3:
        return replace(op, module=rng.choice(TEXT_MUTATIONS)(rng, op.module))
    side = rng.choice(["operands", "results"])
    buffers = list(getattr(op, side))
    if not buffers or rng.random() < 0.2:
        return replace(op, **{side: tuple(other_list(rng, buffers) or ())})
    at = rng.randrange(len(buffers))
    field = rng.choice(["base", "index", "offset", "dtype", "shape"])
    old = getattr(buffers[at], field)
    new: Any = {
        "base": lambda: rng.choice(["arena", "weights", "input", "output", "opaque", "zz"]),
        "index": lambda: rng.choice([0, 1, 2, old + 1, 7, -1, 1 << 30]),
        "offset": lambda: max(other_number(rng, old), 0),
        "dtype": lambda: other_word(rng, old),
        "shape": lambda: tuple(rng.choice([0, 1, 2, 3, 1 << 20]) for _ in range(rng.randrange(5))),
    }[field]()
    buffers[at] = replace(buffers[at], **{field: new})
    return replace(op, **{side: tuple(buffers)})


def _changed_opaque(rng: random.Random, tensor: TensorSignature) -> TensorSignature:
    field = rng.choice(["slot", "dtype", "shape", "wrappers"])
    new: Any = {
        "slot": lambda: rng.choice([0, 1, 2, 3, 9, 1 << 20]),
        "dtype": lambda: other_word(rng, tensor.dtype),
        "shape": lambda: rng.choice([(), (1,), (2, 2), ("?",), ("...",), ("N", "N")]),
        "wrappers": lambda: rng.choice(
            [(), ("seq",), ("optional",), ("map string",), ("zz", "seq")]
        ),
    }[field]()
    return replace(tensor, **{field: new})
