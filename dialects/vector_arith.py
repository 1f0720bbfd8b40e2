"""
`arith` on vectors: the comparisons, `select` and casts that xDSL keeps scalar.

MLIR's [`arith`](https://mlir.llvm.org/docs/Dialects/ArithOps/) compares, selects and converts
scalars and vectors alike; the classes of xDSL 0.74 accept only scalars for eleven of these ops.
Each class here widens one of them to `vector<NxT>`, keeps its name and its text, and *is* a
subclass of the scalar class, so `isinstance(op, arith.CmpfOp)` holds for both. Text and generic
form with scalar types still give the stock class: only vectors give a class of this file.

```mlir
%m = arith.cmpf olt, %a, %b : vector<16xf32>
%r = arith.select %m, %a, %b : vector<16xi1>, vector<16xf32>
%i = arith.fptosi %r : vector<16xf32> to vector<16xi32>
```

`VectorArith` replaces xDSL's `Arith` in a context (`ctx.load_dialect(VectorArith)`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, ClassVar, Self, cast

from xdsl.dialects import arith
from xdsl.dialects.builtin import (
    AnyFloatConstr,
    FixedBitwidthType,
    IndexType,
    IntegerAttr,
    IntegerType,
    VectorType,
    i1,
    i64,
)
from xdsl.ir import Attribute, Block, Dialect, Operation, Region, SSAValue
from xdsl.irdl import (
    AnyAttr,
    EqAttrConstraint,
    IRDLOperation,
    VarConstraint,
    base,
    irdl_op_definition,
    operand_def,
    prop_def,
    result_def,
)
from xdsl.parser import Parser
from xdsl.printer import Printer
from xdsl.utils.exceptions import VerifyException

CMPI_PREDICATES: tuple[str, ...] = tuple(arith.CMPI_COMPARISON_OPERATIONS)
CMPF_PREDICATES: tuple[str, ...] = tuple(arith.CMPF_COMPARISON_OPERATIONS)

_INTEGER = base(IntegerType) | base(IndexType)
_INTEGERS = _INTEGER | VectorType.constr(_INTEGER)
_FLOATS = AnyFloatConstr | VectorType.constr(AnyFloatConstr)


@cache
def predicate_attribute(index: int) -> IntegerAttr:
    """The shared `i64` attribute of comparison predicate number `index`."""
    return IntegerAttr(index, i64)


@cache
def mask_type(shape: tuple[int, ...]) -> VectorType:
    """`vector<shape x i1>`, shared."""
    return VectorType(i1, shape)


def bool_like(type: Attribute) -> Attribute:
    """`i1`, or a vector of `i1` of the shape of `type` when that is a vector."""
    if isinstance(type, VectorType):
        return mask_type(type.get_shape())
    return i1


def _first_type(
    result_types: Sequence[Attribute | Sequence[Attribute] | None] | None,
) -> Attribute | None:
    if not result_types:
        return None
    first = result_types[0]
    if isinstance(first, Attribute) or first is None:
        return first
    return first[0] if first else None


class VectorForm(IRDLOperation):
    """
    Mixin: `create` and `build` with a scalar result type give the scalar class `SCALAR`.

    The parser builds ops through these two, so scalar text yields the stock xDSL class.
    """

    SCALAR: ClassVar[type[IRDLOperation]]

    @classmethod
    def create(  # pyright: ignore[reportIncompatibleMethodOverride]
        cls,
        *,
        operands: Sequence[SSAValue] = (),
        result_types: Sequence[Attribute] = (),
        properties: Mapping[str, Attribute] = {},
        attributes: Mapping[str, Attribute] = {},
        location: Any = None,
        successors: Sequence[Block] = (),
        regions: Sequence[Region] = (),
    ) -> Self:
        vector = isinstance(_first_type(result_types), VectorType)
        owner = cls if vector else cls.SCALAR
        op = cast(Self, object.__new__(owner))
        Operation.__init__(
            op,
            operands=operands,
            result_types=result_types,
            properties=properties,
            attributes=attributes,
            location=location,
            successors=successors,
            regions=regions,
        )
        return op

    @classmethod
    def build(  # pyright: ignore[reportIncompatibleMethodOverride]
        cls, *, result_types: Any = None, **fields: Any
    ) -> Self:
        vector = isinstance(_first_type(result_types), VectorType)
        owner = cls if vector else cls.SCALAR
        op = cast(Self, object.__new__(owner))
        IRDLOperation.__init__(op, result_types=result_types, **fields)
        return op


def _same_shape(op: Operation, source: Attribute, result: Attribute) -> None:
    source_shape = source.get_shape() if isinstance(source, VectorType) else None
    result_shape = result.get_shape() if isinstance(result, VectorType) else None
    if source_shape != result_shape:
        raise VerifyException(
            f"{op.name}: operand and result must have the same shape, got {source} and {result}"
        )


def _element(type: Attribute) -> Attribute:
    if isinstance(type, VectorType):
        return type.element_type
    return type


def _width(type: Attribute) -> int:
    element = _element(type)
    return element.bitwidth if isinstance(element, FixedBitwidthType) else 64


@irdl_op_definition
class VectorCmpiOp(VectorForm, arith.CmpiOp):
    """`arith.cmpi` lane by lane: `%m = arith.cmpi slt, %a, %b : vector<8xi32>`."""

    SCALAR: ClassVar = arith.CmpiOp

    name = "arith.cmpi"
    predicate = prop_def(IntegerAttr)
    lhs = operand_def(_INTEGERS)
    rhs = operand_def(_INTEGERS)
    result = result_def(base(IntegerType) | VectorType.constr(base(IntegerType)))

    @classmethod
    def parse(cls, parser: Parser) -> arith.CmpiOp:
        name = parser.parse_identifier()
        lhs, rhs, _ = _parse_comparison(parser)
        if name not in CMPI_PREDICATES:
            parser.raise_error(f"unknown arith.cmpi predicate {name}")
        return cls.create(
            operands=(lhs, rhs),
            result_types=(bool_like(lhs.type),),
            properties={"predicate": predicate_attribute(CMPI_PREDICATES.index(name))},
        )

    def verify_(self) -> None:
        _verify_comparison(self, self.lhs, self.rhs, self.result)


@irdl_op_definition
class VectorCmpfOp(VectorForm, arith.CmpfOp):
    """`arith.cmpf` lane by lane: `%m = arith.cmpf olt, %a, %b : vector<16xf32>`."""

    SCALAR: ClassVar = arith.CmpfOp

    name = "arith.cmpf"
    predicate = prop_def(IntegerAttr)
    fastmath = prop_def(arith.FastMathFlagsAttr, default_value=arith.FastMathFlagsAttr("none"))
    lhs = operand_def(_FLOATS)
    rhs = operand_def(_FLOATS)
    result = result_def(base(IntegerType) | VectorType.constr(base(IntegerType)))

    @classmethod
    def parse(cls, parser: Parser) -> arith.CmpfOp:
        name = parser.parse_identifier()
        lhs, rhs, flags = _parse_comparison(parser)
        if name not in CMPF_PREDICATES:
            parser.raise_error(f"unknown arith.cmpf predicate {name}")
        return cls.create(
            operands=(lhs, rhs),
            result_types=(bool_like(lhs.type),),
            properties={
                "predicate": predicate_attribute(CMPF_PREDICATES.index(name)),
                "fastmath": flags,
            },
        )

    def verify_(self) -> None:
        _verify_comparison(self, self.lhs, self.rhs, self.result)


def _parse_comparison(parser: Parser) -> tuple[SSAValue, SSAValue, arith.FastMathFlagsAttr]:
    parser.parse_punctuation(",")
    lhs = parser.parse_unresolved_operand()
    parser.parse_punctuation(",")
    rhs = parser.parse_unresolved_operand()
    flags = arith.FastMathFlagsAttr("none")
    if parser.parse_optional_keyword("fastmath"):
        flags = arith.FastMathFlagsAttr(arith.FastMathFlagsAttr.parse_parameter(parser))
    parser.parse_punctuation(":")
    type = parser.parse_type()
    left, right = parser.resolve_operands([lhs, rhs], [type, type], parser.pos)
    return left, right, flags


def _verify_comparison(op: Operation, lhs: SSAValue, rhs: SSAValue, result: SSAValue) -> None:
    if lhs.type != rhs.type:
        raise VerifyException(f"{op.name}: operands have types {lhs.type} and {rhs.type}")
    if result.type != bool_like(lhs.type):
        raise VerifyException(
            f"{op.name}: result must be {bool_like(lhs.type)} for operands of type {lhs.type}, "
            f"got {result.type}"
        )


@irdl_op_definition
class VectorSelectOp(VectorForm, arith.SelectOp):
    """
    `arith.select` lane by lane.

    The condition is a vector of `i1` of the shape of the values, or one `i1` for all lanes:

    ```mlir
    %r = arith.select %m, %a, %b : vector<16xi1>, vector<16xf32>
    %s = arith.select %c, %a, %b : vector<16xf32>
    ```
    """

    SCALAR: ClassVar = arith.SelectOp

    _VALUE: ClassVar = VarConstraint("_VALUE", AnyAttr())

    name = "arith.select"
    assembly_format = None
    cond = operand_def(EqAttrConstraint(i1) | VectorType.constr(i1))
    lhs = operand_def(_VALUE)
    rhs = operand_def(_VALUE)
    result = result_def(_VALUE)

    @classmethod
    def parse(cls, parser: Parser) -> arith.SelectOp:
        names = [parser.parse_unresolved_operand()]
        for _ in range(2):
            parser.parse_punctuation(",")
            names.append(parser.parse_unresolved_operand())
        attributes = parser.parse_optional_attr_dict()
        parser.parse_punctuation(":")
        first = parser.parse_type()
        condition_type: Attribute = i1
        value_type = first
        if parser.parse_optional_punctuation(","):
            condition_type, value_type = first, parser.parse_type()
        operands = parser.resolve_operands(
            names, [condition_type, value_type, value_type], parser.pos
        )
        return cls.create(operands=operands, result_types=(value_type,), attributes=attributes)

    def print(self, printer: Printer) -> None:
        printer.print_string(" ")
        printer.print_list(self.operands, printer.print_operand)
        printer.print_op_attributes(self.attributes)
        printer.print_string(" : ")
        condition: Attribute = self.cond.type
        if isinstance(condition, VectorType):
            printer.print_attribute(cast(Attribute, condition))
            printer.print_string(", ")
        printer.print_attribute(self.result.type)

    def verify_(self) -> None:
        condition: Attribute = self.cond.type
        if isinstance(condition, VectorType):
            _same_shape(self, cast(Attribute, condition), self.result.type)


@irdl_op_definition
class VectorFPToSIOp(VectorForm, arith.FPToSIOp):
    """`arith.fptosi` lane by lane."""

    SCALAR: ClassVar = arith.FPToSIOp

    name = "arith.fptosi"
    assembly_format = None
    input = operand_def(_FLOATS)
    result = result_def(_INTEGERS)

    def verify_(self) -> None:
        _same_shape(self, self.input.type, self.result.type)


@irdl_op_definition
class VectorFPToUIOp(VectorForm, arith.FPToUIOp):
    """`arith.fptoui` lane by lane."""

    SCALAR: ClassVar = arith.FPToUIOp

    name = "arith.fptoui"
    assembly_format = None
    input = operand_def(_FLOATS)
    result = result_def(_INTEGERS)

    def verify_(self) -> None:
        _same_shape(self, self.input.type, self.result.type)


@irdl_op_definition
class VectorSIToFPOp(VectorForm, arith.SIToFPOp):
    """`arith.sitofp` lane by lane."""

    SCALAR: ClassVar = arith.SIToFPOp

    name = "arith.sitofp"
    assembly_format = None
    input = operand_def(_INTEGERS)
    result = result_def(_FLOATS)

    def verify_(self) -> None:
        _same_shape(self, self.input.type, self.result.type)


@irdl_op_definition
class VectorUIToFPOp(VectorForm, arith.UIToFPOp):
    """`arith.uitofp` lane by lane."""

    SCALAR: ClassVar = arith.UIToFPOp

    name = "arith.uitofp"
    assembly_format = None
    input = operand_def(_INTEGERS)
    result = result_def(_FLOATS)

    def verify_(self) -> None:
        _same_shape(self, self.input.type, self.result.type)


@irdl_op_definition
class VectorTruncIOp(VectorForm, arith.TruncIOp):
    """`arith.trunci` lane by lane."""

    SCALAR: ClassVar = arith.TruncIOp

    name = "arith.trunci"
    assembly_format = None
    input = operand_def(_INTEGERS)
    result = result_def(_INTEGERS)

    def verify_(self) -> None:
        _same_shape(self, self.input.type, self.result.type)
        if _width(self.result.type) >= _width(self.input.type):
            raise VerifyException(
                f"{self.name}: {self.result.type} is not narrower than {self.input.type}"
            )


def _verify_extension(op: Operation, source: Attribute, result: Attribute) -> None:
    _same_shape(op, source, result)
    if _width(result) <= _width(source):
        raise VerifyException(f"{op.name}: {result} is not wider than {source}")


@irdl_op_definition
class VectorExtSIOp(VectorForm, arith.ExtSIOp):
    """`arith.extsi` lane by lane."""

    SCALAR: ClassVar = arith.ExtSIOp

    name = "arith.extsi"
    assembly_format = None
    input = operand_def(_INTEGERS)
    result = result_def(_INTEGERS)

    def verify_(self) -> None:
        _verify_extension(self, self.input.type, self.result.type)


@irdl_op_definition
class VectorExtUIOp(VectorForm, arith.ExtUIOp):
    """`arith.extui` lane by lane."""

    SCALAR: ClassVar = arith.ExtUIOp

    name = "arith.extui"
    assembly_format = None
    input = operand_def(_INTEGERS)
    result = result_def(_INTEGERS)

    def verify_(self) -> None:
        _verify_extension(self, self.input.type, self.result.type)


@irdl_op_definition
class VectorIndexCastOp(VectorForm, arith.IndexCastOp):
    """`arith.index_cast` lane by lane."""

    SCALAR: ClassVar = arith.IndexCastOp

    name = "arith.index_cast"
    assembly_format = None
    input = operand_def(_INTEGERS)
    result = result_def(_INTEGERS)

    def verify_(self) -> None:
        _same_shape(self, self.input.type, self.result.type)
        source, result = _element(self.input.type), _element(self.result.type)
        if isinstance(source, IndexType) == isinstance(result, IndexType):
            raise VerifyException(
                f"{self.name}: exactly one side must be index, got {source} and {result}"
            )


_VECTOR_FORMS: tuple[type[VectorForm], ...] = (
    VectorCmpiOp,
    VectorCmpfOp,
    VectorSelectOp,
    VectorFPToSIOp,
    VectorFPToUIOp,
    VectorSIToFPOp,
    VectorUIToFPOp,
    VectorTruncIOp,
    VectorExtSIOp,
    VectorExtUIOp,
    VectorIndexCastOp,
)

VECTOR_FORM: dict[type[Operation], type[Operation]] = {form.SCALAR: form for form in _VECTOR_FORMS}
"""Scalar class of xDSL -> its vector class here; an op absent here already takes vectors."""

VectorArith = Dialect(
    "arith",
    [VECTOR_FORM.get(op, op) for op in arith.Arith.operations],
    list(arith.Arith.attributes),
    [arith.ArithConstantMaterializationInterface()],
)
