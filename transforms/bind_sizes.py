"""
`bind-sizes{sizes=S=128,N=1}`: numbers in place of names, in a module of levels 1 to 4.

Every type and property that mentions a name is replaced, so that a program whose sizes are all
bound is one of numbers alone. Relations that hold by then are dropped.
"""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass

from ..errors import UsageError
from ..ir.bind_sizes import bind_sizes


@dataclass(frozen=True)
class BindSizesPass(ModulePass):
    """Put numbers in place of the names in sizes: `bind-sizes{sizes=S=128,N=1}`."""

    name = "bind-sizes"
    sizes: tuple[str, ...] = ()

    @property
    def numbers(self) -> dict[str, int]:
        """The numbers of the names."""
        return dict(map(_binding, self.sizes))

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        del ctx
        bind_sizes(op, self.numbers)


def _binding(text: str) -> tuple[str, int]:
    name, _, number = text.rpartition("=")
    if not name or not number.isdigit():
        raise UsageError(f"bind-sizes has '{text}', expected a name and a number like S=128")
    return name, int(number)
