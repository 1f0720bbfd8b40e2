"""How long data movement takes: for choosing layouts and chunks."""

from __future__ import annotations

from ...targets.target import Target


def copy_seconds(nbytes: int, target: Target) -> float:
    """Estimated time on one thread to read and write `nbytes`."""
    machine = target.machine
    return machine.seconds(0, 2 * nbytes, machine.rates.copies)
