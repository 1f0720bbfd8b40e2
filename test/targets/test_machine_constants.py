"""
Clocks, ports, latencies, cache lines and rates stand in the machine model, nowhere else.

Templates and passes count work; a constant that is named like a property of a processor, or a
number as large as a rate or as small as a time, has lost its way there.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

ROOMS = ("kernels", "transforms", "conversion/engine_to_kernels")

NUMERIC = ("transforms/expand_math", "transforms/optimize")
"""Polynomials and bounds of what they compute: numbers of any size, but no names of machines."""

NAMES = re.compile(
    r"CLOCK|(^|_)HZ$|SECONDS|_PER_(SECOND|CYCLE)$|(^|_)PORTS?$|LATENC|BANDWIDTH|CACHE_LINE"
    r"|^LINE(_BYTES)?$|IN_FLIGHT"
)

RATE, TIME = 1e8, 1e-4


def suspects(tree: ast.Module, numbers: bool) -> Iterator[str]:
    """What in a file is named, or is as large, as a property of a processor."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for target in targets:
                if isinstance(target, ast.Name) and NAMES.search(target.id):
                    yield f"line {node.lineno}: {target.id}"
        if not numbers or not isinstance(node, ast.Constant) or not isinstance(node.value, float):
            continue
        if node.value >= RATE or 0 < node.value < TIME:
            yield f"line {node.lineno}: {node.value}"


def found_in(room: str) -> list[str]:
    return [
        f"{path.relative_to(ROOT)}: {what}"
        for path in sorted((ROOT / room).rglob("*.py"))
        for what in suspects(
            ast.parse(path.read_text(encoding="utf-8")),
            not path.relative_to(ROOT).as_posix().startswith(NUMERIC),
        )
    ]


@pytest.mark.parametrize("room", ROOMS)
def test_no_machine_constants(room: str) -> None:
    """Beside work, in `kernels/` and in passes."""
    assert len(list((ROOT / room).rglob("*.py"))) > 1
    assert found_in(room) == []


@pytest.mark.parametrize(
    "text",
    [
        "CLOCK_HZ = 2",
        "FMA_PORTS = 2",
        "FMA_LATENCY: int = 4",
        "CACHE_LINE = 64",
        "FLOPS_PER_SECOND = 3",
        "seconds = work / 2.5e9",
        "seconds = rows * 4e-9",
    ],
)
def test_suspects_are_seen(text: str) -> None:
    assert len(list(suspects(ast.parse(text), numbers=True))) == 1


def test_work_is_not_suspect() -> None:
    text = "TILE_CYCLES = 20\nseconds = machine.seconds(0.75 * elements)\nlines = 64"
    assert not list(suspects(ast.parse(text), numbers=True))
