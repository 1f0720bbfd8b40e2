"""
Scalar regions as terms of the solver.

Floats are IEEE 754 numbers with one NaN, rounded to nearest even; integers are vectors of bits, and
booleans vectors of one. What the solver does not know (exp, erf, ...) is a function of which only
the name is known: equal for equal operands, which is all that a rule of class `bitwise` may use.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import z3
from xdsl.dialects import arith
from xdsl.dialects.builtin import (
    BFloat16Type,
    Float16Type,
    Float32Type,
    Float64Type,
    FloatAttr,
    IndexType,
    IntegerAttr,
    IntegerType,
)
from xdsl.ir import Attribute, Operation, Region, SSAValue

NEAREST = z3.RNE()
WORD = 64
"""Bits of an index."""

FLOATS: Mapping[type[Attribute], tuple[int, int]] = {
    Float16Type: (5, 11),
    BFloat16Type: (8, 8),
    Float32Type: (8, 24),
    Float64Type: (11, 53),
}
"""Bits of exponent and significand."""


class Unknown(Exception):
    """The solver has no word for it."""


def sort_of(type_: Attribute):
    """The sort of the values of a type."""
    if type(type_) in FLOATS:
        return z3.FPSort(*FLOATS[type(type_)])
    if isinstance(type_, IntegerType):
        return z3.BitVecSort(type_.width.data)
    if isinstance(type_, IndexType):
        return z3.BitVecSort(WORD)
    raise Unknown(str(type_))


def width_of(type_: Attribute) -> int:
    """The bits of an integer type."""
    return type_.width.data if isinstance(type_, IntegerType) else WORD


def variable(name: str, type_: Attribute):
    """Any value of a type."""
    return z3.Const(name, sort_of(type_))


def yields(region: Region, arguments: Sequence[object], defined: list) -> list[object]:
    """What a region yields for these arguments; to `defined` goes when all of it is defined."""
    values: dict[SSAValue, object] = dict(zip(region.block.args, arguments, strict=True))
    for op in region.block.ops:
        if op.next_op is None:
            return [values[v] for v in op.operands]
        operands = [values[v] for v in op.operands]
        if isinstance(op, arith.FPToSIOp | arith.FPToUIOp):
            defined.append(_fits(op, operands[0]))  # as an integer, what does not is any number
        values[op.results[0]] = term(op, operands)
    raise AssertionError("a region ends with what it yields")


def _fits(op: arith.FPToSIOp | arith.FPToUIOp, number) -> Any:
    """Whether a number, without its fraction, is one of the integer type; NaN is not."""
    bits = width_of(op.result.type)
    low, high = (-(2.0 ** (bits - 1)), 2.0 ** (bits - 1))
    if isinstance(op, arith.FPToUIOp):
        low, high = 0.0, 2.0**bits
    whole = z3.fpRoundToIntegral(z3.RTZ(), number)
    ends = [z3.FPVal(end, number.sort()) for end in (low, high)]
    return z3.And(z3.fpGEQ(whole, ends[0]), z3.fpLT(whole, ends[1]))


def term(op: Operation, args: list):
    """The result of an operation."""
    if isinstance(op, arith.ConstantOp):
        return _constant(op)
    build = TERMS.get(op.name)
    if build is not None:
        return build(op, *args)
    return _function(op, *args)


def _constant(op: arith.ConstantOp):
    type_ = op.result.type
    if isinstance(op.value, FloatAttr):
        return z3.FPVal(op.value.value.data, sort_of(type_))
    assert isinstance(op.value, IntegerAttr)
    return z3.BitVecVal(op.value.value.data, width_of(type_))


def _limit(greater: bool) -> Callable:
    """The larger or smaller number: NaN if one is, and -0.0 is less than 0.0."""

    def build(op: Operation, a, b):
        nan = z3.fpNaN(a.sort())
        first = z3.fpGT(a, b) if greater else z3.fpLT(a, b)
        zeros = z3.And(z3.fpIsZero(a), z3.fpIsZero(b))
        positive = z3.If(z3.fpIsNegative(a), b, a)
        negative = z3.If(z3.fpIsNegative(a), a, b)
        chosen = z3.If(zeros, positive if greater else negative, z3.If(first, a, b))
        return z3.If(z3.Or(z3.fpIsNaN(a), z3.fpIsNaN(b)), nan, chosen)

    return build


def _truth(condition):
    return z3.If(condition, z3.BitVecVal(1, 1), z3.BitVecVal(0, 1))


def _compare_floats(op: Operation, a, b):
    assert isinstance(op, arith.CmpfOp)
    name = PREDICATES[op.predicate.value.data]
    unordered = z3.Or(z3.fpIsNaN(a), z3.fpIsNaN(b))
    if name in ("false", "true"):
        return z3.BitVecVal(int(name == "true"), 1)
    if name in ("ord", "uno"):
        return _truth(unordered if name == "uno" else z3.Not(unordered))
    tests = {
        "eq": z3.fpEQ(a, b),
        "gt": z3.fpGT(a, b),
        "ge": z3.fpGEQ(a, b),
        "lt": z3.fpLT(a, b),
        "le": z3.fpLEQ(a, b),
        "ne": z3.Not(z3.fpEQ(a, b)),
    }
    test = tests[name[1:]]
    ordered = z3.And(z3.Not(unordered), test)
    return _truth(ordered if name[0] == "o" else z3.Or(unordered, test))


PREDICATES = (
    *("false", "oeq", "ogt", "oge", "olt", "ole", "one", "ord"),
    *("ueq", "ugt", "uge", "ult", "ule", "une", "uno", "true"),
)


def _compare_integers(op: Operation, a, b):
    assert isinstance(op, arith.CmpiOp)
    tests = (
        a == b, a != b, a < b, a <= b, a > b, a >= b,
        z3.ULT(a, b), z3.ULE(a, b), z3.UGT(a, b), z3.UGE(a, b),
    )  # fmt: skip
    return _truth(tests[op.predicate.value.data])


def _select(op: Operation, condition, a, b):
    return z3.If(condition == 1, a, b)


def _bits(op: Operation) -> int:
    return width_of(op.results[0].type)


def _rounded(mode) -> Callable:
    return lambda op, a: z3.fpRoundToIntegral(mode, a)


def _to_float(op: Operation, a):
    return z3.fpFPToFP(NEAREST, a, sort_of(op.results[0].type))


def _function(op: Operation, *args):
    sorts = [a.sort() for a in args]
    return z3.Function(f"{op.name}{op.properties}", *sorts, sort_of(op.results[0].type))(*args)


def _power(op: Operation, a, b):
    """IEEE 754: 1 where the exponent is 0 or the base 1, whatever the other one is."""
    one = z3.FPVal(1.0, a.sort())
    return z3.If(z3.Or(z3.fpIsZero(b), a == one), one, _function(op, a, b))


def _exponential(op: Operation, a):
    """NaN of NaN, and never negative, -0.0 neither."""
    value = _function(op, a)
    number = z3.If(z3.fpIsNaN(value), z3.fpPlusZero(a.sort()), z3.fpAbs(value))
    return z3.If(z3.fpIsNaN(a), z3.fpNaN(a.sort()), number)


TERMS: Mapping[str, Callable] = {
    "arith.addf": lambda op, a, b: z3.fpAdd(NEAREST, a, b),
    "arith.subf": lambda op, a, b: z3.fpSub(NEAREST, a, b),
    "arith.mulf": lambda op, a, b: z3.fpMul(NEAREST, a, b),
    "arith.divf": lambda op, a, b: z3.fpDiv(NEAREST, a, b),
    "arith.negf": lambda op, a: z3.fpNeg(a),
    "arith.maximumf": _limit(True),
    "arith.minimumf": _limit(False),
    "arith.cmpf": _compare_floats,
    "arith.cmpi": _compare_integers,
    "arith.select": _select,
    "arith.addi": lambda op, a, b: a + b,
    "arith.subi": lambda op, a, b: a - b,
    "arith.muli": lambda op, a, b: a * b,
    "arith.andi": lambda op, a, b: a & b,
    "arith.ori": lambda op, a, b: a | b,
    "arith.xori": lambda op, a, b: a ^ b,
    "arith.shli": lambda op, a, b: a << b,
    "arith.maxsi": lambda op, a, b: z3.If(a > b, a, b),
    "arith.minsi": lambda op, a, b: z3.If(a < b, a, b),
    "arith.maxui": lambda op, a, b: z3.If(z3.UGT(a, b), a, b),
    "arith.minui": lambda op, a, b: z3.If(z3.ULT(a, b), a, b),
    "arith.extsi": lambda op, a: z3.SignExt(_bits(op) - a.size(), a),
    "arith.extui": lambda op, a: z3.ZeroExt(_bits(op) - a.size(), a),
    "arith.trunci": lambda op, a: z3.Extract(_bits(op) - 1, 0, a),
    "arith.extf": _to_float,
    "arith.truncf": _to_float,
    "arith.sitofp": lambda op, a: z3.fpSignedToFP(NEAREST, a, sort_of(op.results[0].type)),
    "arith.uitofp": lambda op, a: z3.fpUnsignedToFP(NEAREST, a, sort_of(op.results[0].type)),
    "arith.fptosi": lambda op, a: z3.fpToSBV(z3.RTZ(), a, z3.BitVecSort(_bits(op))),
    "arith.fptoui": lambda op, a: z3.fpToUBV(z3.RTZ(), a, z3.BitVecSort(_bits(op))),
    "math.exp": _exponential,
    "math.powf": _power,
    "math.absf": lambda op, a: z3.fpAbs(a),
    "math.floor": _rounded(z3.RTN()),
    "math.ceil": _rounded(z3.RTP()),
    "math.roundeven": _rounded(z3.RNE()),
    "math.trunc": _rounded(z3.RTZ()),
    "math.round": _rounded(z3.RNA()),
    "math.sqrt": lambda op, a: z3.fpSqrt(NEAREST, a),
}
"""What operations compute, as terms of the solver."""
