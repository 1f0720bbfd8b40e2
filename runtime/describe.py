"""What is in an artifact, as rows for `stepwell info`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from .artifact import read_artifact
from .program import CompiledProgram, ReferenceOp
from .value_text import size_text, sizes_by_name_text

Rows = Iterable[tuple[str, str]]


def rows_text(rows: Rows) -> str:
    """Rows of a name and a value, one a line."""
    return "".join(f"{name:<13} {value}\n" for name, value in rows)


def artifact_rows(path: Path) -> Iterator[tuple[str, str]]:
    """
    What is in the artifact at `path`.

    Raises:
        InvalidArtifactError: if it cannot be read.
    """
    program = read_artifact(path)
    yield "file", f"{path} ({size_text(path.stat().st_size)})"
    if program.provenance.model:
        yield "model", program.provenance.model
    for kind, tensors in (("input", program.given_inputs), ("output", program.given_outputs)):
        for tensor in tensors:
            yield kind, str(tensor)
    for state in program.states:
        first = "zeros" if state.initial is None else "a constant"
        yield "state", f"{state.title}: {program.inputs[state.input].type}, {first} at first"
    for donation in dict.fromkeys(d for p in _programs(program) for d in p.donations):
        given, room = program.inputs[donation.input], program.outputs[donation.output]
        yield "donated", f"{given.name}, whose memory becomes that of {room.name}"
    yield from _size_rows(program)
    for code in (c for p in _programs(program) for c in p.codes):
        features = f", {' '.join(code.features)}" if code.features else ""
        yield "code", f"{size_text(len(code.code))} for {code.triple} ({code.cpu}{features})"
    yield "weights", size_text(program.weights_size)
    if not program.is_open:
        at = f" at {hints_text(program)}" if program.sizes else ""
        arena = size_text(program.arena_size)
        yield "arena", f"{arena} in {len(program.plan)} buffers{at}"
    yield from reference_rows(program)
    yield "exactness", program.provenance.exactness or "not said"
    for name, count in sorted(program.provenance.rewrites.items()):
        yield "rewrite", f"{name}: {count} times"
    for name, value in sorted({**program.provenance.options}.items()):
        yield "option", f"{name} = {value}"
    for name, value in sorted(program.provenance.versions.items()):
        yield "made with", f"{name} {value}"


def _programs(program: CompiledProgram) -> Iterator[CompiledProgram]:
    yield program
    for variant in program.variants:
        yield variant.program


def _size_rows(program: CompiledProgram) -> Iterator[tuple[str, str]]:
    """The names in sizes, what must hold of them, and the sizes there are programs for."""
    for size in program.decided:
        yield "size", f"{size.name}: decided by the data, {size.most} at most"
    if not program.sizes:
        return
    from .bounding_relations import relation_text
    from .size_solving import shown_name, shown_values
    from .size_text import parse_size

    for name in program.sizes:
        known = program.dims.get(name)
        yield "size", f"{shown_name(name)}: {known}" if known else shown_name(name)
    for relation in program.relations:
        sides = parse_size(relation.left), parse_size(relation.right)
        said = relation_text(*sides, or_one=relation.or_one)
        yield "relation", f"{said}, needed by {relation.node}"
    for variant in program.variants:
        sizes = sizes_by_name_text(
            shown_values(dict(zip(program.sizes, variant.sizes, strict=True)))
        )
        arena = size_text(variant.program.arena_size)
        buffers = len(variant.program.plan)
        yield "program", f"for {sizes}: arena {arena} in {buffers} buffers"
    if not program.is_open:
        yield "program", "for all other sizes" if program.variants else "for all sizes"
    elif not program.variants:
        yield "program", "none yet; a call makes that for its sizes"


def kind_of_program(program: CompiledProgram) -> str:
    """What a program that leaves sizes open is for; nothing where all sizes are numbers."""
    if not program.sizes:
        return ""
    return "a program for each size" if program.is_open else "the program for all sizes"


def hints_text(program: CompiledProgram) -> str:
    """The sizes that a program for all of them was planned for: `N = 1, S = 128`."""
    from .size_facts import Facts, parse_dim
    from .size_solving import shown_values

    facts = Facts({name: parse_dim(text) for name, text in program.dims.items()})
    return sizes_by_name_text(shown_values({name: facts.hint(name) for name in program.sizes}))


def reference_rows(program: CompiledProgram) -> Iterator[tuple[str, str]]:
    """The operations that run by their reference semantics, and why."""
    ops = [op for part in _programs(program) for op in part.reference_ops]
    if not ops and (not program.is_open or program.variants):
        yield "reference ops", "none"
    for text in dict.fromkeys(map(reference_text, ops)):
        yield "reference op", text


def reference_lines(ops: Sequence[ReferenceOp]) -> list[str]:
    """What a report says of operations that run by their reference semantics; nothing of none."""
    if not ops:
        return []
    steps = "1 step runs" if len(ops) == 1 else f"{len(ops)} steps run"
    return [
        f"{steps} by the reference semantics, not as machine code:",
        *(f"  {reference_text(op)}" for op in ops),
    ]


def reference_text(op: ReferenceOp) -> str:
    """`onnx.Foo '/layer/foo': has no native form`."""
    why = f": {op.reason}" if op.reason else ""
    return f"{op.op_type} '{op.node}'{why}"
