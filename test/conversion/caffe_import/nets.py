"""Nets that the tests build: one network in all three versions of the format."""

from __future__ import annotations

from typing import Any

import numpy as np
from google.protobuf import text_format

from stepwell.conversion.caffe_import.messages import messages

V2 = """
name: "small"  # a comment
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 3 dim: 8 dim: 8 } } }
layer { name: "noise" type: "DummyData" top: "noise" include { phase: TRAIN } }
layer { name: "conv1" type: "Convolution" bottom: "data" top: "conv1"
  convolution_param { num_output: 4 kernel_size: 3 pad: 1 weight_filler { type: "xavier" } } }
layer { name: "relu1" type: "ReLU" bottom: "conv1" top: "conv1" }
layer { name: "pool1" type: "Pooling" bottom: "conv1" top: "pool1"
  pooling_param { pool: MAX kernel_size: 3 stride: 2 } }
layer { name: "norm1" type: "LRN" bottom: "pool1" top: "norm1" lrn_param { local_size: 3 alpha: 0.1 } }
layer { name: "ip" type: "InnerProduct" bottom: "norm1" top: "ip" inner_product_param { num_output: 5 } }
layer { name: "drop" type: "Dropout" bottom: "ip" top: "ip" }
layer { name: "prob" type: "Softmax" bottom: "ip" top: "prob" }
"""  # noqa: E501

V1 = """
name: "small"
input: "data" input_dim: 1 input_dim: 3 input_dim: 8 input_dim: 8
layers { name: "conv1" type: CONVOLUTION bottom: "data" top: "conv1" blobs_lr: 1 blobs_lr: 2
  convolution_param { num_output: 4 kernel_size: 3 pad: 1 } }
layers { name: "relu1" type: RELU bottom: "conv1" top: "conv1" }
layers { name: "pool1" type: POOLING bottom: "conv1" top: "pool1"
  pooling_param { pool: MAX kernel_size: 3 stride: 2 } }
layers { name: "norm1" type: LRN bottom: "pool1" top: "norm1" lrn_param { local_size: 3 alpha: 0.1 } }
layers { name: "ip" type: INNER_PRODUCT bottom: "norm1" top: "ip" inner_product_param { num_output: 5 } }
layers { name: "drop" type: DROPOUT bottom: "ip" top: "ip" dropout_param { dropout_ratio: 0.5 } }
layers { name: "prob" type: SOFTMAX bottom: "ip" top: "prob" }
"""  # noqa: E501

V0 = """
name: "small"
input: "data" input_dim: 1 input_dim: 3 input_dim: 8 input_dim: 8
layers { layer { name: "pad1" type: "padding" pad: 1 } bottom: "data" top: "pad1" }
layers { layer { name: "conv1" type: "conv" num_output: 4 kernelsize: 3 } bottom: "pad1" top: "conv1" }
layers { layer { name: "relu1" type: "relu" } bottom: "conv1" top: "conv1" }
layers { layer { name: "pool1" type: "pool" pool: MAX kernelsize: 3 stride: 2 } bottom: "conv1" top: "pool1" }
layers { layer { name: "norm1" type: "lrn" local_size: 3 alpha: 0.1 } bottom: "pool1" top: "norm1" }
layers { layer { name: "ip" type: "innerproduct" num_output: 5 } bottom: "norm1" top: "ip" }
layers { layer { name: "drop" type: "dropout" dropout_ratio: 0.5 } bottom: "ip" top: "ip" }
layers { layer { name: "prob" type: "softmax" } bottom: "ip" top: "prob" }
"""  # noqa: E501

NETS = {"V0": V0, "V1": V1, "V2": V2}

SHAPES = {"conv1": [(4, 3, 3, 3), (4,)], "ip": [(5, 64), (5,)]}


def blobs_of() -> dict[str, list[np.ndarray]]:
    """The same numbers for all versions."""
    rng = np.random.default_rng(0)
    return {
        name: [(rng.standard_normal(s) / 4).astype(np.float32) for s in shapes]
        for name, shapes in SHAPES.items()
    }


def message_of(text: str) -> Any:
    """The message of a text whose V1 types are numbers."""
    message = messages()["NetParameter"]()
    text_format.Parse(text, message, allow_unknown_field=True)
    return message


def trained(version: str) -> bytes:
    """The bytes of the trained net: layers with blobs, without wiring, as the version has them."""
    net: Any = messages()["NetParameter"]()
    for name, arrays in blobs_of().items():
        if version == "V2":
            layer = net.layer.add(
                name=name, type="Convolution" if name == "conv1" else "InnerProduct"
            )
        else:
            outer = net.layers.add()
            layer = outer.layer if version == "V0" else outer
            layer.name = name
            if version == "V0":
                layer.type = "conv" if name == "conv1" else "innerproduct"
            else:
                layer.type = 4 if name == "conv1" else 14
        for array in arrays:
            blob = layer.blobs.add()
            blob.data.extend(array.reshape(-1).tolist())
            if version == "V2":
                blob.shape.dim.extend(array.shape)
            else:
                sizes = (1,) * (4 - array.ndim) + array.shape
                blob.num, blob.channels, blob.height, blob.width = sizes
    return net.SerializeToString()


def expected(x: np.ndarray) -> np.ndarray:
    """What the network computes."""
    blobs = blobs_of()
    (w, b), (v, c) = blobs["conv1"], blobs["ip"]
    padded = np.pad(x, [(0, 0), (0, 0), (1, 1), (1, 1)])
    seen = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), (2, 3))
    conv = np.maximum(np.einsum("nchwij,ocij->nohw", seen, w) + b[:, None, None], 0)
    low = np.pad(conv, [(0, 0), (0, 0), (0, 1), (0, 1)], constant_values=-np.inf)
    pool = np.lib.stride_tricks.sliding_window_view(low, (3, 3), (2, 3))[:, :, ::2, ::2].max((4, 5))
    squares = np.pad(pool**2, [(0, 0), (1, 1), (0, 0), (0, 0)])
    total = squares[:, :-2] + squares[:, 1:-1] + squares[:, 2:]
    norm = pool / (1 + 0.1 / 3 * total) ** 0.75
    logits = norm.reshape(len(x), -1) @ v.T + c
    powers = np.exp(logits - logits.max(1, keepdims=True))
    return powers / powers.sum(1, keepdims=True)
