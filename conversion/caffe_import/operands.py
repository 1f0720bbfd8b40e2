"""
Which trained blobs a layer has, and in which shape its operation wants them.

Nets of the first years have four sizes for every blob, ones in front: a bias is `[1, 1, 1, C]`.
"""

from __future__ import annotations

from ...dialects.caffe.schemas import TABLE
from .net import Array, Blob, Layer

_RANKS: dict[str, int] = {
    **dict.fromkeys(("bias", "mean", "variance", "factor", "slope", "shift", "output_bias"), 1),
    **{"recurrent": 2, "output_weight": 2},
}
"""Dimensions of a blob by the name of its operand, where that says it."""

_LAYER_RANKS: dict[tuple[str, str], int] = {
    **{(layer, "weight"): 2 for layer in ("InnerProduct", "Embed", "LSTM", "RNN")},
    **{(layer, "scale"): 1 for layer in ("BN", "Normalize")},
}

_FIXED_RANK = frozenset(("Scale", "Bias"))
"""Layers whose blobs meet a part of the operand, of any number of dimensions."""


class BlobError(Exception):
    """A blob that cannot be read, or is not there; the text says which and why."""


def names_of_blobs(layer: Layer) -> list[str]:
    """The operands that a layer's blobs are, in their order: those behind its bottoms."""
    formals = TABLE.schema(layer.type).inputs
    return [formal.name for formal in formals[len(layer.bottoms) :]]


def missing_blobs(layer: Layer) -> list[str]:
    """The operands that a layer must have a blob for, and has none."""
    formals = TABLE.schema(layer.type).inputs[len(layer.bottoms) + len(layer.blobs) :]
    wanted = [f.name for f in formals if f.option.value == "one"]
    takes_bias = layer.parameters.get("bias_term", layer.type not in _FIXED_RANK)
    return wanted + [f.name for f in formals if f.name == "bias" and takes_bias and not wanted]


def array_of(layer: Layer, name: str, blob: Blob) -> Array:
    """The numbers of a blob in the shape that its operand has.

    Raises `BlobError` for numbers that the shape does not hold.
    """
    try:
        array = blob.array()
    except ValueError as error:
        raise BlobError(f"its blob '{name}' is damaged: {error}") from None
    rank = _LAYER_RANKS.get((layer.type, name))
    if rank is None and layer.type not in _FIXED_RANK:
        rank = _RANKS.get(name)
    if rank is None:
        return array
    shape = array.shape
    while len(shape) > rank and shape[0] == 1:
        shape = shape[1:]
    return array.reshape(shape if shape or rank != 1 else (1,))
