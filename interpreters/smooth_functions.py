"""
Functions of real numbers that several frameworks have, in the element type of their operand.

An exponential that overflows on the way makes no result wrong: `1 / inf` is the sigmoid's limit.
"""

from __future__ import annotations

from math import erf as _erf_of_one
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


def sigmoid(x: Array) -> Array:
    """`1 / (1 + exp(-x))`"""
    return 1 / (1 + np.exp(-x))


def softplus(x: Array) -> Array:
    """`log(1 + exp(x))`"""
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


_erf = np.vectorize(_erf_of_one, otypes=[np.float64])


def erf(x: Array) -> Array:
    """The error function, in f64."""
    return _erf(np.asarray(x, np.float64)).reshape(x.shape)


def gelu(x: Array, *, by_tanh: bool = False) -> Array:
    """`x` times the normal distribution up to it; `by_tanh` as BERT approximated it."""
    if by_tanh:
        return 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))
    return 0.5 * x * (1 + erf(x * np.sqrt(0.5)))


def softmax(x: Array, axis: int) -> Array:
    """Powers of e along an axis, divided by their sum; a scalar is one of one element."""
    along = axis if x.ndim else None
    powers = np.exp(x - x.max(along, keepdims=True))
    return powers / powers.sum(along, keepdims=True)


def log_softmax(x: Array, axis: int) -> Array:
    """The logarithms of `softmax`."""
    along = axis if x.ndim else None
    shifted = x - x.max(along, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(along, keepdims=True))
