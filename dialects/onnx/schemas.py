"""
The operator schemas of the installed `onnx` package as schemas of operations.

Operators of the default domain are `onnx.Conv`; those of `ai.onnx.ml` are `onnx.ml.Scaler`,
those of `ai.onnx.preview.training` are `onnx.preview.training.Adam`: the domain without its
`ai.` prefix. Each stands for the newest version of the operator; deprecated operators without a
replacement rule on import (the older tree ensembles) are kept.
"""

from __future__ import annotations

from functools import cache
from typing import cast

import onnx
import onnx.defs
from onnx import helper

from ...plugins import added, leave_out
from ..framework import AttributeSpec, AttributeValue, Formal, Kind, OpSchema, Option

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

_AttrType = onnx.defs.OpSchema.AttrType
_OnnxOption = onnx.defs.OpSchema.FormalParameterOption

_KINDS: dict[onnx.defs.OpSchema.AttrType, Kind] = {
    _AttrType.INT: Kind.INT,
    _AttrType.FLOAT: Kind.FLOAT,
    _AttrType.STRING: Kind.STRING,
    _AttrType.INTS: Kind.INTS,
    _AttrType.FLOATS: Kind.FLOATS,
    _AttrType.STRINGS: Kind.STRINGS,
    _AttrType.TENSOR: Kind.TENSOR,
    _AttrType.SPARSE_TENSOR: Kind.TENSOR,
    _AttrType.TYPE_PROTO: Kind.TYPE,
    _AttrType.GRAPH: Kind.REGION,
}
"""The kinds of attributes that ONNX has."""

_OPTIONS = {
    _OnnxOption.Single: Option.SINGLE,
    _OnnxOption.Optional: Option.OPTIONAL,
    _OnnxOption.Variadic: Option.VARIADIC,
}


def kind_of(type_: onnx.defs.OpSchema.AttrType) -> Kind:
    """The kind of an attribute of the given type."""
    return _KINDS[type_]


def op_name(op_type: str, domain: str = "") -> str:
    """The operation name of an operator: `onnx.Conv`, `onnx.ml.Scaler`."""
    domain = "" if domain == "ai.onnx" else domain
    return f"onnx.{domain.removeprefix('ai.onnx.')}.{op_type}" if domain else f"onnx.{op_type}"


@cache
def onnx_schemas() -> dict[str, onnx.defs.OpSchema]:
    """The newest schema of every operator, as `onnx` has it, by operation name."""
    register_plugged()
    return {op_name(s.name, s.domain): s for s in onnx.defs.get_all_schemas()}


@cache
def register_plugged() -> None:
    """Make the operators of plug-ins known to `onnx`, whose inference and checks they then get."""
    for name, schema in added("schemas").items():
        if not isinstance(schema, onnx.defs.OpSchema):
            leave_out(f"schema '{name}' is of class {type(schema).__name__}, expected an OpSchema")
        elif op_name(schema.name, schema.domain) != name or not schema.domain:
            leave_out(
                f"schema '{name}' is of {schema.name} of the domain '{schema.domain}'; the name of "
                "a custom operator is onnx.DOMAIN.OPERATOR"
            )
        elif onnx.defs.has(schema.name, schema.domain):
            leave_out(f"schema '{name}': the operator is known already")
        else:
            onnx.defs.register_schema(schema)


def schema_of(name: str) -> OpSchema:
    """The schema of an operation, filled from the one that `onnx` has."""
    schema = onnx_schemas()[name]
    return OpSchema(
        name,
        schema.name,
        "ONNX",
        tuple(map(_formal, schema.inputs)),
        tuple(map(_formal, schema.outputs)),
        {attribute: _spec(spec) for attribute, spec in schema.attributes.items()},
        {c.type_param_str: frozenset(c.allowed_type_strs) for c in schema.type_constraints},
        doc=schema.doc,
        pure=schema.name not in _RANDOM,
        constant=name == "onnx.Constant",
    )


def _formal(formal: onnx.defs.OpSchema.FormalParameter) -> Formal:
    return Formal(
        formal.name,
        formal.type_str,
        _OPTIONS[formal.option],
        formal.min_arity,
        formal.is_homogeneous,
    )


def _spec(attribute: onnx.defs.OpSchema.Attribute) -> AttributeSpec:
    return AttributeSpec(kind_of(attribute.type), attribute.required, _default(attribute))


def _default(attribute: onnx.defs.OpSchema.Attribute) -> AttributeValue | None:
    proto = attribute.default_value
    if not proto.name:
        return None
    value: object = helper.get_attribute_value(proto)
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, int | float):
        return value
    if isinstance(value, list):
        elements = cast("list[int] | list[float] | list[bytes]", value)
        return cast(AttributeValue, [v.decode() if isinstance(v, bytes) else v for v in elements])
    return None
