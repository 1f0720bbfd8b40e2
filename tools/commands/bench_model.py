"""`stepwell bench`."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from ...errors import StepwellError
from ..inputs.model_feeds import feeds_for
from ..measure.bench import compare, machine
from ..measure.bench_report import print_comparisons
from ..measure.peers import peer


def bench_model(
    model: Path,
    inputs: Path | None,
    peers: Sequence[str],
    *,
    threads: int,
    rounds: int,
    as_json: bool,
    seed: int,
) -> None:
    """Time `model` here and in the peers, and print the figures.

    Raises:
        StepwellError: for an unknown or missing peer, and if Stepwell's results are wrong.
    """
    runtimes = [peer(name) for name in peers]
    if model.suffix.lower() == ".well" and runtimes:
        raise StepwellError(f"{model}: peers read .onnx models, not compiled ones")
    feeds = feeds_for(model, inputs, seed)
    state = machine()  # before we are the load ourselves
    comparison = compare(model, feeds, runtimes, threads, rounds)
    if as_json:
        json.dump({"machine": state, "comparisons": [comparison]}, sys.stdout, indent=2)
        sys.stdout.write("\n")
    else:
        print_comparisons([comparison], Console())
    ours = comparison["runtimes"]["stepwell"]
    if not ours.get("agrees", True):
        raise StepwellError(f"{model}: results differ from those of {comparison['reference']}")
