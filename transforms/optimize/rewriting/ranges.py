"""
Between which numbers a float is, whatever the inputs are.

Limits hold for every result that is not NaN, and tell -0.0 from 0.0, which is larger. They follow
from operations whose results cannot leave them however they are rounded (a square, `exp`, a maximum
with a constant); those of `tanh` and `erf` are not among them, as an approximation may pass 1 by a
unit in the last place. What a map reads is followed to the operation that computes it, through
movement, pools and epilogues.
"""

from __future__ import annotations

from math import copysign, inf, isnan

from xdsl.dialects import arith, math
from xdsl.ir import BlockArgument, Operation, OpResult, SSAValue

from ....dialects.engine import (
    BroadcastOp,
    ConcatOp,
    ConvOp,
    ConvTransposeOp,
    MapOp,
    MatmulOp,
    PoolOp,
    ReduceOp,
    ReshapeOp,
    SliceOp,
    SoftmaxOp,
    TransposeOp,
)
from ....dialects.engine.base import yielded_values
from ....dialects.engine.contraction import ContractionOp
from .scalar_code import number_of

Range = tuple[float, float]

ANY: Range = (-inf, inf)
STEPS = 16
"""Operations looked at for one answer."""

MOVES = frozenset[type[Operation]]((BroadcastOp, ConcatOp, ReshapeOp, SliceOp, TransposeOp))
CONTRACTIONS = frozenset[type[Operation]]((ConvOp, ConvTransposeOp, MatmulOp))
KNOWN = frozenset[type[Operation]](
    (
        *(arith.MaximumfOp, arith.MinimumfOp, arith.SelectOp, arith.NegfOp, arith.UIToFPOp),
        *(arith.MulfOp, arith.DivfOp, arith.AddfOp, math.AbsFOp, math.ExpOp, math.SqrtOp),
        *(MapOp, SoftmaxOp, PoolOp, ReduceOp, *MOVES, *CONTRACTIONS),
    )
)
"""Operations of whose results anything is known."""


def larger(a: float, b: float) -> float:
    """The larger of two numbers, where -0.0 is less than 0.0."""
    return max(a, b, key=_order)


def smaller(a: float, b: float) -> float:
    """The smaller of two numbers, where -0.0 is less than 0.0."""
    return min(a, b, key=_order)


def at_least(a: float, b: float) -> bool:
    """Whether `a >= b`, where 0.0 is larger than -0.0."""
    return _order(a) >= _order(b)


def _order(number: float) -> tuple[float, float]:
    return number, copysign(1, number)


def is_never_negative(value: SSAValue) -> bool:
    """Whether a float is NaN or has no sign: -0.0 counts as negative."""
    return at_least(range_of(value)[0], 0.0)


def range_of(value: SSAValue) -> Range:
    """The limits of a scalar of a region, or of the elements of a tensor."""
    return _Walk().of(value)


class _Walk:
    """One question; `left` bounds the work, so that it does not grow with the program."""

    def __init__(self) -> None:
        self.left = STEPS

    def of(self, value: SSAValue) -> Range:
        if self.left <= 0:
            return ANY
        self.left -= 1
        number = number_of(value)
        if number is not None:
            return ANY if isnan(number) else (float(number), float(number))
        if isinstance(value, BlockArgument):
            return self.of_argument(value)
        if not isinstance(value, OpResult) or type(value.op) not in KNOWN:
            return ANY
        return self.of_operation(value.op)

    def of_argument(self, argument: BlockArgument) -> Range:
        parent = argument.block.parent_op()
        if isinstance(parent, MapOp | ReduceOp):
            return self.of(parent.inputs[argument.index])
        if isinstance(parent, ContractionOp) and argument.index:
            return self.of(parent.epilogue_operands[argument.index - 1])
        return ANY

    def of_operation(self, op: Operation) -> Range:
        match op:
            case arith.MaximumfOp():
                a, b = self.of(op.lhs), self.of(op.rhs)
                return larger(a[0], b[0]), larger(a[1], b[1])
            case arith.MinimumfOp():
                a, b = self.of(op.lhs), self.of(op.rhs)
                return smaller(a[0], b[0]), smaller(a[1], b[1])
            case arith.SelectOp():
                a, b = self.of(op.lhs), self.of(op.rhs)
                return smaller(a[0], b[0]), larger(a[1], b[1])
            case arith.NegfOp():
                low, high = self.of(op.operand)
                return -high, -low
            case arith.MulfOp() if op.lhs is op.rhs:
                return 0.0, inf
            case math.AbsFOp() | math.ExpOp() | arith.UIToFPOp():
                return 0.0, inf
            case math.SqrtOp():
                return (0.0 if at_least(self.of(op.operand)[0], 0.0) else -0.0), inf
            case arith.MulfOp() | arith.DivfOp() | arith.AddfOp():
                signless = all(at_least(self.of(v)[0], 0.0) for v in op.operands)
                return (0.0, inf) if signless else ANY
            case MapOp() | ContractionOp():
                region = op.body if isinstance(op, MapOp) else op.epilogue_region
                return ANY if region is None else self.of(yielded_values(region)[0])
            case SoftmaxOp():
                return (0.0, inf) if op.log is None else ANY
            case _:
                return self.of_tensor(op)

    def of_tensor(self, op: Operation) -> Range:
        """Operations that pass elements on, or add up what has no sign."""
        match op:
            case PoolOp() if op.kind.data == "max":
                # Where a window has nothing but padding, the maximum is -inf.
                return -inf, self.of(op.input)[1]
            case ReduceOp() if op.kind.data in ("sum", "mean"):
                element = op.inputs[0] if op.body is None else yielded_values(op.body)[0]
                return (0.0, inf) if at_least(self.of(element)[0], 0.0) else ANY
            case _ if type(op) in MOVES:
                low, high = self.of(op.operands[0])
                for value in op.operands[1:]:
                    if (low, high) == ANY:
                        break
                    other = self.of(value)
                    low, high = smaller(low, other[0]), larger(high, other[1])
                return low, high
            case _:
                return ANY
