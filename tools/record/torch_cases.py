"""The calls of torch's operators that are recorded, by the operator and its overload."""

from __future__ import annotations

from typing import Any

import numpy as np

from .torch_draws import (
    Case,
    booleans,
    case,
    complexes,
    distinct,
    doubles,
    fixed,
    floats,
    halves,
    increasing,
    indices,
    integers,
    permuted,
    positive,
    special,
)

_X = floats(3, 4)
_BYTES: dict[str, Any] = {"low": 0, "high": 200, "dtype": np.uint8}
_I8: dict[str, Any] = {"low": -128, "high": 128, "dtype": np.int8}

_ON_REALS = """abs absolute ceil fix floor frac neg negative positive round sgn sign square trunc
    relu relu6 selu silu mish hardsigmoid hardswish log_sigmoid"""
_OF_REALS = """arcsinh asinh arctan atan cos cosh deg2rad erf erfc exp exp2 expm1 rad2deg sigmoid
    sin sinc sinh tan tanh special_erf special_erfc special_exp2 special_expit special_expm1
    special_sinc"""
_OF_POSITIVE = """log log10 log1p log2 reciprocal rsqrt sqrt special_log1p lgamma"""
_OF_UNIT = """acos arccos asin arcsin atanh arctanh"""
_TESTS = """isfinite isinf isnan isneginf isposinf logical_not signbit nan_to_num"""
_IDENTITIES = """alias clone contiguous conj conj_physical detach lift lift_fresh lift_fresh_copy
    resolve_conj resolve_neg real"""


def _each(names: str, *cases: Case) -> dict[str, list[Case]]:
    return {name: list(cases) for name in names.split()}


_UNARY = {
    **_each(_ON_REALS, case(special(7)), case(floats(2, 3, scale=3))),
    **_each(_OF_REALS, case(special(7)), case(floats(2, 3)), case(integers(4))),
    **_each(_OF_POSITIVE, case(positive(2, 3)), case(special(6))),
    **_each(_OF_UNIT, case(positive(5, least=-1, most=1)), case(integers(3, low=0, high=2))),
    **_each("acosh arccosh", case(positive(5, least=1, most=9))),
    **_each(_TESTS, case(special(7)), case(floats(2, 3))),
    **_each(_IDENTITIES, case(_X), case(integers(3))),
    **_each("isfinite isinf isnan", case(integers(3))),
    "abs": [case(special(7)), case(integers(4)), case(halves(5))],
    "neg": [case(special(7)), case(integers(4)), case(halves(5)), case(integers(3, **_I8))],
    "sign": [case(special(7)), case(integers(4)), case(booleans(3))],
    "exp": [case(special(7)), case(halves(5)), case(doubles(3)), case(integers(3))],
    "logit": [case(positive(5, least=0.1, most=0.9)), case(positive(5, least=-1, most=2), 0.1)],
    "special_logit": [case(positive(5, least=0.1, most=0.9))],
    "bitwise_not": [case(integers(4)), case(booleans(4)), case(integers(3, **_BYTES))],
    "logical_not": [case(special(6)), case(integers(4)), case(booleans(4))],
    "nan_to_num": [case(special(7)), case(special(7), 1.5, 2.0, -3.0)],
    "round.decimals": [case(floats(5), decimals=1), case(floats(5, scale=99), decimals=-1)],
    "log_sigmoid_forward": [case(floats(3, 2))],
    "square": [case(floats(3)), case(integers(3))],
    "sgn": [case(floats(4)), case(integers(4))],
}

_PAIRS = (
    case(_X, floats(4)),
    case(floats(2, 1), floats(1, 3)),
    case(integers(4), floats(4)),
    case(integers(4), integers(4, low=1)),
)
_FLOAT_PAIRS = (case(_X, floats(4)), case(floats(2, 1), floats(1, 3)))
_SPECIAL_PAIRS = (case(special(3, 5), special(5)), case(integers(4), integers(4)))


def _overloads(names: str, right: Any, *pairs: Case) -> dict[str, list[Case]]:
    """By a tensor, and by numbers of all kinds."""
    found: dict[str, list[Case]] = {}
    for name in names.split():
        found[f"{name}.Tensor"] = list(pairs)
        found[f"{name}.Scalar"] = [case(_X, 1.5), case(integers(4), right), case(_X, right)]
    return found


_MODES = [
    *(case(floats(6, scale=4), floats(6), rounding_mode=m) for m in ("floor", "trunc", None)),
    *(
        case(integers(6), fixed([1, -2, 3, -1, 2, -3], np.int64), rounding_mode=m)
        for m in ("floor", "trunc", None)
    ),
]
_SCALAR_MODES = [
    *(case(floats(6, scale=4), 1.5, rounding_mode=m) for m in ("floor", "trunc", None)),
    *(case(integers(6), -2, rounding_mode=m) for m in ("floor", "trunc", None)),
]
_BITS = (
    case(integers(2, 3), integers(3)),
    case(booleans(4), booleans(4)),
    case(integers(4, **_BYTES), integers(4, **_BYTES)),
)
_NONZERO = fixed([1, -2, 3, -1], np.int64)

_BINARY = {
    **_overloads("add sub mul rsub", 2, *_PAIRS),
    **_overloads("subtract multiply", 2, *_FLOAT_PAIRS),
    **_overloads("div divide true_divide", 2, case(_X, positive(4)), case(integers(4), _NONZERO)),
    "add.Tensor": [
        *_PAIRS,
        case(_X, _X, alpha=2),
        case(integers(3), integers(3), alpha=3),
        case(booleans(4), booleans(4)),
        case(halves(4), halves(4)),
        case(integers(4, **_BYTES), integers(4, **_BYTES)),
    ],
    "sub.Tensor": [*_PAIRS, case(_X, _X, alpha=0.5)],
    "add.Scalar": [case(_X, 1.5), case(integers(4), 2, 3), case(integers(4), 1.5)],
    "rsub.Scalar": [case(_X, 1.5, 2), case(integers(4), 2)],
    **{f"{n}.Tensor_mode": _MODES for n in ("div", "divide")},
    **{f"{n}.Scalar_mode": _SCALAR_MODES for n in ("div", "divide")},
    **_overloads("remainder", 3, case(floats(6, scale=5), floats(6)), case(integers(4), _NONZERO)),
    **_overloads("fmod", 3, case(floats(6, scale=5), floats(6)), case(integers(4), _NONZERO)),
    "remainder.Scalar_Tensor": [case(7, fixed([2, 3, -4], np.int64)), case(2.5, positive(3))],
    "floor_divide": [case(floats(6, scale=4), positive(6)), case(integers(4), _NONZERO)],
    "floor_divide.Scalar": [case(floats(6, scale=4), 1.5), case(integers(4), -2)],
    "pow.Tensor_Scalar": [
        *(case(positive(4), p) for p in (2, 3, 0.5, -1, 1, 0, 2.5, -2)),
        case(integers(4), 2),
        case(integers(4), 3),
        case(floats(4), 3),
    ],
    "pow.Tensor_Tensor": [
        case(positive(4), floats(4)),
        case(floats(4), integers(4, low=0)),
        case(integers(4), integers(4, low=0, high=4)),
    ],
    "pow.Scalar": [case(2, floats(4)), case(2.5, floats(4)), case(3, integers(4, low=0, high=4))],
    "float_power.Tensor_Scalar": [case(positive(3), 2.5), case(integers(3, low=1), 2)],
    "float_power.Tensor_Tensor": [case(positive(3), floats(3))],
    "float_power.Scalar": [case(2.0, floats(3))],
    **_overloads("eq ne lt le gt ge", 1, *_SPECIAL_PAIRS, case(integers(4), floats(4))),
    **_overloads("not_equal less less_equal greater greater_equal", 1, *_SPECIAL_PAIRS),
    **_each("maximum minimum max.other min.other fmax fmin", *_SPECIAL_PAIRS),
    **_each("atan2 arctan2 hypot logaddexp logaddexp2", *_FLOAT_PAIRS),
    "atan2": [*_FLOAT_PAIRS, case(integers(4), _NONZERO)],
    **_each("copysign.Tensor nextafter", case(special(7), floats(7))),
    "copysign.Scalar": [case(special(7), -1.0), case(floats(3), 2)],
    **_each(
        "logical_and logical_or logical_xor",
        case(booleans(4), booleans(4)),
        case(floats(2, 3), integers(3, low=0, high=2)),
    ),
    **_each("bitwise_and.Tensor bitwise_or.Tensor bitwise_xor.Tensor", *_BITS),
    **_each("bitwise_and.Scalar bitwise_or.Scalar bitwise_xor.Scalar", case(integers(4), 6)),
    **_each(
        "bitwise_and.Scalar_Tensor bitwise_or.Scalar_Tensor bitwise_xor.Scalar_Tensor",
        case(6, integers(4)),
    ),
    **_each(
        "bitwise_left_shift.Tensor bitwise_right_shift.Tensor",
        case(integers(4), integers(4, low=0, high=5)),
    ),
    **_each(
        "bitwise_left_shift.Tensor_Scalar bitwise_right_shift.Tensor_Scalar", case(integers(4), 2)
    ),
    **_each("gcd lcm", case(integers(4, low=1, high=20), integers(4, low=1, high=20))),
    "heaviside": [case(fixed([-1.5, 0, 2]), floats(3))],
    "ldexp.Tensor": [case(floats(4), integers(4))],
    **_each("xlogy.Tensor special_xlogy special_xlog1py", case(fixed([0, 1, 2.5]), positive(3))),
    **_each(
        "xlogy.Scalar_Other special_xlogy.other_scalar special_xlog1py.other_scalar",
        case(fixed([0, 1, 2.5]), 2.0),
    ),
    **_each(
        "xlogy.Scalar_Self special_xlogy.self_scalar special_xlog1py.self_scalar",
        case(1.5, positive(3)),
    ),
    "isclose": [
        case(fixed([1, 2, np.nan]), fixed([1.000001, 2.1, np.nan])),
        case(fixed([1, np.nan]), fixed([1.05, np.nan]), 0.1, 0.01, True),
    ],
    "allclose": [case(fixed([1, 2]), fixed([1, 2.0000001])), case(floats(3), floats(3))],
    "equal": [case(fixed([1, 2]), fixed([1, 2])), case(floats(3), floats(3))],
}

