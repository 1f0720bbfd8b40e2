"""
`convert-engine-to-kernels`: from level 4 to level 5.

Every planned operation becomes a call of a kernel; operations with equal keys share one. The
program itself is `@main`, straight-line: views of the weights image and of the arena at constant
offsets, and for each operation either one call or an `scf.parallel` over its chunks. Branches and
loops become `scf.if` and `scf.while` around the same; what moves with the trips of a loop is a view
at an offset that is computed there.

A program that is to be profiled is the same with a clock: `@main` has one output more, an i64 for
each step and one in front, and stores the ticks there at the start and after each step.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial, reduce

from xdsl.context import Context
from xdsl.dialects import func, memref
from xdsl.dialects.builtin import (
    ArrayAttr,
    DenseArrayBase,
    DictionaryAttr,
    FloatAttr,
    FunctionType,
    IntegerAttr,
    MemRefType,
    ModuleOp,
    NoneAttr,
    StringAttr,
    UnitAttr,
    f64,
    i8,
    i64,
)
from xdsl.ir import Attribute, Block, Operation, SSAValue
from xdsl.passes import ModulePass

from ...dialects.engine import ConstantOp, IfOp, LoopOp, ReferenceOp, ViewOp, YieldOp
from ...dialects.engine.base import (
    EngineOp,
    byte_extent_of,
    element_of,
    extents_of,
    int_values,
    names_of,
    nbytes_of,
    shape_of,
    span_extent_of,
    tensor,
)
from ...dialects.engine.location import Location, location_of
from ...dialects.engine.loop import in_line
from ...dialects.engine.opaque import is_opaque
from ...dialects.engine.plan import PlanAttr, plan_of
from ...dialects.engine.size_facts import RELATIONS, SIZES
from ...dialects.engine.weights import dtype_of
from ...errors import CompileError
from ...kernels.builder import DYNAMIC, INDEX, Index, KernelBuilder, memref_type
from ...kernels.kernel_key import kernel_key, kernel_name, overlapping
from ...kernels.parameters import has_open_sizes, kernel_sizes
from ...kernels.registry import plan_kernel
from ...kernels.template import (
    Kernel,
    PlanEntry,
    chunks_of,
    kernel_arguments,
    physical_memref,
)
from ...runtime.abi import (
    CLOCK,
    ERROR_STATUS,
    ERROR_TABLE,
    INPUT_NAMES,
    INTERRUPTED,
    MAIN,
    MAY_ALIAS,
    OPAQUE_OUTPUTS,
    OUTPUT_NAMES,
    REFERENCE,
    SIGNATURE,
    SIZE_TABLE,
    WEIGHTS_TABLE,
)
from ...runtime.size import Extent, Size, exact_quotient, floordiv, is_one, is_zero
from ...runtime.size_facts import names_of as size_names
from ...targets.target import Target
from ...transforms.expand_math import ExpandMathPass
from .size_table import NUMBERS, SizeTable, TableReader, size_limit, write_bind
from .weights_image import WeightsImage

PLAN = "plan"
"""Attribute of a kernel's function: what its template decided, for a reader of level 5."""


@dataclass(frozen=True)
class KernelUse:
    """A kernel that a program needs: its name, its key, and an operation that uses it."""

    name: str
    key: str
    op: EngineOp


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
    size_limit: Extent = 0
    """What no number exceeds that is computed from the names (`size_table.size_limit`)."""


def kernel_uses(module: ModuleOp) -> dict[Operation, KernelUse]:
    """The kernel of every operation of a planned module; equal kernels are one `KernelUse`."""
    found: dict[str, KernelUse] = {}
    uses: dict[Operation, KernelUse] = {}
    for op in in_line(planned_main(module).body.block):
        if isinstance(op, EngineOp):
            key = kernel_key(op)
            if key not in found:
                found[key] = KernelUse(kernel_name(op, key), key, op)
            uses[op] = found[key]
    return uses


