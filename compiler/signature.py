"""Types of inputs and outputs as the run time says them."""

from __future__ import annotations

from xdsl.dialects.builtin import TensorType, UnrankedTensorType
from xdsl.ir import Attribute

from ..dialects.engine.weights import dtype_of
from ..dialects.framework import Dim, MapType, OptionalType, SequenceType, StringType, dims_of
from ..errors import CompileError
from ..runtime import program as hand_over
from ..runtime.size import Size, name_of


def tensor_signature(name: str, type_: Attribute, slot: int = -1) -> hand_over.TensorSignature:
    """
    The signature of an opaque value, with names of sizes where the model gives them.

    Raises:
        CompileError: for a type that is none of a model's.
    """
    wrappers: list[str] = []
    while isinstance(type_, SequenceType | OptionalType | MapType):
        if isinstance(type_, SequenceType):
            wrappers.append("seq")
        elif isinstance(type_, OptionalType):
            wrappers.append("optional")
        else:
            wrappers.append(f"map {_dtype_name(type_.key_type)}")
        type_ = type_.value_type if isinstance(type_, MapType) else type_.element_type
    if not isinstance(type_, TensorType | UnrankedTensorType):
        raise CompileError(f"'{name}' is of type {type_}, which no model has")
    dims = dims_of(type_)
    element = type_.element_type
    said = _as_size if isinstance(element, StringType) and not wrappers else _said
    shape = hand_over.ANY_SHAPE if dims is None else tuple(map(said, dims))
    return hand_over.TensorSignature(name, _dtype_name(element), shape, tuple(wrappers), slot)


def _as_size(dim: Dim) -> int | str:
    """As the run time reads it: a call has these sizes."""
    return dim.text if isinstance(dim, Size) else _said(dim)


def _said(dim: Dim) -> int | str:
    if isinstance(dim, Size):
        return name_of(dim) or dim.text
    return hand_over.UNKNOWN if dim is None else dim


def _dtype_name(element: Attribute) -> str:
    return hand_over.STRING if isinstance(element, StringType) else dtype_of(element).name
