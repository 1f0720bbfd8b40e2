"""Recurrent networks over any number of steps, compiled once."""

from __future__ import annotations

import pytest

from .checks import check
from .dynamic_model import DynamicModel
from .recurrent import RECURRENT


@pytest.mark.parametrize("model", RECURRENT, ids=lambda model: model.name)
def test_any_sizes(model: DynamicModel) -> None:
    check(model)
