"""
What makes an operation of a framework valid, read off its schema.

Raises `VerifyException` with what the schema expects; the caller knows which operation.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches

from xdsl.dialects.builtin import StringAttr
from xdsl.ir import Attribute, SSAValue
from xdsl.utils.exceptions import VerifyException

from .attributes import coerced_property, constant_type
from .element_types import StoredType
from .schema import ANY_TYPE, Formal, Kind
from .schema_op import SchemaOp
from .signature import Signature, formal_values
from .types import dims_of, element_of, type_name, verify_dims

_DISCARDABLE = frozenset(("nodes", "rewrites", "lhs_codes"))
_SEGMENT_SIZES = frozenset(("operandSegmentSizes", "resultSegmentSizes", "regionSegmentSizes"))
_SHOWN_TYPES = 12


def verify(op: SchemaOp) -> None:
    """Check attributes, types and subgraphs of `op` against its schema."""
    _verify_attributes(op)
    signature, bound = op.SIGNATURE, Bound()
    operands = formal_values(signature.inputs, op.operand_entries)
    _verify_types(signature, operands, "operand", bound)
    results = formal_values(signature.outputs, op.result_entries)
    _verify_types(signature, results, "result", bound)
    _verify_constant(op)
    for name in op.SIGNATURE.graphs:
        region = op.graph(name)
        if region is None:
            continue
        last = region.block.last_op if len(region.blocks) == 1 else None
        ending = f"{op.dialect_name()}.Yield"
        if last is None or last.name != ending:
            raise VerifyException(f"region '{name}' must be one block that ends in {ending}")


def _verify_attributes(op: SchemaOp) -> None:
    known = op.SIGNATURE.attributes
    for name, attribute in op.properties.items():
        spec = known.get(name)
        if spec is None:
            if name not in _SEGMENT_SIZES:
                raise VerifyException(_unknown(name, known))
            continue
        if coerced_property(attribute, spec.kind) != attribute:
            raise VerifyException(f"attribute '{name}' must be {spec.kind.value}, is {attribute}")
        if spec.choices is not None and isinstance(attribute, StringAttr):
            _verify_choice(name, attribute.data, spec.choices)
    for name in op.attributes:
        if name not in _DISCARDABLE and "." not in name:
            raise VerifyException(_unknown(name, known))


def _verify_choice(name: str, word: str, choices: frozenset[str]) -> None:
    if word not in choices:
        expected = _nearest(word, sorted(choices)) or f"; expected {_choices(choices)}"
        raise VerifyException(f"attribute '{name}' is \"{word}\"{expected}")


def _unknown(name: str, known: Iterable[str]) -> str:
    names = list(known)
    return f"unknown attribute '{name}'" + (_nearest(name, names) or _listing(names))


def _nearest(name: str, names: Sequence[str]) -> str:
    found = get_close_matches(name, names, n=1)
    return f"; did you mean '{found[0]}'?" if found else ""


def _listing(names: Sequence[str]) -> str:
    return f"; it has {', '.join(sorted(names))}" if names else "; it has none"


Bound = dict[str, tuple[str, str]]
"""The type each type variable of a schema stands for, and the value that decided it."""


def verify_operand_types(signature: Signature, slots: Sequence[SSAValue | None]) -> Bound:
    """Check the types of operands by position; returns what the type variables stand for."""
    bound: Bound = {}
    _verify_types(signature, formal_values(signature.inputs, slots), "operand", bound)
    return bound


def _verify_types(
    signature: Signature,
    values: Iterable[tuple[Formal, SSAValue | None]],
    what: str,
    bound: Bound,
) -> None:
    """Check each type against its type variable, and that equal variables have equal types."""
    allowed_types = signature.allowed_types
    for at, (formal, value) in enumerate(values):
        if value is None:
            continue
        type_: Attribute = value.type
        verify_dims(type_)
        if formal.type == ANY_TYPE:
            continue
        name = type_name(type_)
        variable = formal.type
        allowed = allowed_types.get(variable, frozenset((variable,)))
        label = f"{what} {at} ('{formal.name}')"
        if name is None:
            framework = signature.schema.framework
            raise VerifyException(f"{label} has type {type_}, which {framework} does not have")
        if name not in allowed:
            raise VerifyException(f"{label} has type {name}, expected {_choices(allowed)}")
        if variable not in allowed_types or not formal.homogeneous:
            continue
        first, first_label = bound.setdefault(variable, (name, label))
        if first != name:
            raise VerifyException(
                f"{label} is {name} but {first_label} is {first}; both are of type {variable}"
            )


def _choices(allowed: frozenset[str]) -> str:
    names = sorted(allowed)
    if len(names) == 1:
        return names[0]
    shown = ", ".join(names[:_SHOWN_TYPES])
    return f"one of {shown}" + (", ..." if len(names) > _SHOWN_TYPES else "")


def _verify_constant(op: SchemaOp) -> None:
    if not op.SIGNATURE.schema.constant:
        return
    values = [n for n in op.properties if n in op.SIGNATURE.attributes]
    if len(values) != 1:
        raise VerifyException(f"needs exactly one value attribute, has {len(values)}")
    spec = op.SIGNATURE.attributes[values[0]]
    type_ = constant_type(op.properties[values[0]])
    if spec.kind == Kind.TENSOR and type_ is not None and op.results:
        result = op.results[0].type
        if result != type_ and not _is_kept_as(result, type_):
            raise VerifyException(f"value is {type_} but the result is {result}")


def _is_kept_as(type_: Attribute, plain: Attribute) -> bool:
    """Whether a tensor type's elements are kept as those of a plain one."""
    element = element_of(type_)
    return isinstance(element, StoredType) and (element.stored, dims_of(type_)) == (
        element_of(plain),
        dims_of(plain),
    )
