"""
Features and categories of `ai.onnx.ml`.

`onnx.reference` 1.23 lacks some of these operators and, of others, vectors, element types and
defaults. Where the standard is silent these are onnxruntime's meanings.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import repeat
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from ...dialects.framework.constant_array import ArrayOf, constant_array
from ...dialects.onnx import OnnxOp
from .reference import OnnxValue

Array = npt.NDArray[Any]
Inputs = Sequence[OnnxValue | None]

Prepared = Callable[[Inputs], list[OnnxValue]]
"""The results of an operation whose attributes have been read."""


def binarizer(op: OnnxOp, inputs: Inputs) -> list[OnnxValue]:
    """1 above the threshold."""
    x = cast(Array, inputs[0])
    return [(x > float(np.float32(cast(float, op.attribute("threshold"))))).astype(x.dtype)]


def cast_map(op: OnnxOp, inputs: Inputs) -> list[OnnxValue]:
    """A map from indices as a row of values."""
    given = cast("dict[int, Any]", inputs[0])
    dtype = {"TO_FLOAT": np.float32, "TO_INT64": np.int64, "TO_STRING": np.object_}[
        str(op.attribute("cast_to"))
    ]
    dense = op.attribute("map_form") != "SPARSE"
    keys = sorted(given) if dense else range(cast(int, op.attribute("max_map")))
    row = [given.get(key, 0) for key in keys]
    values = [str(v) for v in row] if dtype is np.object_ else [float(v) for v in row]
    return [np.array([values], dtype)]


def category_mapper(op: OnnxOp, inputs: Inputs) -> list[OnnxValue]:
    """Strings to integers and back."""
    x = cast(Array, inputs[0])
    strings = cast("list[str]", op.attribute("cats_strings") or [])
    numbers = cast("list[int]", op.attribute("cats_int64s") or [])
    if x.dtype == np.dtype(np.object_):
        to_number = dict(zip(strings, numbers, strict=True))
        mapped: list[Any] = [to_number.get(v, op.attribute("default_int64")) for v in x.flat]
        return [np.array(mapped, np.int64).reshape(x.shape)]
    to_string = dict(zip(numbers, strings, strict=True))
    mapped = [to_string.get(int(v), op.attribute("default_string")) for v in x.flat]
    return [np.array(mapped, object).reshape(x.shape)]


def dict_vectorizer(op: OnnxOp, inputs: Inputs) -> list[OnnxValue] | None:
    """One row with the values of the keys of a vocabulary, zeros where a key is absent."""
    given = inputs[0]
    if not isinstance(given, dict):
        return None
    values = cast("Mapping[Any, Any]", given)
    keys = op.attribute("int64_vocabulary") or op.attribute("string_vocabulary")
    return [np.array([[values.get(key, 0) for key in cast("list[Any]", keys)]])]


def feature_vectorizer(op: OnnxOp, inputs: Inputs) -> list[OnnxValue]:
    """Inputs side by side, each cut or filled with zeros to its width; a vector is one row."""
    parts: list[Array] = []
    widths = cast("list[int]", op.attribute("inputdimensions"))
    for given, width in zip(inputs, widths, strict=True):
        x = np.atleast_2d(cast(Array, given))
        x = x.reshape(len(x), -1)[:, :width].astype(np.float32)
        parts.append(np.pad(x, [(0, 0), (0, width - x.shape[1])]))
    return [np.concatenate(parts, 1)]


def imputer(op: OnnxOp, inputs: Inputs) -> list[OnnxValue]:
    """A number of the feature's where the value that stands for a missing one is."""
    x = cast(Array, inputs[0])
    kind, suffix = ("float", "floats") if x.dtype.kind == "f" else ("int64", "int64s")
    dtype = np.float32 if kind == "float" else np.int64
    numbers = np.array(op.attribute(f"imputed_value_{suffix}"), dtype)
    missing = np.array(op.attribute(f"replaced_value_{kind}"), numbers.dtype)
    found = np.isnan(x) if kind == "float" and np.isnan(missing) else x == missing
    return [np.where(found, numbers.astype(x.dtype), x)]


