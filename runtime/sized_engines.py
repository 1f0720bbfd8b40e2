"""Engines of one model for the sizes of its inputs, made when a call first has them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from threading import Lock
from typing import Generic, TypeVar

EngineT = TypeVar("EngineT")

Sizes = tuple[int, ...]
"""The values of the names of a program, in its order of them."""

KEPT = 8
"""How many engines are kept beside those that stay; those not used for longest go first."""


class Entry(Generic[EngineT]):
    """The place of one engine, which is None until it is made and after it was dropped."""

    def __init__(self) -> None:
        self.engine: EngineT | None = None
        self.making = Lock()
        self.stays = False
        self.used = 0


class SizedEngines(Generic[EngineT]):
    """
    The engines there are by their sizes.

    Threads may ask at once: for sizes that are not there one of them makes the engine, and those
    that want the same wait for it. Those that want another one do not wait here.
    """

    def __init__(self, make: Callable[[Sizes], EngineT], kept: int = KEPT):
        """`make` may raise, which then is raised by `get`, and is asked again the next time."""
        self._make = make
        self._kept = kept
        self._entries: dict[Sizes, Entry[EngineT]] = {}
        self._lock = Lock()
        self.clock = count(1)

    def add(self, sizes: Sizes, engine: EngineT, *, stays: bool) -> None:
        """Put an engine there that was made elsewhere."""
        entry: Entry[EngineT] = Entry()
        entry.engine, entry.stays, entry.used = engine, stays, next(self.clock)
        with self._lock:
            self._entries[sizes] = entry

    def get(self, sizes: Sizes) -> EngineT:
        """The engine for these sizes. Raises whatever making it raises."""
        entry = self.entry(sizes)
        entry.used = next(self.clock)
        return self._made(sizes, entry) if entry.engine is None else entry.engine

    def entry(self, sizes: Sizes) -> Entry[EngineT]:
        """Where the engine for these sizes is, or will be.

        Who keeps it and finds an engine there may take it without asking again, and then sets
        `used` to the next number of `clock`.
        """
        entry = self._entries.get(sizes)
        if entry is None:
            with self._lock:
                entry = self._entries.setdefault(sizes, Entry())
        return entry

    def __contains__(self, sizes: Sizes) -> bool:
        return sizes in self._entries

    def _made(self, sizes: Sizes, entry: Entry[EngineT]) -> EngineT:
        with entry.making:  # whoever waited finds it made, or, if that failed, tries himself
            if entry.engine is None:
                try:
                    entry.engine = self._make(sizes)
                except BaseException:
                    self._forget(sizes, entry)
                    raise
                with self._lock:
                    self._entries[sizes] = entry
                    self._drop_oldest()
            return entry.engine

    def _forget(self, sizes: Sizes, entry: Entry[EngineT]) -> None:
        with self._lock:
            if self._entries.get(sizes) is entry:
                del self._entries[sizes]

    def _drop_oldest(self) -> None:
        made = [
            (entry.used, sizes)
            for sizes, entry in self._entries.items()
            if entry.engine is not None and not entry.stays
        ]
        for _, sizes in sorted(made)[: -self._kept]:
            self._entries.pop(sizes).engine = None

    def __iter__(self) -> Iterator[tuple[Sizes, EngineT, bool]]:
        """Sizes, engine, and whether it stays, of all there are, those used longest ago first."""
        with self._lock:
            entries = sorted(self._entries.items(), key=lambda item: item[1].used)
        for sizes, entry in entries:
            if entry.engine is not None:
                yield sizes, entry.engine, entry.stays

    def __len__(self) -> int:
        return sum(1 for _ in self)
