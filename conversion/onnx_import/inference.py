"""
Types of a node's results: what `onnx.shape_inference` says of one node, completed by what it
does not follow, shape arithmetic on named dimensions above all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import onnx
from onnx import numpy_helper
from onnx.defs import OpSchema, onnx_opset_version
from xdsl.dialects.builtin import TensorType
from xdsl.ir import Attribute, SSAValue

from ...dialects.framework import (
    OptionalType,
    SequenceType,
    dims_of,
    element_of,
    size_of_text,
    tensor_type,
)
from ...dialects.onnx.protos import type_proto
from ...runtime.size import Size, name_of
from ..shape_arithmetic import Elements, elements_of
from .types import ir_type

Array = npt.NDArray[Any]

FOLD_LIMIT = 1024
"""Values of more elements are not followed by constant folding."""


LARGEST_EXACT = 2.0**24
"""Integers up to here are the same as floats of 32 bits."""


@dataclass(frozen=True)
class Value:
    """An ONNX value while its graph is built."""

    ssa: SSAValue
    constant: Array | None = None
    """Its numbers, where they are known and few."""
    symbols: Elements | None = None
    """Its elements, where they are integers of which some are only known by name."""
    whole: Array | None = None
    """Its numbers however many, where a file holds them."""

    @property
    def type(self) -> Attribute:
        return self.ssa.type

    @property
    def array(self) -> Array | None:
        """Its numbers, where they are known."""
        return self.constant if self.whole is None else self.whole

    @property
    def elements(self) -> Elements | None:
        """The elements of a tensor of integers, be they held as floats, as far as known."""
        if self.symbols is not None or self.constant is None:
            return self.symbols
        numbers = self.constant
        if numbers.dtype.kind == "f":
            wide = numbers.astype(np.float64)
            if not (np.abs(wide) < LARGEST_EXACT).all() or (wide != np.trunc(wide)).any():
                return None
        elif numbers.dtype.kind not in "iu":
            return None
        return elements_of([int(v) for v in numbers.reshape(-1).tolist()], numbers.shape)


class InferenceFailure(Exception):
    """The inputs of a node do not fit together; the text says why."""


@lru_cache(4096)
def _serial_type(type_: Attribute) -> bytes:
    return type_proto(type_, normal=True).SerializeToString()


_OPSETS = {"": onnx_opset_version()}


class Known(Protocol):
    """What is known of a value."""

    @property
    def type(self) -> Attribute: ...

    @property
    def constant(self) -> Array | None:
        """Its numbers, where they are known and few."""
        ...


def inferred_types(
    schema: OpSchema, node: onnx.NodeProto, inputs: Mapping[str, Known]
) -> dict[str, Attribute]:
    """The types of the outputs of `node` that `onnx` can tell, by output name.

    `inputs` are its inputs by name. The node has passed the rules of its operator: on others the
    library may run forever or abort the process. For the same reason it sees no subgraphs.

    Raises `InferenceFailure` where the inputs cannot be combined.
    """
    types = {name: _serial_type(value.type) for name, value in inputs.items()}
    # What a Range counts to is counted here: exporters give it vectors of one element, which the
    # library refuses when it knows their numbers.
    data = (
        {}
        if schema.name == "Range"
        else {
            name: numpy_helper.from_array(value.constant).SerializeToString()
            for name, value in inputs.items()
            if value.constant is not None and value.constant.dtype.kind in "fiub"
        }
    )
    try:
        found = _infer(schema, _without_graphs(node).SerializeToString(), types, data)
    except Exception as error:
        # The C++ library raises whatever its checks, parsers and containers do.
        raise InferenceFailure(_cleaned(str(error))) from None
    result: dict[str, Attribute] = {}
    for name, serial in found.items():
        proto = onnx.TypeProto.FromString(serial)
        if proto.WhichOneof("value") == "tensor_type" and not proto.tensor_type.elem_type:
            continue
        if proto.WhichOneof("value") is None:
            continue
        for dim in proto.tensor_type.shape.dim if proto.HasField("tensor_type") else ():
            if dim.HasField("dim_value") and dim.dim_value < 0:
                # In a branch that is never taken, sizes may add up to anything.
                dim.ClearField("dim_value")
        result[name] = _with_sizes(ir_type(proto))
    return result


def _with_sizes(type_: Attribute) -> Attribute:
    """A type whose names are texts of sizes, with these sizes."""
    dims, element = dims_of(type_), element_of(type_)
    if dims is not None and element is not None and any(isinstance(d, Size) for d in dims):
        sizes = [size_of_text(name_of(d) or "") if isinstance(d, Size) else d for d in dims]
        return tensor_type(element, sizes)
    if isinstance(type_, SequenceType | OptionalType):
        return type_.new([_with_sizes(type_.element_type)])
    return type_


def _without_graphs(node: onnx.NodeProto) -> onnx.NodeProto:
    if not any(a.type == onnx.AttributeProto.GRAPH for a in node.attribute):
        return node
    copy = onnx.NodeProto(op_type=node.op_type, domain=node.domain, name=node.name)
    copy.input.extend(node.input)
    copy.output.extend(node.output)
    copy.attribute.extend(a for a in node.attribute if a.type != onnx.AttributeProto.GRAPH)
    return copy


def _infer(
    schema: OpSchema, node: bytes, types: dict[str, bytes], data: dict[str, bytes]
) -> dict[str, bytes]:
    # The public infer_node_outputs serialises every type again; this is what it calls.
    infer: Any = schema._infer_node_outputs
    return infer(node, types, data, {}, _OPSETS, onnx.IR_VERSION)


def _cleaned(message: str) -> str:
    """The part of an inference error that is about the model."""
    for mark in ("[ShapeInferenceError]", "[TypeInferenceError]"):
        message = message.split(mark)[-1]
    return message.strip().rstrip(".")


def static_size(type_: Attribute) -> int | None:
    """The number of elements of a static tensor type, None for other types."""
    if not isinstance(type_, TensorType) or any(d < 0 for d in type_.get_shape()):
        return None
    return int(np.prod(type_.get_shape(), dtype=object))


def at(values: Sequence[Value | None], index: int) -> Value | None:
    """The input at a position, None for an absent one."""
    return values[index] if index < len(values) else None
