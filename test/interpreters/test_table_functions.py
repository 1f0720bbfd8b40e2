"""Operations whose meaning is a table of functions: alone, in regions, on constants."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.parser import Parser

from stepwell.dialects import make_context
from stepwell.dialects.engine import weight_store
from stepwell.dialects.framework import FrameworkOp
from stepwell.errors import StepwellError
from stepwell.interpreters import repeated, run, running
from stepwell.interpreters.table_functions import table_evaluate
from stepwell.test.interpreters.table_dialect import ABACUS, SEMANTICS

X = np.array([1, 2], np.float32)


@pytest.fixture(name="context")
def _context(monkeypatch: pytest.MonkeyPatch) -> Context:
    where = "stepwell.test.interpreters.table_dialect"
    monkeypatch.setitem(running._FRAMEWORKS, "abacus", where)
    context = make_context()
    context.load_dialect(ABACUS)
    return context


def parsed(context: Context, body: str, results: str = "tensor<2xf32>") -> ModuleOp:
    text = f"func.func @main(%x: tensor<2xf32>) -> ({results}) {{ {body} }}"
    module = Parser(context, text).parse_module()
    module.verify()
    return module


def both(context: Context, module: ModuleOp, *inputs: Any) -> list[Any]:
    """What a function gives once, which must be what it gives again and again."""
    results = run(context, module, list(inputs))
    again = repeated(context, module)(list(inputs))
    for one, other in zip(results, again, strict=True):
        np.testing.assert_array_equal(one, other)
    return results


def test_one_operation(context: Context):
    """By names, with defaults, and an operand that is absent."""
    text = "%y = abacus.add(%x) {times = 3} : (tensor<2xf32>) -> tensor<2xf32>"
    [result] = both(context, parsed(context, f"{text} func.return %y : tensor<2xf32>"), X)
    np.testing.assert_array_equal(result, 3 * X)
    assert result.dtype == np.float32


def test_groups_and_absent_results(context: Context):
    text = (
        "%y = abacus.sums([%x, %x, %x], %x) : "
        "([tensor<2xf32>, tensor<2xf32>, tensor<2xf32>], tensor<2xf32>) -> tensor<2xf32>"
    )
    [result] = both(context, parsed(context, f"{text} func.return %y : tensor<2xf32>"), X)
    np.testing.assert_array_equal(result, 3 * X)
    text = (
        "%y, %l = abacus.sums([%x], %x) : ([tensor<2xf32>], tensor<2xf32>)"
        " -> (tensor<2xf32>, tensor<2xf32>)"
    )
    module = parsed(
        context,
        f"{text} func.return %y, %l : tensor<2xf32>, tensor<2xf32>",
        "tensor<2xf32>, tensor<2xf32>",
    )
    _, last = both(context, module, X)
    np.testing.assert_array_equal(last, X)


LOOP = """
  %n = abacus.Constant dense<3> : tensor<i64>
  %less = abacus.Constant dense<-1> : tensor<i64>
  %m, %y = abacus.while(%n, %x) : (tensor<i64>, tensor<2xf32>) -> (tensor<i64>, tensor<2xf32>)
    cond(%a: tensor<i64>, %b: tensor<2xf32>) {
      %go = abacus.add(%a) : (tensor<i64>) -> tensor<i1>
      abacus.Yield %go : tensor<i1>
    }
    body(%a: tensor<i64>, %b: tensor<2xf32>) {
      %next = abacus.add(%a, %less) : (tensor<i64>, tensor<i64>) -> tensor<i64>
      %c = abacus.add(%b, %x) : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
      abacus.Yield %next, %c : tensor<i64>, tensor<2xf32>
    }
  func.return %y : tensor<2xf32>
"""


def test_regions(context: Context):
    """A function runs the regions of its operation, which see the values around it."""
    [result] = both(context, parsed(context, LOOP), X)
    np.testing.assert_array_equal(result, 4 * X)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("wrong", r"wrong 'n1': gave a result of shape \[3\], expected \[2\]"),
        ("unknown", "unknown 'n1': abacus.unknown has no reference semantics"),
    ],
)
def test_errors_name_the_node(context: Context, name: str, expected: str):
    text = f'%y = abacus.{name}(%x) {{nodes = ["n1"]}} : (tensor<2xf32>) -> tensor<2xf32>'
    module = parsed(context, f"{text} func.return %y : tensor<2xf32>")
    for call in (run, lambda c, m, i: repeated(c, m)(i)):
        with pytest.raises(StepwellError, match=expected):
            call(context, module, [X])


def test_constants(context: Context):
    """Folding computes what the same table says."""
    text = "%y = abacus.add(%x) {times = 3} : (tensor<2xf32>) -> tensor<2xf32>"
    module = parsed(context, f"{text} func.return %y : tensor<2xf32>")
    op = next(op for op in module.walk() if isinstance(op, FrameworkOp))
    [found] = table_evaluate(SEMANTICS, op, [X], weight_store(context))
    np.testing.assert_array_equal(found, 3 * X)
