"""A constant of the IR, taken from the weights image in which the kernels read it."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np

from .array_memory import AnyArray
from .format_tag import parse_format_tag
from .program import Constant, Provider, WeightSegment, numpy_dtype


def in_segment(constant: Constant, segment: WeightSegment) -> Constant:
    """`constant` with its numbers from `segment`, which must have the same digest."""
    unpack = partial(unpack_constant, segment.fetch, constant.dtype, constant.shape, segment.layout)
    return replace(constant, provider=unpack)


def unpack_constant(
    stored: Provider, dtype: str, shape: tuple[int, ...], layout: str = ""
) -> AnyArray:
    """The array of that shape whose bytes `stored` gives in the layout of a format tag.

    A view of them if they are row-major (an empty tag), else a copy.
    """
    array = stored().reshape(-1).view(np.uint8).view(numpy_dtype(dtype))
    if not layout:
        return array.reshape(shape)
    tag = parse_format_tag(layout)
    return np.ascontiguousarray(tag.unpack(array.reshape(tag.physical_shape(shape)), shape))
