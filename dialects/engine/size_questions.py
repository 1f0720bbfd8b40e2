"""
What operations ask of sizes by name when they are verified: whether two can be equal, one as large.

An operation by itself cannot know what its function says of names, so it is content where nothing
contradicts it: a call may bring such sizes. Who has to know that every call does, because the
program may be a stranger's, sets a judge, which is asked wherever that is open.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol

from ...runtime.size import Extent, broadcast, is_one, range_of, same


class Judge(Protocol):
    """Says of sizes that may be so whether they are, in every call."""

    def are_same(self, a: Extent, b: Extent) -> bool: ...

    def is_at_least(self, size: Extent, least: Extent) -> bool: ...

    def are_broadcast(self, a: Extent, b: Extent) -> bool:
        """Whether they are equal unless one of them is 1."""
        ...


_judge: ContextVar[Judge | None] = ContextVar("judge", default=None)


@contextmanager
def judged_by(judge: Judge) -> Generator[None]:
    """Where it is open whether sizes fit, the judge says it."""
    token = _judge.set(judge)
    try:
        yield
    finally:
        _judge.reset(token)


def is_judged() -> bool:
    """Whether there is a judge."""
    return _judge.get() is not None


def may_be_same(a: Extent, b: Extent) -> bool:
    """Whether nothing says that two sizes differ, of which -1 is any."""
    if a == b or _is_any(a) or _is_any(b):
        return True
    if same(a, b) is not None:
        return False
    judge = _judge.get()
    return judge is None or judge.are_same(a, b)


def may_be_at_least(size: Extent, least: Extent) -> bool:
    """Whether nothing says that a size is smaller than another one."""
    low, high = range_of(size - least)
    if low >= 0 or high < 0:
        return low >= 0
    judge = _judge.get()
    return judge is None or judge.is_at_least(size, least)


def may_broadcast(a: Extent, b: Extent) -> bool:
    """Whether nothing says that two sizes differ and neither is 1; at least one is no number."""
    judge = _judge.get()
    return judge is None or judge.are_broadcast(a, b)


def may_broadcast_to(shape: Sequence[Extent], target: Sequence[Extent]) -> bool:
    """Whether nothing says that `shape` is not what numpy repeats to `target`."""
    if len(shape) > len(target):
        return False
    pairs = zip(reversed(shape), reversed(target), strict=False)
    return all(is_one(n) or _may_be_repeated(n, m) for n, m in pairs)


def _may_be_repeated(size: Extent, target: Extent) -> bool:
    judge = _judge.get()
    if judge is None or _is_any(size) or _is_any(target) or isinstance(size, int):
        return may_be_same(size, target)
    # What is left of a size and the target is the target, where the size is 1 as well.
    return judge.are_broadcast(size, target) and may_be_same(broadcast(size, target), target)


def _is_any(size: Extent) -> bool:
    return isinstance(size, int) and size == -1