_TERNARY = {
    "addcmul": [case(_X, floats(4), floats(3, 1)), case(_X, _X, _X, value=0.5)],
    "addcdiv": [case(_X, floats(4), positive(3, 1)), case(_X, _X, positive(3, 4), value=2)],
    **_each(
        "clamp clip",
        case(special(7), -0.5, 0.5),
        case(_X, None, 0.25),
        case(_X, 0),
        case(integers(6), -2, 3),
        case(integers(5), 0.5),
    ),
    **_each("clamp.Tensor clip.Tensor", case(_X, floats(4), None), case(_X, fixed(-1), fixed(0.5))),
    "clamp_max": [case(_X, 0.5), case(integers(4), 2)],
    "clamp_min": [case(_X, 0.5), case(integers(4), 2)],
    "clamp_max.Tensor": [case(_X, floats(4))],
    "clamp_min.Tensor": [case(_X, floats(4))],
    "lerp.Scalar": [case(_X, _X, 0.25), case(_X, _X, 0.75)],
    "lerp.Tensor": [case(_X, _X, positive(4, least=0, most=1))],
    "masked_fill.Scalar": [
        case(_X, booleans(4), -np.inf),
        case(integers(4), booleans(4), 7),
        case(_X, booleans(3, 4), 2),
    ],
    "masked_fill.Tensor": [case(_X, booleans(3, 1), fixed(1.5))],
    "where.self": [case(booleans(3, 1), _X, floats(4)), case(booleans(4), integers(4), floats(4))],
    "where.Scalar": [case(booleans(4), 1, 2), case(booleans(4), 1.5, -2.0)],
    "where.ScalarOther": [case(booleans(4), floats(4), 0.5)],
    "where.ScalarSelf": [case(booleans(4), 0.5, floats(4))],
}

_ACTIVATIONS = {
    **_each("_softmax _log_softmax", case(_X, -1, False), case(floats(2, 3, 4), 1, False)),
    **_each(
        "softmax.int log_softmax.int special_softmax special_log_softmax",
        case(_X, -1),
        case(floats(2, 3, 4), 0),
    ),
    "softmax.int": [
        case(_X, -1),
        case(floats(2, 3, 4), 0),
        case(halves(2, 3), -1),
        case(_X, 1, "float64"),
        case(special(2, 6), -1),
    ],
    "_safe_softmax": [case(fixed([[1, 2, -np.inf], [-np.inf] * 3]), -1)],
    "_prelu_kernel": [case(_X, floats(1, 4))],
    "prelu": [case(floats(2, 3, 4), floats(3)), case(_X, floats(1))],
    "celu": [case(floats(6)), case(floats(6), 0.5)],
    "elu": [case(floats(6)), case(floats(6), 0.5, 2.0, 1.5)],
    "gelu": [case(floats(6)), case(floats(6), approximate="tanh"), case(halves(6))],
    "glu": [case(floats(2, 6)), case(floats(4, 3), 0)],
    "hardshrink": [case(floats(6)), case(special(6), 0.25)],
    "softshrink": [case(floats(6)), case(special(6), 0.25)],
    "hardtanh": [case(floats(6, scale=2)), case(special(6), 0.0, 6.0)],
    "leaky_relu": [case(floats(6)), case(special(6), 0.2)],
    "softplus": [case(floats(6, scale=9)), case(floats(6), 2.0, 1.0)],
    "threshold": [case(floats(6), 0.25, -3.0)],
}

_DIMS = (case(_X, [1]), case(floats(2, 3, 4), [0, 2], True), case(_X, [-1], True))
_DIM = (case(_X, 1), case(floats(2, 3, 4), 0, True), case(_X, -1))


def _with_dims(name: str, *more: Case) -> dict[str, list[Case]]:
    return {name: [*_DIMS, *more]}


