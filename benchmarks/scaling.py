"""How the cost of each stage of compiling grows with the number of nodes.

    python benchmarks/scaling.py                                     all models of 1k, 10k, 50k
    python benchmarks/scaling.py transformer --nodes 1000 20000
    python benchmarks/scaling.py residual_network --without optimize

Each size of each synthetic model (`synthetic_models.py`) is compiled in a process of its own with
an empty kernel cache; the process says what each stage took as soon as it is over
(`scaling_once.py`). The table shows microseconds of processor time per node at the smallest size,
and how many times that a node takes at the larger ones: 1.0 is a cost that is linear. Memory is
shown in the same way, in bytes per node of the largest stage. Writes `benchmarks/scaling.json`.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, cast

from growth import MEMORY, Growth, rows
from rich.console import Console
from rich.table import Table
from synthetic_models import MODELS

from stepwell.compiler.kernel_cache import FOLDER_VARIABLE
from stepwell.tools.measure.bench import busy, machine

RESULTS = Path(__file__).resolve().parent / "scaling.json"
NODES = (1_000, 10_000, 50_000)


def main() -> int:
    parser = argparse.ArgumentParser(description="Measure how stages grow with a model.")
    parser.add_argument("models", nargs="*", default=list(MODELS), help=", ".join(MODELS))
    parser.add_argument("--nodes", type=int, nargs="+", default=list(NODES))
    parser.add_argument("--without", nargs="*", default=[], help="passes to leave out")
    parser.add_argument("--limit", type=float, default=900, help="seconds for one process")
    parser.add_argument("--json", type=Path, default=RESULTS)
    options = parser.parse_args()
    if unknown := [model for model in options.models if model not in MODELS]:
        parser.error(f"no model '{unknown[0]}', expected one of {', '.join(MODELS)}")
    state = machine()
    if warning := busy(state):
        print(f"scaling: {warning}", file=sys.stderr)
    measured: list[Growth] = []
    for model in options.models:
        for nodes in sorted(options.nodes):
            measured.append(_measure(model, nodes, options.without, options.limit))
            results = {"command": _command(), "machine": state, "measured": measured}
            options.json.write_text(json.dumps(results, indent=2) + "\n")
            if failure := measured[-1]["failure"]:
                print(f"scaling: {model} of {nodes} nodes: {failure}", file=sys.stderr)
        Console().print(_table([m for m in measured if m["model"] == model]))
    return 1 if any(m["failure"] for m in measured) else 0


def _measure(model: str, nodes: int, without: list[str], limit: float) -> Growth:
    """`scaling_once.py` in a process of its own whose kernel cache is empty."""
    script = Path(__file__).resolve().parent / "scaling_once.py"
    command = [sys.executable, str(script), model, str(nodes)]
    if without:
        command += ["--without", *without]
    failure = ""
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {FOLDER_VARIABLE: folder}
        try:
            done = subprocess.run(
                command, env=environment, capture_output=True, text=True, timeout=limit
            )
            output = done.stdout
            if done.returncode:
                failure = (done.stderr.strip().splitlines() or [f"exit {done.returncode}"])[-1]
        except subprocess.TimeoutExpired as error:
            # The lines that were written until then; bytes even when text was asked for.
            raw = cast("bytes | str | None", error.stdout) or b""
            output = raw if isinstance(raw, str) else raw.decode()
            failure = f"not over after {limit:.0f} s"
    stages: list[Any] = [json.loads(line) for line in output.splitlines()]
    return Growth(model=model, nodes=nodes, stages=stages, failure=failure)


def _table(measured: list[Growth]) -> Table:
    sizes = [m["nodes"] for m in measured]
    table = Table(title=measured[0]["model"])
    table.add_column("stage")
    table.add_column(f"per node at {sizes[0]:,}", justify="right")
    for size in sizes[1:]:
        table.add_column(f"at {size:,}", justify="right")
    for row in rows(measured):
        unit = "B" if row["stage"] == MEMORY else "us"
        cells = ["-" if factor is None else f"{factor:.2f}x" for factor in row["factors"]]
        table.add_row(row["stage"], f"{row['per_node']:.1f} {unit}", *cells)
    return table


def _command() -> str:
    return " ".join(["python", *sys.argv])


if __name__ == "__main__":
    sys.exit(main())
