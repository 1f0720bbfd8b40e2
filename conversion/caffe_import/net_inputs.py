"""The inputs of a net: its own, those of `Input` layers, and those that data layers would fill."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ..problems import Problems
from .net import Layer, Net

_NO_SIZES = frozenset(
    ("Data", "HDF5Data", "ImageData", "WindowData", "AnnotatedData", "Python", "VideoData")
)
"""Layers that read files, whose sizes the net does not say."""

_LABELS = 1
"""The top of such a layer from which on there are no images but labels."""

_TRAINING = frozenset(
    (
        *("Accuracy", "EuclideanLoss", "HingeLoss", "InfogainLoss", "MultinomialLoss"),
        *("MultinomialLogisticLoss", "ContrastiveLoss", "HDF5Output", "MultiBoxLoss"),
        *("DetectionEvaluate", "SmoothL1Loss"),
    )
)
"""Layers that compare with labels: nothing of what a net computes comes from them."""


def net_inputs(
    message: Any, layers: Sequence[Layer], problems: Problems
) -> tuple[dict[str, tuple[int, ...] | None], list[Layer]]:
    """The sizes of each input (None: not said) and the layers that compute."""
    inputs: dict[str, tuple[int, ...] | None] = dict(_declared(message, problems))
    kept: list[Layer] = []
    for layer in layers:
        if layer.type in _TRAINING:
            continue
        if layer.type in _NO_SIZES and not layer.bottoms:
            inputs.update(dict.fromkeys(layer.tops[:_LABELS], None))
        elif layer.type in ("Input", "DummyData", "MemoryData"):
            inputs.update(_layer_inputs(layer, problems))
        else:
            kept.append(layer)
    return _with_free_bottoms(inputs, kept), kept


def _declared(message: Any, problems: Problems) -> Iterator[tuple[str, tuple[int, ...]]]:
    names, dims = list(message.input), list(message.input_dim)
    if message.input_shape:
        shapes = [tuple(shape.dim) for shape in message.input_shape]
    else:
        shapes = [tuple(dims[at : at + 4]) for at in range(0, len(dims), 4)]
        if len(dims) % 4:
            problems.add(f"it has {len(dims)} numbers 'input_dim'; each input has four")
    if len(shapes) != len(names):
        problems.add(f"it has {len(names)} inputs, and the sizes of {len(shapes)}")
    return zip(names, shapes, strict=False)


def _layer_inputs(layer: Layer, problems: Problems) -> Iterator[tuple[str, tuple[int, ...]]]:
    given = layer.parameters
    if layer.type == "MemoryData":
        sizes: Any = [given.get(n, 0) for n in ("batch_size", "channels", "height", "width")]
        return iter([(layer.tops[0], tuple(sizes))] if layer.tops else [])
    shapes = [tuple(_dims(shape)) for shape in _listed(given.get("shape"))]
    if not shapes and layer.type == "DummyData":
        parts = [_listed(given.get(n)) for n in ("num", "channels", "height", "width")]
        shapes = [tuple(sizes) for sizes in zip(*parts, strict=False)]
    if len(shapes) == 1:
        shapes *= len(layer.tops)
    if len(shapes) != len(layer.tops):
        problems.node(layer.label, f"has {len(layer.tops)} tops, and {len(shapes)} shapes")
    return zip(layer.tops, shapes, strict=False)


def _listed(value: Any) -> list[Any]:
    return [] if value is None else list(value)


def _dims(shape: Any) -> list[int]:
    return [int(dim) for dim in shape.dim]


def _with_free_bottoms(
    inputs: dict[str, tuple[int, ...] | None], layers: Sequence[Layer]
) -> dict[str, tuple[int, ...] | None]:
    """Inputs with those bottoms that nothing makes: a net whose data layers only train has them."""
    made = set(inputs)
    for layer in layers:
        for bottom in layer.bottoms:
            if bottom not in made:
                inputs.setdefault(bottom, None)
        made.update(layer.tops)
    return inputs


def unused_tops(net: Net) -> list[str]:
    """The outputs of a net: tops that nothing takes, each by its last maker, in that order."""
    last: dict[str, int] = {}
    taken: dict[str, int] = {}
    for at, layer in enumerate(net.layers):
        for bottom in layer.bottoms:
            taken[bottom] = at
        for top in layer.tops:
            last.pop(top, None)
            last[top] = at
    return [top for top, at in last.items() if taken.get(top, -1) <= at]
