"""What `stepwell optimize` makes of the models, beside other optimisers of ONNX graphs.

    python benchmarks/optimized_nodes.py [MODEL...] [--python PEERS_PYTHON] [--json FILE]

For each model: the nodes of the model, of ours and of each peer, the processor seconds that each
took, and the largest difference of our outputs from those of the model, all in onnxruntime, as a
part of the largest magnitude. `stepwell-onnxruntime` is what is written for that runtime, with
operators of its own. `--python` is the interpreter that has the peers installed. A peer
that fails has a dash. Of onnxruntime's nodes those that are its own are counted behind a plus.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
from models import EXPORTED, model_feeds, model_path

SCRIPT = Path(__file__).resolve().parent / "optimize_once.py"

OURS = ("stepwell", "stepwell-onnxruntime")

PEERS = ("onnxslim", "onnxsim", "onnxruntime-basic", "onnxruntime")

LIMIT_SECONDS = 600

Figures = dict[str, Any]


def run_once(python: str, tool: str, source: Path, target: Path) -> Figures | None:
    """The figures of one tool; None where it fails."""
    command = [python, str(SCRIPT), tool, str(source), str(target)]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=LIMIT_SECONDS
        )
    except subprocess.TimeoutExpired:
        return None
    return json.loads(done.stdout.splitlines()[-1]) if done.returncode == 0 else None


def difference(source: Path, target: Path, feeds: Mapping[str, Any]) -> float:
    """How far the outputs of two models are apart, which are both run as they are."""
    runtime: Any = onnxruntime
    options = runtime.SessionOptions()
    options.graph_optimization_level = runtime.GraphOptimizationLevel.ORT_DISABLE_ALL
    outputs: list[Sequence[Any]] = []
    for path in (source, target):
        session = runtime.InferenceSession(str(path), options)
        outputs.append(session.run(None, dict(feeds)))
    worst = 0.0
    for wanted, found in zip(outputs[0], outputs[1], strict=True):
        a, b = (np.asarray(v).astype(np.float64) for v in (wanted, found))
        if a.size:
            worst = max(worst, float(np.abs(a - b).max() / max(np.abs(a).max(), 1e-9)))
    return worst


def row(name: str, python: str) -> Figures:
    """All figures of a model."""
    source = model_path(name)
    figures: Figures = {"model": name}
    with tempfile.TemporaryDirectory() as folder:
        for tool in ("none", *PEERS):
            target = Path(folder) / f"{tool}.onnx"
            figures[tool] = run_once(python, tool, source, target)
            target.unlink(missing_ok=True)
        apart: list[float] = []
        for tool in OURS:
            target = Path(folder) / f"{tool}.onnx"
            figures[tool] = run_once(sys.executable, tool, source, target)
            if figures[tool] is not None:
                checker: Any = onnx.checker
                # Nothing is known of the types of operators that are not of the standard.
                checker.check_model(str(target), full_check=not figures[tool]["foreign"])
                apart.append(difference(source, target, model_feeds(name)))
                target.unlink(missing_ok=True)
        if len(apart) == len(OURS):
            figures["difference"] = max(apart)
    return figures


def cell(figures: Figures | None) -> str:
    """Nodes and seconds."""
    if figures is None:
        return "—"
    foreign = figures["foreign"]
    own = f" + {foreign}" if foreign else ""
    return f"{figures['nodes'] - foreign}{own}, {figures['seconds']:.2f} s"


def main() -> None:
    """Print a table, a line for each model as it is done."""
    parser = argparse.ArgumentParser(description="nodes of optimised models")
    parser.add_argument("models", nargs="*", default=list(EXPORTED))
    parser.add_argument("--python", default=sys.executable, help="the one that has the peers")
    parser.add_argument("--json", type=Path, help="where to write all figures")
    options = parser.parse_args()
    rows: list[Figures] = []
    print("| " + " | ".join(["model", "nodes", *OURS, "difference", *PEERS]) + " |")
    print("|---" * (3 + len(OURS) + len(PEERS)) + "|")
    for name in options.models:
        figures = row(name, options.python)
        rows.append(figures)
        apart = f"{figures['difference']:.1e}" if "difference" in figures else "—"
        before = figures["none"]["nodes"] if figures["none"] else "—"
        cells = [name, str(before), *(cell(figures[tool]) for tool in OURS), apart]
        print("| " + " | ".join([*cells, *(cell(figures[p]) for p in PEERS)]) + " |", flush=True)
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
