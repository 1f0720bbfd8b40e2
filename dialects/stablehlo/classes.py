"""Classes of operations made from the tables of the families."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from xdsl.irdl import (
    AnyAttr,
    AttrSizedOperandSegments,
    AttrSizedResultSegments,
    IRDLOption,
    SameVariadicOperandSize,
    irdl_op_definition,
    operand_def,
    opt_prop_def,
    prop_def,
    region_def,
    result_def,
    traits_def,
    var_operand_def,
    var_region_def,
    var_result_def,
)
from xdsl.traits import ConstantLike, OpTrait, Pure, RecursiveMemoryEffect

from ..framework.schema import AttributeSpec, Formal, Kind, OpSchema, Option
from ..framework.signature import Signature, field_of
from .form import Form, OwnForm
from .op import HloOp, generic_text

INT = AttributeSpec(Kind.INT, required=True)
INTS = AttributeSpec(Kind.INTS, required=True)
SOME_INTS = AttributeSpec(Kind.INTS)
FLOAT = AttributeSpec(Kind.FLOAT, required=True)
FLAG = AttributeSpec(Kind.BOOL)
STRING = AttributeSpec(Kind.STRING, required=True)
TENSOR = AttributeSpec(Kind.TENSOR, required=True)
SOME_TENSOR = AttributeSpec(Kind.TENSOR)
STRUCT = AttributeSpec(Kind.ATTRIBUTE, required=True)
SOME_STRUCT = AttributeSpec(Kind.ATTRIBUTE)
REGION = AttributeSpec(Kind.REGION, required=True)
"""What attributes hold; those without `SOME` must be there."""


def hlo_op(
    name: str,
    inputs: str,
    outputs: str,
    doc: str,
    form: Form | OwnForm | None,
    *,
    attributes: Mapping[str, AttributeSpec] | None = None,
    regions: Sequence[str] = (),
    same_size: bool = False,
    variadic_regions: bool = False,
    pure: bool = True,
    constant: bool = False,
) -> type[HloOp]:
    """
    The class of one operation: `hlo_op("stablehlo.add", "lhs, rhs", "result", ...)`.

    A name of `inputs` or `outputs` with `*` stands for any number of values; `same_size`: all such
    operands stand for as many. `variadic_regions`: the one of `regions` is any number of them.
    """
    specs = dict(attributes or {})
    if not variadic_regions:
        specs |= dict.fromkeys(regions, REGION)
    schema = OpSchema(
        name,
        name.partition(".")[2],
        "StableHLO",
        _formals(inputs),
        _formals(outputs),
        specs,
        doc=doc,
        pure=pure,
        constant=constant,
    )
    signature = Signature(schema)
    title = "".join(word.capitalize() for word in schema.operator.split("_"))
    body: dict[str, Any] = {
        "__module__": HloOp.__module__,
        "__doc__": doc,
        "__qualname__": f"{title}Op",
        "name": name,
        "traits": traits_def(*_traits(schema, bool(regions))),
        "irdl_options": tuple(_options(signature, same_size)),
    }
    for formal in signature.inputs:
        many = formal.option == Option.VARIADIC
        body[field_of(formal.name)] = (var_operand_def if many else operand_def)(AnyAttr())
    for formal in signature.outputs:
        many = formal.option == Option.VARIADIC
        body[field_of(formal.name)] = (var_result_def if many else result_def)(AnyAttr())
    for attribute, spec in signature.attributes.items():
        define = prop_def if spec.required else opt_prop_def
        body[field_of(attribute)] = define(AnyAttr(), prop_name=attribute)
    for region in signature.graphs:
        body[region] = region_def()
    if variadic_regions:
        body[regions[0]] = var_region_def()
    made = irdl_op_definition(cast(type[HloOp], type(f"{title}Op", (HloOp,), body)))
    made.SIGNATURE = signature
    made.FORM = form
    if form is None:
        generic_text(made)
    return made


def _formals(text: str) -> tuple[Formal, ...]:
    names = [name.strip() for name in text.split(",") if name.strip()]
    return tuple(
        Formal(name.rstrip("*"), "any", Option.VARIADIC, least=0)
        if name.endswith("*")
        else Formal(name, "any")
        for name in names
    )


def _traits(schema: OpSchema, regions: bool) -> list[OpTrait]:
    if not schema.pure:
        return []
    if regions:
        return [RecursiveMemoryEffect()]
    return [Pure(), ConstantLike()] if schema.constant else [Pure()]


def _options(signature: Signature, same_size: bool) -> list[IRDLOption]:
    options: list[IRDLOption] = []
    if sum(formal.option == Option.VARIADIC for formal in signature.inputs) > 1:
        same = (
            SameVariadicOperandSize() if same_size else AttrSizedOperandSegments(as_property=True)
        )
        options.append(same)
    if sum(formal.option == Option.VARIADIC for formal in signature.outputs) > 1:
        options.append(AttrSizedResultSegments(as_property=True))
    return options
