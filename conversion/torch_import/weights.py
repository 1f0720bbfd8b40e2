"""The numbers of an exported program, as arrays that lie in the mapped file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ...dialects.torch.codes import element_type_of_code
from ...runtime.available_memory import require_memory
from ...runtime.size import Extent
from .archive import Archive, Payload
from .program import InputSpec, TensorMeta

Array = npt.NDArray[Any]


class WeightError(ValueError):
    """What is wrong with the numbers of a tensor, as the rest of a sentence about it."""


class Weights:
    """
    Parameters, buffers and constants of a program.

    What lies densely in row-major order is a view of the file; other strides, as of weights in the
    layout channels-last, are copied into that order. Tied ones are views of the same bytes.
    """

    def __init__(self, archive: Archive):
        self._archive = archive

    def array(self, spec: InputSpec) -> Array:
        """
        The numbers of an input of the graph.

        Raises:
            WeightError: where there are none, or others than are said.
        """
        saved = self._archive.saved.get(spec.target)
        if saved is not None:
            storage = saved.storage
            return laid_out(storage.data, storage.dtype, saved.sizes, saved.strides, saved.offset)
        payload = self._payload(spec)
        if payload.is_pickle or payload.meta is None:
            raise WeightError(
                "is pickled, which may run any code and is not read: it is an object or a tensor "
                "of a class of its own; make a plain tensor of it before the export"
            )
        zipped = self._archive.zipped
        if payload.path not in zipped.members:
            raise WeightError(f"should lie in '{payload.path}', which the archive does not have")
        member = zipped.members[payload.path]
        data = zipped.view(payload.path) if member.is_stored else None
        if data is None:
            require_memory(member.size, f"reading '{payload.path}'", "store the archive unpacked")
            data = zipped.read(payload.path, member.size)
        return strided(data, payload.meta)

    def _payload(self, spec: InputSpec) -> Payload:
        """Buffers that are not saved with weights lie among the constants."""
        for payloads in (self._archive.weights, self._archive.constants):
            if spec.target in payloads:
                return payloads[spec.target]
        raise WeightError("has no numbers in the file")


def strided(data: memoryview, meta: TensorMeta) -> Array:
    """
    The tensor of a type in the bytes of its storage.

    Raises:
        WeightError: for a type that is not of numbers, and for one that reaches beyond the bytes.
    """
    row = element_type_of_code(meta.dtype)
    if row is None or not meta.is_strided:
        raise WeightError("is of a type or layout that is not supported")
    return laid_out(data, row.numpy, meta.sizes, meta.strides, meta.offset)


def laid_out(
    data: memoryview,
    dtype: np.dtype[Any],
    all_sizes: Sequence[Extent | None],
    all_strides: Sequence[Extent | None],
    start: Extent | None,
) -> Array:
    """
    The tensor that lies so in some bytes; strides and the start count elements.

    Raises:
        WeightError: for one that reaches beyond the bytes.
    """
    sizes, strides = _numbers(all_sizes), _numbers(all_strides)
    [offset] = _numbers([start])
    if len(sizes) != len(strides):
        raise WeightError(f"has {len(sizes)} sizes and {len(strides)} strides")
    if 0 in sizes:
        return np.empty(sizes, dtype)
    last = offset + sum((n - 1) * stride for n, stride in zip(sizes, strides, strict=True))
    if (last + 1) * dtype.itemsize > len(data):
        raise WeightError(f"has {len(data)} bytes, expected {(last + 1) * dtype.itemsize}")
    flat = np.frombuffer(data, dtype, last + 1 - offset, offset * dtype.itemsize)
    if dtype == np.bool_ and flat.size and flat.view(np.uint8).max() > 1:
        flat = flat.view(np.uint8) != 0
    if strides == _row_major(sizes):
        found = flat.reshape(sizes)
    else:
        needed = int(np.prod(sizes, dtype=object)) * dtype.itemsize
        require_memory(needed, "copying weights", "use a machine with more memory")
        steps = [stride * dtype.itemsize for stride in strides]
        found = np.ascontiguousarray(np.lib.stride_tricks.as_strided(flat, sizes, steps))
    return found if found.flags.aligned else found.copy()


def _numbers(values: Sequence[Extent | None]) -> list[int]:
    found = [value for value in values if isinstance(value, int) and 0 <= value < 2**48]
    if len(found) != len(values):
        raise WeightError("has sizes or strides that are no numbers")
    return found


def _row_major(sizes: list[int]) -> list[int]:
    strides = [1] * len(sizes)
    for at in range(len(sizes) - 1, 0, -1):
        strides[at - 1] = strides[at] * sizes[at]
    return strides
