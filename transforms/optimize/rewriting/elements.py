"""
Expressions across operations: what an element is computed of, whichever maps its parts are in.

Exporters cut a formula into nodes, and rules fuse nodes into maps, so the same formula stands in
one map or in three. `Element` is a scalar of a map's region; its parts are followed through the
maps that compute the map's operands, and through views that only insert dimensions of extent 1.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeVar

from xdsl.dialects import arith
from xdsl.ir import BlockArgument, Operation, OpResult, SSAValue

from ....dialects.engine import MapOp, ReduceOp, ReshapeOp
from ....dialects.engine.base import extents_of, yielded_values
from ....runtime.size import is_one
from .rewrite import producer_of
from .scalar_code import number_of

OpT = TypeVar("OpT", bound=Operation)

STEPS = 32
"""Scalars that two expressions are compared in, at most."""


@dataclass(frozen=True)
class Element:
    """A scalar of the region of `owner`, for each element of its result."""

    owner: MapOp | ReduceOp
    value: SSAValue

    @property
    def tensor(self) -> SSAValue | None:
        """The tensor whose element this is; None for what the region computes."""
        if isinstance(self.value, BlockArgument):
            return self.owner.inputs[self.value.index]
        return None

    def computed(self) -> Element:
        """The same behind maps: where it is computed, or an element of a tensor no map computes."""
        found = self
        while (tensor := found.tensor) is not None:
            inner = producer_of(tensor, MapOp)
            if inner is None:
                break
            found = Element(inner, yielded_values(inner.body)[0])
        return found

    def step(self, kind: type[OpT]) -> OpT | None:
        """The scalar operation of class `kind` that computes it, if one does."""
        return producer_of(self.computed().value, kind)

    def parts(self) -> list[Element]:
        """The operands of the scalar operation that computes it."""
        found = self.computed()
        if not isinstance(found.value, OpResult):
            return []
        return [Element(found.owner, v) for v in found.value.op.operands]

    def number(self) -> float | int | None:
        """The number that it is, if it is a constant scalar."""
        return number_of(self.computed().value)

    def reduction(self) -> ReduceOp | None:
        """The reduction that computes it, its dimensions left in as 1."""
        tensor = self.computed().tensor
        return None if tensor is None else reduction_behind(tensor)


def reduction_behind(tensor: SSAValue) -> ReduceOp | None:
    """
    The reduction whose result a tensor is, with the reduced dimensions left in as 1, whether it
    keeps them by itself or a reshape puts them in.
    """
    view = producer_of(tensor, ReshapeOp)
    found = producer_of(tensor if view is None else view.input, ReduceOp)
    if found is None or not found.results:
        return None
    kept = tuple(1 if a in found.axis_list else n for a, n in enumerate(found.domain_extents))
    return found if extents_of(tensor) == kept else None


def reduced_by(op: ReduceOp) -> Element | None:
    """The element that a reduction takes in; None for the elements of a tensor no map computes."""
    if op.body is not None:
        return Element(op, yielded_values(op.body)[0])
    inner = producer_of(op.inputs[0], MapOp)
    return None if inner is None else Element(inner, yielded_values(inner.body)[0])


def factors_of(element: Element) -> Iterator[tuple[Element, bool]]:
    """The factors of a product, and whether it is divided by them."""
    pending, left = [(element, False)], STEPS
    while pending and left:
        part, below = pending.pop()
        left -= 1
        if part.step(arith.MulfOp) is not None:
            first, second = part.parts()
            pending += [(second, below), (first, below)]
        else:
            yield part, below


def same(a: Element, b: Element) -> bool:
    """Whether two expressions are the same: of the same tensors by the same operations."""
    pending, left = [(a, b)], STEPS
    while pending:
        first, second = pending.pop()
        left -= 1
        if left < 0:
            return False
        if first.tensor is not None and first.tensor is second.tensor:
            continue
        first, second = first.computed(), second.computed()
        if first.tensor is not None or second.tensor is not None:
            if first.tensor is not second.tensor:
                return False
            continue
        assert isinstance(first.value, OpResult)
        assert isinstance(second.value, OpResult)
        one, other = first.value.op, second.value.op
        alike = type(one) is type(other) and one.properties == other.properties
        if not alike or first.value.type != second.value.type:
            return False
        pending += zip(first.parts(), second.parts(), strict=True)
    return True


def has_unit_extents(tensor: SSAValue, axes: tuple[int, ...], rank: int) -> bool:
    """Whether a tensor that broadcasts to `rank` dimensions is the same all along `axes`."""
    shape = extents_of(tensor)
    extra = rank - len(shape)
    return extra >= 0 and all(a < extra or is_one(shape[a - extra]) for a in axes)
