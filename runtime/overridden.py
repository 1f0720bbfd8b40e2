"""Engines of the same model with defaults of inputs overridden, made when a call first does so."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from threading import Lock
from typing import Any, Generic, TypeVar

from .program import CompiledProgram

EngineT = TypeVar("EngineT")

MakeOverridden = Callable[[Sequence[str]], EngineT]
"""Compiles the model anew, with these defaults as inputs."""


class OverriddenEngines(Generic[EngineT]):
    """One engine for each set of inputs that calls have given in place of their defaults."""

    def __init__(self, program: CompiledProgram, make: MakeOverridden[EngineT] | None):
        names: Sequence[str] = program.default_inputs if make is not None else ()
        self._defaults = frozenset(names)
        self._make = make
        self._made: dict[frozenset[str], EngineT] = {}
        self._lock = Lock()

    def engine_for(self, feeds: Mapping[str, Any]) -> EngineT | None:
        """The engine for a call with these inputs; None where no default is overridden.

        Raises whatever compiling raises.
        """
        if not self._defaults:
            return None
        names = self._defaults.intersection(feeds)
        if not names or self._make is None:
            return None
        with self._lock:
            made = self._made.get(names)
            if made is None:
                made = self._made[names] = self._make(sorted(names))
        return made
