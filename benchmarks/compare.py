"""Compares Stepwell with other runtimes over real models, in one run.

    python benchmarks/compare.py                        the seven default models, one thread
    python benchmarks/compare.py resnet18 --threads 1,2 --vs onnxruntime,openvino,mnn
    python benchmarks/compare.py net.onnx --inputs net.npz

How it measures is told in `stepwell.tools.bench`. All figures, with versions and the machine's
state, go into `benchmarks/results.json`, which is written anew after each model. Run it on an
otherwise idle machine.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from models import DEFAULT, model_feeds, model_path
from rich.console import Console

from stepwell.errors import StepwellError
from stepwell.tools.bench import Comparison, Machine, busy, compare, machine
from stepwell.tools.bench_report import comparison_line, means, print_summary
from stepwell.tools.peers import peer

RESULTS = Path(__file__).resolve().parent / "results.json"


def main() -> int:
    options = _options()
    try:
        peers = [peer(name) for name in options.vs.split(",") if name]
    except StepwellError as error:
        print(f"compare: {error}", file=sys.stderr)
        return error.exit_code
    console = Console()
    state = machine()  # before we are the load ourselves
    if warning := busy(state):
        print(f"compare: {warning}", file=sys.stderr)
    thread_counts = [int(count) for count in options.threads.split(",")]
    comparisons: list[Comparison] = []
    failed = 0
    for model, threads in product(options.models, thread_counts):
        try:
            path, feeds = _model(model, options.inputs)
            comparison = compare(path, feeds, peers, threads, options.rounds)
        except StepwellError as error:
            print(f"compare: {error}", file=sys.stderr)
            failed += 1
            continue
        if not comparison["runtimes"]["stepwell"].get("agrees", False):
            failed += 1
        comparisons.append(comparison)
        _write(options.json, state, comparisons)
        console.print(comparison_line(comparison), soft_wrap=True, highlight=False)
    for threads in thread_counts:
        print_summary([c for c in comparisons if c["threads"] == threads], console)
    return 1 if failed else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Compare Stepwell with other runtimes.")
    parser.add_argument("models", nargs="*", default=DEFAULT, help="names, or paths to files")
    parser.add_argument("--inputs", type=Path, help=".npz with the inputs of a model given by path")
    parser.add_argument("--vs", default="onnxruntime", help="peers, the first is the reference")
    parser.add_argument("--threads", default="1", help="1, or several counts: 1,2")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--json", type=Path, default=RESULTS)
    return parser.parse_args()


def _model(model: str, inputs: Path | None) -> tuple[Path, dict[str, npt.NDArray[Any]]]:
    if not model.endswith((".onnx", ".well")):
        return model_path(model), model_feeds(model)
    if inputs is None:
        raise StepwellError(f"{model}: give its inputs with --inputs FILE.npz")
    with np.load(inputs) as arrays:
        return Path(model), dict(arrays)


def _write(path: Path, state: Machine, comparisons: Sequence[Comparison]) -> None:
    results = {
        "command": " ".join(["python", *sys.argv]),
        "machine": state,
        "geometric_mean_speed": {
            f"threads={threads}": means([c for c in comparisons if c["threads"] == threads])
            for threads in dict.fromkeys(c["threads"] for c in comparisons)
        },
        "comparisons": comparisons,
    }
    unfinished = path.with_name(f"{path.name}.{os.getpid()}")
    unfinished.write_text(json.dumps(results, indent=2, allow_nan=False) + "\n")
    unfinished.replace(path)


if __name__ == "__main__":
    sys.exit(main())
