"""Operations on each element by itself."""

from __future__ import annotations

from ..classes import INT, SOME_STRUCT, STRUCT, hlo_op
from ..clauses import ReducedFormat
from ..form import Form
from ..op import HloOp
from ..own_forms import COMPARE
from ..types_text import TypesText

_SAME = Form(TypesText.SAME)

_UNARY = {
    "abs": "The magnitude.",
    "cbrt": "The cube root.",
    "ceil": "The least integer that is not smaller.",
    "cosine": "The cosine.",
    "count_leading_zeros": "The number of leading bits that are 0.",
    "exponential": "`e^x`",
    "exponential_minus_one": "`e^x - 1`, exact near 0.",
    "floor": "The greatest integer that is not larger.",
    "log": "The natural logarithm.",
    "log_plus_one": "`log(1 + x)`, exact near 0.",
    "logistic": "`1 / (1 + e^-x)`",
    "negate": "The number with the other sign; integers wrap around.",
    "not": "The other truth, or the other bits.",
    "popcnt": "The number of bits that are 1.",
    "round_nearest_afz": "The nearest integer; of two, the one farther from 0.",
    "round_nearest_even": "The nearest integer; of two, the even one.",
    "rsqrt": "`1 / sqrt(x)`",
    "sign": "-1, 0 or 1, as the number is below, at or above 0; a zero and a NaN stay.",
    "sine": "The sine.",
    "sqrt": "The square root.",
    "tan": "The tangent.",
    "tanh": "The hyperbolic tangent.",
}
_INTEGER = frozenset(("count_leading_zeros", "popcnt", "not"))
_ACCURATE = frozenset(
    (
        *("cbrt", "cosine", "exponential", "exponential_minus_one", "log", "log_plus_one"),
        *("logistic", "rsqrt", "sine", "sqrt", "tan", "tanh"),
    )
)

_BINARY = {
    "add": "The sum; of truths, whether one holds.",
    "and": "Both truths, or the bits that both have.",
    "atan2": "The angle of the point (rhs, lhs).",
    "divide": "The quotient; of integers, rounded towards 0.",
    "maximum": "The larger; a NaN if one is.",
    "minimum": "The smaller; a NaN if one is.",
    "multiply": "The product; of truths, whether both hold.",
    "or": "One of the truths, or the bits that one has.",
    "power": "`lhs^rhs`",
    "remainder": "What a division that rounds towards 0 leaves, with the sign of the dividend.",
    "shift_left": "Bits moved up; 0 if by as many as there are.",
    "shift_right_arithmetic": "Bits moved down, the sign repeated.",
    "shift_right_logical": "Bits moved down, zeros behind them.",
    "subtract": "The difference.",
    "xor": "Exactly one of the truths, or the bits that one has.",
}
_BITS = frozenset(
    ("and", "or", "xor", "shift_left", "shift_right_arithmetic", "shift_right_logical")
)


def _doc(text: str, example: str) -> str:
    return f"{text}\n\n```mlir\n{example}\n```\n"


def _unary(name: str, text: str) -> type[HloOp]:
    type_ = "tensor<4xi32>" if name in _INTEGER else "tensor<4xf32>"
    attributes = {"result_accuracy": SOME_STRUCT} if name in _ACCURATE else {}
    doc = _doc(text, f"%y = stablehlo.{name} %x : {type_}")
    return hlo_op(f"stablehlo.{name}", "input", "result", doc, _SAME, attributes=attributes)


def _binary(name: str, text: str) -> type[HloOp]:
    type_ = "tensor<4xi32>" if name in _BITS else "tensor<4xf32>"
    doc = _doc(text, f"%z = stablehlo.{name} %x, %y : {type_}")
    return hlo_op(f"stablehlo.{name}", "lhs, rhs", "result", doc, _SAME)