_REDUCTIONS = {
    **_each("sum mean", case(_X), case(_X, dtype="float64"), case(halves(3, 4))),
    "prod": [case(_X), case(integers(4, low=1, high=4))],
    "sum": [
        case(_X),
        case(_X, dtype="float64"),
        case(halves(3, 4)),
        case(integers(4)),
        case(booleans(5)),
        case(integers(3, low=0, high=5, dtype=np.int32)),
    ],
    **_with_dims(
        "sum.dim_IntList",
        case(booleans(2, 3), [0]),
        case(_X, None),
        case(integers(2, 3), [1], dtype="float32"),
        case(_X, []),
    ),
    **_with_dims("mean.dim", case(_X, None), case(integers(2, 3), [1], dtype="float32")),
    **_with_dims("nansum", case(special(2, 5), [1])),
    "prod.dim_int": [*_DIM, case(integers(2, 3), 1)],
    **_each("amax amin", *_DIMS, case(special(2, 6), [1]), case(_X), case(integers(2, 3), [0])),
    **_each("max min", case(_X), case(integers(5)), case(special(6))),
    **_each("max.dim min.dim", *_DIM, case(special(2, 6), 1), case(integers(2, 5), 1)),
    "aminmax": [case(_X), case(_X, dim=1), case(_X, dim=0, keepdim=True)],
    "_aminmax": [case(_X)],
    "_aminmax.dim": [case(_X, 1)],
    **_each("all any", case(booleans(3)), case(floats(2, 3)), case(fixed([1, 2, 3], np.int64))),
    **_each(
        "all.dim any.dim", case(booleans(3, 4), 1), case(integers(2, 3, low=0, high=2), 0, True)
    ),
    **_each("all.dims any.dims", case(booleans(2, 3, 2), [0, 2]), case(booleans(2, 3), None)),
    **_each("_is_all_true _is_any_true", case(booleans(3))),
    "count_nonzero": [case(integers(6, low=0, high=3)), case(booleans(2, 3), 1)],
    "count_nonzero.dim_IntList": [case(integers(2, 3, low=0, high=3), [1])],
    **_each(
        "argmax argmin",
        case(_X),
        case(_X, 1),
        case(special(2, 6), 1, True),
        case(integers(2, 5, low=0, high=3), 1),
        case(_X, None, True),
    ),
    **_each("var std", case(_X), case(_X, False)),
    **_each("var.dim std.dim", case(_X, [1]), case(_X, [0], False, True)),
    **_each(
        "var.correction std.correction",
        case(_X, [1]),
        case(_X, [1], correction=0),
        case(floats(2, 3, 4), [0, 2], correction=1, keepdim=True),
        case(_X, correction=2),
    ),
    **_each("var_mean std_mean", case(_X), case(_X, False)),
    **_each("var_mean.dim std_mean.dim", case(_X, [1]), case(_X, [0], False, True)),
    **_each("var_mean.correction std_mean.correction", case(_X, [1], correction=0)),
    "norm.Scalar": [case(_X), case(_X, 1), case(_X, np.inf)],
    "norm.ScalarOpt_dim": [case(_X, 2, [1]), case(_X, None, [0], True), case(_X, 3, [1])],
    "norm.ScalarOpt_dtype": [case(_X, 2, dtype="float64")],
    "norm.ScalarOpt_dim_dtype": [case(_X, 1, [1], False, dtype="float64")],
    "linalg_vector_norm": [
        case(_X),
        case(_X, 1, [1]),
        case(_X, np.inf, [0], True),
        case(_X, -np.inf, [1]),
        case(_X, 0, [1]),
        case(_X, 3, [1]),
    ],
    "frobenius_norm.dim": [case(_X, [1])],
    **_each("logsumexp special_logsumexp", *_DIMS, case(special(2, 6), [1])),
    "dist": [case(_X, _X), case(_X, _X, 1)],
    "cumsum": [
        case(_X, 1),
        case(floats(2, 3, 2), 0),
        case(integers(4), 0),
        case(booleans(4), 0),
        case(_X, -1, dtype="float64"),
    ],
    "cumprod": [case(_X, 1), case(integers(4), 0)],
    **_each(
        "logcumsumexp _logcumsumexp",
        case(_X, 1),
        case(floats(5), 0),
        case(floats(2, 7, 3, scale=90), 1),
        case(special(2, 7), 1),
        case(halves(6), -1),
    ),
    **_each(
        "cummax cummin",
        case(_X, 1),
        case(integers(6, low=0, high=3), 0),
        case(special(2, 7), 1),
        case(halves(5), 0),
    ),
    "argwhere": [case(integers(3, 4, low=0, high=2))],
    "nanmean": [case(special(2, 7)), case(special(2, 7), [1], True)],
    "quantile.scalar": [
        case(_X, 0.3),
        case(floats(2, 5), 0.6, 1, True),
        case(floats(6), 0.5, 0, interpolation="lower"),
        case(floats(6), 0.5, 0, interpolation="midpoint"),
        case(special(7), 0.2, 0),
    ],
    "quantile": [case(_X, fixed([0.25, 0.8]), 0)],
    "nanquantile.scalar": [case(special(2, 6), 0.4, 1)],
    "nanquantile": [case(special(2, 6), fixed([0.4]), 1)],
    "_unique2": [
        case(integers(3, 4, low=0, high=4), True, True, True),
        case(integers(5, low=0, high=3)),
    ],
    "unique_dim": [case(integers(5, 2, low=0, high=2), 0, True, True, True)],
    "unique_consecutive": [
        case(integers(9, low=0, high=2), True, True),
        case(integers(6, 1, low=0, high=2), True, True, 0),
    ],
    "repeat_interleave.Tensor": [case(integers(4, low=0, high=4))],
    "mode": [case(integers(3, 6, low=0, high=3)), case(integers(5, low=0, high=3), 0, True)],
    "sort": [case(distinct(3, 4)), case(distinct(3, 4), 0, True)],
    "sort.stable": [
        case(integers(6, low=0, high=3), stable=True),
        case(integers(2, 5, low=0, high=3), stable=True, dim=1, descending=True),
    ],
    "argsort": [case(distinct(3, 4)), case(distinct(5), 0, True)],
    "argsort.stable": [case(integers(6, low=0, high=3), stable=True)],
    "msort": [case(distinct(4, 2))],
    "topk": [case(distinct(3, 5), 2), case(distinct(5, 3), 3, 0, False), case(distinct(6), 4)],
    "kthvalue": [case(distinct(3, 5), 2), case(distinct(5, 2), 3, 0, True)],
    "median": [case(distinct(5)), case(distinct(2, 3))],
    "median.dim": [case(distinct(3, 4), 1), case(distinct(5, 2), 0, True)],
    "diff": [case(_X), case(integers(5), 2), case(_X, 1, 0), case(floats(4), 1, -1, floats(1))],
    "cosine_similarity": [case(_X, _X), case(_X, floats(4), 1, 0.1), case(floats(5), floats(5), 0)],
    "pairwise_distance": [case(_X, _X), case(_X, _X, 1.0, 0.1, True)],
}