def kernels_used(module: ModuleOp) -> dict[str, KernelUse]:
    """The distinct kernels of a planned module by name, in the order of first use."""
    return distinct(kernel_uses(module))


def distinct(uses: Mapping[Operation, KernelUse]) -> dict[str, KernelUse]:
    """Each of the kernels once, by name, in the order of first use."""
    return {use.name: use for use in uses.values()}


def planned_main(module: ModuleOp) -> func.FuncOp:
    """The function `@main` of a planned module."""
    for op in module.ops:
        if isinstance(op, func.FuncOp) and op.sym_name.data == MAIN:
            inputs = op.function_type.inputs.data
            buffers = (isinstance(t, MemRefType) or is_opaque(t) for t in inputs)
            if inputs and isinstance(inputs[0], MemRefType) and all(buffers):
                return op
    raise CompileError("convert-engine-to-kernels: there is no planned function @main")


def require_kernels(uses: Iterable[KernelUse], target: Target) -> None:
    """
    See that every kernel that takes sizes as arguments can be built, before any of them is.

    Raises:
        CompileError: for the first operation that has none.
    """
    for use in uses:
        if has_open_sizes(use.op) and plan_kernel(use.op, target) is None:
            raise CompileError(
                f"{use.op.name} of {_nodes(use)} has no kernel that takes its sizes as arguments"
            )


def _nodes(use: KernelUse) -> str:
    return ", ".join(names_of(use.op, "nodes")) or use.name


def build_kernel(use: KernelUse, target: Target) -> tuple[ModuleOp, Kernel]:
    """
    The level-5 module of one kernel, math functions expanded.

    The function of the kernel has the attribute `plan`: what the template decided.

    Raises:
        CompileError: when no template takes the operation as it is laid out, or when the
            template does not define the function of the kernel.
    """
    planned = plan_kernel(use.op, target)
    if planned is None:
        raise CompileError(
            f"no kernel template for {use.op.name} of {_nodes(use)} as it is laid out for target "
            f"{target.name}: {use.key}"
        )
    builder = KernelBuilder(target)
    kernel = planned.write(use.name, builder)
    if overlapping(use.op):
        # Tile functions see the same memory as their kernel.
        for function in builder.module.ops:
            function.attributes[MAY_ALIAS] = UnitAttr()
    _function(builder.module, use.name).attributes[PLAN] = plan_attribute(planned.describe(kernel))
    ExpandMathPass().apply(Context(), builder.module)
    return builder.module, kernel


def plan_attribute(entries: Mapping[str, PlanEntry]) -> DictionaryAttr:
    """The entries of a plan as an attribute, sorted by name."""
    return DictionaryAttr({name: _entry(entries[name]) for name in sorted(entries)})


def _entry(value: PlanEntry) -> Attribute:
    if isinstance(value, bool):
        return IntegerAttr.from_bool(value)
    if isinstance(value, int):
        return IntegerAttr(value, i64)
    return FloatAttr(value, f64) if isinstance(value, float) else StringAttr(value)


def _function(module: ModuleOp, name: str) -> func.FuncOp:
    for op in module.ops:
        if isinstance(op, func.FuncOp) and op.sym_name.data == name:
            return op
    raise CompileError(f"a kernel template did not define its function @{name}")


