"""
A scalar region (epilogue, map body) written out at the width of a kernel.

    outputs = inline_region(b, op.body.block, [accumulator, bias])

Every scalar op of the region becomes the same op on vectors when any of the arguments is one;
constants become constants of that width. `addf`, `subf` and `mulf` get the `contract` flag, so
that a multiplication and the addition that follows become one instruction, but for what is rounded
to integers in the region or, as the operation says, further on. `maximumf` and `minimumf` get
`nsz`, which on x86 makes a ReLU one instruction. bf16 has no arithmetic: each op is
computed in f32 and its result rounded. Divisions of integers are made so that they never trap
(`dialects/engine/integer_division.py`).
"""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects import arith
from xdsl.dialects.builtin import (
    DenseIntOrFPElementsAttr,
    FloatAttr,
    IntegerAttr,
    IntegerType,
    VectorType,
    bf16,
    f32,
)
from xdsl.ir import Attribute, Block, Operation, SSAValue

from ...dialects.engine.integer_division import SIGNED_DIVISIONS, may_trap
from ...dialects.engine.integer_rounding import KEEPS_ROUNDINGS, feeds_rounding_in
from ...dialects.vector_arith import VECTOR_FORM
from ...errors import CompileError
from ..builder import KernelBuilder
from ..builder.types import element_type, flags, lanes_of, with_lanes

_CONTRACTED = (arith.AddfOp, arith.SubfOp, arith.MulfOp)

_FLAGS: dict[type[Operation], arith.FastMathFlagsAttr] = {
    **dict.fromkeys(_CONTRACTED, flags("contract")),
    arith.MaximumfOp: flags("nsz"),
    arith.MinimumfOp: flags("nsz"),
}

_ON_BITS = (arith.ExtFOp, arith.TruncFOp, arith.BitcastOp, arith.SelectOp)
"""What code generation takes on bf16; everything else there is computed in f32 and rounded."""


def inline_region(
    b: KernelBuilder,
    block: Block,
    arguments: Sequence[SSAValue],
    zeros: list[SSAValue] | None = None,
) -> tuple[SSAValue, ...]:
    """
    Append the body of `block` with its arguments bound; gives what its terminator yields.

    `arguments` are scalars or vectors of one width; with any vector, all results are vectors.
    For each division of integers by what may be zero, `zeros` gets whether it is.
    Raises `CompileError` for an op with regions or with several results.
    """
    lanes = next((n for n in (lanes_of(value.type) for value in arguments) if n is not None), None)
    values: dict[SSAValue, SSAValue] = dict(zip(block.args, arguments, strict=True))
    owner = block.parent_op()
    further_on = owner is not None and KEEPS_ROUNDINGS in owner.attributes
    rounded = feeds_rounding_in(block, result=further_on)

    def use(value: SSAValue) -> SSAValue:
        found = values.get(value, value)
        if lanes is not None and not isinstance(found.type, VectorType):
            found = values[value] = b.broadcast(found, lanes)
        return found

    terminator = block.last_op
    assert terminator is not None
    for op in block.ops:
        if op is terminator:
            break
        if isinstance(op, arith.ConstantOp):
            values[op.result] = _constant(b, op, lanes)
            continue
        if len(op.results) != 1 or op.regions:
            raise CompileError(f"{op.name} cannot stand in the scalar region of a kernel")
        operands = [use(operand) for operand in op.operands]
        if may_trap(op):
            zero, operands = _without_trap(b, op, operands)
            if zeros is not None:
                zeros.append(zero)
        apart = isinstance(op, _CONTRACTED) and op.result in rounded
        fast = None if apart else _FLAGS.get(type(op))
        values[op.results[0]] = _widened(b, op, operands, lanes, fast)
    return tuple(use(value) for value in terminator.operands)


def _without_trap(
    b: KernelBuilder, op: Operation, operands: Sequence[SSAValue]
) -> tuple[SSAValue, list[SSAValue]]:
    """
    Whether a division is by zero, and operands with which it has a result in any case.

    The lowest number divided by -1 is itself, the remainder 0: what division by 1 gives.
    """
    dividend, divisor = operands
    zero = b.cmpi("eq", divisor, 0)
    unsafe = zero
    if isinstance(op, SIGNED_DIVISIONS):
        type_ = element_type(divisor.type)
        assert isinstance(type_, IntegerType)
        lowest = b.cmpi("eq", dividend, -(1 << (type_.width.data - 1)))
        unsafe = b.ori(zero, b.andi(lowest, b.cmpi("eq", divisor, -1)))
    return zero, [dividend, b.select(unsafe, 1, divisor)]


def _constant(b: KernelBuilder, op: arith.ConstantOp, lanes: int | None) -> SSAValue:
    value = op.value
    type = with_lanes(op.result.type, lanes)
    if isinstance(value, FloatAttr | IntegerAttr):
        return b.constant(value.value.data, type)
    if isinstance(value, DenseIntOrFPElementsAttr):
        return b.add_op(op.clone())[0]
    raise CompileError(f"arith.constant {value} cannot stand in the scalar region of a kernel")


def _widened(
    b: KernelBuilder,
    op: Operation,
    operands: Sequence[SSAValue],
    lanes: int | None,
    fast: arith.FastMathFlagsAttr | None,
) -> SSAValue:
    kind = type(op)
    result = op.results[0].type
    through_f32 = kind not in _ON_BITS
    if through_f32:
        bf16s = [element_type(v.type) == bf16 for v in operands]
        operands = [
            b.cast(v, f32) if is_bf16 else v for v, is_bf16 in zip(operands, bf16s, strict=True)
        ]
    properties: dict[str, Attribute] = dict(op.properties)
    if fast is not None:
        properties["fastmath"] = fast
    if lanes is not None:
        kind = VECTOR_FORM.get(kind, kind)
    if through_f32 and result == bf16:
        return b.cast(b.op(kind, operands, with_lanes(f32, lanes), properties), bf16)
    return b.op(kind, operands, with_lanes(result, lanes), properties)
