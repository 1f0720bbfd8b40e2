"""
Operators with regions that a framework gives as blocks: branches, and loops with a condition.

A branch that a constant chooses takes the place of the operator. Loops whose number of trips does
not depend on data are counted by the framework's own semantics; short ones are written out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from xdsl.dialects.builtin import i1
from xdsl.ir import Block, Operation, SSAValue

from ....dialects.engine import WeightStore
from ....dialects.engine.constant import constant_of
from ....dialects.engine.control import is_one
from ....dialects.engine.opaque import any_opaque
from ....dialects.engine.size_facts import BroadcastRelationAttr, RelationAttr
from ....dialects.engine.weights import Array
from ....dialects.framework import FrameworkOp
from ....dialects.framework.constant_array import constant_array
from ..dialect_conversion import Evaluate, Results, RunBlock
from ..lowering import Lowering, NoNativeForm
from .control_flow import branches, loop
from .loop_parts import FillBlock, LoopParts
from .unrolled import fits_unrolled, flag_of, is_short

Needed = RelationAttr | BroadcastRelationAttr
"""What must hold of sizes of a call."""

MOST_EVALUATED = 1 << 14
"""Operations that are evaluated to count the trips of a loop."""


def branch(
    lo: Lowering,
    run: RunBlock,
    condition: SSAValue,
    then: Block,
    otherwise: Block,
    arguments: Sequence[SSAValue] = (),
    needs: tuple[Iterable[Needed], Iterable[Needed]] = ((), ()),
) -> Results:
    """
    The results of one of two blocks with the same arguments; `needs` is what must hold of sizes
    where each of them runs, as far as the importer knows it.

    Raises:
        NoNativeForm: for a condition that is not one boolean, and blocks that give values of unlike
            types.
    """
    chosen = flag_of(lo.store, condition)
    if chosen is not None:
        lo.relations.take(needs[0 if chosen else 1])
        return run(then if chosen else otherwise, arguments)
    if any_opaque([condition]):
        raise NoNativeForm("has a condition without a buffer")
    _require_boolean(condition)
    relations = lo.relations.of_branch(), lo.relations.of_branch()
    for kept, known in zip(relations, needs, strict=True):
        kept.take(known)

    def filled(block: Block, at: int) -> FillBlock:
        return lambda target, _: run.into(target, block, arguments, relations[at])

    return branches(lo, condition, filled(then, 0), filled(otherwise, 1), relations)


def _require_boolean(condition: SSAValue) -> None:
    if not is_one(condition, i1):
        raise NoNativeForm(f"has a condition of {condition.type}, expected one boolean")


def while_loop(
    lo: Lowering,
    run: RunBlock,
    evaluate: Evaluate,
    condition: Block,
    body: Block,
    carried: Sequence[SSAValue],
) -> Results:
    """
    What is carried after the last trip: `while condition(carried): carried = body(carried)`.

    Both blocks take the carried values; `condition` yields one boolean. `evaluate` computes
    operations of the framework.

    Raises:
        NoNativeForm: when a value changes its type in a trip, or has no buffer.
    """
    trips = known_trips(lo.store, evaluate, condition, body, carried)
    if trips is not None and is_short(trips, body):
        return _written_out(run, trips, body, carried)
    try:
        return _loop(lo, run, condition, body, carried, trips)
    except NoNativeForm:
        if trips is None or not fits_unrolled(trips, body):
            raise
        return _written_out(run, trips, body, carried)


def _written_out(
    run: RunBlock, trips: int, body: Block, carried: Sequence[SSAValue]
) -> Sequence[SSAValue]:
    for _ in range(trips):
        carried = run(body, carried)
    return carried


def _loop(
    lo: Lowering,
    run: RunBlock,
    condition: Block,
    body: Block,
    carried: Sequence[SSAValue],
    trips: int | None,
) -> Sequence[SSAValue]:
    begins = None if trips is not None else run(condition, carried)[0]
    if begins is not None:
        _require_boolean(begins)
    going_on = lo.constant(np.array(True), "going")

    def fill(target: Block, arguments: Sequence[SSAValue]) -> list[SSAValue]:
        values = run.into(target, body, arguments[1:])
        if trips is not None:
            return [going_on, *values]
        return [*run.into(target, condition, values), *values]

    limit = None if trips is None else lo.constant(np.array(trips, np.int64), "trips")
    return loop(lo, LoopParts(limit, begins, carried, [], fill, 0, trips)).carried


def known_trips(
    store: WeightStore,
    evaluate: Evaluate,
    condition: Block,
    body: Block,
    carried: Sequence[SSAValue],
) -> int | None:
    """
    How many trips a loop makes where that depends on constants alone; None where data decides it,
    or where it takes more than `MOST_EVALUATED` operations to find out.
    """
    counting = _Counting(store, evaluate)
    wanted = _carried_needed(condition, body)
    numbers: list[Array | None] = [
        counting.constant(value) if at in wanted else None for at, value in enumerate(carried)
    ]
    if any(numbers[at] is None for at in wanted):
        return None
    trips = 0
    while (going := counting.values(condition, numbers, [0])) is not None:
        if going[0] is None:
            return None
        if not np.asarray(going[0]).all():
            return trips
        values = counting.values(body, numbers, sorted(wanted))
        if values is None:
            return None
        numbers = values
        trips += 1
    return None


def _carried_needed(condition: Block, body: Block) -> set[int]:
    """The numbers of the carried values that the condition depends on, trip after trip."""
    found: set[int] = set()
    new = _arguments_of(condition, [0])
    while not new <= found:
        found |= new
        new = _arguments_of(body, sorted(found))
    return found


def _arguments_of(block: Block, results: Sequence[int]) -> set[int]:
    """The numbers of the arguments that some of what a block yields is computed from."""
    needed = _needed(block, results)
    values = {v for op in needed for v in op.operands} | _yielded(block, results)
    return {argument.index for argument in block.args if argument in values}


def _yielded(block: Block, results: Sequence[int]) -> set[SSAValue]:
    last = block.last_op
    assert last is not None
    return {last.operands[at] for at in results}


def _needed(block: Block, results: Sequence[int]) -> list[Operation]:
    """The operations of a block that some of what it yields is computed from, in order."""
    wanted = _yielded(block, results)
    found: list[Operation] = []
    for op in reversed(list(block.ops)):
        if not wanted.isdisjoint(op.results):
            found.append(op)
            wanted.update(op.operands)
    return found[::-1]


class _Counting:
    """Evaluates operations of a framework on numbers, up to a limit."""

    def __init__(self, store: WeightStore, evaluate: Evaluate):
        self._store = store
        self._evaluate = evaluate
        self._left = MOST_EVALUATED
        self._needed: dict[tuple[Block, tuple[int, ...]], list[Operation]] = {}

    def constant(self, value: SSAValue) -> Array | None:
        """The numbers of a constant, of either level."""
        attr = constant_of(value)
        owner = value.owner
        if isinstance(owner, FrameworkOp) and owner.SIGNATURE.schema.constant:
            written = owner.properties.get("value")
            return None if written is None else constant_array(written, self._store.array)
        return None if attr is None else self._store.array(attr)

    def values(
        self, block: Block, arguments: Sequence[Array | None], results: Sequence[int]
    ) -> list[Array | None] | None:
        """Some of what a block yields, the rest None; None where it cannot be evaluated."""
        key = block, tuple(results)
        if key not in self._needed:
            self._needed[key] = _needed(block, results)
        known: dict[SSAValue, Array | None] = dict(zip(block.args, arguments, strict=True))
        self._left -= 1
        try:
            for op in self._needed[key]:
                if not isinstance(op, FrameworkOp) or op.regions or self._left <= 0:
                    return None
                self._left -= 1
                inputs = [None if v is None else self._known(v, known) for v in op.operand_slots]
                found = self._results(op, inputs)
                known.update(zip((r for r in op.result_slots if r is not None), found, strict=True))
            last = block.last_op
            if last is None or self._left <= 0:
                return None
            return [
                self._known(value, known) if at in results else None
                for at, value in enumerate(last.operands)
            ]
        except _NotKnownError:
            return None

    def _known(self, value: SSAValue, known: dict[SSAValue, Array | None]) -> Array:
        if value not in known:
            known[value] = self.constant(value)
        found = known[value]
        if found is None:
            raise _NotKnownError
        return found

    def _results(self, op: FrameworkOp, inputs: Sequence[Array | None]) -> list[Array | None]:
        try:
            results = self._evaluate(op, inputs, self._store)
        except Exception:
            # The semantics does not know this case; then nobody knows the number of trips.
            raise _NotKnownError from None
        return [
            value for slot, value in zip(op.result_slots, results, strict=False) if slot is not None
        ]


class _NotKnownError(Exception):
    """A value is not known when the model is compiled."""
