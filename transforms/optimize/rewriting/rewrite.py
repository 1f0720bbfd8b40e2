'''
What a rewrite is.

A rewrite is one function under a decorator. Its docstring starts with an equation,
`before => after if condition`; the code says the same in the same order:

    @rewrite(TransposeOp, exactness="bitwise", source="onnxruntime TransposeOptimizer")
    def cancel_transposes(op: TransposeOp, m: Match) -> Sequence[SSAValue]:
        """
        transpose{q}(transpose{p}(x)) => x  if q undoes p.
        """
        inner = m.producer(op.input, TransposeOp)
        composed = [inner.permutation[p] for p in op.permutation]
        m.require(composed == sorted(composed), "the permutations undo each other")
        return [inner.input]

The function returns the values that replace the operation's results, building new operations
through the match (`m.insert`), or ends at the first condition that does not hold: `m.require`,
`m.producer` and `m.constant` raise `NoMatch` with the clause that failed, which is what
`--why-not` reports. Nothing may be changed before all conditions are known to hold.

The name of a rewrite is the function's with dashes. Provenance is the driver's work: new
operations get the nodes of everything that `m.producer` or `m.consumed` named.
'''

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from xdsl.context import Context
from xdsl.ir import Attribute, Operation, OpResult, SSAValue

from ....dialects.engine import ConstantOp, WeightAttr
from ....dialects.engine.constant import constant_of
from ....dialects.engine.weights import Array, ConstantAttr, WeightStore, weight_store
from .scalar_code import number_of, scalar_constant

EXACTNESS = ("bitwise", "rounding", "approximate")
"""What a rewrite does to numbers: nothing; reassociates; changes them within stated bounds."""

GROUPS = {
    "simplify": "a simpler or a canonical form of the same thing; `canonicalize` applies these",
    "fuse": "several operations become one that does their work at once",
    "move": "an operation changes places with a neighbour, so that it meets what it can join",
    "recognise": "operations that together are a known one, such as softmax, become that one",
}
"""What a rewrite is for."""

OpT = TypeVar("OpT", bound=Operation)


class NoMatch(Exception):
    """A condition of a rewrite does not hold; the message is the clause that failed."""


@dataclass
class Match:
    """One attempt to apply a rewrite to `op`: conditions, constants, and new operations."""

    ctx: Context
    op: Operation
    inserted: list[Operation] = field(default_factory=list[Operation])
    merged: list[Operation] = field(default_factory=list[Operation])
    folds: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])

    @property
    def store(self) -> WeightStore:
        """The constants of the compilation."""
        return weight_store(self.ctx)

    def require(self, condition: object, clause: str) -> None:
        """Go on only if `condition` is true; `clause` says in words what was required."""
        if not condition:
            raise NoMatch(clause)

    def producer(self, value: SSAValue, kind: type[OpT]) -> OpT:
        """The operation of class `kind` that computes `value`; its nodes join the result's."""
        found = producer_of(value, kind)
        if found is None:
            raise NoMatch(f"an operand is computed by {getattr(kind, 'name', kind.__name__)}")
        self.merged.append(found)
        return found

    def consumed(self, op: Operation) -> None:
        """Say that `op` becomes part of what is built."""
        self.merged.append(op)

    def constant(self, value: SSAValue) -> ConstantAttr:
        """The attribute of a constant operand."""
        attr = constant_of(value)
        if attr is None:
            raise NoMatch("an operand is a constant")
        return attr

    def number(self, value: SSAValue) -> float | int:
        """The number of a constant scalar of a region."""
        found = number_of(value)
        if found is None:
            raise NoMatch("an operand is a constant scalar")
        return found

    def array(self, value: SSAValue) -> Array:
        """The numbers of a constant operand."""
        return self.store.array(self.constant(value))

    def folded(self, bytes_added: int, flops_saved: int) -> None:
        """Account for work that is done once, now, and for the constants it adds."""
        self.folds.append((bytes_added, flops_saved))

    def undo(self) -> None:
        """Take back what an attempt has built."""
        if not self.inserted and not self.merged and not self.folds:
            return
        for new in reversed(self.inserted):
            new.detach()
            new.erase()
        self.inserted.clear()
        self.merged.clear()
        self.folds.clear()

    def insert(self, op: OpT) -> OpT:
        """Put a new operation in front of the one that is being replaced."""
        block = self.op.parent
        assert block is not None
        block.insert_op_before(op, self.op)
        self.inserted.append(op)
        return op

    def scalar(self, number: float, type_: Attribute) -> SSAValue:
        """A new scalar constant, rounded to its type."""
        return self.insert(scalar_constant(number, type_)).result

    def insert_constant(self, attr: ConstantAttr) -> SSAValue:
        """A new `engine.constant`."""
        constant = self.insert(ConstantOp(attr)).res
        if isinstance(attr, WeightAttr):
            constant.name_hint = re.sub(r"\W", "_", attr.key.data)
        return constant


Body = Callable[[Any, Match], Sequence[SSAValue]]


@dataclass(frozen=True)
class Rewrite:
    """A rewrite with its obligations; see the module docstring."""

    name: str
    anchors: tuple[type[Operation], ...]
    body: Body
    equation: str
    group: str
    exactness: str
    source: str


def rewrite(
    *anchors: type[Operation], exactness: str, group: str = "simplify", source: str
) -> Callable[[Callable[[OpT, Match], Sequence[SSAValue]]], Rewrite]:
    """
    Declare a rewrite of operations of the classes `anchors`.

    `exactness` is one of `EXACTNESS`, `group` one of `GROUPS`, `source` where the rewrite is
    known from: names of `SOURCES`, separated by `; `. The rules of a file are tried in the order
    of its `RULES`.
    """

    def declare(body: Callable[[OpT, Match], Sequence[SSAValue]]) -> Rewrite:
        name = body.__name__.replace("_", "-")
        equation = " ".join((body.__doc__ or "").strip().split("\n\n")[0].split())
        if "=>" not in equation:
            raise ValueError(f"rewrite {name} does not state its equation: before => after")
        if exactness not in EXACTNESS or group not in GROUPS:
            raise ValueError(f"rewrite {name}: unknown exactness or group")
        return Rewrite(name, anchors, body, equation, group, exactness, source)

    return declare


def producer_of(value: SSAValue, kind: type[OpT]) -> OpT | None:
    """The operation of class `kind` that computes `value`, None for any other."""
    if isinstance(value, OpResult) and isinstance(value.op, kind):
        return value.op
    return None


def has_one_use(value: SSAValue) -> bool:
    """Whether exactly one operand refers to the value; a graph output counts as a use."""
    return value.has_one_use()
