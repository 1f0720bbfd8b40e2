"""The table from each ONNX operator to its conversion, those of plug-ins included."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache

from xdsl.ir import SSAValue

from ...plugins import extend
from . import (
    activations,
    attention,
    compaction,
    contraction,
    elements,
    elementwise,
    fourier,
    indexing,
    movement,
    normalization,
    ordering,
    pooling,
    quantization,
    recurrent,
    reduction,
    resize,
    run_time_sizes,
    sampling,
    selection,
    suppression,
    vocabulary,
)
from .lowering import Lowering

Conversion = Callable[[Lowering], SSAValue | Sequence[SSAValue | None]]
"""Builds the engine form of the operation and gives its results: one value, or one for each
result by position with None where nobody wants it. Raises `NoNativeForm` with the reason."""

_FAMILIES = (
    activations,
    attention,
    compaction,
    contraction,
    elementwise,
    elements,
    fourier,
    indexing,
    movement,
    normalization,
    ordering,
    pooling,
    quantization,
    recurrent,
    reduction,
    resize,
    run_time_sizes,
    sampling,
    selection,
    suppression,
    vocabulary,
)


def _found(conversion: Conversion) -> Callable[[], Conversion]:
    return lambda: conversion


@cache
def conversions() -> dict[str, Conversion]:
    """Conversions by operation name, as in `onnx.Conv`."""
    own = {
        f"onnx.{name}": _found(conversion)
        for family in _FAMILIES
        for name, conversion in family.OPERATORS.items()
    }
    return {name: factory() for name, factory in extend("conversions", own).items()}
