"""Names for sizes that the data decides, as operations that find them are built."""

from __future__ import annotations

from collections.abc import Collection, Container, Iterable, Sequence

from xdsl.dialects.builtin import ArrayAttr
from xdsl.dialects.func import FuncOp
from xdsl.ir import Attribute, SSAValue

from ...dialects.engine.data_sizes import SizeDefiningOp
from ...dialects.engine.loop import LoopOp
from ...dialects.engine.mentioned_names import MentionedNames
from ...dialects.engine.size_facts import SIZES, NameAttr, NamesAttr, name_attr
from ...runtime.size import Extent, Size
from ...runtime.size_facts import LARGEST_SIZE, Dim, Facts
from .declared_names import declared_names, rename_sizes

NO_SIZES, BOUNDED, ALL_SIZES = "none", "bounded", "all"
DATA_SIZES = (NO_SIZES, BOUNDED, ALL_SIZES)
"""Which sizes that only the data knows get names: none, those that other sizes bound, or all."""

UNBOUNDED_SIZE = 2**31 - 1
"""The bound of a size that nothing else bounds."""

UNBOUNDED_HINT = 128
"""What such a size is planned for."""


class DataNames:
    """The names that operations of one function define."""

    def __init__(self, facts: Facts, which: str = ALL_SIZES):
        """
        `facts` are those of the names that a call knows; what is new is added to them. `which`
        sizes get a name is one of `DATA_SIZES`.
        """
        self._facts = facts
        self._which = which
        self._mentioned = MentionedNames()
        self._made: dict[str, NameAttr] = {}
        self.inner: set[str] = set()
        """Those of operations in branches and loops."""
        self.before: dict[tuple[object, ...], str] = {}
        """Those of integers in branches and loops that are known before these, by how they are
        computed."""
        self.flags: dict[SSAValue, SizeDefiningOp] = {}
        """What finds the name that says whether a condition holds, where there is one."""

    @property
    def are_made(self) -> bool:
        """Whether there are any."""
        return bool(self._made)

    @property
    def known(self) -> Collection[str]:
        """The names that stand for sizes by now, those of the inputs among them."""
        return self._facts.dims.keys()

    def are_in(self, types: Iterable[Attribute]) -> bool:
        """Whether a type has a size with one of the names that were made."""
        made = self._made.keys()
        return bool(made) and any(not made.isdisjoint(self._mentioned(t)) for t in types)

    def in_sizes(self, sizes: Iterable[Extent]) -> bool:
        """Whether a size has one of the names that were made."""
        named = (size for size in sizes if isinstance(size, Size))
        return bool(self._made) and any(n in self._made for size in named for n in size.names)

    def bounds_of(self, names: Iterable[str]) -> dict[str, Extent]:
        """The bounds of names that were made, as far as they have some."""
        bounds = ((name, self._made[name].upper_bound) for name in names if name in self._made)
        return {name: bound for name, bound in bounds if bound is not None}

    def may_have(self, bound: Extent) -> bool:
        """Whether a size of at most `bound` gets a name."""
        return self._which == ALL_SIZES or (self._which == BOUNDED and bound != UNBOUNDED_SIZE)

    def new(
        self, wanted: str, bound: Extent, *, inner: bool = False, hint: int | None = None
    ) -> str:
        """
        A name like `wanted`, that nobody has, for a size of at most `bound`; `inner` for one that
        is found in a branch or loop. `hint` is what it is planned for.
        """
        name, number = wanted, 1
        while name in self._facts.dims:
            number += 1
            name = f"{wanted}_{number}"
        most = min(bound, LARGEST_SIZE) if isinstance(bound, int) else None
        if hint is None and bound == UNBOUNDED_SIZE:
            hint = UNBOUNDED_HINT
        elif hint is None:
            hint = min(self._facts.evaluated_at_hints(bound), LARGEST_SIZE)
        dim = Dim(0, most, 1, hint)
        self._facts.add(name, dim)
        self._made[name] = name_attr(name, dim, upper=None if most else bound, data=True)
        if inner:
            self.inner.add(name)
        return name

    def list_in(self, function: FuncOp, declared: Sequence[Attribute]) -> None:
        """
        Let a function say of its sizes which of them its operations define.

        `declared` are the types of its outputs as the model says them: their names are taken over.
        """
        defined = _defined_names(function) if self._made else ()
        made = [attr for name, attr in self._made.items() if name in defined]
        if not made:
            return
        found = {attr.name_.data for attr in made}
        if renamed := declared_names(function, declared, found, self._facts.dims):
            made = rename_sizes(function, made, renamed)
        before = function.attributes.get(SIZES)
        given = list(before.names) if isinstance(before, NamesAttr) else []
        function.attributes[SIZES] = NamesAttr(ArrayAttr([*given, *made]))


def _defined_names(function: FuncOp) -> Container[str]:
    found: set[str] = set()
    for op in function.walk():
        if isinstance(op, SizeDefiningOp):
            found.update(op.defined_names)
        elif isinstance(op, LoopOp) and op.trip_name is not None:
            found.add(op.trip_name)
    return found
