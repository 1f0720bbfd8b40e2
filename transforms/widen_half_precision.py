"""
`widen-half-precision`: what has no kernel for 16-bit floats is computed in f32.

    op(x : f16) => map{truncf}(op(map{extf}(x) : f32)) : f16

Sums of 16-bit floats are accumulated in f32 anyway, and one rounding follows. A region keeps
computing in 16 bits, so that everything in it is rounded where it was. Operations that a template
takes as they are, such as maps and data movement, stay.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects import arith
from xdsl.dialects.builtin import BFloat16Type, Float16Type, ModuleOp, TensorType, f32
from xdsl.dialects.func import FuncOp
from xdsl.ir import Attribute, Block, Operation, Region, SSAValue
from xdsl.passes import ModulePass

from ..dialects.engine import MapOp, YieldOp
from ..dialects.engine.base import EngineOp, carry_provenance, element_of, extents_of, tensor
from ..dialects.engine.opaque import any_opaque
from ..kernels.registry import layout_choices
from ..kernels.template import LayoutChoice
from ..targets.target import Target
from .at_hints import at_hints

_HALVES = (Float16Type, BFloat16Type)


@dataclass(frozen=True)
class WidenHalfPrecisionPass(ModulePass):
    """Compute in f32 what has no kernel for f16 or bf16."""

    name = "widen-half-precision"
    target: str = "native"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        target = Target.parse(self.target)
        for function in op.ops:
            if isinstance(function, FuncOp) and any(map(_has_halves, function.walk())):
                _widen(function, target)


def _widen(function: FuncOp, target: Target) -> None:
    for inner, hinted in list(zip(function.walk(), at_hints(function).walk(), strict=True)):
        if not isinstance(inner, EngineOp) or not isinstance(hinted, EngineOp):
            continue
        if not _has_halves(inner) or _choices(inner, hinted, target):
            continue
        widened = _wide_form(inner)
        if _choices(widened, widened if hinted is inner else _wide_form(hinted), target):
            _replace(inner, widened)


def _choices(op: EngineOp, hinted: EngineOp, target: Target) -> list[LayoutChoice]:
    return layout_choices(op, target, None if hinted is op else hinted)


def _is_half(element: Attribute) -> bool:
    return isinstance(element, _HALVES)


def _has_halves(op: Operation) -> bool:
    if not isinstance(op, EngineOp):
        return False
    values = (*op.operands, *op.results)
    return not any_opaque(values) and any(_is_half(element_of(v)) for v in values)


def _wide_type(type_: Attribute) -> Attribute:
    if isinstance(type_, TensorType) and _is_half(type_.element_type):
        return tensor(extents_of(type_), f32)
    return type_


def _wide_form(op: EngineOp) -> EngineOp:
    """The operation in f32, on operands that are not there yet."""
    # Placeholders of the wide types: whether there is a kernel depends on types alone.
    block = Block(arg_types=[_wide_type(v.type) for v in op.operands])
    return type(op).create(
        operands=list(block.args),
        result_types=[_wide_type(r.type) for r in op.results],
        properties=dict(op.properties),
        attributes=dict(op.attributes),
        regions=[_wide_region(region) for region in op.regions],
    )


def _wide_region(region: Region) -> Region:
    """The region with f32 for its 16-bit arguments and results, computing as before."""
    if not region.blocks:
        return Region()
    old = region.block
    block = Block(arg_types=[f32 if _is_half(a.type) else a.type for a in old.args])
    values: dict[SSAValue, SSAValue] = {}
    for before, after in zip(old.args, block.args, strict=True):
        values[before] = after
        if before.type != after.type:
            narrow = arith.TruncFOp(after, before.type)  # pyright: ignore[reportArgumentType]
            block.add_op(narrow)
            values[before] = narrow.result
    for op in old.ops:
        if op.next_op is not None:
            block.add_op(op.clone(values))
            continue
        results: list[SSAValue] = []
        for operand in op.operands:
            found = values.get(operand, operand)
            if _is_half(found.type):
                wide = arith.ExtFOp(found, f32)
                block.add_op(wide)
                found = wide.result
            results.append(found)
        block.add_op(YieldOp(*results))
    return Region(block)


def _cast(value: SSAValue, element: Attribute, kind: type[Operation]) -> MapOp:
    block = Block(arg_types=[element_of(value)])
    cast = kind.create(operands=[block.args[0]], result_types=[element])
    block.add_ops([cast, YieldOp(cast.results[0])])
    return MapOp([value], Region(block), tensor(extents_of(value), element))


def _replace(op: EngineOp, wide: EngineOp) -> None:
    block = op.parent
    assert block is not None
    placeholders = wide.operands[0].owner if wide.operands else None
    built: list[Operation] = []
    casts: dict[SSAValue, SSAValue] = {}
    for at, operand in enumerate(op.operands):
        found = casts.get(operand, operand)
        if found is operand and _is_half(element_of(operand)):
            cast = _cast(operand, f32, arith.ExtFOp)
            built.append(cast)
            found = casts[operand] = cast.results[0]
        wide.operands[at] = found
    built.append(wide)
    _insert(block, built, op)
    for old, new in zip(op.results, wide.results, strict=True):
        result: SSAValue = new
        if old.type != new.type:
            narrow = _cast(new, element_of(old), arith.TruncFOp)
            _insert(block, [narrow], op)
            built.append(narrow)
            result = narrow.results[0]
        result.name_hint = old.name_hint
        old.replace_all_uses_with(result)
    carry_provenance([op], built, WidenHalfPrecisionPass.name)
    op.detach()
    op.erase()
    if isinstance(placeholders, Block):
        placeholders.erase()


def _insert(block: Block, ops: Sequence[Operation], before: Operation) -> None:
    for op in ops:
        block.insert_op_before(op, before)
