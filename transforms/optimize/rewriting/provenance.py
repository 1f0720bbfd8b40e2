"""
What operations stand for while rewrites run.

An operation that absorbs thousands of others, one at a time, must not copy thousands of names each
time. So the names are kept as trails: a trail refers to those it is made of, and the lists of names
are written once, when the last rewrite is done.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from xdsl.ir import Operation

from ....dialects.engine.base import names_of, set_names


@dataclass(frozen=True, eq=False, slots=True)
class Trail:
    """Where an operation comes from: names of its own, then those of the trails it is made of."""

    nodes: tuple[str, ...] = ()
    rewrites: tuple[str, ...] = ()
    parts: tuple[Trail, ...] = ()
    last: str = ""
    """The rewrite that made this trail out of its parts."""

    def all_nodes(self) -> list[str]:
        """The framework nodes, each once."""
        found = {name: None for trail in _in_order(self) for name in trail.nodes}
        return list(found)

    def all_rewrites(self) -> list[str]:
        """The rewrites, each once."""
        found: dict[str, None] = {}
        _in_order(self, lambda trail: found.update(_rewrites_of(trail)))
        return list(found)


def _rewrites_of(trail: Trail) -> dict[str, None]:
    names = dict.fromkeys(trail.rewrites)
    if trail.last:
        names[trail.last] = None
    return names


def _in_order(root: Trail, leave: Callable[[Trail], None] | None = None) -> list[Trail]:
    """Every trail below `root` once, each before its parts; calls `leave` after its parts."""
    seen: set[Trail] = {root}
    entered = [root]
    stack: list[tuple[Trail, Iterator[Trail]]] = [(root, iter(root.parts))]
    while stack:
        trail, parts = stack[-1]
        part = next(parts, None)
        if part is None:
            stack.pop()
            if leave is not None:
                leave(trail)
        elif part not in seen:
            seen.add(part)
            entered.append(part)
            stack.append((part, iter(part.parts)))
    return entered


@dataclass
class Provenance:
    """The trails of the operations that rewrites have touched."""

    _trails: dict[Operation, Trail] = field(default_factory=dict[Operation, Trail])

    def of(self, op: Operation) -> Trail:
        """The trail of an operation; that of its attributes if no rewrite has touched it."""
        found = self._trails.get(op)
        if found is None:
            found = Trail(tuple(names_of(op, "nodes")), tuple(names_of(op, "rewrites")))
            self._trails[op] = found
        return found

    def joined(self, ops: Sequence[Operation]) -> Trail:
        """What several operations stand for together."""
        return Trail(parts=tuple(dict.fromkeys(self.of(op) for op in ops)))

    def carry(
        self, sources: Sequence[Operation], targets: Sequence[Operation], rewrite: str
    ) -> None:
        """
        Give `targets` what `sources` stand for, and name `rewrite`.

        Constants are not marked: they stand for numbers, not for nodes.
        """
        parts = tuple(self.of(source) for source in sources)
        for target in targets:
            if not target.name.endswith("constant"):
                own = self.of(target)
                if own.last == rewrite and not parts:
                    continue
                self._trails[target] = Trail(parts=(own, *parts), last=rewrite)

    def forget(self, op: Operation) -> None:
        """Say that an operation is gone."""
        self._trails.pop(op, None)

    def write(self) -> None:
        """Store the names as the attributes `nodes` and `rewrites` of the operations."""
        for op, trail in self._trails.items():
            if trail.parts and op.parent is not None:
                set_names(op, "nodes", trail.all_nodes())
                set_names(op, "rewrites", trail.all_rewrites())
