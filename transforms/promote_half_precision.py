"""
`promote-half-precision`: a function that computes in 16-bit floats does so in f32.

    conv(x : f16, w : f16) : f16 => trunc(conv(ext(x), ext(w)) : f32)
    ext(trunc(x)) => x

Results between operations are no longer rounded to 16 bits, which is what makes this `rounding`;
the function's own arguments and results keep their types, as do what branches and loops take and
give, and what is run by its reference semantics. Vectors of f32 are what kernels are fastest at, on
every processor so far, and runtimes without kernels for f16 do the same. Functions that only move
and map numbers stay as they are, and so do maps whose results are rounded to integers further on.
Tables that rows are gathered from stay in 16 bits, the rows are widened.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeGuard

import numpy as np
from xdsl.context import Context
from xdsl.dialects import arith, func
from xdsl.dialects.builtin import (
    BFloat16Type,
    Float16Type,
    FloatAttr,
    ModuleOp,
    TensorType,
    f32,
)
from xdsl.ir import Attribute, Block, Operation, OpResult, Region, SSAValue
from xdsl.passes import ModulePass
from xdsl.rewriter import InsertPoint, Rewriter

from ..dialects.engine import (
    ConstantOp,
    GatherOp,
    MapOp,
    WeightStore,
    YieldOp,
)
from ..dialects.engine.base import EngineOp, carry_provenance, element_of, extents_of, tensor
from ..dialects.engine.constant import constant_of
from ..dialects.engine.integer_rounding import feeds_rounding, rounds
from ..dialects.engine.loop import in_line, inner_blocks
from ..dialects.engine.movement import MovementOp
from ..dialects.engine.opaque import is_opaque
from ..dialects.engine.weights import Array, weight_store

_HALVES = (Float16Type, BFloat16Type)

NAME = "promote-half-precision"


@dataclass(frozen=True)
class PromoteHalfPrecisionPass(ModulePass):
    """Compute in f32 what a function computes in f16 or bf16."""

    name = NAME
    exactness: str = "rounding"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        if self.exactness == "bitwise":
            return
        for function in op.ops:
            if not isinstance(function, func.FuncOp) or function.is_declaration:
                continue
            if any(map(_pays, in_line(function.body.block))):
                _promote_function(weight_store(ctx), function)


def _promote_function(store: WeightStore, function: func.FuncOp) -> None:
    """Promote the operations of a function, those of a region when its operation is reached."""
    block = function.body.block
    rounding = any(rounds(op.walk()) for op in block.ops)
    replaced: list[Operation] = []
    outermost = _Promotion(store, block, rounding, replaced)
    work: list[tuple[_Promotion, Iterator[Operation]]] = [(outermost, iter(list(block.ops)))]
    while work:
        promotion, ops = work[-1]
        op = next(ops, None)
        if op is None:
            work.pop()
            continue
        promotion.visit(op)
        for inner in inner_blocks(op):
            inside = _Promotion(store, inner, rounding, replaced, (promotion, op))
            work.append((inside, iter(list(inner.ops))))
    for op in reversed(replaced):
        op.detach()
        op.erase()


def _is_half(value: SSAValue) -> bool:
    return not is_opaque(value) and isinstance(element_of(value), _HALVES)


def _pays(op: Operation) -> bool:
    """Whether an operation computes sums of halves, and more than once per element."""
    if not isinstance(op, EngineOp) or isinstance(op, MapOp | MovementOp):
        return False
    return any(_is_half(v) for v in (*op.operands, *op.results))


def _wide_scalar(type_: Attribute) -> Attribute:
    return f32 if isinstance(type_, _HALVES) else type_


def _wide(type_: Attribute) -> Attribute:
    if isinstance(type_, TensorType) and isinstance(type_.element_type, _HALVES):
        return tensor(extents_of(type_), f32)
    return type_


@dataclass
class _Promotion:
    """
    The promotion of one block. What crosses the border of a region keeps its type, but a region may
    use what was promoted outside of it.
    """

    store: WeightStore
    block: Block
    rounds: bool
    """Whether results are rounded to integers anywhere in the function."""
    replaced: list[Operation]
    """Operations that others stand for, of all blocks."""
    outside: tuple[_Promotion, Operation] | None = None
    """The promotion of the block around it, and the operation there that it is part of."""
    promoted: dict[SSAValue, SSAValue] = field(default_factory=dict[SSAValue, SSAValue])
    """What stands for each result that was promoted."""
    extended: dict[SSAValue, SSAValue] = field(default_factory=dict[SSAValue, SSAValue])
    """The f32 form of values that stay in 16 bits."""
    narrow: dict[SSAValue, SSAValue] = field(default_factory=dict[SSAValue, SSAValue])
    """What was cut back to 16 bits, for who takes nothing else."""

    def visit(self, op: Operation) -> None:
        """Promote an operation of the block, or give it its operands as they were."""
        if isinstance(op, ConstantOp) or not _uses_halves(op):
            return
        if self._is_promoted(op):
            self._promote(op)
            self.replaced.append(op)
            return
        for at, operand in enumerate(op.operands):
            op.operands[at] = self._narrowed(operand, op)

    def _home(self, value: SSAValue, before: Operation) -> tuple[_Promotion, Operation]:
        """The promotion of the block that a value is of, and what stands there for `before`."""
        owner = value.owner if isinstance(value.owner, Block) else value.owner.parent
        promotion = self
        while promotion.block is not owner and promotion.outside is not None:
            promotion, before = promotion.outside
        return promotion, before

    def _is_promoted(self, op: Operation) -> TypeGuard[EngineOp]:
        """Whether an operation means nearly the same in f32: nothing looks at its last bits."""
        if not isinstance(op, EngineOp) or any(isinstance(o, arith.BitcastOp) for o in op.walk()):
            return False
        if not self.rounds or not isinstance(op, MapOp):
            return True
        return not any(feeds_rounding(value) for value in (*op.body.block.args, *op.results))

    def _promote(self, op: EngineOp) -> None:
        gathers = isinstance(op, GatherOp)
        operands = [
            self._narrowed(value, op) if gathers else self._widened(value, op)
            for value in op.operands
        ]
        properties = {
            name: FloatAttr(value.value.data, f32)
            if isinstance(value, FloatAttr) and isinstance(value.type, _HALVES)
            else value
            for name, value in op.properties.items()
        }
        new = type(op).create(
            operands=operands,
            result_types=[
                r.type if isinstance(op, GatherOp) else _wide(r.type) for r in op.results
            ],
            properties=properties,
            attributes=dict(op.attributes),
            regions=[_promoted_region(region) for region in op.regions],
        )
        carry_provenance([], [new], NAME)
        Rewriter.insert_op(new, InsertPoint.before(op))
        for old, result in zip(op.results, new.results, strict=True):
            result.name_hint = old.name_hint
            if old.type == result.type:
                old.replace_all_uses_with(result)
            else:
                self.promoted[old] = result

    def _widened(self, value: SSAValue, before: Operation) -> SSAValue:
        if not _is_half(value):
            return value
        home, before = self._home(value, before)
        if value in home.promoted:
            return home.promoted[value]
        if value not in home.extended:
            new = self._extension(value)
            carry_provenance([before], [new], NAME)
            Rewriter.insert_op(new, InsertPoint.before(before))
            new.results[0].name_hint = value.name_hint
            home.extended[value] = new.results[0]
        return home.extended[value]

    def _extension(self, value: SSAValue) -> Operation:
        attr = constant_of(value)
        if attr is None:
            return _cast(value, f32, arith.ExtFOp)
        name = value.name_hint or "constant"
        type_ = tensor(extents_of(value), f32)
        return ConstantOp(self.store.derive("extf", _as_f32, [attr], type_, name))

    def _narrowed(self, value: SSAValue, before: Operation) -> SSAValue:
        """A value as it was before anything was promoted."""
        home, before = self._home(value, before)
        if value not in home.promoted:
            return value
        if value not in home.narrow:
            wide = home.promoted[value]
            new = _cast(wide, element_of(value), arith.TruncFOp)
            assert isinstance(wide, OpResult)
            carry_provenance([wide.op], [new])
            Rewriter.insert_op(new, InsertPoint.before(before))
            home.narrow[value] = new.results[0]
        return home.narrow[value]


def _as_f32(array: Array) -> Array:
    return array.astype(np.float32)


def _cast(value: SSAValue, element: Attribute, kind: type[Operation]) -> MapOp:
    block = Block(arg_types=[element_of(value)])
    cast = kind.create(operands=[block.args[0]], result_types=[element])
    block.add_ops([cast, YieldOp(cast.results[0])])
    return MapOp([value], Region(block), tensor(extents_of(value), element))


def _uses_halves(op: Operation) -> bool:
    return any(_is_half(v) for v in (*op.operands, *op.results))


def _promoted_region(region: Region) -> Region:
    if not region.blocks:
        return Region()
    old = region.block
    block = Block(arg_types=[_wide_scalar(a.type) for a in old.args])
    values: dict[SSAValue, SSAValue] = dict(zip(old.args, block.args, strict=True))
    for op in old.ops:
        operands = [values[operand] for operand in op.operands]
        types = [_wide_scalar(result.type) for result in op.results]
        if isinstance(op, arith.ExtFOp | arith.TruncFOp) and operands[0].type == types[0]:
            values[op.result] = operands[0]
            continue
        properties = dict(op.properties)
        if isinstance(op, arith.ConstantOp) and types[0] != op.result.type:
            number = op.value
            assert isinstance(number, FloatAttr)
            properties["value"] = FloatAttr(number.value.data, f32)
        new = type(op).create(
            operands=operands,
            result_types=types,
            properties=properties,
            attributes=dict(op.attributes),
        )
        block.add_op(new)
        values.update(zip(op.results, new.results, strict=True))
    return Region(block)