OPERATIONS: tuple[type[HloOp], ...] = (
    *(_unary(name, text) for name, text in _UNARY.items()),
    *(_binary(name, text) for name, text in _BINARY.items()),
    hlo_op(
        "stablehlo.clamp",
        "min, input, max",
        "result",
        _doc(
            "The nearest number within bounds; these are of the same shape, or scalars.",
            "%y = stablehlo.clamp %low, %x, %high : (tensor<f32>, tensor<4xf32>, tensor<f32>) -> "
            "tensor<4xf32>",
        ),
        _SAME,
    ),
    hlo_op(
        "stablehlo.compare",
        "lhs, rhs",
        "result",
        _doc(
            "Whether a comparison holds (`EQ`, `NE`, `GE`, `GT`, `LE`, `LT`).",
            "%z = stablehlo.compare LT, %x, %y, FLOAT : (tensor<4xf32>, tensor<4xf32>) -> "
            "tensor<4xi1>",
        ),
        COMPARE,
        attributes={"comparison_direction": STRUCT, "compare_type": SOME_STRUCT},
    ),
    hlo_op(
        "stablehlo.convert",
        "input",
        "result",
        _doc(
            "The number in another type; a float becomes an integer by dropping its fraction.",
            "%y = stablehlo.convert %x : (tensor<4xf32>) -> tensor<4xi32>",
        ),
        _SAME,
    ),
    hlo_op(
        "stablehlo.bitcast_convert",
        "input",
        "result",
        _doc(
            "The bits as another type. Of types of unlike width, a last dimension counts the "
            "narrower ones.",
            "%y = stablehlo.bitcast_convert %x : (tensor<4xf32>) -> tensor<4xi32>",
        ),
        Form(TypesText.FUNCTION),
    ),
    hlo_op(
        "stablehlo.is_finite",
        "x",
        "y",
        _doc(
            "Whether a number is neither infinite nor a NaN.",
            "%y = stablehlo.is_finite %x : (tensor<4xf32>) -> tensor<4xi1>",
        ),
        Form(TypesText.FUNCTION),
    ),
    hlo_op(
        "stablehlo.select",
        "pred, on_true, on_false",
        "result",
        _doc(
            "One of two elements, by a condition of the same shape or a scalar.",
            "%z = stablehlo.select %p, %x, %y : tensor<4xi1>, tensor<4xf32>",
        ),
        Form(TypesText.PRED),
    ),
    hlo_op(
        "stablehlo.reduce_precision",
        "input",
        "result",
        _doc(
            "The nearest number of a narrower format.",
            "%y = stablehlo.reduce_precision %x, format = e5m2 : tensor<4xf32>",
        ),
        Form(TypesText.SAME, (ReducedFormat(),)),
        attributes={"exponent_bits": INT, "mantissa_bits": INT},
    ),
    hlo_op(
        "stablehlo.complex",
        "lhs, rhs",
        "result",
        _doc(
            "Complex numbers of real and imaginary parts.",
            "%z = stablehlo.complex %x, %y : tensor<4xcomplex<f32>>",
        ),
        Form(TypesText.COMPLEX),
    ),
    *(
        hlo_op(
            f"stablehlo.{name}",
            "input",
            "result",
            _doc(
                f"The {part} part of complex numbers.",
                f"%y = stablehlo.{name} %x : (tensor<4xcomplex<f32>>) -> tensor<4xf32>",
            ),
            Form(TypesText.FUNCTION),
        )
        for name, part in (("real", "real"), ("imag", "imaginary"))
    ),
    hlo_op(
        "stablehlo.map",
        "inputs*",
        "result",
        _doc(
            "A function of scalars, on each element.",
            '%z = "stablehlo.map"(%x, %y) <{dimensions = array<i64: 0>}> ({\n'
            "^bb0(%a: tensor<f32>, %b: tensor<f32>):\n"
            "  %c = stablehlo.add %a, %b : tensor<f32>\n"
            "  stablehlo.return %c : tensor<f32>\n"
            "}) : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>",
        ),
        None,
        attributes={"dimensions": STRUCT},
        regions=("computation",),
    ),
)
