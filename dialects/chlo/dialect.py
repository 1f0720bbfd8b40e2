"""The `chlo` dialect with all of its operations."""

from __future__ import annotations

from functools import cache

from xdsl.ir import Dialect

from ..stablehlo.classes import FLAG, INT, SOME_INTS, SOME_STRUCT, STRUCT, TENSOR, hlo_op
from ..stablehlo.clauses import Flag, Integer
from ..stablehlo.form import Form
from ..stablehlo.op import HloOp
from ..stablehlo.types_text import TypesText
from .attributes import ComparisonDirectionAttr, ComparisonTypeAttr

_ARROW = Form(TypesText.ARROW)
_FUNCTION = Form(TypesText.FUNCTION)

_UNARY = {
    "acos": "The inverse of the cosine.",
    "acosh": "The inverse of the hyperbolic cosine.",
    "asin": "The inverse of the sine.",
    "asinh": "The inverse of the hyperbolic sine.",
    "atan": "The inverse of the tangent.",
    "atanh": "The inverse of the hyperbolic tangent.",
    "bessel_i1e": "The modified Bessel function of order 1, times `e^-|x|`.",
    "conj": "The conjugate of a complex number.",
    "cosh": "The hyperbolic cosine.",
    "digamma": "The derivative of `log(gamma(x))`.",
    "erf": "The error function.",
    "erf_inv": "The inverse of the error function.",
    "erfc": "`1 - erf(x)`, exact for large numbers.",
    "lgamma": "`log(|gamma(x)|)`",
    "sinh": "The hyperbolic sine.",
    "square": "`x^2`",
    "tan": "The tangent.",
}
_TESTS = {
    "is_inf": "Whether a number is infinite.",
    "is_neg_inf": "Whether a number is minus infinity.",
    "is_pos_inf": "Whether a number is plus infinity.",
}
_BINARY = {
    "mulhi": "The upper half of the bits of a product.",
    "next_after": "The number of the type that comes next in the direction of another.",
    "polygamma": "A derivative of `log(gamma(x))`, by its order.",
    "zeta": "The sum of `(q + n)^-x` over all n from 0 on.",
}
_BROADCAST = (
    *("add", "and", "atan2", "complex", "divide", "maximum", "minimum", "multiply", "next_after"),
    *("or", "polygamma", "power", "remainder", "shift_left", "shift_right_arithmetic"),
    *("shift_right_logical", "subtract", "xor", "zeta"),
)
_INTEGERS = frozenset(
    ("and", "or", "xor", "shift_left", "shift_right_arithmetic", "shift_right_logical", "mulhi")
)


def _doc(text: str, example: str) -> str:
    return f"{text}\n\n```mlir\n{example}\n```\n"


def _unary(name: str, text: str, result: str = "tensor<4xf32>") -> type[HloOp]:
    doc = _doc(text, f"%y = chlo.{name} %x : tensor<4xf32> -> {result}")
    return hlo_op(f"chlo.{name}", "input", "result", doc, _ARROW)


def _binary(name: str, text: str) -> type[HloOp]:
    type_ = "tensor<4xi32>" if name in _INTEGERS else "tensor<4xf32>"
    doc = _doc(text, f"%z = chlo.{name} %x, %y : {type_}, {type_} -> {type_}")
    return hlo_op(f"chlo.{name}", "lhs, rhs", "result", doc, _ARROW)


def _broadcast(name: str) -> type[HloOp]:
    element = "i32" if name in _INTEGERS else "f32"
    result = "complex<f32>" if name == "complex" else element
    doc = _doc(
        f"`{name}` of tensors that are broadcast, as numpy does it.",
        f"%z = chlo.broadcast_{name} %x, %y : (tensor<4x{element}>, tensor<2x4x{element}>) -> "
        f"tensor<2x4x{result}>",
    )
    attributes = {"broadcast_dimensions": SOME_INTS}
    title = f"chlo.broadcast_{name}"
    return hlo_op(title, "lhs, rhs", "result", doc, _FUNCTION, attributes=attributes)


OPERATIONS: tuple[type[HloOp], ...] = (
    *(_unary(name, text) for name, text in _UNARY.items()),
    *(_unary(name, text, "tensor<4xi1>") for name, text in _TESTS.items()),
    *(_binary(name, text) for name, text in _BINARY.items()),
    *(_broadcast(name) for name in _BROADCAST),
    hlo_op(
        "chlo.broadcast_compare",
        "lhs, rhs",
        "result",
        _doc(
            "A comparison of tensors that are broadcast.",
            "%z = chlo.broadcast_compare %x, %y {comparison_direction = "
            "#chlo<comparison_direction LT>} : (tensor<4xf32>, tensor<2x4xf32>) -> tensor<2x4xi1>",
        ),
        _FUNCTION,
        attributes={
            "broadcast_dimensions": SOME_INTS,
            "comparison_direction": STRUCT,
            "compare_type": SOME_STRUCT,
        },
    ),
    hlo_op(
        "chlo.broadcast_select",
        "pred, on_true, on_false",
        "result",
        _doc(
            "One of two elements of tensors that are broadcast.",
            "%z = chlo.broadcast_select %p, %x, %y : (tensor<i1>, tensor<4xf32>, tensor<2x4xf32>) "
            "-> tensor<2x4xf32>",
        ),
        _FUNCTION,
    ),
    hlo_op(
        "chlo.constant",
        "",
        "result",
        _doc(
            "A constant.",
            '%c = "chlo.constant"() <{value = dense<1> : tensor<i32>}> : () -> tensor<i32>',
        ),
        None,
        attributes={"value": TENSOR},
        constant=True,
    ),
    hlo_op(
        "chlo.constant_like",
        "input",
        "result",
        _doc(
            "A number in the shape of a tensor.",
            '%c = "chlo.constant_like"(%x) <{value = 1.500000e+00 : f32}> : (tensor<4xf32>) -> '
            "tensor<4xf32>",
        ),
        None,
        attributes={"value": TENSOR},
    ),
    hlo_op(
        "chlo.top_k",
        "input",
        "values, indices",
        _doc(
            "The k largest elements along the last dimension and where they are, in order.",
            "%v, %i = chlo.top_k(%x, k = 2) : tensor<4xf32> -> (tensor<2xf32>, tensor<2xi32>)",
        ),
        Form(TypesText.ARROW, (Integer("k", "k"), Flag("is_stable", "is_stable")), parens=True),
        attributes={"k": INT, "is_stable": FLAG},
    ),
    hlo_op(
        "chlo.ragged_dot",
        "lhs, rhs, group_sizes",
        "result",
        _doc(
            "Products of groups of rows by a matrix for each group.",
            '%y = "chlo.ragged_dot"(%x, %w, %n) <{ragged_dot_dimension_numbers = {}}> : '
            "(tensor<6x4xf32>, tensor<2x4x3xf32>, tensor<2xi32>) -> tensor<6x3xf32>",
        ),
        None,
        attributes={"ragged_dot_dimension_numbers": STRUCT, "precision_config": SOME_STRUCT},
    ),
)

Chlo = Dialect("chlo", list(OPERATIONS), [ComparisonDirectionAttr, ComparisonTypeAttr])


@cache
def op_classes() -> dict[str, type[HloOp]]:
    """All operation classes by name."""
    return {op.name: op for op in OPERATIONS}
