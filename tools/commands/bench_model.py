"""`stepwell bench`."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from ...errors import StepwellError, UsageError
from ...runtime.describe import reference_lines, reference_text
from ..inputs.model_feeds import feeds_for
from ..inputs.open_sizes import drawn_sizes
from ..inputs.value_option import value_arrays
from ..measure.bench import compare, machine
from ..measure.bench_report import print_comparisons
from ..measure.peers import Stepwell, peer


def bench_model(
    model: Path,
    inputs: Sequence[str],
    peers: Sequence[str],
    *,
    shapes: Mapping[str, tuple[int, ...]],
    values: Mapping[str, Any],
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
    if model.suffix.lower() == ".well" and values:
        raise UsageError(f"{model} is compiled: its values are what they are")
    [(sizes, shapes)] = drawn_sizes(model, inputs, shapes, seed)
    bound = value_arrays(model, values)
    feeds = {**feeds_for(model, inputs, seed, shapes, values), **bound}  # peers want these, too
    subject = Stepwell(shapes, values)
    state = machine()  # before we are the load ourselves
    comparison = compare(model, feeds, runtimes, threads, rounds, subject)
    if as_json:
        references = [reference_text(op) for op in subject.reference_ops]
        figures = {
            "machine": state,
            "sizes": sizes,
            "comparisons": [comparison],
            "reference_ops": references,
        }
        json.dump(figures, sys.stdout, indent=2)
        sys.stdout.write("\n")
    else:
        if sizes:
            print(f"at {sizes}:")
        print_comparisons([comparison], Console())
        for line in reference_lines(subject.reference_ops):
            print(line)
    ours = comparison["runtimes"]["stepwell"]
    if not ours.get("agrees", True):
        raise StepwellError(f"{model}: results differ from those of {comparison['reference']}")
