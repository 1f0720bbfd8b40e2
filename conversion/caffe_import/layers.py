"""One layer as a record: its parameters by one name each, whatever the file calls them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from google.protobuf.message import Message

from ...dialects.caffe.schemas import TABLE
from ..formats.protobuf_messages import set_fields
from ..problems import Problems
from .net import Blob, Layer, Parameter

Fields = dict[str, Any]

_NEWER_NAMES = {"SoftmaxWithLoss": "Softmax", "SoftmaxLoss": "Softmax"}
_LOSSES = {"SigmoidCrossEntropyLoss": "Sigmoid"}
"""Losses of trained nets that give what users want of them where no labels are: their inner
function of the first operand."""


def layer_of(message: Any, blobs: Sequence[Blob], problems: Problems) -> Layer:
    """The record of a `LayerParameter`."""
    given = str(message.type)
    loss = _NEWER_NAMES.get(given) or _LOSSES.get(given)
    type_ = loss or given
    bottoms = tuple(message.bottom)[:1] if loss else tuple(message.bottom)
    layer = Layer(
        str(message.name), type_, bottoms, tuple(message.top), _parameters(message), tuple(blobs)
    )
    normalise = _NORMALISED.get(type_)
    if normalise is None:
        return layer
    try:
        parameters = normalise(dict(layer.parameters))
    except ValueError as error:
        problems.node(layer.label, str(error))
        return layer
    return Layer(layer.name, type_, bottoms, layer.tops, parameters, layer.blobs)


def _parameters(message: Any) -> Mapping[str, Parameter]:
    """The fields of the parameter message of a layer, those of messages in it beside them."""
    found: Fields = {}
    for field, value in cast("list[tuple[Any, Any]]", message.ListFields()):
        if isinstance(value, Message) and field.name.endswith("_param"):
            for name, inner in set_fields(value).items():
                found[name] = set_fields(inner) if isinstance(inner, Message) else inner
    return found


def known_attributes(layer: Layer) -> dict[str, Parameter]:
    """Those parameters that the dialect's operation has."""
    names = TABLE.schema(layer.type).attributes
    return {name: value for name, value in layer.parameters.items() if name in names}


def _spatial(found: Fields, name: str, old: tuple[str, str], default: int | None) -> None:
    """A parameter of windows as a list: of one number for all dimensions, or of each."""
    pair = [found.pop(key, None) for key in old]
    value: Any = found.get(name, [])
    several = cast("list[int]", value if isinstance(value, list) else [value])
    if any(n is not None for n in pair):
        if several and name in found:
            raise ValueError(f"has both {name} and {old[0]}")
        filled = [default if n is None else n for n in pair]
        if None in filled:
            raise ValueError(f"has one of {old[0]} and {old[1]}, and needs both")
        several = cast("list[int]", filled)
    if several:
        found[name] = several


def _windowed(found: Fields) -> Fields:
    _spatial(found, "kernel_size", ("kernel_h", "kernel_w"), None)
    _spatial(found, "stride", ("stride_h", "stride_w"), 1)
    _spatial(found, "pad", ("pad_h", "pad_w"), 0)
    return found


def _renamed(old: str, new: str) -> Callable[[Fields], Fields]:
    def normalise(found: Fields) -> Fields:
        if old in found:
            if new in found:
                raise ValueError(f"has both {old} and {new}, which are the same")
            found[new] = found.pop(old)
        return found

    return normalise


def _reshape(found: Fields) -> Fields:
    shape: Any = found.get("shape", {})
    found["shape"] = list(shape.get("dim", []))
    return found


def _detection(found: Fields) -> Fields:
    suppression: Any = found.pop("nms_param", {})
    for name, value in suppression.items():
        found["nms_top_k" if name == "top_k" else name] = value
    return found


def _prior_box(found: Fields) -> Fields:
    for name, old in (("img_size", ("img_h", "img_w")), ("step", ("step_h", "step_w"))):
        pair = [found.pop(key, None) for key in old]
        if None not in pair:
            found[name] = pair
        elif name in found:
            found[name] = [found[name]] * 2
    return found


def _upsample(found: Fields) -> Fields:
    pair = [found.pop(key, None) for key in ("scale_h", "scale_w")]
    scale = found.get("scale", 2)
    found["scale"] = [scale if n is None else n for n in pair]
    return found


_NORMALISED: dict[str, Callable[[Fields], Fields]] = {
    **dict.fromkeys(
        (
            *("Convolution", "ConvolutionDepthwise", "DepthwiseConvolution", "Deconvolution"),
            *("Im2col", "Pooling"),
        ),
        _windowed,
    ),
    "Concat": _renamed("concat_dim", "axis"),
    "Slice": _renamed("slice_dim", "axis"),
    "Reshape": _reshape,
    "DetectionOutput": _detection,
    "PriorBox": _prior_box,
    "Upsample": _upsample,
}
"""What brings the parameters of a layer to their one form. Raises `ValueError` for two forms at
once."""
