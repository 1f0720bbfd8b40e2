"""The quick way to the text of a module gives the text that `str` gives."""

from __future__ import annotations

from pathlib import Path

import pytest

from stepwell.dialects import make_context
from stepwell.dialects.text import operation_text
from stepwell.ir.parse_ir import parse_ir

TREE = Path(__file__).parents[1]
FILES = [TREE / "transforms" / "plan_memory.mlir", TREE / "transforms" / "assign_layouts.mlir"]


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_text_is_that_of_str(path: Path):
    module = parse_ir(make_context(), path.read_text(), str(path))
    assert operation_text(module) == str(module)


def test_zeros_keep_their_signs():
    text = """
    func.func @f() {
      %0 = arith.constant dense<0.0> : tensor<2xf32>
      %1 = arith.constant dense<-0.0> : tensor<2xf32>
      func.return
    }
    """
    module = parse_ir(make_context(), text, "<test>")
    assert operation_text(module) == str(module)
    assert "-0.0" in operation_text(module)
