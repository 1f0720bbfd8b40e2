"""ONNX types (`TypeProto`) and types of the IR."""

from __future__ import annotations

import onnx
from xdsl.ir import Attribute

from ...dialects.framework import (
    Dim,
    MapType,
    OptionalType,
    SequenceType,
    dims_of,
    element_of,
    tensor_type,
)
from ...dialects.onnx.codes import element_type_of_code
from ...runtime.size import named
from ..input_shapes import LARGEST_DIMENSION, LARGEST_RANK


class IllTypedError(Exception):
    """A type that cannot be; the text says why."""


def ir_type(proto: onnx.TypeProto) -> Attribute:
    """
    The IR type of an ONNX type, in which the text of each open size is a name.

    Some of them are expressions, which `conversion/size_names.py` tells from names: that needs the
    names of the model's inputs. Raises `IllTypedError` for a type that cannot be.
    """
    kind = proto.WhichOneof("value")
    if kind == "tensor_type":
        return _tensor(proto.tensor_type)
    if kind == "sequence_type":
        return SequenceType(ir_type(proto.sequence_type.elem_type))
    if kind == "optional_type":
        return OptionalType(ir_type(proto.optional_type.elem_type))
    if kind == "map_type":
        return MapType(_element(proto.map_type.key_type), ir_type(proto.map_type.value_type))
    if kind == "sparse_tensor_type":
        raise IllTypedError("is a sparse tensor; only dense ones are supported")
    raise IllTypedError("has no type")


def _element(code: int) -> Attribute:
    row = element_type_of_code(code)
    if row is None:
        raise IllTypedError(f"has element type {code}, which does not exist")
    return row.ir


def _tensor(proto: onnx.TypeProto.Tensor) -> Attribute:
    element = _element(proto.elem_type)
    if not proto.HasField("shape"):
        return tensor_type(element, None)
    require_rank(len(proto.shape.dim))
    return tensor_type(element, [_dim(d) for d in proto.shape.dim])


def require_rank(rank: int) -> None:
    """Raise `IllTypedError` for more dimensions than the compiler has names for."""
    if rank > LARGEST_RANK:
        raise IllTypedError(f"has {rank} dimensions; at most {LARGEST_RANK} are supported")


def _dim(dim: onnx.TensorShapeProto.Dimension) -> Dim:
    if dim.HasField("dim_value"):
        if dim.dim_value > LARGEST_DIMENSION:
            most = LARGEST_DIMENSION
            raise IllTypedError(f"has a dimension of size {dim.dim_value}; expected {most} at most")
        # Exporters that have no word for an open size write -1.
        return dim.dim_value if dim.dim_value >= 0 else None
    return named(dim.dim_param) if is_name(dim.dim_param) else None


_NO_NAMES = frozenset(
    ("any", "dyn", "dynamic", "nan", "nil", "none", "null", "undefined", "unk", "unknown")
)
"""What exporters write for every open size, as if it were a name."""


def is_name(text: str) -> bool:
    """Whether a `dim_param` names a size.

    Equal names are equal sizes, but no exporter means that by `?`, `-1` or `None`, which it gives
    to all open sizes alike. Numbered names such as `unk__7` are made for one size each.
    """
    return any(c.isalnum() for c in text) and not (
        text.strip().lower() in _NO_NAMES or _is_negative(text)
    )


def _is_negative(text: str) -> bool:
    return text.strip().startswith("-") and text.strip()[1:].isdecimal()


def merged(better: Attribute, other: Attribute) -> Attribute:
    """`better` with what only `other` knows: its rank, its sizes, its names.

    A size beats a name beats nothing; where both know, `better` is right.
    """
    element = element_of(better)
    if element is None:
        return better
    other_dims = dims_of(other)
    own_dims = dims_of(better)
    if other_dims is None:
        return better
    if own_dims is None:
        return tensor_type(element, other_dims)
    if len(own_dims) != len(other_dims):
        return better
    dims = [b if b is not None else o for b, o in zip(own_dims, other_dims, strict=True)]
    return tensor_type(element, dims)


def common(first: Attribute, second: Attribute) -> Attribute:
    """The most special type that values of either type have; `first` where there is none."""
    element = element_of(first)
    if first == second or element is None:
        return first
    one, two = dims_of(first), dims_of(second)
    if one is None or two is None or len(one) != len(two):
        return tensor_type(element, None)
    dims = [a if a == b else None for a, b in zip(one, two, strict=True)]
    return tensor_type(element, dims)
