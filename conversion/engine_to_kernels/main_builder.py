"""
Writes `@main` of level 5: for each operation a call of its kernel, or an `scf.parallel` of calls.

Branches and loops become `scf.if` and `scf.while` around the same. A program that is to be profiled
is the same with a clock: `@main` has one output more, an i64 for each step and one in front, and
stores the ticks there at the start and after each step.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial, reduce

from xdsl.dialects import func
from xdsl.dialects.builtin import (
    ArrayAttr,
    DenseArrayBase,
    DictionaryAttr,
    FunctionType,
    IntegerAttr,
    ModuleOp,
    StringAttr,
    UnitAttr,
    i8,
    i64,
)
from xdsl.ir import Attribute, Block, Operation, Region, SSAValue

from ...dialects.engine import ConstantOp, IfOp, LoopOp, ReferenceOp, ViewOp, YieldOp
from ...dialects.engine.base import (
    EngineOp,
    byte_extent_of,
    element_of,
    extents_of,
    int_array,
    int_values,
    names_of,
    shape_of,
    tensor,
)
from ...dialects.engine.data_sizes import SizeDefiningOp
from ...dialects.engine.location import location_of
from ...dialects.engine.loop import in_line
from ...dialects.engine.opaque import is_opaque
from ...dialects.engine.plan import PlanAttr, plan_of
from ...dialects.engine.said_sizes import said_sizes
from ...dialects.engine.size_facts import RELATIONS, SIZES
from ...errors import CompileError
from ...kernels.builder import DYNAMIC, INDEX, Index, KernelBuilder, memref_type
from ...kernels.parameters import kernel_sizes
from ...kernels.template import (
    Kernel,
    chunks_of,
    kernel_arguments,
    physical_memref,
)
from ...runtime.abi import (
    ARENA_AT,
    CLOCK,
    ERROR_STATUS,
    ERROR_TABLE,
    INPUT_NAMES,
    INTERRUPTED,
    MAIN,
    OPAQUE_OUTPUTS,
    OUTPUT_NAMES,
    PROVIDE,
    REFERENCE,
    SIGNATURE,
    SIZE_TABLE,
    STATE,
    STOP_IF_FAILED,
    WEIGHTS_TABLE,
)
from ...runtime.size import Extent, Size, is_one, is_zero, named
from ...runtime.size_facts import names_of as size_names
from ...targets.target import Target
from .kernel_uses import KernelUse, distinct, is_done_by_caller, planned_main
from .main_buffers import MainBuffers
from .size_segments import SizeSegments
from .size_table import GROW, NUMBERS, Entry, SizeTable, TableReader, size_limit, write_bind
from .weights_image import WeightsImage


@dataclass(frozen=True)
class KernelStep:
    """One step of `@main`: `kernel` is empty for a reference operation, `chunks` 0 for no work."""

    op: Operation
    kernel: str
    chunks: Extent


@dataclass
class KernelProgram:
    """The result of the conversion, with what the run time must know beside the code."""

    main: ModuleOp
    """`@main`, and declarations of the kernels."""
    weights: WeightsImage
    errors: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    """(framework node, message) for each error code, counted from 1."""
    references: list[ReferenceOp] = field(default_factory=list[ReferenceOp])
    """Reference operations by call number."""
    steps: list[KernelStep] = field(default_factory=list[KernelStep])
    """What `@main` does, in order."""
    table: SizeTable | None = None
    """What is in the table of sizes; None where all sizes are numbers."""
    decided: Mapping[str, tuple[Extent, int]] = field(
        default_factory=dict[str, "tuple[Extent, int]"]
    )
    """The most that each size can be that the data decides, and the entry it is left in."""
    grown: Mapping[int, int] = field(default_factory=dict[int, int])
    """The entry for the address of each output that gets its memory in the middle of a call, by
    its number among those with a buffer."""
    grow_entry: int = 0
    """The entry for what makes arenas of segments larger; 0 where there are none."""
    size_limit: Extent = 0
    """What no number exceeds that is computed from the names (`size_table.size_limit`)."""


class MainBuilder:
    """Writes `@main` of level 5 from the planned one."""

    def __init__(
        self,
        module: ModuleOp,
        uses: Mapping[Operation, KernelUse],
        kernels: Mapping[str, Kernel],
        target: Target,
        timed: bool,
        weights: WeightsImage,
    ):
        self.uses = uses
        self.timed = timed
        self.planned = planned_main(module)
        self.kernels = kernels
        self.builder = KernelBuilder(target)
        self.program = KernelProgram(self.builder.module, weights)
        self.buffers = MainBuffers(self.builder, self.planned, weights)
        self.ops = list(in_line(self.planned.body.block))
        self.loops = any(isinstance(op, LoopOp) for op in self.ops)
        self.segments = SizeSegments(self.planned, self.builder, self.buffers)
        asks = any(isinstance(op, IfOp) and any(map(op.needs, op.regions)) for op in self.ops)
        self.stops = asks or bool(self.segments.definitions.at)
        self.fails = self.loops or self.stops or any(k.may_fail for k in kernels.values())

    def build(self) -> KernelProgram:
        """The program, with `@main` and, where sizes are open, `@bind`."""
        # Objects are for reference operations, which find them without the program's help.
        arguments = [a for a in self.planned.body.block.args if not is_opaque(a)]
        buffers = [physical_memref(a) for a in arguments[1:]]
        bytes_type = memref_type([DYNAMIC], i8)
        status: list[Attribute] = [memref_type([1], i64)] if self.fails else []
        plan = plan_of(self.planned)
        table = [NUMBERS] if plan is not None else []
        inputs = [bytes_type, bytes_type, *status, *table, *buffers]
        names = ["weights", "arena", *["status"] * len(status), *["table"] * len(table)]
        names += [a.name_hint or f"arg{i}" for i, a in enumerate(arguments[1:])]
        if self.timed:
            steps = sum(map(_is_step, self.planned.body.block.ops))
            inputs, names = [*inputs, memref_type([steps + 1], i64)], [*names, "clock"]
        self._declare()
        with self.builder.function(MAIN, inputs, names=names) as values:
            self.buffers.weights, self.buffers.arena = values[0], values[1]
            self.status = values[2] if self.fails else None
            first = 2 + len(status) + len(table)
            if plan is not None:
                self.table = values[first - 1]
                self.buffers.sizes = TableReader(self.builder, self.table)
                self.segments.begin()
            given = values[first : first + len(buffers)]
            self.buffers.values.update(zip(arguments[1:], given, strict=True))
            for _, output in self.segments.grown:
                del self.buffers.values[output]
            self.clock = values[-1] if self.timed else None
            self._tick()
            self._block(self.planned.body.block)
        main = function_named(self.builder.module, MAIN)
        if self.fails:
            main.attributes[ERROR_STATUS] = UnitAttr()
        if plan is not None:
            self._bind(main, plan, arguments[1:])
        self._name_arguments(main)
        self._describe()
        return self.program

    def _bind(self, main: func.FuncOp, plan: PlanAttr, arguments: Sequence[SSAValue]) -> None:
        """Write the function that fills the table of sizes which `main` reads, and say so there."""
        assert self.buffers.sizes is not None
        entries = self.buffers.sizes.entries
        definitions = self.segments.definitions
        decided = {n: entries.number(Entry(named(n))) for n in definitions.at}
        strings = [a for a in self.planned.body.block.args if is_opaque(a)]
        names = size_names(n for a in (*arguments, *strings) for n in said_sizes(a))
        names = [name for name in names if name not in decided]
        self.segments.write(entries)
        write_bind(self.builder, names, plan, entries)
        limit = size_limit(plan, entries, [*map(byte_extent_of, arguments)], definitions)
        self.program.table, self.program.size_limit = entries, limit
        said: dict[str, Attribute] = {
            "entries": IntegerAttr(len(entries), i64),
            "limit": StringAttr(str(limit)),
        }
        found = {n: at for n, at in decided.items() if n not in definitions.inner}
        if found:
            said["data"] = DictionaryAttr({n: IntegerAttr(at, i64) for n, at in found.items()})
            largest = {n: definitions.largest(definitions.bounds[n]) for n in found}
            self.program.decided = {n: (largest[n], at) for n, at in found.items()}
        if GROW in entries.entries:
            self.program.grow_entry = entries.number(GROW)
            said["grow"] = IntegerAttr(self.program.grow_entry, i64)
        if grown := self.segments.grown:
            self.program.grown = {number: self.buffers.grown[value] for number, value in grown}
            said["results"] = int_array([n for pair in self.program.grown.items() for n in pair])
        main.attributes[SIZE_TABLE] = DictionaryAttr(said)
        tensors = [tensor(extents_of(a), element_of(a)) for a in arguments]
        inputs = len(names_of(self.planned, INPUT_NAMES)) - sum(
            map(is_opaque, self.planned.body.block.args)
        )
        main.attributes[SIGNATURE] = FunctionType.from_lists(tensors[:inputs], tensors[inputs:])
        for key in (SIZES, RELATIONS):
            if (facts := self.planned.attributes.get(key)) is not None:
                main.attributes[key] = facts

    def _name_arguments(self, main: func.FuncOp) -> None:
        """Give `main` the names of those inputs and outputs that are its arguments."""
        arguments = self.planned.body.block.args[1:]
        returned = self.planned.attributes.get(OPAQUE_OUTPUTS)
        objects = {
            INPUT_NAMES: [n for n, a in enumerate(arguments) if is_opaque(a)],
            OUTPUT_NAMES: int_values(returned) if isinstance(returned, DenseArrayBase) else (),
        }
        for key, left_out in objects.items():
            names = self.planned.attributes.get(key)
            if isinstance(names, ArrayAttr):
                kept = [name for n, name in enumerate(names) if n not in left_out]
                main.attributes[key] = ArrayAttr(kept)
        if (state := self.planned.attributes.get(STATE)) is not None:
            main.attributes[STATE] = state

    def _declare(self) -> None:
        body = self.builder.module.body.block
        if any(isinstance(op, ReferenceOp) for op in self.ops):
            body.add_op(func.FuncOp.external(REFERENCE, [INDEX], []))
        if self.loops:
            body.add_op(func.FuncOp.external(INTERRUPTED, [i64], [i64]))
        if self.timed or self.loops:
            body.add_op(func.FuncOp.external(CLOCK, [], [i64]))
        if self.stops:
            body.add_op(func.FuncOp.external(STOP_IF_FAILED, [memref_type([1], i64)], []))
        if self.segments.asks_for_memory:
            bytes_type = memref_type([DYNAMIC], i8)
            body.add_op(func.FuncOp.external(PROVIDE, [NUMBERS, INDEX, INDEX, INDEX], []))
            body.add_op(func.FuncOp.external(ARENA_AT, [NUMBERS, INDEX], [bytes_type]))
        for use in distinct(self.uses).values():
            kernel = self.kernels[use.name]
            types = kernel_arguments(use.op, kernel.may_fail, kernel.chunks)
            body.add_op(func.FuncOp.external(use.name, types, []))

    def _operation(self, op: Operation) -> None:
        if isinstance(op, ViewOp | ConstantOp | func.ReturnOp | YieldOp) or is_done_by_caller(op):
            return
        if isinstance(op, IfOp | LoopOp):
            self._course(op)
            return
        if isinstance(op, ReferenceOp):
            number = len(self.program.references)
            for value in (*op.inputs, *op.targets):
                if not is_opaque(value):
                    self._refer_to(value)
            self.program.references.append(op)
            self.program.steps.append(KernelStep(op, "", 1))
            self.builder.call(REFERENCE, [number])
        elif isinstance(op, EngineOp):
            self._call(op)
            if isinstance(op, SizeDefiningOp):
                self._segment(op)
        else:
            raise CompileError(f"convert-engine-to-kernels: '{op.name}' has no kernel")
        self._tick()

    def _segment(self, op: SizeDefiningOp) -> None:
        """What follows from the sizes that an operation has found."""
        if self.buffers.sizes is None or self.status is None:
            raise CompileError(f"{op.name}: its function has no plan for the sizes that it finds")
        self.segments.after(op, self.table, self.status, self._error)

    def _error(self, node: str, message: str) -> SSAValue:
        """The number of a new error."""
        self.program.errors.append((node, message))
        return self.builder.constant(len(self.program.errors), i64)

    def _refer_to(self, value: SSAValue) -> None:
        """See that the run time finds a buffer of a reference operation."""
        location = location_of(value)
        if isinstance(owner := location.base.owner, ConstantOp):
            self.program.weights.offset_of(owner)
        if self.buffers.sizes is not None:
            self.buffers.sizes.entries.start(location)
            for size in extents_of(value):
                self.buffers.sizes.entries.signed(size)

    def _block(self, block: Block) -> None:
        """The operations of a block; views that it makes are not visible behind it."""
        values, trips = dict(self.buffers.values), dict(self.buffers.trips)
        for op in block.ops:
            self._operation(op)
        self.buffers.values, self.buffers.trips = values, trips

    def _course(self, op: IfOp | LoopOp) -> None:
        """A branch or loop. In a timed program it is one step, whatever it does inside."""
        before, clock = len(self.program.steps), self.clock
        self.clock = None
        if isinstance(op, IfOp):
            self._if(op)
        else:
            self._loop(op)
        self.clock = clock
        if clock is not None:
            del self.program.steps[before:]
            self.program.steps.append(KernelStep(op, "", 1))
            self._tick()

    def _if(self, op: IfOp) -> None:
        regions = op.then_region, op.else_region
        then, otherwise = (partial(self._branch, op, region) for region in regions)
        self.builder.if_else(self._flag(op.condition), then, otherwise)

    def _branch(self, op: IfOp, region: Region) -> None:
        """What a branch needs of the sizes of the call, and its operations."""
        if needed := op.needs(region):
            assert self.status is not None
            self.segments.require(needed, self.status, self._error)
        self._block(region.block)

    def _loop(self, op: LoopOp) -> None:
        """
        Trips while there is one to make, nothing has failed and nobody has interrupted the call.

        What goes from trip to trip is its number, whether to go on, and when somebody last looked
        for an interruption.
        """
        builder, status = self.builder, self.status
        assert status is not None
        most = self._most_trips(op)
        going = [] if op.condition is None else [self._flag(op.condition)]
        (since,) = builder.call(CLOCK, [], [i64])

        def begins(values: tuple[SSAValue, ...]) -> SSAValue:
            works = builder.cmpi("eq", builder.load(status, [0]), builder.constant(0, i64))
            holds = [works, *values[2:]]
            if most is not None:
                holds.append(builder.cmpi("slt", values[0], most))
            return reduce(builder.andi, holds)

        def trip(values: tuple[SSAValue, ...]) -> tuple[SSAValue, ...]:
            number, since, *_ = values
            self.buffers.trips[op.number] = number
            if op.trip_name in self.segments.definitions.trips:
                self.segments.begin_trip(op, number, self.table)
            if op.counter is not None:
                count = builder.cast(number, i64)
                counter = self.buffers.of(op.counter)
                builder.store(count, counter, [0] * len(shape_of(op.counter)))
            self._block(op.body.block)
            going_on = [] if op.going_on is None else [self._flag(op.going_on)]
            (looked,) = builder.call(INTERRUPTED, [since], [i64])
            return (builder.index(builder.add(number, 1)), looked, *going_on)

        last = builder.while_([builder.index(0), since, *going], begins, trip)
        self.buffers.trips.update(dict.fromkeys(op.res, last[0]))
        if op.count is not None:
            made = builder.cast(last[0], i64)
            builder.store(made, self.buffers.of(op.count), [0] * len(shape_of(op.count)))

    def _most_trips(self, op: LoopOp) -> Index | None:
        """How many trips there can be; None if only the condition ends the loop."""
        capacity = None if op.capacity is None else self.buffers.index(op.capacity)
        if op.limit is None:
            return capacity
        loaded = self.builder.load(self.buffers.of(op.limit), [0] * len(shape_of(op.limit)))
        limit = self.builder.cast(loaded, INDEX)
        return limit if capacity is None else self.builder.min(limit, capacity)

    def _flag(self, value: SSAValue) -> SSAValue:
        """A boolean of one element, which is a byte in memory, as an i1."""
        byte = self.builder.load(self.buffers.of(value), [0] * len(shape_of(value)))
        return self.builder.cmpi("ne", byte, self.builder.constant(0, i8))

    def _tick(self) -> None:
        """In a timed program, store the ticks: at the start, and after each step."""
        if self.clock is not None:
            (now,) = self.builder.call(CLOCK, [], [i64])
            self.builder.store(now, self.clock, [len(self.program.steps)])

    def _call(self, op: EngineOp) -> None:
        name = self.uses[op].name
        kernel = self.kernels[name]
        chunks = chunks_of(op, kernel)
        self.program.steps.append(KernelStep(op, name, chunks))
        if is_zero(chunks):
            return
        arguments: list[Index] = [self.buffers.of(v) for v in op.operands]
        if kernel.may_fail:
            assert self.status is not None
            nodes = ", ".join(names_of(op, "nodes")) or name
            code = self._error(nodes, f"{op.name}: {op.failure_message()}")
            arguments += [self.status, code]
        count = self.buffers.index(chunks)
        if isinstance(kernel.chunks, Size):
            arguments.append(count)
        arguments += map(self.buffers.index, kernel_sizes(op))
        if is_one(chunks):
            self.builder.call(name, [0, *arguments])
            return
        with self.builder.parallel(count) as chunk:
            self.builder.call(name, [chunk, *arguments])

    def _describe(self) -> None:
        """Say in the module where weights lie and what error codes mean."""
        module = self.builder.module
        module.attributes[WEIGHTS_TABLE] = ArrayAttr(
            [
                DictionaryAttr(
                    {
                        "offset": IntegerAttr(s.offset, i64),
                        "type": s.type,
                        "value": s.value,
                    }
                )
                for s in self.program.weights.segments
            ]
        )
        if self.program.errors:
            texts = [StringAttr(f"{node}: {text}") for node, text in self.program.errors]
            module.attributes[ERROR_TABLE] = ArrayAttr(texts)


def function_named(module: ModuleOp, name: str) -> func.FuncOp:
    """The function of a module of level 5 with this name."""
    for op in module.ops:
        if isinstance(op, func.FuncOp) and op.sym_name.data == name:
            return op
    raise CompileError(f"a kernel template did not define its function @{name}")


def _is_step(op: Operation) -> bool:
    return isinstance(op, EngineOp | ReferenceOp | IfOp | LoopOp) and not is_done_by_caller(op)
