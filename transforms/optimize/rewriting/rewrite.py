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
`--why-not` reports. A size that has to be a number and is one by name ends it, too: rules compare
and multiply sizes where they can, and ask `m.at_least` what is known of them. Nothing may be
changed before all conditions are known to hold.

The name of a rewrite is the function's with dashes. Provenance is the driver's work: new
operations get the nodes of everything that `m.producer` or `m.consumed` named.
'''

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from xdsl.context import Context
from xdsl.ir import Attribute, Operation, OpResult, SSAValue
from xdsl.pattern_rewriter import PatternRewriter, RewritePattern

from ....dialects.engine import BroadcastOp, ConstantOp, WeightAttr
from ....dialects.engine.base import EngineOp
from ....dialects.engine.constant import constant_of
from ....dialects.engine.integer_rounding import feeds_rounding
from ....dialects.engine.loop import loops_around
from ....dialects.engine.weights import Array, ConstantAttr, WeightStore, weight_store
from ....runtime.size import Extent, NeedsNumber
from ....runtime.size_facts import Facts
from .provenance import Provenance
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

EVIDENCE = {
    "generated": "its cases and random programs are computed before and after it, and compared",
    "exhaustive": "and for one operand all values of f16, integers of 8 bits and booleans are",
    "proved": "and a solver proves the equation for all values, or for all sizes of bounded rank",
}
"""How a rule is known to be right; `test/transforms/optimize/obligations/` holds it to that."""

OpT = TypeVar("OpT", bound=Operation)


class NoMatch(Exception):
    """A condition of a rewrite does not hold; the message is the clause that failed."""

    offer: Operation | None = None
    """An operation to be offered its rewrites again: it is to do what this one leaves to it."""

    @property
    def clause(self) -> str:
        """The clause that failed."""
        return str(self)


@dataclass
class Match:
    """One attempt to apply a rewrite to `op`: conditions, constants, and new operations."""

    ctx: Context | None
    op: Operation
    inserted: list[Operation] = field(default_factory=list[Operation])
    merged: list[Operation] = field(default_factory=list[Operation])
    emptied: list[Operation] = field(default_factory=list[Operation])
    folds: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])
    redirected: list[tuple[Operation, int, SSAValue]] = field(
        default_factory=list[tuple[Operation, int, SSAValue]]
    )
    """Operands of operations that are to be other values from then on."""
    rounds: bool = True
    """Whether anything in the function may round to integers."""
    facts: Facts = field(default_factory=Facts)
    """What is known of the names in sizes."""

    @property
    def store(self) -> WeightStore:
        """The constants of the compilation."""
        if self.ctx is None:
            raise NoMatch("the weights of the program are at hand")
        return weight_store(self.ctx)

    def require(self, condition: object, clause: str) -> None:
        """Go on only if `condition` is true; `clause` says in words what was required."""
        if not condition:
            raise NoMatch(clause)

    def leave_to(self, reader: Operation | None) -> None:
        """Leave the work to `reader`, if there is one, which can do more at once."""
        if reader is not None:
            miss = NoMatch("the operation that reads the result does not take it in")
            miss.offer = reader
            raise miss

    def at_least(self, size: Extent, least: Extent) -> bool:
        """Whether a size is known to be that large, whatever the names in it stand for."""
        return self.facts.at_least(size, least) is True

    def may_move(self, value: SSAValue) -> None:
        """
        Go on only if the last digits of a value that is replaced do not decide what an integer is:
        for rules of class `rounding` that compute elements in another way.
        """
        if self.rounds and feeds_rounding(value):
            raise NoMatch("the result is not rounded to integers")

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

    def taken_in(self, op: Operation) -> None:
        """
        The same of one that nothing else reads, so that it goes at once: rules that look for
        readers must not see those of a long chain that is about to disappear.
        """
        self.merged.append(op)
        self.emptied.append(op)

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

    def check_trips(self) -> None:
        """Go on only if nothing that is computed once, in front of a loop, came into its trips."""
        for inner in self.merged:
            if inner.parent is not self.op.parent and in_more_trips(self.op, inner):
                raise NoMatch("what it takes in is computed in the same loop")

    def undo(self) -> None:
        """Take back what an attempt has built."""
        if not self.inserted and not self.merged and not self.folds:
            return
        for new in reversed(self.inserted):
            new.detach()
            new.erase()
        self.inserted.clear()
        self.merged.clear()
        self.emptied.clear()
        self.folds.clear()
        self.redirected.clear()

    def redirect(self, op: Operation, number: int, value: SSAValue) -> None:
        """
        Have operand `number` of `op` be `value` once the rule has applied, which is computed before
        it: for rules that put one operation in place of several that have readers of their own.
        """
        self.redirected.append((op, number, value))

    def insert(self, op: OpT, before: Operation | None = None) -> OpT:
        """Put a new operation in front of the one that is being replaced, or of another one."""
        point = self.op if before is None else before
        block = point.parent
        assert block is not None
        block.insert_op_before(op, point)
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
class Rule:
    """What is said of every rule, however it is spelled."""

    name: str
    anchors: tuple[type[Operation], ...]
    """The classes of operations it is offered; none for all."""
    equation: str
    group: str
    exactness: str
    source: str
    rows: tuple[str, ...] = field(default=(), kw_only=True)
    """The rows of the checklist that it answers: `docs/rewrite_checklist.toml`."""
    evidence: str = field(default="generated", kw_only=True)
    """How it is known to be right, one of `EVIDENCE`."""
    after: tuple[type[Operation], ...] = field(default=(), kw_only=True)
    """
    Classes of operations, one of which computes an operand wherever the rule applies; none where
    that is not known. It is tried nowhere else, except where misses are asked for.
    """

    def __post_init__(self) -> None:
        if self.exactness not in EXACTNESS:
            expected = ", ".join(EXACTNESS)
            raise ValueError(f"rule {self.name}: exactness '{self.exactness}', not {expected}")
        if self.group not in GROUPS:
            raise ValueError(f"rule {self.name}: group '{self.group}', not {', '.join(GROUPS)}")
        if self.evidence not in EVIDENCE:
            expected = ", ".join(EVIDENCE)
            raise ValueError(f"rule {self.name}: evidence '{self.evidence}', not {expected}")

    def may_apply(self, kind: type[Operation], producers: Iterable[type]) -> bool:
        """Whether it may apply to an operation of a class whose operands such classes compute."""
        if self.anchors and kind not in self.anchors:
            return False
        return not self.after or any(issubclass(found, self.after) for found in producers)


@dataclass(frozen=True)
class Rewrite(Rule):
    """A rule that is a function; see the module docstring."""

    body: Body

    def as_pattern(self, ctx: Context | None = None) -> RewritePattern:
        """
        The rewrite as a pattern for xDSL's own drivers.

        Without the context of the program, rewrites that compute with weights do not apply.
        """
        return RewritePatternOf(self, ctx)


@dataclass
class RewritePatternOf(RewritePattern):
    """A rewrite under xDSL's drivers; provenance is written as attributes at once."""

    rewrite: Rewrite
    ctx: Context | None = None

    def match_and_rewrite(self, op: Operation, rewriter: PatternRewriter, /) -> None:
        if self.rewrite.anchors and type(op) not in self.rewrite.anchors:
            return
        match = Match(self.ctx, op)
        try:
            values = self.rewrite.body(op, match)
            match.check_trips()
        except NeedsNumber:
            match.undo()
            return
        except NoMatch as miss:
            match.undo()
            if miss.offer is not None:
                rewriter.handle_operation_modification(miss.offer)
            return
        for new in match.inserted:
            rewriter.handle_operation_insertion(new)
        for reader, number, value in match.redirected:
            reader.operands[number] = value
            rewriter.handle_operation_modification(reader)
        owner, provenance = owner_of(op), Provenance()
        if owner is op:
            provenance.carry([*match.merged, op], match.inserted, self.rewrite.name)
        else:
            provenance.carry([], [owner], self.rewrite.name)
            rewriter.notify_op_modified(owner)
        provenance.write()
        if any(value in op.results for value in values):
            for old, new in zip(op.results, values, strict=True):
                if new is not old:
                    rewriter.replace_all_uses_with(old, new)
            rewriter.notify_op_modified(op)
        else:
            rewriter.replace(op, new_ops=[], new_results=list(values))


def owner_of(op: Operation) -> Operation:
    """The graph operation whose scalar region `op` is in; `op` itself if it is in none."""
    parent = op.parent_op()
    if isinstance(parent, EngineOp) and not isinstance(op, EngineOp):
        return parent
    return op


def rewrite(
    *anchors: type[Operation],
    exactness: str,
    group: str = "simplify",
    source: str,
    rows: tuple[str, ...] = (),
    evidence: str = "generated",
    after: tuple[type[Operation], ...] = (),
) -> Callable[[Callable[[OpT, Match], Sequence[SSAValue]]], Rewrite]:
    """
    Declare a rewrite of operations of the classes `anchors`.

    `exactness` is one of `EXACTNESS`, `group` one of `GROUPS`, `source` where the rewrite is
    known from: names of `SOURCES`, separated by `; `. `rows` are those of the checklist
    (`docs/rewrite_checklist.toml`) that it answers, `evidence` is one of `EVIDENCE`. `after` are
    classes, one of which must compute an operand: what the body asks first, said here, costs
    nothing where it does not hold. The rules of a file are tried in the order of its `RULES`.
    """

    def declare(body: Callable[[OpT, Match], Sequence[SSAValue]]) -> Rewrite:
        name = body.__name__.replace("_", "-")
        equation = " ".join((body.__doc__ or "").strip().split("\n\n")[0].split())
        if "=>" not in equation:
            raise ValueError(f"rewrite {name} does not state its equation: before => after")
        return Rewrite(
            name,
            anchors,
            equation,
            group,
            exactness,
            source,
            body,
            rows=rows,
            evidence=evidence,
            after=after,
        )

    return declare


def producer_of(value: SSAValue, kind: type[OpT]) -> OpT | None:
    """The operation of class `kind` that computes `value`, None for any other."""
    if isinstance(value, OpResult) and isinstance(value.op, kind):
        return value.op
    return None


def in_more_trips(op: Operation, inner: Operation) -> bool:
    """Whether a loop around `op` is not around `inner`, which computes something."""
    if isinstance(inner, ConstantOp | BroadcastOp) or (
        isinstance(inner, EngineOp) and inner.IS_VIEW
    ):
        return False
    op, inner = owner_of(op), owner_of(inner)
    return op.parent is not inner.parent and bool(loops_around(op, inner.parent))


def has_one_use(value: SSAValue) -> bool:
    """Whether exactly one operand refers to the value; a graph output counts as a use."""
    return value.has_one_use()
