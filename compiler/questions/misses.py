"""Attempts of one rule that ended at a condition: how far each came, and what it had found."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

from xdsl.ir import Operation, SSAValue

from ...dialects.engine.weights import Array, ConstantAttr
from ...transforms.optimize.rewriting import Applied, Match, NearMiss, Rule, Watcher
from .brief import brief, value_text

_MECHANISM = "rewriting"
"""The folder of what rules are made with: of its files only the rule's own is a place."""


@dataclass
class CountingMatch(Match):
    """A match that counts the conditions that held."""

    held: int = 0

    def require(self, condition: object, clause: str) -> None:
        super().require(condition, clause)
        self.held += 1

    def producer(self, value: SSAValue, kind: type[Any]) -> Any:
        found = super().producer(value, kind)
        self.held += 1
        return found

    def constant(self, value: SSAValue) -> ConstantAttr:
        found = super().constant(value)
        self.held += 1
        return found

    def number(self, value: SSAValue) -> float | int:
        found = super().number(value)
        self.held += 1
        return found

    def array(self, value: SSAValue) -> Array:
        found = super().array(value)
        self.held += 1
        return found

    def may_move(self, value: SSAValue) -> None:
        super().may_move(value)
        self.held += 1


@dataclass(frozen=True)
class Miss:
    """One attempt: where, the clause that failed, how many held before it, and the values."""

    nodes: tuple[str, ...]
    operation: str
    clause: str
    held: int
    values: dict[str, str]
    place: str
    """File and line of the condition."""


class Misses(Watcher):
    """Keeps the attempts of one rule."""

    match_type = CountingMatch

    def __init__(self, rule: Rule):
        self.rule = rule.name
        self._home = _home(rule)
        self.applied_to: list[tuple[str, ...]] = []
        self.found: dict[NearMiss, Miss] = {}

    def applied(self, application: Applied) -> None:
        if application.rule.name == self.rule:
            self.applied_to.append(tuple(application.trail.all_nodes()))

    def missed(
        self, miss: NearMiss, op: Operation, match: Match | None, error: Exception | None
    ) -> None:
        held = 0
        if isinstance(match, CountingMatch):
            held, match.held = match.held, 0  # the same attempt goes on with the next rule
        if miss.rewrite != self.rule:
            return
        frame, line = _place(error, self._home)
        place = "" if frame is None else f"{Path(frame.f_code.co_filename).name}:{line}"
        values = {} if frame is None else _values(frame, op)
        found = Miss(miss.nodes, brief(op), miss.clause, held, values, place)
        self.found.pop(miss, None)
        self.found[miss] = found


def _home(rule: Rule) -> tuple[Path, str]:
    """The folder of a rule's code, and its file; nothing of a pattern of xDSL."""
    code = getattr(getattr(rule, "body", None), "__code__", None)
    file = Path(code.co_filename) if code is not None else Path()
    return file.parent, file.name


def _place(error: Exception | None, home: tuple[Path, str]) -> tuple[FrameType | None, int]:
    """The innermost frame of a rule's own code in a traceback, and its line."""
    found: tuple[FrameType | None, int] = (None, 0)
    folder, own = home
    trace = None if error is None else error.__traceback__
    while trace is not None:
        file = Path(trace.tb_frame.f_code.co_filename)
        if file.parent == folder and (file.name == own or folder.name != _MECHANISM):
            found = trace.tb_frame, trace.tb_lineno
        trace = trace.tb_next
    return found


def _values(frame: FrameType, op: Operation) -> dict[str, str]:
    """The variables of a rule that say something, the operation itself left out."""
    found: dict[str, str] = {}
    for name, value in frame.f_locals.items():
        if value is op or isinstance(value, Match):
            continue
        text = value_text(value)
        if text is not None:
            found[name] = text
    return found
