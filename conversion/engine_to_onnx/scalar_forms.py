"""
Regions of scalars as nodes: the operations of `arith` and `math` on whole tensors.

A region's argument stands for an operand, which the operators of ONNX broadcast as a map does.
Scalars of regions are signless; here each is of the element type of the tensor that it comes from.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from xdsl.dialects import arith
from xdsl.dialects.builtin import AnyFloat, FloatAttr, IntegerAttr, IntegerType, Signedness, i1
from xdsl.ir import Attribute, Block, Operation, OpResult, SSAValue

from ...dialects.framework import element_type_of_ir
from ...dialects.onnx.codes import code_of
from ...dialects.vector_arith import CMPF_PREDICATES, CMPI_PREDICATES
from .nodes import Nodes, NoOnnxForm, element

Build = Callable[..., SSAValue]


@dataclass(frozen=True)
class Form:
    """A scalar as nodes: what is made of its operands. `build` takes these, made already."""

    operands: Sequence[SSAValue]
    build: Build
    since: int = 0
    """The opset that first has its operator."""


Recognise = Callable[[SSAValue, int], Form | None]
"""Asked with the newest opset that may be used."""


def values_of(
    nodes: Nodes,
    yielded: Sequence[SSAValue],
    given: Mapping[SSAValue, SSAValue],
    recognise: Recognise,
) -> list[SSAValue]:
    """
    What a region yields, as nodes. `given` are scalars that are there, the arguments among them.

    `recognise` is asked first: it knows functions that are one operator and several scalars.

    Raises:
        NoOnnxForm: for a scalar operation that ONNX does not have.
    """
    made = dict(given)
    forms: dict[SSAValue, Form] = {}
    stack = list(reversed(yielded))
    while stack:
        scalar = stack[-1]
        if scalar in made:
            stack.pop()
            continue
        form = forms.get(scalar)
        if form is None:
            form = forms[scalar] = recognise(scalar, nodes.newest) or _plain(nodes, scalar)
        if waiting := [v for v in form.operands if v not in made]:
            stack.extend(reversed(waiting))
            continue
        made[scalar] = form.build(nodes, *(made[v] for v in form.operands))
        stack.pop()
    return [made[v] for v in yielded]


def as_element(nodes: Nodes, value: SSAValue, wanted: Attribute) -> SSAValue:
    """The same numbers, or bits of integers, as another element type."""
    return value if element(value) == wanted else _cast_to(nodes, value, wanted)


def constant_number(scalar: SSAValue) -> float | int | None:
    """The number that a scalar is."""
    if not isinstance(scalar, OpResult) or not isinstance(scalar.op, arith.ConstantOp):
        return None
    value = scalar.op.value
    if isinstance(value, FloatAttr):
        return value.value.data
    return value.value.data if isinstance(value, IntegerAttr) else None


def _plain(nodes: Nodes, scalar: SSAValue) -> Form:
    """An operation of its own."""
    if isinstance(scalar.owner, Block):
        raise NoOnnxForm("its region takes an argument that has no form in ONNX")
    op = scalar.owner
    if (number := constant_number(scalar)) is not None:
        return Form((), partial(Nodes.number, number=number, element=scalar.type))
    build = _OPERATIONS.get(op.name)
    if build is None:
        raise NoOnnxForm(f"ONNX has no operator for '{op.name}' in its region")

    def made(nodes: Nodes, *values: SSAValue) -> SSAValue:
        return build(nodes, op, *values)

    return Form(op.operands, made)


def _cast_to(nodes: Nodes, value: SSAValue, wanted: Attribute) -> SSAValue:
    row = element_type_of_ir(wanted)
    if row is None:
        raise NoOnnxForm(f"ONNX has no elements of {wanted}")
    return nodes.each("Cast", value, gives=wanted, attributes={"to": code_of(row)})


def _named(operator: str) -> Build:
    """An operator that is this operation."""

    def build(nodes: Nodes, op: Operation, *values: SSAValue) -> SSAValue:
        return nodes.each(operator, *_alike(nodes, values))

    return build


def _alike(nodes: Nodes, values: Sequence[SSAValue]) -> list[SSAValue]:
    """Operands of one element type: integers of a region may come from tensors of both signs."""
    first = next((element(v) for v in values if _is_unsigned(element(v))), element(values[0]))
    return [as_element(nodes, v, first) for v in values]


def _is_unsigned(kind: Attribute) -> bool:
    return isinstance(kind, IntegerType) and kind.signedness.data == Signedness.UNSIGNED


def _signed(nodes: Nodes, value: SSAValue, signed: bool) -> SSAValue:
    """An integer with a sign, or without one."""
    kind = element(value)
    if not isinstance(kind, IntegerType) or kind == i1 or _is_unsigned(kind) != signed:
        return value
    sign = Signedness.SIGNLESS if signed else Signedness.UNSIGNED
    return as_element(nodes, value, IntegerType(kind.width.data, sign))


def _of_sign(operator: str, signed: bool) -> Build:
    def build(nodes: Nodes, op: Operation, *values: SSAValue) -> SSAValue:
        return nodes.each(operator, *(_signed(nodes, v, signed) for v in values))

    return build


def _bits(on_bool: str, on_integers: str) -> Build:
    def build(nodes: Nodes, op: Operation, *values: SSAValue) -> SSAValue:
        is_bool = element(values[0]) == i1
        return nodes.each(on_bool if is_bool else on_integers, *_alike(nodes, values))

    return build


def _xor(nodes: Nodes, op: Operation, a: SSAValue, b: SSAValue) -> SSAValue:
    for one, other in ((a, op.operands[1]), (b, op.operands[0])):
        if element(one) == i1 and constant_number(other) in (1, -1):
            return nodes.each("Not", one)
    return _bits("Xor", "BitwiseXor")(nodes, op, a, b)


def _add(nodes: Nodes, op: Operation, a: SSAValue, b: SSAValue) -> SSAValue:
    return _bits("Xor", "Add")(nodes, op, a, b)


def _multiply(nodes: Nodes, op: Operation, a: SSAValue, b: SSAValue) -> SSAValue:
    return _bits("And", "Mul")(nodes, op, a, b)


_COMPARISONS = {
    "eq": "Equal",
    "gt": "Greater",
    "ge": "GreaterOrEqual",
    "lt": "Less",
    "le": "LessOrEqual",
}

_NEGATED = {"ne": "eq", "gt": "le", "ge": "lt", "lt": "ge", "le": "gt"}


def _compare_floats(nodes: Nodes, op: Operation, a: SSAValue, b: SSAValue) -> SSAValue:
    assert isinstance(op, arith.CmpfOp)
    name = CMPF_PREDICATES[op.predicate.value.data]
    kind, order = name[1:], name[0]
    if name in ("uno", "ord"):
        nan = nodes.each("Or", *(nodes.each("IsNaN", v, gives=i1) for v in (a, b)))
        return nan if name == "uno" else nodes.each("Not", nan)
    if order == "o" and kind in _COMPARISONS:
        return nodes.each(_COMPARISONS[kind], a, b, gives=i1)
    if order == "u" and kind in _NEGATED:
        # Where a NaN makes it true, its opposite is false.
        return nodes.each("Not", nodes.each(_COMPARISONS[_NEGATED[kind]], a, b, gives=i1))
    raise NoOnnxForm(f"ONNX has no comparison '{name}'")


def _compare_integers(nodes: Nodes, op: Operation, a: SSAValue, b: SSAValue) -> SSAValue:
    assert isinstance(op, arith.CmpiOp)
    name = CMPI_PREDICATES[op.predicate.value.data]
    if name in ("eq", "ne"):
        equal = nodes.each("Equal", *_alike(nodes, (a, b)), gives=i1)
        return equal if name == "eq" else nodes.each("Not", equal)
    if element(a) == i1:
        raise NoOnnxForm("ONNX does not order booleans")
    one, other = (_signed(nodes, v, name[0] == "s") for v in (a, b))
    return nodes.each(_COMPARISONS[name[1:]], one, other, gives=i1)


def _select(nodes: Nodes, op: Operation, c: SSAValue, a: SSAValue, b: SSAValue) -> SSAValue:
    one, other = _alike(nodes, (a, b))
    return nodes.each("Where", c, one, other, gives=element(one))


def _cast(nodes: Nodes, op: Operation, a: SSAValue) -> SSAValue:
    return as_element(nodes, a, op.results[0].type)


def _cast_from(signed: bool) -> Build:
    def build(nodes: Nodes, op: Operation, a: SSAValue) -> SSAValue:
        return as_element(nodes, _signed(nodes, a, signed), op.results[0].type)

    return build


def _from_bool_or_signed(nodes: Nodes, op: Operation, a: SSAValue) -> SSAValue:
    if element(a) == i1:
        raise NoOnnxForm("ONNX has no boolean that is -1")
    return _cast_from(True)(nodes, op, a)


def _to_unsigned(nodes: Nodes, op: Operation, a: SSAValue) -> SSAValue:
    kind = op.results[0].type
    assert isinstance(kind, IntegerType)
    return as_element(nodes, a, IntegerType(kind.width.data, Signedness.UNSIGNED))


def _with_one(first: str, after: str) -> Build:
    """`log(x + 1)` and `exp(x) - 1`."""

    def build(nodes: Nodes, op: Operation, a: SSAValue) -> SSAValue:
        one = nodes.number(1, element(a))
        if first == "Add":
            return nodes.each(after, nodes.each("Add", a, one))
        return nodes.each(after, nodes.each(first, a), one)

    return build


def _inverse_root(nodes: Nodes, op: Operation, a: SSAValue) -> SSAValue:
    return nodes.each("Reciprocal", nodes.each("Sqrt", a))


def _multiply_add(nodes: Nodes, op: Operation, a: SSAValue, b: SSAValue, c: SSAValue) -> SSAValue:
    return nodes.each("Add", nodes.each("Mul", a, b), c)


def _divide(nodes: Nodes, op: Operation, a: SSAValue, b: SSAValue) -> SSAValue:
    if isinstance(element(a), AnyFloat) and constant_number(op.operands[0]) == 1:
        return nodes.each("Reciprocal", b)
    return nodes.each("Div", a, b)


def _remainder(nodes: Nodes, op: Operation, a: SSAValue, b: SSAValue) -> SSAValue:
    return nodes.each("Mod", a, b, attributes={"fmod": 1})


_OPERATIONS: Mapping[str, Build] = {
    "arith.addf": _named("Add"),
    "arith.addi": _add,
    "arith.andi": _bits("And", "BitwiseAnd"),
    "arith.cmpf": _compare_floats,
    "arith.cmpi": _compare_integers,
    "arith.divf": _divide,
    "arith.divsi": _of_sign("Div", True),
    "arith.divui": _of_sign("Div", False),
    "arith.extf": _cast,
    "arith.extsi": _from_bool_or_signed,
    "arith.extui": _cast_from(False),
    "arith.fptosi": _cast,
    "arith.fptoui": _to_unsigned,
    "arith.maximumf": _named("Max"),
    "arith.maxsi": _of_sign("Max", True),
    "arith.maxui": _of_sign("Max", False),
    "arith.minimumf": _named("Min"),
    "arith.minsi": _of_sign("Min", True),
    "arith.minui": _of_sign("Min", False),
    "arith.mulf": _named("Mul"),
    "arith.muli": _multiply,
    "arith.negf": _named("Neg"),
    "arith.ori": _bits("Or", "BitwiseOr"),
    "arith.remf": _remainder,
    "arith.remsi": _remainder,
    "arith.select": _select,
    "arith.sitofp": _from_bool_or_signed,
    "arith.subf": _named("Sub"),
    "arith.subi": _named("Sub"),
    "arith.truncf": _cast,
    "arith.trunci": _cast,
    "arith.uitofp": _cast_from(False),
    "arith.xori": _xor,
    "math.absf": _named("Abs"),
    "math.absi": _of_sign("Abs", True),
    "math.acos": _named("Acos"),
    "math.acosh": _named("Acosh"),
    "math.asin": _named("Asin"),
    "math.asinh": _named("Asinh"),
    "math.atan": _named("Atan"),
    "math.atanh": _named("Atanh"),
    "math.ceil": _named("Ceil"),
    "math.cos": _named("Cos"),
    "math.cosh": _named("Cosh"),
    "math.erf": _named("Erf"),
    "math.exp": _named("Exp"),
    "math.expm1": _with_one("Exp", "Sub"),
    "math.floor": _named("Floor"),
    "math.fma": _multiply_add,
    "math.log": _named("Log"),
    "math.log1p": _with_one("Add", "Log"),
    "math.powf": _named("Pow"),
    "math.roundeven": _named("Round"),
    "math.rsqrt": _inverse_root,
    "math.sin": _named("Sin"),
    "math.sinh": _named("Sinh"),
    "math.sqrt": _named("Sqrt"),
    "math.tan": _named("Tan"),
    "math.tanh": _named("Tanh"),
}
"""Scalar operation -> the nodes that it is."""