_SMALL = floats(2, 3, 4)
_MOVEMENT = {
    **_each(
        "view _unsafe_view reshape", case(_SMALL, [6, 4]), case(_SMALL, [-1, 2]), case(_X, [12])
    ),
    **_each("view_as reshape_as", case(_X, floats(2, 6))),
    "view.dtype": [case(_X, "int32"), case(integers(4, dtype=np.int32), "float32")],
    **_each("expand broadcast_to", case(floats(3, 1), [2, 3, 4]), case(floats(1), [3])),
    "expand": [case(floats(3, 1), [2, -1, 4]), case(floats(1, 3), [4, 3])],
    "expand_as": [case(floats(3, 1), floats(2, 3, 4))],
    "broadcast_tensors": [case([floats(3, 1), floats(4)])],
    "permute": [case(_SMALL, [2, 0, 1]), case(_SMALL, [0, -1, 1])],
    "transpose.int": [case(_SMALL, 1, 2), case(_SMALL, -1, 0)],
    **_each("swapaxes swapdims", case(_SMALL, 0, 2)),
    "t": [case(_X), case(floats(3))],
    **_each("movedim.int moveaxis.int", case(_SMALL, 0, 2)),
    **_each("movedim.intlist moveaxis.intlist", case(_SMALL, [0, 1], [2, 0])),
    "squeeze": [case(floats(1, 3, 1))],
    "squeeze.dim": [case(floats(1, 3, 1), 0), case(floats(2, 3), 1)],
    "squeeze.dims": [case(floats(1, 3, 1), [0, 2]), case(floats(1, 3, 1), [0, 1])],
    "unsqueeze": [case(_X, 0), case(_X, -1), case(_X, 1)],
    "flatten.using_ints": [case(_SMALL), case(_SMALL, 1), case(_SMALL, 0, 1)],
    "unflatten.int": [case(floats(2, 6), 1, [2, -1]), case(floats(4, 3), 0, [2, 2])],
    "ravel": [case(_X)],
    **_each("atleast_1d atleast_2d atleast_3d", case(floats(3)), case(_X)),
    **_each(
        "cat concat concatenate", case([_X, _X]), case([_X, floats(3, 2)], 1), case([_X, floats(0)])
    ),
    "cat": [
        case([_X, _X, _X]),
        case([_X, floats(3, 2)], -1),
        case([_X, floats(0)]),
        case([integers(2), floats(3)]),
    ],
    **_each("stack _stack", case([_X, _X]), case([_X, _X], -1), case([floats(2), floats(2)], 1)),
    **_each("hstack", case([_X, _X]), case([floats(2), floats(3)])),
    **_each("vstack row_stack", case([_X, floats(2, 4)]), case([floats(3), floats(3)])),
    "dstack": [case([_X, _X]), case([floats(3), floats(3)])],
    "column_stack": [case([floats(3), _X])],
    "block_diag": [case([floats(2, 2), floats(1, 3), floats(2)])],
    **_each("split.Tensor unsafe_split.Tensor", case(floats(5, 2), 2), case(_X, 3, 1)),
    **_each(
        "split split.sizes split_with_sizes unsafe_split_with_sizes",
        case(floats(5, 2), [2, 3]),
        case(_X, [1, 1, 2], 1),
    ),
    **_each("chunk unsafe_chunk", case(floats(5, 2), 3), case(_X, 2, -1)),
    "tensor_split.sections": [case(floats(5, 2), 3)],
    "tensor_split.indices": [case(floats(6, 2), [1, 4]), case(_X, [2], 1)],
    "hsplit.int": [case(_X, 2)],
    "hsplit.array": [case(_X, [1, 3])],
    "vsplit.int": [case(floats(4, 2), 2)],
    "vsplit.array": [case(floats(4, 2), [1])],
    "dsplit.int": [case(_SMALL, 2)],
    "dsplit.array": [case(_SMALL, [1])],
    "unbind.int": [case(_X), case(_X, 1)],
    "select.int": [case(_X, 0, 1), case(_X, 1, -1)],
    "slice.Tensor": [
        case(_X, 0, 1),
        case(_X, 1, 1, 3),
        case(_X, 1, -3, -1),
        case(_X, 1, 0, 100, 2),
        case(_X),
        case(_X, 1, 3, 1),
        case(_X, 0, None, 2),
    ],
    "slice_scatter": [
        case(_X, floats(2, 4), 0, 1),
        case(_X, floats(3, 2), 1, 0, 4, 2),
        case(_X, floats(3, 2), 1, -2),
    ],
    "select_scatter": [case(_X, floats(4), 0, 1), case(_X, floats(3), 1, -1)],
    "narrow": [case(_X, 1, 1, 2), case(_X, 0, -2, 2)],
    "as_strided": [
        case(floats(12), [3, 2], [2, 1]),
        case(_X, [2, 2], [4, 1], 1),
        case(floats(6), [3, 3], [1, 1]),
    ],
    **_each("numpy_T matrix_H mT mH adjoint", case(_X)),
    **_each("numpy_T", case(_SMALL), case(floats(3))),
    **_each("mT mH adjoint", case(_SMALL)),
    "as_strided_scatter": [
        case(floats(12), floats(3, 2), [3, 2], [4, 1]),
        case(_X, floats(2, 2), [2, 2], [4, 1], 1),
    ],
    **_each("diagonal linalg_diagonal", case(_X), case(_X, offset=1)),
    "diagonal": [case(_X), case(_X, 1), case(_SMALL, -1, 1, 2)],
    "diagonal_scatter": [case(_X, floats(3)), case(_X, floats(2), -1)],
    "diag": [case(floats(3)), case(_X), case(floats(2), 1)],
    "diagflat": [case(floats(3)), case(floats(2), -1)],
    "diag_embed": [case(_X), case(floats(3), 1)],
    **_each("tril triu", case(_X), case(floats(2, 3, 3), 1), case(_X, -1), case(booleans(3, 3))),
    "trace": [case(_X), case(integers(3, 3))],
    "flip": [case(_X, [0]), case(_SMALL, [0, 2]), case(_X, [-1])],
    **_each("fliplr flipud", case(_X)),
    "roll": [case(_X, [1], [1]), case(_X, [1, -1], [0, 1]), case(_X, [2]), case(_X, [5], [0])],
    "rot90": [case(_X), case(_X, 2), case(_SMALL, -1, [1, 2])],
    **_each("repeat tile", case(_X, [2, 1]), case(floats(3), [2, 2])),
    "tile": [case(_X, [2]), case(floats(3), [2, 2])],
    "repeat_interleave.self_int": [case(floats(3), 2), case(_X, 2, 1)],
    "repeat_interleave.self_Tensor": [case(floats(3), fixed([1, 0, 2], np.int64), 0)],
    "unfold": [case(floats(7), 0, 3, 2), case(_X, 1, 2, 1)],
    "constant_pad_nd": [
        case(_X, [1, 2]),
        case(_X, [1, 0, 0, 2], 1.5),
        case(_X, [-1, 1]),
        case(integers(3), [1, 1], 7),
        case(_X, [0, -1, -1, 0]),
    ],
    "pad": [
        case(_X, [1, 2]),
        case(_X, [1, 2], "constant", 2.0),
        case(_SMALL, [1, 2], "reflect"),
        case(_SMALL, [1, 2], "replicate"),
        case(_SMALL, [1, 2], "circular"),
    ],
    "_pad_circular": [case(_SMALL, [1, 2])],
    **_each("reflection_pad1d replication_pad1d", case(_SMALL, [1, 2]), case(_X, [2, 0])),
    **_each("reflection_pad2d replication_pad2d", case(floats(1, 2, 3, 3), [1, 2, 0, 1])),
    **_each("reflection_pad3d replication_pad3d", case(floats(1, 1, 2, 3, 3), [1, 0, 0, 1, 1, 1])),
    "pixel_shuffle": [case(floats(1, 8, 2, 3), 2), case(floats(4, 1, 2), 2)],
    "pixel_unshuffle": [case(floats(1, 2, 4, 2), 2)],
    **_each("channel_shuffle native_channel_shuffle", case(floats(1, 6, 2), 2)),
    "meshgrid": [case([floats(2), floats(3)])],
    "meshgrid.indexing": [
        case([floats(2), floats(3)], indexing="xy"),
        case([floats(2), floats(3)], indexing="ij"),
    ],
    "cartesian_prod": [case([floats(2), floats(3)])],
    "to.dtype": [
        case(floats(4, scale=3), "int64"),
        case(integers(3), "float32"),
        case(special(6), "bool"),
        case(floats(3), "float16"),
        case(integers(3), "uint8"),
    ],
    "to.dtype_layout": [case(integers(3), dtype="float32"), case(_X)],
    "_to_copy": [case(_X, dtype="float64"), case(floats(4, scale=3), dtype="int32"), case(_X)],
    "to.other": [case(_X, integers(1))],
    "type_as": [case(integers(3), floats(1))],
    "copy": [case(_X, floats(4)), case(_X, integers(3, 4))],
    "sum_to_size": [case(_X, [1, 4]), case(_SMALL, [3, 1])],
    **_each("dropout alpha_dropout feature_dropout feature_alpha_dropout", case(_X, 0.5, False)),
}

_FACTORIES = {
    "arange": [case(4), case(3.5), case(4, dtype="float32")],
    "arange.start": [case(1, 5), case(0.5, 3)],
    "arange.start_step": [
        case(1, 8, 3),
        case(0, 1, 0.25),
        case(5, 0, -2),
        case(1, 4, 1, dtype="int32"),
    ],
    "linspace": [case(0, 1, 5), case(-2, 3.5, 4), case(1, 2, 1)],
    "logspace": [case(0, 2, 3), case(0, 3, 4, 2.0)],
    "eye": [case(3), case(2, dtype="int64")],
    "eye.m": [case(2, 3)],
    "full": [case([2, 3], 1.5), case([2], 3), case([2], True), case([], 2, dtype="float32")],
    "full_like": [case(_X, 2), case(integers(3), 1.5, dtype="float32")],
    **_each("zeros ones", case([2, 3]), case([2], dtype="int64")),
    **_each("zeros_like ones_like", case(_X), case(integers(3), dtype="float32")),
    "zero": [case(_X)],
    "new_full": [case(_X, [2], 3)],
    **_each("new_ones new_zeros", case(integers(3), [2, 2]), case(_X, [2], dtype="bool")),
    "fill.Scalar": [case(_X, 2), case(integers(3), 7)],
    "fill.Tensor": [case(_X, fixed(1.5))],
    "scalar_tensor": [case(1.5), case(3), case(2, dtype="int64"), case(True, dtype="bool")],
    **_each("hann_window hamming_window", case(5)),
    **_each("hann_window.periodic hamming_window.periodic", case(5, False), case(4, True)),
    "one_hot": [case(indices(4, 3), 4), case(indices(3, 2, 2), 3)],
    **_each("item _local_scalar_dense", case(fixed(2.5)), case(fixed([3], np.int64))),
    **_each("sym_size.int size.int", case(_X, 1), case(_X, -2)),
    **_each("sym_numel numel", case(_X)),
}

