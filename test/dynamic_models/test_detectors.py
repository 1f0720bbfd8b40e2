"""Models of pictures of any height and width, compiled once."""

from __future__ import annotations

import pytest

from .checks import check
from .detectors import DETECTORS
from .dynamic_model import DynamicModel


@pytest.mark.parametrize("model", DETECTORS, ids=lambda model: model.name)
def test_any_sizes(model: DynamicModel) -> None:
    check(model)
