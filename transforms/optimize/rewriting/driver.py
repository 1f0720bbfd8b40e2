"""
The driver: applies rewrites to a fixpoint.

One worklist holds the operations of a function in program order, those of scalar regions before
the operation that holds the region. An operation is offered to the rewrites anchored on its
class, in the order of the registry, and of these to the ones that such operations may precede as
compute its operands; when one applies, what was built, what used the result and
what computed the operands is looked at again. Operations that nobody uses disappear; equal
operations are merged when the worklist is empty. All of this is repeated until a whole round
changes nothing.

The result depends on the program and the registry alone, never on addresses or hash order. The
number of applications is bounded, so that two rewrites that undo each other are found instead of
running forever. A rule that loops, fails or builds what is invalid is named by `RuleFailure`.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from xdsl.context import Context
from xdsl.ir import Block, Operation, OpResult, SSAValue
from xdsl.traits import IsTerminator, is_side_effect_free
from xdsl.utils.exceptions import VerifyException

from ....dialects.engine import ConstantOp, ReferenceOp
from ....dialects.engine.integer_rounding import rounds
from ....errors import StepwellError
from ....ir.verify_ir import quiet_diagnostics
from ....runtime.size import NeedsNumber
from ....runtime.size_facts import Facts
from .common_subexpressions import MERGE, merge_equal_contractions, merge_equal_operations
from .patterns import Application, PatternRule
from .provenance import Provenance
from .report import Fold, NearMiss, RewriteReport
from .rewrite import Match, NoMatch, Rewrite, Rule, owner_of
from .watcher import Applied, Watcher

MAX_APPLICATIONS_PER_OP = 64
MAX_PATTERN_APPLICATIONS_PER_OP = 4
"""The same for one rule from outside, which is more likely to loop."""


_Kinds = tuple[type[Operation], frozenset[type]]
"""The class of an operation, and the classes of those that compute its operands."""


class RuleFailure(Exception):
    """Rules fail, loop or build what is invalid; the message says what happened."""

    def __init__(self, names: Sequence[str], what: str):
        super().__init__(what)
        self.names = tuple(names)


@dataclass
class Driver:
    """One function on its way to the fixpoint."""

    ctx: Context
    rules: Sequence[Rule]
    report: RewriteReport
    provenance: Provenance = field(default_factory=Provenance)
    offers: dict[_Kinds, list[Rule]] = field(default_factory=dict[_Kinds, list[Rule]])
    worklist: deque[Operation] = field(default_factory=deque[Operation])
    queued: set[Operation] = field(default_factory=set[Operation])
    budget: int = 0
    pattern_budgets: dict[str, int] = field(default_factory=dict[str, int])
    recent: deque[str] = field(default_factory=lambda: deque[str](maxlen=8))
    misses: dict[NearMiss, None] = field(default_factory=dict[NearMiss, None])
    facts: Facts = field(default_factory=Facts)
    match_type: type[Match] = Match
    rounds: bool = False
    """Whether anything rounds to integers; no rewrite makes that where there was none."""
    merge: bool = True
    """Whether of equal operations one is left."""
    watcher: Watcher | None = None
    """Who is told of each application."""
    limit: float = math.inf
    """How many applications there are at most; merging at one time counts as one."""
    applied: int = 0
    """How many there were."""
    last: str = ""
    """The rule of the last one."""

    def push(self, op: Operation) -> None:
        if op not in self.queued and op.parent is not None:
            self.queued.add(op)
            self.worklist.append(op)

    def run(self, block: Block) -> None:
        self._merge(block, merge_equal_contractions)
        ops = list(_graph_operations(block))
        self.rounds = rounds(ops)
        self.budget += MAX_APPLICATIONS_PER_OP * (len(ops) + 16)
        for rule in self.rules:
            self.pattern_budgets[rule.name] = MAX_PATTERN_APPLICATIONS_PER_OP * (len(ops) + 16)
        while True:
            # A rewrite may look at producers of producers, so a change anywhere is a reason to
            # offer every operation once more.
            for op in ops:
                self.push(op)
            before = self.budget
            self.misses.clear()
            self._drain()
            merged = self._merge(block, merge_equal_operations)
            if (not merged and self.budget == before) or self.applied >= self.limit:
                break
            ops = list(_graph_operations(block))
        self.provenance.write()
        if self.report.misses is not None:
            self.report.misses.extend(self.misses)

    def _merge(self, block: Block, merge: Callable[[Block, Provenance], int]) -> int:
        if not self.merge or self.applied >= self.limit:
            return 0
        merged = merge(block, self.provenance)
        if merged:
            self.report.merged += merged
            self.applied += 1
            self.last = MERGE
            if self.watcher is not None:
                self.watcher.merged(block, merged)
        return merged

    def _drain(self) -> None:
        while self.worklist and self.applied < self.limit:
            op = self.worklist.popleft()
            self.queued.discard(op)
            if op.parent is None:
                continue
            if _is_dead(op):
                self._erase(op)
                continue
            kinds = (type(op), frozenset([type(value.owner) for value in op.operands]))
            rules = self.offers.get(kinds)
            if rules is None:
                rules = self.offers[kinds] = self._rules_for(*kinds)
            if not rules:
                continue
            match = self.match_type(self.ctx, op, rounds=self.rounds, facts=self.facts)
            for rule in rules:
                if type(rule) is Rewrite:
                    if self._apply(rule, op, match):
                        break
                elif isinstance(rule, PatternRule) and self._apply_pattern(rule, op):
                    break

    def _rules_for(self, kind: type[Operation], producers: frozenset[type]) -> list[Rule]:
        if self.report.misses is not None:  # of all rules, why they do not apply
            return [r for r in self.rules if not r.anchors or kind in r.anchors]
        return [rule for rule in self.rules if rule.may_apply(kind, producers)]

    def _apply(self, rewrite: Rewrite, op: Operation, match: Match) -> bool:
        try:
            values = rewrite.body(op, match)
            match.check_trips()
        except NeedsNumber as needed:
            self._missed(rewrite, op, str(needed), match, needed)
            match.undo()
            return False
        except NoMatch as miss:
            if self.report.misses is not None:
                self._missed(rewrite, op, miss.clause, match, miss)
            match.undo()
            if miss.offer is not None:
                self.push(miss.offer)
            return False
        except (StepwellError, MemoryError):
            raise  # of the program or the machine, not of the rule
        except Exception as error:
            raise RuleFailure([rewrite.name], self._failed(error, op)) from error
        self._applied(rewrite, op, match, values)
        return True

    def _applied(
        self, rewrite: Rewrite, op: Operation, match: Match, values: Sequence[SSAValue]
    ) -> None:
        self._spend(rewrite, op)
        owner = owner_of(op)
        trail = self.provenance.joined([*match.merged, owner])
        if owner is op:
            self.provenance.carry([*match.merged, op], match.inserted, rewrite.name)
        else:  # scalar operations have no provenance of their own
            self.provenance.carry([], [owner], rewrite.name)
            self.push(owner)
        self.report.applied(rewrite.name, trail)
        self.report.folds.extend(Fold(rewrite.name, trail, *cost) for cost in match.folds)
        if self.watcher is not None:
            inserted, merged = tuple(match.inserted), tuple(match.merged)
            self.watcher.applied(Applied(rewrite, trail, op, merged, inserted, tuple(values)))
        for reader, number, value in match.redirected:
            old = reader.operands[number]
            reader.operands[number] = value
            self.push(reader)
            if isinstance(old, OpResult):
                self.push(old.op)
        self._replace(op, values)
        for gone in match.emptied:
            if gone.parent is not None and _is_dead(gone):
                self._erase(gone)
        for new in match.inserted:
            for inner in _with_regions(new):
                self.push(inner)

    def _apply_pattern(self, rule: PatternRule, op: Operation) -> bool:
        application, owner = Application(op), owner_of(op)
        rewriter = application.rewriter()
        trail = self.provenance.joined([owner])
        try:
            rule.pattern.match_and_rewrite(op, rewriter)
        except Exception as error:
            # Whatever a stranger's code raises, the program is compiled without it.
            raise RuleFailure([rule.name], self._failed(error, op)) from error
        if not rewriter.has_done_action:
            self._missed(rule, op, lambda: rule.clause(op), None, None)
            return False
        self._spend(rule, op)
        if self.pattern_budgets[rule.name] < 0:
            raise RuleFailure([rule.name], f"it does not come to an end{self._where(op)}")
        _verify(rule, application.left())
        trail = self.provenance.joined(application.sources) if owner is op else trail
        application.carry(self.provenance, rule.name, owner)
        self.report.applied(rule.name, trail)
        if self.watcher is not None:
            built, gone = tuple(application.inserted), tuple(application.sources)
            self.watcher.applied(Applied(rule, trail, op, gone, built, ()))
        for gone in (op, *application.absorbed):
            if gone.parent is None:
                self.provenance.forget(gone)
        if owner.parent is not None:
            self.push(owner)
        for new in application.left():
            for inner in _with_regions(new):
                self.push(inner)
        return True

    def _missed(
        self,
        rule: Rule,
        op: Operation,
        clause: str | Callable[[], str],
        match: Match | None,
        error: Exception | None,
    ) -> None:
        if self.report.misses is not None:
            nodes = tuple(self.provenance.of(owner_of(op)).all_nodes())
            text = clause if isinstance(clause, str) else clause()
            miss = NearMiss(rule.name, nodes, text)
            if miss not in self.misses:
                self.misses[miss] = None
                if self.watcher is not None:
                    self.watcher.missed(miss, op, match, error)

    def _where(self, op: Operation) -> str:
        nodes = self.provenance.of(owner_of(op)).all_nodes()
        return f", on {', '.join(nodes)}" if nodes else f", on an {owner_of(op).name}"

    def _failed(self, error: Exception, op: Operation) -> str:
        what = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        return f"it fails with {what}{self._where(op)}"

    def _spend(self, rule: Rule, op: Operation) -> None:
        self.budget -= 1
        self.pattern_budgets[rule.name] -= 1
        self.recent.append(rule.name)
        self.applied += 1
        self.last = rule.name
        if self.budget < 0:
            names = ", ".join(dict.fromkeys(self.recent))
            # Of rules that undo each other, the one that was added last is left out.
            order = {known.name: at for at, known in enumerate(self.rules)}
            often = max(map(self.recent.count, self.recent))
            turns = [name for name in self.recent if self.recent.count(name) * 2 > often]
            raise RuleFailure(
                [max(turns, key=order.__getitem__)],
                f"it does not come to an end; the last rewrites were {names}{self._where(op)}",
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
        self.provenance.forget(op)
        op.detach()
        op.erase()
        for operand in operands:
            if isinstance(operand.owner, Operation):
                self.push(operand.owner)


def _verify(rule: PatternRule, ops: Sequence[Operation]) -> None:
    try:
        with quiet_diagnostics():
            for op in ops:
                op.verify()
    except (VerifyException, ValueError) as error:
        what = " ".join(str(error).split())
        raise RuleFailure([rule.name], f"it builds an invalid operation: {what}") from error


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
