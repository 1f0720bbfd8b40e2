"""Machine models: work as time, and a place in the digest of what depends on them."""

from __future__ import annotations

from dataclasses import replace

from stepwell.targets.machine_model import X86_64, Bandwidths
from stepwell.targets.target import TARGETS, Target


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
