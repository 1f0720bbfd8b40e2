"""
What the run time is told of a planned module: its inputs and outputs, the arena, reference
operations.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from xdsl.dialects import func
from xdsl.dialects.builtin import (
    DenseArrayBase,
    DictionaryAttr,
    ModuleOp,
    StringAttr,
)
from xdsl.ir import Attribute, SSAValue

from ..conversion.engine_to_kernels.kernel_uses import planned_main
from ..conversion.engine_to_kernels.main_builder import KernelProgram
from ..conversion.engine_to_kernels.size_table import SizeTable
from ..conversion.to_engine.reference import reason_of
from ..dialects.engine import ConstantOp, LoopOp, ReferenceOp, RelayoutOp, ViewOp
from ..dialects.engine.base import (
    element_of,
    extents_of,
    int_values,
    names_of,
    shape_of,
    span_extent_of,
)
from ..dialects.engine.location import Location, location_of
from ..dialects.engine.loop import in_line
from ..dialects.engine.opaque import is_opaque
from ..dialects.engine.plan import plan_of, smallest_arena
from ..dialects.engine.size_facts import facts_of
from ..dialects.engine.weights import dtype_of
from ..errors import CompileError
from ..ir.interface import say_names
from ..runtime import program as hand_over
from ..runtime.abi import (
    BOUND_INPUTS,
    DEFAULT_INPUTS,
    INPUT_NAMES,
    MAIN,
    OPAQUE_OUTPUTS,
    OUTPUT_NAMES,
)
from ..runtime.size import Size
from ..runtime.size_facts import Facts
from ..runtime.size_facts import names_of as names_of_sizes
from ..transforms.plan_memory.order import Order, home_of
from .reference_module import reference_module
from .signature import tensor_signature


@dataclass(frozen=True)
class PlannedProgram:
    """A planned `@main`, read once."""

    main: func.FuncOp
    inputs: tuple[hand_over.TensorSignature, ...]
    outputs: tuple[hand_over.TensorSignature, ...]
    slots: Mapping[SSAValue, int]
    """The place of each opaque value in the table of a call."""
    buffers: tuple[hand_over.PlannedBuffer, ...]
    """The buffers of the arena with the first and the last step that use them."""
    arena_size: int
    """Bytes of the arena. Where sizes are open, it and the buffers are those at the hints."""
    arguments: Mapping[SSAValue, hand_over.ReferenceBuffer]
    """Where each argument that has a buffer begins."""
    default_inputs: tuple[str, ...]
    """Inputs of the model whose defaults were compiled in."""
    donations: tuple[hand_over.Donation, ...]
    """The inputs that lie in outputs when a call begins."""

    @staticmethod
    def of(module: ModuleOp) -> PlannedProgram:
        """
        Read the `@main` of a planned module.

        Raises:
            CompileError: when there is none, or its arguments do not fit its names.
        """
        say_names(module)
        main = planned_main(module)
        slots = _opaque_slots(main)
        inputs, outputs = _interface(main)
        arena = main.body.block.args[0]
        at_hints = _Arena.of(main)
        return PlannedProgram(
            main,
            _signatures(inputs, _names(main, INPUT_NAMES, len(inputs)), slots),
            _signatures(outputs, _names(main, OUTPUT_NAMES, len(outputs)), slots),
            slots,
            _buffers(main, arena, at_hints),
            at_hints.size,
            _places(arena, inputs, outputs),
            tuple(names_of(main, DEFAULT_INPUTS)),
            tuple(_donations(main, inputs, outputs)),
        )

    def reference_op(self, op: ReferenceOp, program: KernelProgram) -> hand_over.ReferenceOp:
        """A reference operation: its code as text, and where its operands and results lie."""
        inner = list(op.body.block.ops)[:-1]
        operands = op.operands[: len(op.inputs)]
        kind = inner[0].name if inner else op.name
        return hand_over.ReferenceOp(
            node=", ".join(names_of(op, "nodes")) or op.name,
            op_type=kind,
            module=reference_module(op),
            operands=tuple(self._place(v, program) for v in operands),
            results=tuple(self._place(v, program) for v in op.targets),
            reason=reason_of(op) or f"{kind} of these operands has no kernel",
        )

    def _place(self, value: SSAValue, program: KernelProgram) -> hand_over.ReferenceBuffer:
        if value in self.slots:
            return hand_over.ReferenceBuffer(hand_over.OPAQUE, self.slots[value], 0, "", ())
        location = location_of(value)
        table = program.table or SizeTable()
        offset, start = table.start(location)
        if isinstance(location.base.owner, ConstantOp):
            base = hand_over.ReferenceBuffer("weights", 0, 0, "", ())
            offset += program.weights.offset_of(location.base.owner)
        elif segment := self._segment_of(location):
            at = table.arena(f"segment {segment}")
            base = hand_over.ReferenceBuffer(hand_over.SEGMENT, at, 0, "", ())
        else:
            base = self.arguments[location.base]
        dtype = dtype_of(element_of(value)).name
        shape = tuple(map(table.signed, extents_of(value)))
        return hand_over.ReferenceBuffer(base.base, base.index, offset, dtype, shape, start)

    def _segment_of(self, location: Location) -> int:
        """The segment whose arena a value lies in; 0 for none."""
        plan = plan_of(self.main)
        return 0 if plan is None or location.place is None else plan.segments[location.place]


def bound_inputs_of(module: ModuleOp) -> dict[str, str]:
    """The inputs of the model whose values were compiled in, with these."""
    bound = main_of(module).attributes.get(BOUND_INPUTS)
    if not isinstance(bound, DictionaryAttr):
        return {}
    return {n: text.data for n, text in bound.data.items() if isinstance(text, StringAttr)}


def main_of(module: ModuleOp) -> func.FuncOp:
    """
    The function `@main` of a module, of any level.

    Raises:
        CompileError: when it has none, or one without a body.
    """
    for op in module.ops:
        if isinstance(op, func.FuncOp) and op.sym_name.data == MAIN and op.body.blocks:
            return op
    raise CompileError("the module has no function @main; that is what is compiled")


def _opaque_slots(main: func.FuncOp) -> dict[SSAValue, int]:
    values: list[SSAValue] = [a for a in main.body.block.args if is_opaque(a)]
    for op in in_line(main.body.block):
        if isinstance(op, ReferenceOp):
            values += op.res
    return {value: slot for slot, value in enumerate(values)}


def _interface(main: func.FuncOp) -> tuple[list[SSAValue], list[SSAValue]]:
    """
    The inputs and the outputs of a planned `@main`, in the order of its signature.

    `input_names` says how many of its arguments are inputs.
    """
    arguments = list(main.body.block.args)[1:]
    count = len(names_of(main, INPUT_NAMES))
    outputs: list[SSAValue] = list(arguments[count:])
    positions = main.attributes.get(OPAQUE_OUTPUTS)
    last = main.body.block.last_op
    if isinstance(positions, DenseArrayBase) and last is not None:
        for at, value in zip(int_values(positions), last.operands, strict=True):
            outputs.insert(at, value)
    return list(arguments[:count]), outputs


def _donations(
    main: func.FuncOp, inputs: Sequence[SSAValue], outputs: Sequence[SSAValue]
) -> Iterator[hand_over.Donation]:
    for op in main.body.block.ops:
        if isinstance(op, RelayoutOp) and op.donated is not None:
            output = location_of(op.outs[0]).base
            yield hand_over.Donation(inputs.index(op.input), outputs.index(output))


def _names(main: func.FuncOp, key: str, count: int) -> list[str]:
    names = names_of(main, key)
    if len(names) != count:
        raise CompileError(
            f"@main has {len(names)} {key} for {count} arguments; "
            "name all of them, or leave the attribute out"
        )
    return list(names)


def _signatures(
    values: Sequence[SSAValue], names: list[str], slots: Mapping[SSAValue, int]
) -> tuple[hand_over.TensorSignature, ...]:
    return tuple(
        tensor_signature(n, v.type, slots[v])
        if v in slots
        else hand_over.TensorSignature(n, dtype_of(element_of(v)).name, shape_said(v))
        for v, n in zip(values, names, strict=True)
    )


def shape_said(value: SSAValue | Attribute) -> tuple[int | str, ...]:
    """A shape as a signature says it: numbers, and the texts of sizes."""
    return tuple(n.text if isinstance(n, Size) else n for n in extents_of(value))


@dataclass(frozen=True)
class _Arena:
    """The arena of a planned function, at the hints where sizes are open."""

    size: int
    facts: Facts
    offsets: Mapping[int, int]
    """Where each place begins."""

    @staticmethod
    def of(main: func.FuncOp) -> _Arena:
        facts = facts_of(main)
        plan = plan_of(main)
        if plan is None:
            arena = main.body.block.args[0]
            return _Arena(shape_of(arena)[0], facts, {})
        names = names_of_sizes(plan.sizes)
        _, offsets, size = smallest_arena(plan, {name: facts.hint(name) for name in names})
        return _Arena(size, facts, offsets)

    def buffer(self, value: SSAValue) -> tuple[int, int]:
        """The offset and the bytes of a value, in the first trip of a loop."""
        location = location_of(value)
        start = 0 if location.place is None else self.offsets[location.place]
        offset, size = location.offset_in({}), span_extent_of(value)
        return start + self.facts.evaluated_at_hints(offset), self.facts.evaluated_at_hints(size)


def _buffers(
    main: func.FuncOp, arena: SSAValue, at_hints: _Arena
) -> tuple[hand_over.PlannedBuffer, ...]:
    """
    The memory of each value in the arena, used also by whoever uses a view of it.

    Steps are counted in line. What is used in a loop and made outside of it is used to its end.
    """
    order = Order.of(main.body.block)
    used: dict[SSAValue, list[int]] = {}
    memory: dict[SSAValue, SSAValue] = {}
    for op in order.ops:
        if isinstance(op, LoopOp):
            memory.update({r: memory[i] for i, r in _carried(op) if i in memory})
        if isinstance(op, ViewOp):
            if op.base is arena:
                used[op.res] = []
                memory[op.res] = op.res
            elif op.base in memory:
                memory[op.res] = memory[op.base]
            continue
        for value in op.operands:
            if value in memory:
                used[memory[value]].append(order.read_until(op, home_of(memory[value])))
    found: list[hand_over.PlannedBuffer] = []
    for value, steps in used.items():
        if steps:
            name = value.name_hint or f"buffer{len(found)}"
            offset, size = at_hints.buffer(value)
            found.append(hand_over.PlannedBuffer(name, offset, size, min(steps), max(steps)))
    return tuple(found)


def _carried(op: LoopOp) -> list[tuple[SSAValue, SSAValue]]:
    """What lies where a carried or scanned value lies, with that value."""
    inside = list(zip((*op.inits, *op.scanned), op.body.block.args[1:], strict=True))
    return [*inside, *zip(op.inits, op.res, strict=True)]


def _places(
    arena: SSAValue, inputs: Sequence[SSAValue], outputs: Sequence[SSAValue]
) -> dict[SSAValue, hand_over.ReferenceBuffer]:
    places = {arena: hand_over.ReferenceBuffer("arena", 0, 0, "", ())}
    for base, values in (("input", inputs), ("output", outputs)):
        for at, value in enumerate(v for v in values if not is_opaque(v)):
            places[value] = hand_over.ReferenceBuffer(base, at, 0, "", ())
    return places
