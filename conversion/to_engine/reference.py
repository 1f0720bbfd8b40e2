"""What has no native form: `engine.reference` around the framework's operation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xdsl.dialects.builtin import DenseArrayBase, StringAttr
from xdsl.ir import Block, Operation, OpResult, Region, SSAValue

from ...dialects.engine import ConstantOp, ReferenceOp, WeightStore, YieldOp
from ...dialects.engine.base import carry_provenance, int_array, int_values
from ...dialects.engine.weights import WeightAttr, dense
from ...dialects.framework import FrameworkOp, StringsAttr
from .lowering import Lowering

ROWS = "rows"
"""Discardable attribute of a reference operation, `array<i64>`: which of its operands it gives the
first rows of, and which says how many."""

REASON = "reason"
"""Discardable attribute of a reference operation: why it has no native form."""


def run_by_reference(op: Operation, reason: str, store: WeightStore) -> Sequence[OpResult]:
    """Move an operation, with its subgraphs, into an `engine.reference` in its place."""
    _bring_out_weights(op, store)
    captured = _values_from_outside(op)
    used = dict.fromkeys([*op.operands, *captured])
    inputs = [value for value in used if not is_text(value)]
    reference = ReferenceOp(inputs, [r.type for r in op.results], Region(Block()))
    block = op.parent
    assert block is not None
    block.insert_op_before(reference, op)
    for old, new in zip(op.results, reference.res, strict=True):
        new.name_hint = old.name_hint
        old.replace_all_uses_with(new)
    _fill(reference, op, inputs, [value for value in used if is_text(value)])
    carry_provenance([op], [reference])
    reference.attributes[REASON] = StringAttr(reason)
    return reference.res


def emit_reference(lo: Lowering, op: FrameworkOp, reason: str) -> Sequence[OpResult]:
    """
    The results of a framework operation that a conversion makes for what only the reference
    computes: a lookup of strings, say. It stands before the operation that is converted.
    """
    block = lo.op.parent
    assert block is not None
    block.insert_op_before(op, lo.op)
    carry_provenance([lo.op], [op])
    results = run_by_reference(op, reason, lo.store)
    lo.built.append(results[0].op)
    return results


@dataclass(frozen=True)
class BoundedRows:
    """The first `count` of `rows`: the rows of a loop that may end early."""

    rows: SSAValue
    count: SSAValue


def cut_rows(lo: Lowering, cut: FrameworkOp, rows: SSAValue, count: SSAValue) -> SSAValue:
    """
    The result of an operation that gives the first `count` of `rows`, which only the data knows.

    What takes it can have both from `bounded_rows`.
    """
    reason = "cuts off the rows of trips that a loop did not make"
    [result] = emit_reference(lo, cut, reason)
    inputs = list(result.op.operands)
    result.op.attributes[ROWS] = int_array((inputs.index(rows), inputs.index(count)))
    return result


def bounded_rows(value: SSAValue) -> BoundedRows | None:
    """What a value without a buffer is the first rows of; None for any other value."""
    if not isinstance(value, OpResult) or not isinstance(value.op, ReferenceOp):
        return None
    numbers = value.op.attributes.get(ROWS)
    if not isinstance(numbers, DenseArrayBase):
        return None
    rows, count = int_values(numbers)
    return BoundedRows(value.op.inputs[rows], value.op.inputs[count])


def _bring_out_weights(op: Operation, store: WeightStore) -> None:
    """Make weights inside of an operation operands of it, or numbers in its text.

    A reference operation is text when it runs, and the store is not there any more.
    """
    for inner in list(op.walk()):
        if not isinstance(inner, FrameworkOp):
            continue
        for name, attribute in list(inner.properties.items()):
            if not isinstance(attribute, WeightAttr):
                continue
            if inner is not op and inner.SIGNATURE.schema.constant:
                _bring_out(inner, attribute, op)
                break
            array = store.array(attribute)
            if array.dtype.kind in "fiub":
                inner.properties[name] = dense(array)


def _bring_out(constant: FrameworkOp, weight: WeightAttr, op: Operation) -> None:
    block = op.parent
    assert block is not None
    outside = ConstantOp(weight)
    outside.res.name_hint = constant.results[0].name_hint
    block.insert_op_before(outside, op)
    constant.results[0].replace_all_uses_with(outside.res)
    constant.detach()
    constant.erase()


def reason_of(op: Operation) -> str:
    """Why a reference operation has no native form; empty where nobody said."""
    reason = op.attributes.get(REASON)
    return reason.data if isinstance(reason, StringAttr) else ""


def is_text(value: SSAValue) -> bool:
    """Whether a value is a constant of strings, which reference operations hold themselves."""
    return (
        isinstance(value, OpResult)
        and isinstance(value.op, FrameworkOp)
        and value.op.SIGNATURE.schema.constant
        and isinstance(value.op.properties.get("value"), StringsAttr)
    )


def _fill(
    reference: ReferenceOp, op: Operation, inputs: Sequence[SSAValue], texts: Sequence[SSAValue]
) -> None:
    body = reference.body.block
    op.detach()
    arguments: dict[SSAValue, SSAValue] = {
        value: body.insert_arg(value.type, at) for at, value in enumerate(inputs)
    }
    for text in texts:
        assert isinstance(text, OpResult)
        constant = text.op.clone()
        body.add_op(constant)
        arguments[text] = constant.results[0]
    for inner in op.walk():
        for at, operand in enumerate(inner.operands):
            if operand in arguments:
                inner.operands[at] = arguments[operand]
    body.add_op(op)
    body.add_op(YieldOp(*op.results))


def _values_from_outside(op: Operation) -> list[SSAValue]:
    """Values that the subgraphs of an operation use but do not define."""
    inside = {op, *op.walk()}
    blocks = {block for inner in inside for region in inner.regions for block in region.blocks}

    def is_outside(value: SSAValue) -> bool:
        owner = value.owner
        return owner not in (blocks if isinstance(owner, Block) else inside)

    return [v for inner in op.walk() if inner is not op for v in inner.operands if is_outside(v)]
