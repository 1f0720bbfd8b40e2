"""What makes an operation valid beside its shapes, which the importer follows."""

from __future__ import annotations

from collections.abc import Callable
from difflib import get_close_matches

from xdsl.dialects.builtin import (
    ArrayAttr,
    DenseArrayBase,
    FloatAttr,
    IntegerAttr,
    StringAttr,
    TensorType,
    i1,
)
from xdsl.ir import Attribute
from xdsl.utils.exceptions import VerifyException

from ..framework import FrameworkOp
from ..framework.schema import Kind
from ..framework.types import verify_dims

_FITS: dict[Kind, Callable[[Attribute], bool]] = {
    Kind.INT: lambda a: isinstance(a, IntegerAttr) and a.type != i1,
    Kind.BOOL: lambda a: isinstance(a, IntegerAttr) and a.type == i1,
    Kind.FLOAT: lambda a: isinstance(a, FloatAttr),
    Kind.STRING: lambda a: isinstance(a, StringAttr),
    Kind.INTS: lambda a: isinstance(a, DenseArrayBase),
    Kind.BOOLS: lambda a: isinstance(a, DenseArrayBase),
    Kind.STRINGS: lambda a: isinstance(a, ArrayAttr),
    Kind.TENSOR: lambda a: hasattr(a, "type"),
}

_DISCARDABLE = frozenset(("nodes", "rewrites"))


def verify(op: FrameworkOp) -> None:
    """Check attributes, regions and the dimensions' names of an operation.

    Raises `VerifyException` with what is expected.
    """
    known = op.SIGNATURE.attributes
    for name, attribute in op.properties.items():
        spec = known.get(name)
        fits = None if spec is None else _FITS.get(spec.kind)
        if spec is not None and fits is not None and not fits(attribute):
            raise VerifyException(f"attribute '{name}' must be {spec.kind.value}, is {attribute}")
    for name in op.attributes:
        if name not in _DISCARDABLE and "." not in name:
            near = get_close_matches(name, list(known), n=1)
            hint = f"; did you mean '{near[0]}'?" if near else ""
            raise VerifyException(f"unknown attribute '{name}'{hint}")
    for value in (*op.operands, *op.results):
        verify_dims(value.type)
    for region in op.regions:
        last = region.block.last_op if len(region.blocks) == 1 else None
        if last is None or last.name != "stablehlo.return":
            raise VerifyException("a region must be one block that ends in stablehlo.return")
    if op.SIGNATURE.schema.constant:
        type_ = getattr(op.properties.get("value"), "type", None)
        if isinstance(type_, TensorType) and type_ != op.results[0].type:
            raise VerifyException(f"value is {type_} but the result is {op.results[0].type}")
