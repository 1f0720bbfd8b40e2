"""
The driver: applies rewrites to a fixpoint.

One worklist holds the operations of a function in program order, those of scalar regions before
the operation that holds the region. An operation is offered to the rewrites anchored on its
class, in the order of the registry; when one applies, what was built, what used the result and
what computed the operands is looked at again. Operations that nobody uses disappear; equal
operations are merged when the worklist is empty. All of this is repeated until a whole round
changes nothing.

The result depends on the program and the registry alone, never on addresses or hash order. The
number of applications is bounded, so that two rewrites that undo each other are reported instead
of running forever.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from xdsl.context import Context
from xdsl.dialects import func
from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Block, Operation, SSAValue
from xdsl.traits import IsTerminator, is_side_effect_free

from ....dialects.engine import ConstantOp, ReferenceOp
from ....dialects.engine.base import EngineOp, carry_provenance, names_of
from ....errors import CompileError
from .common_subexpressions import merge_equal_operations
from .rewrite import Match, NoMatch, Rewrite

MAX_APPLICATIONS_PER_OP = 64


@dataclass(frozen=True)
class NearMiss:
    """A rewrite that did not apply to an operation, and the condition that failed."""

    rewrite: str
    nodes: tuple[str, ...]
    clause: str


@dataclass(frozen=True)
class Fold:
    """What computing something at compile time costs and saves."""

    rewrite: str
    nodes: tuple[str, ...]
    bytes_added: int
    """Bytes of the new constants less those of constants that nobody else needs."""
    flops_saved: int
    """Floating-point operations that are no longer spent on each run."""


@dataclass
class RewriteReport:
    """What fired where, what folding cost and saved, and, if asked for, what did not and why."""

    fired: dict[str, list[tuple[str, ...]]] = field(
        default_factory=dict[str, list[tuple[str, ...]]]
    )
    """Rewrite -> the framework nodes of each application."""
    folds: list[Fold] = field(default_factory=list[Fold])
    merged: int = 0
    """Operations that were equal to another one."""
    misses: list[NearMiss] | None = None
    """For the final program: each rewrite that was offered an operation and declined."""

    @property
    def bytes_added(self) -> int:
        """Bytes by which folding made the constants larger (or, if negative, smaller)."""
        return sum(f.bytes_added for f in self.folds)

    @property
    def flops_saved(self) -> int:
        """Floating-point operations per run that folding saved."""
        return sum(f.flops_saved for f in self.folds)


@dataclass
class _Driver:
    ctx: Context
    table: dict[type[Operation], list[Rewrite]]
    report: RewriteReport
    worklist: deque[Operation] = field(default_factory=deque[Operation])
    queued: set[Operation] = field(default_factory=set[Operation])
    budget: int = 0
    recent: deque[str] = field(default_factory=lambda: deque[str](maxlen=8))
    misses: dict[NearMiss, None] = field(default_factory=dict[NearMiss, None])

    def push(self, op: Operation) -> None:
        if op not in self.queued and op.parent is not None:
            self.queued.add(op)
            self.worklist.append(op)

    def run(self, block: Block) -> None:
        ops = list(_graph_operations(block))
        self.budget += MAX_APPLICATIONS_PER_OP * (len(ops) + 16)
        while True:
            # A rewrite may look at producers of producers, so a change anywhere is a reason to
            # offer every operation once more.
            for op in ops:
                self.push(op)
            before = self.budget
            self.misses.clear()
            self._drain()
            merged = merge_equal_operations(block)
            self.report.merged += merged
            if not merged and self.budget == before:
                break
            ops = list(_graph_operations(block))
        if self.report.misses is not None:
            self.report.misses.extend(self.misses)

    def _drain(self) -> None:
        while self.worklist:
            op = self.worklist.popleft()
            self.queued.discard(op)
            if op.parent is None:
                continue
            if _is_dead(op):
                self._erase(op)
                continue
            match = Match(self.ctx, op)
            for rewrite in self.table.get(type(op), ()):
                if self._apply(rewrite, op, match):
                    break

    def _apply(self, rewrite: Rewrite, op: Operation, match: Match) -> bool:
        try:
            values = rewrite.body(op, match)
        except NoMatch as miss:
            match.undo()
            if self.report.misses is not None:
                nodes = tuple(names_of(_owner(op), "nodes"))
                self.misses[NearMiss(rewrite.name, nodes, str(miss))] = None
            return False
        self._spend(rewrite, op)
        owner = _owner(op)
        nodes = tuple(
            dict.fromkeys(n for s in (*match.merged, owner) for n in names_of(s, "nodes"))
        )
        if owner is op:
            carry_provenance([*match.merged, op], match.inserted, rewrite.name)
        else:  # scalar operations have no provenance of their own
            carry_provenance([], [owner], rewrite.name)
            self.push(owner)
        self.report.fired.setdefault(rewrite.name, []).append(nodes)
        self.report.folds.extend(Fold(rewrite.name, nodes, *cost) for cost in match.folds)
        self._replace(op, values)
        for new in match.inserted:
            for inner in _with_regions(new):
                self.push(inner)
        return True

    def _spend(self, rewrite: Rewrite, op: Operation) -> None:
        self.budget -= 1
        self.recent.append(rewrite.name)
        if self.budget < 0:
            where = ", ".join(names_of(_owner(op), "nodes")) or op.name
            names = ", ".join(dict.fromkeys(self.recent))
            raise CompileError(
                f"rewrites do not come to an end; the last ones were {names}, on {where}."
                " Leave one of them out with optimize{without=...}"
            )

    def _replace(self, op: Operation, values: Sequence[SSAValue]) -> None:
        for old, new in zip(op.results, values, strict=True):
            if old is new:
                continue
            for use in list(old.uses):
                self.push(use.operation)
            if new.name_hint is None:
                new.name_hint = old.name_hint
            old.replace_all_uses_with(new)
        if all(not r.uses for r in op.results) and op.results:
            self._erase(op)

    def _erase(self, op: Operation) -> None:
        operands = list(op.operands)
        op.detach()
        op.erase()
        for operand in operands:
            if isinstance(operand.owner, Operation):
                self.push(operand.owner)


def _owner(op: Operation) -> Operation:
    """The graph operation whose scalar region `op` is in; `op` itself if it is in none."""
    parent = op.parent_op()
    return parent if isinstance(parent, EngineOp) else op


def _is_dead(op: Operation) -> bool:
    if not op.results or any(r.uses for r in op.results) or op.has_trait(IsTerminator):
        return False
    return is_side_effect_free(op) or isinstance(op, ConstantOp)


def _with_regions(op: Operation) -> Iterator[Operation]:
    """What there is to rewrite in an operation: its regions' operations, then itself."""
    if op.regions and not isinstance(op, ReferenceOp):
        for region in op.regions:
            for block in region.blocks:
                yield from _graph_operations(block)
    yield op


def _graph_operations(block: Block) -> Iterator[Operation]:
    """Operations of a block and of the regions in it, without those inside reference operations."""
    for op in block.ops:
        yield from _with_regions(op)


def apply_rewrites(
    ctx: Context, module: ModuleOp, rewrites: Sequence[Rewrite], *, why_not: bool = False
) -> RewriteReport:
    """
    Apply `rewrites` to every function of the module until none applies.

    Raises:
        CompileError: when rewrites undo each other without end.
    """
    table: dict[type[Operation], list[Rewrite]] = {}
    for rewrite in rewrites:
        for anchor in rewrite.anchors:
            table.setdefault(anchor, []).append(rewrite)
    report = RewriteReport(misses=[] if why_not else None)
    for function in module.ops:
        if isinstance(function, func.FuncOp) and not function.is_declaration:
            _Driver(ctx, table, report).run(function.body.block)
    return report
