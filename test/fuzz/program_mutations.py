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
    kinds = ["reference"] * 4 + ["opaque", "opaque", "errors", "threads", "names", "plan"]
    if program.sizes:
        kinds += ["found sizes", "found sizes", "said sizes", "variants"]
    kind = rng.choice(kinds)
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
    if kind == "found sizes":
        return _changed_found_sizes(rng, program)
    if kind == "said sizes":
        name = rng.choice(program.sizes)
        return replace(program, dims={**program.dims, name: rng.choice(DIMS)})
    if kind == "variants" and program.variants:
        return _changed_variants(rng, program)
    if kind == "errors":
        return replace(program, errors=program.errors[: rng.randrange(2)])
    if kind == "names":
        tensors = [replace(t, name=other_word(rng, t.name)) for t in program.inputs]
        return replace(program, inputs=tuple(tensors))
    if kind == "plan" and program.plan:
        buffer = replace(program.plan[0], size=max(other_number(rng, 64), 0))
        return replace(program, plan=(buffer, *program.plan[1:]))
    return replace(program, threads=rng.choice([0, 1, 3, 5, -1, 1025, 1 << 30]))


DIMS = ("0..", "1..8", "3..3", "0../4", "5..", "0..@7", "7..1", "..", "0../0", "x", "", "0..-1")


def _changed_found_sizes(rng: random.Random, program: CompiledProgram) -> CompiledProgram:
    """Where a call leaves a size or the memory of a result, and how large it can be, is another."""
    if program.grown and rng.random() < 0.3:
        result, *others = program.grown
        entry = rng.choice([0, 1, result.entry + 1, program.table_entries, 1 << 63, 1 << 20])
        return replace(program, grown=(replace(result, entry=entry), *others))
    if rng.random() < 0.1:
        return replace(
            program, size_limit=rng.choice(["", "x", "N", "S * S", "0", "N -", "9" * 40])
        )
    sizes = list(program.decided)
    if not sizes or rng.random() < 0.2:
        return replace(program, decided=tuple(other_list(rng, sizes) or ()))
    at = rng.randrange(len(sizes))
    field = rng.choice(["name", "most", "entry", "entry"])
    new: Any = {
        "name": lambda: rng.choice([rng.choice(sizes).name, "N", "", "z", "N * 2"]),
        # No less than it is: machine code believes that.
        "most": lambda: f"{sizes[at].most} + {rng.choice(['1', 'N', 'S', 'N * N', '4 *', 'K'])}",
        "entry": lambda: rng.choice([0, 1, program.table_entries, 1 << 63, sizes[0].entry]),
    }[field]()
    sizes[at] = replace(sizes[at], **{field: new})
    return replace(program, decided=tuple(sizes))


def _changed_variants(rng: random.Random, program: CompiledProgram) -> CompiledProgram:
    """A program for some sizes is one for others, or has another header itself."""
    variants = list(program.variants)
    if rng.random() < 0.2:
        return replace(program, variants=tuple(other_list(rng, variants) or ()))
    at = rng.randrange(len(variants))
    one = variants[at]
    if rng.random() < 0.6:
        sizes = list(one.sizes)
        sizes[rng.randrange(len(sizes))] = rng.choice([0, 1, 2, 3, 4, 1 << 20])
        variants[at] = replace(one, sizes=tuple(sizes))
    else:
        within = _changed_program(rng, one.program)
        codes = tuple(replace(code, seal=b"") for code in within.codes)
        variants[at] = replace(one, program=replace(within, codes=codes))
    return replace(program, variants=tuple(variants))


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
