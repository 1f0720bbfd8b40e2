"""
Sizes that the data decides: what finds them, and the names of a run that they get their values.

An operation whose types or properties mention such a name is run as a copy of it with numbers, so
that no meaning of an operation has to know of names.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import takewhile
from typing import Any, TypeVar

import numpy as np
from xdsl.dialects.func import FuncOp
from xdsl.ir import Attribute, Block, Operation, SSAValue

from ...dialects.engine.base import span_bytes_of
from ...dialects.engine.bound_sizes import BoundSizes
from ...dialects.engine.data_sizes import AsSizeOp, CompressOp, NonZeroOp, SizeDefiningOp
from ...dialects.engine.plan import plan_around
from ...dialects.engine.size_facts import (
    SIZES,
    BroadcastRelationAttr,
    NamesAttr,
    RelationAttr,
    all_relations_of,
)
from ...dialects.engine.suppression import CORNERS, SuppressOp
from ...dialects.engine.view import ViewOp
from ...dialects.engine.weights import Array
from ...errors import InputError
from ...ir.bind_sizes import bind_operation
from ...runtime.bounding_relations import node_text
from ...runtime.size import Extent, Size, numbers_of, substituted
from ..box_selection import selected_boxes
from ..open_sizes import has_names
from .layout import POISON_BYTE, view_of

OpT = TypeVar("OpT", bound=Operation)


def nonzero(op: NonZeroOp, x: Array) -> tuple[Array, ...]:
    """A row of indices for each element that is not zero, and their number."""
    rows = np.argwhere(x).astype(np.int64)
    return rows, _counts(len(rows))


def compress(op: CompressOp, x: Array, condition: Array) -> tuple[Array, ...]:
    """The slices that are marked, and their number."""
    found = np.flatnonzero(condition)
    return np.take(x, found, axis=op.axis.value.data), _counts(len(found))


def as_size(op: AsSizeOp, x: Array) -> tuple[Array, ...]:
    """
    The integers.

    Raises:
        InputError: for one that is negative or too large.
    """
    if ((x < 0) | (x > numbers_of(op.bounds()))).any():
        raise InputError(f"{op.failure_message()}: {', '.join(map(str, x.tolist()))}")
    return (x,)


def suppress(
    op: SuppressOp, boxes: Array, scores: Array, limit: Array, overlap: Array, least: Array
) -> tuple[Array, ...]:
    """Rows of the boxes that are left, memory that means nothing, and the number of rows."""
    [most] = numbers_of([op.most_of_class])
    rows = selected_boxes(
        boxes,
        scores,
        max(0, min(int(limit), most)),
        np.float32(overlap),
        None if op.all_scores is not None else np.float32(least),
        centers=op.centers is not None,
    )
    memory = np.zeros(boxes.shape[1], np.int64), np.zeros((CORNERS, most), np.float32)
    return rows, *memory, _counts(len(rows))


def _counts(*numbers: int) -> Array:
    return np.array(numbers, np.int64)


class PendingMemory:
    """Memory of a planned value whose size is not found yet; a view of it when it is."""

    def __init__(
        self,
        base: Array | PendingMemory | None = None,
        offset: Extent = 0,
        base_type: Attribute | None = None,
        most: Mapping[str, Extent] | None = None,
    ):
        """
        `offset` bytes behind the first of an array, or of what pending memory of `base_type` will
        be; by default of its own, poisoned. Names are at most what `most` says.
        """
        self._base, self._offset, self._base_type = base, offset, base_type
        self._most = most or {}
        self.array: Array | None = None
        """What it was when it was last used."""

    def of(self, type_: Attribute, values: Mapping[str, Extent]) -> Array:
        """The array of a type whose sizes are numbers, where the names have these values."""
        if not span_bytes_of(type_):
            # Nothing lies nowhere, wherever that will be.
            self.array = view_of(np.empty(0, np.uint8), 0, type_)
            return self.array
        base = self._base
        if isinstance(base, PendingMemory):
            assert self._base_type is not None
            bound = BoundSizes(values)(self._base_type)
            if has_names(bound):
                # A part whose size is known may be written before that of the whole is found.
                values = {**self._most, **values}
                bound = BoundSizes(values)(self._base_type)
            base = base.of(bound, values)
        elif base is None:
            base = self._base = np.full(max(span_bytes_of(type_), 1), POISON_BYTE, np.uint8)
        [offset] = numbers_of([substituted(self._offset, values)])
        self.array = view_of(base, offset, type_)
        return self.array


class DataSizes:
    """The values of the names that operations of a run have found so far, the oldest first."""

    def __init__(self) -> None:
        self.values: dict[str, Extent] = {}
        self._bound = BoundSizes(self.values)
        self._places: dict[int, Array] = {}
        self._relations: dict[Operation, list[_Relation]] = {}

    def _most(self, op: Operation) -> dict[str, Extent]:
        """The most that names can be which nothing has found yet."""
        function = op
        while function is not None and not isinstance(function, FuncOp):
            function = function.parent_op()
        names = function.attributes.get(SIZES) if function is not None else None
        most: dict[str, Extent] = dict(self.values)
        for entry in names.names if isinstance(names, NamesAttr) else ():
            bound = entry.upper_bound
            if bound is not None:
                most.setdefault(entry.name_.data, substituted(bound, most))
        return most

    def begin_trip(self, known: Mapping[str, Extent], name: str | None, number: int) -> None:
        """Forget all but what was `known` before the loop; a name may be the number of the trip."""
        self.values = dict(known) if name is None else {**known, name: number}
        self._bound = BoundSizes(self.values)

    def define(self, op: SizeDefiningOp, counts: Array) -> None:
        """
        Take over what an operation found.

        Raises:
            InputError: where these sizes contradict a relation, naming the node that needs it.
        """
        found = dict(zip(op.defined_names, counts.reshape(-1).tolist(), strict=True))
        # What was found after it belongs to an earlier trip or call.
        before = takewhile(lambda entry: entry[0] not in found, self.values.items())
        self.values = {**dict(before), **found}
        self._bound = BoundSizes(self.values)
        for relation in self._relations_of(op):
            relation.check(found, self.values)

    def require(self, relations: Iterable[RelationAttr | BroadcastRelationAttr]) -> None:
        """
        See that what a branch needs holds of the sizes, which are numbers by now.

        Raises:
            InputError: where it does not, naming the node that needs it.
        """
        for relation in relations:
            _Relation.of(relation).require(self.values)

    def arrays(self, op: Operation, args: Sequence[Any]) -> tuple[Any, ...]:
        """The values of operands, as arrays where their sizes are known."""
        return tuple(map(self._array, op.operands, args))

    def _array(self, value: SSAValue, array: Any) -> Any:
        if not isinstance(array, PendingMemory):
            return array
        known = self.type(value.type)
        return array if has_names(known) else array.of(known, self.values)

    def view(self, op: ViewOp, base: Any, moved: Extent) -> Any:
        """What a view gives: an array, or memory of which the size is not found yet."""
        offset = op.byte_extent + moved
        if op.place is not None:
            base = self._place(op)
        if isinstance(base, PendingMemory):
            known = self.type(op.base.type)
            if has_names(known):
                return PendingMemory(base, offset, op.base.type, self._most(op))
            base = base.of(known, self.values)
        type_, offset = self.type(op.res.type), substituted(offset, self.values)
        if has_names(type_) or isinstance(offset, Size):
            return PendingMemory(base, offset)
        return view_of(base, offset, type_)

    def _place(self, op: ViewOp) -> Array:
        """The memory of a place in the arena of a segment, poisoned when it is first used."""
        plan, place = plan_around(op), op.place
        assert plan is not None
        assert place is not None
        number = place.value.data
        if number not in self._places:
            [size] = numbers_of([substituted(plan.sizes[number], self.values)])
            self._places[number] = np.full(max(size, 1), POISON_BYTE, np.uint8)
        return self._places[number]

    def type(self, type_: Attribute) -> Attribute:
        """A type with numbers in place of the names that are known."""
        return self._bound(type_) if self.values else type_

    def bound(self, op: OpT) -> OpT:
        """An operation without such names: itself, or a copy that stands nowhere."""
        if not self.values or not self._mentions(op):
            return op
        operands = Block(arg_types=[self._bound(operand.type) for operand in op.operands])
        stand_ins: dict[SSAValue, SSAValue] = dict(zip(op.operands, operands.args, strict=True))
        copy = op.clone(stand_ins)
        bind_operation(copy, self._bound)
        return copy

    def _mentions(self, op: Operation) -> bool:
        values = (*op.operands, *op.results)
        return any(self._bound(v.type) is not v.type for v in values) or any(
            self._bound(attr) is not attr for attr in op.properties.values()
        )

    def _relations_of(self, op: Operation) -> list[_Relation]:
        function = op.parent_op()
        while function is not None and not isinstance(function, FuncOp):
            function = function.parent_op()
        if function is None:
            return []
        known = self._relations.get(function)
        if known is None:
            known = self._relations[function] = [
                _Relation.of(r) for r in all_relations_of(function)
            ]
        return known


class _Relation:
    """Two sizes that must be equal, or one of them 1 where it is a relation of broadcasting."""

    def __init__(self, sides: Sequence[Extent], node: str, repeats: bool):
        self._sides = sides
        self._node = node
        self._repeats = repeats
        self._names = {n for side in sides if not isinstance(side, int) for n in side.names}

    @staticmethod
    def of(relation: RelationAttr | BroadcastRelationAttr) -> _Relation:
        repeats = isinstance(relation, BroadcastRelationAttr)
        return _Relation(relation.sides, relation.node.data, repeats)

    def check(self, found: dict[str, int], values: dict[str, Extent]) -> None:
        """Look at it where it mentions what was `found` and all of it is known."""
        if self._names & found.keys():
            self.require(values)

    def require(self, values: Mapping[str, Extent]) -> None:
        """Look at it where all of it is known."""
        left, right = (substituted(side, values) for side in self._sides)
        if not isinstance(left, int) or not isinstance(right, int) or left == right:
            return
        if self._repeats and 1 in (left, right):
            return
        texts = [str(side) for side in self._sides]
        raise InputError(
            f"{node_text(self._node)} needs equal sizes, and "
            f"{texts[0]} is {left}, {texts[1]} is {right}"
        )
