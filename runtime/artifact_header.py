"""A `CompiledProgram` as the FlatBuffers header of an artifact, and back.

`artifact.fbs` is the schema; `artifact_generated.py` is made from it and untyped, hence the `Any`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from math import prod
from typing import Any

import flatbuffers
import numpy as np

from . import artifact_generated
from .array_memory import AnyArray
from .code_seal import without_seal
from .packed_constant import in_segment, unpack_constant
from .program import (
    CodeImage,
    CompiledProgram,
    Constant,
    DecidedSize,
    Donation,
    ErrorEntry,
    GrownResult,
    PlannedBuffer,
    Provenance,
    ReferenceBuffer,
    ReferenceOp,
    SizeRelation,
    State,
    Symbol,
    TensorSignature,
    Variant,
    WeightSegment,
    numpy_dtype,
)

_tables: Any = artifact_generated

IDENTIFIER = b"WELL"


@dataclass(frozen=True)
class SectionPlace:
    """Where the bytes of a section lie in the file, and the digest of them and their padding."""

    offset: int
    size: int
    digest: bytes


@dataclass(frozen=True)
class ConstantPlace:
    """Where a constant lies in the constants section, or which weight segment holds it."""

    offset: int
    segment: int | None


@dataclass(frozen=True)
class Places:
    """Where everything of a program lies that is not in the header; `codes` as in the program."""

    weights: SectionPlace
    codes: tuple[SectionPlace, ...]
    ir: SectionPlace
    constants: SectionPlace
    constant_places: tuple[ConstantPlace, ...]
    variants: tuple[Places, ...] = ()


def encode_header(program: CompiledProgram, places: Places) -> bytes:
    """The header as bytes; equal programs give equal bytes."""
    builder: Any = flatbuffers.Builder(1 << 16)
    builder.Finish(_encode_program(program, places).Pack(builder), IDENTIFIER)
    return bytes(builder.Output())


def _encode_program(program: CompiledProgram, places: Places) -> Any:
    provenance = program.provenance
    header = _tables.HeaderT()
    header.inputs = [_encode_tensor(tensor) for tensor in program.inputs]
    header.outputs = [_encode_tensor(tensor) for tensor in program.outputs]
    header.weights = _encode_section(places.weights)
    header.segments = _make(
        "Segments",
        offsets=[segment.offset for segment in program.weights],
        sizes=[segment.nbytes for segment in program.weights],
        digests=[segment.digest for segment in program.weights],
        layouts=[segment.layout for segment in program.weights],
    )
    header.codes = [
        _encode_code(code, place) for code, place in zip(program.codes, places.codes, strict=True)
    ]
    header.ir = _encode_section(places.ir)
    header.constantsSection = _encode_section(places.constants)
    header.constants = _encode_constants(program.constants, places.constant_places)
    header.arenaSize = program.arena_size
    header.plan = _make(
        "Plan",
        names=[buffer.name for buffer in program.plan],
        offsets=[buffer.offset for buffer in program.plan],
        sizes=[buffer.size for buffer in program.plan],
        first=[buffer.first for buffer in program.plan],
        last=[buffer.last for buffer in program.plan],
    )
    header.errors = _make(
        "Errors",
        nodes=[entry.node for entry in program.errors],
        messages=[entry.message for entry in program.errors],
    )
    header.referenceOps = [_encode_reference_op(op) for op in program.reference_ops]
    header.threads = program.threads
    header.model = provenance.model
    header.exactness = provenance.exactness
    header.rewrites = _encode_entries(provenance.rewrites)
    header.options = _encode_entries(provenance.options)
    header.versions = _encode_entries(provenance.versions)
    header.weightsSize = program.weights_size
    header.dims = _encode_entries(program.dims)
    header.relations = [
        _make("Relation", left=r.left, right=r.right, node=r.node, orOne=r.or_one)
        for r in program.relations
    ]
    header.tableEntries = program.table_entries
    header.sizeLimit = program.size_limit
    header.growEntry = program.grow_entry
    header.grown = [_make("Grown", output=r.output, entry=r.entry) for r in program.grown]
    header.states = [
        _make(
            "State",
            title=state.title,
            input=state.input,
            output=state.output,
            initial=None if state.initial is None else _bytes(state.initial),
        )
        for state in program.states
    ]
    header.donations = [
        _make("Donation", input=donation.input, output=donation.output)
        for donation in program.donations
    ]
    header.decided = [
        _make("Decided", name=size.name, most=size.most, entry=size.entry)
        for size in program.decided
    ]
    header.variants = [
        _make("Variant", sizes=list(variant.sizes), program=_encode_program(variant.program, at))
        for variant, at in zip(program.variants, places.variants, strict=True)
    ]
    return header


def _make(table: str, **fields: object) -> Any:
    made = getattr(_tables, f"{table}T")()
    for name, value in fields.items():
        setattr(made, name, value)
    return made


def _bytes(array: AnyArray) -> AnyArray:
    return np.ascontiguousarray(array).reshape(-1).view(np.uint8)


def _encode_section(place: SectionPlace) -> Any:
    return _make("Section", offset=place.offset, size=place.size, digest=list(place.digest))


def _encode_tensor(tensor: TensorSignature) -> Any:
    return _make(
        "Tensor",
        name=tensor.name,
        dtype=tensor.dtype,
        sizes=[-1 if isinstance(size, str) else size for size in tensor.shape],
        symbols=[size for size in tensor.shape if isinstance(size, str)],
        wrappers=list(tensor.wrappers),
        slot=tensor.slot,
    )


def _encode_code(code: CodeImage, place: SectionPlace) -> Any:
    functions = _make(
        "Functions",
        names=[symbol.name for symbol in code.symbols],
        offsets=[symbol.offset for symbol in code.symbols],
        sizes=[symbol.size for symbol in code.symbols],
    )
    return _make(
        "Code",
        triple=code.triple,
        cpu=code.cpu,
        features=list(code.features),
        section=_encode_section(place),
        functions=functions,
    )


def _encode_constants(constants: Sequence[Constant], places: Sequence[ConstantPlace]) -> Any:
    return _make(
        "Constants",
        names=[constant.name for constant in constants],
        digests=[constant.digest for constant in constants],
        dtypes=[constant.dtype for constant in constants],
        ranks=[len(constant.shape) for constant in constants],
        shapes=[size for constant in constants for size in constant.shape],
        offsets=[place.offset for place in places],
        segments=[-1 if place.segment is None else place.segment for place in places],
    )


def _encode_reference_op(op: ReferenceOp) -> Any:
    return _make(
        "ReferenceOp",
        node=op.node,
        opType=op.op_type,
        moduleText=op.module,
        operands=[_encode_reference_buffer(buffer) for buffer in op.operands],
        results=[_encode_reference_buffer(buffer) for buffer in op.results],
        reason=op.reason,
    )


def _encode_reference_buffer(buffer: ReferenceBuffer) -> Any:
    return _make(
        "ReferenceBuffer",
        base=buffer.base,
        index=buffer.index,
        offset=buffer.offset,
        dtype=buffer.dtype,
        shape=list(buffer.shape),
        start=buffer.start,
    )


def _encode_entries(entries: Mapping[str, object]) -> Any:
    keys = sorted(entries)
    return _make("Entries", keys=keys, values=[str(entries[key]) for key in keys])


@dataclass(frozen=True)
class Sections:
    """The contents of an artifact's sections. `codes` is empty if they are not wanted; `constants`
    checks the section's digest when it is first called."""

    weights: AnyArray
    codes: Sequence[bytes]
    ir: str
    constants: Callable[[], AnyArray]
    variants: Sequence[Sections] = ()


