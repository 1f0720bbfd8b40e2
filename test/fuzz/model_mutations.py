"""Mutations of a model of ONNX: of its messages and fields, and of its bytes."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import onnx
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

INTEGERS = (0, 1, -1, 2, 3, 7, 64, 255, 1 << 16, 1 << 20, (1 << 31) - 1, 1 << 40, (1 << 63) - 1,
            -2, -7, -(1 << 31), -(1 << 63))  # fmt: skip
FLOATS = (0.0, -0.0, 1.0, -1.0, 1e-30, 1e30, float("inf"), float("-inf"), float("nan"), 0.3)
WORDS = ("", "x", "y", "Add", "Conv", "Loop", "ai.onnx", "ai.onnx.ml", "mine", "n",
         "batch", "?", "constant", "SAME_UPPER", "NOTSET", "bilinear", "\u00e4\U0001f4a7", "a/b",
         "com.microsoft", "../x", "/etc/hostname", "x" * 300, "w\x00z",
         "bhwc,ijk->", "location", "offset", "length")  # fmt: skip
OPERATORS = tuple(
    re.findall(
        r"[\w.]+",
        "Add Mul Sub Div Pow Relu Conv ConvTranspose MatMul Gemm Reshape Transpose Concat Split "
        "Slice Gather GatherND Scatter ScatterND ScatterElements Pad Tile Expand Squeeze "
        "Unsqueeze Flatten Cast Shape Size ConstantOfShape Range Where Softmax LSTM GRU RNN TopK "
        "NonZero Resize MaxPool AveragePool BatchNormalization LayerNormalization QuantizeLinear "
        "DequantizeLinear If Loop Scan Identity Dropout ReduceSum ReduceMean ArgMax CumSum Einsum "
        "OneHot DepthToSpace SpaceToDepth NonMaxSuppression SequenceAt SequenceConstruct Unique "
        "Compress EyeLike Trilu GridSample DFT STFT Attention RotaryEmbedding Optional Bernoulli "
        "RandomNormal Multinomial MaxUnpool RoiAlign Col2Im Det Hardmax LRN InstanceNormalization "
        "GroupNormalization Celu BitShift Mod StringSplit",
    )
)
Mutation = Callable[[random.Random, onnx.ModelProto], None]


def messages(message: Message) -> Iterator[Message]:
    """A message and all that are in it."""
    waiting = [message]
    while waiting:
        current = waiting.pop()
        yield current
        for field, value in current.ListFields():
            if field.message_type is None:
                continue
            waiting.extend(list(value) if field.is_repeated else [value])


def _of(model: Message, *kinds: type[Message]) -> list[Any]:
    return [m for m in messages(model) if isinstance(m, kinds)]


def _scalar(rng: random.Random, field: FieldDescriptor, old: Any) -> Any:
    """Another value for a field."""
    kind = field.cpp_type
    if kind == FieldDescriptor.CPPTYPE_STRING:
        if field.type == FieldDescriptor.TYPE_BYTES:
            return _spoilt(rng, bytes(old))
        return rng.choice([*WORDS, f"{old}1", str(old)[:-1], rng.choice(OPERATORS)])
    if kind in (FieldDescriptor.CPPTYPE_FLOAT, FieldDescriptor.CPPTYPE_DOUBLE):
        return rng.choice([*FLOATS, -old, old * 2])
    if kind == FieldDescriptor.CPPTYPE_ENUM:
        return rng.choice(_enumerators(field))
    small = kind in (FieldDescriptor.CPPTYPE_INT32, FieldDescriptor.CPPTYPE_UINT32)
    unsigned = kind in (FieldDescriptor.CPPTYPE_UINT32, FieldDescriptor.CPPTYPE_UINT64)
    near = [int(old) + 1, int(old) - 1, int(old) * 2, -int(old), rng.randint(-5, 25)]
    n = rng.choice([*INTEGERS, *near, *near])
    bits = 32 if small else 64
    if unsigned:
        return n % (1 << bits)
    return (n + (1 << (bits - 1))) % (1 << bits) - (1 << (bits - 1))


def _enumerators(field: FieldDescriptor) -> list[int]:
    return [] if field.enum_type is None else [value.number for value in field.enum_type.values]


def _spoilt(rng: random.Random, data: bytes) -> bytes:
    """Bytes cut, grown, or with others in them."""
    if not data or rng.random() < 0.2:
        return rng.randbytes(rng.choice([0, 1, 3, 4, 8, 64]))
    choice = rng.randrange(4)
    if choice == 0:
        return data[: rng.randrange(len(data))]
    if choice == 1:
        return data + rng.randbytes(rng.choice([1, 4, 8]))
    at = rng.randrange(len(data))
    return data[:at] + rng.randbytes(1) + data[at + 1 :]


def any_field(rng: random.Random, model: onnx.ModelProto) -> None:
    """A field of any message: changed, dropped, doubled, or two of its elements swapped."""
    message = rng.choice([m for m in messages(model) if m.ListFields()])
    field, value = rng.choice(message.ListFields())
    if rng.random() < 0.15:
        message.ClearField(field.name)
        return
    if not field.is_repeated:
        if field.message_type is None:
            setattr(message, field.name, _scalar(rng, field, value))
        else:
            message.ClearField(field.name)
        return
    _element(rng, field, value)


def _element(rng: random.Random, field: FieldDescriptor, value: Any) -> None:
    at = rng.randrange(len(value))
    choice = rng.randrange(4)
    if choice == 0:
        del value[at]
    elif choice == 1 and field.message_type is not None:
        value.add().CopyFrom(value[at])
    elif choice == 1:
        value.append(value[at])
    elif choice == 2 and len(value) > 1:
        other = rng.randrange(len(value))
        kept = list(value)
        kept[at], kept[other] = kept[other], kept[at]
        copies = [_copy(k) for k in kept] if field.message_type is not None else kept
        del value[:]
        value.extend(copies)
    elif field.message_type is None:
        value[at] = _scalar(rng, field, value[at])


def _copy(message: Message) -> Message:
    made = type(message)()
    made.CopyFrom(message)
    return made


def edge(rng: random.Random, model: onnx.ModelProto) -> None:
    """An operand is another value, absent, or one more; a result has another's name."""
    nodes = _of(model, onnx.NodeProto)
    names = [n for node in nodes for n in (*node.input, *node.output)] + [
        t.name for t in model.graph.initializer
    ]
    node = rng.choice(nodes)
    side = node.input if rng.random() < 0.8 else node.output
    if not side or rng.random() < 0.15:
        side.append(rng.choice(names))
        return
    side[rng.randrange(len(side))] = rng.choice([*names, *names, "", "nowhere"])


