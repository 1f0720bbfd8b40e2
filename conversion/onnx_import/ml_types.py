"""
Types of the results of `ai.onnx.ml` operators.

Half of these operators have no shape inference in the `onnx` package, some of it says less than
is known, and that of deprecated tree ensembles refuses them. Here is one rule for each; `N` is the
number of rows, 1 where the input is a vector, as onnxruntime sees it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, cast

import numpy as np
import onnx
from onnx import helper
from xdsl.dialects.builtin import f32, i64
from xdsl.ir import Attribute

from ...dialects.framework import (
    Dim,
    MapType,
    SequenceType,
    StringType,
    dims_of,
    element_of,
    element_type_of_numpy,
    tensor_type,
    type_name,
)
from ...dialects.onnx.codes import element_type_of_code
from .inference import InferenceFailure, Value, at

ML_DOMAIN = "ai.onnx.ml"

_STRING = StringType()

Types = Sequence[Attribute | None]
"""By position of the output; None for one that only the data decides."""


@dataclass(frozen=True)
class _Node:
    """A node with its attributes and the values it takes."""

    proto: onnx.NodeProto
    inputs: Sequence[Value | None]

    def attribute(self, name: str) -> Any | None:
        """The value of an attribute that is given."""
        for attribute in self.proto.attribute:
            if attribute.name == name:
                return helper.get_attribute_value(attribute)
        return None

    def count(self, *names: str) -> int:
        """The length of the first of some lists that is given and not empty."""
        return next((len(v) for v in map(self.attribute, names) if v is not None and len(v)), 0)

    def has(self, *names: str) -> bool:
        return bool(self.count(*names))

    @property
    def x(self) -> Attribute:
        """The type of the first operand."""
        value = at(self.inputs, 0)
        if value is None:
            raise InferenceFailure("its first input is absent")
        return value.type

    @property
    def dims(self) -> tuple[Dim, ...] | None:
        return dims_of(self.x)

    @property
    def element(self) -> Attribute:
        element = element_of(self.x)
        if element is None:
            raise InferenceFailure("its input is not a tensor")
        return element

    @property
    def rows(self) -> Dim:
        """`N`: 1 for a vector."""
        dims = self.dims
        if dims is None:
            return None
        if not dims:
            raise InferenceFailure("its input is a scalar, expected rows of features")
        return 1 if len(dims) == 1 else dims[0]

    @property
    def features(self) -> int | None:
        """The number of features of a row, where it is known."""
        dims = self.dims
        last = dims[-1] if dims else None
        return last if isinstance(last, int) else None


def _same(node: _Node) -> Types:
    return [node.x]


def _as_float(node: _Node) -> Types:
    return [tensor_type(f32, node.dims)]


def _scaler(node: _Node) -> Types:
    scale, offset, features = node.count("scale"), node.count("offset"), node.features
    for name, count in (("scale", scale), ("offset", offset)):
        if features is not None and count not in (0, 1, features):
            raise InferenceFailure(f"{name} has {count} numbers for {features} features")
    return _as_float(node)


def _imputer(node: _Node) -> Types:
    floating = node.element not in (i64, _int32())
    count = node.count("imputed_value_floats" if floating else "imputed_value_int64s")
    if node.features is not None and count not in (0, 1, node.features):
        raise InferenceFailure(f"{count} imputed values for {node.features} features")
    return _same(node)


def _int32() -> Attribute:
    row = element_type_of_numpy(np.dtype(np.int32))
    assert row is not None
    return row.ir


def _array_feature_extractor(node: _Node) -> Types:
    dims, index = node.dims, at(node.inputs, 1)
    picked = None if index is None else dims_of(index.type)
    count: Dim = None
    if picked is not None and all(isinstance(n, int) for n in picked):
        count = prod(cast("tuple[int, ...]", picked))
    elif picked is not None and len(picked) == 1:
        count = picked[0]
    if dims is None:
        return [tensor_type(node.element, None)]
    before = (1,) if len(dims) == 1 else dims[:-1]
    return [tensor_type(node.element, (*before, count))]


def _feature_vectorizer(node: _Node) -> Types:
    widths = cast("list[int]", node.attribute("inputdimensions") or [])
    if len(widths) != len(node.inputs):
        raise InferenceFailure(
            f"inputdimensions has {len(widths)} entries for {len(node.inputs)} inputs"
        )
    return [tensor_type(f32, (node.rows, sum(widths)))]


def _one_hot_encoder(node: _Node) -> Types:
    count = node.count("cats_int64s", "cats_strings")
    if not count:
        raise InferenceFailure("it has no categories")
    return [tensor_type(f32, None if node.dims is None else (*node.dims, count))]


def _label_encoder(node: _Node) -> Types:
    keys, values = _kind(node, "keys"), _kind(node, "values")
    if keys != node.element:
        names = " and ".join(str(type_name(tensor_type(e, ()))) for e in (keys, node.element))
        raise InferenceFailure(f"keys and input have different types: {names}")
    return [tensor_type(values, node.dims)]


def _kind(node: _Node, which: str) -> Attribute:
    """The type of the keys or values of a `LabelEncoder`."""
    tensor = node.attribute(f"{which}_tensor")
    if isinstance(tensor, onnx.TensorProto):
        row = element_type_of_code(tensor.data_type)
        if row is not None:
            return row.ir
    for suffix, element in (("strings", _STRING), ("int64s", i64), ("floats", f32)):
        if node.has(f"{which}_{suffix}"):
            return element
    raise InferenceFailure(f"it has no {which}")


def _category_mapper(node: _Node) -> Types:
    return [tensor_type(i64 if node.element == _STRING else _STRING, node.dims)]


def _cast_map(node: _Node) -> Types:
    kinds = {b"TO_FLOAT": f32, b"TO_INT64": i64, b"TO_STRING": _STRING}
    element = kinds.get(node.attribute("cast_to") or b"TO_FLOAT")
    if element is None:
        raise InferenceFailure(f"cast_to is {node.attribute('cast_to')!r}")
    # A dense result has as many values as the map.
    dense = (node.attribute("map_form") or b"DENSE") == b"DENSE"
    return [tensor_type(element, (1, None if dense else node.attribute("max_map") or 1))]


def _dict_vectorizer(node: _Node) -> Types:
    count = node.count("int64_vocabulary", "string_vocabulary")
    if not isinstance(node.x, MapType) or not count:
        raise InferenceFailure("it has no vocabulary" if not count else "its input is not a map")
    element = element_of(node.x.value_type) or node.x.value_type
    return [tensor_type(element, (1, count))]


def _zip_map(node: _Node) -> Types:
    keys = _STRING if node.has("classlabels_strings") else i64
    return [SequenceType(MapType(keys, tensor_type(f32, ())))]


def _labels(node: _Node, ints: str, width: Dim) -> Types:
    """The best label of each row, and `width` scores."""
    strings = node.has("classlabels_strings")
    if strings and node.has(ints):
        raise InferenceFailure(f"both classlabels_strings and {ints} are given")
    label = _STRING if strings else i64
    return [tensor_type(label, (node.rows,)), tensor_type(f32, (node.rows, width))]


def _linear_classifier(node: _Node) -> Types:
    labels = node.count("classlabels_strings", "classlabels_ints")
    rows = node.count("intercepts") or _linear_rows(node, "coefficients", None)
    if rows is not None:
        _linear_rows(node, "coefficients", rows)
        if rows > 1 and 0 < labels < rows:
            raise InferenceFailure(f"it has {labels} class labels for {rows} rows of coefficients")
    return _labels(node, "classlabels_ints", 2 if rows == 1 and labels == 2 else rows)


def _linear_rows(node: _Node, name: str, rows: int | None) -> int | None:
    """The number of rows of a matrix with as many columns as there are features."""
    count, features = node.count(name), node.features
    if features is None:
        return rows
    wrong = count != rows * features if rows is not None else not features or count % features
    if wrong:
        expected = f"a multiple of {features}" if rows is None else f"{rows} rows of {features}"
        raise InferenceFailure(f"{name} has {count} numbers, expected {expected}")
    return count // features if features else rows


def _linear_regressor(node: _Node) -> Types:
    targets = cast("int | None", node.attribute("targets")) or 1
    _linear_rows(node, "coefficients", targets)
    return [tensor_type(f32, (node.rows, targets))]


def _svm_classifier(node: _Node) -> Types:
    classes = node.count("classlabels_strings", "classlabels_ints")
    vectors = sum(cast("list[int]", node.attribute("vectors_per_class") or []))
    if vectors:
        _linear_rows(node, "support_vectors", vectors)
    pairs = classes * (classes - 1) // 2
    one_of_pair = vectors and not node.has("prob_a")
    width = max(pairs, 2) if one_of_pair else classes
    return _labels(node, "classlabels_ints", width)


def _svm_regressor(node: _Node) -> Types:
    supports = cast("int | None", node.attribute("n_supports")) or 0
    if supports:
        _linear_rows(node, "support_vectors", supports)
    else:
        _linear_rows(node, "coefficients", 1)
    return [tensor_type(f32, (node.rows, 1))]


def _tree_classifier(node: _Node) -> Types:
    labels = node.count("classlabels_strings", "classlabels_int64s")
    return _labels(node, "classlabels_int64s", labels or None)


def _tree_regressor(node: _Node) -> Types:
    targets = cast("int | None", node.attribute("n_targets"))
    return [tensor_type(f32, (node.rows, targets or 1))]


def _tree_ensemble(node: _Node) -> Types:
    for name in ("nodes_splits", "leaf_weights"):
        given = node.attribute(name)
        if isinstance(given, onnx.TensorProto):
            row = element_type_of_code(given.data_type)
            if row is None or row.ir != node.element:
                # A split rounded to the type of X sends other rows to the left than it does itself.
                raise InferenceFailure(
                    f"{name} has elements of {row.name if row else given.data_type}; expected"
                    f" those of X, {node.element}"
                )
    targets = cast("int | None", node.attribute("n_targets"))
    return [tensor_type(node.element, (node.rows, targets or 1))]


_RULES: dict[str, Callable[[_Node], Types]] = {
    "ArrayFeatureExtractor": _array_feature_extractor,
    "Binarizer": _same,
    "CastMap": _cast_map,
    "CategoryMapper": _category_mapper,
    "DictVectorizer": _dict_vectorizer,
    "FeatureVectorizer": _feature_vectorizer,
    "Imputer": _imputer,
    "LabelEncoder": _label_encoder,
    "LinearClassifier": _linear_classifier,
    "LinearRegressor": _linear_regressor,
    "Normalizer": _as_float,
    "OneHotEncoder": _one_hot_encoder,
    "SVMClassifier": _svm_classifier,
    "SVMRegressor": _svm_regressor,
    "Scaler": _scaler,
    "TreeEnsemble": _tree_ensemble,
    "TreeEnsembleClassifier": _tree_classifier,
    "TreeEnsembleRegressor": _tree_regressor,
    "ZipMap": _zip_map,
}


def ml_result_types(
    node: onnx.NodeProto, inputs: Sequence[Value | None]
) -> dict[str, Attribute] | None:
    """The types of the outputs of a node of `ai.onnx.ml` by name; None for other operators.

    Raises `InferenceFailure` where the attributes do not fit the input.
    """
    rule = _RULES.get(node.op_type) if node.domain == ML_DOMAIN else None
    if rule is None:
        return None
    types = rule(_Node(node, inputs))
    named = zip(node.output, types, strict=False)
    return {name: type_ for name, type_ in named if name and type_ is not None}
