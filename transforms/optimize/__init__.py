"""
`optimize`: all rewrites of level 2, applied together to a fixpoint.

`optimization` says how much is done (`choice.py`), `exactness` what may happen to numbers,
`groups` which rewrites take part; `only`, `enable` and `disable` choose by name. With `why-not`,
standard error says what folding cost and saved, and for each operation of the final program which
rewrites were offered it, and the condition that failed; `about` limits that to the rewrites it
names.

`patterns` names PDL files whose patterns are rules too. A file that does not load, and any rule
that fails, loops or builds invalid IR, is left out with a line on standard error; with `strict` it
is an error.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass

from ...errors import CompileError, UsageError
from ...ir.nearest import unknown_name
from ...plugins import leave_out
from .choice import DEFAULT_LEVEL, Choice, exactness_at
from .plugged import all_rewrites, rules_of_files
from .rewriting import GROUPS, MERGE, RewriteReport, Rule, Watcher, apply_rewrites


@dataclass(frozen=True)
class OptimizePass(ModulePass):
    """Apply the rewrites of level 2 to a fixpoint."""

    name = "optimize"

    exactness: str | None = None
    """The class that is allowed; without one, that of the level."""
    groups: tuple[str, ...] = tuple(GROUPS)
    only: tuple[str, ...] = ()
    enable: tuple[str, ...] = ()
    disable: tuple[str, ...] = ()
    why_not: bool = False
    about: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()
    strict: bool = False
    optimization: int = DEFAULT_LEVEL

    @property
    def choice(self) -> Choice:
        """Which rules take part."""
        exactness = exactness_at(self.optimization, self.exactness)
        return Choice(self.optimization, exactness, self.enable, self.disable)

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        self.watched(ctx, op)

    def watched(
        self,
        ctx: Context,
        op: ModuleOp,
        watcher: Watcher | None = None,
        limit: float = math.inf,
        *,
        why_not: bool = False,
    ) -> RewriteReport:
        """
        Apply the pass, tell `watcher` of it, and stop after `limit` applications.

        Raises:
            UsageError: for a choice that there is not.
        """
        choice = self.choice
        wrong = [group for group in self.groups if group not in GROUPS]
        if wrong:
            raise UsageError(
                f"optimize: groups {', '.join(wrong)}, expected some of {', '.join(GROUPS)}"
            )
        own = all_rewrites()
        names = [r.name for r in own]
        loaded = rules_of_files(ctx, self.patterns, names, choice.exactness, self._leave_out)
        rules = [*own, *loaded]
        self._check_names(choice, rules)
        rewrites = [
            rule
            for rule in rules
            if choice.takes_rule(rule)
            and rule.group in self.groups
            and (not self.only or rule.name in self.only)
        ]
        merge = choice.takes_pass(MERGE)
        report = apply_rewrites(
            ctx,
            op,
            rewrites,
            why_not=self.why_not or why_not,
            merge=merge,
            watcher=watcher,
            limit=limit,
        )
        for name, what in report.left_out.items():
            self._leave_out(f"rule '{name}' of optimize: {what}")
        if self.why_not:
            sys.stderr.write(explanation(report, self.about))
        return report

    def _check_names(self, choice: Choice, rules: Sequence[Rule]) -> None:
        if not choice.is_plain:
            choice.check(rules)
        known = [rule.name for rule in rules]
        wrong = [
            unknown_name("rewrite", name, known)
            for name in (*self.only, *self.about)
            if name not in known
        ]
        if wrong:
            raise UsageError(f"optimize: {'; '.join(wrong)}")

    def _leave_out(self, reason: str) -> None:
        if self.strict:
            raise CompileError(reason)
        leave_out(reason)


def explanation(report: RewriteReport, about: tuple[str, ...] = ()) -> str:
    """What was folded and what did not apply, one line each."""
    lines: list[str] = []
    for fold in report.folds:
        if not about or fold.rewrite in about:
            lines.append(
                f"{fold.rewrite} on {_where(fold.nodes)}: {fold.bytes_added:+} bytes,"
                f" {fold.flops_saved} operations saved"
            )
    if report.folds and not about:
        lines.append(
            f"folding in all: {report.bytes_added:+} bytes, {report.flops_saved} operations saved"
        )
    for miss in report.misses or ():
        if not about or miss.rewrite in about:
            lines.append(f"{miss.rewrite} on {_where(miss.nodes)}: not so: {miss.clause}")
    return "".join(f"{line}\n" for line in lines)


def _where(nodes: tuple[str, ...]) -> str:
    return ", ".join(nodes) or "an operation without a node"
