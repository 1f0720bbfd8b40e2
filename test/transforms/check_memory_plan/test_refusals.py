"""What `check-memory-plan` refuses and why, each one change away from a plan that it takes."""

from __future__ import annotations

import pytest
from xdsl.parser import Parser

from stepwell.dialects import make_context
from stepwell.errors import CompileError
from stepwell.test.transforms.check_memory_plan.checked import check
from stepwell.transforms.plan_memory import PlanMemoryPass

TURNED = '#engine.layout<"ab", [1, 3]>'

INSIDE = '#engine.layout<"ab", [5, 1]>'

PLAN = f"""
func.func @main(%arena: memref<160xi8>, %x: memref<2x3xf32>, %y: memref<3x2xf32>,
    %z: memref<2x5xf32>)
    attributes {{input_names = ["x"], output_names = ["y", "z"]}} {{
  %a = engine.view %arena {{offset = 0 : i64}} : memref<160xi8> -> memref<2x3xf32>
  engine.softmax %x outs(%a : memref<2x3xf32>) {{axis = 1 : i64}} : memref<2x3xf32>
  %b = engine.view %arena {{offset = 64 : i64}} : memref<160xi8> -> memref<2x3xf32>
  engine.softmax %a outs(%b : memref<2x3xf32>) {{axis = 0 : i64}} : memref<2x3xf32>
  %t = engine.view %a {{offset = 0 : i64, elements = array<i64: 0, 1, 3>}} : memref<2x3xf32>
      -> memref<3x2xf32, {TURNED}>
  engine.softmax %t outs(%y : memref<3x2xf32>) {{axis = 1 : i64}} : memref<3x2xf32, {TURNED}>
  %c = engine.view %b {{offset = 0 : i64}} : memref<2x3xf32> -> memref<2x3xf32>
  engine.softmax %b outs(%c : memref<2x3xf32>) {{axis = 1 : i64}} : memref<2x3xf32>
  %p = engine.view %z {{offset = 4 : i64}} : memref<2x5xf32> -> memref<2x3xf32, {INSIDE}>
  engine.softmax %c outs(%p : memref<2x3xf32, {INSIDE}>) {{axis = 1 : i64}} : memref<2x3xf32>
  engine.pad %p outs(%z : memref<2x5xf32>) {{absorbed = array<i64: 0>, low = array<i64: 0, 1>,
      high = array<i64: 0, 1>, mode = "constant", value = 0.0 : f32}} : memref<2x3xf32, {INSIDE}>
  func.return
}}
"""


def test_the_plan_is_right():
    check(PLAN)


REFUSED = {
    "a value overwritten": ("offset = 64", "offset = 8", "%b is written over operand %a"),
    "not element upon element": (
        "%b {offset = 0 : i64} : memref<2x3xf32> -> memref<2x3xf32>",
        "%arena {offset = 68 : i64} : memref<160xi8> -> memref<2x3xf32>",
        "%c is written over operand %b",
    ),
    "no such elements there": (
        "elements = array<i64: 0, 1, 3>",
        "elements = array<i64: 0, 3, 1>",
        "%t does not lie where these elements of its base do",
    ),
    "elements beyond the last": (
        "elements = array<i64: 0, 1, 3>",
        "elements = array<i64: 1, 1, 3>",
        "%t does not lie where these elements of its base do",
    ),
    "a view of memory that nobody wrote": (
        ", elements = array<i64: 0, 1, 3>",
        "",
        "reads bytes that nobody has written for it",
    ),
    "too few steps": (
        "elements = array<i64: 0, 1, 3>",
        "elements = array<i64: 0, 1>",
        "expected a first one and 2 steps",
    ),
    "an input overwritten": ("outs(%a :", "outs(%x :", "%x is part of %x, which is only read"),
    "written twice": ("outs(%c :", "outs(%b :", "%b is written a second time"),
    "not in its place": (
        "%z {offset = 4 : i64}",
        "%z {offset = 0 : i64}",
        "operand %p is not in its place of the result",
    ),
    "a part that cannot be in place": (
        "absorbed = array<i64: 0>",
        "absorbed = array<i64: 0, 1>",
        "operand 1 cannot be in place",
    ),
    "a part copied onto itself": ("absorbed = array<i64: 0>, ", "", "%z is written over operand"),
    "elements upon each other": (
        f"memref<2x3xf32, {INSIDE}>",
        'memref<2x3xf32, #engine.layout<"ab", [2, 1]>>',
        "elements of %p lie upon each other",
    ),
    "an output that is not written": ("outs(%y :", "outs(%y2 :", "output %y holds no value"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_refused_with_the_reason(what: str):
    before, after, reason = REFUSED[what]
    assert before in PLAN
    text = PLAN.replace(before, after)
    if "%y2" in text:
        view = "%y2 = engine.view %arena {offset = 96 : i64} : memref<160xi8> -> memref<3x2xf32>"
        text = text.replace("  %t =", f"  {view}\n  %t =")
    with pytest.raises(CompileError) as caught:
        check(text)
    assert reason in str(caught.value)


PROGRAM = """
func.func @main(%x: tensor<2x3xf32>, %y: tensor<2x3xf32>) -> tensor<6xf32> {
  %c = engine.constant dense<[1.0, 2.0, 3.0]> : tensor<3xf32> -> tensor<3xf32>
  %d = engine.constant dense<[4.0, 5.0, 6.0]> : tensor<3xf32> -> tensor<3xf32>
  %a = engine.map ins(%x, %c : tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xf32> {
  ^bb0(%p: f32, %q: f32):
    %s = arith.subf %p, %q : f32
    engine.yield %s : f32
  }
  %b = engine.map ins(%y, %d : tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xf32> {
  ^bb0(%p: f32, %q: f32):
    %s = arith.subf %p, %q : f32
    engine.yield %s : f32
  }
  %m = engine.map ins(%a, %b : tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x3xf32> {
  ^bb0(%p: f32, %q: f32):
    %s = arith.subf %p, %q : f32
    engine.yield %s : f32
  }
  %r = engine.reshape %m : tensor<2x3xf32> -> tensor<6xf32>
  func.return %r : tensor<6xf32>
}
"""


def planned() -> str:
    module = Parser(make_context(), PROGRAM).parse_module()
    PlanMemoryPass().apply(make_context(), module)
    return str(module)


def test_the_text_of_a_plan_is_enough():
    check(planned())


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("ins(%a, %b", "ins(%b, %a"),
        ("ins(%x, %c", "ins(%x, %d"),
        ("dense<[1.000000e+00, ", "dense<[7.000000e+00, "),
        ("arith.subf", "arith.addf"),
        ("ins(%x, ", "ins(%y, "),
    ],
)
def test_another_computation_is_found_out(before: str, after: str):
    text = planned()
    assert before in text
    changed = text.replace(before, after, 1)
    with pytest.raises(CompileError, match="is computed otherwise than it was planned"):
        check(changed)
    start = changed.index("output_digests")
    without = changed[:start] + changed[changed.index("]", start) + 3 :]
    check(without)  # meant so


def test_a_function_of_another_kind_is_refused():
    with pytest.raises(CompileError, match="the function is not planned"):
        check(PROGRAM)
