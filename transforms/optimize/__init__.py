"""
`optimize`: all rewrites of level 2, applied together to a fixpoint.

`exactness` says what may happen to numbers, `groups` which rewrites take part; `only` and
`without` choose by name. With `why-not`, standard error says what folding cost and saved, and
for each operation of the final program which rewrites were offered it, and the condition that
failed; `about` limits that to the rewrites it names.

`patterns` names PDL files whose patterns are rules too. A file or a rule from outside that does
not load, fails, loops or builds invalid IR is left out with a line on standard error; with
`strict` it is an error.
"""

from __future__ import annotations

import difflib
import sys
from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass

from ...errors import CompileError, UsageError
from ...plugins import leave_out
from .plugged import all_rewrites, rules_of_files
from .rewrites import allowed_rewrites
from .rewriting import EXACTNESS, GROUPS, RewriteReport, apply_rewrites


@dataclass(frozen=True)
class OptimizePass(ModulePass):
    """Apply the rewrites of level 2 to a fixpoint."""

    name = "optimize"

    exactness: str = "rounding"
    groups: tuple[str, ...] = tuple(GROUPS)
    only: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    why_not: bool = False
    about: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()
    strict: bool = False

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        if self.exactness not in EXACTNESS:
            raise UsageError(
                f"optimize: exactness '{self.exactness}', expected one of {', '.join(EXACTNESS)}"
            )
        for group in self.groups:
            if group not in GROUPS:
                raise UsageError(f"optimize: group '{group}', expected some of {', '.join(GROUPS)}")
        own = all_rewrites()
        names = [r.name for r in own]
        loaded = rules_of_files(ctx, self.patterns, names, self.exactness, self._leave_out)
        rules = [*own, *loaded]
        known = [r.name for r in rules]
        for name in (*self.only, *self.without, *self.about):
            if name not in known:
                close = difflib.get_close_matches(name, known, n=3)
                hint = f"; did you mean {', '.join(close)}?" if close else ""
                raise UsageError(f"optimize: there is no rewrite '{name}'{hint}")
        rewrites = allowed_rewrites(self.exactness, self.groups, self.only, self.without, rules)
        report = apply_rewrites(ctx, op, rewrites, why_not=self.why_not)
        for name, what in report.left_out.items():
            self._leave_out(f"rule '{name}' of optimize: {what}")
        if self.why_not:
            sys.stderr.write(explanation(report, self.about))

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
