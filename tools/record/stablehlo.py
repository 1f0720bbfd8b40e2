"""
Records what JAX computes: programs in StableHLO with inputs and outputs.

    python tools/record/stablehlo.py test/conversion/stablehlo_import/recorded

Needs JAX (tried with 0.10.2), and nothing of Stepwell. Each case is a function of arrays; its text
is what `jax.jit(f).lower(...).as_text()` prints, which has the operations of its author.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

jax: Any = import_module("jax")
jnp: Any = import_module("jax.numpy")
lax: Any = import_module("jax.lax")
export: Any = import_module("jax.export")

Case = tuple[str, Callable[..., Any], tuple[Any, ...]]

RANDOM = np.random.default_rng(7)
SPECIAL = np.array(
    [
        0.0,
        -0.0,
        1.0,
        -1.0,
        0.5,
        -0.5,
        1.5,
        -1.5,
        2.5,
        -2.5,
        0.1,
        3e38,
        -3e38,
        1e-3,
        np.inf,
        -np.inf,
        np.nan,
    ],
    np.float32,
)


def floats(*shape: int, dtype: Any = np.float32, low: float = -2, high: float = 2) -> np.ndarray:
    return np.asarray(RANDOM.uniform(low, high, shape)).astype(dtype)


def integers(*shape: int, dtype: Any = np.int32, low: int = -9, high: int = 9) -> np.ndarray:
    return np.asarray(RANDOM.integers(low, high, shape)).astype(dtype)


def elementwise() -> Iterator[Case]:
    usual = floats(13)
    positive = floats(13, low=0.01, high=4)
    inside = floats(13, low=-0.99, high=0.99)
    functions: dict[str, tuple[Callable[..., Any], tuple[Any, ...]]] = {
        "abs": (lax.abs, (SPECIAL,)),
        "cbrt": (lax.cbrt, (usual,)),
        "ceil": (lax.ceil, (SPECIAL,)),
        "cosine": (lax.cos, (usual,)),
        "exponential": (lax.exp, (usual,)),
        "exponential_minus_one": (lax.expm1, (usual,)),
        "floor": (lax.floor, (SPECIAL,)),
        "is_finite": (lax.is_finite, (SPECIAL,)),
        "log": (lax.log, (positive,)),
        "log_plus_one": (lax.log1p, (positive,)),
        "logistic": (lax.logistic, (usual,)),
        "negate": (lax.neg, (SPECIAL,)),
        "round_even": (lambda x: lax.round(x, lax.RoundingMethod.TO_NEAREST_EVEN), (SPECIAL,)),
        "round_away": (lambda x: lax.round(x, lax.RoundingMethod.AWAY_FROM_ZERO), (SPECIAL,)),
        "rsqrt": (lax.rsqrt, (positive,)),
        "sign": (lax.sign, (SPECIAL,)),
        "sine": (lax.sin, (usual,)),
        "sqrt": (lax.sqrt, (positive,)),
        "tan": (lax.tan, (inside,)),
        "tanh": (lax.tanh, (usual,)),
        "acos": (lax.acos, (inside,)),
        "acosh": (lax.acosh, (positive + 1,)),
        "asin": (lax.asin, (inside,)),
        "asinh": (lax.asinh, (usual,)),
        "atan": (lax.atan, (usual,)),
        "atanh": (lax.atanh, (inside,)),
        "cosh": (lax.cosh, (usual,)),
        "sinh": (lax.sinh, (usual,)),
        "erf": (lax.erf, (usual,)),
        "erfc": (lax.erfc, (floats(13, low=-3, high=5),)),
        "erf_inv": (lax.erf_inv, (inside,)),
        "lgamma": (lax.lgamma, (positive,)),
        "digamma": (lax.digamma, (positive,)),
        "square": (lax.square, (usual,)),
        "bessel_i1e": (lax.bessel_i1e, (usual,)),
        "atan2": (lax.atan2, (usual, positive)),
        "power": (lax.pow, (positive, usual)),
        "remainder": (lax.rem, (usual * 5, usual[::-1].copy())),
        "nextafter": (lax.nextafter, (usual, positive)),
        "polygamma": (
            lax.polygamma,
            (np.array([1, 2, 3], np.float32), np.array([0.5, 1.5, 3], np.float32)),
        ),
        "zeta": (
            lax.zeta,
            (np.array([1.5, 2, 3], np.float32), np.array([0.5, 1.5, 3], np.float32)),
        ),
        "clamp": (lambda x: lax.clamp(np.float32(-1), x, np.float32(1)), (SPECIAL,)),
        "clamp_arrays": (lax.clamp, (usual - 1, usual * 3, usual + 1)),
        "reduce_precision_e5m10": (lambda x: lax.reduce_precision(x, 5, 10), (SPECIAL,)),
        "reduce_precision_e8m7": (lambda x: lax.reduce_precision(x, 8, 7), (usual,)),
        "reduce_precision_e4m3": (lambda x: lax.reduce_precision(x, 4, 3), (usual,)),
        "select_scalar": (lambda p, x: lax.select(p, x, -x), (np.array(True), usual)),
        "select": (lambda x: lax.select(x > 0, x, -2 * x), (usual,)),
        "complex_parts": (
            lambda x, y: (lax.real(lax.complex(x, y)), lax.imag(lax.complex(x, y))),
            (usual, positive),
        ),
    }
    for name, (function, arguments) in functions.items():
        yield name, function, arguments
    yield from truths_and_casts(usual)


KINDS = (
    *("float16", "bfloat16", "float64", "int8", "int16", "int32", "int64"),
    *("uint8", "uint16", "uint32", "uint64"),
)
ARITHMETIC = ("add", "sub", "mul", "div", "max", "min", "rem")
COMPARISONS = ("eq", "ne", "lt", "le", "gt", "ge")
BITS = ("bitwise_and", "bitwise_or", "bitwise_xor")
SHIFTS = ("shift_left", "shift_right_arithmetic", "shift_right_logical")


def every(words: tuple[str, ...]) -> Callable[..., Any]:
    """Functions of JAX by name, all of the same operands."""
    return lambda *values: [getattr(lax, word)(*values) for word in words]


def types() -> Iterator[Case]:
    for kind in KINDS:
        dtype = jnp.dtype(kind)
        whole = dtype.kind in "iu"
        if whole:
            a = integers(17, dtype=dtype, low=0 if dtype.kind == "u" else -9)
            b = integers(17, dtype=dtype, low=1)
        else:
            a, b = floats(17, dtype=dtype), floats(17, dtype=dtype, low=0.5)
        yield f"arithmetic_{kind}", every(ARITHMETIC), (a, b)
        yield f"compare_{kind}", every(COMPARISONS), (a, b)
        others = ("float32", "int32", "uint8", "bool", "float16", "bfloat16")
        targets = [other for other in others if other != kind]
        yield (
            f"convert_{kind}",
            lambda x, to=targets: [lax.convert_element_type(x, t) for t in to],
            (a,),
        )
        if whole:
            by = integers(17, dtype=dtype, low=0, high=dtype.itemsize * 8 + 3)
            yield f"bits_{kind}", every(BITS), (a, b)
            yield f"shifts_{kind}", every(SHIFTS), (a, by)
            yield f"counts_{kind}", every(("bitwise_not", "population_count", "clz", "sign")), (a,)
        else:
            yield f"functions_{kind}", every(("exp", "tanh", "sqrt", "logistic", "erf")), (b,)


def truths_and_casts(usual: np.ndarray) -> Iterator[Case]:
    truths = RANDOM.integers(0, 2, (2, 9)).astype(bool)
    for word in ("bitwise_and", "bitwise_or", "bitwise_xor", "max", "min", "eq", "ne", "lt"):
        yield f"{word}_bool", getattr(lax, word), (truths[0], truths[1])
    yield "not_bool", lax.bitwise_not, (truths[0],)
    yield "convert_specials_int32", lambda x: lax.convert_element_type(x, "int32"), (SPECIAL,)
    yield "convert_specials_int8", lambda x: lax.convert_element_type(x, "int8"), (SPECIAL,)
    yield "convert_specials_bool", lambda x: lax.convert_element_type(x, "bool"), (SPECIAL,)
    yield "bitcast_f32_i32", lambda x: lax.bitcast_convert_type(x, "int32"), (SPECIAL,)
    yield "bitcast_f32_u8", lambda x: lax.bitcast_convert_type(x, "uint8"), (floats(3, 2),)
    yield "integer_pow", lambda x: lax.integer_pow(x, 3), (usual,)
    yield "pow_int", lambda x, y: x**y, (integers(9), integers(9, low=0, high=4))


def movement() -> Iterator[Case]:
    x = floats(2, 3, 4)
    yield "broadcast_leading", lambda a: lax.broadcast(a, (2, 3)), (floats(4),)
    yield "broadcast_in_dim", lambda a: lax.broadcast_in_dim(a, (2, 3, 4), (1,)), (floats(3),)
    yield "broadcast_one", lambda a: lax.broadcast_in_dim(a, (2, 3, 4), (0, 2)), (floats(2, 1),)
    yield "concatenate", lambda a, b: lax.concatenate([a, b, a], 1), (x, floats(2, 5, 4))
    yield "reshape", lambda a: lax.reshape(a, (4, 6)), (x,)
    yield "transpose", lambda a: lax.transpose(a, (2, 0, 1)), (x,)
    yield "reverse", lambda a: lax.rev(a, (0, 2)), (x,)
    yield "slice", lambda a: lax.slice(a, (0, 1, 0), (2, 3, 4), (1, 1, 2)), (x,)
    for kind in ("int32", "float32", "uint8", "bfloat16"):
        yield (
            f"iota_{kind}",
            lambda a, k=kind: a + lax.broadcasted_iota(k, (3, 5), 1),
            (np.zeros((3, 5), jnp.dtype(kind)),),
        )
    for start in (-3, 0, 1, 9):
        yield (
            f"dynamic_slice_{start}",
            lambda a, i: lax.dynamic_slice(a, (0, i, 1), (1, 2, 3)),
            (x, np.int32(start)),
        )
        yield (
            f"dynamic_update_slice_{start}",
            lambda a, u, i: lax.dynamic_update_slice(a, u, (i, 0, 1)),
            (floats(5, 3, 4), floats(2, 1, 3), np.int32(start)),
        )
    yield (
        "dynamic_update_whole_rows",
        lambda a, u, i: lax.dynamic_update_slice(a, u, (i, 0)),
        (floats(5, 3), floats(1, 3), np.int32(2)),
    )
    yield (
        "dynamic_update_two",
        lambda a, u, i, j: lax.dynamic_update_slice(a, u, (i, j)),
        (floats(5, 6), floats(2, 3), np.int32(2), np.int32(9)),
    )
    yield (
        "dynamic_update_constant",
        lambda a, u: lax.dynamic_update_slice(a, u, (1, 2)),
        (floats(5, 6), floats(2, 3)),
    )
    yield "pad", lambda a: lax.pad(a, np.float32(7), ((1, 2, 0), (0, 0, 0), (2, 0, 0))), (x,)
    yield (
        "pad_negative",
        lambda a: lax.pad(a, np.float32(7), ((1, -1, 0), (-1, 0, 0), (0, 3, 0))),
        (x,),
    )
    yield (
        "pad_interior",
        lambda a: lax.pad(a, np.float32(7), ((1, 0, 1), (0, 0, 2), (-1, 1, 1))),
        (x,),
    )
    yield (
        "pad_data",
        lambda a, v: lax.pad(a, v, ((1, 0, 1), (0, 2, 0), (0, 0, 0))),
        (x, np.float32(3)),
    )
    yield "pad_int", lambda a: lax.pad(a, np.int32(-1), ((1, 2, 1),)), (integers(4),)


def contraction() -> Iterator[Case]:
    def dot(dims: Any) -> Callable[..., Any]:
        return lambda a, b: lax.dot_general(a, b, dims)

    yield "dot_mm", dot((((1,), (0,)), ((), ()))), (floats(3, 4), floats(4, 5))
    yield "dot_mv", dot((((1,), (0,)), ((), ()))), (floats(3, 4), floats(4))
    yield "dot_vv", dot((((0,), (0,)), ((), ()))), (floats(4), floats(4))
    yield "dot_nt", dot((((1,), (1,)), ((), ()))), (floats(3, 4), floats(5, 4))
    yield "dot_tn", dot((((0,), (0,)), ((), ()))), (floats(4, 3), floats(4, 5))
    yield "dot_batched", dot((((2,), (1,)), ((0,), (0,)))), (floats(2, 3, 4), floats(2, 4, 5))
    yield (
        "dot_heads",
        dot((((3,), (3,)), ((0, 2), (0, 2)))),
        (floats(2, 3, 2, 4), floats(2, 5, 2, 4)),
    )
    yield "dot_two", dot((((1, 2), (0, 1)), ((), ()))), (floats(3, 4, 2), floats(4, 2, 5))
    yield "dot_outer", dot((((), ()), ((), ()))), (floats(3), floats(4))
    yield "dot_rank3", dot((((2,), (0,)), ((), ()))), (floats(2, 3, 4), floats(4, 5))
    yield (
        "dot_bf16",
        dot((((1,), (0,)), ((), ()))),
        (floats(3, 4, dtype=jnp.bfloat16), floats(4, 5, dtype=jnp.bfloat16)),
    )
    yield (
        "dot_i8_i32",
        lambda a, b: lax.dot(a, b, preferred_element_type=jnp.int32),
        (integers(3, 4, dtype=np.int8), integers(4, 5, dtype=np.int8)),
    )
    yield (
        "dot_bf16_f32",
        lambda a, b: lax.dot(a, b, preferred_element_type=jnp.float32),
        (floats(3, 4, dtype=jnp.bfloat16), floats(4, 5, dtype=jnp.bfloat16)),
    )
    yield (
        "einsum",
        lambda a, b: jnp.einsum("bqhd,bkhd->bhqk", a, b),
        (floats(1, 3, 2, 4), floats(1, 5, 2, 4)),
    )

    def conv(**options: Any) -> Callable[..., Any]:
        strides, padding = options.pop("strides", (1, 1)), options.pop("padding", [(0, 0), (0, 0)])
        options.setdefault("dimension_numbers", ("NHWC", "HWIO", "NHWC"))
        return lambda x, w: lax.conv_general_dilated(x, w, strides, padding, **options)

    image, filters = floats(2, 7, 6, 3), floats(3, 2, 3, 4)
    yield "conv", conv(), (image, filters)
    yield "conv_same", conv(padding="SAME", strides=(2, 2)), (image, filters)
    yield "conv_pads", conv(padding=[(1, 2), (0, 3)], strides=(2, 1)), (image, filters)
    yield "conv_negative_pads", conv(padding=[(-1, 2), (0, -1)]), (image, filters)
    yield "conv_dilated", conv(rhs_dilation=(2, 3)), (image, filters)
    yield "conv_transposed", conv(lhs_dilation=(2, 3), padding=[(1, 1), (1, 1)]), (image, filters)
    yield (
        "conv_transposed_more_pads",
        conv(lhs_dilation=(2, 2), padding=[(3, 4), (2, 1)]),
        (image, filters),
    )
    yield "conv_transposed_strided", conv(lhs_dilation=(2, 2), strides=(2, 1)), (image, filters)
    yield (
        "conv_transposed_groups",
        conv(lhs_dilation=(2, 1), feature_group_count=3),
        (image, floats(3, 2, 1, 6)),
    )
    yield "conv_groups", conv(feature_group_count=3), (image, floats(3, 2, 1, 6))
    yield "conv_depthwise", conv(feature_group_count=3), (image, floats(3, 2, 1, 3))
    yield "conv_batch_groups", conv(batch_group_count=2), (image, filters)
    yield (
        "conv_nchw",
        conv(dimension_numbers=("NCHW", "OIHW", "NCHW")),
        (floats(1, 3, 6, 5), floats(4, 3, 3, 3)),
    )
    yield (
        "conv_odd_numbers",
        conv(dimension_numbers=("CWNH", "IWOH", "WNHC")),
        (floats(3, 5, 2, 6), floats(3, 2, 4, 3)),
    )
    yield (
        "conv_1d",
        lambda x, w: lax.conv_general_dilated(
            x, w, (2,), "SAME", dimension_numbers=("NWC", "WIO", "NWC")
        ),
        (floats(2, 9, 3), floats(3, 3, 4)),
    )
    yield (
        "conv_3d",
        lambda x, w: lax.conv_general_dilated(x, w, (1, 1, 1), "VALID"),
        (floats(1, 2, 4, 4, 4), floats(3, 2, 2, 2, 2)),
    )
    yield "conv_transpose", lambda x, w: lax.conv_transpose(x, w, (2, 2), "SAME"), (image, filters)
    yield "fft", lambda a: jnp.abs(jnp.fft.fft(a)), (floats(2, 8),)
    yield "rfft", lambda a: jnp.real(jnp.fft.rfft(a)), (floats(2, 8),)
    yield "irfft", lambda a: jnp.fft.irfft(jnp.fft.rfft(a)), (floats(2, 8),)


def reduction() -> Iterator[Case]:
    x = floats(3, 4, 5)
    for axes in ((0,), (1, 2), (0, 1, 2), ()):
        name = "".join(map(str, axes))
        yield f"reduce_sum_{name}", lambda a, n=axes: lax.reduce(a, np.float32(0), lax.add, n), (x,)
    yield "reduce_prod", lambda a: jnp.prod(a, 1), (x,)
    yield "reduce_max", lambda a: jnp.max(a, 1), (x,)
    yield "reduce_min", lambda a: jnp.min(a, 0), (x,)
    yield "reduce_init", lambda a: lax.reduce(a, np.float32(3), lax.add, (1,)), (x,)
    yield "reduce_any", lambda a: jnp.any(a > 1.9, 1), (x,)
    yield "reduce_all", lambda a: jnp.all(a > -1.5, 1), (x,)
    yield (
        "reduce_pair",
        lambda a: lax.reduce(
            (a, a), (np.float32(0), np.float32(1)), lambda s, v: (s[0] + v[0], s[1] * v[1]), (0,)
        ),
        (x,),
    )
    yield (
        "reduce_general",
        lambda a: lax.reduce(a, np.float32(-1e9), lambda s, v: jnp.logaddexp(s, v), (1,)),
        (x,),
    )
    for kind in ("int32", "int8", "uint8", "bfloat16", "float16", "float64"):
        a = integers(3, 4, dtype=jnp.dtype(kind), low=0, high=5)
        yield (
            f"reduce_sum_{kind}",
            lambda v, k=kind: lax.reduce(v, np.zeros((), jnp.dtype(k)), lax.add, (1,)),
            (a,),
        )
        yield f"reduce_max_{kind}", lambda v: jnp.max(v, 0), (a,)
    ties = integers(4, 6, dtype=np.float32, low=0, high=3)
    with_nan = ties.copy()
    with_nan[1, 3] = with_nan[2, 1] = with_nan[2, 4] = np.nan
    for name, a in (("ties", ties), ("nan", with_nan), ("int", integers(4, 6))):
        yield f"argmax_{name}", lambda v: jnp.argmax(v, 1), (a,)
        yield f"argmin_{name}", lambda v: jnp.argmin(v, 0), (a,)
    yield "argmax_whole", lambda v: jnp.argmax(v), (ties,)
    image = floats(2, 7, 6, 3)

    def window(
        operation: Any, init: float, size: Any, strides: Any, padding: Any, **options: Any
    ) -> Callable[..., Any]:
        return lambda a: lax.reduce_window(
            a, a.dtype.type(init), operation, size, strides, padding, **options
        )

    yield "max_pool", window(lax.max, -np.inf, (1, 2, 2, 1), (1, 2, 2, 1), "VALID"), (image,)
    yield "max_pool_same", window(lax.max, -np.inf, (1, 3, 3, 1), (1, 2, 2, 1), "SAME"), (image,)
    yield (
        "max_pool_dilated",
        window(lax.max, -np.inf, (1, 2, 2, 1), (1, 1, 1, 1), "VALID", window_dilation=(1, 2, 3, 1)),
        (image,),
    )
    yield "min_pool", window(lax.min, np.inf, (1, 2, 3, 1), (1, 2, 2, 1), "SAME"), (image,)
    yield "sum_pool", window(lax.add, 0, (1, 2, 2, 1), (1, 2, 2, 1), "SAME"), (image,)
    yield "sum_pool_nchw", window(lax.add, 0, (1, 1, 3, 2), (1, 1, 1, 2), "VALID"), (image,)
    yield (
        "sum_pool_base",
        window(lax.add, 0, (1, 2, 2, 1), (1, 1, 1, 1), "VALID", base_dilation=(1, 2, 1, 1)),
        (image,),
    )
    yield (
        "max_pool_int",
        window(lax.max, -99, (1, 2, 2, 1), (1, 2, 2, 1), "VALID"),
        (integers(1, 4, 4, 2),),
    )
    yield "sum_pool_int", window(lax.add, 0, (2, 2), (1, 1), "SAME"), (integers(4, 5),)
    yield "max_pool_init", window(lax.max, 0, (1, 2, 2, 1), (1, 2, 2, 1), "VALID"), (image,)
    yield "window_1d", window(lax.max, -np.inf, (3,), (2,), "SAME"), (floats(11),)
    for word in ("cumsum", "cumprod", "cummax", "cummin", "cumlogsumexp"):
        yield word, lambda a, w=word: getattr(lax, w)(a, axis=1), (floats(3, 7),)
        yield (
            f"{word}_reverse",
            lambda a, w=word: getattr(lax, w)(a, axis=0, reverse=True),
            (floats(5, 2),),
        )
    yield (
        "select_and_scatter",
        jax.grad(
            lambda a: (
                lax.reduce_window(a, -np.inf, lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID") ** 2
            ).sum()
        ),
        (floats(1, 4, 4, 2),),
    )
    yield "sort", lambda a: jnp.sort(a, 1), (with_nan,)
    yield "sort_axis0", lambda a: jnp.sort(a, 0), (ties,)
    yield "sort_descending", lambda a: jnp.sort(a, 1, descending=True), (ties,)
    yield "sort_int", lambda a: jnp.sort(a), (integers(4, 7),)
    yield "sort_u8", lambda a: jnp.sort(a), (integers(9, dtype=np.uint8, low=0),)
    yield "argsort", lambda a: jnp.argsort(a, 1), (ties,)
    yield "argsort_descending", lambda a: jnp.argsort(a, descending=True), (ties,)
    yield "sort_pairs", lambda a, b: lax.sort((a, b), dimension=1, num_keys=1), (ties, floats(4, 6))
    yield (
        "sort_two_keys",
        lambda a, b: lax.sort((a, b), dimension=1, num_keys=2),
        (ties, floats(4, 6)),
    )
    yield "top_k", lambda a: lax.top_k(a, 3), (ties,)
    yield "top_k_nan", lambda a: lax.top_k(a, 2)[0], (with_nan,)
    yield "top_k_int", lambda a: lax.top_k(a, 2), (integers(3, 7),)


def indexing() -> Iterator[Case]:
    x, rows = floats(6, 4, 3), np.array([[0, 5], [-1, 9]], np.int32)
    yield "take", lambda a, i: a[i], (x, np.array([1, 0, 5], np.int32))
    yield "take_clip", lambda a, i: jnp.take(a, i, axis=1, mode="clip"), (x, rows)
    yield "take_fill", lambda a, i: jnp.take(a, i, axis=0, mode="fill"), (x, rows)
    yield (
        "take_along",
        lambda a, i: jnp.take_along_axis(a, i, 1),
        (x, integers(6, 2, 3, low=0, high=4)),
    )
    yield (
        "index_pair",
        lambda a, i, j: a[i, j],
        (x, np.array([0, 3, 5], np.int32), np.array([1, 2, 3], np.int32)),
    )
    yield (
        "index_ends",
        lambda a, i, j: a[i, :, j],
        (x, np.array([0, 3, 5], np.int32), np.array([1, 2, 0], np.int32)),
    )
    yield "embedding", lambda a, i: a[i], (floats(10, 5), integers(2, 3, low=0, high=10))
    yield "scalar_index", lambda a, i: a[i], (x, np.int32(2))
    yield (
        "windows",
        lambda a, i: jax.vmap(lambda k: lax.dynamic_slice(a, (k, 0, 1), (2, 4, 2)))(i),
        (x, np.array([0, 3, 9], np.int32)),
    )
    yield (
        "batched_slice",
        jax.vmap(lambda a, k: lax.dynamic_slice(a, (k, 0), (2, 3))),
        (x, np.array([0, 3, 9, 1, 2, -4], np.int32)),
    )
    yield "batched_take", jax.vmap(lambda a, i: a[i]), (x, integers(6, 2, low=0, high=4))
    yield "index_u8", lambda a, i: jnp.take(a, i, axis=0), (x, np.array([1, 4], np.uint8))
    for word in ("set", "add", "multiply", "min", "max"):
        yield (
            f"scatter_{word}",
            lambda a, i, u, w=word: getattr(a.at[i], w)(u),
            (x, np.array([1, 4], np.int32), floats(2, 4, 3)),
        )
        yield (
            f"scatter_out_{word}",
            lambda a, i, u, w=word: getattr(a.at[i], w)(u),
            (x, np.array([17, 4], np.int32), floats(2, 4, 3)),
        )
    yield (
        "scatter_add_twice",
        lambda a, i, u: a.at[i].add(u),
        (x, np.array([1, 1, 1], np.int32), floats(3, 4, 3)),
    )
    yield (
        "scatter_pair",
        lambda a, i, j, u: a.at[i, j].set(u),
        (x, np.array([0, 3], np.int32), np.array([1, 2], np.int32), floats(2, 3)),
    )
    yield (
        "scatter_column",
        lambda a, j, u: a.at[:, j].add(u),
        (x, np.array([1, 2], np.int32), floats(6, 2, 3)),
    )
    yield (
        "scatter_ends",
        lambda a, i, j, u: a.at[i, :, j].set(u),
        (x, np.array([0, 3], np.int32), np.array([1, 2], np.int32), floats(2, 4)),
    )
    yield "scatter_scalar", lambda a, i, u: a.at[i].set(u), (floats(7), np.int32(3), np.float32(5))
    yield (
        "scatter_mask",
        lambda a, i: a.at[i].set(True),
        (np.zeros(7, bool), np.array([1, 4], np.int32)),
    )
    yield (
        "batched_scatter",
        jax.vmap(lambda a, i, u: a.at[i].add(u)),
        (x, integers(6, 2, low=0, high=4), floats(6, 2, 3)),
    )
    yield "one_hot", lambda i: jax.nn.one_hot(i, 5), (np.array([0, 4, 2], np.int32),)
    yield (
        "segment_sum",
        lambda a, i: jax.ops.segment_sum(a, i, 4),
        (floats(6, 2), np.array([0, 1, 1, 3, 3, 3], np.int32)),
    )
    yield (
        "scatter_apply",
        lambda a, i: a.at[i].apply(jnp.sin),
        (floats(7), np.array([1, 4], np.int32)),
    )


def control() -> Iterator[Case]:
    x = floats(4)
    for flag in (True, False):
        yield (
            f"cond_{flag}",
            lambda p, a: lax.cond(p, lambda v: v + 1, lambda v: v * 2, a),
            (np.array(flag), x),
        )
    for at in (-1, 0, 1, 2, 7):
        yield (
            f"switch_{at}",
            lambda i, a: lax.switch(i, [lambda v: v + 1, lambda v: v * 2, lambda v: v - 3], a),
            (np.int32(at), x),
        )
    yield (
        "scan",
        lambda a: lax.scan(lambda c, v: (c + v, jnp.tanh(c)), np.zeros(3, np.float32), a),
        (floats(5, 3),),
    )
    yield (
        "scan_long",
        lambda a: lax.scan(lambda c, v: (0.9 * c + v, jnp.tanh(c)), np.zeros(3, np.float32), a),
        (floats(40, 3),),
    )
    yield (
        "scan_reverse",
        lambda a: lax.scan(lambda c, v: (0.5 * c + v, c), np.zeros(3, np.float32), a, reverse=True),
        (floats(40, 3),),
    )
    yield "fori", lambda a: lax.fori_loop(0, 4, lambda i, c: c * 1.5 + i, a), (x,)
    yield "while", lambda a: lax.while_loop(lambda c: c.sum() < 30, lambda c: c * 1.5 + 1, a), (x,)
    yield (
        "while_count",
        lambda n, a: lax.while_loop(
            lambda s: s[0] < n, lambda s: (s[0] + 1, jnp.sin(s[1])), (np.int32(0), a)
        )[1],
        (np.int32(6), x),
    )
    yield "while_none", lambda a: lax.while_loop(lambda c: c.sum() > 1e9, lambda c: c + 1, a), (x,)
    yield (
        "nested_scan",
        lambda a: lax.scan(
            lambda c, v: (lax.fori_loop(0, 3, lambda i, w: w * 0.5 + v, c), c),
            np.zeros(3, np.float32),
            a,
        )[0],
        (floats(5, 3),),
    )
    yield "map", lambda a: lax.map(lambda v: jnp.sort(v), a), (floats(4, 5),)
    yield "composite", lambda a: lax.composite(lambda y: jnp.sin(y), "my.sin")(a), (x,)
    yield "barrier", lambda a: lax.optimization_barrier(a * 2) + 1, (x,)
    yield "threefry_normal", lambda k: jax.random.normal(k, (3, 5)), (np.array([1, 2], np.uint32),)
    yield "threefry_bits", lambda k: jax.random.bits(k, (7,)), (np.array([3, 4], np.uint32),)
    yield (
        "threefry_uniform",
        lambda k: jax.random.uniform(jax.random.split(k)[1], (6,)),
        (np.array([5, 6], np.uint32),),
    )
    for word in ("THREE_FRY", "DEFAULT"):
        for kind in ("uint32", "uint8"):
            yield (
                f"bits_{word}_{kind}",
                lambda k, a=word, d=kind: lax.rng_bit_generator(
                    k, (7,), d, algorithm=getattr(lax.RandomAlgorithm, f"RNG_{a}")
                ),
                (np.array([1, 2, 3, 4], np.uint32),),
            )
    yield "random_choice", lambda k: jax.random.permutation(k, 6), (np.array([5, 6], np.uint32),)


def mlp() -> Case:
    w, v = floats(8, 16), floats(16, 4)
    b = floats(16)
    return "mlp", lambda x: jax.nn.softmax(jax.nn.relu(x @ w + b) @ v), (floats(3, 8),)


def cnn() -> Case:
    k, m, v = floats(3, 3, 3, 8), floats(3, 3, 8, 8), floats(8, 5)
    scale, shift = floats(8, low=0.5), floats(8)

    def run(x: Any) -> Any:
        numbers = ("NHWC", "HWIO", "NHWC")
        y = lax.conv_general_dilated(x, k, (1, 1), "SAME", dimension_numbers=numbers)
        y = jax.nn.relu(y * scale + shift)
        y = lax.reduce_window(y, -jnp.inf, lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "SAME")
        y = jax.nn.gelu(lax.conv_general_dilated(y, m, (2, 2), "SAME", dimension_numbers=numbers))
        return jax.nn.log_softmax(y.mean((1, 2)) @ v)

    return "cnn", run, (floats(2, 8, 8, 3),)


def attention() -> Case:
    wq, wk, wv, wo = (floats(8, 8) for _ in range(4))

    def run(x: Any) -> Any:
        b, s, d = x.shape
        q, k, v = ((x @ w).reshape(b, s, 2, d // 2) for w in (wq, wk, wv))
        scores = jnp.einsum("bqhd,bkhd->bhqk", q, k) / 2.0
        mask = jnp.tril(jnp.ones((s, s), bool))
        weights = jax.nn.softmax(jnp.where(mask, scores, -1e9))
        y = jnp.einsum("bhqk,bkhd->bqhd", weights, v).reshape(b, s, d) @ wo
        y = x + y
        mean = y.mean(-1, keepdims=True)
        return (y - mean) * lax.rsqrt(((y - mean) ** 2).mean(-1, keepdims=True) + 1e-5)

    return "attention", run, (floats(2, 5, 8),)


def lstm() -> Case:
    wx, wh, b = floats(4, 24), floats(6, 24), floats(24)

    def run(xs: Any) -> Any:
        def cell(state: Any, x: Any) -> Any:
            h, c = state
            i, f, g, o = jnp.split(x @ wx + h @ wh + b, 4, axis=-1)
            c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
            h = jax.nn.sigmoid(o) * jnp.tanh(c)
            return (h, c), h

        start = jnp.zeros((xs.shape[1], 6))
        return lax.scan(cell, (start, start), xs)

    return "lstm", run, (floats(20, 2, 4),)


def top_k() -> Case:
    w = floats(8, 12)
    return "top_k", lambda x: lax.top_k(x @ w, 3), (floats(4, 8),)


FAMILIES = (elementwise, types, movement, contraction, reduction, indexing, control)
PROGRAMS = (mlp, cnn, attention, lstm, top_k)
OPEN = {
    "mlp": "b, 8",
    "cnn": "b, 8, 8, 3",
    "attention": "b, s, 8",
    "lstm": "20, b, 4",
    "top_k": "b, 8",
}


PLACES = ".*/(?=tools/record/)"
"""What locations of a program do not keep: where this repository lies."""


def main(folder: Path) -> None:
    jax.config.update("jax_hlo_source_file_canonicalization_regex", PLACES)
    save: Any = np.savez_compressed
    folder.mkdir(parents=True, exist_ok=True)
    for family in FAMILIES:
        jax.config.update("jax_enable_x64", family in (elementwise, types, reduction))
        found: dict[str, np.ndarray] = {}
        for name, function, arguments in family():
            record(found, name, function, arguments)
        save(folder / f"{family.__name__}.npz", **found)
    jax.config.update("jax_enable_x64", False)
    for make in PROGRAMS:
        name, function, arguments = make()
        values: dict[str, np.ndarray] = {}
        record(values, name, function, arguments)
        jitted = jax.jit(function)
        fixed = export.export(jitted)(*arguments)
        scope = export.SymbolicScope()
        shape = export.symbolic_shape(OPEN[name], scope=scope)
        opened = export.export(jitted)(jax.ShapeDtypeStruct(shape, arguments[0].dtype))
        (folder / f"{name}.mlirbc").write_bytes(fixed.mlir_module_serialized)
        (folder / f"{name}.jaxexport").write_bytes(opened.serialize())
        values[f"{name}/open_text"] = np.frombuffer(str(opened.mlir_module()).encode(), np.uint8)
        save(folder / f"{name}.npz", **values)


def record(found: dict[str, np.ndarray], name: str, function: Any, arguments: Any) -> None:
    """Text, inputs and outputs of a case; what has no numpy dtype goes as its bits."""
    jitted = jax.jit(function)
    text = jitted.lower(*arguments).as_text()
    outputs = jax.tree.leaves(jitted(*arguments))
    found[f"{name}/text"] = np.frombuffer(text.encode(), np.uint8)
    for kind, values in (("in", arguments), ("out", outputs)):
        for at, value in enumerate(values):
            array = np.asarray(value)
            if array.dtype == jnp.bfloat16:
                found[f"{name}/{kind}{at}/bfloat16"] = array.view(np.uint16)
            else:
                found[f"{name}/{kind}{at}"] = array


if __name__ == "__main__":
    main(Path(sys.argv[1]))