class Header:
    """A header as read. Any exception of its methods means that the header is malformed."""

    def __init__(self, header: Any):
        self._header = header

    @staticmethod
    def of(data: bytes) -> Header:
        """The header in these bytes."""
        if not _tables.Header.HeaderBufferHasIdentifier(data, 0):
            raise ValueError("the identifier is wrong")
        return Header(_tables.HeaderT.InitFromObj(_tables.Header.GetRootAs(data)))

    def _variants(self) -> list[tuple[tuple[int, ...], Header]]:
        found: Any = self._header.variants or ()
        return [(tuple(_numbers(v.sizes)), Header(v.program)) for v in found]

    def places(self) -> Places:
        """Where the sections lie."""
        header = self._header
        constants = header.constants
        return Places(
            weights=_section(header.weights),
            codes=tuple(_section(code.section) for code in header.codes or ()),
            ir=_section(header.ir),
            constants=_section(header.constantsSection),
            constant_places=tuple(
                ConstantPlace(offset, None if segment < 0 else segment)
                for offset, segment in zip(*_columns(constants, "offsets segments"), strict=True)
            ),
            variants=tuple(header.places() for _, header in self._variants()),
        )

    def program(self, sections: Sections, places: Places) -> CompiledProgram:
        """The program; weights and constants are views of `sections`."""
        header = self._header
        size = int(header.weightsSize)
        if size > sections.weights.size:
            raise ValueError("the weights are longer than their section")
        image = sections.weights[:size]
        weights = tuple(self._segments(image))
        return CompiledProgram(
            inputs=tuple(_tensor(tensor) for tensor in header.inputs or ()),
            outputs=tuple(_tensor(tensor) for tensor in header.outputs or ()),
            codes=tuple(
                _code(code, data)
                for code, data in zip(header.codes or (), sections.codes, strict=False)
            ),
            weights=weights,
            weights_size=size,
            arena_size=int(header.arenaSize),
            plan=_rows(PlannedBuffer, header.plan, "names offsets sizes first last"),
            errors=_rows(ErrorEntry, header.errors, "nodes messages"),
            reference_ops=tuple(_reference_op(op) for op in header.referenceOps or ()),
            ir=sections.ir,
            constants=tuple(self._constants(sections, weights, places.constant_places)),
            provenance=Provenance(
                model=_text(header.model),
                exactness=_text(header.exactness),
                rewrites={name: int(count) for name, count in _entries(header.rewrites).items()},
                options=_entries(header.options),
                versions=_entries(header.versions),
            ),
            threads=int(header.threads),
            weights_image=image,
            dims=_entries(header.dims),
            relations=tuple(
                SizeRelation(_text(r.left), _text(r.right), _text(r.node), bool(r.orOne))
                for r in header.relations or ()
            ),
            table_entries=int(header.tableEntries),
            size_limit=_text(header.sizeLimit),
            decided=tuple(
                DecidedSize(_text(size.name), _text(size.most), int(size.entry))
                for size in header.decided or ()
            ),
            grow_entry=int(header.growEntry),
            grown=tuple(GrownResult(int(r.output), int(r.entry)) for r in header.grown or ()),
            states=tuple(_state(state, header.inputs or ()) for state in header.states or ()),
            donations=tuple(Donation(int(d.input), int(d.output)) for d in header.donations or ()),
            variants=tuple(
                Variant(sizes, variant.program(within, at))
                for (sizes, variant), within, at in zip(
                    self._variants(), sections.variants, places.variants, strict=True
                )
            ),
        )

    def _segments(self, image: AnyArray) -> Iterable[WeightSegment]:
        columns = _columns(self._header.segments, "offsets sizes digests layouts")
        for offset, size, digest, layout in zip(*columns, strict=True):
            if offset + size > image.nbytes:
                raise ValueError("a weight lies outside its section")
            view = partial(_slice, lambda: image, offset, size)
            yield WeightSegment(offset, size, view, digest, layout)

    def _constants(
        self,
        sections: Sections,
        weights: Sequence[WeightSegment],
        places: Iterable[ConstantPlace],
    ) -> Iterable[Constant]:
        table = self._header.constants
        sizes = iter(_numbers(table.shapes))
        columns = _columns(table, "names digests dtypes ranks")
        for (name, digest, dtype, rank), place in zip(
            zip(*columns, strict=True), places, strict=True
        ):
            shape = tuple(next(sizes) for _ in range(rank))
            size = prod(shape) * numpy_dtype(dtype).itemsize
            view = partial(_slice, sections.constants, place.offset, size)
            constant = Constant(
                name, digest, dtype, shape, partial(unpack_constant, view, dtype, shape)
            )
            if place.segment is not None:
                constant = in_segment(constant, weights[place.segment])
            yield constant


