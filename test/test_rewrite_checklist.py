"""The checklist of rewrites: each row has one answer, and what does not fit together is named."""

from __future__ import annotations

import dataclasses
import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from stepwell.transforms.optimize.rewrites import REWRITES

SCRIPT = Path(__file__).resolve().parent.parent / "docs" / "generate_rewrite_checklist.py"

FITTING = """
[Section]
A1 = { what = "one" }
A2 = { what = "two", by = "another" }
A3 = { what = "three", left = "a reason" }
"""


@pytest.fixture(scope="module")
def checklist() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate_rewrite_checklist", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def rule(*rows: str):
    return dataclasses.replace(REWRITES[0], name="a-rule", rows=rows)


def test_every_row_of_the_checklist_has_one_answer(checklist):
    rows = checklist.read_rows(checklist.CHECKLIST.read_text(encoding="utf-8"))
    assert len(rows) > 200
    assert checklist.faults(rows, REWRITES) == []


def test_what_fits_together_is_a_page(checklist):
    rows = checklist.read_rows(FITTING)
    assert checklist.faults(rows, [rule("A1")]) == []
    page = checklist.page(rows, [rule("A1")])
    assert "| A1 | one | `a-rule` |" in page
    assert "| A2 | two | another |" in page
    assert "| A3 | three | left: a reason |" in page


@pytest.mark.parametrize(
    ("text", "rows", "fault"),
    [
        (FITTING, (), "row A1: no rule answers it, and it says not one of by, left, missing"),
        (FITTING, ("A1", "A2"), "row A2: rule a-rule answers it, and the checklist says 'by'"),
        (FITTING, ("A1", "A9"), "rule a-rule answers row A9, which is not in the checklist"),
        (FITTING, ("A1", "A1"), "rule a-rule names row A1 twice"),
        (FITTING + '[Other]\nA2 = { what = "two", by = "x" }', ("A1",), "row A2 stands in the"),
        (FITTING + 'A4 = { what = "four", by = "x", left = "y" }', ("A1",), "row A4: no rule"),
        (FITTING + 'A4 = { what = "four", by = "" }', ("A1",), "row A4: no rule answers it"),
        (FITTING + 'A4 = { what = "four", by = "x", gap = "y" }', ("A1",), "row A4 has a gap"),
        (FITTING + 'A4 = { what = "", by = "x" }', ("A1",), "row A4 does not say what it is"),
        (FITTING + 'A4 = { what = "four", by = "x", why = "" }', ("A1",), "row A4 has why"),
    ],
)
def test_what_does_not_fit_is_named(checklist, text, rows, fault):
    [found] = checklist.faults(checklist.read_rows(text), [rule(*rows)])
    assert found.startswith(fault)


def test_a_rule_says_how_it_is_known_to_be_right():
    with pytest.raises(ValueError, match="evidence 'hope', not generated, exhaustive, proved"):
        dataclasses.replace(REWRITES[0], evidence="hope")