def operator(rng: random.Random, model: onnx.ModelProto) -> None:
    """A node is of another operator."""
    node = rng.choice(_of(model, onnx.NodeProto))
    node.op_type = rng.choice(OPERATORS)


def integers(rng: random.Random, model: onnx.ModelProto) -> None:
    """A number in a list of integers of an attribute, or the attribute itself."""
    found = [a for a in _of(model, onnx.AttributeProto) if a.ints or a.type == a.INT]
    if not found:
        return
    attribute = rng.choice(found)
    field = attribute.DESCRIPTOR.fields_by_name["i"]
    if not attribute.ints:
        attribute.i = _scalar(rng, field, attribute.i)
        return
    at = rng.randrange(len(attribute.ints))
    attribute.ints[at] = _scalar(rng, field, attribute.ints[at])


def dimension(rng: random.Random, model: onnx.ModelProto) -> None:
    """A size of a value or of a weight; sizes may get names, and be one more or fewer."""
    weights = _of(model, onnx.TensorProto)
    if weights and rng.random() < 0.4:
        weight = rng.choice(weights)
        field = weight.DESCRIPTOR.fields_by_name["dims"]
        if weight.dims and rng.random() < 0.7:
            at = rng.randrange(len(weight.dims))
            weight.dims[at] = _scalar(rng, field, weight.dims[at])
        else:
            weight.dims.append(rng.choice([0, 1, 2]))
        return
    shapes = _of(model, onnx.TensorShapeProto)
    if not shapes:
        return
    shape = rng.choice(shapes)
    if not shape.dim or rng.random() < 0.15:
        shape.dim.add(dim_value=rng.choice([1, 2, 5]))
        return
    size = rng.choice(shape.dim)
    if rng.random() < 0.2:
        size.dim_param = rng.choice(["n", "m", "?", "", "n + 1", "x.y"])
    else:
        size.dim_value = _scalar(rng, size.DESCRIPTOR.fields_by_name["dim_value"], size.dim_value)


def integer_weight(rng: random.Random, model: onnx.ModelProto) -> None:
    """A number of a weight of integers: shapes, axes, starts, indices, pads are such."""
    from onnx import numpy_helper

    found = [
        t
        for t in model.graph.initializer
        if t.data_type == onnx.TensorProto.INT64 and t.raw_data and len(t.raw_data) % 8 == 0
    ]
    if not found:
        return
    weight = rng.choice(found)
    try:
        array = numpy_helper.to_array(weight).copy()
    except (ValueError, TypeError):
        return
    if not array.size:
        return
    at = rng.randrange(array.size)
    n = rng.choice([*INTEGERS, *(int(array.flat[at]) + d for d in (-2, -1, 1, 2))])
    array.flat[at] = max(min(n, (1 << 63) - 1), -(1 << 63))
    weight.raw_data = array.tobytes()