_INDEXING = {
    **_each(
        "index.Tensor _unsafe_index.Tensor",
        case(_X, [indices(3, 4)]),
        case(_X, [None, indices(4, 2)]),
        case(_SMALL, [indices(2, 2), None, indices(4, 2)]),
    ),
    "index.Tensor": [
        case(_X, [indices(3, 4, negative=True)]),
        case(_X, [None, indices(4, 2)]),
        case(_SMALL, [indices(2, 2), None, indices(4, 2)]),
        case(_SMALL, [None, indices(3, 2, 1), indices(4, 3)]),
        case(_SMALL, [indices(2, 2), indices(3, 2)]),
        case(floats(4), [fixed([True, False, True, True], np.bool_)]),
        case(_X, [fixed(1, np.int64)]),
    ],
    "index_put": [
        case(_X, [indices(3, 1)], floats(1, 4)),
        case(_X, [permuted(3), indices(4, 3)], floats(3)),
        case(_X, [indices(3, 4)], floats(4, 4), True),
        case(_X, [None, permuted(4)], floats(3, 4)),
        case(_X, [permuted(3)], fixed(1.5)),
        case(floats(4), [booleans(4)], fixed(0.5)),
    ],
    "index_select": [case(_X, 0, indices(3, 4)), case(_X, 1, indices(4, 2))],
    "index_add": [
        case(_X, 0, indices(3, 2), floats(2, 4)),
        case(_X, 1, indices(4, 2), floats(3, 2), alpha=2),
    ],
    "index_copy": [
        case(_X, 0, permuted(3), floats(3, 4)),
        case(_X, 1, fixed([3, 1], np.int64), floats(3, 2)),
    ],
    "index_fill.int_Scalar": [case(_X, 1, indices(4, 2), 1.5)],
    "index_fill.int_Tensor": [case(_X, 0, indices(3, 2), fixed(2.0))],
    "gather": [case(_X, 1, indices(4, 3, 2)), case(_X, 0, indices(3, 2, 3))],
    "take_along_dim": [case(_X, indices(4, 3, 2), 1), case(_X, indices(3, 1, 4), 0)],
    "take": [case(_X, indices(12, 2, 2))],
    "put": [case(_X, permuted(4), floats(4)), case(_X, indices(12, 3), floats(3), True)],
    "scatter.src": [case(_X, 1, fixed([[0, 2], [1, 3], [3, 0]], np.int64), floats(3, 3))],
    "scatter.value": [
        case(_X, 1, indices(4, 3, 2), 1.5),
        case(integers(3, 4), 0, indices(3, 1, 4), 2),
    ],
    "scatter.reduce": [
        case(_X, 1, indices(4, 3, 2), floats(3, 2), reduce="add"),
        case(_X, 1, indices(4, 3, 2), floats(3, 2), reduce="multiply"),
    ],
    "scatter.value_reduce": [case(_X, 1, indices(4, 3, 2), 2.0, reduce="add")],
    "scatter_add": [
        case(_X, 1, indices(4, 3, 3), floats(3, 3)),
        case(integers(5), 0, indices(5, 4), integers(4)),
    ],
    "scatter_reduce.two": [
        case(_X, 1, indices(4, 3, 3), floats(3, 3), reduce=r, include_self=s)
        for r in ("sum", "prod", "amax", "amin", "mean")
        for s in (True, False)
    ],
    "masked_select": [
        case(_X, booleans(3, 4)),
        case(_X, booleans(4)),
        case(floats(3, 3), booleans(3)),
    ],
    "masked_scatter": [case(_X, booleans(3, 4), floats(12)), case(_X, booleans(4), floats(3, 4))],
    "nonzero": [case(integers(3, 4, low=0, high=2)), case(booleans(5))],
    "nonzero_numpy": [case(booleans(3, 2))],
    "where": [case(booleans(3, 2))],
    "nonzero_static": [case(booleans(6), size=4), case(booleans(2, 3), size=7, fill_value=9)],
    "embedding": [case(floats(5, 3), indices(5, 2, 2)), case(floats(4, 2), indices(4, 3), 1)],
    **_each(
        "embedding_bag _embedding_bag",
        *(
            case(floats(5, 3), indices(5, 6), fixed([0, 2, 5], np.int64), False, mode)
            for mode in (0, 1, 2)
        ),
        case(floats(5, 3), indices(5, 4), fixed([0, 2], np.int64), False, 0, False, floats(4)),
    ),
    "_embedding_bag_forward_only": [case(floats(5, 3), indices(5, 4), fixed([0, 2], np.int64))],
    "embedding_bag.padding_idx": [
        case(
            floats(5, 3), indices(5, 4), fixed([0, 2], np.int64), False, 0, False, None, False, None
        )
    ],
    "searchsorted.Tensor": [
        case(increasing(5), floats(2, 3, scale=2)),
        case(increasing(2, 4), floats(2, 3), right=True),
        case(increasing(5), floats(3), out_int32=True),
    ],
    "searchsorted.Scalar": [case(increasing(5), 0.5)],
    "bucketize.Tensor": [
        case(floats(2, 3), increasing(4)),
        case(floats(3), increasing(4), right=True),
    ],
    "bucketize.Scalar": [case(0.5, increasing(4))],
    "isin.Tensor_Tensor": [
        case(integers(2, 3), integers(4)),
        case(integers(5), integers(2), invert=True),
    ],
    "isin.Tensor_Scalar": [case(integers(5, low=0, high=3), 1)],
    "isin.Scalar_Tensor": [case(1, integers(5, low=0, high=3))],
    "bincount": [
        case(fixed([0, 2, 2, 3], np.int64)),
        case(fixed([0, 1, 1], np.int64), floats(3), 4),
    ],
}

_MASK = fixed(np.triu(np.full((3, 4), -np.inf), 2))
_PRODUCTS = {
    **_each(
        "matmul linalg_matmul",
        case(_X, floats(4, 2)),
        case(floats(2, 3, 4), floats(4, 5)),
        case(floats(4), floats(4)),
        case(floats(2, 1, 3, 4), floats(3, 4, 2)),
        case(floats(3), floats(3, 2)),
        case(_X, floats(4)),
    ),
    "mm": [
        case(_X, floats(4, 2)),
        case(doubles(2, 3), doubles(3, 2)),
        case(integers(2, 3), integers(3, 2)),
    ],
    "bmm": [case(floats(2, 3, 4), floats(2, 4, 5))],
    "mv": [case(_X, floats(4))],
    **_each("dot vdot", case(floats(5), floats(5))),
    "inner": [case(_X, floats(2, 4))],
    **_each("outer ger", case(floats(3), floats(4))),
    "linear": [
        case(_X, floats(2, 4)),
        case(floats(2, 3, 4), floats(5, 4), floats(5)),
        case(floats(4), floats(2, 4), floats(2)),
        case(halves(2, 3), halves(4, 3), halves(4)),
    ],
    "addmm": [
        case(floats(2), _X, floats(4, 2)),
        case(floats(3, 2), _X, floats(4, 2), beta=0.5, alpha=2),
    ],
    "_addmm_activation": [
        case(floats(2), _X, floats(4, 2)),
        case(floats(2), _X, floats(4, 2), use_gelu=True),
    ],
    "addmv": [case(floats(3), _X, floats(4)), case(floats(3), _X, floats(4), beta=2, alpha=0.5)],
    "baddbmm": [
        case(floats(2, 3, 5), floats(2, 3, 4), floats(2, 4, 5)),
        case(floats(1, 1, 5), floats(2, 3, 4), floats(2, 4, 5), beta=0.5, alpha=2),
    ],
    "addbmm": [case(floats(3, 5), floats(2, 3, 4), floats(2, 4, 5))],
    "addr": [
        case(floats(3, 4), floats(3), floats(4)),
        case(floats(3, 4), floats(3), floats(4), beta=0.5, alpha=2),
    ],
    "_int_mm": [case(integers(17, 8, **_I8), integers(8, 8, **_I8))],
    "bilinear": [case(floats(2, 3), floats(2, 4), floats(2, 3, 4), floats(2))],
    **_each("chain_matmul linalg_multi_dot", case([floats(2, 3), floats(3, 4), floats(4, 2)])),
    "matrix_power": [case(floats(3, 3), 3), case(floats(2, 2), 1), case(floats(2, 2), 0)],
    "einsum": [
        case("ij,jk->ik", [_X, floats(4, 2)]),
        case("bij,bkj->bik", [floats(2, 3, 4), floats(2, 5, 4)]),
        case("ii->i", [floats(3, 3)]),
        case("...ij,...jk", [floats(2, 2, 3), floats(2, 3, 2)]),
        case("i,j->ij", [floats(2), floats(3)]),
        case("bhid,bhjd->bhij", [floats(1, 2, 3, 2), floats(1, 2, 3, 2)]),
        case("ij->", [_X]),
    ],
    "tensordot": [case(floats(2, 3, 4), floats(4, 3, 2), [1, 2], [1, 0])],
    "kron": [case(floats(2, 2), floats(2, 3))],
    "cross": [case(floats(2, 3), floats(2, 3), 1), case(floats(3, 2), floats(3, 2))],
    "linalg_cross": [case(floats(2, 3), floats(2, 3))],
    "linalg_vecdot": [case(_X, _X), case(_X, _X, dim=0)],
    "cdist": [case(floats(3, 4), floats(2, 4)), case(floats(2, 3, 4), floats(2, 2, 4), 1.0)],
    "_cdist_forward": [case(floats(3, 4), floats(2, 4), 2.0, None)],
    "scaled_dot_product_attention": [
        case(floats(1, 2, 3, 4), floats(1, 2, 4, 4), floats(1, 2, 4, 4)),
        case(floats(1, 2, 3, 4), floats(1, 2, 4, 4), floats(1, 2, 4, 4), _MASK),
        case(
            floats(1, 2, 3, 4),
            floats(1, 2, 4, 4),
            floats(1, 2, 4, 4),
            fixed(np.tri(3, 4), np.bool_),
        ),
        case(floats(1, 2, 3, 4), floats(1, 2, 3, 4), floats(1, 2, 3, 4), is_causal=True),
        case(floats(1, 2, 3, 4), floats(1, 2, 5, 4), floats(1, 2, 5, 4), is_causal=True, scale=0.3),
        case(floats(1, 4, 3, 4), floats(1, 2, 4, 4), floats(1, 2, 4, 4), enable_gqa=True),
        case(floats(2, 3, 4), floats(2, 4, 4), floats(2, 4, 4)),
        case(floats(3, 4), floats(4, 4), floats(4, 5)),
        case(
            floats(1, 2, 3, 4),
            floats(1, 2, 4, 4),
            floats(1, 2, 4, 4),
            fixed([[True] * 4, [False] * 4, [True] * 4], np.bool_),
        ),
    ],
    "_scaled_dot_product_flash_attention_for_cpu": [
        case(floats(1, 2, 3, 4), floats(1, 2, 4, 4), floats(1, 2, 4, 4)),
        case(floats(1, 2, 3, 4), floats(1, 2, 3, 4), floats(1, 2, 3, 4), is_causal=True),
        case(floats(1, 2, 3, 4), floats(1, 2, 4, 4), floats(1, 2, 4, 4), attn_mask=_MASK),
    ],
}

