"""
Rules applied to the functions of a module, without those that misbehave.

A rule that fails, does not come to an end or builds invalid IR is left out: the function is as if
it had not been there, and the report says so. What builds invalid IR is found by bisection over the
applications, which are the same in each run.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects import func
from xdsl.dialects.builtin import ModuleOp
from xdsl.utils.exceptions import VerifyException

from ....dialects.engine.size_facts import facts_of
from ....ir.dominance import verify_dominance
from ....ir.verify_ir import quiet_diagnostics
from .common_subexpressions import MERGE
from .driver import Driver, RuleFailure
from .report import RewriteReport
from .rewrite import Rule
from .watcher import Watcher


@dataclass(frozen=True)
class _Work:
    """What is to be applied."""

    ctx: Context
    rules: Sequence[Rule]
    merge: bool
    watcher: Watcher | None
    limit: float

    def without(self, names: Sequence[str]) -> _Work:
        rules = [rule for rule in self.rules if rule.name not in names]
        merge = self.merge and MERGE not in names
        return _Work(self.ctx, rules, merge, self.watcher, self.limit)

    def driver(
        self, function: func.FuncOp, report: RewriteReport, limit: int | None = None
    ) -> Driver:
        """What applies it; with a `limit` of its own unseen."""
        watcher = self.watcher if limit is None else None
        driver = Driver(
            self.ctx,
            self.rules,
            report,
            facts=facts_of(function),
            merge=self.merge,
            watcher=watcher,
            limit=self.limit if limit is None else limit,
        )
        if watcher is not None:
            driver.match_type = watcher.match_type
            watcher.begin(function.body.block)
        return driver


def apply_rewrites(
    ctx: Context,
    module: ModuleOp,
    rules: Sequence[Rule],
    *,
    why_not: bool = False,
    merge: bool = True,
    watcher: Watcher | None = None,
    limit: float = math.inf,
) -> RewriteReport:
    """
    Apply `rules` to every function of the module until none applies, or `limit` times.

    Without `merge`, equal operations stay as many as they are.

    Raises:
        VerifyException: for a function that is invalid before any rule applies.
    """
    report = RewriteReport(misses=[] if why_not else None)
    work = _Work(ctx, list(rules), merge, watcher, limit)
    for function in module.ops:
        if not isinstance(function, func.FuncOp) or function.is_declaration:
            continue
        while True:
            part = RewriteReport(misses=[] if why_not else None)
            try:
                _apply(function, work, part)
            except RuleFailure as failure:
                report.left_out.update(dict.fromkeys(failure.names, str(failure)))
                work = work.without(failure.names)
                continue
            report.add(part)
            break
    return report


def _apply(function: func.FuncOp, work: _Work, report: RewriteReport) -> None:
    """Apply the rules to one function; after a `RuleFailure` it is what it was before."""
    spare = function.clone() if work.rules else None
    driver = work.driver(function, report)
    try:
        driver.run(function.body.block)
    except RuleFailure:
        assert spare is not None, "rules fail"
        _restore(function, spare)
        raise
    if (what := _problem(function)) and spare is not None:
        _restore(function, spare)
        raise _culprit(function, work, driver, what)
    if what:
        function.verify()


def _restore(function: func.FuncOp, spare: func.FuncOp) -> None:
    function.detach_region(0)
    function.add_region(spare.detach_region(0))


def _problem(function: func.FuncOp) -> str:
    """What is invalid in a function; nothing in a valid one."""
    try:
        with quiet_diagnostics():
            function.verify()
        verify_dominance(function)
    except (VerifyException, ValueError) as error:
        return " ".join(str(error).split())
    return ""


def _culprit(function: func.FuncOp, work: _Work, driver: Driver, what: str) -> RuleFailure:
    """
    The failure of the rule whose application makes a function invalid, after a run that did.

    Raises:
        VerifyException: for a function that is invalid from the start.
    """
    if _problem(function):
        function.verify()
        verify_dominance(function)
    original = function.clone()
    valid, invalid, name = 0, driver.applied, driver.last
    while invalid - valid > 1:
        middle = (valid + invalid) // 2
        probe = work.driver(function, RewriteReport(), middle)
        probe.run(function.body.block)
        if found := _problem(function):
            invalid, name, what = middle, probe.last, found
        else:
            valid = middle
        _restore(function, original.clone())
    return RuleFailure([name], f"after it the function is invalid: {what}")
