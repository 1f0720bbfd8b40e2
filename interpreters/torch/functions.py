"""The table of what operations of the `torch` dialect mean."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from ...dialects.engine.weights import Array, WeightStore
from ...dialects.framework import FrameworkOp
from ..framework_calls import Semantics
from ..table_functions import Function, table_evaluate, table_semantics
from . import (
    activations,
    arithmetic,
    control_flow,
    detection,
    diagonals,
    distinct,
    elementary_functions,
    factories,
    fourier,
    indexing,
    logic,
    movement,
    normalization,
    products,
    quantization,
    rearrangement,
    recurrence,
    reductions,
    resampling,
    slices,
    transformer_layers,
    windows,
)
from .arguments import of_arguments

_FAMILIES = (
    *(activations, arithmetic, diagonals, distinct, elementary_functions, factories),
    *(fourier, indexing, logic),
    *(movement, normalization, products, rearrangement, recurrence, reductions),
    *(resampling, slices, transformer_layers, windows),
)
"""The files of operators; each has a table `FUNCTIONS`."""

_EXACT = frozenset(("diagonals", "factories", "indexing", "movement", "rearrangement", "slices"))
"""Families that keep every bit of what they move."""


def operation_named(key: str, namespace: str = "aten") -> str:
    """The operation of a key of the families, which leave out the default overload."""
    return f"torch.{namespace}.{key}" if "." in key else f"torch.{namespace}.{key}.default"


@cache
def functions() -> dict[str, Function]:
    """Functions by the name of the operation."""
    found = {
        operation_named(key): of_arguments(function, exact=family.__name__.split(".")[-1] in _EXACT)
        for family in _FAMILIES
        for key, function in family.FUNCTIONS.items()
    }
    quantized = {
        operation_named(key, "quantized_decomposed"): of_arguments(function)
        for key, function in quantization.FUNCTIONS.items()
    }
    vision = {
        operation_named(key, "torchvision"): of_arguments(function)
        for key, function in detection.FUNCTIONS.items()
    }
    return found | quantized | vision | dict(control_flow.FUNCTIONS)


def semantics(store: WeightStore) -> Semantics:
    """The meaning of the dialect's operations, whose constants are in `store`."""
    return table_semantics(functions(), store)


def evaluate(
    op: FrameworkOp, arrays: Sequence[Array | None], store: WeightStore
) -> Sequence[Array | None]:
    """The results of an operation on arrays."""
    return table_evaluate(functions(), op, arrays, store)
