"""How long data movement takes: for choosing layouts and chunks."""

from __future__ import annotations

BYTES_PER_SECOND = 10e9
"""Bytes read and written."""


def copy_seconds(nbytes: int) -> float:
    """Estimated time on one thread to read and write `nbytes`."""
    return 2 * nbytes / BYTES_PER_SECOND
