"""The threads that run kernels beside the calling one.

There is one pool per number of threads in a process, made when it is first needed and shared by all
engines. One call at a time owns it; a call that finds it taken runs serially instead of waiting, so
calls cannot block each other, and as many of them as there are processors keep those just as busy.
Results do not depend on it.

The helpers are Python threads that never come back from a call into the pool's machine code
(`pool_code`), for the duration of which they hold no interpreter lock. They sleep on CPython's own
low-level locks (`PyThread_acquire_lock`), which exist wherever CPython does.

After a fork the child, in which helpers do not exist, makes pools of its own. At exit the helpers
are sent home before the interpreter takes down what they work on.
"""

from __future__ import annotations

import atexit
import ctypes
import os
import sys
import threading
from typing import Any

import numpy as np

from ..errors import StepwellError, UsageError
from .abi import HELPER_STRIDE, MASK_BYTES, STOP, WORKER, PoolField
from .arguments import integer
from .array_memory import address_of, aligned_empty
from .code_memory import ExecutableCode

_SPINS = 4000
"""How often an idle helper looks for work before it sleeps: a few hundred microseconds, longer than
most serial stretches between the parallel regions of a call."""

MOST_THREADS = 1024
"""Threads of one call, at most: more than any machine has processors for."""

_STOP_TIMEOUT = 1.0  # seconds that a process waits at exit for calls that are still running

_python: Any = ctypes.pythonapi
_python.PyThread_allocate_lock.restype = ctypes.c_void_p
_python.PyThread_acquire_lock.argtypes = [ctypes.c_void_p, ctypes.c_int]
_python.PyThread_free_lock.argtypes = [ctypes.c_void_p]
_python.PyThread_free_lock.restype = None

_worker_type = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int64)
_stop_type = ctypes.CFUNCTYPE(None, ctypes.c_void_p)


def _address(function: Any) -> int:
    return ctypes.cast(function, ctypes.c_void_p).value or 0


class ThreadPool:
    """`threads - 1` helpers, started at once and stopped by `close`.

    `owner` is held by the call that uses the pool, `address` is what it passes to the machine code.
    A helper looks for work `spins` times before it goes to sleep.

    Raises `StepwellError` when the system does not give as many threads.
    """

    address: int
    owner: threading.Lock

    def __init__(self, threads: int, code: ExecutableCode, *, spins: int = _SPINS):
        helpers = threads - 1
        self.owner = threading.Lock()
        self._code = code
        masks = PoolField.FIRST_HELPER + helpers * HELPER_STRIDE
        size = masks + helpers * _MASKS_BYTES
        self._memory = aligned_empty((size // 8,), np.dtype(np.uint64))
        self._memory[:] = 0
        self.address = address_of(self._memory)
        self._set(PoolField.HELPERS, helpers)
        self._set(PoolField.SPINS, spins)
        self._set(PoolField.ACQUIRE, _address(_python.PyThread_acquire_lock))
        self._set(PoolField.RELEASE, _address(_python.PyThread_release_lock))
        self._set(PoolField.YIELD, _address(ctypes.CDLL(None).sched_yield))
        for field, function in zip(_PLACEMENT, _placement_functions(), strict=True):
            self._set(field, function)
        self._locks = [_taken_lock() for _ in range(helpers)]
        for helper, lock in enumerate(self._locks):
            self._set_of(helper, 8, lock)
            self._set_of(helper, 24, self.address + masks + helper * _MASKS_BYTES)
        self._worker = _worker_type(code.address_of(WORKER))
        self._threads = [
            threading.Thread(
                target=self._help,
                args=(helper,),
                name=f"stepwell-{threads}-{helper + 1}",
                daemon=True,
            )
            for helper in range(helpers)
        ]
        self._start()

    def _start(self) -> None:
        """Start all helpers, or none: those that run when the next cannot be are stopped again."""
        for started, thread in enumerate(self._threads):
            try:
                thread.start()
                self._set_of(started, 16, thread.native_id or 0)
            except (RuntimeError, MemoryError) as error:
                wanted = len(self._threads) + 1
                self._threads = self._threads[:started]
                self.close()
                raise StepwellError(
                    f"the system gives {started + 1} of {wanted} threads ({error}); ask for fewer"
                ) from error

    def _help(self, helper: int) -> None:
        # A method, so that a helper that cannot be stopped keeps alive what it works on.
        self._worker(self.address, helper)

    def _set(self, offset: int, value: int) -> None:
        self._memory[offset // 8] = value

    def _set_of(self, helper: int, offset: int, value: int) -> None:
        self._set(PoolField.FIRST_HELPER + helper * HELPER_STRIDE + offset, value)

    def close(self) -> bool:
        """Stop the helpers; false when a call still uses the pool, which is then left alone."""
        if not self.owner.acquire(timeout=_STOP_TIMEOUT):
            return False
        _stop_type(self._code.address_of(STOP))(self.address)
        for thread in self._threads:
            thread.join()
        for lock in self._locks:
            _python.PyThread_free_lock(lock)
        return True  # the owner lock stays taken: nobody can use the pool any more


_MASKS_BYTES = 3 * MASK_BYTES

_PLACEMENT = (PoolField.PROCESSOR, PoolField.GET_MASK, PoolField.SET_MASK)


def _placement_functions() -> tuple[int, ...]:
    """
    What waking a helper on another processor takes (`wake_placement`); zeros where there is no
    such thing, or where it means something else than on Linux.
    """
    names = ("sched_getcpu", "sched_getaffinity", "sched_setaffinity")
    library = ctypes.CDLL(None)
    if not sys.platform.startswith("linux") or not all(hasattr(library, name) for name in names):
        return (0,) * len(names)
    return tuple(_address(getattr(library, name)) for name in names)


def _taken_lock() -> int:
    lock = _python.PyThread_allocate_lock()
    if not lock:
        raise MemoryError("no more locks for threads")
    _python.PyThread_acquire_lock(lock, 1)
    return lock


_pools: dict[int, ThreadPool] = {}
_making = threading.Lock()


def shared_pool(threads: int, code: ExecutableCode) -> ThreadPool | None:
    """The pool of that many threads, or None for a single one.

    `code` is any program's image: all of them hold the same pool code, and the pool keeps the image
    that it was started from.
    """
    if threads < 2:
        return None
    pool = _pools.get(threads)
    if pool is None:
        with _making:
            pool = _pools.get(threads)
            if pool is None:
                pool = _pools[threads] = ThreadPool(threads, code)
    return pool


def checked_threads(threads: int) -> int:
    """`threads` as an integer. Raises `UsageError` for a number that no pool can have."""
    number = integer("threads", threads)
    if not 1 <= number <= MOST_THREADS:
        raise UsageError(f"threads is {number}, expected 1 to {MOST_THREADS}")
    return number


def available_threads() -> int:
    """The processors this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return min(len(os.sched_getaffinity(0)), MOST_THREADS)
    return min(os.cpu_count() or 1, MOST_THREADS)


def _close_all() -> None:
    for threads, pool in list(_pools.items()):
        if pool.close():
            del _pools[threads]


def _forget_all() -> None:
    """In the child of a fork: the helpers and whoever held a lock exist only in the parent."""
    global _making
    _making = threading.Lock()
    _abandoned.extend(_pools.values())  # the parent's pages: nothing here may free a lock in use
    _pools.clear()


_abandoned: list[ThreadPool] = []

atexit.register(_close_all)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_all)
