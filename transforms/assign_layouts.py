"""
`assign-layouts`: from level 2 to level 3.

Walking the program in order, each operation takes the cheapest of the layouts its templates
offer: the template's own estimate plus the cost of bringing the operands into the layouts it
asks for. Where a layout differs from what is there, an explicit `engine.relayout` is inserted
(one for each value and layout); constants simply change their type. A transpose always gives a
permuted layout of the same bytes: it costs nothing until somebody insists on another order.

Operations for which no template offers anything are wrapped into `engine.host`, and so are those
on values without a buffer (`dialects/engine/objects.py`), which have no layout either.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from xdsl.context import Context
from xdsl.dialects import func
from xdsl.dialects.builtin import FunctionType, IntegerType, ModuleOp
from xdsl.ir import Block, Operation, OpResult, Region, SSAValue
from xdsl.passes import ModulePass
from xdsl.rewriter import InsertPoint, Rewriter

from ..conversion.engine_to_kernels.registry import templates_of
from ..conversion.engine_to_kernels.template import LayoutChoice
from ..conversion.target import Target
from ..dialects.engine import (
    BroadcastOp,
    ConcatOp,
    ConstantOp,
    GatherOp,
    HostOp,
    RelayoutOp,
    ReshapeOp,
    SliceOp,
    TransposeOp,
    YieldOp,
)
from ..dialects.engine.base import (
    EngineOp,
    carry_provenance,
    element_of,
    layout_of,
    nbytes_of,
    shape_of,
    tensor,
)
from ..dialects.engine.layout import FormatTag, parse_format_tag, row_major_tag
from ..dialects.engine.objects import any_object, is_object
from .known_sizes import check_sizes

BYTES_PER_SECOND = 8e9
"""Rough rate of a relayout, read and write together."""

FIXED_SECONDS = 0.5e-6
"""What one more kernel call costs."""

ANY = "*"

_MOVES = (BroadcastOp, ConcatOp, GatherOp, RelayoutOp, ReshapeOp, SliceOp, TransposeOp)
"""Operations that copy elements whatever they are."""


def current(value: SSAValue) -> str:
    """The layout a value has."""
    return str(layout_of(value))


def _relayout_seconds(value: SSAValue, wanted: str) -> float:
    if current(value) == wanted:
        return 0.0
    if isinstance(value, OpResult) and isinstance(value.op, ConstantOp):
        return 0.0
    return FIXED_SECONDS + 2 * nbytes_of(value) / BYTES_PER_SECOND


@dataclass
class _Assignment:
    target: Target
    converted: dict[tuple[SSAValue, str], SSAValue] = field(
        default_factory=dict[tuple[SSAValue, str], SSAValue]
    )

    def run(self, function: func.FuncOp) -> None:
        for op in list(function.body.block.ops):
            if isinstance(op, func.ReturnOp | HostOp):
                self._operands(op, [_row_major(v) for v in op.operands])
            elif isinstance(op, EngineOp) and any_object((*op.operands, *op.results)):
                wrap_in_host(op)
            elif isinstance(op, TransposeOp):
                tag = str(layout_of(op.input).permuted(op.permutation))
                self._set_result(op.results[0], tag)
            elif isinstance(op, ReshapeOp):
                self._operands(op, [row_major_tag(len(shape_of(op.input)))])
            elif isinstance(op, EngineOp):
                self._assign(op)
        for op in list(function.body.block.ops):
            if isinstance(op, ConstantOp) and not op.res.uses:  # stored in another layout now
                op.detach()
                op.erase()

    def _assign(self, op: EngineOp) -> None:
        if _computes_on_parts_of_bytes(op):
            wrap_in_host(op)
            return
        choices = [c for t in templates_of(op) for c in t.layouts(op, self.target)]
        resolved = [r for c in choices for r in self._resolve(op, c)]
        if not resolved:
            wrap_in_host(op)
            return
        best = min(resolved, key=lambda c: self._seconds(op, c))
        self._operands(op, [s or row_major_tag(0) for s in best.sources])
        for result, tag in zip(op.results, best.results, strict=True):
            self._set_result(result, tag or row_major_tag(len(shape_of(result))))

    def _seconds(self, op: EngineOp, choice: LayoutChoice) -> float:
        seconds = choice.seconds
        for value, tag in zip(op.sources, choice.sources, strict=True):
            seconds += _relayout_seconds(value, tag or "")
        return seconds

    def _resolve(self, op: EngineOp, choice: LayoutChoice) -> list[LayoutChoice]:
        """The choice with `*` and None replaced by tags; one for each candidate of `*`."""
        results: list[LayoutChoice] = []
        for candidate in self._candidates(op, choice):
            sources = tuple(
                self._source_tag(value, wanted, candidate, shape_of(op.results[0]))
                for value, wanted in zip(op.sources, choice.sources, strict=True)
            )
            tags = tuple(
                (candidate if _fits(candidate, r) else None) or row_major_tag(_rank(r))
                if wanted == ANY
                else wanted or row_major_tag(_rank(r))
                for r, wanted in zip(op.results, choice.results, strict=True)
            )
            results.append(LayoutChoice(sources, tags, choice.seconds))
        return results

    def _candidates(self, op: EngineOp, choice: LayoutChoice) -> list[str | None]:
        if ANY not in (*choice.sources, *choice.results):
            return [None]
        if ANY not in choice.results:
            return [None]
        rank = _rank(op.results[0])
        tags: dict[str, None] = {}
        for value, wanted in zip(op.sources, choice.sources, strict=True):
            constant = isinstance(value, OpResult) and isinstance(value.op, ConstantOp)
            if wanted == ANY and not constant and _rank(value) == rank:
                tags[current(value)] = None
        if (ahead := _wanted_by_transpose(op)) is not None:
            return [ahead]
        tags[row_major_tag(rank)] = None
        return list(tags)

    def _source_tag(
        self, value: SSAValue, wanted: str | None, candidate: str | None, shape: tuple[int, ...]
    ) -> str:
        rank = _rank(value)
        if wanted is None:
            return row_major_tag(rank)
        if wanted != ANY:
            return wanted
        if candidate is None:
            return current(value)
        return broadcast_tag(candidate, shape_of(value), shape)

    def _operands(self, op: Operation, tags: Sequence[str | None]) -> None:
        for number, tag in enumerate(tags):
            value = op.operands[number]
            if tag is not None and current(value) != tag:
                op.operands[number] = self._convert(value, tag, op)

    def _convert(self, value: SSAValue, tag: str, before: Operation) -> SSAValue:
        key = (value, tag)
        if key in self.converted:
            return self.converted[key]
        type_ = tensor(shape_of(value), element_of(value), tag)
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
                else InsertPoint.at_start(_entry(before))
            )
        Rewriter.insert_op(new, point)
        new.results[0].name_hint = value.name_hint
        self.converted[key] = new.results[0]
        return new.results[0]

    def _set_result(self, result: SSAValue, tag: str) -> None:
        if current(result) != tag:
            type_ = tensor(shape_of(result), element_of(result), tag)
            Rewriter.replace_value_with_new_type(result, type_)


def _row_major(value: SSAValue) -> str | None:
    """The row-major layout of a value, None for one without any layout."""
    return None if is_object(value) else row_major_tag(len(shape_of(value)))


def _computes_on_parts_of_bytes(op: EngineOp) -> bool:
    """
    Whether an operation does more with integers of two or four bits than move them.

    They have a byte each in memory, and no kernel computes on them.
    """
    if isinstance(op, _MOVES):
        return False
    elements = [element_of(v) for v in (*op.operands, *op.results)]
    return any(isinstance(e, IntegerType) and 1 < e.width.data < 8 for e in elements)


def _entry(op: Operation) -> Block:
    block = op.parent
    assert block is not None
    return block


def _rank(value: SSAValue) -> int:
    return len(shape_of(value))


def _fits(tag: str | None, value: SSAValue) -> bool:
    return tag is not None and parse_format_tag(tag).rank == _rank(value)


def broadcast_tag(tag: str, shape: tuple[int, ...], result: tuple[int, ...]) -> str:
    """
    The layout in which an operand of `shape` broadcasts against a result laid out as `tag`.

    Dimensions are counted from the right, and a dimension that is broadcast is not blocked:
    `[64, 1, 1]` against `[1, 64, 56, 56]` in `aBcd16b` is `Abc16a`, `[1, 1, 1]` is `abc`.
    """
    full = parse_format_tag(tag)
    shift = len(result) - len(shape)

    def kept(dim: int) -> bool:
        # Only extent 1 broadcasts; concat and pad change other extents.
        return dim >= shift and (shape[dim - shift] != 1 or result[dim] == 1)

    outer = tuple(d - shift for d in full.outer if d >= shift)
    inner = tuple((d - shift, block) for d, block in full.inner if kept(d))
    return str(FormatTag(len(shape), outer, inner))


def _wanted_by_transpose(op: EngineOp) -> str | None:
    """The layout that makes the only consumer, a transpose, a row-major view."""
    users = [use.operation for use in op.results[0].uses]
    if len(users) != 1 or not isinstance(users[0], TransposeOp):
        return None
    permutation = users[0].permutation
    return row_major_tag(len(permutation)).translate(
        {ord("a") + i: chr(ord("a") + p) for i, p in enumerate(permutation)}
    )


def wrap_in_host(op: EngineOp) -> HostOp:
    """Replace an operation by an `engine.host` that holds it, on row-major tensors."""
    plain = [v.type if is_object(v) else tensor(shape_of(v), element_of(v)) for v in op.operands]
    block = Block(arg_types=plain)
    inner = op.clone()
    block.add_op(inner)
    for number, argument in enumerate(block.args):
        inner.operands[number] = argument
    block.add_op(YieldOp(*inner.results))
    host = HostOp(list(op.operands), [r.type for r in op.results], Region(block))
    carry_provenance([op], [host])
    for number, value in enumerate(op.operands):
        if not is_object(value) and not layout_of(value).row_major:
            relayout = RelayoutOp(value, tensor(shape_of(value), element_of(value)))
            carry_provenance([op], [relayout])
            Rewriter.insert_op(relayout, InsertPoint.before(op))
            host.operands[number] = relayout.results[0]
    Rewriter.replace_op(op, host)
    return host


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
