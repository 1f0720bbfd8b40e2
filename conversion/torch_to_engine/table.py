"""The table from each operator of torch to its conversion, those of plug-ins included."""

from __future__ import annotations

from functools import cache

from ...interpreters.torch.functions import operation_named
from ...plugins import added
from ..to_engine.dialect_conversion import Conversion
from . import (
    activations,
    arithmetic,
    detection,
    diagonals,
    elementary_functions,
    embedding,
    factories,
    fourier,
    indexing,
    logic,
    movement,
    normalization,
    norms,
    ordering,
    products,
    quantization,
    rearrangement,
    recurrence,
    reductions,
    resampling,
    scatter,
    search,
    slices,
    transformer_layers,
    windows,
)
from .complex_numbers import of_real
from .data_sizes import OWN_OPERATIONS

FAMILIES = (
    *(activations, arithmetic, diagonals, elementary_functions, embedding, factories, fourier),
    *(indexing, logic, movement, normalization, norms, ordering, products, rearrangement),
    *(recurrence, reductions, resampling, scatter, search, slices, transformer_layers),
    *(windows,),
)
"""The files of operators of `aten`; each has a table `OPERATORS`."""


@cache
def conversions() -> dict[str, Conversion]:
    """Conversions by operation name, as in `torch.aten.relu.default`."""
    own = {
        operation_named(key): conversion
        for family in FAMILIES
        for key, conversion in family.OPERATORS.items()
    }
    quantized = {
        operation_named(key, "quantized_decomposed"): conversion
        for key, conversion in quantization.OPERATORS.items()
    }
    vision = {
        operation_named(key, "torchvision"): conversion
        for key, conversion in detection.OPERATORS.items()
    }
    complex_ones = {operation_named(key): c for key, c in fourier.ON_COMPLEX.items()}
    of_numbers = {
        name: of_real(own.get(name), complex_ones.get(name))
        for name in (*own, *(name for name in complex_ones if name not in own))
    }
    return {**of_numbers, **quantized, **vision, **OWN_OPERATIONS, **added("conversions", own)}
