"""The table of conversions and the files of families it is made of."""

from __future__ import annotations

import importlib.util
import sys
from collections import Counter
from pathlib import Path

import pytest

from stepwell.conversion.onnx_to_engine import table
from stepwell.dialects.onnx import op_classes

ROOT = Path(__file__).resolve().parents[3]


def test_every_operator_is_in_one_family_and_in_the_dialect():
    counts = Counter(name for family in table.FAMILIES for name in family.OPERATORS)
    assert [name for name, count in counts.items() if count > 1] == []
    assert {f"onnx.{name}" for name in counts} <= op_classes().keys()


@pytest.mark.parametrize("family", table.FAMILIES, ids=lambda family: family.__name__[9:])
def test_docstrings_list_the_operators(family):
    path = ROOT / "docs" / "generate_operator_lines.py"
    spec = importlib.util.spec_from_file_location("generate_operator_lines", path)
    assert spec is not None
    assert spec.loader is not None
    generator = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = generator
    spec.loader.exec_module(generator)
    source = Path(family.__file__).read_text(encoding="utf-8")
    assert generator.with_operators(source, family.OPERATORS) == source, "run `make docs`"
    assert generator.with_operators(source, {"Other": None}) != source
