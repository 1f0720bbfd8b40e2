"""Branches and loops that a framework gives as blocks: chosen, written out, or run."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pytest
from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp, i1
from xdsl.ir import SSAValue
from xdsl.parser import Parser

import stepwell
from stepwell.conversion.to_engine.convert import convert_module
from stepwell.conversion.to_engine.dialect_conversion import DialectConversion, Results, RunBlock
from stepwell.conversion.to_engine.lowering import Lowering
from stepwell.conversion.to_engine.scalars import Numbers
from stepwell.conversion.to_engine.vocabulary.regions import branch, while_loop
from stepwell.dialects import make_context
from stepwell.dialects.engine import weight_store
from stepwell.dialects.engine.base import element_of
from stepwell.interpreters import run, running
from stepwell.interpreters.table_functions import table_evaluate
from stepwell.test.interpreters.table_dialect import ABACUS, SEMANTICS

X = np.array([1, 2], np.float32)
EVALUATE = partial(table_evaluate, SEMANTICS)


def add(lo: Lowering) -> SSAValue:
    x, y = lo.operand("x"), lo.operand("y")
    numbers = Numbers(element_of(x))
    return lo.map([x, y], numbers.add)


def less(lo: Lowering) -> SSAValue:
    x, y = lo.operand("a"), lo.operand("b")
    numbers = Numbers(element_of(x))
    return lo.map([x, y], lambda a, b: numbers.compare("lt", a, b), i1)


def parts(lo: Lowering, run_block: RunBlock) -> Results:
    blocks = [region.block for region in lo.op.regions]
    if lo.op.name == "abacus.cond":
        then, otherwise = blocks
        return branch(lo, run_block, lo.operand("on"), then, otherwise, lo.group("x"))
    cond, body = blocks
    return while_loop(lo, run_block, EVALUATE, cond, body, lo.group("carried"))


CONVERSION = DialectConversion(
    "abacus", lambda: {"abacus.add": add, "abacus.less": less}, EVALUATE, parts
)


@pytest.fixture(name="context")
def _context(monkeypatch: pytest.MonkeyPatch) -> Context:
    where = "stepwell.test.interpreters.table_dialect"
    monkeypatch.setitem(running._FRAMEWORKS, "abacus", where)
    context = make_context()
    context.load_dialect(ABACUS)
    return context


LOOP = """
func.func @main(%x: tensor<2xf32>, %n: tensor<i64>) -> (tensor<2xf32>)
    attributes {{input_names = ["x", "n"], output_names = ["y"]}} {{
  %zero = abacus.Constant dense<0> : tensor<i64>
  %one = abacus.Constant dense<1> : tensor<i64>
  %limit = abacus.Constant dense<{limit}> : tensor<i64>
  %m, %y = abacus.while({first}, %x) : (tensor<i64>, tensor<2xf32>) -> (tensor<i64>, tensor<2xf32>)
    cond(%a: tensor<i64>, %b: tensor<2xf32>) {{
      %go = abacus.less(%a, %limit) : (tensor<i64>, tensor<i64>) -> tensor<i1>
      abacus.Yield %go : tensor<i1>
    }}
    body(%a: tensor<i64>, %b: tensor<2xf32>) {{
      %next = abacus.add(%a, %one) : (tensor<i64>, tensor<i64>) -> tensor<i64>
      %c = abacus.add(%b, %x) : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
      abacus.Yield %next, %c : tensor<i64>, tensor<2xf32>
    }}
  func.return %y : tensor<2xf32>
}}
"""

BRANCH = """
func.func @main(%x: tensor<2xf32>, %n: tensor<i64>) -> (tensor<2xf32>)
    attributes {{input_names = ["x", "n"], output_names = ["y"]}} {{
  %limit = abacus.Constant dense<3> : tensor<i64>
  %five = abacus.Constant dense<5> : tensor<i64>
  %on = abacus.less({on}, %limit) : (tensor<i64>, tensor<i64>) -> tensor<i1>
  %y = abacus.cond(%on, %x) : (tensor<i1>, tensor<2xf32>) -> tensor<2xf32>
    then(%a: tensor<2xf32>) {{
      %b = abacus.add(%a, %x) : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
      abacus.Yield %b : tensor<2xf32>
    }}
    otherwise(%a: tensor<2xf32>) {{
      abacus.Yield %a : tensor<2xf32>
    }}
  func.return %y : tensor<2xf32>
}}
"""


def converted(context: Context, text: str, inputs: list[Any]) -> tuple[list[str], ModuleOp]:
    """The operations after conversion, which must give what those before it give."""
    module = Parser(context, text).parse_module()
    module.verify()
    expected = run(context, module, inputs)
    convert_module(module, weight_store(context), CONVERSION)
    module.verify()
    for one, other in zip(run(context, module, inputs), expected, strict=True):
        np.testing.assert_array_equal(one, other)
    return [op.name for op in module.walk()], module


@pytest.mark.parametrize("trips", [0, 1, 7])
def test_a_loop_of_a_few_trips_is_written_out(context: Context, trips: int):
    names, _ = converted(context, LOOP.format(limit=trips, first="%zero"), [X, np.int64(0)])
    assert "engine.loop" not in names
    assert names.count("engine.map") == trips


def test_a_loop_of_many_trips_has_their_number(context: Context):
    names, module = converted(context, LOOP.format(limit=300, first="%zero"), [X, np.int64(0)])
    assert names.count("engine.loop") == 1
    assert "dense<300>" in str(module)
    engine = stepwell.compile(module, context=context)
    np.testing.assert_array_equal(engine(X, np.int64(0)), 301 * X)


@pytest.mark.parametrize("first", [-2, 4, 5, 9])
def test_a_loop_that_data_ends(context: Context, first: int):
    text = LOOP.format(limit=5, first="%n")
    names, module = converted(context, text, [X, np.int64(first)])
    assert names.count("engine.loop") == 1
    assert not any(name.startswith("abacus") for name in names)
    engine = stepwell.compile(module, context=context)
    np.testing.assert_array_equal(engine(X, np.int64(first)), (1 + max(5 - first, 0)) * X)


def test_a_loop_without_end_is_no_reason_to_count_forever(context: Context):
    """Nobody knows how many trips a loop makes whose condition always holds."""
    text = LOOP.format(limit=5, first="%zero").replace("(%a, %limit)", "(%zero, %limit)")
    module = Parser(context, text).parse_module()
    convert_module(module, weight_store(context), CONVERSION)
    assert "engine.loop" in str(module)


@pytest.mark.parametrize(("on", "operation"), [("%five", None), ("%n", "engine.if")])
def test_branches(context: Context, on: str, operation: str | None):
    for number in (1, 3):
        names, _ = converted(context, BRANCH.format(on=on), [X, np.int64(number)])
        assert ("engine.if" in names) == (operation is not None)
        assert not any(name.startswith("abacus") for name in names)
