"""`stepwell profile`."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ...errors import UsageError
from ...runtime.array_files import engine_feeds
from ..inputs.call_sizes import OpenInputs
from ..inputs.choice_option import ChoiceOption
from ..inputs.model_feeds import random_feeds
from ..inputs.model_parts import ModelParts
from ..inputs.shape_option import GivenSizes
from ..measure.profile_report import print_profile, profile_console
from ..measure.profile_run import Profile, profile_program
from ..measure.timed_program import TimedModel
from .progress import ProgressReport


def profile_model(
    model: Path,
    inputs: Sequence[str],
    *,
    threads: int,
    runs: int,
    shapes: Mapping[str, tuple[int, ...]],
    sizes: GivenSizes,
    values: Mapping[str, Any],
    choice: ChoiceOption,
    top: int | None,
    as_json: bool,
    seed: int,
    parts: ModelParts,
) -> None:
    """
    Compile `model` with a clock, run it, and print where the time goes, at each of some sizes.

    Raises:
        StepwellError: for a model or an artifact that cannot be compiled here, or wrong inputs.
    """
    profiles: list[Profile] = []
    for found in profiles_of(
        model,
        inputs,
        threads=threads,
        runs=runs,
        shapes=shapes,
        sizes=sizes,
        values=values,
        choice=choice,
        seed=seed,
        parts=parts,
    ):
        profiles.append(found)
        if not as_json:
            print_profile(found, profile_console(), top)
    if as_json:
        written = profiles[0] if len(profiles) == 1 else profiles
        json.dump(written, sys.stdout, indent=2, allow_nan=False)
        sys.stdout.write("\n")


def profiles_of(
    model: Path,
    inputs: Sequence[str],
    *,
    threads: int,
    runs: int,
    shapes: Mapping[str, tuple[int, ...]],
    sizes: GivenSizes,
    values: Mapping[str, Any],
    choice: ChoiceOption,
    seed: int,
    parts: ModelParts,
) -> Iterator[Profile]:
    """
    The profile at each of some sizes.

    Raises:
        StepwellError: as `profile_model`.
    """
    if model.suffix.lower() == ".well" and (values or choice.is_given):
        raise UsageError(f"{model} is compiled: its values and how it was optimised stand")
    open_ = OpenInputs.of(model, inputs, shapes, sizes, values, parts)
    points = open_.points(inputs, seed)
    with ProgressReport("compile") as progress:
        timed = TimedModel(
            model,
            threads=threads,
            shapes=open_.shapes,
            values=values,
            sizes=sizes.dims,
            choice=choice,
            progress=progress,
            parts=parts,
        )
        programs = [(point, timed.at(point.values)) for point in points]
    for point, program in programs:
        if inputs:
            feeds = engine_feeds(inputs, program.engine.inputs)
        else:
            feeds = random_feeds(program.engine.inputs, seed, model, point.shapes)
        yield profile_program(
            program, feeds, model=model, threads=threads, runs=runs, sizes=point.text
        )
