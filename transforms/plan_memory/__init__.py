"""
`plan-memory`: from level 3 to level 4.

Every tensor gets a place (`placement.py`), every buffer of the arena an offset (`offsets.py`),
and every operation is rewritten to destination-passing form: operands and `outs` are memrefs,
there are no results.

    func.func @main(%arena: memref<8192xi8>, %x: memref<...>, %out: memref<...>)

Values without a buffer (`dialects/engine/opaque.py`) keep their types: as inputs they stay
arguments, as outputs they are returned, and `opaque_outputs` says which outputs those are.

Branches and loops stay what they are: their regions are planned with the rest, and what they give
lies where it belongs (`regions.py`).

Operations that turned out to be views disappear. `concat` and `pad` operations carry
`absorbed = array<i64: ...>`, the operands that are already where they belong.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from xdsl.context import Context
from xdsl.dialects import func
from xdsl.dialects.builtin import (
    DYNAMIC_INDEX,
    ArrayAttr,
    DenseArrayBase,
    FunctionType,
    IndexType,
    IntegerAttr,
    MemRefType,
    ModuleOp,
    StringAttr,
    TensorType,
    i8,
    i32,
    i64,
)
from xdsl.ir import Attribute, Block, Operation, OpResult, Region, SSAValue
from xdsl.passes import ModulePass

from ...dialects.engine import (
    ConstantOp,
    IfOp,
    LoopOp,
    ReferenceOp,
    RelayoutOp,
    ViewOp,
    YieldOp,
)
from ...dialects.engine.base import (
    ABSORBED,
    EngineOp,
    carry_provenance,
    dense_stride_extents_of,
    extents_of,
    int_array,
    int_values,
    layout_of,
    rank_of,
)
from ...dialects.engine.layout import memref_layout
from ...dialects.engine.loop import in_line, loops_around
from ...dialects.engine.opaque import any_opaque, is_opaque
from ...dialects.engine.plan import PLAN
from ...dialects.engine.size_facts import facts_of
from ...dialects.engine.view import Move
from ...errors import CompileError
from ...ir.interface import LOWER_BOUND, OUTPUT_DIGESTS
from ...ir.known_sizes import check_sizes
from ...ir.value_digests import ValueDigests
from ...runtime.abi import OPAQUE_OUTPUTS
from ...runtime.format_tag import row_major_tag
from ...runtime.size import Extent, is_zero
from .function_places import place_function
from .live_buffers import live_buffers
from .offsets import assign_offsets, lower_bound
from .open_sizes import check_plannable, with_bounds
from .order import home_of
from .place import Place
from .placement import Placement
from .regions import (
    first_place,
    turn_of,
    yielded_places,
)
from .structures import plan_of_buffers


def _memref(value: SSAValue, strides: tuple[Extent, ...]) -> MemRefType:
    """The memref type of a tensor value stored with these physical strides."""
    assert isinstance(value.type, TensorType)
    return _memref_type(value.type, strides)


@lru_cache(maxsize=4096)
def _memref_type(type_: TensorType, strides: tuple[Extent, ...]) -> MemRefType:
    # Each is asked for several times, and to make one takes 100 us.
    layout = memref_layout(str(layout_of(type_)), strides, extents_of(type_))
    return MemRefType(type_.element_type, type_.get_shape(), layout)


def _row_major(value: SSAValue) -> MemRefType:
    """The memref type of an output."""
    assert isinstance(value.type, TensorType)
    layout = memref_layout(row_major_tag(rank_of(value)), None, extents_of(value))
    return MemRefType(value.type.element_type, value.type.get_shape(), layout)


@dataclass
class _Planner:
    function: func.FuncOp
    placement: Placement
    offsets: dict[SSAValue, int]
    """Where each buffer begins in the arena; where sizes are open, the number of its place."""
    arena: SSAValue
    outputs: dict[int, SSAValue]
    """The memory of each output that has a buffer, by its position among all outputs."""
    views: dict[SSAValue, SSAValue]
    """Memrefs of values, and the values that objects have become."""
    block: Block
    """Where operations are appended."""
    indices: dict[LoopOp, SSAValue] = field(default_factory=dict[LoopOp, SSAValue])
    """The number of the trip of each loop that is being planned."""
    taken: set[SSAValue] = field(default_factory=set[SSAValue])
    """Outputs that are the memref of a value; another value in the same place has a view."""

    def memref(self, value: SSAValue) -> SSAValue:
        """The memref of a tensor value; a view is made where the value is first needed."""
        found = self.views.get(value)
        if found is None:
            place = self.placement.places[value]
            found = self._view(value, place)
            found.name_hint = value.name_hint
            self.views[value] = found
        return found

    def _view(self, value: SSAValue, place: Place, *, selected: bool = True) -> SSAValue:
        type_ = _memref(value, place.strides)
        if selected and isinstance(value, OpResult) and value.op in self.placement.aliases:
            return self._selection(value.op, place, type_)
        if isinstance(place.root, int):
            base, offset = self.outputs[place.root], place.offset
            whole = offset == 0 and base.type == type_ and not place.steps
            if whole and base not in self.taken:
                self.taken.add(base)
                return base
        elif place.root in self.offsets and self.placement.proofs is not None:
            number = self.offsets[place.root]
            view = ViewOp(self.arena, place.offset, type_, place=number, moves=self._moves(place))
            self.block.add_op(view)
            return view.res
        elif place.root in self.offsets:
            base, offset = self.arena, self.offsets[place.root] + place.offset
        else:
            base, offset = self.memref(place.root), place.offset
        view = ViewOp(base, offset, type_, moves=self._moves(place))
        self.block.add_op(view)
        return view.res

    def _moves(self, place: Place) -> list[Move]:
        return [Move(self.indices[s.loop], s.bytes, s.turns) for s in place.steps]

    def _selection(self, op: Operation, place: Place, type_: MemRefType) -> SSAValue:
        """A view of what lies in the operand of `op` already."""
        source = op.operands[0]
        offset = place.offset - self.placement.places[source].offset
        view = ViewOp(self.memref(source), offset, type_, self.placement.aliases[op])
        self.block.add_op(view)
        return view.res

    def rewrite(self, op: Operation) -> None:
        """Append the planned form of `op`."""
        if op in self.placement.aliases:
            return
        if isinstance(op, IfOp):
            self._rewrite_if(op)
            return
        if isinstance(op, LoopOp):
            self._rewrite_loop(op)
            return
        if isinstance(op, ConstantOp):
            constant = ConstantOp.create(
                result_types=[_memref(op.res, dense_stride_extents_of(op.res))],
                properties=op.properties,
            )
            constant.res.name_hint = op.res.name_hint
            self.views[op.res] = constant.res
            self.block.add_op(constant)
            return
        operands = [self.planned(v) for v in op.operands]
        objects = [r for r in op.results if is_opaque(r)]
        outs = [self.memref(r) for r in op.results if not is_opaque(r)]
        properties = dict(op.properties)
        sizes = properties.get("operandSegmentSizes")
        if isinstance(sizes, DenseArrayBase):
            counts = list(int_values(sizes))
            counts[-1] = len(outs)
            properties["operandSegmentSizes"] = DenseArrayBase.from_list(i32, counts)
        planned = type(op).create(
            operands=[*operands, *outs],
            result_types=[r.type for r in objects],
            properties=properties,
            attributes=dict(op.attributes),
            regions=[op.detach_region(region) for region in list(op.regions)],
        )
        if absorbed := self.placement.absorbed.get(op):
            planned.attributes[ABSORBED] = int_array(absorbed)
        self.block.add_op(planned)
        for old, new in zip(objects, planned.results, strict=True):
            new.name_hint = old.name_hint
            self.views[old] = new

    def _rewrite_if(self, op: IfOp) -> None:
        outs = [self.memref(r) for r in op.res]
        regions = [Region(self._planned_block(r.block, Block())) for r in op.regions]
        planned = IfOp(self.memref(op.condition), [], *regions, outs=outs)
        planned.attributes.update(op.attributes)
        self.block.add_op(planned)

    def _rewrite_loop(self, op: LoopOp) -> None:
        places = self.placement.places
        firsts = [first_place(op, n, places) for n in range(len(op.inits))]
        inits = [self._moved(v, place) for v, place in zip(op.inits, firsts, strict=True)]
        slices = [_memref(v, places[v].strides) for v in op.slices]
        carried = [_memref(v, places[v].strides) for v in op.carried]
        block = Block(arg_types=[IndexType(), *carried, *slices])
        for old, new in zip(op.body.block.args, block.args, strict=True):
            new.name_hint = old.name_hint
        counter = self.memref(op.number) if op.number.first_use is not None else None
        self.views.update(zip(op.body.block.args[1:], block.args[1:], strict=True))
        self.indices[op] = block.args[0]
        planned = LoopOp(
            None if op.limit is None else self.memref(op.limit),
            None if op.condition is None else self.memref(op.condition),
            inits,
            [self.memref(v) for v in op.scanned],
            Region(block),
            counter=counter,
            outs=[self.memref(r) for r in op.res[len(inits) :]],
            turns=[turn_of(op, n, places) for n in range(len(inits))],
            counts=op.counts is not None,
            trip=op.trip_name,
            growing=[] if op.growing is None else int_values(op.growing),
            last=[
                init.type
                if op.growth_axis(n) is None
                else _memref(op.res[n], places[op.res[n]].strides)
                for n, init in enumerate(inits)
            ],
        )
        for name in ("backwards", "upwards"):
            if (value := op.properties.get(name)) is not None:
                planned.properties[name] = value
        planned.attributes.update(op.attributes)
        self.block.add_op(planned)
        self._planned_block(op.body.block, block)
        for number, (old, new) in enumerate(zip(op.inits, planned.res, strict=True)):
            result = op.res[number]
            new.name_hint = result.name_hint or old.name_hint
            if is_zero(turn_of(op, number, places)):
                self.views[result] = new
            else:
                self._copy(new, self.memref(result))

    def _planned_block(self, block: Block, planned: Block) -> Block:
        """Plan the operations of a region into `planned`; views made there are its own."""
        around, self.block = self.block, planned
        visible = len(self.views)
        for op in list(block.ops):
            if not isinstance(op, YieldOp):
                self.rewrite(op)
                continue
            belong = yielded_places(op, self.placement.places)
            pairs = zip(op.values, belong, strict=True)
            values = [self.memref(v) if p is None else self._moved(v, p) for v, p in pairs]
            planned.add_op(YieldOp(*values))
        self.block = around
        while len(self.views) > visible:
            self.views.popitem()
        return planned

    def _moved(self, value: SSAValue, place: Place) -> SSAValue:
        """The memref of a value that lies at `place`, where it is copied if it does not yet."""
        source = self.memref(value)
        if self.placement.places[value] == place:
            return source
        target = self._view(value, place, selected=False)
        target.name_hint = value.name_hint
        self._copy(source, target, value)
        return target

    def _copy(self, source: SSAValue, target: SSAValue, value: SSAValue | None = None) -> None:
        copy = RelayoutOp(source, None, outs=[target])
        if isinstance(value, OpResult):
            carry_provenance([value.op], [copy])
        self.block.add_op(copy)

    def planned(self, value: SSAValue) -> SSAValue:
        """The memref of a value, or, for one without a buffer, the value it has become."""
        return self.views[value] if is_opaque(value) else self.memref(value)

    def finish_outputs(self, op: func.ReturnOp) -> None:
        """Say which outputs are views of what lies there; copy what could not be computed there."""
        for number, value in enumerate(op.arguments):
            if number in self.outputs and number not in self.placement.copies:
                self.memref(value)
        for number in self.placement.copies:
            value = op.arguments[number]
            copy = RelayoutOp(self.memref(value), None, outs=[self.outputs[number]])
            if isinstance(value, OpResult):
                carry_provenance([value.op], [copy])
            self.block.add_op(copy)


def _check(function: func.FuncOp) -> None:
    check_sizes(function)
    border = IfOp | LoopOp | YieldOp
    for op in in_line(function.body.block):
        known = isinstance(op, EngineOp | ReferenceOp | ConstantOp | func.ReturnOp | border)
        if not known:
            raise CompileError(
                f"plan-memory: '{op.name}' is not an engine operation on tensors;"
                " convert it to engine first"
            )
        if isinstance(op, EngineOp | border) and any_opaque((*op.operands, *op.results)):
            types = ", ".join(str(v.type) for v in (*op.operands, *op.results) if is_opaque(v))
            raise CompileError(
                f"plan-memory: '{op.name}' works on values without a buffer ({types});"
                " run assign-layouts first"
            )


def _output_digests(block: Block, placement: Placement) -> ArrayAttr[StringAttr]:
    """What the outputs are computed from: of those with memory, then of those without."""
    digests = ValueDigests()
    for number, value in enumerate(block.args):
        digests.input(value, number)
    for op in in_line(block):
        if isinstance(op, ConstantOp):
            digests.constant(op)
        elif isinstance(op, LoopOp):
            digests.loop(op)
        elif isinstance(op, YieldOp):
            digests.border(op)
        elif isinstance(op, IfOp):
            pass  # known when its regions are
        elif (elements := placement.aliases.get(op)) is not None:
            digests.selection(op.results[0], op.operands[0], elements)
        elif not isinstance(op, func.ReturnOp):
            digests.operation(op, op.operands, op.results)
    last = block.last_op
    assert last is not None
    ordered = sorted(last.operands, key=is_opaque)  # stable
    return ArrayAttr([StringAttr(digests.known[v]) for v in ordered])


@dataclass(frozen=True)
class _Arena:
    type_: MemRefType
    offsets: dict[SSAValue, int]
    """Where each buffer begins; where sizes are open, the number of its place."""
    said: Mapping[str, Attribute]
    """What the function says of it."""

    @staticmethod
    def of(function: func.FuncOp, placement: Placement) -> _Arena:
        buffers = live_buffers(function, placement)
        if placement.proofs is not None:
            buffers = with_bounds(function, buffers, placement.definitions)
            check_plannable(function, buffers)
            plan = plan_of_buffers(list(buffers.values()), facts_of(function))
            places = {root: number for number, root in enumerate(buffers)}
            return _Arena(MemRefType(i8, [DYNAMIC_INDEX]), places, {PLAN: plan})
        live = [buffer.at({}) for buffer in buffers.values()]
        offsets, size = assign_offsets(live)
        bound = {LOWER_BOUND: IntegerAttr(lower_bound(live), i64)}
        return _Arena(MemRefType(i8, [size]), dict(zip(buffers, offsets, strict=True)), bound)


def _copy_for_references(block: Block) -> None:
    """
    Give reference operations in loops operands of their own.

    Where the operands of one lie is told once, and not for each trip.
    """
    for op in in_line(block):
        if not isinstance(op, ReferenceOp) or not loops_around(op):
            continue
        for number, value in enumerate(op.operands):
            home = home_of(value)
            if is_opaque(value) or home is None or not _in_loop(home):
                continue
            copy = RelayoutOp(value, value.type)
            assert op.parent is not None
            op.parent.insert_op_before(copy, op)
            carry_provenance([op], [copy])
            op.operands[number] = copy.results[0]


def _in_loop(block: Block) -> bool:
    around = block.parent_op()
    return isinstance(around, LoopOp) or (around is not None and bool(loops_around(around)))


def plan_function(function: func.FuncOp) -> None:
    """Plan one function in place."""
    _check(function)
    block = function.body.block
    _copy_for_references(block)
    last = block.last_op
    assert isinstance(last, func.ReturnOp)
    placement = place_function(function)
    arena = _Arena.of(function, placement)
    digests = _output_digests(block, placement)

    inputs = [
        a.type if is_opaque(a) else _memref(a, dense_stride_extents_of(a)) for a in block.args
    ]
    objects = [n for n, v in enumerate(last.arguments) if is_opaque(v)]
    outputs = {n: _row_major(v) for n, v in enumerate(last.arguments) if n not in objects}
    new = Block(arg_types=[arena.type_, *inputs, *outputs.values()])
    new.args[0].name_hint = "arena"
    for old, arg in zip(block.args, new.args[1:], strict=False):
        arg.name_hint = old.name_hint
    planner = _Planner(
        function,
        placement,
        arena.offsets,
        new.args[0],
        dict(zip(outputs, new.args[1 + len(inputs) :], strict=True)),
        dict(zip(block.args, new.args[1 : 1 + len(inputs)], strict=True)),
        new,
    )
    for op in list(block.ops):
        if isinstance(op, func.ReturnOp):
            planner.finish_outputs(op)
            new.add_op(func.ReturnOp(*(planner.planned(op.arguments[n]) for n in objects)))
        else:
            planner.rewrite(op)
    region = Region(new)
    function.detach_region(function.body)
    function.add_region(region)
    returned = [last.arguments[n].type for n in objects]
    function.properties["function_type"] = FunctionType.from_lists(
        [a.type for a in new.args], returned
    )
    if objects:
        function.attributes[OPAQUE_OUTPUTS] = int_array(objects)
    function.attributes[OUTPUT_DIGESTS] = digests
    function.attributes.update(arena.said)


@dataclass(frozen=True)
class PlanMemoryPass(ModulePass):
    """Give every tensor its place in memory; from tensors to memrefs."""

    name = "plan-memory"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        for function in op.ops:
            if isinstance(function, func.FuncOp) and not function.is_declaration:
                plan_function(function)


__all__ = ["PlanMemoryPass", "plan_function"]
