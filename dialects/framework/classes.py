"""
Operation classes made from schemas.
"""

from __future__ import annotations

from typing import Any, TypeVar, cast

from xdsl.irdl import (
    AnyAttr,
    AttrSizedOperandSegments,
    AttrSizedRegionSegments,
    AttrSizedResultSegments,
    IRDLOption,
    irdl_op_definition,
    operand_def,
    opt_operand_def,
    opt_prop_def,
    opt_region_def,
    opt_result_def,
    prop_def,
    region_def,
    result_def,
    traits_def,
    var_operand_def,
    var_result_def,
)
from xdsl.traits import ConstantLike, OpTrait, Pure, RecursiveMemoryEffect

from .op import FrameworkOp
from .schema import OpSchema, Option
from .signature import Signature, field_of

OpT = TypeVar("OpT", bound=FrameworkOp)

_OPERAND = {
    Option.SINGLE: operand_def,
    Option.OPTIONAL: opt_operand_def,
    Option.VARIADIC: var_operand_def,
}
_RESULT = {
    Option.SINGLE: result_def,
    Option.OPTIONAL: opt_result_def,
    Option.VARIADIC: var_result_def,
}


def _traits(signature: Signature) -> list[OpTrait]:
    if not signature.schema.pure:
        return []
    if signature.graphs:
        return [RecursiveMemoryEffect()]
    return [Pure(), ConstantLike()] if signature.schema.constant else [Pure()]


def op_class(schema: OpSchema, base: type[OpT]) -> type[OpT]:
    """
    A new class of operations of `schema`, below the class `base` of its dialect.

    Raises `ValueError` for a schema that gives a name twice.

    A dialect keeps what it made: a model uses a few of hundreds of operators, so a class is made
    when it is first asked for, and only once.
    """
    signature = Signature(schema)
    names = [formal.name for formal in (*schema.inputs, *schema.outputs)] + [*schema.attributes]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise ValueError(f"the schema of {schema.name} has '{min(twice)}' twice")
    title = f"{schema.operator}Op"
    body: dict[str, Any] = {
        "__module__": base.__module__,
        "__doc__": schema.doc,
        "__qualname__": title,
        "name": schema.name,
        "traits": traits_def(*_traits(signature)),
    }
    for formal in signature.inputs:
        body[field_of(formal.name)] = _OPERAND[formal.option](AnyAttr())
    for formal in signature.outputs:
        body[field_of(formal.name)] = _RESULT[formal.option](AnyAttr())
    for name, attribute in signature.attributes.items():
        define = prop_def if attribute.required else opt_prop_def
        body[field_of(name)] = define(AnyAttr(), prop_name=name)
    optional_graphs = 0
    for name in signature.graphs:
        required = schema.attributes[name].required
        optional_graphs += not required
        body[field_of(name)] = (region_def if required else opt_region_def)()
    options: list[IRDLOption] = []
    if sum(formal.option != Option.SINGLE for formal in signature.inputs) > 1:
        options.append(AttrSizedOperandSegments(as_property=True))
    if sum(formal.option != Option.SINGLE for formal in signature.outputs) > 1:
        options.append(AttrSizedResultSegments(as_property=True))
    if optional_graphs > 1:
        options.append(AttrSizedRegionSegments(as_property=True))
    body["irdl_options"] = tuple(options)
    made = irdl_op_definition(cast(type[OpT], type(title, (base,), body)))
    made.SIGNATURE = signature
    return made
