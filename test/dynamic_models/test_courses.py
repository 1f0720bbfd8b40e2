"""Branches and loops over values of any size, compiled once."""

from __future__ import annotations

import pytest

from .checks import check
from .courses import COURSES
from .dynamic_model import DynamicModel


@pytest.mark.parametrize("model", COURSES, ids=lambda model: model.name)
def test_any_sizes(model: DynamicModel) -> None:
    check(model)
