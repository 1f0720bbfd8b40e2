"""
What must hold of a program before anything of it is run: numbers in a file may be anything.

Machine code is not looked into; a file's author is trusted with that or not at all. What is checked
is what Python does with the rest: the memory it asks for, the views it makes of it, the threads it
starts; and that code and header were made together (`code_seal.py`). Where sections, weights and
functions lie is checked when the header is read.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from ..errors import CompileError, StepwellError, UsageError
from .abi import BIND_ENTRY, ENTRY
from .code_seal import is_broken
from .open_sizes import OpenSizes
from .pool import MOST_THREADS
from .program import (
    ANY_SHAPE,
    OPAQUE,
    SEGMENT,
    STRING,
    CompiledProgram,
    ReferenceBuffer,
    TensorSignature,
    Variant,
    numpy_dtype,
)

MOST_BYTES = 1 << 62
"""Of any memory: with more, offsets would not fit into 64 bits."""

MOST_ENTRIES = 1 << 24
"""Of the table of sizes, of which every call in flight has one."""

_WRITABLE = frozenset(("arena", "output", OPAQUE, SEGMENT))
"""Where results of reference operations may lie."""

_MOST_RANK = 64
"""Of an array of numpy."""

_NUMBERS = "biufcV"
"""Kinds of dtypes that are numbers; those of `ml_dtypes` are of kind V."""


def problem_of(program: CompiledProgram) -> str | None:
    """The first thing that is wrong with the numbers of a program, None where nothing is."""
    for variant in program.variants:
        if (found := next(_problems(variant.program), None)) is not None:
            return found
    return next(_problems(program), None)


def _problems(program: CompiledProgram) -> Iterator[str]:
    if not 0 <= program.threads <= MOST_THREADS:
        yield f"it was compiled for {program.threads} threads, expected {MOST_THREADS} at most"
    for what, size in (("arena", program.arena_size), ("weights", program.weights_size)):
        if not 0 <= size < MOST_BYTES:
            yield f"its {what} take {size} bytes"
    for what, tensors in (("input", program.inputs), ("output", program.outputs)):
        for tensor in tensors:
            yield from _signature_problems(what, tensor)
    yield from _slot_problems(program)
    for op in program.reference_ops:
        for buffer in (*op.operands, *op.results):
            yield from _buffer_problems(program, op.node, buffer)
        for buffer in op.results:
            if buffer.base not in _WRITABLE:
                yield f"a result of '{op.node}' lies in its {buffer.base}, which is only read"
    yield from _code_problems(program)
    yield from _open_problems(program)
    yield from _table_problems(program)
    yield from _state_problems(program)
    yield from _donation_problems(program)


def _state_problems(program: CompiledProgram) -> Iterator[str]:
    """What is kept between calls is an input and an output of one type, in numbers."""
    inputs, outputs = program.inputs, program.outputs
    for numbers in zip(*((s.input, s.output) for s in program.states), strict=True):
        if len(set(numbers)) < len(numbers):
            yield f"two of its states are input or output {max(numbers, key=numbers.count)}"
    for state in program.states:
        if not (0 <= state.input < len(inputs) and 0 <= state.output < len(outputs)):
            yield f"state '{state.title}' is input {state.input} and output {state.output}"
            continue
        given, kept = inputs[state.input], outputs[state.output]
        sizes = [size for size in given.shape if isinstance(size, int)]
        if given.is_opaque or kept.is_opaque or len(sizes) < len(given.shape):
            yield f"state '{state.title}' is not a tensor whose sizes are numbers"
        elif (given.shape, given.dtype) != (kept.shape, kept.dtype):
            yield f"state '{state.title}' is {given.type} as an input and {kept.type} as an output"
        elif state.initial is not None and (
            state.initial.shape != given.shape or state.initial.dtype != numpy_dtype(given.dtype)
        ):
            yield f"state '{state.title}' is {given.type}, but something else at first"


def _donation_problems(program: CompiledProgram) -> Iterator[str]:
    """What lies in the memory of an output fits into it, as far as sizes are numbers."""
    inputs, outputs = program.inputs, program.outputs
    for numbers in zip(*((d.input, d.output) for d in program.donations), strict=True):
        if len(set(numbers)) < len(numbers):
            yield f"two of its donations are input or output {max(numbers, key=numbers.count)}"
    for donation in program.donations:
        if not (0 <= donation.input < len(inputs) and 0 <= donation.output < len(outputs)):
            yield f"a donation is input {donation.input} and output {donation.output}"
            continue
        given, room = inputs[donation.input], outputs[donation.output]
        what = f"input '{given.name}' is {given.type}, its output '{room.name}' {room.type}"
        if given.is_opaque or room.is_opaque:
            yield f"{what}: a donation without a buffer"
        elif given.dtype != room.dtype or len(given.shape) != len(room.shape):
            yield f"{what}: a donation of another type"
        elif any(
            isinstance(n, int) and isinstance(m, int) and n > m
            for n, m in zip(given.shape, room.shape, strict=True)
        ):
            yield f"{what}: a donation that is too large"


def _table_problems(program: CompiledProgram) -> Iterator[str]:
    """Only code that takes names has a table of sizes, and with it a limit for them."""
    entries = program.table_entries
    if not 0 <= entries <= MOST_ENTRIES:
        yield f"its table of sizes has {entries} entries"
    if entries and not program.sizes and not program.decided:
        yield f"its table of sizes has {entries} entries, but its sizes are numbers"
    elif entries:
        from .size_facts import names_of
        from .size_text import parse_size

        try:
            limit = parse_size(program.size_limit)
        except (StepwellError, ValueError) as error:
            yield f"the limit of its sizes is none: {error}"
            return
        if unknown := set(names_of((limit,))) - set(program.sizes):
            yield f"the limit of its sizes has names that no input gives: {', '.join(unknown)}"
    if not 0 <= program.grow_entry < max(entries, 1):
        yield f"it asks for memory by entry {program.grow_entry} of {entries}"
    for result in program.grown:
        outputs = len(program.buffer_outputs)
        if not 0 <= result.output < outputs or not 0 < result.entry < entries - 1:
            yield f"output {result.output} of {outputs} is where entry {result.entry} says"
    yield from _decided_problems(program)


def _decided_problems(program: CompiledProgram) -> Iterator[str]:
    """Sizes that the data decides have an entry of the table each, and a bound."""
    if not program.decided:
        return
    from .size_facts import names_of
    from .size_text import parse_size

    names, known = [size.name for size in program.decided], set(program.sizes)
    if len(set(names)) < len(names) or not known.isdisjoint(names):
        yield f"the data decides the sizes {', '.join(names)}, of which two are one"
    for size in program.decided:
        if not 0 < size.entry < program.table_entries:
            yield f"the size {size.name} is in entry {size.entry} of {program.table_entries}"
    texts = [size.most for size in program.decided]
    shapes = [size for tensor in program.buffer_outputs for size in tensor.shape]
    try:
        bounds = names_of(map(parse_size, texts))
        used = names_of(parse_size(size) for size in shapes if isinstance(size, str))
    except (StepwellError, ValueError) as error:
        yield f"a size that the data decides, or that of an output, cannot be: {error}"
        return
    if unknown := (set(bounds) - known) | (set(used) - known - set(names)):
        yield f"sizes of outputs have names that nothing gives: {', '.join(sorted(unknown))}"


def _open_problems(program: CompiledProgram) -> Iterator[str]:
    """Sizes by name can be read and solved, and programs for some of them fit their model."""
    if not program.sizes and not program.variants:
        return
    try:
        OpenSizes(program)
    except (CompileError, UsageError, ValueError) as error:
        yield f"its sizes cannot be: {error}"
        return
    names = [(t.name, t.dtype) for t in (*program.inputs, *program.outputs)]
    for variant in program.variants:
        values = variant.sizes
        if len(values) != len(program.sizes) or min(values, default=0) < 0:
            yield f"it has a program for the sizes {list(values)} of {len(program.sizes)} names"
            return
        tensors = (*variant.program.inputs, *variant.program.outputs)
        if [(tensor.name, tensor.dtype) for tensor in tensors] != names:
            yield "it has a program for some sizes with other inputs or outputs"
            return
        if wrong := _unlike(program, variant):
            yield f"its program for the sizes {list(values)} takes {wrong}"


def _unlike(program: CompiledProgram, variant: Variant) -> TensorSignature | None:
    """An input of the program for some sizes that is none of these sizes."""
    from .size import evaluated
    from .size_text import parse_size

    sizes = dict(zip(program.sizes, variant.sizes, strict=True))
    for tensor, bound in zip(program.inputs, variant.program.inputs, strict=True):
        if tensor.says_sizes and not tensor.is_opaque:
            shape = tuple([evaluated(parse_size(str(size)), sizes) for size in tensor.shape])
            if bound.shape != shape:
                return bound
    return None


def _code_problems(program: CompiledProgram) -> Iterator[str]:
    for code in program.codes:
        needed = (ENTRY, BIND_ENTRY) if program.table_entries else (ENTRY,)
        for name in needed:
            if code.code and name not in {symbol.name for symbol in code.symbols}:
                yield f"its machine code has no function '{name}'"
        if is_broken(program, code):
            yield (
                "its machine code was made for another header: sizes of inputs, outputs or memory,"
                " functions, errors or reference operations are not those it was compiled for"
            )


def _signature_problems(what: str, tensor: TensorSignature) -> Iterator[str]:
    if not _is_number(tensor.dtype) and not (tensor.is_opaque and tensor.dtype == STRING):
        yield f"{what} '{tensor.name}' is of type '{tensor.dtype}'"
        return
    if tensor.shape == ANY_SHAPE:
        return
    sizes = [size for size in tensor.shape if isinstance(size, int)]
    if len(tensor.shape) > _MOST_RANK or min(sizes, default=0) < 0 or prod(sizes) >= MOST_BYTES:
        yield f"{what} '{tensor.name}' has shape {list(tensor.shape)}"


def _slot_problems(program: CompiledProgram) -> Iterator[str]:
    """Every place in the table of opaque values is that of something."""
    slots = {t.slot for t in (*program.inputs, *program.outputs) if t.is_opaque}
    for op in program.reference_ops:
        slots |= {b.index for b in (*op.operands, *op.results) if b.base == OPAQUE}
    if slots != set(range(len(slots))):
        yield f"opaque values have the places {sorted(slots)[:8]}, expected 0 to {len(slots) - 1}"


def _buffer_problems(program: CompiledProgram, node: str, buffer: ReferenceBuffer) -> Iterator[str]:
    """An operand or result of a reference operation lies within what it is part of."""
    if buffer.base == OPAQUE:
        return
    if not _is_number(buffer.dtype):
        yield f"an operand of '{node}' is of type '{buffer.dtype}'"
        return
    entries = [buffer.start, *(-size for size in buffer.shape if size < 0)]
    if buffer.base == SEGMENT:
        entries.append(buffer.index)
    if any(entries) or buffer.base == SEGMENT:
        if not all(0 <= entry < max(program.table_entries, 1) for entry in entries):
            yield f"an operand of '{node}' is where a table of sizes says that the program has not"
        return
    tensors = {"input": program.buffer_inputs, "output": program.buffer_outputs}.get(buffer.base)
    if tensors is not None and not 0 <= buffer.index < len(tensors):
        yield f"an operand of '{node}' is {buffer.base} {buffer.index}, which the model has not"
        return
    if tensors is not None:
        tensor = tensors[buffer.index]
        sizes = [size if isinstance(size, int) else 0 for size in tensor.shape]
        room = prod(sizes) * numpy_dtype(tensor.dtype).itemsize
    else:
        room = {"weights": program.weights_size, "arena": program.arena_size}.get(buffer.base, -1)
    if len(buffer.shape) > _MOST_RANK:
        yield f"an operand of '{node}' has {len(buffer.shape)} dimensions"
    end = buffer.offset + prod(buffer.shape) * numpy_dtype(buffer.dtype).itemsize
    if min((buffer.offset, *buffer.shape)) < 0 or end > room:
        yield f"an operand of '{node}' ends at byte {end} of {room} of its {buffer.base}"


def _is_number(name: str) -> bool:
    try:
        dtype = numpy_dtype(name)
    except (TypeError, ValueError):
        return False
    plain = dtype.names is None and dtype.subdtype is None and dtype.itemsize > 0
    return plain and dtype.kind in _NUMBERS and dtype.name == name
