"""Encoders of texts of any length, compiled once."""

from __future__ import annotations

import pytest

from .checks import check
from .dynamic_model import DynamicModel
from .encoders import ENCODERS


@pytest.mark.parametrize("model", ENCODERS, ids=lambda model: model.name)
def test_any_sizes(model: DynamicModel) -> None:
    check(model)
