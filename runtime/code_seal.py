"""
The seal of machine code: what the header of an artifact must say for the code to be run.

Machine code knows how many inputs it gets, of which sizes, how large the arena is, where its
functions begin; the header says the same once more, for Python. A header that says something else,
with whatever digests, would let the code run over the end of an array. So the compiler seals
the code with a digest of both, and a file in which they differ is refused before anything of it
runs. Code that nobody has sealed is sealed when it is written to a file, where the seal stands
behind the code.

It finds what does not belong together. It is no signature: who writes machine code can seal it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from hashlib import blake2b

import numpy as np

from .program import CodeImage, CompiledProgram, ReferenceBuffer, TensorSignature
from .section_digest import section_digest

MARK = b"\x00stepwell seal 1\x00"
"""What stands between the code and its seal in a file."""

_SIZE = 16


def sealed(program: CompiledProgram) -> CompiledProgram:
    """The program with a seal for each of its code images that has none yet."""
    codes = [
        code if code.seal else replace(code, seal=_digest(program, code)) for code in program.codes
    ]
    return replace(program, codes=tuple(codes))


def is_broken(program: CompiledProgram, code: CodeImage) -> bool:
    """Whether a code image has no seal, or that of another program."""
    return code.seal != _digest(program, code)


def with_seal(code: CodeImage) -> bytes:
    """The bytes of a code image in a file."""
    return code.code + MARK + code.seal


def without_seal(data: bytes) -> tuple[bytes, bytes]:
    """The code and the seal in the bytes of a file; an empty seal where there is none."""
    end = len(data) - _SIZE
    code = data[:end].removesuffix(MARK)
    return (code, data[end:]) if len(code) == end - len(MARK) else (data, b"")


def _digest(program: CompiledProgram, code: CodeImage) -> bytes:
    content = section_digest(np.frombuffer(code.code, np.uint8))  # several times faster
    digest = blake2b(content, digest_size=_SIZE)
    for text in _interface(program, code):
        data = text.encode("utf-8", "surrogatepass")
        digest.update(len(data).to_bytes(8, "little") + data)
    return digest.digest()


def _interface(program: CompiledProgram, code: CodeImage) -> Iterator[str]:
    """All that the code, and what runs it, rests on."""
    yield from (code.triple, code.cpu, *code.features)
    for symbol in code.symbols:
        yield f"{symbol.name} {symbol.offset} {symbol.size}"
    yield f"weights {program.weights_size} arena {program.arena_size}"
    yield from _sizes(program)
    for state in program.states:
        yield f"state {state.title} {state.input} {state.output}"
    for donation in program.donations:
        yield f"donation {donation.input} {donation.output}"
    for what, tensors in (("input", program.inputs), ("output", program.outputs)):
        for tensor in tensors:
            yield from (what, *_tensor(tensor))
    for entry in program.errors:
        yield from ("error", entry.node, entry.message)
    for op in program.reference_ops:
        yield from ("reference", op.node, op.op_type, op.module)
        for what, buffers in (("operand", op.operands), ("result", op.results)):
            for buffer in buffers:
                yield f"{what} {_buffer(buffer)}"


def _sizes(program: CompiledProgram) -> Iterator[str]:
    """What is said of sizes by name."""
    if program.table_entries:
        yield from ("table", str(program.table_entries), program.size_limit)
    for name in sorted(program.dims):
        yield from ("dim", name, program.dims[name])
    for relation in program.relations:
        yield from ("relation", relation.left, relation.right, f"{int(relation.or_one)}")
    for size in program.decided:
        yield from ("decided", size.name, size.most, str(size.entry))
    if program.grow_entry:
        yield f"grow {program.grow_entry}"
    for result in program.grown:
        yield f"grown {result.output} {result.entry}"


def _tensor(tensor: TensorSignature) -> tuple[str, ...]:
    sizes = [size if isinstance(size, str) else f"{int(size)}" for size in tensor.shape]
    kinds = "".join("s" if isinstance(size, str) else "n" for size in tensor.shape)
    return (tensor.name, tensor.dtype, f"{int(tensor.slot)} {kinds}", *sizes, *tensor.wrappers)


def _buffer(buffer: ReferenceBuffer) -> str:
    shape = "x".join(f"{int(n)}" for n in buffer.shape)
    start = f" {int(buffer.start)}" if buffer.start else ""
    return f"{buffer.base} {int(buffer.index)} {int(buffer.offset)}{start} {buffer.dtype} {shape}"
