"""
Faults in memory plans: `check-memory-plan` refuses each, or the plan gives what it gave before.

What passes is run by the interpreter and as machine code. `STEPWELL_FUZZ_MODELS` names files of
further models.
"""

from __future__ import annotations

import os
import random
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp

import stepwell
from stepwell.compiler.compilation import Compilation
from stepwell.compiler.function_inputs import random_inputs
from stepwell.compiler.options import Options
from stepwell.compiler.planned_program import main_of
from stepwell.errors import CompileError, StepwellError
from stepwell.interpreters import run
from stepwell.test.fuzz.plan_models import MODELS
from stepwell.test.fuzz.plan_mutations import FAULTS
from stepwell.transforms.check_memory_plan import CheckMemoryPlanPass

SEEDS = "STEPWELL_FUZZ_SEEDS"

SECONDS = "STEPWELL_FUZZ_SECONDS"

FEWEST, MOST_SECONDS = 500, 60
"""Of faults in the suite, where nobody says how many, and of the time for them."""

NATIVELY = 8
"""Each how many-eth plan that passes is compiled, too."""


@dataclass(frozen=True)
class Planned:
    """A planned model and what it gives."""

    ctx: Context
    module: ModuleOp
    inputs: Sequence[Any]
    wanted: Sequence[Any]


def _files() -> list[str]:
    return os.environ.get("STEPWELL_FUZZ_MODELS", "").split()


def planned(model: str | bytes) -> Planned:
    """A model at level 4 with inputs and results."""
    source: Any = Path(model) if isinstance(model, str) else model
    compilation = Compilation.of(source, Options())
    compilation.lower_to("plan")
    ctx, module = compilation.ctx, compilation.module
    CheckMemoryPlanPass().apply(ctx, module)
    inputs = random_inputs(main_of(module), 0)
    return Planned(ctx, module, inputs, run(ctx, module, inputs))


@cache
def planned_model(number: int) -> Planned:
    """One of the small models, or of the files that are named."""
    makers = list(MODELS.values())
    return planned(makers[number]() if number < len(makers) else _files()[number - len(makers)])


def close(found: Sequence[Any], wanted: Sequence[Any]) -> bool:
    """Whether results are the same but for rounding; a wrong plan is off by far more."""
    return all(
        np.asarray(a).shape == np.asarray(b).shape
        and np.allclose(a, b, rtol=1e-3, atol=1e-4 * np.abs(b).max(initial=1), equal_nan=True)
        for a, b in zip(found, wanted, strict=True)
    )


def native_results(source: Planned, module: ModuleOp) -> list[list[Any]]:
    """What machine code gives for a plan; nothing where no kernel takes what lies like that."""
    try:
        engine = stepwell.compile(module, context=source.ctx, threads=2)
    except CompileError as error:
        if "no kernel template" not in str(error):
            raise
        return []
    found = engine(*source.inputs)
    return [list(found) if isinstance(found, tuple) else [found]]


def outcome_of(seed: int, natively: bool) -> tuple[str, str]:
    """The fault of a seed, and what becomes of it: `none`, `refused`, `right` or `wrong`."""
    count = len(MODELS) + len(_files())
    source, fault = planned_model(seed % count), FAULTS[seed // count % len(FAULTS)]
    module = source.module.clone()
    if not fault(random.Random(seed), main_of(module)):
        return fault.__name__, "none"
    try:
        CheckMemoryPlanPass().apply(source.ctx, module)
    except StepwellError:
        return fault.__name__, "refused"
    results = [run(source.ctx, module, source.inputs)]
    if natively:
        results += native_results(source, module)
    return fault.__name__, "right" if all(close(r, source.wanted) for r in results) else "wrong"


def test_no_fault_passes_with_a_wrong_result(seeds: range, seconds: float):
    tried = seeds if SEEDS in os.environ else range(FEWEST + 100)
    end = time.monotonic() + (seconds if SECONDS in os.environ else MOST_SECONDS)
    outcomes: Counter[str] = Counter()
    by_fault: dict[str, Counter[str]] = {}
    for seed in tried:
        fault, outcome = outcome_of(seed, natively=outcomes["right"] % NATIVELY == 0)
        assert outcome != "wrong", f"seed {seed}: a plan with {fault} passes"
        outcomes[outcome] += 1
        by_fault.setdefault(fault, Counter())[outcome] += 1
        if time.monotonic() > end:
            break
    print(*(f"{name}: {dict(counts)}" for name, counts in by_fault.items()), sep="\n")
    planted = outcomes["refused"] + outcomes["right"]
    assert outcomes["refused"] > planted / 2
    if tried.start == 0:
        assert len([c for c in by_fault.values() if c["refused"]]) >= 12