def label_encoder(op: OnnxOp, read: ArrayOf) -> Prepared:
    """
    The value at the first key that the element is, a NaN equal to a NaN; else a default.

    `read` gives the numbers of attributes that are tensors.
    """
    keys, values = _listed(op, "keys", read), _listed(op, "values", read)
    table = {_key(k): v for k, v in reversed(list(zip(keys.tolist(), values, strict=True)))}
    kind = {"O": "string", "f": "float"}.get(values.dtype.kind, "int64")
    default: Any = op.attribute(f"default_{kind}")
    if "default_tensor" in op.properties:
        given = constant_array(op.properties["default_tensor"], read)
        default = given.reshape(-1)[0] if given.size else default

    def look_up(inputs: Inputs) -> list[OnnxValue]:
        x = cast(Array, inputs[0])
        wanted = x.astype(keys.dtype, copy=False).reshape(-1).tolist()
        if keys.dtype.kind == "f":
            wanted = map(_key, wanted)
        found = [table.get(value, default) for value in wanted]
        return [np.array(found, values.dtype).reshape(x.shape)]

    return look_up


def _listed(op: OnnxOp, which: str, read: ArrayOf) -> Array:
    """The keys or values, of the attribute that has them."""
    tensor = op.properties.get(f"{which}_tensor")
    if tensor is not None:
        return constant_array(tensor, read).reshape(-1)
    kinds: dict[str, npt.DTypeLike] = {
        "strings": np.object_,
        "int64s": np.int64,
        "floats": np.float32,
    }
    for kind, dtype in kinds.items():
        listed = op.attribute(f"{which}_{kind}")
        if listed:
            return np.array(listed, dtype)
    raise ValueError(f"there are no {which}")


def _key(value: Any) -> Any:
    return "NaN" if isinstance(value, float) and value != value else value


def normalizer(op: OnnxOp, inputs: Inputs) -> list[OnnxValue]:
    """Rows divided by their largest element, sum of sizes or length, unless that is zero."""
    x = cast(Array, inputs[0])
    wide = x if x.dtype == np.float64 else x.astype(np.float32)
    norm = str(op.attribute("norm"))
    if norm == "MAX":
        divisor = wide.max(-1, keepdims=True)
    elif norm == "L1":
        divisor = np.abs(wide).sum(-1, keepdims=True)
    elif norm == "L2":
        divisor = np.sqrt((wide * wide).sum(-1, keepdims=True))
    else:
        raise ValueError(f"norm '{norm}' is unknown")
    return [(wide / np.where(divisor == 0, 1, divisor)).astype(np.float32)]


def one_hot_encoder(op: OnnxOp, inputs: Inputs) -> list[OnnxValue]:
    """A one at the last of the categories that the element is; numbers are cut to integers."""
    x = cast(Array, inputs[0])
    texts = x.dtype == np.dtype(np.object_)
    categories = cast("list[Any]", op.attribute("cats_strings" if texts else "cats_int64s") or [])
    places = {category: at for at, category in enumerate(categories)}
    found = [places.get(v if texts else int(v), -1) for v in x.reshape(-1).tolist()]
    if -1 in found and not op.attribute("zeros"):
        raise ValueError("a value is none of the categories, and zeros is 0")
    row = np.arange(len(categories))
    hot = (np.array(found, np.int64)[:, None] == row).astype(np.float32)
    return [hot.reshape(*x.shape, len(categories))]


def scaler(op: OnnxOp, inputs: Inputs) -> list[OnnxValue]:
    """`(x - offset) * scale`"""
    x = cast(Array, inputs[0])
    offset, scale = (
        np.array(op.attribute(name) or [default], np.float32)
        for name, default in (("offset", 0), ("scale", 1))
    )
    wide = x if x.dtype == np.float64 else x.astype(np.float32)
    return [((wide - offset) * scale).astype(np.float32)]


def zip_map(op: OnnxOp, read: ArrayOf) -> Prepared:
    """Each row as a map from class labels to values."""
    labels = op.attribute("classlabels_strings") or op.attribute("classlabels_int64s")
    keys = cast("list[Any]", labels)

    def maps(inputs: Inputs) -> list[OnnxValue]:
        x = cast(Array, inputs[0])
        if x.ndim != 2:
            x = np.atleast_2d(x)
        if len(keys) != x.shape[1]:
            raise ValueError(f"{len(keys)} labels for {x.shape[1]} values")
        return [_maps(keys, x.tolist())]

    return maps


def _maps(keys: list[Any], rows: list[list[Any]]) -> list[dict[Any, Any]]:
    """A map for each row; those of two and three classes are five times as fast to write down."""
    if len(keys) == 2:
        a, b = keys
        return [{a: p, b: q} for p, q in rows]
    if len(keys) == 3:
        a, b, c = keys
        return [{a: p, b: q, c: r} for p, q, r in rows]
    return list(map(dict, map(zip, repeat(keys), rows)))
