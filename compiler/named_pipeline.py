"""What a named pipeline is: a pass that is a list of passes."""

from __future__ import annotations

from abc import abstractmethod

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass


class NamedPipeline(ModulePass):
    """
    A pass whose work is that of other passes, one after the other.

    Its fields are options like those of any pass. `opt-tool` puts the passes in its place, so that
    each of them is verified, printed and timed by itself.
    """

    @abstractmethod
    def passes(self) -> tuple[ModulePass, ...]:
        """The passes it stands for, with their options."""

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        for pass_ in self.passes():
            pass_.apply(ctx, op)


def expanded(passes: tuple[ModulePass, ...]) -> tuple[ModulePass, ...]:
    """`passes` with those that are pipelines replaced by what they stand for."""
    found: list[ModulePass] = []
    for pass_ in passes:
        found += expanded(pass_.passes()) if isinstance(pass_, NamedPipeline) else [pass_]
    return tuple(found)
