"""Models of rows, any number of them, compiled once."""

from __future__ import annotations

import pytest

from .checks import check
from .dynamic_model import DynamicModel
from .tables import TABLES


@pytest.mark.parametrize("model", TABLES, ids=lambda model: model.name)
def test_any_sizes(model: DynamicModel) -> None:
    check(model)
