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
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from xdsl.context import Context
from xdsl.dialects import func
from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Block, Operation, SSAValue
from xdsl.traits import IsTerminator, is_side_effect_free
from xdsl.utils.exceptions import VerifyException

from ....dialects.engine import ConstantOp, ReferenceOp
from ....dialects.engine.integer_rounding import rounds
from ....dialects.engine.size_facts import facts_of
from ....errors import CompileError
from ....ir.dominance import verify_dominance
from ....ir.verify_ir import quiet_diagnostics
from ....runtime.size import NeedsNumber
from ....runtime.size_facts import Facts
from .common_subexpressions import merge_equal_contractions, merge_equal_operations
from .patterns import Application, PatternRule
from .provenance import Provenance
from .report import Fold, NearMiss, RewriteReport
from .rewrite import Match, NoMatch, Rewrite, Rule, owner_of

MAX_APPLICATIONS_PER_OP = 64
MAX_PATTERN_APPLICATIONS_PER_OP = 4
"""The same for one rule from outside, which is more likely to loop."""


class RuleFailure(Exception):
    """Rules from outside loop or build what is invalid; the message says what happened."""

    def __init__(self, names: Sequence[str], what: str):
        super().__init__(what)
        self.names = tuple(names)


@dataclass
class _Driver:
    ctx: Context
    rules: Sequence[Rule]
    report: RewriteReport
    provenance: Provenance = field(default_factory=Provenance)
    offers: dict[type[Operation], list[Rule]] = field(
        default_factory=dict[type[Operation], list[Rule]]
    )
    worklist: deque[Operation] = field(default_factory=deque[Operation])
    queued: set[Operation] = field(default_factory=set[Operation])
    budget: int = 0
    pattern_budgets: dict[str, int] = field(default_factory=dict[str, int])
    recent: deque[str] = field(default_factory=lambda: deque[str](maxlen=8))
    misses: dict[NearMiss, None] = field(default_factory=dict[NearMiss, None])
    facts: Facts = field(default_factory=Facts)
    rounds: bool = False
    """Whether anything rounds to integers; no rewrite makes that where there was none."""
    merge: bool = True
    """Whether of equal operations one is left."""

    def push(self, op: Operation) -> None:
        if op not in self.queued and op.parent is not None:
            self.queued.add(op)
            self.worklist.append(op)

    def run(self, block: Block) -> None:
        if self.merge:
            self.report.merged += merge_equal_contractions(block, self.provenance)
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
            merged = merge_equal_operations(block, self.provenance) if self.merge else 0
            self.report.merged += merged
            if not merged and self.budget == before:
                break
            ops = list(_graph_operations(block))
        self.provenance.write()
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
            match = Match(self.ctx, op, rounds=self.rounds, facts=self.facts)
            for rule in self.offers.get(type(op)) or self._rules_for(type(op)):
                if type(rule) is Rewrite:
                    if self._apply(rule, op, match):
                        break
                elif isinstance(rule, PatternRule) and self._apply_pattern(rule, op):
                    break

    def _rules_for(self, kind: type[Operation]) -> list[Rule]:
        found = self.offers.get(kind)
        if found is None:
            found = [r for r in self.rules if not r.anchors or kind in r.anchors]
            self.offers[kind] = found
        return found

    def _apply(self, rewrite: Rewrite, op: Operation, match: Match) -> bool:
        try:
            values = rewrite.body(op, match)
            match.check_trips()
        except NeedsNumber as needed:
            match.undo()
            self._missed(rewrite, op, str(needed))
            return False
        except NoMatch as miss:
            match.undo()
            if self.report.misses is not None:
                self._missed(rewrite, op, miss.clause)
            if miss.offer is not None:
                self.push(miss.offer)
            return False
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
        self._replace(op, values)
        for gone in match.emptied:
            if gone.parent is not None and _is_dead(gone):
                self._erase(gone)
        for new in match.inserted:
            for inner in _with_regions(new):
                self.push(inner)
        return True

    def _apply_pattern(self, rule: PatternRule, op: Operation) -> bool:
        application, owner = Application(op), owner_of(op)
        rewriter = application.rewriter()
        trail = self.provenance.joined([owner])
        try:
            rule.pattern.match_and_rewrite(op, rewriter)
        except Exception as error:
            # Whatever a stranger's code raises, the program is compiled without it.
            what = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
            raise RuleFailure([rule.name], f"it fails with {what}") from error
        if not rewriter.has_done_action:
            self._missed(rule, op, lambda: rule.clause(op))
            return False
        self._spend(rule, op)
        if self.pattern_budgets[rule.name] < 0:
            raise RuleFailure([rule.name], "it does not come to an end")
        _verify(rule, application.left())
        trail = self.provenance.joined(application.sources) if owner is op else trail
        application.carry(self.provenance, rule.name, owner)
        self.report.applied(rule.name, trail)
        for gone in (op, *application.absorbed):
            if gone.parent is None:
                self.provenance.forget(gone)
        if owner.parent is not None:
            self.push(owner)
        for new in application.left():
            for inner in _with_regions(new):
                self.push(inner)
        return True

    def _missed(self, rule: Rule, op: Operation, clause: str | Callable[[], str]) -> None:
        if self.report.misses is not None:
            nodes = tuple(self.provenance.of(owner_of(op)).all_nodes())
            text = clause if isinstance(clause, str) else clause()
            self.misses[NearMiss(rule.name, nodes, text)] = None

    def _spend(self, rule: Rule, op: Operation) -> None:
        self.budget -= 1
        self.pattern_budgets[rule.name] -= 1
        self.recent.append(rule.name)
        if self.budget < 0:
            where = ", ".join(self.provenance.of(owner_of(op)).all_nodes()) or op.name
            names = ", ".join(dict.fromkeys(self.recent))
            raise CompileError(
                f"rewrites do not come to an end; the last ones were {names}, on {where}."
                " Leave one of them out with --disable"
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


def apply_rewrites(
    ctx: Context,
    module: ModuleOp,
    rules: Sequence[Rule],
    *,
    why_not: bool = False,
    merge: bool = True,
) -> RewriteReport:
    """
    Apply `rules` to every function of the module until none applies.

    Without `merge`, equal operations stay as many as they are.

    A pattern from outside that fails, does not come to an end or builds invalid IR is left out:
    the function is as if it had not been there, and the report says so.

    Raises:
        CompileError: when rewrites undo each other without end.
    """
    report = RewriteReport(misses=[] if why_not else None)
    rules = list(rules)
    for function in module.ops:
        if not isinstance(function, func.FuncOp) or function.is_declaration:
            continue
        while True:
            part = RewriteReport(misses=[] if why_not else None)
            try:
                _run(ctx, function, rules, part, merge)
            except RuleFailure as failure:
                report.left_out.update(dict.fromkeys(failure.names, str(failure)))
                rules = [r for r in rules if r.name not in failure.names]
                continue
            report.add(part)
            break
    return report


def _run(
    ctx: Context,
    function: func.FuncOp,
    rules: Sequence[Rule],
    report: RewriteReport,
    merge: bool,
) -> None:
    """Apply the rules to one function; after a `RuleFailure` it is what it was before."""
    patterns = [r.name for r in rules if isinstance(r, PatternRule)]
    spare = function.clone() if patterns else None
    try:
        _Driver(ctx, rules, report, facts=facts_of(function), merge=merge).run(function.body.block)
        fired = [name for name in patterns if name in report.applications]
        if fired:
            _verify_function(function, fired)
    except RuleFailure:
        assert spare is not None
        function.detach_region(0)
        function.add_region(spare.detach_region(0))
        raise


def _verify_function(function: func.FuncOp, fired: Sequence[str]) -> None:
    try:
        with quiet_diagnostics():
            function.verify()
        verify_dominance(function)
    except (VerifyException, ValueError) as error:
        what = " ".join(str(error).split())
        raise RuleFailure(fired, f"after it the function is invalid: {what}") from error
