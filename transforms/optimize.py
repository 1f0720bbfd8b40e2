"""
`optimize`: all rewrites of level 2, applied together to a fixpoint.

`exactness` says what may happen to numbers, `groups` which rewrites take part; `only` and
`without` choose by name. `why-not` prints, for the rewrites named in `only`, the condition that
failed on each operation they did not apply to.
"""

from __future__ import annotations

import difflib
import sys
from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass

from ..errors import UsageError
from .rewrites import all_rewrites, allowed_rewrites
from .rewriting import EXACTNESS, apply_rewrites


@dataclass(frozen=True)
class OptimizePass(ModulePass):
    """Apply the rewrites of level 2 to a fixpoint."""

    name = "optimize"

    exactness: str = "rounding"
    groups: tuple[str, ...] = ("basic", "extended")
    only: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    why_not: bool = False

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        if self.exactness not in EXACTNESS:
            raise UsageError(
                f"optimize: exactness '{self.exactness}', expected one of {', '.join(EXACTNESS)}"
            )
        known = [r.name for r in all_rewrites()]
        for name in (*self.only, *self.without):
            if name not in known:
                close = difflib.get_close_matches(name, known, n=3)
                hint = f"; did you mean {', '.join(close)}?" if close else ""
                raise UsageError(f"optimize: there is no rewrite '{name}'{hint}")
        rewrites = allowed_rewrites(self.exactness, self.groups, self.only, self.without)
        report = apply_rewrites(ctx, op, rewrites, why_not=self.why_not)
        for miss in report.misses or ():
            where = ", ".join(miss.nodes) or "an operation without a node"
            print(f"{miss.rewrite} on {where}: not so: {miss.clause}", file=sys.stderr)
