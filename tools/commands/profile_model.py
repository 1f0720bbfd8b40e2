"""`stepwell profile`."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ...errors import UsageError
from ...runtime.array_files import engine_feeds
from ..inputs.model_feeds import random_feeds
from ..inputs.open_sizes import drawn_sizes
from ..measure.profile_report import print_profile, profile_console
from ..measure.profile_run import profile_program
from ..measure.timed_program import timed_program
from .progress import ProgressReport


def profile_model(
    model: Path,
    inputs: Sequence[str],
    *,
    threads: int,
    runs: int,
    shapes: Mapping[str, tuple[int, ...]],
    values: Mapping[str, Any],
    exactness: str | None,
    top: int | None,
    as_json: bool,
    seed: int,
) -> None:
    """
    Compile `model` with a clock, run it, and print where the time goes.

    Raises:
        StepwellError: for a model or an artifact that cannot be compiled here, or wrong inputs.
    """
    if model.suffix.lower() == ".well" and (values or exactness):
        raise UsageError(f"{model} is compiled: its values and exactness are what they are")
    [(sizes, shapes)] = drawn_sizes(model, inputs, shapes, seed)
    with ProgressReport("compile") as progress:
        program = timed_program(
            model,
            threads=threads,
            shapes=shapes,
            values=values,
            exactness=exactness or "rounding",
            progress=progress,
        )
    if inputs:
        feeds = engine_feeds(inputs, program.engine.inputs)
    else:
        feeds = random_feeds(program.engine.inputs, seed, model)
    profile = profile_program(program, feeds, model=model, threads=threads, runs=runs)
    if as_json:
        json.dump(profile, sys.stdout, indent=2, allow_nan=False)
        sys.stdout.write("\n")
    else:
        if sizes:
            print(f"at {sizes}:")
        print_profile(profile, profile_console(), top)
