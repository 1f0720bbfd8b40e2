"""
The contract of machine code: what a compiled program and what runs it must agree on.
"""

from __future__ import annotations

from enum import IntEnum

PARALLEL = "stepwell_parallel"
"""`void (ptr pool, ptr fn, ptr captured, i64 chunks)`; runs serially if `pool` is null."""

WORKER = "stepwell_pool_worker"
"""`void (ptr pool, i64 helper)`: what a helper thread runs, until the pool is stopped."""

STOP = "stepwell_pool_stop"
"""`void (ptr pool)`: lets all helpers return from `WORKER`."""


class PoolField(IntEnum):
    """Byte offsets in the state of a pool."""

    TICKET = 0  # i64
    DONE = 64  # i64
    FUNCTION = 128  # ptr
    CAPTURED = 136  # ptr
    STOP = 144  # i32
    HELPERS = 192  # i64: how many helpers there are
    SPINS = 200  # i64: how often a helper looks for work before it goes to sleep
    ACQUIRE = 208  # ptr: i32 (ptr lock, i32 wait)
    RELEASE = 216  # ptr: void (ptr lock)
    YIELD = 224  # ptr: i32 ()
    FIRST_HELPER = 256  # state i32 | at + 8 lock ptr; the others follow


HELPER_STRIDE = 64
"""Bytes from the state of one helper to that of the next."""
