"""Mutated files of every frontend end in a module, or in a `StepwellError`."""

from __future__ import annotations

import pytest

from stepwell.conversion.frontends import frontends
from stepwell.conversion.import_model import recognise, summary_of
from stepwell.test.fuzz.frontend_files import models_of
from stepwell.test.fuzz.kind import FILES_OF, KINDS
from stepwell.test.fuzz.trial import assert_fine, assert_found_are_fine


def kind(frontend: str) -> str:
    return f"{frontend}_files"


def test_every_frontend_is_tried():
    assert set(frontends()) <= set(FILES_OF)
    assert {kind(name) for name in FILES_OF} <= set(KINDS)


@pytest.mark.parametrize("frontend", frontends())
def test_mutations_begin_with_models(frontend: str):
    models = models_of(frontend)
    assert len(models) >= 3
    for files in models[:10]:
        first = next(iter(files.values()))
        assert recognise(first) is frontends()[frontend] or frontend == "onnx"
        summary_of(first)


@pytest.mark.parametrize("frontend", frontends())
def test_found_before(frontend: str):
    assert_found_are_fine(kind(frontend))


@pytest.mark.parametrize("frontend", frontends())
def test_seeds(frontend: str, seeds: range, file_seconds: float):
    assert assert_fine(kind(frontend), seeds, file_seconds), "no seed was tried"
