"""The weights image in memory: every constant as the kernels read it, at its offset."""

from __future__ import annotations

import numpy as np

from .array_memory import AnyArray, aligned_empty
from .mapped_pages import release_pages
from .program import CompiledProgram


def weights_image(program: CompiledProgram) -> AnyArray:
    """The image of the artifact, or one made of the segments; read-only bytes.

    Of what the image is made no more is in memory at a time than a piece of a segment.
    """
    if program.weights_image is not None:
        return program.weights_image
    image = aligned_empty((program.weights_size,), np.dtype(np.uint8))
    end = 0
    for segment in sorted(program.weights, key=lambda segment: segment.offset):
        image[end : segment.offset] = 0
        end = segment.offset + segment.nbytes
        for destination, piece in segment.pieces(image[segment.offset : end]):
            # Without a contiguous copy: packing is a transposed view.
            destination[...] = piece
            release_pages(piece)
    image[end:] = 0
    image.flags.writeable = False
    return image
