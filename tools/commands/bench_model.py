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
from ..inputs.call_sizes import OpenInputs
from ..inputs.choice_option import ChoiceOption
from ..inputs.model_feeds import feeds_for
from ..inputs.model_parts import ModelParts
from ..inputs.shape_option import GivenSizes
from ..inputs.value_option import value_arrays
from ..measure.bench import Comparison, compare, machine
from ..measure.bench_report import print_comparisons
from ..measure.peers import Stepwell, peer


def bench_model(
    model: Path,
    inputs: Sequence[str],
    peers: Sequence[str],
    *,
    shapes: Mapping[str, tuple[int, ...]],
    sizes: GivenSizes,
    values: Mapping[str, Any],
    threads: int,
    rounds: int,
    as_json: bool,
    seed: int,
    choice: ChoiceOption,
    parts: ModelParts,
) -> None:
    """Time `model` here and in the peers, at each of some sizes, and print the figures.

    Raises:
        StepwellError: for an unknown or missing peer, and if Stepwell's results are wrong.
    """
    runtimes = [peer(name) for name in peers]
    if model.suffix.lower() == ".well" and runtimes:
        raise StepwellError(f"{model}: peers read models of ONNX, not compiled ones")
    if model.suffix.lower() == ".well" and values:
        raise UsageError(f"{model} is compiled: its values are what they are")
    if model.suffix.lower() == ".well" and choice.is_given:
        raise UsageError(f"{model} is compiled: how it was optimised is what it is")
    open_ = OpenInputs.of(model, inputs, shapes, sizes, values, parts)
    points = open_.points(inputs, seed)
    bound = value_arrays(model, values, parts)
    subject = Stepwell(open_.shapes, values, sizes.dims, parts, choice)
    state = machine()  # before we are the load ourselves
    comparisons: list[Comparison] = []
    console = Console()
    for point in points:
        feeds = feeds_for(
            model, inputs, seed, {**open_.shapes, **point.shapes}, values, point.values, parts
        )
        comparison = compare(model, {**feeds, **bound}, runtimes, threads, rounds, subject)
        comparison["sizes"] = point.text
        comparisons.append(comparison)
        if not as_json:
            if point.sizes:
                print(f"at {point.text}, {subject.kind}:")
            print_comparisons([comparison], console)
    if as_json:
        figures = {
            "machine": state,
            "sizes": "; ".join(point.text for point in points),
            "comparisons": comparisons,
            "reference_ops": [reference_text(op) for op in subject.reference_ops],
        }
        json.dump(figures, sys.stdout, indent=2)
        sys.stdout.write("\n")
    else:
        for line in reference_lines(subject.reference_ops):
            print(line)
    for comparison in comparisons:
        if not comparison["runtimes"]["stepwell"].get("agrees", True):
            raise StepwellError(f"{model}: results differ from those of {comparison['reference']}")
