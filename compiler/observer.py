"""Who looks on while a model is compiled, pass by pass; nobody does by default."""

from __future__ import annotations

import time

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass

from ..transforms.optimize import OptimizePass
from ..transforms.optimize.rewriting import RewriteReport, Watcher
from .named_pipeline import NamedPipeline, expanded


class Observer:
    """Is told of each pass before and after it, and by `watcher` of each rewrite."""

    watcher: Watcher | None = None
    why_not: bool = False
    """Whether `watcher` is told of rules that decline."""

    def before(self, stage: str, pass_: ModulePass, module: ModuleOp) -> None:
        """A pass begins."""

    def after(
        self,
        stage: str,
        pass_: ModulePass,
        module: ModuleOp,
        seconds: float,
        report: RewriteReport | None,
    ) -> None:
        """A pass has ended; `optimize` has a report."""

    def run(self, stage: str, pipeline: NamedPipeline, ctx: Context, module: ModuleOp) -> None:
        """Run the passes of a stage one by one, and tell of each."""
        for pass_ in expanded((pipeline,)):
            self.before(stage, pass_, module)
            start = time.perf_counter()
            report = None
            if isinstance(pass_, OptimizePass):
                report = pass_.watched(ctx, module, self.watcher, why_not=self.why_not)
            else:
                pass_.apply(ctx, module)
            self.after(stage, pass_, module, time.perf_counter() - start, report)
