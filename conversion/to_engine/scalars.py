"""
Scalar expressions inside regions, by the kind of number.

Region scalars are signless, so whether an integer is unsigned comes from the tensor: `Numbers`
knows, and picks the operation. All functions build where the implicit builder stands.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

from xdsl.dialects import arith, math
from xdsl.dialects.builtin import (
    AnyFloat,
    BFloat16Type,
    Float8E8M0FNUType,
    Float16Type,
    Float32Type,
    Float64Type,
    IntegerType,
    Signedness,
    f32,
    f64,
)
from xdsl.ir import Attribute, Operation, SSAValue

from ...dialects.engine.base import is_coded, scalar_type
from .coded_elements import Rounding, decoded, encoded, plain_element, sticky
from .lowering import NoNativeForm, number_of

_WIDTHS: dict[type[Attribute], int] = {
    BFloat16Type: 16,
    Float16Type: 16,
    Float32Type: 32,
    Float64Type: 64,
}


EXACT_OR_LARGEST = Rounding()


def value(op: Operation) -> SSAValue:
    """The one result of an operation."""
    return op.results[0]


@dataclass(frozen=True)
class Numbers:
    """Arithmetic on the scalars of tensors with a given element type."""

    element: Attribute

    def __post_init__(self) -> None:
        integer = isinstance(self.element, IntegerType)
        if is_coded(self.element) or not (integer or type(self.element) in _WIDTHS):
            raise NoNativeForm(f"element type {self.element} has no arithmetic")

    @property
    def floating(self) -> bool:
        return not isinstance(self.element, IntegerType)

    @property
    def _integer(self) -> IntegerType | None:
        return self.element if isinstance(self.element, IntegerType) else None

    @property
    def unsigned(self) -> bool:
        return self._integer is not None and self._integer.signedness.data == Signedness.UNSIGNED

    @property
    def boolean(self) -> bool:
        return self._integer is not None and self._integer.width.data == 1

    @property
    def scalar(self) -> Attribute:
        """The type in a region."""
        return scalar_type(self.element)

    def number(self, number: Any) -> SSAValue:
        """A constant."""
        return number_of(number, self.scalar)

    def _pick(self, floating: Any, signed: Any, unsigned: Any | None = None) -> Any:
        if self.floating:
            return floating
        return unsigned if self.unsigned and unsigned is not None else signed

    def add(self, a: SSAValue, b: SSAValue) -> SSAValue:
        return value(self._pick(arith.AddfOp, arith.AddiOp)(a, b))

    def sub(self, a: SSAValue, b: SSAValue) -> SSAValue:
        return value(self._pick(arith.SubfOp, arith.SubiOp)(a, b))

    def mul(self, a: SSAValue, b: SSAValue) -> SSAValue:
        return value(self._pick(arith.MulfOp, arith.MuliOp)(a, b))

    def div(self, a: SSAValue, b: SSAValue) -> SSAValue:
        """Integers truncate towards zero."""
        return value(self._pick(arith.DivfOp, arith.DivSIOp, arith.DivUIOp)(a, b))

    def maximum(self, a: SSAValue, b: SSAValue) -> SSAValue:
        """A NaN wins."""
        if self.boolean:
            return value(arith.OrIOp(a, b))
        return value(self._pick(arith.MaximumfOp, arith.MaxSIOp, arith.MaxUIOp)(a, b))

    def minimum(self, a: SSAValue, b: SSAValue) -> SSAValue:
        """A NaN wins."""
        if self.boolean:
            return value(arith.AndIOp(a, b))
        return value(self._pick(arith.MinimumfOp, arith.MinSIOp, arith.MinUIOp)(a, b))

    def neg(self, a: SSAValue) -> SSAValue:
        return value(arith.NegfOp(a)) if self.floating else self.sub(self.number(0), a)

    def compare(self, predicate: str, a: SSAValue, b: SSAValue) -> SSAValue:
        """`eq`, `ne`, `lt`, `le`, `gt` or `ge`; with a NaN only `ne` holds."""
        if self.floating:
            return value(arith.CmpfOp(a, b, ("u" if predicate == "ne" else "o") + predicate))
        if predicate in ("eq", "ne"):
            return value(arith.CmpiOp(a, b, predicate))
        signed = "u" if self.unsigned or self.boolean else "s"
        return value(arith.CmpiOp(a, b, signed + predicate))


def select(condition: SSAValue, a: SSAValue, b: SSAValue) -> SSAValue:
    """`condition ? a : b`"""
    return value(arith.SelectOp(condition, a, b))


def cast_scalar(
    a: SSAValue, source: Attribute, target: Attribute, rounding: Rounding = EXACT_OR_LARGEST
) -> SSAValue:
    """The scalar of a tensor of `source` elements as one of `target` elements."""
    if source == target:
        return a
    if is_coded(source):
        a, source = decoded(a, source), plain_element(source)
    if is_coded(target):
        plain = plain_element(target)
        if source == f64 and plain == f32 and not isinstance(target, Float8E8M0FNUType):
            a = sticky(a)
        return encoded(cast_scalar(a, source, plain), target, rounding)
    before, after = Numbers(source), Numbers(target)
    if source == target:
        return a
    if after.boolean:
        return before.compare("ne", a, before.number(0))
    if before.floating and after.floating:
        return _cast_float(a, source, target)
    if before.floating:
        kind = arith.FPToUIOp if after.unsigned else arith.FPToSIOp
        return value(kind(a, cast(IntegerType, after.scalar)))
    if after.floating:
        kind = arith.UIToFPOp if before.unsigned or before.boolean else arith.SIToFPOp
        return value(kind(a, cast(AnyFloat, after.scalar)))
    return _cast_integer(a, before, after)


def _cast_float(a: SSAValue, source: Attribute, target: Attribute) -> SSAValue:
    old, new = _WIDTHS[type(source)], _WIDTHS[type(target)]
    if old == new:
        # f16 and bf16 have the same width but neither holds the other.
        a = value(arith.ExtFOp(a, f32))
        old = 32
    float_type = cast(AnyFloat, target)
    return value(arith.ExtFOp(a, float_type) if old < new else arith.TruncFOp(a, float_type))


def _cast_integer(a: SSAValue, before: Numbers, after: Numbers) -> SSAValue:
    old, new = cast(IntegerType, before.scalar), cast(IntegerType, after.scalar)
    if old.width.data == new.width.data:
        return a
    if old.width.data > new.width.data:
        return value(arith.TruncIOp(a, new))
    kind = arith.ExtUIOp if before.unsigned or before.boolean else arith.ExtSIOp
    return value(kind(a, new))


def _math(op: Callable[[SSAValue], Operation]) -> Callable[[SSAValue], SSAValue]:
    def build(a: SSAValue) -> SSAValue:
        return value(op(a))

    return build


exp = _math(math.ExpOp)
expm1 = _math(math.ExpM1Op)
log = _math(math.LogOp)
log1p = _math(math.Log1pOp)
sqrt = _math(math.SqrtOp)
tanh = _math(math.TanhOp)
erf = _math(math.ErfOp)
absolute = _math(math.AbsFOp)
absolute_integer = _math(math.AbsIOp)


def sigmoid(n: Numbers, x: SSAValue) -> SSAValue:
    """`1 / (1 + exp(-x))`"""
    one = n.number(1)
    return n.div(one, n.add(one, exp(n.neg(x))))


def softplus(n: Numbers, x: SSAValue) -> SSAValue:
    """`log(1 + exp(x)) = max(x, 0) + log(1 + exp(-|x|))`, which does not overflow."""
    tail = log1p(exp(n.neg(absolute(x))))
    return n.add(n.maximum(x, n.number(0)), tail)


def log_add_exp(n: Numbers, a: SSAValue, b: SSAValue) -> SSAValue:
    """`log(exp(a) + exp(b))` as `max + log(1 + exp(-|a - b|))`"""
    top = n.maximum(a, b)
    same = n.compare("eq", a, b)  # infinities among them, whose difference is none
    apart = select(same, n.number(0), absolute(n.sub(a, b)))
    return n.add(top, log1p(exp(n.neg(apart))))


def fold_left(
    combine: Callable[[SSAValue, SSAValue], SSAValue], scalars: Sequence[SSAValue]
) -> SSAValue:
    """`combine(combine(a, b), c) ...`"""
    result = scalars[0]
    for scalar in scalars[1:]:
        result = combine(result, scalar)
    return result
