"""The checked-in reference is what the docstrings say."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


GENERATORS = (
    "generate_reference.py",
    "generate_frontend_operators.py",
    "generate_rewrite_checklist.py",
)


@pytest.mark.parametrize("name", GENERATORS)
def test_what_is_generated_is_up_to_date(name: str):
    command = [sys.executable, str(ROOT / "docs" / name), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
