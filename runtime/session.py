"""
Calls of a model that keeps values from one call to the next.

```python
stream = engine.session()                # begins with the initial values, as engine.reset() does
for block in blocks:
    probability = stream(block)          # each call goes on from where the one before ended
```
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from threading import Lock
from typing import Any, Protocol

from ..errors import UsageError
from .array_memory import AnyArray, aligned_empty
from .program import CompiledProgram, State, TensorSignature, numpy_dtype


class Stateful(Protocol):
    """What a session needs of an engine."""

    program: CompiledProgram

    @property
    def outputs(self) -> tuple[TensorSignature, ...]: ...

    def feeds_of(self, arrays: Sequence[object], named: Mapping[str, object]) -> dict[str, Any]: ...

    def require_given(self, feeds: Mapping[str, Any]) -> None: ...

    def run_whole(
        self, feeds: Mapping[str, Any], out: Any, into: Mapping[int, AnyArray]
    ) -> list[Any]: ...


class Session:
    """
    The values that one stream of calls keeps; several sessions of one engine do not meet.

    One call at a time: another thread that calls meanwhile gets a `UsageError`, as no order of the
    two is the right one. A call that fails leaves the values as they were.
    """

    def __init__(self, engine: Stateful):
        self.engine = engine
        self._states = engine.program.states
        self._names = [engine.program.inputs[state.input].name for state in self._states]
        self._values: list[AnyArray] | None = None
        self._spare: list[AnyArray | None] = []
        self._calling = Lock()

    def __call__(self, *arrays: object, out: Any = None, **named: object) -> Any:
        """Run the model as `Engine.__call__` does, and keep its state here."""
        results = self.results(self.engine.feeds_of(arrays, named), out)
        return results[0] if len(results) == 1 else tuple(results)

    def run(self, feeds: Mapping[str, Any], *, out: Any = None) -> dict[str, Any]:
        """Run the model as `Engine.run` does, and keep its state here."""
        names = (output.name for output in self.engine.outputs)
        return dict(zip(names, self.results(feeds, out), strict=True))

    def results(self, feeds: Mapping[str, Any], out: Any = None) -> list[Any]:
        """The outputs of a call, in order. Raises as `Engine.run`."""
        if not self._calling.acquire(blocking=False):
            raise UsageError(
                "another call on this state is running; give each thread a session of its own "
                "(engine.session())"
            )
        try:
            return self._results(feeds, out)
        finally:
            self._calling.release()

    def reset(self) -> None:
        """Begin again with the initial values.

        Raises `UsageError` while a call on this state is running.
        """
        if not self._calling.acquire(blocking=False):
            raise UsageError("a call on this state is running; reset it when the call has returned")
        self._values = None
        self._calling.release()

    @property
    def state(self) -> dict[str, AnyArray]:
        """Copies of the values that the next call begins with, by name."""
        values = self._current()
        titles = (state.title for state in self._states)
        return {title: value.copy() for title, value in zip(titles, values, strict=True)}

    def _current(self) -> list[AnyArray]:
        if self._values is None:
            self._values = [self._initial(state) for state in self._states]
            self._spare = [None] * len(self._values)
        return self._values

    def _initial(self, state: State) -> AnyArray:
        if state.initial is not None:
            return state.initial
        tensor = self.engine.program.inputs[state.input]
        shape = tuple(int(size) for size in tensor.shape)
        zeros = aligned_empty(shape, numpy_dtype(tensor.dtype))
        zeros[...] = 0
        return zeros

    def _results(self, feeds: Mapping[str, Any], out: Any) -> list[Any]:
        self.engine.require_given(feeds)
        values = self._current()
        whole = {**feeds, **dict(zip(self._names, values, strict=True))}
        pairs = zip(self._states, self._spare, strict=True)
        into = {state.output: array for state, array in pairs if array is not None}
        results = self.engine.run_whole(whole, out, into)
        # What the call has read is what the next one writes.
        self._spare = [
            None if value is state.initial else value
            for state, value in zip(self._states, values, strict=True)
        ]
        self._values = [results[state.output] for state in self._states]
        kept = {state.output for state in self._states}
        return [result for at, result in enumerate(results) if at not in kept]