def _slice(section: Callable[[], AnyArray], offset: int, size: int) -> AnyArray:
    return section()[offset : offset + size]


def _text(value: bytes | None) -> str:
    return value.decode() if value else ""


def _numbers(values: Any) -> list[int]:
    return [] if values is None else [int(value) for value in values]


def _column(values: Any) -> list[Any]:
    """A vector of the header: of numbers as numbers, of strings as `str`."""
    if values is None:
        return []
    if isinstance(values, np.ndarray):
        return values.tolist()
    return [_text(value) for value in values]


def _columns(table: Any, names: str) -> list[list[Any]]:
    return [_column(getattr(table, name)) for name in names.split()]


def _rows(kind: Callable[..., Any], table: Any, columns: str) -> tuple[Any, ...]:
    rows = zip(*_columns(table, columns), strict=True)
    return tuple(kind(*row) for row in rows)


def _entries(table: Any) -> dict[str, str]:
    keys, values = _columns(table, "keys values")
    return dict(zip(keys, values, strict=True))


def _section(section: Any) -> SectionPlace:
    return SectionPlace(int(section.offset), int(section.size), bytes(_numbers(section.digest)))


def _tensor(tensor: Any) -> TensorSignature:
    symbols = iter(_column(tensor.symbols))
    shape = tuple(next(symbols) if size < 0 else size for size in _numbers(tensor.sizes))
    wrappers = tuple(_column(tensor.wrappers))
    return TensorSignature(
        _text(tensor.name), _text(tensor.dtype), shape, wrappers, int(tensor.slot)
    )


