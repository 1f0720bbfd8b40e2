"""Comparisons in processes of their own: a runtime that dies takes one figure with it, not the run.

Some runtimes end their process where others raise an exception. When a comparison dies, each peer
is tried alone; those that die alone are recorded as failed, and the comparison is made again
without them.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from stepwell.errors import StepwellError
from stepwell.tools.measure.bench import Comparison, Timing
from stepwell.tools.measure.peers import peer

SCRIPT = Path(__file__).resolve().parent / "compare_once.py"

LIMIT_SECONDS = 900


class DiedError(Exception):
    """A process that ended without saying why."""


@dataclass(frozen=True)
class Cell:
    """One model at one number of threads."""

    model: str
    inputs: Path | None
    threads: int
    rounds: int


def compare_isolated(cell: Cell, peers: Sequence[str], script: Path = SCRIPT) -> Comparison:
    """
    The comparison of `cell`; a peer that ends its process has an error instead of figures.

    Raises:
        StepwellError: for a model that cannot be had or compiled, or that ends our own process.
    """
    try:
        return _run(cell, peers, script)
    except DiedError as error:
        if not peers:
            raise StepwellError(f"{cell.model}: {error}") from None
    died: dict[str, str] = {}
    alone = Cell(cell.model, cell.inputs, cell.threads, rounds=1)
    for name in peers:
        try:
            _run(alone, [name], script)
        except DiedError as error:
            died[name] = str(error)
    if not died:
        raise StepwellError(f"{cell.model}: the comparison dies, though with no single peer")
    comparison = compare_isolated(cell, [name for name in peers if name not in died], script)
    for name, reason in died.items():
        comparison["runtimes"][name] = Timing(version=peer(name).version(), error=reason)
    return comparison


def _run(cell: Cell, peers: Sequence[str], script: Path) -> Comparison:
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "comparison.json"
        command = [sys.executable, str(script), cell.model, str(output), "--vs", ",".join(peers)]
        command += ["--threads", str(cell.threads), "--rounds", str(cell.rounds)]
        if cell.inputs is not None:
            command += ["--inputs", str(cell.inputs)]
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, check=False, timeout=LIMIT_SECONDS
            )
        except subprocess.TimeoutExpired:
            raise DiedError(f"not done after {LIMIT_SECONDS} s") from None
        if done.returncode < 0:
            raise DiedError(f"ended its process with {signal.Signals(-done.returncode).name}")
        if done.returncode or not output.exists():
            lines = done.stderr.strip().splitlines() or ["failed"]
            raise StepwellError(lines[-1])
        return json.loads(output.read_text())
