"""
`assign-layouts`: from level 2 to level 3.

Every operation can run in one or more of the ways its templates offer, each with an estimate of
its time; where an operand does not come in the layout that is asked for, it is copied, which has
a time as well. One way for each operation of the function is selected so that all of it together
takes the least time (`layouts/options.py` lists them, `layouts/selection.py` selects). Where
layouts still differ, an explicit `engine.relayout` is inserted, one for each value and layout;
constants simply change their type. What crosses the borders of branches and loops is row-major.
Times are those at the hints of sizes that are no numbers, and a dimension of such a size is not
blocked. A transpose always gives a permuted layout of the same bytes: it costs nothing unless
somebody insists on another order.

Operations for which no template offers anything are wrapped into `engine.reference`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from xdsl.context import Context
from xdsl.dialects import func
from xdsl.dialects.builtin import FunctionType, ModuleOp
from xdsl.ir import Block, Operation, OpResult, Region, SSAValue
from xdsl.passes import ModulePass
from xdsl.rewriter import InsertPoint, Rewriter

from ...dialects.engine import ConstantOp, ReferenceOp, RelayoutOp, YieldOp
from ...dialects.engine.base import (
    EngineOp,
    carry_provenance,
    element_of,
    extents_of,
    is_coded,
    layout_of,
    nbytes_of,
    tensor,
)
from ...dialects.engine.loop import in_line
from ...dialects.engine.opaque import any_opaque, is_opaque
from ...ir.known_sizes import check_sizes
from ...kernels.registry import layout_choices
from ...kernels.template import ANY, STRIDED, LayoutChoice
from ...runtime.format_tag import parse_format_tag
from ...targets.machine_model import MachineModel
from ...targets.target import Target
from ..at_hints import at_hints, open_dimensions
from .options import Option, Options, blocks_one_of, is_constant, row_major
from .selection import Selection


def current(value: SSAValue) -> str:
    """The layout a value has; that of an object is that of a number."""
    return "" if is_opaque(value) else str(layout_of(value))


def is_read_as_it_is(tag: str, wanted: str) -> bool:
    """Whether a value laid out as `tag` needs no copy for an operand that wants `wanted`."""
    return tag == wanted or (wanted == STRIDED and not parse_format_tag(tag).inner)


def select(
    function: func.FuncOp, options: Options, machine: MachineModel
) -> dict[Operation, Option]:
    """The option of each operation with which the function takes the least time."""
    selection = Selection()
    numbers = {
        op: selection.add_node([option.seconds for option in found])
        for op, found in options.of.items()
    }
    for op, found in options.of.items():
        for place, value in enumerate(op.operands):
            if is_constant(value) or is_opaque(value) or place >= len(found[0].sources):
                continue
            copy = machine.call_seconds + 2 * nbytes_of(value) / machine.rates.relayouts
            wanted = [option.sources[place] for option in found]
            if isinstance(value, OpResult) and value.op in numbers:
                given = [option.results[value.index] for option in options.of[value.op]]
            else:
                given = [row_major(value)]
            costs = np.array(
                [[0.0 if is_read_as_it_is(g, w) else copy for w in wanted] for g in given]
            )
            if isinstance(value, OpResult) and value.op in numbers:
                selection.add_edge(numbers[value.op], numbers[op], costs)
            else:
                selection.add_costs(numbers[op], costs[0])
    choices = selection.solve()
    return {op: options.of[op][choices[number]] for op, number in numbers.items()}


@dataclass
class _Assignment:
    target: Target
    converted: dict[tuple[SSAValue, str], SSAValue] = field(
        default_factory=dict[tuple[SSAValue, str], SSAValue]
    )

    def run(self, function: func.FuncOp) -> None:
        block = function.body.block
        hinted = at_hints(function)
        choices: dict[Operation, Sequence[LayoutChoice]] = {}
        for op, at_hint in zip(list(in_line(block)), list(in_line(hinted.body.block)), strict=True):
            if isinstance(op, EngineOp) and isinstance(at_hint, EngineOp):
                choices[at_hint] = self._choices(op, at_hint)
                if not choices[at_hint] and _needs_kernel(op):
                    wrap_in_reference(op)
                    if at_hint is not op:
                        wrap_in_reference(at_hint)
        open_dims = {} if hinted is function else _open_dimensions(function, hinted)
        options = Options(hinted.body.block, choices, open_dims)
        selected = select(hinted, options, self.target.machine)
        for op, at_hint in zip(list(in_line(block)), list(in_line(hinted.body.block)), strict=True):
            if option := selected.get(at_hint):
                self._operands(op, option.sources)
                for result, tag in zip(op.results, option.results, strict=True):
                    self._set_result(result, tag)
        for op in list(in_line(block)):
            if isinstance(op, ConstantOp) and not op.res.uses:  # stored in another layout now
                op.detach()
                op.erase()

    def _choices(self, op: EngineOp, at_hint: EngineOp) -> Sequence[LayoutChoice]:
        """What the templates offer that can be for all sizes."""
        if any_opaque((*op.operands, *op.results)) or _has_no_arithmetic(op):
            return ()
        choices = layout_choices(op, self.target, at_hint)
        return choices if at_hint is op else [c for c in choices if _blocks_numbers(op, c)]

    def _operands(self, op: Operation, tags: Sequence[str]) -> None:
        for number, wanted in enumerate(tags):
            value = op.operands[number]
            if not is_read_as_it_is(current(value), wanted):
                tag = row_major(value) if wanted == STRIDED else wanted
                op.operands[number] = self._convert(value, tag, op)

    def _convert(self, value: SSAValue, tag: str, before: Operation) -> SSAValue:
        key = (value, tag)
        if key in self.converted:
            return self.converted[key]
        type_ = tensor(extents_of(value), element_of(value), tag)
        if isinstance(value, OpResult) and isinstance(value.op, ConstantOp):
            new: Operation = ConstantOp.create(
                result_types=[type_], properties=dict(value.op.properties)
            )
            point = InsertPoint.after(value.op)
        else:
            new = RelayoutOp(value, type_)
            carry_provenance([value.op] if isinstance(value, OpResult) else [before], [new])
            point = (
                InsertPoint.after(value.op)
                if isinstance(value, OpResult)
                else InsertPoint.at_start(_entry(value, before))
            )
        Rewriter.insert_op(new, point)
        new.results[0].name_hint = value.name_hint
        self.converted[key] = new.results[0]
        return new.results[0]

    def _set_result(self, result: SSAValue, tag: str) -> None:
        if current(result) != tag:
            type_ = tensor(extents_of(result), element_of(result), tag)
            Rewriter.replace_value_with_new_type(result, type_)


def _open_dimensions(function: func.FuncOp, hinted: func.FuncOp) -> dict[SSAValue, frozenset[int]]:
    """For values of the function at its hints, the dimensions whose sizes are no numbers."""
    found = dict[SSAValue, frozenset[int]]()
    arguments = zip(hinted.body.block.args, function.body.block.args, strict=True)
    found.update((at_hint, open_dimensions(value)) for at_hint, value in arguments)
    for at_hint, op in zip(in_line(hinted.body.block), in_line(function.body.block), strict=True):
        results = zip(at_hint.results, op.results, strict=True)
        found.update((number, open_dimensions(value)) for number, value in results)
    return {value: dims for value, dims in found.items() if dims}


def _blocks_numbers(op: EngineOp, choice: LayoutChoice) -> bool:
    """Whether a choice blocks no dimension whose size is no number."""
    values = (*op.sources, *op.results)
    tags = (*choice.sources, *choice.results)
    return not any(
        blocks_one_of(tag, open_dimensions(value))
        for value, tag in zip(values, tags, strict=True)
        if tag is not None and tag not in (ANY, STRIDED)
    )


def _needs_kernel(op: EngineOp) -> bool:
    """Whether nothing but a template can say in which layouts an operation runs."""
    if op.KEEPS_BYTES or op.READS_ROW_MAJOR:
        return any_opaque((*op.operands, *op.results))
    return True


def _has_no_arithmetic(op: EngineOp) -> bool:
    """
    Whether an operation would compute with elements of a type without arithmetic.

    Integers and floats narrower than a byte have a byte each in memory, which regions decode.
    """
    return not op.TAKES_CODED and any(is_coded(element_of(v)) for v in (*op.operands, *op.results))


def _entry(value: SSAValue, reader: Operation) -> Block:
    """The block that an argument belongs to."""
    block = value.owner if isinstance(value.owner, Block) else reader.parent
    assert block is not None
    return block


def wrap_in_reference(op: EngineOp) -> ReferenceOp:
    """Replace an operation on row-major tensors by an `engine.reference` that holds it."""
    plain = [v.type if is_opaque(v) else tensor(extents_of(v), element_of(v)) for v in op.operands]
    block = Block(arg_types=plain)
    inner = op.clone()
    block.add_op(inner)
    for number, argument in enumerate(block.args):
        inner.operands[number] = argument
    block.add_op(YieldOp(*inner.results))
    reference = ReferenceOp(list(op.operands), [r.type for r in op.results], Region(block))
    carry_provenance([op], [reference])
    Rewriter.replace_op(op, reference)
    return reference


@dataclass(frozen=True)
class AssignLayoutsPass(ModulePass):
    """Choose a layout for every tensor by cost; make relayouts explicit."""

    name = "assign-layouts"
    target: str = "native"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        for function in op.ops:
            if isinstance(function, func.FuncOp) and not function.is_declaration:
                check_sizes(function)
                _Assignment(Target.parse(self.target)).run(function)
                _update_type(function)


def _update_type(function: func.FuncOp) -> None:
    last = function.body.block.last_op
    assert last is not None
    inputs = [a.type for a in function.body.block.args]
    outputs = [v.type for v in last.operands]
    function.properties["function_type"] = FunctionType.from_lists(inputs, outputs)