def element_type(rng: random.Random, model: onnx.ModelProto) -> None:
    """The element type of a value or of a weight."""
    found = _of(model, onnx.TensorProto, onnx.TypeProto.Tensor)
    if not found:
        return
    chosen, kind = rng.choice(found), rng.choice([*range(27), 1, 7, 10, 11, 99])
    if isinstance(chosen, onnx.TensorProto):
        chosen.data_type = kind
    else:
        chosen.elem_type = kind


def every_float(rng: random.Random, model: onnx.ModelProto) -> None:
    """All floats of another width: such models may be valid."""
    from onnx import numpy_helper

    kind = rng.choice([onnx.TensorProto.DOUBLE, onnx.TensorProto.FLOAT16])
    for weight in _of(model, onnx.TensorProto):
        if weight.data_type == onnx.TensorProto.FLOAT and weight.raw_data:
            try:
                array = numpy_helper.to_array(weight)
            except (ValueError, TypeError):
                continue
            dtype = onnx.helper.tensor_dtype_to_np_dtype(kind)
            weight.CopyFrom(numpy_helper.from_array(array.astype(dtype), weight.name))
    for value in _of(model, onnx.TypeProto.Tensor):
        if value.elem_type == onnx.TensorProto.FLOAT:
            value.elem_type = kind


def opset(rng: random.Random, model: onnx.ModelProto) -> None:
    """The version of an opset, of the format, or a domain more."""
    if model.opset_import and rng.random() < 0.7:
        version = rng.choice([1, 5, 6, 7, 9, 11, 13, 15, 18, 22, 23, 25, 0, -1, 99, 1 << 40])
        rng.choice(model.opset_import).version = version
    elif rng.random() < 0.5:
        model.ir_version = rng.choice([0, 1, 3, 4, 8, 13, 99, -1])
    else:
        model.opset_import.add(domain=rng.choice(WORDS), version=rng.choice([1, 13, 21]))


def node_order(rng: random.Random, model: onnx.ModelProto) -> None:
    """Nodes dropped, doubled, or in another order."""
    graph = rng.choice(_of(model, onnx.GraphProto, onnx.FunctionProto))
    nodes = [_copy(n) for n in graph.node]
    if not nodes:
        return
    choice, at = rng.randrange(3), rng.randrange(len(nodes))
    if choice == 0:
        del nodes[at]
    elif choice == 1:
        nodes.insert(rng.randrange(len(nodes)), nodes[at])
    else:
        rng.shuffle(nodes)
    del graph.node[:]
    graph.node.extend(nodes)


def graph_output(rng: random.Random, model: onnx.ModelProto) -> None:
    """An inner value, an input or a weight is an output too; or an output is gone."""
    names = [n for node in model.graph.node for n in (*node.output, *node.input) if n]
    if model.graph.output and rng.random() < 0.2:
        del model.graph.output[rng.randrange(len(model.graph.output))]
    elif names:
        model.graph.output.add(name=rng.choice(names))


def default_input(rng: random.Random, model: onnx.ModelProto) -> None:
    """A weight is an input as well, or a weight becomes an input."""
    if not model.graph.initializer:
        return
    at = rng.randrange(len(model.graph.initializer))
    weight = model.graph.initializer[at]
    value = onnx.helper.make_tensor_value_info(weight.name, weight.data_type, list(weight.dims))
    model.graph.input.append(value)
    if rng.random() < 0.5:
        del model.graph.initializer[at]


def without_types(rng: random.Random, model: onnx.ModelProto) -> None:
    """What outputs or inner values are declared to be, is not said."""
    for value in model.graph.output:
        if rng.random() < 0.7:
            value.ClearField("type")
    if rng.random() < 0.3:
        del model.graph.value_info[:]


MUTATIONS: Sequence[Mutation] = (
    any_field, any_field, any_field, any_field, edge, edge, operator, integers, integers, dimension,
    dimension, integer_weight, integer_weight, element_type, every_float, opset, node_order,
    graph_output, default_input, without_types,
)  # fmt: skip


def spoilt_bytes(rng: random.Random, data: bytes) -> bytes:
    """A file cut, or with bytes of it changed, moved or doubled."""
    made = bytearray(data)
    for _ in range(rng.choice([1, 1, 2, 4, 16])):
        at = rng.randrange(len(made)) if made else 0
        choice = rng.randrange(6)
        if choice == 0:
            made = made[:at]
        elif choice == 1:
            made[at:at] = rng.randbytes(rng.choice([1, 2, 8]))
        elif choice == 2:
            del made[at : at + rng.choice([1, 2, 16])]
        elif choice == 3:
            made[at:at] = made[at : at + rng.choice([4, 32])]
        elif made and at < len(made):
            made[at] = rng.choice([0, 1, 0x7F, 0x80, 0xFF, made[at] ^ (1 << rng.randrange(8))])
    return bytes(made)
