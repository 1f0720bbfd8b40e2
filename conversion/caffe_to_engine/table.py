"""The table from each type of layers to its conversion, those of plug-ins included."""

from __future__ import annotations

from functools import cache

from ..to_engine.dialect_conversion import Conversion
from ..to_engine.families import conversions_of
from . import detection, elementwise, layers, movement, normalization, recurrence, windows

FAMILIES = (detection, elementwise, layers, movement, normalization, recurrence, windows)
"""The files of layers; each has a table `OPERATORS`."""


@cache
def conversions() -> dict[str, Conversion]:
    """Conversions by operation name, as in `caffe.Convolution`."""
    return conversions_of("caffe", FAMILIES)
