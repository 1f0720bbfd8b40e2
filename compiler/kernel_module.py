"""
A module of level 5 as it was written: what the run time is told of it.

`@main` takes memrefs: the weights and the arena as `memref<?xi8>`, with the attribute
`error_status` a `memref<1xi64>`, with `size_table` a `memref<?xi64>`, then the inputs, then the
outputs (`runtime/abi.py`). Where sizes are open, its attribute `signature` has those of inputs and
outputs, and `@bind` computes how large the arena is. The
module's attribute `weights` says what lies where in the weights, `errors` what the numbers of
errors mean. Where sizes are numbers, how large the arena is follows from the views into it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from xdsl.dialects import func
from xdsl.dialects.builtin import (
    ArrayAttr,
    DenseArrayBase,
    DenseIntOrFPElementsAttr,
    DictionaryAttr,
    FunctionType,
    IntegerAttr,
    MemRefType,
    ModuleOp,
    StringAttr,
    TensorType,
    i8,
)
from xdsl.ir import Attribute

from ..conversion.engine_to_kernels.weights_image import ImageSegment
from ..dialects.engine import WeightAttr
from ..dialects.engine.base import element_of, extents_of, int_values, names_of, nbytes_of, shape_of
from ..dialects.engine.size_facts import facts_of
from ..dialects.engine.weights import dtype_of
from ..errors import InvalidIRError
from ..ir.interface import say_names
from ..ir.verify_ir import invalid
from ..ir.viewed_bytes import viewed_bytes
from ..runtime.abi import (
    ARENA_AT,
    CLOCK,
    ERROR_STATUS,
    ERROR_TABLE,
    INPUT_NAMES,
    INTERRUPTED,
    OUTPUT_NAMES,
    PROVIDE,
    REFERENCE,
    SIGNATURE,
    SIZE_TABLE,
    STOP_IF_FAILED,
    WEIGHTS_TABLE,
)
from ..runtime.program import DecidedSize, GrownResult, TensorSignature
from ..runtime.size_bounds import bounds_without
from .planned_program import main_of, shape_said

_CONVENTION = (
    "(%weights: memref<?xi8>, %arena: memref<?xi8>, inputs..., outputs...), all of them memrefs "
    "of known sizes and row-major"
)


@dataclass(frozen=True)
class KernelModule:
    """A module of level 5, read once."""

    inputs: tuple[TensorSignature, ...]
    outputs: tuple[TensorSignature, ...]
    segments: tuple[ImageSegment, ...]
    weights_size: int
    arena_size: int
    errors: tuple[str, ...]
    table_entries: int = 0
    size_limit: str = ""
    decided: tuple[DecidedSize, ...] = ()
    grow_entry: int = 0
    grown: tuple[GrownResult, ...] = ()

    @staticmethod
    def of(module: ModuleOp) -> KernelModule:
        """
        Read a verified module.

        Raises:
            InvalidIRError: for a `@main` that does not follow the convention, a function that is
                declared only, or weights that do not lie as the module says.
        """
        say_names(module)
        main = main_of(module)
        _check_declarations(module)
        entries, limit = _table(main)
        buffers = _buffers(main, bool(entries))
        inputs = _input_count(main, len(buffers))
        segments = _segments(module)
        size = max((s.offset + s.nbytes for s in segments), default=0)
        weights, arena = main.body.block.args[:2]
        if (seen := viewed_bytes(weights)) > size:
            raise invalid(
                main,
                f"@main looks at {seen} bytes of weights, but the module's attribute 'weights' "
                f"has {size}",
            )
        errors = module.attributes.get(ERROR_TABLE, ArrayAttr([]))
        return KernelModule(
            _signatures(buffers[:inputs], names_of(main, INPUT_NAMES)),
            _signatures(buffers[inputs:], names_of(main, OUTPUT_NAMES)),
            segments,
            size,
            0 if entries else viewed_bytes(arena),
            tuple(a.data for a in _elements(errors) if isinstance(a, StringAttr)),
            entries,
            limit,
            _decided(main, entries),
            _grow_entry(main, entries),
            _grown(main, entries, len(buffers) - inputs),
        )


def _check_declarations(module: ModuleOp) -> None:
    for function in module.ops:
        if not isinstance(function, func.FuncOp) or not function.is_declaration:
            continue
        name = function.sym_name.data
        if name == REFERENCE:
            raise invalid(
                function,
                f"@{name} runs operations by their reference semantics, which level 5 does not "
                "hold; compile the program from level 4 or above",
            )
        if name not in (CLOCK, INTERRUPTED, STOP_IF_FAILED, PROVIDE, ARENA_AT):
            raise invalid(function, f"@{name} is declared, but the module does not define it")


def _table(main: func.FuncOp) -> tuple[int, str]:
    """The entries of the table of sizes and the limit of what is computed; none without one."""
    said = main.attributes.get(SIZE_TABLE)
    if said is None:
        return 0, ""
    fields: Mapping[str, Attribute] = said.data if isinstance(said, DictionaryAttr) else {}
    entries, limit = fields.get("entries"), fields.get("limit")
    if not isinstance(entries, IntegerAttr) or not isinstance(limit, StringAttr):
        raise invalid(main, f'{SIZE_TABLE} is {said}, expected {{entries = 1 : i64, limit = "N"}}')
    return entries.value.data, limit.data


def _decided(main: func.FuncOp, entries: int) -> tuple[DecidedSize, ...]:
    """The sizes that the data decides, each with its bound and its entry of the table."""
    said = main.attributes.get(SIZE_TABLE)
    data = said.data.get("data") if isinstance(said, DictionaryAttr) else None
    fields: Mapping[str, Attribute] = data.data if isinstance(data, DictionaryAttr) else {}
    bounds = bounds_without(facts_of(main).decided)
    found: list[DecidedSize] = []
    for name, entry in fields.items():
        if not isinstance(entry, IntegerAttr) or not 0 < entry.value.data < entries:
            raise invalid(main, f"{SIZE_TABLE} has {name} in {entry}, expected 1 to {entries - 1}")
        if name not in bounds:
            raise invalid(main, f"{SIZE_TABLE} has {name}, of which 'sizes' says no bound")
        found.append(DecidedSize(name, str(bounds[name]), entry.value.data))
    return tuple(found)


def _grow_entry(main: func.FuncOp, entries: int) -> int:
    """The entry for what makes arenas of segments larger; 0 for none."""
    said = main.attributes.get(SIZE_TABLE)
    grow = said.data.get("grow") if isinstance(said, DictionaryAttr) else None
    if grow is None:
        return 0
    if not isinstance(grow, IntegerAttr) or not 0 < grow.value.data < entries:
        raise invalid(main, f"{SIZE_TABLE} has grow in {grow}, expected 1 to {entries - 1}")
    return grow.value.data


def _grown(main: func.FuncOp, entries: int, outputs: int) -> tuple[GrownResult, ...]:
    """The outputs that get their memory in the middle of a call."""
    said = main.attributes.get(SIZE_TABLE)
    results = said.data.get("results") if isinstance(said, DictionaryAttr) else None
    if results is None:
        return ()
    numbers = int_values(results) if isinstance(results, DenseArrayBase) else ()
    pairs = list(zip(numbers[::2], numbers[1::2], strict=False))
    if not pairs or any(not 0 <= n < outputs or not 0 < at < entries - 1 for n, at in pairs):
        raise invalid(main, f"{SIZE_TABLE} has results in {results}, expected outputs and entries")
    return tuple(GrownResult(number, at) for number, at in pairs)


def _buffers(main: func.FuncOp, sized: bool) -> Sequence[Attribute]:
    """The types of inputs and outputs."""
    types = list(main.function_type.inputs)
    fits = (
        len(types) >= 2
        and all(isinstance(t, MemRefType) for t in types)
        and all(shape_of(t) == (-1,) and element_of(t) == i8 for t in types[:2])
        and not main.function_type.outputs.data
    )
    buffers = types[2 + (ERROR_STATUS in main.attributes) + sized :]
    if sized and fits:
        return _tensors(main, len(buffers))
    if not fits or any(min(shape_of(t), default=0) < 0 for t in buffers):
        raise invalid(main, f"@main of level 5 takes {_CONVENTION}, and returns nothing")
    return buffers


def _tensors(main: func.FuncOp, count: int) -> Sequence[Attribute]:
    """What inputs and outputs of a program with open sizes are."""
    said = main.attributes.get(SIGNATURE)
    tensors = [*said.inputs, *said.outputs] if isinstance(said, FunctionType) else []
    open_ = [t for t in tensors if not isinstance(t, TensorType) or -1 in extents_of(t)]
    if len(tensors) != count or open_:
        raise invalid(
            main,
            f"{SIGNATURE} is {said}, expected a function of tensors, {count} in all, with a size "
            "for each dimension",
        )
    return tensors


def _input_count(main: func.FuncOp, buffers: int) -> int:
    """How many of the buffers are inputs: as many as have names."""
    inputs, outputs = names_of(main, INPUT_NAMES), names_of(main, OUTPUT_NAMES)
    if len(inputs) + len(outputs) != buffers:
        raise invalid(
            main,
            f"@main has {len(inputs)} {INPUT_NAMES} and {len(outputs)} {OUTPUT_NAMES} "
            f"for {buffers} inputs and outputs",
        )
    return len(inputs)


def _signatures(types: Sequence[Attribute], names: list[str]) -> tuple[TensorSignature, ...]:
    return tuple(
        TensorSignature(name, dtype_of(element_of(t)).name, shape_said(t))
        for name, t in zip(names, types, strict=True)
    )


def _segments(module: ModuleOp) -> tuple[ImageSegment, ...]:
    """What the attribute `weights` says, in the order of the offsets."""
    entries = _elements(module.attributes.get(WEIGHTS_TABLE, ArrayAttr([])))
    found = sorted(map(_segment, entries), key=lambda s: s.offset)
    end = 0
    for segment in found:
        if segment.offset < end:
            raise InvalidIRError(
                f"the module's attribute 'weights' puts {segment.type} at {segment.offset}, where "
                f"another one lies (up to {end})"
            )
        end = segment.offset + segment.nbytes
    return tuple(found)


def _segment(entry: Attribute) -> ImageSegment:
    fields: Mapping[str, Attribute] = entry.data if isinstance(entry, DictionaryAttr) else {}
    offset, type_, value = fields.get("offset"), fields.get("type"), fields.get("value")
    if (
        not isinstance(offset, IntegerAttr)
        or not isinstance(type_, MemRefType)
        or not isinstance(value, WeightAttr | DenseIntOrFPElementsAttr)
        or shape_of(type_) != shape_of(value.type)
        or type_.element_type != value.type.element_type
    ):
        raise InvalidIRError(
            f"the module's attribute 'weights' has {str(entry)[:200]}; expected "
            "{offset = 0 : i64, type = memref<4xf32>, value = dense<1.0> : tensor<4xf32>}"
        )
    return ImageSegment(value, type_, offset.value.data, nbytes_of(type_))


def _elements(attr: Attribute) -> list[Attribute]:
    return list(attr) if isinstance(attr, ArrayAttr) else []
