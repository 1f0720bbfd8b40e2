"""
The sizes of results by those of operands, as far as the specification fixes them.
"""

from __future__ import annotations

from ...dialects.framework import dims_of
from ...dialects.framework.fit import Dims, refuse, require_axes, require_axis, shown
from ...dialects.stablehlo import HloOp
from .dim_rules import Rule, Sizes
from .movement_dims import MOVEMENT
from .product_dims import PRODUCTS
from .window_dims import WINDOWS


def _elementwise(s: Sizes) -> list[Dims | None]:
    return [s.same(*(s.dims(at) for at in range(len(s.op.operands))))]


def _with_scalars(s: Sizes) -> list[Dims | None]:
    """Of `select` and `clamp`, some operands of which may be scalars."""
    shapes = [s.dims(at) for at in range(3)]
    may_be = (0,) if s.op.name == "stablehlo.select" else (0, 2)
    whole = [d for at, d in enumerate(shapes) if d or at not in may_be]
    return [s.same(*whole) if whole else ()]


def _broadcast_numpy(s: Sizes) -> list[Dims | None]:
    shapes = [s.dims(at) for at in range(len(s.op.operands))]
    return [s.relations.broadcast(*shapes)]


def _first(s: Sizes) -> list[Dims | None]:
    return [s.dims(0)]


def _each(s: Sizes) -> list[Dims | None]:
    return [dims_of(v.type) for v in s.op.operands[: len(s.op.results)]]


def _reduce(s: Sizes) -> list[Dims | None]:
    count = len(s.op.operands) // 2
    dims = s.same(*(s.dims(at) for at in range(count)))
    axes = require_axes(s.integers("dimensions"), len(dims), "dimensions")
    left = tuple(size for at, size in enumerate(dims) if at not in axes)
    return [left] * count


def _top_k(s: Sizes) -> list[Dims | None]:
    dims, k = s.dims(0), s.integer("k")
    if not dims or (isinstance(dims[-1], int) and not 0 <= k <= dims[-1]):
        refuse(f"k = {k} of a tensor of shape {shown(dims)}")
    return [(*dims[:-1], k)] * 2


def _get_size(s: Sizes) -> list[Dims | None]:
    require_axis(s.integer("dimension"), len(s.dims(0)), "dimension")
    return [()]


_ELEMENTWISE = (
    *("abs", "add", "and", "atan2", "cbrt", "ceil", "compare", "complex", "convert", "cosine"),
    *("count_leading_zeros", "divide", "exponential", "exponential_minus_one", "floor", "imag"),
    *("is_finite", "log", "log_plus_one", "logistic", "map", "maximum", "minimum", "multiply"),
    *("negate", "not", "or", "popcnt", "power", "real", "reduce_precision", "remainder"),
    *("round_nearest_afz", "round_nearest_even", "rsqrt", "shift_left", "shift_right_arithmetic"),
    *("shift_right_logical", "sign", "sine", "sqrt", "subtract", "tan", "tanh", "xor"),
)


_RULES: dict[str, Rule] = {
    **MOVEMENT,
    **PRODUCTS,
    **WINDOWS,
    **dict.fromkeys(_ELEMENTWISE, _elementwise),
    "batch_norm_inference": _first,
    "cholesky": _first,
    "clamp": lambda s: [s.dims(1)] if not s.dims(0) or not s.dims(2) else _with_scalars(s),
    "get_dimension_size": _get_size,
    "reduce": _reduce,
    "reverse": _first,
    "scatter": _each,
    "select": _with_scalars,
    "select_and_scatter": _first,
    "sort": _each,
    "triangular_solve": lambda s: [s.dims(1)],
}


def rule_of(op: HloOp) -> Rule | None:
    """The rule of an operation; None where only its own types say what its results are."""
    dialect, _, name = op.name.partition(".")
    if dialect == "stablehlo":
        return _RULES.get(name)
    if name == "top_k":
        return _top_k
    if name.startswith("broadcast_"):
        return _broadcast_numpy
    return None if name in ("constant", "ragged_dot") else _elementwise
