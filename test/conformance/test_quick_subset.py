"""Some of the standard's cases, spread over all of them; `make conformance` runs every one."""

from pathlib import Path

import pytest

from stepwell.conformance.cases import all_cases
from stepwell.conformance.operator_table import operators_page
from stepwell.conformance.outcome import lost, read_outcomes
from stepwell.conformance.run_case import outcomes_of
from stepwell.test.conversion.kernels_to_llvm.test_narrow_floats import runnable

DOCS = Path(__file__).resolve().parents[2] / "docs"

STRIDES = {"node": 14, "simple": 3, "pytorch-converted": 9, "pytorch-operator": 5, "type": 23}


@pytest.mark.slow
@pytest.mark.parametrize("kind", STRIDES)
def test_nothing_is_lost(kind):
    kept = read_outcomes(DOCS / "conformance.json")
    chosen = all_cases((kind,))[:: STRIDES[kind]]
    outcomes = outcomes_of(chosen)
    assert len(outcomes) == len(chosen) > 3
    assert lost(kept, outcomes) == []
    assert any(outcome.passed for outcome in outcomes.values())


@pytest.mark.slow
@pytest.mark.parametrize("name", ["x86-64-v2", "x86-64-v3", "x86-64-v4"])
def test_outcomes_hold_on_every_processor(name):
    kept = read_outcomes(DOCS / "conformance.json")
    chosen = [case for kind in ("node", "type") for case in all_cases((kind,))[5::140]]
    outcomes = outcomes_of(chosen, runnable(name).name)
    assert len(outcomes) == len(chosen) > 20
    assert lost(kept, outcomes) == []


def test_every_case_has_a_kept_outcome():
    kept = read_outcomes(DOCS / "conformance.json")
    assert {str(case) for case in all_cases()} == set(kept)


def test_the_table_of_operators_is_what_the_outcomes_say():
    page = operators_page(all_cases(), read_outcomes(DOCS / "conformance.json"))
    written = (DOCS / "operators.md").read_text(encoding="utf-8")
    assert page == written, "run `make conformance`"
