"""
Operation classes made from the operator schemas of the installed `onnx` package.

Operators of the default domain are `onnx.Conv`; those of `ai.onnx.ml` are `onnx.ml.Scaler`,
those of `ai.onnx.preview.training` are `onnx.preview.training.Adam`: the domain without its
`ai.` prefix. Each class stands for the newest version of the operator; deprecated operators
without a replacement rule on import (the older tree ensembles) are kept.
"""

from __future__ import annotations

from functools import cache
from typing import Any, cast

import onnx.defs
from onnx.defs import OpSchema
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

from .op import OnnxOp
from .signature import Option, Signature

_RANDOM = frozenset(
    (
        "Bernoulli",
        "Multinomial",
        "RandomNormal",
        "RandomNormalLike",
        "RandomUniform",
        "RandomUniformLike",
    )
)
"""Operators whose every call gives other results; none of them may be merged or dropped."""

_OPERAND = {
    Option.Single: operand_def,
    Option.Optional: opt_operand_def,
    Option.Variadic: var_operand_def,
}
_RESULT = {
    Option.Single: result_def,
    Option.Optional: opt_result_def,
    Option.Variadic: var_result_def,
}


def op_name(op_type: str, domain: str = "") -> str:
    """The operation name of an operator: `onnx.Conv`, `onnx.ml.Scaler`."""
    domain = "" if domain == "ai.onnx" else domain
    return f"onnx.{domain.removeprefix('ai.onnx.')}.{op_type}" if domain else f"onnx.{op_type}"


def _traits(schema: OpSchema) -> list[OpTrait]:
    if schema.name in _RANDOM:
        return []
    if any(a.type == OpSchema.AttrType.GRAPH for a in schema.attributes.values()):
        return [RecursiveMemoryEffect()]
    if schema.name == "Constant":
        return [Pure(), ConstantLike()]
    return [Pure()]


def _op_class(schema: OpSchema) -> type[OnnxOp]:
    signature = Signature(schema)
    body: dict[str, Any] = {
        "__module__": __name__,
        "__doc__": schema.doc,
        "__qualname__": f"{schema.name}Op",
        "name": op_name(schema.name, schema.domain),
        "traits": traits_def(*_traits(schema)),
    }
    for formal in signature.inputs:
        body[formal.name] = _OPERAND[formal.option](AnyAttr())
    for formal in signature.outputs:
        body[formal.name] = _RESULT[formal.option](AnyAttr())
    for name, attribute in signature.attributes.items():
        body[name] = (prop_def if attribute.required else opt_prop_def)(AnyAttr())
    optional_graphs = 0
    for name in signature.graphs:
        required = schema.attributes[name].required
        optional_graphs += not required
        body[name] = (region_def if required else opt_region_def)()
    options: list[IRDLOption] = []
    if sum(formal.option != Option.Single for formal in signature.inputs) > 1:
        options.append(AttrSizedOperandSegments(as_property=True))
    if sum(formal.option != Option.Single for formal in signature.outputs) > 1:
        options.append(AttrSizedResultSegments(as_property=True))
    if optional_graphs > 1:
        options.append(AttrSizedRegionSegments(as_property=True))
    body["irdl_options"] = tuple(options)
    made = irdl_op_definition(cast(type[OnnxOp], type(f"{schema.name}Op", (OnnxOp,), body)))
    made.SIGNATURE = signature
    return made


@cache
def _schemas() -> dict[str, OpSchema]:
    return {op_name(s.name, s.domain): s for s in onnx.defs.get_all_schemas()}


@cache
def _made(name: str) -> type[OnnxOp]:
    return _op_class(_schemas()[name])


def op_classes() -> dict[str, type[OnnxOp]]:
    """All operation classes by name."""
    return {name: _made(name) for name in _schemas()}


def op_class(op_type: str, domain: str = "") -> type[OnnxOp] | None:
    """
    The class of an operator, None for one the `onnx` package does not know.

    It is made when it is first asked for: a model uses a few of hundreds.
    """
    name = op_name(op_type, domain)
    return _made(name) if name in _schemas() else None
