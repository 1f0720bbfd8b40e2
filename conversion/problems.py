"""Collecting everything that is wrong with a model, so that it can be said at once."""

from __future__ import annotations

from ..errors import ImportModelError


class Problems:
    """The problems found so far in one model, each said once."""

    def __init__(self, subject: str):
        self.subject = subject
        self._found: dict[str, None] = {}

    def add(self, problem: str) -> None:
        self._found.setdefault(problem)

    def node(self, label: str, problem: str) -> None:
        """Add a problem of one node, which messages call `label`, as in `Conv '/stem/conv'`."""
        self.add(f"{label}: {problem}")

    @property
    def found(self) -> tuple[str, ...]:
        """All of them, in the order in which they were found."""
        return tuple(self._found)

    def __bool__(self) -> bool:
        return bool(self._found)

    def error(self) -> ImportModelError:
        """The error that lists them all."""
        return ImportModelError(self.subject, tuple(self._found))

    def stop(self) -> None:
        """Raise `ImportModelError` if there are any."""
        if self._found:
            raise self.error()
