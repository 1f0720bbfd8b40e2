"""How much is tried: `STEPWELL_FUZZ_SEEDS=first:end` and `STEPWELL_FUZZ_SECONDS`."""

from __future__ import annotations

import os

import pytest


@pytest.fixture
def seeds() -> range:
    first, _, end = os.environ.get("STEPWELL_FUZZ_SEEDS", "0:250").partition(":")
    return range(int(first), int(end))


@pytest.fixture
def seconds() -> float:
    return float(os.environ.get("STEPWELL_FUZZ_SECONDS", "25"))


@pytest.fixture
def file_seconds(seconds: float) -> float:
    """For the files of one frontend, of which there are several: less in the suite."""
    return seconds if "STEPWELL_FUZZ_SECONDS" in os.environ else 4.0
