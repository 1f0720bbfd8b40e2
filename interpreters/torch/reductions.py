"""Sums, extremes, moments and norms; running sums; order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..running_extremes import running_extremes
from .arguments import ArgumentsFunction, Array, Number

Dims = Sequence[int] | int | None


def axes_of(x: Array, dim: Dims) -> tuple[int, ...]:
    """The axes that are reduced: all of them where none are named."""
    if dim is None or (not isinstance(dim, int) and not dim):
        return tuple(range(x.ndim))
    given = (dim,) if isinstance(dim, int) else tuple(dim)
    return () if x.ndim == 0 else tuple(d % x.ndim for d in given)


def _float(x: Array, dtype: str | None = None) -> Array:
    """As torch takes it to sum it up: in the dtype that is asked for."""
    if dtype is not None and dtype in ("float64", "float32") and x.dtype.kind != "c":
        return x.astype(dtype)
    return x


def _wide(x: Array, dtype: str | None) -> Array:
    """Sums of floats in f64, so that the reference does not depend on an order."""
    x = _float(x, dtype)
    return x.astype(np.float64) if x.dtype == np.float32 else x


def sum_all(x: Array, dtype: str | None = None) -> Array:
    return _wide(x, dtype).sum()


def sum_dim(x: Array, dim: Dims, keepdim: bool = False, dtype: str | None = None) -> Array:
    return _wide(x, dtype).sum(axes_of(x, dim), keepdims=keepdim)


def nansum(x: Array, dim: Dims = None, keepdim: bool = False, dtype: str | None = None) -> Array:
    return np.nansum(_wide(x, dtype), axes_of(x, dim), keepdims=keepdim)


def mean_all(x: Array, dtype: str | None = None) -> Array:
    return _wide(x, dtype).mean()


def mean_dim(x: Array, dim: Dims, keepdim: bool = False, dtype: str | None = None) -> Array:
    return _wide(x, dtype).mean(axes_of(x, dim), keepdims=keepdim)


def prod_all(x: Array, dtype: str | None = None) -> Array:
    return _wide(x, dtype).prod()


def prod_dim(x: Array, dim: int, keepdim: bool = False, dtype: str | None = None) -> Array:
    return _wide(x, dtype).prod(axes_of(x, dim), keepdims=keepdim)


def amax(x: Array, dim: Dims = (), keepdim: bool = False) -> Array:
    return x.max(axes_of(x, dim), keepdims=keepdim)


def amin(x: Array, dim: Dims = (), keepdim: bool = False) -> Array:
    return x.min(axes_of(x, dim), keepdims=keepdim)


def aminmax(x: Array, dim: int | None = None, keepdim: bool = False) -> list[Array]:
    return [amin(x, dim, keepdim), amax(x, dim, keepdim)]


def all_(x: Array, dim: Dims = None, keepdim: bool = False) -> Array:
    return np.asarray(x.astype(np.bool_).all(axes_of(x, dim), keepdims=keepdim))


def any_(x: Array, dim: Dims = None, keepdim: bool = False) -> Array:
    return np.asarray(x.astype(np.bool_).any(axes_of(x, dim), keepdims=keepdim))


def count_nonzero(x: Array, dim: Dims = None) -> Array:
    return np.asarray(np.count_nonzero(x, axes_of(x, dim)))


def _arg(kind: Callable[..., Any]) -> ArgumentsFunction:
    def arg(x: Array, dim: int | None = None, keepdim: bool = False) -> Array:
        """The first of equals; a NaN is the extreme."""
        if dim is None:
            found = np.asarray(kind(x.reshape(-1)))
            return found.reshape((1,) * x.ndim) if keepdim else found
        if x.ndim == 0:
            return np.asarray(0)
        return kind(x, axis=dim, keepdims=keepdim)

    return arg


argmax, argmin = _arg(np.argmax), _arg(np.argmin)


def max_dim(x: Array, dim: int, keepdim: bool = False) -> list[Array]:
    return [amax(x, dim, keepdim), argmax(x, dim, keepdim)]


def min_dim(x: Array, dim: int, keepdim: bool = False) -> list[Array]:
    return [amin(x, dim, keepdim), argmin(x, dim, keepdim)]


def _moments(x: Array, dim: Dims, correction: Number, keepdim: bool) -> tuple[Array, Array]:
    """(variance, mean), the variance by the count less the correction."""
    axes, wide = axes_of(x, dim), x.astype(np.float64)
    mean = wide.mean(axes, keepdims=True)
    squares = np.square(wide - mean).sum(axes, keepdims=keepdim)
    count = np.prod([x.shape[a] for a in axes]) if axes else 1
    return squares / np.maximum(count - correction, 0), wide.mean(axes, keepdims=keepdim)


def _correction(value: Number | None) -> Number:
    return 1 if value is None else value


def var_correction(
    x: Array, dim: Dims = None, correction: Number | None = None, keepdim: bool = False
) -> Array:
    return _moments(x, dim, _correction(correction), keepdim)[0]


def std_correction(
    x: Array, dim: Dims = None, correction: Number | None = None, keepdim: bool = False
) -> Array:
    return np.sqrt(var_correction(x, dim, correction, keepdim))


def var_mean_correction(
    x: Array, dim: Dims = None, correction: Number | None = None, keepdim: bool = False
) -> list[Array]:
    return list(_moments(x, dim, _correction(correction), keepdim))


def std_mean_correction(
    x: Array, dim: Dims = None, correction: Number | None = None, keepdim: bool = False
) -> list[Array]:
    variance, mean = _moments(x, dim, _correction(correction), keepdim)
    return [np.sqrt(variance), mean]


def var_dim(x: Array, dim: Dims, unbiased: bool = True, keepdim: bool = False) -> Array:
    return _moments(x, dim, int(unbiased), keepdim)[0]


def std_dim(x: Array, dim: Dims, unbiased: bool = True, keepdim: bool = False) -> Array:
    return np.sqrt(var_dim(x, dim, unbiased, keepdim))


def var_mean_dim(x: Array, dim: Dims, unbiased: bool = True, keepdim: bool = False) -> list[Array]:
    return list(_moments(x, dim, int(unbiased), keepdim))


def std_mean_dim(x: Array, dim: Dims, unbiased: bool = True, keepdim: bool = False) -> list[Array]:
    return std_mean_correction(x, dim, int(unbiased), keepdim)


def var(x: Array, unbiased: bool = True) -> Array:
    return _moments(x, None, int(unbiased), False)[0]


def std(x: Array, unbiased: bool = True) -> Array:
    return np.sqrt(var(x, unbiased))


def var_mean(x: Array, unbiased: bool = True) -> list[Array]:
    return list(_moments(x, None, int(unbiased), False))


def std_mean(x: Array, unbiased: bool = True) -> list[Array]:
    return std_mean_correction(x, None, int(unbiased))


def norm(x: Array, p: Number | None = 2, dim: Dims = None, keepdim: bool = False, *_: Any) -> Array:
    """`(sum |x|^p)^(1/p)`, a count of what is not zero for 0, an extreme for an infinite `p`."""
    axes, size = axes_of(x, dim), np.abs(x.astype(np.float64))
    order = 2.0 if p is None else float(p)
    if order == np.inf:
        return size.max(axes, keepdims=keepdim)
    if order == -np.inf:
        return size.min(axes, keepdims=keepdim)
    if order == 0:
        return (size != 0).sum(axes, keepdims=keepdim)
    return np.power(np.power(size, order).sum(axes, keepdims=keepdim), 1 / order)


def norm_dtype(x: Array, p: Number | None, _: str) -> Array:
    return norm(x, p)


def frobenius_norm(x: Array, dim: Dims, keepdim: bool = False) -> Array:
    return norm(x, 2, dim, keepdim)


def logsumexp(x: Array, dim: Dims, keepdim: bool = False) -> Array:
    axes, wide = axes_of(x, dim), x.astype(np.float64)
    top = wide.max(axes, keepdims=True)
    top = np.where(np.isinf(top), 0, top)
    found = np.log(np.exp(wide - top).sum(axes, keepdims=True)) + top
    return found if keepdim else found.squeeze(axes)


def dist(a: Array, b: Array, p: Number = 2) -> Array:
    return norm(a - b, p)


def cumsum(x: Array, dim: int, dtype: str | None = None) -> Array:
    return x if x.ndim == 0 else _wide(x, dtype).cumsum(dim)


def cumprod(x: Array, dim: int, dtype: str | None = None) -> Array:
    return x if x.ndim == 0 else _wide(x, dtype).cumprod(dim)


def logcumsumexp(x: Array, dim: int) -> Array:
    return np.logaddexp.accumulate(x.astype(np.float64), dim)


def _running(kind: np.ufunc) -> ArgumentsFunction:
    def running(x: Array, dim: int) -> list[Array]:
        """The extremes so far, and where the last of them is."""
        return [*running_extremes(kind, x, dim)]

    return running


def sort(x: Array, dim: int = -1, descending: bool = False) -> list[Array]:
    """Stable; a NaN is the largest."""
    if x.ndim == 0:
        return [x, np.asarray(0)]
    if descending:
        order = np.flip(x, dim).argsort(dim, kind="stable")
        order = x.shape[dim] - 1 - np.flip(order, dim)
    else:
        order = x.argsort(dim, kind="stable")
    return [np.take_along_axis(x, order, dim), order]


def sort_stable(
    x: Array, stable: bool | None, dim: int = -1, descending: bool = False
) -> list[Array]:
    del stable  # every one is
    return sort(x, dim, descending)


def argsort(x: Array, dim: int = -1, descending: bool = False) -> Array:
    return sort(x, dim, descending)[1]


def argsort_stable(x: Array, stable: bool, dim: int = -1, descending: bool = False) -> Array:
    del stable
    return argsort(x, dim, descending)


def msort(x: Array) -> Array:
    return np.sort(x, 0)


def topk(
    x: Array, k: int, dim: int = -1, largest: bool = True, in_order: bool = True
) -> list[Array]:
    del in_order  # they may be
    values, order = sort(x, dim, largest)
    if x.ndim == 0:
        return [values, order]
    return [np.take(values, range(k), dim), np.take(order, range(k), dim)]


def kthvalue(x: Array, k: int, dim: int = -1, keepdim: bool = False) -> list[Array]:
    if x.ndim == 0:
        return [x, np.asarray(0)]
    found = [np.take(part, [k - 1], dim) for part in sort(x, dim)]
    return found if keepdim else [part.squeeze(dim) for part in found]


def median_dim(x: Array, dim: int, keepdim: bool = False) -> list[Array]:
    """The lower of two."""
    return kthvalue(x, (x.shape[dim] + 1) // 2 if x.ndim else 1, dim, keepdim)


def median(x: Array) -> Array:
    return median_dim(x.reshape(-1), 0)[0]


def diff(
    x: Array, n: int = 1, dim: int = -1, before: Array | None = None, behind: Array | None = None
) -> Array:
    parts = [part for part in (before, x, behind) if part is not None]
    joined = np.concatenate(parts, dim)
    if joined.dtype != np.bool_:
        return np.diff(joined, n, dim)
    for _ in range(n):
        first, second = (
            np.take(joined, range(at, joined.shape[dim] - 1 + at), dim) for at in (0, 1)
        )
        joined = first ^ second
    return joined


def cosine_similarity(a: Array, b: Array, dim: int = 1, eps: float = 1e-08) -> Array:
    def size(x: Array) -> Array:
        return np.maximum(norm(x, 2, dim), eps)

    return (np.multiply(a, b).sum(dim)) / (size(a) * size(b))


def pairwise_distance(
    a: Array, b: Array, p: float = 2.0, eps: float = 1e-06, keepdim: bool = False
) -> Array:
    return norm(a - b + eps, p, -1, keepdim)


FUNCTIONS: dict[str, ArgumentsFunction] = {
    "_aminmax": aminmax,
    "_aminmax.dim": aminmax,
    "_is_all_true": all_,
    "_is_any_true": any_,
    "_logcumsumexp": logcumsumexp,
    "all": all_,
    "all.dim": all_,
    "all.dims": all_,
    "amax": amax,
    "amin": amin,
    "aminmax": aminmax,
    "any": any_,
    "any.dim": any_,
    "any.dims": any_,
    "argmax": argmax,
    "argmin": argmin,
    "argsort": argsort,
    "argsort.stable": argsort_stable,
    "cosine_similarity": cosine_similarity,
    "count_nonzero": count_nonzero,
    "count_nonzero.dim_IntList": count_nonzero,
    "cummax": _running(np.maximum),
    "cummin": _running(np.minimum),
    "cumprod": cumprod,
    "cumsum": cumsum,
    "diff": diff,
    "dist": dist,
    "frobenius_norm.dim": frobenius_norm,
    "kthvalue": kthvalue,
    "linalg_vector_norm": norm,
    "logcumsumexp": logcumsumexp,
    "logsumexp": logsumexp,
    "max": amax,
    "max.dim": max_dim,
    "mean": mean_all,
    "mean.dim": mean_dim,
    "median": median,
    "median.dim": median_dim,
    "min": amin,
    "min.dim": min_dim,
    "msort": msort,
    "nansum": nansum,
    "norm.Scalar": norm,
    "norm.ScalarOpt_dim": norm,
    "norm.ScalarOpt_dim_dtype": norm,
    "norm.ScalarOpt_dtype": norm_dtype,
    "pairwise_distance": pairwise_distance,
    "prod": prod_all,
    "prod.dim_int": prod_dim,
    "sort": sort,
    "sort.stable": sort_stable,
    "special_logsumexp": logsumexp,
    "std": std,
    "std.correction": std_correction,
    "std.dim": std_dim,
    "std_mean": std_mean,
    "std_mean.correction": std_mean_correction,
    "std_mean.dim": std_mean_dim,
    "sum": sum_all,
    "sum.dim_IntList": sum_dim,
    "topk": topk,
    "var": var,
    "var.correction": var_correction,
    "var.dim": var_dim,
    "var_mean": var_mean,
    "var_mean.correction": var_mean_correction,
    "var_mean.dim": var_mean_dim,
}
"""Functions of arguments by the operator and its overload."""
