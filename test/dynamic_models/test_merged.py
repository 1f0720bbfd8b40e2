"""Decoders merged for the first step and later ones: one program, no step by reference."""

from __future__ import annotations

import pytest

from .checks import check
from .dynamic_model import DynamicModel
from .merged import MERGED


@pytest.mark.parametrize("model", MERGED, ids=lambda model: model.name)
def test_any_sizes(model: DynamicModel) -> None:
    check(model)
