"""Quantised element types: what is wrong with them, and where they go before the engine level."""

import pytest
from xdsl.dialects.builtin import IntegerType
from xdsl.dialects.func import FuncOp
from xdsl.utils.exceptions import VerifyException

from stepwell.dialects import make_context
from stepwell.dialects.framework import element_type_of_ir
from stepwell.dialects.tfl import QuantizedType, TflOp
from stepwell.dialects.tfl.quantized import (
    note_quantized_types,
    quantized_operands,
    quantized_results,
)
from stepwell.ir.parse_ir import parse_ir

i8 = IntegerType(8)

TEXT = """
func.func @main(%x: tensor<2x!tfl.quantized<i8, 0.5, -3>>, %n: tensor<2xi32>)
    -> tensor<2x!tfl.quantized<i8, 0.25, 1>> {
  %y = tfl.ADD(%x, %x) : (tensor<2x!tfl.quantized<i8, 0.5, -3>>,
    tensor<2x!tfl.quantized<i8, 0.5, -3>>) -> tensor<2x!tfl.quantized<i8, 0.25, 1>>
  func.return %y : tensor<2x!tfl.quantized<i8, 0.25, 1>>
}
"""


def test_it_is_kept_as_integers():
    row = element_type_of_ir(QuantizedType.of(i8, [0.5], [3]))
    assert row is not None
    assert row.name == "int8"


def test_one_scale_has_no_axis():
    with pytest.raises(VerifyException, match="has 2 scales; expected 1, or an axis"):
        QuantizedType.of(i8, [0.5, 0.25], [0, 0])


def test_scales_and_zero_points_are_as_many():
    with pytest.raises(VerifyException, match="has 2 scales but 1 zero points"):
        QuantizedType.of(i8, [0.5, 0.25], [0], 0)


def test_types_move_into_attributes():
    module = parse_ir(make_context(), TEXT, "test")
    [main] = module.ops
    assert isinstance(main, FuncOp)
    [add, _] = main.body.block.ops
    assert isinstance(add, TflOp)
    before = quantized_operands(add), quantized_results(add)
    note_quantized_types(main)
    assert "quantized" not in str(main.function_type)
    assert "quantized" not in str(add.operand_types)
    assert (quantized_operands(add), quantized_results(add)) == before
    assert before[1][0] is not None
    assert (before[1][0].scale, before[1][0].zero) == (0.25, 1)
    module.verify()
