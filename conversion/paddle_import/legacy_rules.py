"""Operators of the older format that are more, or other, operators of the newer one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import cast

from .program import Operator, Value

Attributes = Mapping[str, Value]
Rank = Callable[[str], int]
Rule = Callable[[Operator, Attributes, Rank], list[Operator]]
"""From an operator with the names of the newer format, its attributes in the file, and the rank of
a value, to operators that do the same."""


class Unsupported(Exception):
    """What an operator asks for has no form; the text says what."""


def _with(operator: Operator, **attributes: Value) -> Operator:
    return replace(operator, attributes={**operator.attributes, **attributes})


def _number(given: Attributes, name: str, default: float) -> float:
    return float(cast(float, given.get(name, default)))


def _integers(given: Attributes, name: str) -> list[int]:
    return list(cast("list[int]", given.get(name, [])))


def _aligned(operator: Operator, given: Attributes, rank: Rank) -> list[Operator]:
    """The second operand meets the dimensions of the first from `axis` on."""
    axis = int(_number(given, "axis", -1))
    [x], [y] = operator.operands["x"], operator.operands["y"]
    behind = 0 if axis == -1 else rank(x) - axis - rank(y)
    if behind <= 0:
        return [operator]
    # Dimensions of 1 behind it.
    name = f"{y}.aligned.{operator.label}"
    axes: list[int] = [rank(y) + at for at in range(behind)]
    widened = Operator(
        "unsqueeze", operator.given, operator.label, {"x": [y]}, {"out": [name]}, {"axis": axes}
    )
    return [widened, replace(operator, operands={"x": [x], "y": [name]})]


def _reduced(operator: Operator, given: Attributes, rank: Rank) -> list[Operator]:
    return [_with(operator, axis=[])] if given.get("reduce_all") else [operator]


def _set_value(operator: Operator, given: Attributes, rank: Rank) -> list[Operator]:
    """By a tensor, or by numbers, which are attributes."""
    if "values" in operator.operands:
        return [operator]
    return [replace(operator, name="set_value")]


def _full(operator: Operator, given: Attributes, rank: Rank) -> list[Operator]:
    """The number is text where that says it more exactly; sizes and number may be computed."""
    text = str(given.get("str_value", ""))
    value = _text_number(text) if text else _number(given, "value", 0)
    operands = dict(operator.operands)
    number = operands.pop("value", None)
    full = replace(_with(operator, value=value), operands={})
    if number is None and "shape_tensor" not in operands:
        return [full]
    if number is None:
        name = f"{operator.label}.value"
        single = replace(_with(full, shape=[]), results={"out": [name]})
        number = [name]
        before = [single]
    else:
        before = []
    shape = operands.get("shape_tensor", [])
    given_shape = {} if shape else {"shape": _integers(given, "shape")}
    made = Operator(
        "full_with_tensor",
        operator.given,
        operator.label,
        {"value": number, **({"shape_tensor": shape} if shape else {})},
        operator.results,
        {**given_shape, "dtype": str(given.get("dtype", "float32"))},
    )
    return [*before, made]


def _text_number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise Unsupported(f"has the number '{text}', which is none") from None


def _matmul(operator: Operator, given: Attributes, rank: Rank) -> list[Operator]:
    """The first version has a factor."""
    factor = _number(given, "alpha", 1)
    flags: dict[str, Value] = {
        "transpose_x": bool(given.get("transpose_X", False)),
        "transpose_y": bool(given.get("transpose_Y", False)),
    }
    product = replace(operator, name="matmul", attributes=flags)
    if factor == 1:
        return [product]
    [out] = operator.results["out"]
    inner = f"{out}.unscaled"
    scaled = Operator(
        "scale", operator.given, operator.label, {"x": [inner]}, {"out": [out]}, {"scale": factor}
    )
    return [replace(product, results={"out": [inner]}), scaled]


def _hard_swish(operator: Operator, given: Attributes, rank: Rank) -> list[Operator]:
    found = [_number(given, n, d) for n, d in (("threshold", 6), ("scale", 6), ("offset", 3))]
    if found != [6, 6, 3]:
        raise Unsupported(f"has threshold, scale and offset {found}, supported are 6, 6 and 3")
    return [operator]


def _swish(operator: Operator, given: Attributes, rank: Rank) -> list[Operator]:
    if _number(given, "beta", 1) != 1:
        raise Unsupported(f"has beta {given['beta']}, supported is 1")
    return [operator]


def _split(operator: Operator, given: Attributes, rank: Rank) -> list[Operator]:
    """Parts of equal size, or of sizes that are given."""
    if _integers(given, "sections") or "sections_tensor" in operator.operands:
        return [operator]
    return [_with(replace(operator, name="split_with_num"), num=len(operator.results["out"]))]


def _assign_value(operator: Operator, given: Attributes, rank: Rank) -> list[Operator]:
    names = ("values", "fp32_values", "int32_values", "int64_values", "bool_values", "fp64_values")
    found: Value = next((given[name] for name in names if given.get(name)), [0.0][:0])
    values: list[float] = [float(v) for v in cast("list[float]", found)]
    return [_with(operator, values=values)]


def _interp(operator: Operator, given: Attributes, rank: Rank) -> list[Operator]:
    """The first version has one factor for all dimensions, and none where it is 0."""
    scale = given.get("scale", [])
    if isinstance(scale, list):
        return [operator]
    factor = float(cast(float, scale))
    [x] = operator.operands["x"]
    return [_with(operator, scale=[factor] * (rank(x) - 2) if factor > 0 else [])]


def _pad_2d(operator: Operator, given: Attributes, rank: Rank) -> list[Operator]:
    """Rows before and behind, then columns: the newer form has columns first."""
    if "Paddings" in operator.operands:
        raise Unsupported("has computed paddings")
    top, bottom, left, right = _integers(given, "paddings")
    mode = str(given.get("mode", "constant")).replace("edge", "replicate")
    made = replace(operator, name="pad3d", operands={"x": operator.operands["x"]})
    sizes: list[int] = [left, right, top, bottom]
    value = _number(given, "pad_value", 0)
    layout = str(given.get("data_format", "NCHW"))
    return [_with(made, paddings=sizes, mode=mode, pad_value=value, data_format=layout)]


def _flatten_2(operator: Operator, given: Attributes, rank: Rank) -> list[Operator]:
    axis = int(_number(given, "axis", 1))
    if axis != 1:
        raise Unsupported(f"has axis {axis}, supported is 1")
    return [replace(operator, name="flatten", attributes={"start_axis": 1, "stop_axis": -1})]


def _expand_1(operator: Operator, given: Attributes, rank: Rank) -> list[Operator]:
    times = _integers(given, "expand_times")
    return [replace(operator, name="tile", attributes={"repeat_times": times})]


def _triangle(operator: Operator, given: Attributes, rank: Rank) -> list[Operator]:
    return [replace(operator, name="tril" if given.get("lower", True) else "triu")]


def _clip_relu(operator: Operator, given: Attributes, rank: Rank) -> list[Operator]:
    if _number(given, "threshold", 6) != 6:
        raise Unsupported(f"has threshold {given['threshold']}, supported is 6")
    return [operator]


RULES: dict[str, Rule] = {
    **{
        f"elementwise_{kind}": _aligned
        for kind in (
            *("add", "sub", "mul", "div", "max", "min", "pow", "mod", "floordiv", "fmax", "fmin"),
            "heaviside",
        )
    },
    **dict.fromkeys(
        (
            *("equal", "not_equal", "less_than", "less_equal", "greater_than", "greater_equal"),
            *("logical_and", "logical_or", "logical_xor"),
        ),
        _aligned,
    ),
    **{
        f"reduce_{kind}": _reduced
        for kind in ("sum", "mean", "max", "min", "prod", "all", "any", "amax", "amin")
    },
    **{
        f"{kind}_interp{version}": _interp
        for kind in ("nearest", "bilinear", "bicubic", "linear")
        for version in ("", "_v2")
    },
    "assign_value": _assign_value,
    "expand": _expand_1,
    "fill_constant": _full,
    "flatten": _flatten_2,
    "flatten2": _flatten_2,
    "hard_swish": _hard_swish,
    "matmul": _matmul,
    "pad2d": _pad_2d,
    "relu6": _clip_relu,
    "set_value": _set_value,
    "split": _split,
    "swish": _swish,
    "tril_triu": _triangle,
}
"""By the older format's name."""
