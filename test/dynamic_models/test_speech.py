"""Models of sound of any length, compiled once."""

from __future__ import annotations

import pytest

from .checks import check
from .dynamic_model import DynamicModel
from .speech import SPEECH


@pytest.mark.parametrize("model", SPEECH, ids=lambda model: model.name)
def test_any_sizes(model: DynamicModel) -> None:
    check(model)
