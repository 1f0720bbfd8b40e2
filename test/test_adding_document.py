"""The code that docs/adding.md shows is the code in the files it names."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "adding.md").read_text(encoding="utf-8")
PIECES: list[tuple[str, str]] = re.findall(r"<!-- (\S+) -->\n```\w+\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize(("file", "piece"), PIECES)
def test_piece_is_in_its_file(file: str, piece: str) -> None:
    """Runs of lines between `…` come in this order, each of them whole."""
    text = (ROOT / file).read_text(encoding="utf-8")
    position = 0
    for run in piece.split("…\n"):
        found = text.find(run, position)
        assert found >= 0, f"docs/adding.md shows code that {file} does not have:\n{run}"
        position = found + len(run)


def test_named_files_exist() -> None:
    named = re.findall(r"`([a-z_/0-9]+(?:/|\.py|\.mlir))`", PAGE)
    assert len(named) > 8
    missing = [
        name
        for name in named
        if not (ROOT / name).exists() and not list(ROOT.glob(f"test/**/{name}"))
    ]
    assert not missing
