"""Scalars whose element types decide what a word is made of."""

import pytest
from xdsl.builder import ImplicitBuilder
from xdsl.dialects.builtin import IntegerType, Signedness, f32, i8
from xdsl.ir import Block

from stepwell.conversion.to_engine.scalars import Numbers
from stepwell.conversion.to_engine.vocabulary.arithmetic import floor_divided, magnitude, sign

u8 = IntegerType(8, Signedness.UNSIGNED)


def built(build, element, count=1):
    """The operations of a word on scalars of an element type."""
    n = Numbers(element)
    block = Block(arg_types=[n.scalar] * count)
    with ImplicitBuilder(block):
        build(n, *block.args)
    return [op.name for op in block.ops]


@pytest.mark.parametrize(("element", "ops"), [(f32, ["math.absf"]), (i8, ["math.absi"]), (u8, [])])
def test_magnitude(element, ops):
    assert built(magnitude, element) == ops


def test_unsigned_numbers_are_not_below_zero():
    assert "arith.cmpi" in built(sign, i8)
    assert built(sign, u8).count("arith.cmpi") == 1


@pytest.mark.parametrize(
    ("element", "last"), [(f32, "math.floor"), (i8, "arith.floordivsi"), (u8, "arith.divui")]
)
def test_floor_division(element, last):
    assert built(floor_divided, element, 2)[-1] == last
