"""Compares Stepwell with other runtimes over real models, in one run.

    python benchmarks/compare.py --threads 1,2 --vs onnxruntime,openvino,mnn      all models
    python benchmarks/compare.py resnet18 --threads 1,2
    python benchmarks/compare.py net.onnx --inputs net.npz

How it measures is told in `stepwell.tools.measure.bench`. Each model has a process of its own. All
figures, with versions and the machine's state, go into `benchmarks/results.json`, which is written
anew after each model; `tables.py` makes the tables of `docs/benchmarks.md` from it. Run it on an
otherwise idle machine.
"""

from __future__ import annotations

import argparse
import sys
from itertools import product
from pathlib import Path

from isolated import Cell, compare_isolated
from models import DEFAULT
from results import RESULTS, mean_lines, write_results
from rich.console import Console

from stepwell.errors import StepwellError
from stepwell.tools.measure.bench import Comparison, busy, machine
from stepwell.tools.measure.bench_report import comparison_line, comparison_table
from stepwell.tools.measure.peers import peer


def main() -> int:
    options = _options()
    peers = [name for name in options.vs.split(",") if name]
    try:
        for name in peers:
            peer(name)
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
            cell = Cell(model, options.inputs, threads, options.rounds)
            comparison = compare_isolated(cell, peers)
        except StepwellError as error:
            print(f"compare: {error}", file=sys.stderr)
            failed += 1
            continue
        if not comparison["runtimes"]["stepwell"].get("agrees", False):
            failed += 1
        comparisons.append(comparison)
        write_results(options.json, state, comparisons)
        console.print(comparison_line(comparison), soft_wrap=True, highlight=False)
    if console.is_terminal:
        for threads in thread_counts:
            console.print(comparison_table([c for c in comparisons if c["threads"] == threads]))
    for line in mean_lines(comparisons):
        console.print(line, soft_wrap=True, highlight=False)
    return 1 if failed else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Compare Stepwell with other runtimes.")
    parser.add_argument("models", nargs="*", default=DEFAULT, help="names, or paths to files")
    parser.add_argument("--inputs", type=Path, help=".npz with the inputs of a model given by path")
    parser.add_argument("--vs", default="onnxruntime", help="peers, the first is the reference")
    parser.add_argument("--threads", default="1", help="1, or several counts: 1,2")
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--json", type=Path, default=RESULTS)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