_LAYER = (floats(12, 4), floats(12), floats(4, 4), floats(4))
_ENCODER = (*_LAYER, True, False, 1e-5, floats(4), floats(4), floats(4), floats(4))
_ENCODER_FIRST = (*_LAYER, False, True, 1e-5, floats(4), floats(4), floats(4), floats(4))
_FEED = (floats(6, 4), floats(6), floats(4, 6), floats(4))
_HIDDEN_KEYS = fixed([[False, False, True], [False, False, False]], np.bool_)
_LAYERS = {
    "_transformer_encoder_layer_fwd": [
        case(floats(2, 3, 4), 4, 2, *_ENCODER, *_FEED),
        case(floats(2, 3, 4), 4, 2, *_ENCODER_FIRST, *_FEED),
        case(floats(2, 3, 4), 4, 2, *_ENCODER, *_FEED, _HIDDEN_KEYS, 1),
        case(
            floats(2, 3, 4),
            4,
            2,
            *_ENCODER,
            *_FEED,
            fixed(np.triu(np.ones((3, 3)), 1), np.bool_),
            0,
        ),
    ],
    "_native_multi_head_attention": [
        case(*[floats(2, 3, 4)] * 3, 4, 2, *_LAYER, None, False),
        case(*[floats(2, 3, 4)] * 3, 4, 2, *_LAYER, _HIDDEN_KEYS, False, True, 1),
    ],
}

_IMAGE, _W = floats(1, 4, 5, 6), floats(4, 2, 3, 3)
_WINDOWS = {
    "conv1d": [
        case(floats(1, 2, 6), floats(3, 2, 3), floats(3)),
        case(floats(1, 4, 6), floats(4, 2, 3), None, [2], [1], [1], 2),
    ],
    "conv1d.padding": [
        case(floats(1, 2, 6), floats(3, 2, 4), None, [1], "same"),
        case(floats(1, 2, 6), floats(3, 2, 3)),
    ],
    "conv2d": [
        case(_IMAGE, floats(3, 4, 3, 3), floats(3), [1, 1], [1, 1]),
        case(_IMAGE, _W, None, [2, 1], [0, 1], [1, 2], 2),
        case(floats(4, 5, 6), floats(3, 4, 1, 1)),
        case(_IMAGE, floats(4, 1, 3, 3), floats(4), [1, 1], [1, 1], [1, 1], 4),
    ],
    "conv2d.padding": [
        case(_IMAGE, floats(3, 4, 3, 4), None, [1, 1], "same", [1, 2]),
        case(_IMAGE, floats(3, 4, 3, 3), None, [2, 2], "valid"),
    ],
    "conv3d": [case(floats(1, 2, 3, 4, 4), floats(2, 2, 2, 2, 2), floats(2), [1, 1, 2], [1, 0, 1])],
    "conv3d.padding": [case(floats(1, 2, 3, 3, 3), floats(2, 2, 2, 2, 2), None, [1, 1, 1], "same")],
    "conv_transpose1d": [case(floats(1, 2, 4), floats(2, 3, 3), floats(3), [2], [1], [1])],
    "conv_transpose2d.input": [
        case(floats(1, 2, 3, 3), floats(2, 3, 3, 3), floats(3), [2, 2], [1, 1], [1, 1]),
        case(floats(1, 4, 3, 3), floats(4, 1, 2, 2), None, [2, 2], [0, 0], [0, 0], 2),
        case(floats(1, 2, 3, 3), floats(2, 3, 3, 3), None, [1, 1], [0, 1], [0, 0], 1, [2, 1]),
    ],
    "conv_transpose3d.input": [
        case(floats(1, 2, 2, 2, 2), floats(2, 2, 2, 2, 2), floats(2), [2, 2, 2])
    ],
    "convolution": [
        case(_IMAGE, floats(3, 4, 3, 3), floats(3), [1, 1], [1, 1], [1, 1], False, [0, 0], 1),
        case(floats(1, 2, 3, 3), floats(2, 3, 3, 3), None, [2, 2], [1, 1], [1, 1], True, [1, 1], 1),
        case(floats(1, 2, 6), floats(3, 2, 3), None, [1], [1], [1], False, [0], 1),
    ],
    "_convolution": [
        case(
            _IMAGE,
            floats(3, 4, 3, 3),
            None,
            [1, 1],
            [0, 0],
            [1, 1],
            False,
            [0, 0],
            1,
            False,
            False,
            True,
            True,
        )
    ],
    "max_pool1d": [case(floats(1, 2, 7), [3]), case(floats(2, 7), [2], [1], [1], [1], True)],
    "max_pool2d": [
        case(_IMAGE, [2, 2]),
        case(_IMAGE, [3, 2], [2, 1], [1, 0], [1, 2], True),
        case(_IMAGE, [3], [2], [1]),
    ],
    "max_pool3d": [case(floats(1, 1, 4, 4, 4), [2, 2, 2])],
    "max_pool1d_with_indices": [case(distinct(1, 2, 7), [3])],
    "max_pool2d_with_indices": [
        case(distinct(1, 2, 5, 6), [2, 2]),
        case(distinct(1, 2, 5, 6), [3, 3], [2, 2], [1, 1]),
    ],
    "max_pool3d_with_indices": [case(distinct(1, 1, 4, 4, 4), [2, 2, 2])],
    "avg_pool1d": [case(floats(1, 2, 7), [3]), case(floats(1, 2, 7), [3], [2], [1], True, False)],
    "avg_pool2d": [
        case(_IMAGE, [2, 2]),
        case(_IMAGE, [3, 2], [2, 1], [1, 0], True, False),
        case(_IMAGE, [2, 2], [2, 2], [0, 0], False, True, 3),
        case(_IMAGE, [3, 3], [2, 2], [1, 1], True, True),
    ],
    "avg_pool3d": [case(floats(1, 1, 4, 4, 4), [2, 2, 2])],
    "adaptive_avg_pool1d": [case(floats(1, 2, 7), [3])],
    **_each(
        "adaptive_avg_pool2d _adaptive_avg_pool2d",
        case(_IMAGE, [1, 1]),
        case(_IMAGE, [2, 3]),
        case(floats(1, 2, 4, 6), [2, 3]),
    ),
    **_each("adaptive_avg_pool3d _adaptive_avg_pool3d", case(floats(1, 1, 3, 4, 4), [2, 2, 1])),
    "adaptive_max_pool1d": [case(distinct(1, 2, 7), [3])],
    "adaptive_max_pool2d": [case(distinct(1, 2, 5, 6), [2, 3]), case(distinct(1, 2, 4, 6), [2, 3])],
    "adaptive_max_pool3d": [case(distinct(1, 1, 3, 4, 4), [2, 2, 1])],
    "max_unpool2d": [case(floats(1, 1, 2, 2), fixed([[[[0, 3], [9, 14]]]], np.int64), [4, 4])],
    "im2col": [case(_IMAGE, [2, 3], [1, 1], [1, 0], [2, 1])],
    "col2im": [
        case(floats(1, 8, 6), [3, 4], [2, 2], [1, 1], [0, 0], [1, 1]),
        case(floats(1, 4, 4), [4, 4], [2, 2], [1, 1], [0, 0], [2, 2]),
    ],
}

