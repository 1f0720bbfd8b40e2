"""
The oldest opset a graph can be written in.

Operations are in their newest versions, which few programs read. Where an older version of an
operator admits the operation with the same meaning, that version is as good.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from onnx.defs import OpSchema
from xdsl.ir import SSAValue

from ...dialects.framework import type_name
from ...dialects.framework.signature import positions
from ...dialects.onnx import OnnxOp
from ...errors import StepwellError
from ..onnx_import.opset_upgrade.upgrade import STEPS, is_compatible, newest_opset, versions

OLDEST = 18
"""Nothing is gained by going further back."""


def opset_versions(ops: Iterable[OnnxOp], wanted: int | None) -> dict[str, int]:
    """The version of each domain to write: the oldest possible, or `wanted` of the default one.

    Raises `StepwellError` when an operation cannot be written in the version that is wanted.
    """
    needed: dict[str, int] = {"": OLDEST if wanted is None else wanted}
    for op in ops:
        schema = op.schema
        oldest = oldest_version(op)
        if schema.domain:
            needed[schema.domain] = newest_opset(schema.domain)
        elif wanted is None:
            needed[""] = max(needed[""], oldest)
        elif oldest > wanted:
            name = next(iter(op.nodes), "")
            raise StepwellError(
                f"{schema.name} '{name}' needs opset {oldest}, {wanted} was asked for"
            )
    return needed


def oldest_version(op: OnnxOp) -> int:
    """The oldest version of the operator that has this operation with the same meaning."""
    schema = op.schema
    version = schema.since_version
    for older, newer in _steps_back(schema.domain, schema.name, version):
        if (schema.domain, schema.name, newer) in STEPS:
            break
        if not is_compatible(schema.domain, schema.name, older, newer):
            break
        if not _admits(versions(schema.domain, schema.name)[older], op):
            break
        version = older
    return version


@cache
def _steps_back(domain: str, name: str, version: int) -> tuple[tuple[int, int], ...]:
    known = [v for v in versions(domain, name) if v <= version]
    return tuple(zip(reversed(known[:-1]), reversed(known[1:]), strict=True))


def _admits(schema: OpSchema, op: OnnxOp) -> bool:
    attributes = op.SIGNATURE.attributes
    if any(name in attributes and name not in schema.attributes for name in op.properties):
        return False
    allowed = {c.type_param_str: set(c.allowed_type_strs) for c in schema.type_constraints}
    return _fits(schema.inputs, op.operand_slots, allowed) and _fits(
        schema.outputs, op.result_slots, allowed
    )


def _fits(
    formals: Iterable[OpSchema.FormalParameter],
    slots: tuple[SSAValue | None, ...],
    allowed: dict[str, set[str]],
) -> bool:
    given = list(formals)
    if slots and not given:
        return False
    variadic = bool(given) and given[-1].option == OpSchema.FormalParameterOption.Variadic
    if len(slots) > len(given) and not variadic:
        return False
    for formal, slot in zip(positions(given, len(slots)), slots, strict=True):
        types = allowed.get(formal.type_str, {formal.type_str})
        if slot is not None and type_name(slot.type) not in types:
            return False
    return True
