"""Mutated files of ONNX end in a result or in a `StepwellError`."""

from __future__ import annotations

import pytest

from stepwell.test.fuzz import base_models
from stepwell.test.fuzz.mutated_models import MutatedModels, mutated_model
from stepwell.test.fuzz.trial import assert_fine, assert_found_are_fine

KIND = "mutated_models"


def test_found_before():
    assert_found_are_fine(KIND)


def test_seeds(seeds: range, seconds: float):
    assert assert_fine(KIND, seeds, seconds), "no seed was tried"


@pytest.mark.parametrize("name", base_models.KINDS)
def test_what_mutations_begin_with_is_valid(name: str):
    outcome = MutatedModels().judged(base_models.KINDS[name]().SerializeToString(), lambda _: None)
    assert outcome.kind in ("ran", "undecided"), outcome.word


def test_a_seed_is_a_case():
    assert mutated_model(7) == mutated_model(7)
    assert len({mutated_model(seed) for seed in range(50)}) > 45
