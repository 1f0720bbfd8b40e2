"""
Operators that `onnx.reference` lacks or, in version 1.23, gets wrong. Each is written from the
operator's specification (<https://onnx.ai/onnx/operators/>).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, TypeGuard, cast

import numpy as np
import numpy.typing as npt
import onnx
import onnx.helper

from ...dialects.onnx import OnnxOp
from ...dialects.onnx.codes import element_type_of_code
from ..one_rounding import BY_WAY_OF_F32, odd_f32
from ..plugged import Semantics, plugged_semantics, values_of
from . import classical_models, ml_features
from .max_pool import max_pool
from .recurrence import recurrence
from .reference import OnnxValue, run_operator
from .suppression import non_max_suppression

Array = npt.NDArray[Any]
Inputs = Sequence[OnnxValue | None]


def _cast(op: OnnxOp, inputs: Inputs) -> list[OnnxValue] | None:
    """
    Wrong: from f64 to bf16 and narrower floats it rounds twice; and booleans are no numbers where
    they become strings, or come from them.
    """
    x = cast(Array, inputs[0])
    if op.attribute("to") == onnx.TensorProto.STRING and x.dtype == np.bool_:
        return [np.where(x, "1", "0").astype(object)]
    if op.attribute("to") == onnx.TensorProto.BOOL and x.dtype.kind in "OUT":
        return [np.vectorize(_is_true, otypes=[np.bool_])(x)]
    row = element_type_of_code(cast(int, op.attribute("to")))
    if row is None or row.numpy not in BY_WAY_OF_F32 or not _is_f64(x):
        return None
    return run_operator("Cast", "", _cast_attributes(op, "to"), [odd_f32(x)], [True])


def _cast_like(op: OnnxOp, inputs: Inputs) -> list[OnnxValue] | None:
    """The same of the type of another tensor."""
    x, other = cast(Array, inputs[0]), cast(Array, inputs[1])
    if x.dtype == np.bool_ and other.dtype.kind in "OUT":
        return [np.where(x, "1", "0").astype(object)]
    if other.dtype == np.bool_ and x.dtype.kind in "OUT":
        return [np.vectorize(_is_true, otypes=[np.bool_])(x)]
    if other.dtype not in BY_WAY_OF_F32 or not _is_f64(x):
        return None
    return run_operator("CastLike", "", _cast_attributes(op), [odd_f32(x), other], [True])


def _is_true(text: str) -> bool:
    """Whether a string is a number other than 0, or the word; else `ValueError`."""
    words = {"true": True, "false": False}
    return words[text.lower()] if text.lower() in words else float(text) != 0


def _cast_attributes(op: OnnxOp, *names: str) -> list[onnx.AttributeProto]:
    given = {name: op.attribute(name) for name in (*names, "saturate", "round_mode")}
    return [onnx.helper.make_attribute(k, v) for k, v in given.items() if v is not None]


def _is_f64(value: OnnxValue | None) -> TypeGuard[Array]:
    return isinstance(value, np.ndarray) and cast(Array, value).dtype == np.float64


def _dynamic_quantize_linear(op: OnnxOp, inputs: Inputs) -> list[OnnxValue] | None:
    """Wrong: zeros alone are divided by a scale of 0."""
    x = cast(Array, inputs[0])
    if x.any() or not x.size:
        return None
    return [np.zeros(x.shape, np.uint8), np.array(1, np.float32), np.array(0, np.uint8)]


def _gather_elements(op: OnnxOp, inputs: Inputs) -> list[OnnxValue]:
    """Wrong: an index out of range is wrapped, and not all ranks are there."""
    x, indices = cast(Array, inputs[0]), cast(Array, inputs[1])
    axis = cast(int, op.attribute("axis")) % max(x.ndim, 1)
    extent = x.shape[axis]
    outside = (indices < -extent) | (indices >= extent)
    if outside.any():
        worst = int(indices[outside].reshape(-1)[0])
        raise IndexError(f"index {worst} is outside of -{extent}..{extent - 1}")
    part = tuple(slice(None if d == axis else n) for d, n in enumerate(indices.shape))
    return [np.take_along_axis(x[part], indices.astype(np.int64), axis)]


def _det(op: OnnxOp, inputs: Inputs) -> list[OnnxValue]:
    """Missing: determinants of numbers narrower than f32."""
    x = cast(Array, inputs[0])
    wide = x.astype(np.float32) if x.dtype.itemsize < 4 else x
    return [np.asarray(np.linalg.det(wide)).astype(x.dtype)]


def _global_lp_pool(op: OnnxOp, inputs: Inputs) -> list[OnnxValue]:
    """Missing: the p-norm over all spatial dimensions."""
    x = cast(Array, inputs[0])
    wide = x.astype(np.float32 if x.dtype.itemsize < 8 else np.float64)
    p = cast(int, op.attribute("p"))
    axes = tuple(range(2, x.ndim))
    norms = (np.abs(wide) ** p).sum(axes, keepdims=True) ** (1 / p)
    return [norms.astype(x.dtype)]


def _group_normalization(op: OnnxOp, inputs: Inputs) -> list[OnnxValue]:
    """Its function in the schema cannot be loaded without types."""
    x, scale, bias = (cast(Array, v) for v in inputs)
    wide = x.astype(np.float32 if x.dtype.itemsize < 8 else np.float64)
    groups = wide.reshape(x.shape[0], cast(int, op.attribute("num_groups")), -1)
    mean, variance = groups.mean(2, keepdims=True), groups.var(2, keepdims=True)
    epsilon = np.float32(cast(float, op.attribute("epsilon")))
    normal = ((groups - mean) / np.sqrt(variance + epsilon)).reshape(x.shape).astype(x.dtype)
    per_channel = (-1,) + (1,) * (x.ndim - 2)
    return [normal * scale.reshape(per_channel) + bias.reshape(per_channel)]


def _identity(op: OnnxOp, inputs: Inputs) -> list[OnnxValue]:
    """Right, but slow: what strings and maps often pass through."""
    return [inputs[0]]


def _lp_normalization(op: OnnxOp, inputs: Inputs) -> list[OnnxValue]:
    """Wrong: with p of 1 it divides by the sum, not by that of absolute values."""
    x = cast(Array, inputs[0])
    wide = x.astype(np.float32 if x.dtype.itemsize < 8 else np.float64)
    p, axis = cast(int, op.attribute("p")), cast(int, op.attribute("axis"))
    norm = (np.abs(wide) ** p).sum(axis, keepdims=True) ** (1 / p)
    return [np.where(norm == 0, 0, wide / np.where(norm == 0, 1, norm)).astype(x.dtype)]


def _lrn(op: OnnxOp, inputs: Inputs) -> list[OnnxValue]:
    """Wrong: it sums as many channels as there are images."""
    given = cast(Array, inputs[0])
    x = given.astype(np.float32 if given.dtype.itemsize < 8 else np.float64)
    size = cast(int, op.attribute("size"))
    alpha, beta, bias = (
        np.float32(cast(float, op.attribute(n))) for n in ("alpha", "beta", "bias")
    )
    channels = x.shape[1]
    sums = np.zeros_like(x)
    for c in range(channels):
        first = max(0, c - math.floor((size - 1) / 2))
        last = min(channels, c + math.ceil((size - 1) / 2) + 1)
        sums[:, c] = (x[:, first:last] ** 2).sum(1)
    return [(x / (bias + alpha / size * sums) ** beta).astype(given.dtype)]


def _mean_variance_normalization(op: OnnxOp, inputs: Inputs) -> list[OnnxValue]:
    """Its function in the schema has a constant of f32, which other types do not go with."""
    x = cast(Array, inputs[0])
    wide = x.astype(np.float32 if x.dtype.itemsize < 8 else np.float64)
    axes = tuple(cast("list[int] | None", op.attribute("axes")) or (0, 2, 3))
    mean, deviation = wide.mean(axes, keepdims=True), wide.std(axes, keepdims=True)
    return [((wide - mean) / (deviation + wide.dtype.type(1e-9))).astype(x.dtype)]


def _max_roi_pool(op: OnnxOp, inputs: Inputs) -> list[OnnxValue]:
    """Missing: the maximum of each cell of a grid over each region; 0 for an empty cell."""
    x, rois = cast(Array, inputs[0]), cast(Array, inputs[1])
    rows, columns = cast("list[int]", op.attribute("pooled_shape"))
    scale = cast(float, op.attribute("spatial_scale"))
    result = np.zeros((len(rois), x.shape[1], rows, columns), x.dtype)
    for at, roi in enumerate(rois):
        left, top, right, bottom = (math.floor(float(v) * scale + 0.5) for v in roi[1:])
        height, width = max(bottom - top + 1, 1), max(right - left + 1, 1)
        for i in range(rows):
            y0, y1 = _cell(i, rows, height, top, x.shape[2])
            for j in range(columns):
                x0, x1 = _cell(j, columns, width, left, x.shape[3])
                if y1 > y0 and x1 > x0:
                    result[at, :, i, j] = x[int(roi[0]), :, y0:y1, x0:x1].max((1, 2))
    return [result]


def _cell(at: int, count: int, extent: int, offset: int, limit: int) -> tuple[int, int]:
    first = offset + math.floor(at * extent / count)
    last = offset + math.ceil((at + 1) * extent / count)
    return min(max(first, 0), limit), min(max(last, 0), limit)


def _multinomial(op: OnnxOp, inputs: Inputs) -> list[OnnxValue]:
    """Missing: samples of classes by unnormalised log-probabilities."""
    logits = cast(Array, inputs[0]).astype(np.float64)
    seed = op.attribute("seed")
    generator = np.random.default_rng(None if seed is None else int(cast(float, seed)))
    weights = np.exp(logits - logits.max(1, keepdims=True))
    count = cast(int, op.attribute("sample_size"))
    rows = [generator.choice(len(row), count, p=row / row.sum()) for row in weights]
    return [np.array(rows)]


def _one_hot(op: OnnxOp, inputs: Inputs) -> list[OnnxValue]:
    """Wrong: a depth of rank 1 is refused."""
    indices, depth, values = (cast(Array, v) for v in inputs)
    count = int(depth.reshape(-1)[0])
    axis = cast(int, op.attribute("axis"))
    wanted = indices.astype(np.int64)
    wanted = np.where(wanted < 0, wanted + count, wanted)
    hot = np.expand_dims(wanted, axis) == np.arange(count).reshape(
        [-1 if d == axis % (indices.ndim + 1) else 1 for d in range(indices.ndim + 1)]
    )
    picked = np.empty(hot.shape, values.dtype)
    picked[...] = values[0]
    picked[hot] = values[1]
    return [picked]


def _optional(op: OnnxOp, inputs: Inputs) -> list[OnnxValue]:
    """Wrong: it wraps its element in a list, which makes an optional sequence one of sequences."""
    return [inputs[0] if inputs else None]


def _pad(op: OnnxOp, inputs: Inputs) -> list[OnnxValue] | None:
    """Wrong: negative amounts, which cut, are refused in every mode but constant."""
    x, amounts = cast(Array, inputs[0]), cast(Array, inputs[1])
    if (amounts >= 0).all():
        return None
    fill = inputs[2] if len(inputs) > 2 and inputs[2] is not None else np.zeros((), x.dtype)
    axes = inputs[3] if len(inputs) > 3 and inputs[3] is not None else np.arange(x.ndim)
    before, after = [0] * x.ndim, [0] * x.ndim
    for at, axis in enumerate(axes):
        before[int(axis)], after[int(axis)] = int(amounts[at]), int(amounts[at + len(axes)])
    cut = tuple(
        slice(max(-b, 0), n - max(-a, 0)) for b, a, n in zip(before, after, x.shape, strict=True)
    )
    width = [(max(b, 0), max(a, 0)) for b, a in zip(before, after, strict=True)]
    mode = str(op.attribute("mode"))
    if mode == "constant":
        return [np.pad(x[cut], width, constant_values=np.asarray(fill).reshape(-1)[0])]
    return [np.pad(x[cut], width, mode=cast(Any, mode))]


def _rms_normalization(op: OnnxOp, inputs: Inputs) -> list[OnnxValue]:
    """Wrong: the result has the type of the input, not that of the scale; f32 is all it stashes."""
    x, scale = cast(Array, inputs[0]), cast(Array, inputs[1])
    stash = element_type_of_code(cast(int, op.attribute("stash_type")))
    wide = x.astype(np.float32)
    if x.dtype == np.float64 or (stash is not None and stash.numpy == np.float64):
        wide = x.astype(np.float64)
    axes = tuple(range(cast(int, op.attribute("axis")) % x.ndim, x.ndim))
    epsilon = np.float32(cast(float, op.attribute("epsilon")))
    normal = wide / np.sqrt(np.mean(wide * wide, axes, keepdims=True) + epsilon)
    return [normal.astype(x.dtype).astype(scale.dtype) * scale]


def _picked(op: OnnxOp, inputs: Inputs) -> list[OnnxValue] | None:
    """
    Missing in `Resize` and `GridSample`: elements without arithmetic, of which the nearest ones
    are taken. Their positions are resampled instead, 0 for what lies outside.
    """
    x = cast(Array, inputs[0])
    if x.dtype.kind not in "bO":
        return None
    positions = np.arange(1.0, x.size + 1).reshape(x.shape)
    given = {name: op.attribute(name) for name in op.SIGNATURE.attributes}
    attributes = [
        onnx.helper.make_attribute(name, value)
        for name, value in given.items()
        if value is not None and name != "extrapolation_value"
    ]
    operands = [positions, *inputs[1:]]
    [taken] = run_operator(op.name.removeprefix("onnx."), "", attributes, operands, [True])
    assert taken is not None
    outside = "" if x.dtype == np.dtype(object) else given.get("extrapolation_value", 0.0) != 0.0
    return [np.concatenate([np.array([outside], x.dtype), x.reshape(-1)])[taken.astype(np.int64)]]


Correction = Callable[[OnnxOp, Inputs], list[OnnxValue] | None]

_OWN: dict[str, Correction] = {
    "onnx.Cast": _cast,
    "onnx.CastLike": _cast_like,
    "onnx.DynamicQuantizeLinear": _dynamic_quantize_linear,
    "onnx.GatherElements": _gather_elements,
    "onnx.Det": _det,
    "onnx.GRU": recurrence,
    "onnx.GlobalLpPool": _global_lp_pool,
    "onnx.GroupNormalization": _group_normalization,
    "onnx.GridSample": _picked,
    "onnx.Identity": _identity,
    "onnx.LRN": _lrn,
    "onnx.LSTM": recurrence,
    "onnx.LpNormalization": _lp_normalization,
    "onnx.MaxPool": max_pool,
    "onnx.MaxRoiPool": _max_roi_pool,
    "onnx.MeanVarianceNormalization": _mean_variance_normalization,
    "onnx.Multinomial": _multinomial,
    "onnx.NonMaxSuppression": non_max_suppression,
    "onnx.OneHot": _one_hot,
    "onnx.Optional": _optional,
    "onnx.Pad": _pad,
    "onnx.RMSNormalization": _rms_normalization,
    "onnx.RNN": recurrence,
    "onnx.Resize": _picked,
    "onnx.ml.Binarizer": ml_features.binarizer,
    "onnx.ml.CastMap": ml_features.cast_map,
    "onnx.ml.CategoryMapper": ml_features.category_mapper,
    "onnx.ml.DictVectorizer": ml_features.dict_vectorizer,
    "onnx.ml.FeatureVectorizer": ml_features.feature_vectorizer,
    "onnx.ml.Imputer": ml_features.imputer,
    "onnx.ml.LinearClassifier": classical_models.linear_classifier,
    "onnx.ml.LinearRegressor": classical_models.linear_regressor,
    "onnx.ml.Normalizer": ml_features.normalizer,
    "onnx.ml.OneHotEncoder": ml_features.one_hot_encoder,
    "onnx.ml.SVMClassifier": classical_models.svm_classifier,
    "onnx.ml.SVMRegressor": classical_models.svm_regressor,
    "onnx.ml.Scaler": ml_features.scaler,
}
"""`(op, inputs) -> results` by operation name; None where the reference is right after all."""


def _plugged(function: Semantics) -> Correction:
    return lambda op, inputs: list(values_of(function(op, *inputs)))


CORRECTIONS: dict[str, Correction] = {
    **_OWN,
    **{name: _plugged(f) for name, f in plugged_semantics().items() if name not in _OWN},
}
"""Meaning by operation name, that of plug-ins' operators included; a function that gives None
leaves a case to `onnx.reference`."""
