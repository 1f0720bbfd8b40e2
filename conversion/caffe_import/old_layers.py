"""
Layers of the first two versions of the format, brought to the newest.

V0 (2013) has a layer's type and all parameters in one message inside of a connection; padding was
a layer. V1 (2014) has numbers for types. Both are upgraded as Caffe itself does on reading.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from google.protobuf.message import Message

from ..problems import Problems
from .messages import messages

_V1_TYPES = {
    **{1: "Accuracy", 2: "BNLL", 3: "Concat", 4: "Convolution", 5: "Data", 6: "Dropout"},
    **{7: "EuclideanLoss", 8: "Flatten", 9: "HDF5Data", 10: "HDF5Output", 11: "Im2col"},
    **{12: "ImageData", 13: "InfogainLoss", 14: "InnerProduct", 15: "LRN", 16: "MultinomialLoss"},
    **{17: "Pooling", 18: "ReLU", 19: "Sigmoid", 20: "Softmax", 21: "SoftmaxWithLoss"},
    **{22: "Split", 23: "TanH", 24: "WindowData", 25: "Eltwise", 26: "Power"},
    **{27: "SigmoidCrossEntropyLoss", 28: "HingeLoss", 29: "MemoryData", 30: "ArgMax"},
    **{31: "Threshold", 32: "DummyData", 33: "Slice", 34: "MVN", 35: "AbsVal", 36: "Silence"},
    **{37: "ContrastiveLoss", 38: "Exp", 39: "Deconvolution"},
}
"""The newest names of V1's types by number."""

_V0_TYPES = {
    **{"accuracy": "Accuracy", "bnll": "BNLL", "concat": "Concat", "conv": "Convolution"},
    **{"data": "Data", "dropout": "Dropout", "euclidean_loss": "EuclideanLoss"},
    **{"flatten": "Flatten", "hdf5_data": "HDF5Data", "hdf5_output": "HDF5Output"},
    **{"im2col": "Im2col", "images": "ImageData", "infogain_loss": "InfogainLoss"},
    **{"innerproduct": "InnerProduct", "lrn": "LRN", "pool": "Pooling", "relu": "ReLU"},
    **{"sigmoid": "Sigmoid", "softmax": "Softmax", "softmax_loss": "SoftmaxWithLoss"},
    **{"split": "Split", "tanh": "TanH", "window_data": "WindowData", "padding": "padding"},
    **{"multinomial_logistic_loss": "MultinomialLoss"},
}

_V0_FIELDS: dict[str, dict[str, tuple[str, str]]] = {
    "Convolution": {
        **{name: ("convolution_param", name) for name in ("num_output", "pad", "group", "stride")},
        "biasterm": ("convolution_param", "bias_term"),
        "kernelsize": ("convolution_param", "kernel_size"),
    },
    "Pooling": {
        **{name: ("pooling_param", name) for name in ("pool", "pad", "stride")},
        "kernelsize": ("pooling_param", "kernel_size"),
    },
    "InnerProduct": {
        "num_output": ("inner_product_param", "num_output"),
        "biasterm": ("inner_product_param", "bias_term"),
    },
    "LRN": {name: ("lrn_param", name) for name in ("local_size", "alpha", "beta", "k")},
    "Dropout": {"dropout_ratio": ("dropout_param", "dropout_ratio")},
    "Concat": {"concat_dim": ("concat_param", "concat_dim")},
    "padding": {"pad": ("convolution_param", "pad")},
}
"""Where the parameters of a V0 layer stand in the newest form, by type."""

_V1_OWN = frozenset(("layer", "bottom", "top", "name", "type", "blobs", "include", "exclude"))


def newest_layers(net: Any, problems: Problems) -> tuple[str, list[Any]]:
    """The layers of a `NetParameter` as `LayerParameter`s, and what the format is called."""
    if net.layer and net.layers:
        problems.add("it has both 'layer' and 'layers'; a net has layers of one version")
    if net.layer:
        return "V2 layers", list(net.layer)
    if any(layer.HasField("layer") for layer in net.layers):
        found = [_from_v0(layer, problems) for layer in net.layers]
        return "V0 layers", _without_padding(found, problems)
    return "V1 layers", [_from_v1(layer, problems) for layer in net.layers]


def _new_layer(name: str, type_: str, old: Any) -> Any:
    layer: Any = messages()["LayerParameter"]()
    layer.name, layer.type = name, type_
    layer.bottom.extend(old.bottom)
    layer.top.extend(old.top)
    return layer


def _from_v1(old: Any, problems: Problems) -> Any:
    type_ = _V1_TYPES.get(old.type)
    if type_ is None:
        problems.node(f"layer '{old.name}'", f"there is no type {old.type} of V1 layers")
    layer = _new_layer(old.name, type_ or "", old)
    layer.blobs.extend(old.blobs)
    layer.include.extend(old.include)
    layer.exclude.extend(old.exclude)
    for field, value in old.ListFields():
        if isinstance(value, Message) and field.name not in _V1_OWN:
            getattr(layer, field.name).CopyFrom(value)
    return layer


def _from_v0(connection: Any, problems: Problems) -> Any:
    old = connection.layer
    type_ = _V0_TYPES.get(old.type)
    if type_ is None:
        problems.node(f"layer '{old.name}'", f"there is no type '{old.type}' of V0 layers")
    layer = _new_layer(old.name, type_ or old.type, connection)
    layer.blobs.extend(old.blobs)
    places = _V0_FIELDS.get(layer.type, {})
    for field, value in old.ListFields():
        place = places.get(field.name)
        if place is None:
            continue
        holder = getattr(layer, place[0])
        target = holder.DESCRIPTOR.fields_by_name[place[1]]
        if target.is_repeated:
            getattr(holder, place[1]).append(value)
        else:
            setattr(holder, place[1], value)
    return layer


def _without_padding(layers: Iterable[Any], problems: Problems) -> list[Any]:
    """Layers in which padding belongs to the convolution or pool behind it."""
    kept: list[Any] = []
    padded: dict[str, Any] = {}
    for layer in layers:
        if layer.type == "padding":
            padded[layer.top[0] if layer.top else ""] = layer
            continue
        for at, bottom in enumerate(layer.bottom):
            padding = padded.get(bottom)
            if padding is None:
                continue
            pads = list(padding.convolution_param.pad) or [0]
            if layer.type == "Convolution":
                layer.convolution_param.pad[:] = pads
            elif layer.type == "Pooling":
                layer.pooling_param.pad = pads[0]
            else:
                problems.node(
                    f"{layer.type} '{layer.name}'",
                    f"padding '{padding.name}' before it; only convolutions and pools have any",
                )
            layer.bottom[at] = padding.bottom[0] if padding.bottom else ""
        kept.append(layer)
    return kept
