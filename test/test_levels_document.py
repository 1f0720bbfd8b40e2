"""What docs/levels.md shows is what the compiler prints.

A piece is a fenced block below `<!-- LEVEL -->`. Its lines must come in this order in the text of
that level, each within one line; `…` stands for anything. Numbers of SSA values, of registers and
displacements, and the digests in kernel names are not compared.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from stepwell.compiler.compile import lower

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "levels.md"
MODEL = ROOT / "examples" / "digits" / "digits.onnx"

PIECE = re.compile(r"<!-- (\w+) -->\n```\w+\n(.*?)```", re.DOTALL)
PIECES = PIECE.findall(PAGE.read_text(encoding="utf-8"))


@cache
def level_lines(level: str) -> list[str]:
    text = lower(str(MODEL), level, target="x86-64-v4").text
    return [without_numbers(line) for line in text.splitlines()]


def without_numbers(line: str) -> str:
    line = re.sub(r"%[a-z]?[a-z]?[a-z]?\d+\b", "%", line)
    line = re.sub(r"-?\d*\(%", "(%", line)
    line = re.sub(r"_[0-9a-f]{12}\b", "_", line)
    return re.sub(r"\s+", " ", line).strip()


def pattern(line: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, without_numbers(line).split("…"))))


def test_all_levels_are_shown() -> None:
    assert list(dict.fromkeys(level for level, _ in PIECES)) == [
        "onnx",
        "engine",
        "layout",
        "plan",
        "kernels",
        "asm",
    ]


@pytest.mark.parametrize(("level", "piece"), PIECES)
def test_piece_is_in_the_output(level: str, piece: str) -> None:
    printed = iter(level_lines(level))
    for line in piece.splitlines():
        if line.strip() in ("", "…"):
            continue
        wanted = pattern(line)
        assert any(wanted.search(found) for found in printed), (
            f"docs/levels.md shows this line of level {level}, which the compiler does not print "
            f"(any more, or not here): {line.strip()}\n"
            f"see: stepwell compile {MODEL.relative_to(ROOT)} --emit {level} --target x86-64-v4"
        )


def test_a_changed_line_is_noticed() -> None:
    printed = without_numbers("  %7 = arith.addf %3, %4 : f32")
    assert pattern("%1 = arith.addf … : f32").search(printed)
    assert not pattern("%1 = arith.mulf … : f32").search(printed)
