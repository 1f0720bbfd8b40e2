"""Models that make pictures of any height and width, compiled once."""

from __future__ import annotations

import pytest

from .checks import check
from .dynamic_model import DynamicModel
from .planes import PLANES


@pytest.mark.parametrize("model", PLANES, ids=lambda model: model.name)
def test_any_sizes(model: DynamicModel) -> None:
    check(model)
