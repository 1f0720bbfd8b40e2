"""Machine models: work as time, and a place in the digest of what depends on them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from stepwell.dialects.engine import MatmulOp, ReduceOp
from stepwell.dialects.engine.base import EngineOp
from stepwell.kernels.reduction.reduce import ReducePlan
from stepwell.kernels.registry import layout_choices, plan_kernel
from stepwell.runtime.size import numbers_of
from stepwell.targets.machine_model import X86_64, Bandwidths, MachineModel
from stepwell.targets.target import TARGETS, Target
from stepwell.test.kernels.harness import planned_op, run_kernel
from stepwell.test.kernels.memory import Operand, Result


def test_seconds_are_those_of_the_slower_of_core_and_memory() -> None:
    machine = replace(X86_64, clock_hz=2e9)
    assert machine.seconds(4e9) == 2.0
    assert machine.seconds(4e9, 1000, 1000.0) == 2.0
    assert machine.seconds(4e9, 5000, 1000.0) == 5.0


def test_a_step_takes_as_long_as_its_busiest_ports() -> None:
    machine = replace(X86_64, fma_ports=2, load_ports=3, fma_latency=5)
    assert machine.step_cycles(28, 16) == 14
    assert machine.step_cycles(4, 12) == 4
    assert machine.fmas_in_flight == 10


def test_choices_made_with_another_model_have_another_digest() -> None:
    """Kernels of one model of a machine are never taken from the cache for another."""
    target = Target.parse("x86-64-v3")
    slower = replace(target, machine=replace(X86_64, clock_hz=1e9))
    farther = replace(target, machine=replace(X86_64, rates=Bandwidths(panels=5e9)))
    assert len({target.text(), slower.text(), farther.text()}) == 3


def test_targets_have_the_model_of_their_architecture() -> None:
    for target in TARGETS.values():
        assert target.machine.family.replace("-", "_") == target.architecture


def on(machine: MachineModel) -> Target:
    return replace(Target.parse("x86-64-v3"), machine=machine)


def reduction() -> EngineOp:
    op, _ = planned_op(
        lambda ins, outs: ReduceOp([ins[0]], "sum", [1], keepdims=False, outs=outs),
        [Operand(np.ones((256, 4096), np.float32))],
        [Result((256,))],
    )
    return op


def chunks(op: EngineOp, machine: MachineModel) -> int:
    planned = plan_kernel(op, on(machine))
    assert planned is not None
    assert isinstance(planned.plan, ReducePlan)
    [found] = numbers_of([planned.plan.chunks])
    return found


def test_a_faster_memory_makes_fewer_chunks() -> None:
    op = reduction()
    twice = replace(X86_64, rates=Bandwidths(reads=2 * X86_64.rates.reads))
    assert chunks(op, X86_64) == 10
    assert chunks(op, twice) == 5
    assert chunks(op, replace(X86_64, chunk_seconds=2 * X86_64.chunk_seconds)) == 5


def test_a_faster_clock_makes_a_product_shorter() -> None:
    """What a template says of a product is cycles: twice the clock is half the time."""
    op, _ = planned_op(
        lambda ins, outs: MatmulOp(ins[0], ins[1], outs=outs),
        [Operand(np.ones((64, 64), np.float32)), Operand(np.ones((64, 64), np.float32))],
        [Result((64, 64))],
    )
    [slow] = layout_choices(op, on(X86_64))
    [fast] = layout_choices(op, on(replace(X86_64, clock_hz=2 * X86_64.clock_hz)))
    assert fast.seconds == slow.seconds / 2


def test_results_of_another_model_differ_by_rounding_at_most() -> None:
    """Here fewer sums go side by side, as one unit keeps busy with fewer."""
    random = np.random.default_rng(3)
    x, w = (random.standard_normal(shape, np.float32) for shape in ((1, 700), (700, 16)))
    host = Target.host()
    narrow = replace(host, machine=replace(X86_64, fma_ports=1, load_ports=3, chunk_seconds=1e-7))

    def product(target: Target) -> np.ndarray[tuple[int, ...]]:
        [found] = run_kernel(
            lambda ins, outs: MatmulOp(ins[0], ins[1], outs=outs),
            [Operand(x), Operand(w)],
            [Result((1, 16))],
            target,
        )
        return found

    np.testing.assert_allclose(product(narrow), x.astype(np.float64) @ w, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(product(narrow), product(host), rtol=1e-4, atol=1e-4)
