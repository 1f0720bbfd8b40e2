"""Layouts and algorithms of programs whose sizes have names: chosen at hints, right at any size."""

from __future__ import annotations

import numpy as np
import pytest
from xdsl.dialects import func
from xdsl.dialects.builtin import ModuleOp, f32
from xdsl.ir import Block, Operation, SSAValue
from xdsl.parser import Parser

from stepwell.compiler.planned_program import main_of
from stepwell.dialects import make_context
from stepwell.dialects.engine import SoftmaxOp, TransposeOp, WinogradOp
from stepwell.dialects.engine.base import (
    element_of,
    extents_of,
    layout_of,
    shape_of,
    static,
    tensor,
)
from stepwell.dialects.engine.weights import Array, dtype_of
from stepwell.interpreters import run
from stepwell.kernels.template import ANY, LayoutChoice
from stepwell.transforms.assign_layouts import AssignLayoutsPass
from stepwell.transforms.assign_layouts.options import Options
from stepwell.transforms.at_hints import at_hints
from stepwell.transforms.bind_sizes import bind_sizes
from stepwell.transforms.use_winograd import UseWinogradPass

TARGET = "x86-64-v4"

CONVOLUTION = """
func.func @main(%x: tensor<?x64x?x?xf32, #engine.sizes<"N", "H", "W">>,
                %w: tensor<64x64x3x3xf32>,
                %r: tensor<?x64x?x?xf32, #engine.sizes<"N", "H - 2", "W - 2">>)
    -> tensor<?x64x?x?xf32, #engine.sizes<"N", "H - 2", "W - 2">>
    attributes {sizes = #engine.names<N in 1 hint 1, H in 6 hint HINT, W in 6 hint HINT>} {
  WEIGHT
  %y = engine.conv %x, %k {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>,
      dilations = array<i64: 1, 1>, groups = 1 : i64}
    : tensor<?x64x?x?xf32, #engine.sizes<"N", "H", "W">>, tensor<64x64x3x3xf32>
    -> tensor<?x64x?x?xf32, #engine.sizes<"N", "H - 2", "W - 2">>
  %z = engine.map ins(%y, %r : tensor<?x64x?x?xf32, #engine.sizes<"N", "H - 2", "W - 2">>,
      tensor<?x64x?x?xf32, #engine.sizes<"N", "H - 2", "W - 2">>)
    -> tensor<?x64x?x?xf32, #engine.sizes<"N", "H - 2", "W - 2">> {
  ^bb0(%a: f32, %b: f32):
    %0 = arith.addf %a, %b : f32
    engine.yield %0 : f32
  }
  func.return %z : tensor<?x64x?x?xf32, #engine.sizes<"N", "H - 2", "W - 2">>
}
"""
CONSTANT = (
    "%k = engine.constant dense<5.000000e-01> : tensor<64x64x3x3xf32> -> tensor<64x64x3x3xf32>"
)

POINTS = ({"N": 1, "H": 6, "W": 7}, {"N": 2, "H": 11, "W": 6}, {"N": 3, "H": 8, "W": 9})


def module_of(text: str, hint: int = 58) -> ModuleOp:
    text = text.replace("HINT", str(hint)).replace("WEIGHT", CONSTANT)
    module = Parser(make_context(), text).parse_module()
    module.verify()
    return module


def results(module: ModuleOp, sizes: dict[str, int]) -> list[Array]:
    copy = module.clone()
    bind_sizes(copy, sizes)
    copy.verify()
    rng = np.random.default_rng(0)
    arguments = main_of(copy).body.block.args
    inputs = [rng.random(shape_of(a)).astype(dtype_of(element_of(a))) for a in arguments]
    return run(make_context(), copy, inputs)


@pytest.mark.parametrize(("hint", "tiled"), [(58, True), (6, False)])
def test_algorithm_and_layouts_are_those_of_the_hints(hint: int, tiled: bool) -> None:
    ctx, module = make_context(), module_of(CONVOLUTION, hint)
    bound = module.clone()
    bind_sizes(bound, {"N": 1, "H": hint, "W": hint})
    for program in (module, bound):
        UseWinogradPass(TARGET).apply(ctx, program)
        AssignLayoutsPass(TARGET).apply(ctx, program)
        program.verify()
    ops, wanted = list(main_of(module).body.block.ops), list(main_of(bound).body.block.ops)
    assert any(isinstance(op, WinogradOp) for op in ops) == tiled
    assert [op.name for op in ops] == [op.name for op in wanted]
    pairs = zip(ops, wanted, strict=True)
    for ours, theirs in (
        found for a, b in pairs for found in zip(a.results, b.results, strict=True)
    ):
        # The panels of weights are chosen for any size.
        assert layout_of(ours) == layout_of(theirs) or static(extents_of(ours))


@pytest.mark.parametrize(("hint", "tiled"), [(9, True), (7, False)])
def test_larger_maps_have_a_say_in_the_algorithm(hint: int, tiled: bool) -> None:
    """7x7 is one tile more than 4x4 and loses, but 14x14 is twice as fast; 5x5 loses too much."""
    ctx, module = make_context(), module_of(CONVOLUTION, hint)
    bound = module.clone()
    bind_sizes(bound, {"N": 1, "H": hint, "W": hint})
    for program, wanted in ((module, tiled), (bound, False)):
        UseWinogradPass(TARGET).apply(ctx, program)
        program.verify()
        assert any(isinstance(op, WinogradOp) for op in program.walk()) == wanted


def test_layouts_are_right_at_other_sizes() -> None:
    module = module_of(CONVOLUTION)
    after = module.clone()
    AssignLayoutsPass(TARGET).apply(make_context(), after)
    after.verify()
    assert "aBcd16b" in str(after)
    for sizes in POINTS:
        [a], [b] = results(module, sizes), results(after, sizes)
        np.testing.assert_allclose(a, b, rtol=1e-5)


def test_an_open_dimension_is_not_blocked() -> None:
    """What a template offers for the hint is left out where it would block a name."""
    block = Block(arg_types=[tensor((2, 64, 9, 9), f32)])
    product = TransposeOp(block.args[0], [0, 1, 2, 3])
    soft = SoftmaxOp(product.results[0], 3)
    block.add_ops([product, soft, func.ReturnOp(soft.results[0])])
    choices: dict[Operation, list[LayoutChoice]] = {
        soft: [LayoutChoice(("aBcd16b",), ("aBcd16b",), 1.0), LayoutChoice((ANY,), (ANY,), 2.0)]
    }
    free = Options(block, choices).of[soft]
    assert [o.results for o in free] == [("aBcd16b",), ("abcd",)]
    values: list[SSAValue] = [block.args[0], product.results[0], soft.results[0]]
    dims: dict[SSAValue, frozenset[int]] = {value: frozenset({1}) for value in values}
    kept = Options(block, choices, dims).of[soft]
    assert [o.results for o in kept] == [("abcd",)]
    assert [o.sources for o in kept] == [("abcd",)]


def test_a_relation_gives_a_hint() -> None:
    text = CONVOLUTION.replace(
        "W in 6 hint HINT>}",
        'W in 6 hint 9>, relations = [#engine.relation<"W", "H", "/add">]}',
    )
    function = main_of(module_of(text, 12))
    assert shape_of(at_hints(function).body.block.args[0]) == (1, 64, 12, 12)


def test_a_program_of_numbers_is_taken_as_it_is() -> None:
    module = module_of(CONVOLUTION)
    bind_sizes(module, POINTS[0])
    function = main_of(module)
    assert at_hints(function) is function
