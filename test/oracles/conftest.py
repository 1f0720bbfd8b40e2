"""
Comparisons with the frameworks themselves, run by `make oracles`.

The frameworks are in an environment of their own. Elsewhere a file here is skipped, and says so:
each begins with `pytest.importorskip` of its framework. Files run in a process each, as frameworks
do not always bear each other.
"""

from __future__ import annotations

from pathlib import Path

import pytest

ACCEPTANCE = Path(__file__).resolve().parent.parent.parent / ".cache" / "acceptance"


@pytest.fixture(scope="session", name="acceptance")
def _acceptance() -> Path:
    """Where the acceptance models lie, which `make acceptance-models` downloads."""
    if not ACCEPTANCE.exists():
        pytest.skip(f"no models at {ACCEPTANCE} (make acceptance-models)")
    return ACCEPTANCE
