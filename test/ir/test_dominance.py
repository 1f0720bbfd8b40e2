"""The dominance verifier: what it must refuse, and what it must let pass."""

import time

import pytest
from xdsl.dialects import test
from xdsl.dialects.builtin import ModuleOp, i32
from xdsl.ir import Block, Region
from xdsl.parser import Parser
from xdsl.utils.exceptions import VerifyException

from stepwell.dialects import make_context
from stepwell.ir.dominance import verify_dominance


def check(text: str) -> None:
    module = Parser(make_context(), text).parse_module()
    module.verify()
    verify_dominance(module)


def test_straight_line_and_nested_regions_pass():
    check("""
    func.func @f(%n: index, %x: f32) -> f32 {
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      %r = scf.for %i = %c0 to %n step %c1 iter_args(%a = %x) -> (f32) {
        %s = arith.addf %a, %x : f32
        scf.yield %s : f32
      }
      func.return %r : f32
    }""")


def test_use_before_definition_in_one_block():
    with pytest.raises(VerifyException, match=r"'arith.addf' in @f uses %b before its definition"):
        check("""
        func.func @f(%x: f32) {
          %a = arith.addf %x, %b : f32
          %b = arith.addf %x, %x : f32
          func.return
        }""")


def test_op_that_uses_its_own_result():
    with pytest.raises(VerifyException, match="before its definition"):
        check("""
        func.func @f() {
          %a = "test.op"(%a) : (i32) -> i32
          func.return
        }""")


def test_value_of_a_sibling_region():
    module = Parser(
        make_context(),
        """
        func.func @f(%c: i1, %x: f32) {
          scf.if %c {
            %a = arith.addf %x, %x : f32
          } else {
            %b = arith.mulf %x, %x : f32
          }
          func.return
        }""",
    ).parse_module()
    adds = [op for op in module.walk() if op.name == "arith.addf"]
    muls = [op for op in module.walk() if op.name == "arith.mulf"]
    muls[0].operands[0] = adds[0].results[0]
    module.verify()
    with pytest.raises(VerifyException, match=r"'arith.mulf' in @f uses %a .*region it cannot see"):
        verify_dominance(module)


def test_value_from_outside_an_isolated_op():
    inner = test.TestOp(result_types=[i32])
    user = test.TestOp(operands=[inner.results[0]])
    module = ModuleOp([inner, ModuleOp([user])])
    with pytest.raises(VerifyException, match="cannot see"):
        verify_dominance(module)


def test_value_without_a_block():
    loose = test.TestOp(result_types=[i32])
    with pytest.raises(VerifyException, match="is in no block"):
        verify_dominance(ModuleOp([test.TestOp(operands=[loose.results[0]])]))


DIAMOND = """
func.func @f(%c: i1) {{
  cf.cond_br %c, ^left, ^right
^left:
  %a = "test.op"() : () -> i32
  cf.br ^join
^right:
  %b = "test.op"({right}) : ({right_type}) -> i32
  cf.br ^join
^join:
  "test.op"({join}) : ({join_type}) -> ()
  func.return
}}"""


def test_blocks_of_a_diamond():
    check(DIAMOND.format(right="%c", right_type="i1", join="%c", join_type="i1"))


def test_value_of_one_branch_used_after_the_join():
    with pytest.raises(VerifyException, match=r"uses %a .* in a block that does not dominate"):
        check(DIAMOND.format(right="%c", right_type="i1", join="%a", join_type="i32"))


def test_value_of_one_branch_used_in_the_other():
    with pytest.raises(VerifyException, match="does not dominate"):
        check(DIAMOND.format(right="%a", right_type="i32", join="%c", join_type="i1"))


def test_block_argument_of_another_branch():
    with pytest.raises(VerifyException, match="argument of a block that does not dominate"):
        check("""
        func.func @f(%c: i1, %x: i32) {
          cf.cond_br %c, ^left(%x : i32), ^right
        ^left(%a: i32):
          func.return
        ^right:
          "test.op"(%a) : (i32) -> ()
          func.return
        }""")


def test_loop_of_blocks_and_text_order():
    # ^body stands before the block that dominates it, and jumps back.
    check("""
    func.func @f(%c: i1) {
      cf.br ^head
    ^body:
      "test.op"(%h) : (i32) -> ()
      cf.br ^head
    ^head:
      %h = "test.op"() : () -> i32
      cf.cond_br %c, ^body, ^end
    ^end:
      "test.op"(%h) : (i32) -> ()
      func.return
    }""")


def test_unreachable_blocks_are_not_looked_at():
    check("""
    func.func @f() {
      func.return
    ^dead:
      "test.op"(%x) : (i32) -> ()
      %x = "test.op"() : () -> i32
      func.return
    }""")


def test_linear_in_the_number_of_ops():
    def seconds(count: int) -> float:
        block = Block()
        value = test.TestOp(result_types=[i32])
        block.add_op(value)
        for _ in range(count):
            value = test.TestOp(operands=[value.results[0]], result_types=[i32])
            block.add_op(value)
        module = ModuleOp(Region(block))
        start = time.perf_counter()
        verify_dominance(module)
        return time.perf_counter() - start

    assert seconds(20_000) < 1.0