_STATS = (floats(4), positive(4))
_NORMALIZATION = {
    "batch_norm": [
        case(_IMAGE, floats(4), floats(4), *_STATS, False, 0.1, 1e-5, True),
        case(_IMAGE, None, None, None, None, True, 0.1, 1e-5, True),
    ],
    "native_batch_norm": [case(_IMAGE, floats(4), floats(4), *_STATS, False, 0.1, 1e-3)],
    "_native_batch_norm_legit_no_training": [
        case(_IMAGE, floats(4), floats(4), *_STATS, 0.1, 1e-5),
        case(floats(3, 4), None, None, *_STATS, 0.1, 1e-5),
    ],
    "_batch_norm_no_update": [case(_IMAGE, floats(4), floats(4), *_STATS, 0.1, 1e-5)],
    "_native_batch_norm_legit.no_stats": [case(_IMAGE, floats(4), None, True, 0.1, 1e-5)],
    "layer_norm": [
        case(floats(2, 3, 4), [4], floats(4), floats(4)),
        case(floats(2, 3, 4), [3, 4]),
        case(floats(2, 3, 4), [4], floats(4), None, 1e-3),
        case(floats(2, 3, 4), [3, 4], floats(3, 4), floats(3, 4)),
    ],
    "native_layer_norm": [
        case(floats(2, 3, 4), [4], floats(4), floats(4), 1e-5),
        case(floats(2, 3, 4), [3, 4], None, None, 1e-5),
    ],
    "rms_norm": [case(floats(2, 3, 4), [4], floats(4)), case(floats(2, 3, 4), [4], None, 1e-3)],
    "_fused_rms_norm": [case(floats(2, 3, 4), [4], floats(4), 1e-5)],
    "group_norm": [case(_IMAGE, 2, floats(4), floats(4)), case(floats(2, 4, 3), 4)],
    "native_group_norm": [
        case(_IMAGE, floats(4), floats(4), 1, 4, 30, 2, 1e-5),
        case(floats(2, 4, 3), None, None, 2, 4, 3, 4, 1e-5),
    ],
    "instance_norm": [
        case(_IMAGE, floats(4), floats(4), None, None, True, 0.1, 1e-5, True),
        case(_IMAGE, None, None, *_STATS, False, 0.1, 1e-5, True),
    ],
    "_weight_norm": [case(floats(3, 4), positive(3, 1)), case(floats(3, 4), positive(1, 4), 1)],
}


def _params(
    gates: int, inputs: int, hidden: int, layers: int, directions: int, biases: bool
) -> list[Any]:
    found: list[Any] = []
    for layer in range(layers):
        size = inputs if layer == 0 else hidden * directions
        for _ in range(directions):
            found += [
                floats(gates * hidden, size, scale=0.5),
                floats(gates * hidden, hidden, scale=0.5),
            ]
            found += [floats(gates * hidden), floats(gates * hidden)] if biases else []
    return found


def _layer(gates: int, states: int) -> list[Case]:
    """Plain, without biases and batch first, of two layers in both directions."""

    def first(*shape: int) -> Any:
        return [floats(*shape) for _ in range(states)] if states > 1 else floats(*shape)

    return [
        case(
            floats(3, 2, 3),
            first(1, 2, 2),
            _params(gates, 3, 2, 1, 1, True),
            True,
            1,
            0.0,
            False,
            False,
            False,
        ),
        case(
            floats(2, 3, 3),
            first(1, 2, 2),
            _params(gates, 3, 2, 1, 1, False),
            False,
            1,
            0.0,
            False,
            False,
            True,
        ),
        case(
            floats(3, 1, 2),
            first(4, 1, 2),
            _params(gates, 2, 2, 2, 2, True),
            True,
            2,
            0.0,
            False,
            True,
            False,
        ),
    ]


def _cell(gates: int, states: int) -> list[Case]:
    first = [floats(2, 3) for _ in range(states)] if states > 1 else floats(2, 3)
    return [
        case(floats(2, 4), first, *_params(gates, 4, 3, 1, 1, True)),
        case(floats(2, 4), first, *_params(gates, 4, 3, 1, 1, False)),
    ]


def _projected(
    inputs: int, hidden: int, projection: int, layers: int, directions: int, biases: bool
) -> list[Any]:
    """The weights of an LSTM with a projection of its state."""
    found: list[Any] = []
    for layer in range(layers):
        size = inputs if layer == 0 else projection * directions
        for _ in range(directions):
            found += [
                floats(4 * hidden, size, scale=0.5),
                floats(4 * hidden, projection, scale=0.5),
            ]
            found += [floats(4 * hidden), floats(4 * hidden)] if biases else []
            found.append(floats(projection, hidden, scale=0.5))
    return found


_PROJECTED = [
    case(
        floats(3, 2, 3),
        [floats(1, 2, 2), floats(1, 2, 4)],
        _projected(3, 4, 2, 1, 1, True),
        *(True, 1, 0.0, False, False, False),
    ),
    case(
        floats(2, 4, 3),
        [floats(4, 2, 2), floats(4, 2, 3)],
        _projected(3, 3, 2, 2, 2, False),
        *(False, 2, 0.0, False, True, True),
    ),
]

_RECURRENCE = {
    "lstm.input": [*_layer(4, 2), *_PROJECTED],
    "gru.input": _layer(3, 1),
    "rnn_tanh.input": _layer(1, 1),
    "rnn_relu.input": _layer(1, 1),
    "lstm_cell": _cell(4, 2),
    "gru_cell": _cell(3, 1),
    "rnn_tanh_cell": _cell(1, 1),
    "rnn_relu_cell": _cell(1, 1),
}

_FRAMES: dict[str, Any] = {"hop_length": 3, "return_complex": True}
_FOURIER = {
    "_fft_r2c": [
        case(floats(3, 8), [1], 0, True),
        case(floats(4, 5), [0, 1], 1, False),
        case(floats(2, 3, 6), [0, 2], 2, True),
    ],
    "_fft_c2c": [
        case(complexes(3, 7), [1], 0, True),
        case(complexes(4, 6), [0, 1], 2, False),
        case(complexes(5), [0], 1, False),
    ],
    "_fft_c2r": [
        case(complexes(2, 5), [1], 2, 8),
        case(complexes(2, 4), [1], 0, 7),
        case(complexes(4, 3), [0, 1], 1, 5),
    ],
    **_each("fft_fft fft_ifft", case(floats(2, 6)), case(complexes(5, 2), 4, 0, "ortho")),
    **_each("fft_rfft fft_ihfft", case(floats(2, 7)), case(floats(6, 2), 8, 0, "forward")),
    **_each("fft_irfft fft_hfft", case(complexes(2, 5)), case(complexes(4, 2), 7, 0, "ortho")),
    **_each("fft_fft2 fft_ifft2", case(complexes(2, 3, 4)), case(floats(4, 3), [2, 5])),
    **_each("fft_fftn fft_ifftn", case(complexes(3, 4)), case(floats(4, 3), None, [0])),
    **_each("fft_rfft2 fft_rfftn", case(floats(3, 6)), case(floats(4, 5), [3, 4], [1, 0])),
    **_each("fft_irfft2 fft_irfftn", case(complexes(3, 4)), case(complexes(3, 4), [3, 5], [0, 1])),
    **_each("fft_fftshift fft_ifftshift", case(floats(5)), case(floats(3, 4), [1])),
    "stft": [
        case(floats(2, 20), 8, **_FRAMES),
        case(floats(21), 8, 4, 6, positive(6), True, None, False),
        case(floats(2, 16), 6, 2, onesided=False, return_complex=True),
    ],
    "stft.center": [
        case(floats(2, 20), 8, window=positive(8), **_FRAMES),
        case(floats(12), 6, center=False, return_complex=True),
        case(floats(2, 12), 6, pad_mode="constant", return_complex=True),
    ],
    "istft": [
        case(complexes(2, 5, 6), 8, 2, window=positive(8)),
        case(complexes(4, 5), 6, 3, 4, positive(4), normalized=True, length=10),
    ],
    "complex": [case(floats(2, 3), floats(2, 3)), case(floats(2, 1), floats(3))],
    "polar": [case(floats(2, 3), floats(2, 3))],
    **_each("view_as_real real imag", case(complexes(2, 3))),
    "view_as_complex": [case(floats(2, 3, 2))],
    "angle": [case(complexes(2, 3)), case(special(6))],
}

