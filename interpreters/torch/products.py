"""Matrix products, attention and distances."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt

import numpy as np

from .arguments import ArgumentsFunction, Array, Number
from .reductions import norm


def _wide(x: Array) -> Array:
    return x.astype(np.float64) if x.dtype == np.float32 else x


def matmul(a: Array, b: Array) -> Array:
    return np.matmul(_wide(a), _wide(b))


def dot(a: Array, b: Array) -> Array:
    return np.dot(_wide(a), _wide(b))


def linear(x: Array, weight: Array, bias: Array | None = None) -> Array:
    found = matmul(x, weight.T)
    return found if bias is None else found + bias


def addmm(x: Array, a: Array, b: Array, beta: Number = 1, alpha: Number = 1) -> Array:
    """A `beta` of 0 ignores even what is no number."""
    found = matmul(a, b) * alpha
    return found if beta == 0 else x * beta + found


def addmm_activation(
    x: Array, a: Array, b: Array, beta: Number = 1, alpha: Number = 1, use_gelu: bool = False
) -> Array:
    from .activations import gelu, relu

    found = addmm(x, a, b, beta, alpha)
    return gelu(found) if use_gelu else relu(found)


def addbmm(x: Array, a: Array, b: Array, beta: Number = 1, alpha: Number = 1) -> Array:
    found = matmul(a, b).sum(0) * alpha
    return found if beta == 0 else x * beta + found


def addr(x: Array, a: Array, b: Array, beta: Number = 1, alpha: Number = 1) -> Array:
    found = np.outer(_wide(a), _wide(b)) * alpha
    return found if beta == 0 else x * beta + found


def outer(a: Array, b: Array) -> Array:
    return np.outer(a, b)


def inner(a: Array, b: Array) -> Array:
    return np.inner(_wide(a), _wide(b))


def vecdot(a: Array, b: Array, dim: int = -1) -> Array:
    return (_wide(a) * b).sum(dim)


def chain_matmul(matrices: Sequence[Array]) -> Array:
    result = matrices[0]
    for matrix in matrices[1:]:
        result = matmul(result, matrix)
    return result


def matrix_power(x: Array, n: int) -> Array:
    return np.linalg.matrix_power(_wide(x), n)


def int_mm(a: Array, b: Array) -> Array:
    return np.matmul(a.astype(np.int32), b.astype(np.int32))


def bilinear(a: Array, b: Array, weight: Array, bias: Array | None = None) -> Array:
    found = np.einsum("...i,oij,...j->...o", _wide(a), _wide(weight), _wide(b))
    return found if bias is None else found + bias


def einsum(equation: str, tensors: Sequence[Array], _path: object = None) -> Array:
    return np.einsum(equation, *map(_wide, tensors))


def tensordot(a: Array, b: Array, left: Sequence[int], right: Sequence[int]) -> Array:
    return np.tensordot(_wide(a), _wide(b), (left, right))


def kron(a: Array, b: Array) -> Array:
    return np.kron(a, b)


def cross(a: Array, b: Array, dim: int | None = None) -> Array:
    """Along the first dimension of extent 3, if none is named."""
    axis = next(d for d, n in enumerate(a.shape) if n == 3) if dim is None else dim
    return np.cross(a, b, axis=axis)


def linalg_cross(a: Array, b: Array, dim: int = -1) -> Array:
    return np.cross(a, b, axis=dim)


def cdist(a: Array, b: Array, p: float = 2.0, _mode: int | None = None) -> Array:
    return norm(_wide(a)[..., :, None, :] - b[..., None, :, :], p, -1)


def attention(
    q: Array,
    k: Array,
    v: Array,
    mask: Array | None = None,
    _dropout: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> Array:
    """A boolean mask keeps where it is true; `is_causal` counts from the top left."""
    if enable_gqa:
        k, v = (np.repeat(x, q.shape[-3] // x.shape[-3], -3) for x in (k, v))
    scores = matmul(q, np.swapaxes(k, -1, -2)) * (1 / sqrt(q.shape[-1]) if scale is None else scale)
    if is_causal:
        scores = np.where(np.tril(np.ones(scores.shape[-2:], np.bool_)), scores, -np.inf)
    if mask is not None and mask.dtype == np.bool_:
        scores = np.where(mask, scores, -np.inf)
    elif mask is not None:
        scores = scores + mask
    top = scores.max(-1, keepdims=True)
    weights = np.exp(scores - np.where(np.isinf(top), 0, top))
    total = weights.sum(-1, keepdims=True)
    return matmul(weights / np.where(total == 0, 1, total), v)


def flash_attention(
    q: Array,
    k: Array,
    v: Array,
    dropout: float = 0.0,
    is_causal: bool = False,
    mask: Array | None = None,
    scale: float | None = None,
) -> list[Array]:
    """With the logarithms of the sums of the weights; fewer keys than queries are repeated."""
    k, v = (np.repeat(x, q.shape[-3] // x.shape[-3], -3) for x in (k, v))
    scores = matmul(q, np.swapaxes(k, -1, -2)) * (1 / sqrt(q.shape[-1]) if scale is None else scale)
    if is_causal:
        scores = np.where(np.tril(np.ones(scores.shape[-2:], np.bool_)), scores, -np.inf)
    if mask is not None:
        scores = scores + mask
    top = scores.max(-1, keepdims=True)
    sums = np.log(np.exp(scores - top).sum(-1)) + top[..., 0]
    return [attention(q, k, v, mask, dropout, is_causal, scale), sums]


FUNCTIONS: dict[str, ArgumentsFunction] = {
    "_addmm_activation": addmm_activation,
    "_cdist_forward": cdist,
    "_int_mm": int_mm,
    "_scaled_dot_product_flash_attention_for_cpu": flash_attention,
    "addbmm": addbmm,
    "addmm": addmm,
    "addmv": addmm,
    "addr": addr,
    "baddbmm": addmm,
    "bilinear": bilinear,
    "bmm": matmul,
    "cdist": cdist,
    "chain_matmul": chain_matmul,
    "cross": cross,
    "dot": dot,
    "einsum": einsum,
    "ger": outer,
    "inner": inner,
    "kron": kron,
    "linalg_cross": linalg_cross,
    "linalg_matmul": matmul,
    "linalg_multi_dot": chain_matmul,
    "linalg_vecdot": vecdot,
    "linear": linear,
    "matmul": matmul,
    "matrix_power": matrix_power,
    "mm": matmul,
    "mv": matmul,
    "outer": outer,
    "scaled_dot_product_attention": attention,
    "tensordot": tensordot,
    "vdot": dot,
}
"""Functions of arguments by the operator and its overload."""
