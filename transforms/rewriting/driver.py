"""
The driver: applies rewrites to a fixpoint.

One worklist holds the operations of a function in program order. An operation is offered to the
rewrites anchored on its class, in the order of the registry; when one applies, what was built,
what used the result and what computed the operands is looked at again. Operations that nobody
uses disappear; equal operations are merged when the worklist is empty. All of this is repeated
until a whole round changes nothing.
The result does not depend on the order in which rewrites are listed as long as they are
confluent, and the number of applications is bounded so that a pair of rewrites that undo each
other is reported instead of running forever.
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

from ...dialects.engine import ConstantOp, HostOp, IfOp, WhileOp
from ...dialects.engine.base import carry_provenance, names_of
from ...errors import CompileError
from .common_subexpressions import merge_equal_operations
from .rewrite import Match, NoMatch, Rewrite

MAX_APPLICATIONS_PER_OP = 64


@dataclass
class NearMiss:
    """A rewrite that did not apply to an operation, and the condition that failed."""

    rewrite: str
    nodes: tuple[str, ...]
    clause: str


@dataclass
class RewriteReport:
    """What fired where, and, if asked for, what did not and why."""

    fired: dict[str, list[tuple[str, ...]]] = field(
        default_factory=dict[str, list[tuple[str, ...]]]
    )
    """Rewrite -> the framework nodes of each application."""
    misses: list[NearMiss] | None = None


@dataclass
class _Driver:
    ctx: Context
    table: dict[type[Operation], list[Rewrite]]
    report: RewriteReport
    worklist: deque[Operation] = field(default_factory=deque[Operation])
    queued: set[Operation] = field(default_factory=set[Operation])
    budget: int = 0

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
            self._drain()
            if not merge_equal_operations(block) and self.budget == before:
                return
            ops = list(_graph_operations(block))

    def _drain(self) -> None:
        while self.worklist:
            op = self.worklist.popleft()
            self.queued.discard(op)
            if op.parent is None:
                continue
            if _is_dead(op):
                self._erase(op)
                continue
            for rewrite in self.table.get(type(op), ()):
                if self._apply(rewrite, op):
                    break

    def _apply(self, rewrite: Rewrite, op: Operation) -> bool:
        match = Match(self.ctx, op)
        try:
            values = rewrite.body(op, match)
        except NoMatch as miss:
            for new in reversed(match.inserted):
                new.detach()
                new.erase()
            if self.report.misses is not None:
                nodes = tuple(names_of(op, "nodes"))
                self.report.misses.append(NearMiss(rewrite.name, nodes, str(miss)))
            return False
        self.budget -= 1
        if self.budget < 0:
            raise CompileError(
                f"rewrites do not come to an end; the last one was {rewrite.name} on"
                f" {', '.join(names_of(op, 'nodes')) or op.name}"
            )
        sources = [*match.merged, op]
        carry_provenance(sources, match.inserted, rewrite.name)
        nodes = tuple(dict.fromkeys(n for s in sources for n in names_of(s, "nodes")))
        self.report.fired.setdefault(rewrite.name, []).append(nodes)
        self._replace(op, values)
        for new in match.inserted:
            self.push(new)
        return True

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


def _is_dead(op: Operation) -> bool:
    if not op.results or any(r.uses for r in op.results) or op.has_trait(IsTerminator):
        return False
    return is_side_effect_free(op) or isinstance(op, ConstantOp)


def _graph_operations(block: Block) -> Iterator[Operation]:
    """Operations of the graph, without those inside scalar regions and host operations."""
    for op in block.ops:
        yield op
        if isinstance(op, IfOp | WhileOp) and not isinstance(op, HostOp):
            for region in op.regions:
                for inner in region.blocks:
                    yield from _graph_operations(inner)


def apply_rewrites(
    ctx: Context, module: ModuleOp, rewrites: Sequence[Rewrite], *, why_not: bool = False
) -> RewriteReport:
    """
    Apply `rewrites` to every function of the module until none applies.

    Raises:
        CompileError: when two rewrites undo each other without end.
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
