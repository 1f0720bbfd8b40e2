"""Plans for open sizes: of drawn programs, at drawn sizes, and with faults in them."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from functools import cache

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from xdsl.dialects.builtin import ModuleOp

from stepwell.compiler.planned_program import main_of
from stepwell.dialects import make_context
from stepwell.errors import StepwellError
from stepwell.interpreters import run
from stepwell.ir.verify_ir import verify_ir
from stepwell.test.fuzz import plan_mutations
from stepwell.test.fuzz.plan_mutations import Fault
from stepwell.test.transforms.open_graphs import Array, inputs_at, open_program, width_of
from stepwell.test.transforms.open_plan_faults import DATA_FAULTS, OPEN_FAULTS
from stepwell.transforms.check_memory_plan import CheckMemoryPlanPass
from stepwell.transforms.plan_memory import PlanMemoryPass


@cache
def planned(seed: int) -> tuple[ModuleOp, ModuleOp]:
    """A program, and the same planned."""
    module = open_program(seed)
    verify_ir(module)
    plan = module.clone()
    PlanMemoryPass().apply(make_context(), plan)
    verify_ir(plan)
    return module, plan


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 30), st.integers(0, 20))
@example(3024, 1, 0)  # a part without elements, before the size of its whole is found
@example(285070, 1, 0)  # a part of known size, likewise
@example(1, 1, 1)  # an output without elements
def test_a_plan_is_proven_and_gives_what_the_program_gives(seed: int, s: int, p: int):
    module, plan = planned(seed)
    CheckMemoryPlanPass().apply(make_context(), plan)
    inputs = inputs_at(s, p, width_of(module), seed)
    wanted, found = (run(make_context(), m, inputs) for m in (module, plan))
    for a, b in zip(found, wanted, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-4)


GENERAL_FAULTS = (
    plan_mutations.wrong_alias,
    plan_mutations.dropped_operation,
    plan_mutations.swapped_operations,
    plan_mutations.late_operation,
    plan_mutations.repeated_operation,
    plan_mutations.swapped_operands,
    plan_mutations.other_operand,
    plan_mutations.other_absorbed,
    plan_mutations.less_absorbed,
)
"""Those for which sizes need no numbers."""

SIZES = ((1, 0), (1, 7), (13, 5), (6, 17), (40, 2))
"""At which what passes is run: values of S and P."""


@cache
def wanted(seed: int) -> list[Sequence[Array]]:
    """What a program gives at these sizes."""
    module = planned(seed)[0]
    return [run(make_context(), module, inputs_at(s, p, width_of(module), 0)) for s, p in SIZES]


def is_right(seed: int, plan: ModuleOp) -> bool:
    """Whether a plan gives what the program gives."""
    for (s, p), arrays in zip(SIZES, wanted(seed), strict=True):
        found = run(make_context(), plan, inputs_at(s, p, width_of(planned(seed)[0]), 0))
        if not all(np.allclose(a, b, 1e-4, 1e-4) for a, b in zip(found, arrays, strict=True)):
            return False
    return True


@pytest.mark.parametrize(
    "fault", [*OPEN_FAULTS, *DATA_FAULTS, *GENERAL_FAULTS], ids=lambda f: f.__name__
)
def test_no_fault_passes_with_a_wrong_result(fault: Fault):
    outcomes: Counter[str] = Counter()
    for seed in range(24):
        spoilt = planned(seed % 12)[1].clone()
        if not fault(random.Random(seed), main_of(spoilt)):
            continue
        try:
            CheckMemoryPlanPass().apply(make_context(), spoilt)
        except StepwellError:
            outcomes["refused"] += 1
            continue
        assert is_right(seed % 12, spoilt), f"seed {seed}: a plan with {fault.__name__} passes"
        outcomes["right"] += 1
    assert outcomes["refused"] > 2, outcomes