_COMPLEX = {
    **_each("abs neg clone", case(complexes(2, 3))),
    **_each("add.Tensor sub.Tensor mul.Tensor div.Tensor", case(complexes(2, 3), complexes(3))),
    "permute": [case(complexes(2, 3), [1, 0])],
    "transpose.int": [case(complexes(2, 3), 0, 1)],
    "view": [case(complexes(2, 3), [3, 2])],
    "select.int": [case(complexes(2, 3), 1, 1)],
    "slice.Tensor": [case(complexes(2, 5), 1, 1, 4)],
    "unsqueeze": [case(complexes(2, 3), 1)],
    "mul.Scalar": [case(complexes(4), 0.5)],
    "cat": [case([complexes(2, 3), complexes(1, 3)])],
}
"""Operators on real numbers that take complex ones, too."""

_SIGNAL, _PICTURE, _VOLUME = floats(1, 2, 5), floats(1, 2, 4, 5), floats(1, 1, 2, 3, 4)
_RESAMPLING = {
    **_each(
        "upsample_nearest1d _upsample_nearest_exact1d", case(_SIGNAL, [8]), case(_SIGNAL, [10], 2.0)
    ),
    **_each(
        "upsample_nearest1d.vec _upsample_nearest_exact1d.vec",
        case(_SIGNAL, None, [2.0]),
        case(_SIGNAL, [3], None),
    ),
    **_each(
        "upsample_nearest2d _upsample_nearest_exact2d",
        case(_PICTURE, [8, 10], 2.0, 2.0),
        case(_PICTURE, [6, 3]),
    ),
    **_each(
        "upsample_nearest2d.vec _upsample_nearest_exact2d.vec",
        case(_PICTURE, None, [2.0, 2.0]),
        case(_PICTURE, [6, 3], None),
        case(_PICTURE, None, [1.5, 1.3]),
    ),
    **_each("upsample_nearest3d _upsample_nearest_exact3d", case(_VOLUME, [4, 6, 8])),
    **_each(
        "upsample_nearest3d.vec _upsample_nearest_exact3d.vec", case(_VOLUME, None, [2.0, 2.0, 2.0])
    ),
    "upsample_linear1d": [case(_SIGNAL, [8], False), case(_SIGNAL, [8], True)],
    "upsample_linear1d.vec": [case(_SIGNAL, None, False, [2.0])],
    **_each(
        "upsample_bilinear2d upsample_bicubic2d",
        case(_PICTURE, [8, 10], False),
        case(_PICTURE, [6, 3], True),
        case(_PICTURE, [8, 10], False, 2.0, 2.0),
    ),
    **_each(
        "upsample_bilinear2d.vec upsample_bicubic2d.vec",
        case(_PICTURE, None, False, [2.0, 2.0]),
        case(_PICTURE, [6, 3], True, None),
        case(_PICTURE, None, False, [1.5, 1.3]),
    ),
    "upsample_trilinear3d": [case(_VOLUME, [4, 6, 8], False), case(_VOLUME, [3, 4, 5], True)],
    "upsample_trilinear3d.vec": [case(_VOLUME, None, False, [2.0, 2.0, 2.0])],
    **_each(
        "_upsample_bilinear2d_aa _upsample_bicubic2d_aa",
        case(_PICTURE, [2, 3], False),
        case(_PICTURE, [6, 7], False),
    ),
    **_each(
        "_upsample_bilinear2d_aa.vec _upsample_bicubic2d_aa.vec",
        case(_PICTURE, [2, 3], False, None),
    ),
    **_each(
        "grid_sampler grid_sampler_2d",
        *(
            case(floats(1, 2, 3, 4), floats(1, 2, 3, 2), mode, padding, corners)
            for mode in (0, 1, 2)
            for padding in (0, 1, 2)
            for corners in (False, True)
        ),
    ),
    "grid_sampler": [case(floats(1, 2, 3, 4), floats(1, 2, 3, 2), 0, 0, False)],
    "grid_sampler_3d": [case(floats(1, 1, 2, 3, 3), floats(1, 1, 2, 2, 3), 0, 0, False)],
    "affine_grid_generator": [
        case(floats(1, 2, 3), [1, 2, 3, 4], False),
        case(floats(1, 2, 3), [1, 2, 3, 4], True),
    ],
}

CASES: dict[str, list[Case]] = {
    **_UNARY,
    **_BINARY,
    **_TERNARY,
    **_ACTIVATIONS,
    **_REDUCTIONS,
    **_MOVEMENT,
    **_FACTORIES,
    **_INDEXING,
    **_PRODUCTS,
    **_LAYERS,
    **_WINDOWS,
    **_NORMALIZATION,
    **_RECURRENCE,
    **_RESAMPLING,
    **_FOURIER,
}
for _name, _calls in _COMPLEX.items():
    CASES[_name] = [*CASES[_name], *_calls]
"""Calls by the operator of `aten` and its overload, without one for the default."""

_BOXES = [
    *([0.0, 0.0, 4.0, 4.0], [0.5, 0.5, 4.5, 4.5], [10.0, 0.0, 14.0, 3.0]),
    *([0.0, 0.2, 3.9, 4.1], [10.0, 1.0, 14.0, 4.0], [3.0, 3.0, 3.0, 5.0]),
]
_REGIONS = [
    *([0.0, 1.0, 1.5, 9.0, 11.0], [1.0, -3.0, -2.0, 6.0, 5.0], [0.0, 2.0, 2.0, 2.2, 2.1]),
]

QUANTIZED: dict[str, list[Case]] = {
    "quantize_per_tensor": [
        case(floats(6), 0.05, 3, -128, 127, "int8"),
        case(floats(6), 0.02, 10, 0, 255, "uint8"),
    ],
    "quantize_per_tensor.tensor": [
        case(floats(6), fixed(0.05), fixed(3, np.int64), -128, 127, "int8")
    ],
    "dequantize_per_tensor": [case(integers(6, **_I8), 0.05, 3, -128, 127, "int8")],
    "dequantize_per_tensor.tensor": [
        case(integers(6, **_I8), fixed(0.05), fixed(3, np.int64), -128, 127, "int8")
    ],
    "quantize_per_channel": [
        case(floats(2, 3), fixed([0.1, 0.2]), fixed([0, 3], np.int64), 0, -128, 127, "int8")
    ],
    "dequantize_per_channel": [
        case(
            integers(2, 3, **_I8), fixed([0.1, 0.2]), fixed([0, 3], np.int64), 0, -128, 127, "int8"
        )
    ],
    "quantize_per_token": [case(floats(2, 3), positive(2, 1), integers(2, 1), -128, 127, "int8")],
    "dequantize_per_token": [
        case(integers(2, 3, **_I8), positive(2, 1), integers(2, 1), -128, 127, "int8", "float32")
    ],
}
"""Calls of the operators of `quantized_decomposed`."""

VISION: dict[str, list[Case]] = {
    "nms": [
        case(fixed(_BOXES), fixed([0.9, 0.5, 0.95, 0.7, 0.7, 0.1]), 0.5),
        case(fixed(_BOXES), fixed([0.1, 0.2, 0.3, 0.4, 0.5, 0.6]), 0.05),
    ],
    "roi_align": [
        case(floats(2, 3, 7, 6), fixed(_REGIONS), 0.5, 2, 3, 2, True),
        case(floats(2, 3, 7, 6), fixed(_REGIONS), 1.0, 3, 2, 1, False),
    ],
}
"""Calls of the operators of `torchvision`."""
