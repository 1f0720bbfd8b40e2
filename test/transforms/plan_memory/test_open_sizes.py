"""What cannot be planned where sizes are open, and what is copied then."""

from __future__ import annotations

import pytest
from xdsl.dialects.builtin import ModuleOp

from stepwell.dialects import make_context
from stepwell.dialects.engine import ReshapeOp, SliceOp, ViewOp
from stepwell.errors import CompileError
from stepwell.ir.parse_ir import parse_ir
from stepwell.transforms.plan_memory import PlanMemoryPass

SHAPES = (("?", "H"), ("3x?", "H ceildiv 3"))

S, Q = (f'tensor<?x8xf32, #engine.sizes<"{name}">>' for name in "SQ")


def planned(text: str) -> ModuleOp:
    ctx = make_context()
    module = parse_ir(ctx, text, "<test>")
    PlanMemoryPass().apply(ctx, module)
    return module


def test_a_size_that_no_input_says():
    cut = 'starts = array<i64: 0, 0>, sizes = #engine.extents<["Q", 8]>, steps = array<i64: 1, 1>'
    text = f"""
func.func @main(%x: {S}) -> {Q} {{
  %a = engine.slice %x {{{cut}, nodes = ["/Cut"]}} : {S} -> {Q}
  %b = engine.softmax %a {{axis = 0 : i64}} : {Q} -> {Q}
  %c = engine.softmax %b {{axis = 1 : i64}} : {Q} -> {Q}
  func.return %c : {Q}
}}"""
    said = r"'/Cut' needs Q \* 32 bytes, and no input says what Q is; .*--shape"
    with pytest.raises(CompileError, match=said):
        planned(text)


def test_what_needs_numbers_to_be_a_view_is_copied():
    before = 'tensor<?x32x4xf32, #engine.layout<"aBc16b", sizes<"N">>>'
    after = before.replace("x32x", "x16x")
    cut = 'starts = #engine.extents<[0, "P", 0]>, sizes = #engine.extents<["N", 16, 4]>'
    cut += ", steps = array<i64: 1, 1, 1>"
    text = f"""
func.func @main(%x: tensor<?x32x4xf32, #engine.sizes<"N">>, %p: tensor<?xf32, #engine.sizes<"P">>)
    -> tensor<?x16x4xf32, #engine.sizes<"N">> {{
  %a = engine.relayout %x : tensor<?x32x4xf32, #engine.sizes<"N">> -> {before}
  %b = engine.slice %a {{{cut}}} : {before} -> {after}
  %c = engine.relayout %b : {after} -> tensor<?x16x4xf32, #engine.sizes<"N">>
  func.return %c : tensor<?x16x4xf32, #engine.sizes<"N">>
}}"""
    ops = list(planned(text).walk())
    assert any(isinstance(op, SliceOp) for op in ops)
    assert not any(isinstance(op, ViewOp) and op.elements is not None for op in ops)


def test_a_view_stays_within_what_it_is_a_view_of():
    # A third of H rows of three is as many rows as H only where 3 divides H, which nothing says.
    x, y = (f'tensor<{shape}xf32, #engine.sizes<"{size}">>' for shape, size in SHAPES)
    text = f"""
func.func @main(%x: {x}) -> {y} {{
  %a = engine.softmax %x {{axis = 0 : i64}} : {x} -> {x}
  %b = engine.reshape %a : {x} -> {y}
  %c = engine.softmax %b {{axis = 0 : i64}} : {y} -> {y}
  func.return %c : {y}
}}"""
    ops = list(planned(text).walk())
    assert any(isinstance(op, ReshapeOp) for op in ops)
    divides = text.replace(
        f"-> {y} {{\n  %a",
        f'-> {y} attributes {{relations = [#engine.relation<"(H ceildiv 3) * 3", "H", "/Split">]}}'
        " {\n  %a",
    )
    assert not any(isinstance(op, ReshapeOp) for op in planned(divides).walk())