def _state(state: Any, inputs: Sequence[Any]) -> State:
    number = int(state.input)
    if state.initial is None:
        return State(_text(state.title), number, int(state.output))
    # Its shape and dtype are those of the input, which is looked up by a number of the file.
    tensor = _tensor(inputs[number])
    shape = [int(size) for size in tensor.shape]
    initial = np.array(state.initial, np.uint8).view(numpy_dtype(tensor.dtype)).reshape(shape)
    initial.flags.writeable = False
    return State(_text(state.title), number, int(state.output), initial)


def _code(code: Any, data: bytes) -> CodeImage:
    data, seal = without_seal(data)
    symbols = _rows(Symbol, code.functions, "names offsets sizes")
    if any(symbol.offset + symbol.size > len(data) for symbol in symbols):
        raise ValueError("a function lies outside its section")
    features = tuple(_column(code.features))
    return CodeImage(_text(code.triple), _text(code.cpu), features, data, symbols, seal)


def _reference_op(op: Any) -> ReferenceOp:
    return ReferenceOp(
        node=_text(op.node),
        op_type=_text(op.opType),
        module=_text(op.moduleText),
        operands=tuple(_reference_buffer(buffer) for buffer in op.operands or ()),
        results=tuple(_reference_buffer(buffer) for buffer in op.results or ()),
        reason=_text(op.reason),
    )


def _reference_buffer(buffer: Any) -> ReferenceBuffer:
    return ReferenceBuffer(
        base=_text(buffer.base),
        index=int(buffer.index),
        offset=int(buffer.offset),
        dtype=_text(buffer.dtype),
        shape=tuple(_numbers(buffer.shape)),
        start=int(buffer.start),
    )
