"""
xDSL's rewrite patterns as rules.

`rule_of_pattern` makes a rule of any `RewritePattern`; `keeping_provenance` makes a pattern keep
provenance under xDSL's own drivers. Both watch what the pattern does through the listener of its
rewriter: what it builds stands for the operation it was offered and for those between that one
and the values that what is built reads.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from xdsl.ir import Operation, SSAValue
from xdsl.pattern_rewriter import PatternRewriter, PatternRewriterListener, RewritePattern

from ....dialects.engine.base import EngineOp, names_of
from .provenance import Provenance
from .rewrite import Rule, owner_of

LOOK_BACK = 32
"""A pattern is taken to match at most this many operations besides its root."""


@dataclass
class Application:
    """What one application of a pattern to `root` does, as seen by its rewriter's listener."""

    root: Operation
    inserted: dict[Operation, None] = field(default_factory=dict[Operation, None])
    absorbed: dict[Operation, None] = field(default_factory=dict[Operation, None])
    """What is replaced or erased, and what lies between that and what is read instead."""
    touched: dict[Operation, None] = field(default_factory=dict[Operation, None])
    """What was changed, or reads or computed something that was."""
    modified: dict[Operation, None] = field(default_factory=dict[Operation, None])

    def rewriter(self) -> PatternRewriter:
        """A rewriter in front of the root that tells what it does."""
        rewriter = PatternRewriter(self.root)
        rewriter.extend_from_listener(
            PatternRewriterListener(
                operation_insertion_handler=[self._on_insertion],
                operation_removal_handler=[self._on_removal],
                operation_modification_handler=[self._on_modification],
                operation_replacement_handler=[self._on_replacement],
            )
        )
        return rewriter

    def _on_insertion(self, op: Operation) -> None:
        self.inserted[op] = None

    def _on_modification(self, op: Operation) -> None:
        self.modified[op] = self.touched[op] = None

    def _on_replacement(self, op: Operation, values: Sequence[SSAValue | None]) -> None:
        read = [v for v in values if v is not None]
        read += [v for new in self.inserted for v in new.operands]
        for found in operations_between(op, {v for v in read if v.owner not in self.inserted}):
            self.absorbed[found] = None
        self._gone(op)

    def _on_removal(self, op: Operation) -> None:
        self.modified.pop(op, None)
        self.touched.pop(op, None)
        if op in self.inserted:
            del self.inserted[op]
        else:
            self._gone(op)

    def _gone(self, op: Operation) -> None:
        self.absorbed[op] = None
        for operand in op.operands:
            if isinstance(operand.owner, Operation):
                self.touched[operand.owner] = None
        for result in op.results:
            for use in result.uses:
                self.touched[use.operation] = None

    @property
    def sources(self) -> list[Operation]:
        """Those whose provenance goes over to what was inserted, the nearest to the root first."""
        found = [op for op in self.absorbed if op is not self.root and op not in self.inserted]
        return [*found, self.root]

    def left(self) -> list[Operation]:
        """What was inserted or touched and is still in the program."""
        return [op for op in (*self.inserted, *self.touched) if op.parent is not None]

    def carry(self, provenance: Provenance, rule: str, owner: Operation) -> None:
        """Give what was built the provenance of what it stands for."""
        if owner is not self.root:  # scalar operations have no provenance of their own
            provenance.carry([], [owner], rule)
            return
        known = any(names_of(op, "nodes") for op in self.sources)
        built = [op for op in self.inserted if known or isinstance(op, EngineOp)]
        provenance.carry(self.sources, built, rule)
        changed = [op for op in self.modified if isinstance(op, EngineOp)]
        provenance.carry([], changed, rule)


def operations_between(root: Operation, leaves: set[SSAValue]) -> list[Operation]:
    """The operations on the ways from `leaves` to `root`, the nearest to the root first."""
    met: dict[Operation, None] = {}
    queue = deque([root])
    while queue and len(met) < LOOK_BACK:
        for operand in queue.popleft().operands:
            owner = operand.owner
            if operand not in leaves and isinstance(owner, Operation) and owner not in met:
                met[owner] = None
                queue.append(owner)
    # Not every way back from the root leads to a leaf.
    kept: set[Operation] = set()
    for op in reversed(met):
        if any(v in leaves or v.owner in kept for v in op.operands):
            kept.add(op)
    return [op for op in met if op in kept]


@dataclass(frozen=True)
class PatternRule(Rule):
    """A rule that is an xDSL pattern."""

    pattern: RewritePattern

    def clause(self, op: Operation) -> str:
        """Why the pattern did not apply to `op`, as far as that can be told."""
        return "the pattern matches"


def rule_of_pattern(
    pattern: RewritePattern,
    *,
    name: str,
    exactness: str = "approximate",
    anchors: Sequence[type[Operation]] = (),
    equation: str = "",
    source: str = "",
    group: str = "simplify",
) -> PatternRule:
    """
    An xDSL pattern as a rule of `optimize`.

    A pattern that does not say its class of exactness fires only where everything may. Without
    `anchors` it is offered every operation.

    Raises:
        ValueError: for an unknown exactness or group.
    """
    return PatternRule(name, tuple(anchors), equation, group, exactness, source, pattern)


@dataclass
class _Keeping(RewritePattern):
    pattern: RewritePattern
    name: str

    def match_and_rewrite(self, op: Operation, rewriter: PatternRewriter, /) -> None:
        application = Application(op)
        own = application.rewriter()
        own.extend_from_listener(rewriter)
        owner = owner_of(op)
        self.pattern.match_and_rewrite(op, own)
        if own.has_done_action:
            rewriter.has_done_action = True
            provenance = Provenance()
            application.carry(provenance, self.name, owner)
            provenance.write()


def keeping_provenance(pattern: RewritePattern, name: str) -> RewritePattern:
    """The pattern, so that under any driver what it builds has `nodes` and `rewrites`."""
    return _Keeping(pattern, name)
