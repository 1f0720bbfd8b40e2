"""Reference operations whose operands do not say what the names in their sizes are."""

from __future__ import annotations

import numpy as np
import pytest

from stepwell.compiler.reference import reference_function
from stepwell.compiler.reference_module import reference_module
from stepwell.dialects import make_context
from stepwell.dialects.engine import ReferenceOp
from stepwell.ir.parse_ir import parse_ir


def reference(operand: str, result: str) -> str:
    """The text for a product with the number 2 of a tensor of these sizes."""
    x, y = (f"tensor<?x?xf32, #engine.sizes<{sizes}>>" for sizes in (operand, result))
    text = f"""
    func.func @main(%x: {x}) -> {y} {{
      %r = engine.reference(%x) {{nodes = ["/n"], reason = "a test"}} : ({x}) -> {y} {{
      ^bb0(%a: {x}):
        %b = onnx.Add(%a, %a) {{nodes = ["/n"]}} : ({x}, {x}) -> {y}
        engine.yield %b : {y}
      }}
      func.return %r : {y}
    }}"""
    [op] = [
        op for op in parse_ir(make_context(), text, "<t>").walk() if isinstance(op, ReferenceOp)
    ]
    return reference_module(op)


@pytest.mark.parametrize(
    ("operand", "result", "named"),
    [
        ('"N", "N + S"', '"N", "N + S"', True),
        ('"N", "H * W"', '"N", "H * W"', False),
        ('"N", "S"', '"N", "K"', False),
    ],
)
def test_sizes_that_operands_do_not_give_are_left_out(
    operand: str, result: str, named: bool
) -> None:
    text = reference(operand, result)
    assert ("#engine.sizes" in text) == named
    function = reference_function(text, "<test>")
    for shape in ((2, 12), (1, 3), (0, 5)):
        [found] = function([np.full(shape, 1.5, np.float32)])
        np.testing.assert_array_equal(found, np.full(shape, 3, np.float32))
