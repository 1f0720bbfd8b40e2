"""Plans of branches and loops with open sizes: faults are refused, or the plan still is right."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
import pytest

from stepwell.compiler.compilation import Compilation
from stepwell.compiler.options import Options
from stepwell.compiler.planned_program import main_of
from stepwell.errors import StepwellError
from stepwell.interpreters import run
from stepwell.test.conversion.random_courses import RandomCourses
from stepwell.test.fuzz import plan_mutations
from stepwell.test.fuzz.plan_mutations import Fault
from stepwell.test.transforms.open_plan_faults import OPEN_FAULTS
from stepwell.transforms.check_memory_plan import CheckMemoryPlanPass

PROGRAMS = 6

ROWS = (1, 2, 7)
"""At which what passes is run."""

COURSE_FAULTS = (
    plan_mutations.other_move,
    plan_mutations.other_turn,
    plan_mutations.other_yield,
    plan_mutations.outside_value,
    plan_mutations.other_direction,
    plan_mutations.swapped_operations,
    plan_mutations.late_operation,
    plan_mutations.other_operand,
)


@cache
def planned(seed: int) -> tuple[RandomCourses, Compilation, list[list[Any]]]:
    """A drawn model, the same planned, and what it gives."""
    drawn = RandomCourses(seed, 2, open_rows=True)
    compilation = Compilation.of(drawn.model, Options())
    compilation.lower_to("plan")
    return drawn, compilation, [results(drawn, compilation, n) for n in ROWS]


def results(drawn: RandomCourses, compilation: Compilation, rows: int) -> list[Any]:
    feeds = list(drawn.feeds_at(rows).values())
    return run(compilation.ctx, compilation.module, feeds)


def close(found: Sequence[Any], wanted: Sequence[Any]) -> bool:
    pairs = zip(found, wanted, strict=True)
    return all(np.allclose(a, b, 1e-4, 1e-4, equal_nan=True) for a, b in pairs)


@pytest.mark.parametrize("fault", [*OPEN_FAULTS, *COURSE_FAULTS], ids=lambda f: f.__name__)
def test_no_fault_passes_with_a_wrong_result(fault: Fault):
    outcomes: Counter[str] = Counter()
    for seed in range(3 * PROGRAMS):
        drawn, compilation, wanted = planned(seed % PROGRAMS)
        spoilt = compilation.module.clone()
        if not fault(random.Random(seed), main_of(spoilt)):
            continue
        try:
            CheckMemoryPlanPass().apply(compilation.ctx, spoilt)
        except StepwellError:
            outcomes["refused"] += 1
            continue
        for rows, arrays in zip(ROWS, wanted, strict=True):
            found = run(compilation.ctx, spoilt, list(drawn.feeds_at(rows).values()))
            assert close(found, arrays), f"seed {seed}: a plan with {fault.__name__} passes"
        outcomes["right"] += 1
    assert outcomes["refused"] > 2, outcomes