class _MainBuilder:
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
        self.values: dict[SSAValue, SSAValue] = {}
        self.trips: dict[SSAValue, SSAValue] = {}
        """The indices of moves (`Location.moves`)."""
        self.ops = list(in_line(self.planned.body.block))
        self.loops = any(isinstance(op, LoopOp) for op in self.ops)
        self.fails = self.loops or any(kernel.may_fail for kernel in kernels.values())
        self.sizes: TableReader | None = None

    def build(self) -> KernelProgram:
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
            self.weights, self.arena = values[0], values[1]
            self.status = values[2] if self.fails else None
            first = 2 + len(status) + len(table)
            if plan is not None:
                self.sizes = TableReader(self.builder, values[first - 1])
            given = values[first : first + len(buffers)]
            self.values.update(zip(arguments[1:], given, strict=True))
            self.clock = values[-1] if self.timed else None
            self._tick()
            self._block(self.planned.body.block)
        main = _function(self.builder.module, MAIN)
        if self.fails:
            main.attributes[ERROR_STATUS] = UnitAttr()
        if plan is not None:
            self._bind(main, plan, arguments[1:])
        self._name_arguments(main)
        self._describe()
        return self.program

    def _bind(self, main: func.FuncOp, plan: PlanAttr, arguments: Sequence[SSAValue]) -> None:
        """Write the function that fills the table of sizes which `main` reads, and say so there."""
        assert self.sizes is not None
        entries = self.sizes.entries
        names = size_names(n for a in arguments for n in extents_of(a))
        write_bind(self.builder, names, plan, entries)
        limit = size_limit(plan, entries, [*map(byte_extent_of, arguments)])
        self.program.table, self.program.size_limit = entries, limit
        main.attributes[SIZE_TABLE] = DictionaryAttr(
            {"entries": IntegerAttr(len(entries), i64), "limit": StringAttr(str(limit))}
        )
        tensors = [tensor(extents_of(a), element_of(a)) for a in arguments]
        inputs = len(names_of(self.planned, INPUT_NAMES)) - sum(
            map(is_opaque, self.planned.body.block.args)
        )
        main.attributes[SIGNATURE] = FunctionType.from_lists(tensors[:inputs], tensors[inputs:])
        for key in (SIZES, RELATIONS):
            if (said := self.planned.attributes.get(key)) is not None:
                main.attributes[key] = said

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

    def _declare(self) -> None:
        body = self.builder.module.body.block
        if any(isinstance(op, ReferenceOp) for op in self.ops):
            body.add_op(func.FuncOp.external(REFERENCE, [INDEX], []))
        if self.loops:
            body.add_op(func.FuncOp.external(INTERRUPTED, [i64], [i64]))
        if self.timed or self.loops:
            body.add_op(func.FuncOp.external(CLOCK, [], [i64]))
        for use in distinct(self.uses).values():
            kernel = self.kernels[use.name]
            types = kernel_arguments(use.op, kernel.may_fail, kernel.chunks)
            body.add_op(func.FuncOp.external(use.name, types, []))

    def _operation(self, op: Operation) -> None:
        if isinstance(op, ViewOp | ConstantOp | func.ReturnOp | YieldOp):
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
        else:
            raise CompileError(f"convert-engine-to-kernels: '{op.name}' has no kernel")
        self._tick()

    def _refer_to(self, value: SSAValue) -> None:
        """See that the run time finds a buffer of a reference operation."""
        location = location_of(value)
        if isinstance(owner := location.base.owner, ConstantOp):
            self.program.weights.offset_of(owner)
        if self.sizes is not None:
            self.sizes.entries.start(location)
            for size in extents_of(value):
                self.sizes.entries.signed(size)

    def _block(self, block: Block) -> None:
        """The operations of a block; views that it makes are not visible behind it."""
        values, trips = dict(self.values), dict(self.trips)
        for op in block.ops:
            self._operation(op)
        self.values, self.trips = values, trips

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
        then, otherwise = (partial(self._block, region.block) for region in regions)
        self.builder.if_else(self._flag(op.condition), then, otherwise)

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
            self.trips[op.number] = number
            if op.counter is not None:
                count = builder.cast(number, i64)
                counter = self._buffer(op.counter)
                builder.store(count, counter, [0] * len(shape_of(op.counter)))
            self._block(op.body.block)
            going_on = [] if op.going_on is None else [self._flag(op.going_on)]
            (looked,) = builder.call(INTERRUPTED, [since], [i64])
            return (builder.index(builder.add(number, 1)), looked, *going_on)

        last = builder.while_([builder.index(0), since, *going], begins, trip)
        self.trips.update(dict.fromkeys(op.res, last[0]))
        if op.count is not None:
            made = builder.cast(last[0], i64)
            builder.store(made, self._buffer(op.count), [0] * len(shape_of(op.count)))

    def _most_trips(self, op: LoopOp) -> Index | None:
        """How many trips there can be; None if only the condition ends the loop."""
        if op.limit is None:
            return op.capacity
        loaded = self.builder.load(self._buffer(op.limit), [0] * len(shape_of(op.limit)))
        limit = self.builder.cast(loaded, INDEX)
        return limit if op.capacity is None else self.builder.min(limit, op.capacity)

    def _flag(self, value: SSAValue) -> SSAValue:
        """A boolean of one element, which is a byte in memory, as an i1."""
        byte = self.builder.load(self._buffer(value), [0] * len(shape_of(value)))
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
        arguments: list[Index] = [self._buffer(v) for v in op.operands]
        if kernel.may_fail:
            assert self.status is not None
            nodes = ", ".join(names_of(op, "nodes")) or name
            self.program.errors.append((nodes, f"{op.name}: {op.failure_message()}"))
            code = self.builder.constant(len(self.program.errors), i64)
            arguments += [self.status, code]
        count = self._index(chunks)
        if isinstance(kernel.chunks, Size):
            arguments.append(count)
        arguments += map(self._index, kernel_sizes(op))
        if is_one(chunks):
            self.builder.call(name, [0, *arguments])
            return
        with self.builder.parallel(count) as chunk:
            self.builder.call(name, [chunk, *arguments])

    def _index(self, size: Extent, place: int | None = None) -> Index:
        """A size, behind the start of a place where one is given, as an index."""
        if isinstance(size, int) and place is None:
            return size
        if self.sizes is None:
            raise CompileError(
                f"the size '{size}' is no number, and the program has no plan for it"
            )
        return self.sizes.index(size, place)

    def _buffer(self, value: SSAValue) -> SSAValue:
        """The physical memref of a planned value: an argument, or a view at an offset."""
        found = self.values.get(value)
        if found is not None:
            return found
        location = location_of(value)
        type_ = physical_memref(value)
        if isinstance(location.base.owner, ConstantOp):
            first = self.program.weights.offset_of(location.base.owner)
            raw, start = self._bytes(self.weights, location, first)
        elif location.base is self.planned.body.block.args[0]:
            raw, start = self._bytes(self.arena, location, 0)
        else:
            return self._remember(value, self._reinterpret(value, location, type_))
        if DYNAMIC in type_.get_shape():
            elements = self._index(_span(value))
            return self._remember(value, self.builder.view(raw, start, type_, [elements]))
        if isinstance(type_.layout, NoneAttr):
            return self._remember(value, self.builder.view(raw, start, type_))
        flat = memref_type([_elements(type_)], type_.element_type)
        view = self.builder.view(raw, start, flat)
        return self._remember(value, _cast(self.builder, view, 0, type_))

    def _bytes(self, raw: SSAValue, location: Location, start: int) -> tuple[SSAValue, Index]:
        """
        Memory, and where in it what lies somewhere behind `start` begins.

        Of what moves, all bytes of its base are viewed first: so it is seen how far it goes.
        """
        offset = self._moved(self._index(location.offset, location.place), location, 1)
        if location.moves and location.place is None:
            return self.builder.view(
                raw, start, memref_type([nbytes_of(location.base)], i8)
            ), offset
        return raw, self.builder.add(offset, start)

    def _moved(self, offset: Index, location: Location, unit: int) -> Index:
        """An offset in units of so many bytes, as it is in this trip."""
        for move in location.moves:
            count: Index = self.trips[move.index]
            if move.turns:
                count = self.builder.mod(count, move.turns)
            offset = self.builder.add(offset, self.builder.mul(count, move.step // unit))
        return offset

    def _reinterpret(self, value: SSAValue, location: Location, type_: MemRefType) -> SSAValue:
        """A view into an argument, which has the same element type."""
        argument = self.values[location.base]
        assert isinstance(argument.type, MemRefType)
        size = storage_bytes(type_.element_type)
        first = exact_quotient(location.offset, size)
        same = argument.type.element_type == type_.element_type
        if not same or first is None or any(move.step % size for move in location.moves):
            raise CompileError(
                f"a view of {location.base.type} as {value.type} changes the element type"
            )
        start = self._moved(self._index(first), location, size)
        if DYNAMIC not in type_.get_shape():
            return _cast(self.builder, argument, start, type_)
        if argument.type == type_ and start == 0:
            return argument
        return self.builder.reshape(argument, [self._index(_span(value))], [1], start)

    def _remember(self, value: SSAValue, built: SSAValue) -> SSAValue:
        built.name_hint = value.name_hint
        self.values[value] = built
        return built

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


def storage_bytes(element: Attribute) -> int:
    """Bytes of one stored element."""
    return dtype_of(element).itemsize


def _elements(type_: MemRefType) -> int:
    """Elements from the first to past the last of a strided memref."""
    shape = type_.get_shape()
    if 0 in shape:
        return 0
    strides = type_.get_strides() or ()
    return 1 + sum((n - 1) * (s or 0) for n, s in zip(shape, strides, strict=True))


def _span(value: SSAValue) -> Extent:
    """Elements from the first of a buffer to past its last."""
    return floordiv(span_extent_of(value), dtype_of(element_of(value)).itemsize)


def _cast(builder: KernelBuilder, base: SSAValue, offset: Index, type_: MemRefType) -> SSAValue:
    """`memref.reinterpret_cast` to a static shape and strides; the base itself where equal."""
    start = builder.number(offset)
    if base.type == type_ and start == 0:
        return base
    strides = [s or 0 for s in (type_.get_strides() or ())]
    cast = memref.ReinterpretCastOp.from_dynamic(
        base,
        [builder.index(offset) if start is None else start],
        list(type_.get_shape()),
        strides,
        type_,
    )
    return builder.add_op(cast)[0]


def _is_step(op: Operation) -> bool:
    return isinstance(op, EngineOp | ReferenceOp | IfOp | LoopOp)


def build_main(
    module: ModuleOp,
    uses: Mapping[Operation, KernelUse],
    kernels: Mapping[str, Kernel],
    target: Target,
    timed: bool = False,
    weights: WeightsImage | None = None,
) -> KernelProgram:
    """
    `@main` of level 5 for a planned module, with a clock if `timed`; constants go to `weights`.

    `uses` are its `kernel_uses`, `kernels` what the templates said of them, by name.
    """
    return _MainBuilder(module, uses, kernels, target, timed, weights or WeightsImage()).build()


def convert_module(module: ModuleOp, target: Target) -> ModuleOp:
    """The whole level-5 module: every kernel, and `@main` last."""
    built: dict[str, Kernel] = {}
    parts: list[ModuleOp] = []
    uses = kernel_uses(module)
    for name, use in distinct(uses).items():
        part, built[name] = build_kernel(use, target)
        parts.append(part)
    program = build_main(module, uses, built, target)
    declared = [op for op in program.main.ops if isinstance(op, func.FuncOp)]
    for op in declared:
        if op.is_declaration and op.sym_name.data in built:
            op.detach()
    whole = ModuleOp([], dict(program.main.attributes))
    for part in (*parts, program.main):
        for op in list(part.ops):
            op.detach()
            whole.body.block.add_op(op)
    return whole


@dataclass(frozen=True)
class ConvertEngineToKernelsPass(ModulePass):
    """Turn planned operations into kernels of loops and vector instructions."""

    name = "convert-engine-to-kernels"
    target: str = "native"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        whole = convert_module(op, Target.parse(self.target))
        for old in list(op.ops):
            old.detach()
            old.erase()
        op.attributes.update(whole.attributes)
        for new in list(whole.ops):
            new.detach()
            op.body.block.add_op(new)
