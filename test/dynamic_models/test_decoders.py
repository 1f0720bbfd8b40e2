"""Decoders with a past of any length, compiled once."""

from __future__ import annotations

import pytest

from .checks import check
from .decoders import DECODERS
from .dynamic_model import DynamicModel


@pytest.mark.parametrize("model", DECODERS, ids=lambda model: model.name)
def test_any_sizes(model: DynamicModel) -> None:
    check(model)
