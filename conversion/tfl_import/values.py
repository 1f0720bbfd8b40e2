"""Types and numbers of the tensors of a model."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from ml_dtypes import int2, int4, uint4
from xdsl.dialects.builtin import IntegerType
from xdsl.ir import Attribute

from ...dialects.framework import ElementType, StringType, tensor_type
from ...dialects.tfl import QuantizedType
from ...dialects.tfl.codes import element_type_of_code, words
from .records import Tensor, TflModel, as_array
from .sparse import densified

Array = npt.NDArray[Any]

_PACKED = {np.dtype(int4): 4, np.dtype(uint4): 4, np.dtype(int2): 2}
"""Element types of which one byte of a file has several, with their bits."""


class TensorError(Exception):
    """A tensor that cannot be used; the text says why."""


def element_of_tensor(tensor: Tensor) -> ElementType:
    """
    The element type of a tensor as it is stored.

    Raises:
        TensorError: for one that is not a tensor of numbers.
    """
    row = element_type_of_code(tensor.code)
    if row is None:
        word = words("TensorType").get(tensor.code, f"number {tensor.code}")
        raise TensorError(f"has element type {word}, which is not supported")
    if isinstance(row.ir, StringType):
        raise TensorError("holds strings, which are not supported")
    return row


def type_of_tensor(tensor: Tensor) -> Attribute:
    """The type of a tensor in the `tfl` dialect. Raises `TensorError`."""
    element: Attribute = element_of_tensor(tensor).ir
    quantized = tensor.quantization
    if quantized is not None and isinstance(element, IntegerType) and element.width.data > 1:
        many = len(quantized.scales) > 1
        axis = quantized.axis if many else None
        element = QuantizedType.of(element, quantized.scales, quantized.zero_points, axis)
    if tensor.shape is None:
        return tensor_type(element, None)
    return tensor_type(element, [None if n < 0 else n for n in tensor.shape])


@dataclass
class Weights:
    """The numbers of a model's constants."""

    model: TflModel
    _unpacked: dict[tuple[int, int], Array] = field(default_factory=dict[tuple[int, int], Array])

    def is_constant(self, tensor: Tensor) -> bool:
        """Whether a tensor has numbers in the file."""
        return len(self.model.buffers[tensor.buffer]) > 0

    def array(self, tensor: Tensor) -> Array:
        """
        The numbers of a constant, as a view of the file where its bytes are the array.

        Raises:
            TensorError: for data of another size than the shape says.
        """
        row = element_of_tensor(tensor)
        shape = tensor.shape
        if shape is None or any(n < 0 for n in shape):
            raise TensorError("is a constant of unknown shape")
        raw = self.model.buffers[tensor.buffer]
        try:
            if tensor.sparsity is not None:
                return densified(tensor.sparsity, raw, row.numpy, shape)
            bits = _PACKED.get(row.numpy)
            return as_array(raw, row.numpy, shape) if bits is None else self._of_bits(tensor, bits)
        except ValueError as error:
            raise TensorError(str(error)) from None

    def _of_bits(self, tensor: Tensor, bits: int) -> Array:
        """Numbers of less than a byte, the first in the lowest bits."""
        key = tensor.buffer, tensor.code
        if key in self._unpacked:
            return self._unpacked[key].reshape(tensor.shape or ())
        dtype = element_of_tensor(tensor).numpy
        count = int(np.prod(tensor.shape or (), dtype=object))
        raw = np.frombuffer(self.model.buffers[tensor.buffer], np.uint8)
        each = 8 // bits
        if raw.size != -(-count // each):
            raise TensorError(f"has {raw.size} bytes of data; expected {-(-count // each)}")
        parts = raw[:, None] >> (np.arange(each, dtype=np.uint8) * bits) & ((1 << bits) - 1)
        numbers = parts.reshape(-1)[:count].astype(np.int8)
        if dtype != np.dtype(uint4):
            numbers = np.where(numbers >= 1 << (bits - 1), numbers - (1 << bits), numbers)
        found = numbers.astype(dtype)
        self._unpacked[key] = found
        return found.reshape(tensor.shape or ())
