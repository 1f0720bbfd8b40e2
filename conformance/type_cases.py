"""
A case of each operator for each element type that its schema admits.

The cases of the standard try most operators with f32 alone. These take one of them and give its
first input, and whatever must have the same type, every other type. What to expect is what the
interpreter of level 1 makes of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import numpy_helper
from onnx.defs import OpSchema

from ..conversion.import_onnx import import_model
from ..dialects import make_context
from ..dialects.framework import ElementType, element_type_named, element_type_of_numpy
from ..dialects.onnx import op_class
from ..dialects.onnx.codes import code_of
from ..dialects.onnx.schemas import onnx_schemas
from ..interpreters import run
from .case import Case, DataSet

Array = npt.NDArray[Any]

TOLERANCES: Mapping[str, tuple[float, float]] = {
    "float": (1e-3, 1e-5),
    "double": (1e-3, 1e-5),
    "float16": (1e-2, 1e-3),
    "bfloat16": (4e-2, 1e-2),
    "float8e4m3fn": (0.13, 0.02),
    "float8e4m3fnuz": (0.13, 0.02),
    "float8e5m2": (0.26, 0.02),
    "float8e5m2fnuz": (0.26, 0.02),
    "float4e2m1": (0.51, 0.51),
}
"""Results in these types may differ by a unit in the last place; the reference rounds more."""

EXACT = (1e-5, 1e-7)
"""For all other types; integers are equal or not, floats made of them are close."""

DONORS: Mapping[str, str] = {
    # To numbers that strings like "1.5" are read as.
    "Cast": "test_cast_FLOAT_to_DOUBLE",
    "CastLike": "test_castlike_FLOAT_to_DOUBLE",
    # Without a zero point, which floats have not.
    "DequantizeLinear": "test_dequantizelinear_e4m3fn",
}
"""The case to vary, where the one of the shortest name is not typical of its operator."""

MOVING_DONORS: Mapping[str, str] = {
    "GridSample": "test_gridsample_nearest",
    "Resize": "test_resize_upsample_scales_nearest",
}
"""The case to vary for types without arithmetic, which is what all but its kind compute."""

MOVED = ("bool", "string")

TYPED_ATTRIBUTES: Mapping[str, Mapping[str, str]] = {
    "LabelEncoder": {"keys_strings": "keys_tensor"},
    "TreeEnsemble": {"leaf_weights": "leaf_weights", "nodes_splits": "nodes_splits"},
}
"""Attributes that have the type of the first input, and the tensor each becomes in another type."""


def type_cases(cases: Sequence[Case]) -> list[Case]:
    """The cases for all operators of which `cases` has one."""
    found: list[Case] = []
    by_name = {case.name: case for case in cases}
    for (domain, name), donor in sorted(_donors(cases).items()):
        label = f"{domain}.{name}" if domain else name
        moving = by_name.get(MOVING_DONORS.get(name, ""), donor)
        for row in _admitted(donor):
            rtol, atol = TOLERANCES.get(row.name, EXACT)
            load = partial(_of_type, moving if row.name in MOVED else donor, row)
            title = f"{label} {row.name}"
            found.append(Case("type", title, rtol, atol, load, (domain, name)))
    return found


def _donors(cases: Sequence[Case]) -> dict[tuple[str, str], Case]:
    donors: dict[tuple[str, str], Case] = {}
    for case in sorted(cases, key=lambda case: (len(case.name), case.name)):
        if case.operator is not None and _is_donor(case):
            donors.setdefault(case.operator, case)
    by_name = {case.name: case for case in cases}
    return {key: by_name.get(DONORS.get(key[1], ""), donor) for key, donor in donors.items()}


def _is_donor(case: Case) -> bool:
    """Whether the first input is a tensor, and the node one of the newest version."""
    model, _ = case.load()
    [node] = model.graph.node
    cls = op_class(node.op_type, node.domain)
    if cls is None or not model.graph.input:
        return False
    version = {entry.domain: entry.version for entry in model.opset_import}.get(node.domain, 0)
    first = model.graph.input[0]
    return (
        version >= onnx_schemas()[cls.name].since_version
        and node.input[0] == first.name
        and first.type.HasField("tensor_type")
    )


def _schema(model: onnx.ModelProto) -> OpSchema:
    [node] = model.graph.node
    cls = op_class(node.op_type, node.domain)
    assert cls is not None
    return onnx_schemas()[cls.name]


def _admitted(donor: Case) -> Iterator[ElementType]:
    """The element types that the schema admits for the first input."""
    schema = _schema(donor.load()[0])
    for text in sorted(schema.inputs[0].types):
        if text.startswith("tensor("):
            row = element_type_named(text.removeprefix("tensor(").removesuffix(")"))
            if row is not None:
                yield row


def _of_type(donor: Case, row: ElementType) -> tuple[onnx.ModelProto, list[DataSet]]:
    """The donor with another element type, its inputs cast, and what the interpreter expects."""
    given, data_sets = donor.load()
    model = onnx.ModelProto()
    model.CopyFrom(given)
    schema = _schema(model)
    [node] = model.graph.node
    changed = _names_of_type(node.input, schema.inputs, schema.inputs[0].type_str)
    changed |= _names_of_type(node.output, schema.outputs, schema.inputs[0].type_str)
    if node.op_type == "BitCast":  # to a type of the same width, so to the same one
        next(a for a in node.attribute if a.name == "to").i = code_of(row)
        changed |= set(node.output)
    for name, tensor in TYPED_ATTRIBUTES.get(node.op_type, {}).items():
        _change_attribute(node, name, tensor, row)
    for info in (*model.graph.input, *model.graph.output):
        if info.name in changed and info.type.HasField("tensor_type"):
            info.type.tensor_type.elem_type = code_of(row)
    for info in model.graph.output:
        if info.type.HasField("tensor_type"):
            # Sizes and types that are not given may follow from the new type; see `_declare`.
            info.type.tensor_type.ClearField("shape")
            if info.name not in changed:
                info.type.ClearField("tensor_type")
    names = [info.name for info in model.graph.input]
    inputs = [
        cast_array(value, row) if name in changed else value
        for name, value in zip(names, data_sets[0][0], strict=True)
    ]
    context = make_context()
    expected = run(context, import_model(model, context), inputs)
    for info, value in zip(model.graph.output, expected, strict=True):
        _declare(info, value)
    return model, [(inputs, list(expected))]


def _change_attribute(node: onnx.NodeProto, name: str, tensor: str, row: ElementType) -> None:
    """Put a tensor attribute in the place of one that lists strings, or has another type."""
    for attribute in [a for a in node.attribute if a.name == name]:
        value: Any = onnx.helper.get_attribute_value(attribute)
        if isinstance(value, onnx.TensorProto):
            given: Array = numpy_helper.to_array(value)
        else:
            given = np.array([text.decode() for text in value], object)
        changed = cast_array(given, row)
        if changed is not given:
            node.attribute.remove(attribute)
            proto = numpy_helper.from_array(changed, tensor)
            node.attribute.append(onnx.helper.make_attribute(tensor, proto))


def _declare(info: onnx.ValueInfoProto, value: Any) -> None:
    """Declare the type and the sizes that an output has now."""
    if info.type.WhichOneof("value") in (None, "tensor_type") and isinstance(value, np.ndarray):
        array: Array = value
        row = element_type_of_numpy(array.dtype)
        if not info.type.HasField("tensor_type") and row is not None:
            info.type.tensor_type.elem_type = code_of(row)
        del info.type.tensor_type.shape.dim[:]
        for size in array.shape:
            info.type.tensor_type.shape.dim.add().dim_value = size


def _names_of_type(names: Sequence[str], formals: Sequence[Any], type_str: str) -> set[str]:
    """The values whose formal parameters have a type variable; the last one may be variadic."""
    found = {
        name for name, formal in zip(names, formals, strict=False) if formal.type_str == type_str
    }
    last = formals[-1]
    variadic = last.option == OpSchema.FormalParameterOption.Variadic and last.is_homogeneous
    if variadic and last.type_str == type_str:
        found |= set(names[len(formals) - 1 :])
    return found - {""}


def cast_array(value: Any, row: ElementType) -> Any:
    """Numbers like those of an array in another element type, where there are such numbers."""
    array: Array = np.asarray(value)
    if array.dtype == row.numpy:
        return array
    if array.dtype.kind not in "biufcO":
        array = array.astype(np.float32)
    if row.name == "string":
        return array.astype(str).astype(object)
    if array.dtype == np.dtype(object):
        array = np.arange(array.size, dtype=np.int64).reshape(array.shape)
    if row.name == "bool":
        return array > array.mean() if array.size else array.astype(np.bool_)
    if row.name.startswith("complex"):
        return array.astype(row.numpy)
    wide: Array = np.real(array).astype(np.float64)
    if row.name.lstrip("u").startswith("int"):
        if array.dtype.kind == "f" and np.abs(wide).max(initial=0.0) < 4:
            wide = wide * 4
        bits = int(row.name.lstrip("u").removeprefix("int"))
        unsigned = row.name.startswith("u")
        low = 0.0 if unsigned else -(2.0 ** (bits - 1))
        high = 2.0 ** min(bits - (not unsigned), 31) - 1
        wide = np.clip(np.abs(np.rint(wide)) if unsigned else np.rint(wide), low, high)
    with np.errstate(over="ignore"):
        return wide.astype(row.numpy)
