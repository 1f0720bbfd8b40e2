"""Small `.tflite` models made of one operator each, through the schema of the package."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

import flatbuffers
import numpy as np

from ..schemas.tfl import options_of

schema: Any = import_module("ai_edge_litert.schema_py_generated")

TYPES = {
    "float32": "FLOAT32",
    "float16": "FLOAT16",
    "float64": "FLOAT64",
    "int64": "INT64",
    "int32": "INT32",
    "int16": "INT16",
    "int8": "INT8",
    "uint8": "UINT8",
    "uint16": "UINT16",
    "uint32": "UINT32",
    "bool": "BOOL",
    "complex64": "COMPLEX64",
    "resource": "RESOURCE",
}


@dataclass(frozen=True)
class Value:
    """A tensor of a case: an input or a constant with its numbers, or a result."""

    array: Any = None
    dtype: str = "float32"
    scale: float | Sequence[float] | None = None
    zero: int | Sequence[int] = 0
    axis: int = 0
    constant: bool = False
    variable: bool = False
    shape: Sequence[int] | None = None
    """That of a value between two operators."""
    signature: Sequence[int] | None = None
    """The sizes with -1 for one that is open."""
    sparse: bool = False
    """Whether a constant matrix is written by its numbers that are not zero, row by row."""
    bits: int = 8
    """Of a number of a constant of bytes."""

    @property
    def type(self) -> str:
        return self.dtype if self.array is None else str(np.asarray(self.array).dtype)


@dataclass(frozen=True)
class Call:
    """One operator with its operands, by the names of values of the case."""

    operator: str
    inputs: Sequence[str | None]
    outputs: Sequence[str]
    options: Mapping[str, Any] = field(default_factory=dict)
    custom: str = ""
    custom_options: bytes = b""
    version: int = 1


@dataclass(frozen=True)
class Entry:
    """A signature: names for inputs and outputs of a subgraph, by the names of its values."""

    key: str
    subgraph: int
    inputs: Mapping[str, str]
    outputs: Mapping[str, str]


@dataclass(frozen=True)
class Graph:
    """A subgraph: values by name, calls in order, names of inputs and outputs."""

    values: Mapping[str, Value]
    calls: Sequence[Call]
    inputs: Sequence[str]
    outputs: Sequence[str]


def model_of(
    graphs: Sequence[Graph],
    shapes: Mapping[str, Sequence[int]] | None = None,
    entries: Sequence[Entry] = (),
) -> bytes:
    """The bytes of a model; `shapes` are those of results, as far as they are known."""
    model = schema.ModelT()
    model.version = 3
    model.description = "recorded"
    model.buffers = [schema.BufferT()]
    model.operatorCodes = []
    model.subgraphs = [_subgraph(graph, model, shapes or {}) for graph in graphs]
    model.signatureDefs = [_signature(entry, graphs[entry.subgraph]) for entry in entries]
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def _signature(entry: Entry, graph: Graph) -> Any:
    made = schema.SignatureDefT()
    made.signatureKey, made.subgraphIndex = entry.key, entry.subgraph
    places = list(graph.values)
    for side, names in (("inputs", entry.inputs), ("outputs", entry.outputs)):
        listed: list[Any] = []
        for value, name in names.items():
            pair = schema.TensorMapT()
            pair.name, pair.tensorIndex = name, places.index(value)
            listed.append(pair)
        setattr(made, side, listed)
    return made


def _sparsity(array: Any) -> tuple[Any, Any]:
    """How a matrix is compressed row by row, and its numbers."""
    sparsity, rows, columns = (
        schema.SparsityParametersT(),
        *(schema.DimensionMetadataT() for _ in "rc"),
    )
    sparsity.traversalOrder, sparsity.blockMap = [0, 1], []
    rows.format, rows.denseSize = schema.DimensionType.DENSE, array.shape[0]
    columns.format = schema.DimensionType.SPARSE_CSR
    kept = array != 0
    for part, numbers in (
        ("arraySegments", [0, *np.cumsum(kept.sum(1)).tolist()]),
        ("arrayIndices", np.nonzero(kept)[1].tolist()),
    ):
        vector = schema.Uint8VectorT()
        vector.values = numbers
        setattr(columns, part, vector)
        setattr(columns, f"{part}Type", schema.SparseIndexVector.Uint8Vector)
    sparsity.dimMetadata = [rows, columns]
    return sparsity, array[kept]


def _subgraph(graph: Graph, model: Any, shapes: Mapping[str, Sequence[int]]) -> Any:
    made = schema.SubGraphT()
    made.name = "main"
    places = {name: at for at, name in enumerate(graph.values)}
    made.tensors = [_tensor(n, v, model, shapes) for n, v in graph.values.items()]
    made.inputs = [places[name] for name in graph.inputs]
    made.outputs = [places[name] for name in graph.outputs]
    made.operators = [_operator(call, model, places) for call in graph.calls]
    return made


def _tensor(name: str, value: Value, model: Any, shapes: Mapping[str, Sequence[int]]) -> Any:
    tensor = schema.TensorT()
    tensor.name = name
    tensor.type = getattr(schema.TensorType, TYPES[value.type])
    tensor.isVariable = value.variable
    known = shapes.get(name, ()) if value.array is None else np.shape(value.array)
    shape = known if value.shape is None else value.shape
    tensor.shape = [int(n) for n in shape]
    if value.signature is not None:
        tensor.shapeSignature = list(value.signature)
    tensor.buffer = 0
    if value.constant:
        buffer, array = schema.BufferT(), np.ascontiguousarray(value.array)
        if value.sparse:
            tensor.sparsity, array = _sparsity(array)
        if value.bits == 4:
            tensor.type = schema.TensorType.INT4
            pairs = np.append(array, np.zeros(array.size % 2, np.int8)).reshape(-1, 2)
            array = ((pairs[:, 0] & 15) | (pairs[:, 1] << 4)).astype(np.int8)
        buffer.data = list(array.tobytes())
        tensor.buffer = len(model.buffers)
        model.buffers.append(buffer)
    if value.scale is not None:
        quantization = schema.QuantizationParametersT()
        scales = np.atleast_1d(np.asarray(value.scale, np.float32))
        zeros = np.broadcast_to(np.atleast_1d(value.zero), scales.shape)
        quantization.scale = scales.tolist()
        quantization.zeroPoint = [int(z) for z in zeros]
        quantization.quantizedDimension = value.axis
        tensor.quantization = quantization
    return tensor


def _operator(call: Call, model: Any, places: Mapping[str, int]) -> Any:
    operator = schema.OperatorT()
    number = getattr(schema.BuiltinOperator, call.operator)
    code = schema.OperatorCodeT()
    code.builtinCode, code.deprecatedBuiltinCode = number, min(number, 127)
    code.version = call.version
    code.customCode = call.custom or None
    operator.opcodeIndex = len(model.operatorCodes)
    model.operatorCodes.append(code)
    operator.inputs = [-1 if name is None else places[name] for name in call.inputs]
    operator.outputs = [places[name] for name in call.outputs]
    if call.custom_options:
        operator.customOptions = list(call.custom_options)
    name = _options_class(call.operator)
    if name is not None:
        options = getattr(schema, f"{name}T")()
        for key, value in call.options.items():
            setattr(options, _camel(key), _number(key, value))
        first = hasattr(schema.BuiltinOptions, name)
        union = schema.BuiltinOptions if first else schema.BuiltinOptions2
        setattr(
            operator, "builtinOptionsType" if first else "builtinOptions2Type", getattr(union, name)
        )
        setattr(operator, "builtinOptions" if first else "builtinOptions2", options)
    return operator


def _options_class(operator: str) -> str | None:
    """The options of an operator, which some kernels want even where they are empty."""
    for union in ("BuiltinOptions", "BuiltinOptions2"):
        known = {k: v for k, v in vars(getattr(schema, union)).items() if isinstance(v, int)}
        if (found := options_of(operator, known)) is not None:
            return found
    return None


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word[0].upper() + word[1:] for word in rest)


_ENUMS = (
    *("ActivationFunctionType", "Padding", "MirrorPadMode", "TensorType", "CombinerType"),
    "ReduceWindowFunction",
)


def _number(key: str, value: Any) -> Any:
    if not isinstance(value, str) or key in ("container", "name", "shared_name"):
        return value
    for enum in _ENUMS:
        if hasattr(getattr(schema, enum), value):
            return getattr(getattr(schema, enum), value)
    raise KeyError(f"{key} = {value}")
