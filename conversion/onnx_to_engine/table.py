"""The table from each ONNX operator to its conversion, those of plug-ins included."""

from __future__ import annotations

from functools import cache

from ..to_engine.dialect_conversion import Conversion
from ..to_engine.families import conversions_of
from . import suppression, tf_idf
from .layers import attention, convolution, dropout, normalization, pooling, recurrence
from .math import (
    activations,
    cumulative,
    einsum,
    elementwise,
    fourier,
    matmul,
    quantization,
    reduction,
    training,
    window_functions,
)
from .ml import encoders, features, linear, scaling, support_vectors, tree_ensembles
from .tensors import (
    arg_extreme,
    constants,
    gather,
    nonzero,
    one_hot,
    rearrangement,
    resize,
    sampling,
    scatter,
    sequences,
    slices,
    top_k,
    triangle,
    unique,
)

FAMILIES = (
    *(attention, convolution, dropout, normalization, pooling, recurrence),
    *(activations, cumulative, einsum, elementwise, fourier, matmul, quantization, reduction),
    *(training, window_functions),
    *(arg_extreme, constants, gather, nonzero, one_hot, rearrangement, resize, sampling),
    *(scatter, sequences, slices, top_k, triangle, unique),
    *(suppression, tf_idf),
    *(encoders, features, linear, scaling, support_vectors, tree_ensembles),
)
"""The files of operators; each has a table `OPERATORS`."""


@cache
def conversions() -> dict[str, Conversion]:
    """Conversions by operation name, as in `onnx.Conv`."""
    return conversions_of("onnx", FAMILIES)
