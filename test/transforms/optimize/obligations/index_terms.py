"""
Operations that move elements as functions of indices, for the solver.

A tensor is its sizes and a function from an index to an element. Sizes are whole numbers, by name
or not, elements are of a sort of which nothing is known, and so are the scalar regions of maps:
equal for equal elements. An input is a function of the number of an element in row-major order, so
that a reshape of it is one of the same number.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import z3
from xdsl.dialects import func
from xdsl.ir import Block, Operation, SSAValue

from stepwell.dialects.engine import (
    BroadcastOp,
    ConcatOp,
    ConstantOp,
    GatherOp,
    MapOp,
    PadOp,
    RelayoutOp,
    ReshapeOp,
    SliceOp,
    TransposeOp,
)
from stepwell.dialects.engine.base import extents_of
from stepwell.runtime.size import Extent, Size
from stepwell.test.transforms.optimize.obligations.scalar_terms import Unknown

ELEMENT = z3.DeclareSort("Element")
NUMBER = z3.IntSort()

Index = Sequence[Any]


@dataclass(frozen=True)
class Tensor:
    """Sizes, and the element at an index; where it is known, also the element of a number."""

    sizes: tuple[Any, ...]
    at: Callable[[Index], Any]
    numbered: Callable[[Any], Any] | None = None
    key: str | None = None
    """Says what it is, of inputs and of what is computed of these alone."""


def size_term(size: Extent) -> Any:
    """A size as a term: names are whole numbers."""
    if not isinstance(size, Size):
        return z3.IntVal(size)
    total: Any = z3.IntVal(0)
    for monomial, coefficient in size.terms:
        product: Any = z3.IntVal(coefficient)
        for atom in monomial:
            if atom.kind != "name":
                raise Unknown(f"size {size}")
            product = product * z3.Int(atom.name)
        total = total + product
    return total


def sizes_of(value: SSAValue) -> tuple[Any, ...]:
    return tuple(size_term(n) for n in extents_of(value))


def number_of(index: Index, sizes: Sequence[Any]) -> Any:
    """The number of an element in row-major order."""
    number = z3.IntVal(0)
    for at, size in zip(index, sizes, strict=True):
        number = number * size + at
    return number


def free(name: str, value: SSAValue) -> Tensor:
    """A tensor of which nothing is known."""
    sizes = sizes_of(value)
    elements = z3.Function(name, NUMBER, ELEMENT)
    return Tensor(sizes, lambda index: elements(number_of(index, sizes)), elements, name)


def results(block: Block) -> list[Tensor]:
    """
    What a function returns.

    Raises:
        Unknown: for an operation that computes otherwise than element by element.
    """
    values: dict[SSAValue, Tensor] = {
        arg: free(f"input{n}", arg) for n, arg in enumerate(block.args)
    }
    for op in block.ops:
        if isinstance(op, func.ReturnOp):
            return [values[v] for v in op.operands]
        operands = [values[v] for v in op.operands]
        values[op.results[0]] = tensor_of(op, operands)
    raise AssertionError("a function returns")


def tensor_of(op: Operation, operands: Sequence[Tensor]) -> Tensor:
    """The result of an operation."""
    if isinstance(op, ConstantOp):
        return free(f"constant {op.properties}", op.res)
    build = BUILD.get(type(op))
    if build is not None:
        return build(op, *operands)
    # Nothing is known of what it computes, but that it is the same of the same.
    keys = [x.key for x in operands]
    if None in keys or op.regions or len(op.results) != 1:
        raise Unknown(op.name)
    return free(f"{op.name} {op.properties} {keys}", op.results[0])


def _transpose(op: TransposeOp, x: Tensor) -> Tensor:
    order = op.permutation

    def at(index: Index) -> Any:
        source: list[Any] = [None] * len(order)
        for dim, value in zip(order, index, strict=True):
            source[dim] = value
        return x.at(source)

    return Tensor(sizes_of(op.results[0]), at)


def _reshape(op: ReshapeOp, x: Tensor) -> Tensor:
    sizes = sizes_of(op.results[0])
    before, after = extents_of(op.input), extents_of(op.results[0])
    if x.numbered is not None:
        numbered = x.numbered
        return Tensor(sizes, lambda index: numbered(number_of(index, sizes)), numbered)
    if [n for n in before if n != 1] != [n for n in after if n != 1]:
        raise Unknown("a reshape of what has no numbers")
    kept = [dim for dim, n in enumerate(after) if n != 1]

    def at(index: Index) -> Any:
        ahead = iter(kept)
        return x.at([z3.IntVal(0) if n == 1 else index[next(ahead)] for n in before])

    return Tensor(sizes, at)


def _broadcast(op: BroadcastOp, x: Tensor) -> Tensor:
    return Tensor(sizes_of(op.results[0]), lambda index: _repeated(x, index))


def _repeated(x: Tensor, index: Index) -> Any:
    """The element of a tensor that is repeated along leading dimensions and those of size 1."""
    last = index[len(index) - len(x.sizes) :]
    return x.at([z3.If(n == 1, z3.IntVal(0), i) for n, i in zip(x.sizes, last, strict=True)])


def _slice(op: SliceOp, x: Tensor) -> Tensor:
    ranges = [(size_term(start), step) for start, _, step in op.extent_ranges()]
    return Tensor(
        sizes_of(op.results[0]),
        lambda index: x.at([a + i * s for (a, s), i in zip(ranges, index, strict=True)]),
    )


def _concat(op: ConcatOp, *parts: Tensor) -> Tensor:
    axis = op.axis.value.data
    starts = [size_term(start) for start in op.offset_extents]

    def at(index: Index) -> Any:
        def of(number: int) -> Any:
            moved = [*index]
            moved[axis] = index[axis] - starts[number]
            return parts[number].at(moved)

        found = of(len(parts) - 1)
        for number in reversed(range(len(parts) - 1)):
            found = z3.If(index[axis] < starts[number + 1], of(number), found)
        return found

    return Tensor(sizes_of(op.results[0]), at)


def _pad(op: PadOp, x: Tensor) -> Tensor:
    if op.mode.data not in ("constant", "edge"):
        raise Unknown(f"pad by {op.mode.data}")
    low = [size_term(before) for before, _ in op.amount_extents]
    value = z3.Const(f"{op.value}", ELEMENT)

    def at(index: Index) -> Any:
        source = [i - n for i, n in zip(index, low, strict=True)]
        if op.mode.data == "edge":
            ends = zip(source, x.sizes, strict=True)
            return x.at([z3.If(i < 0, 0, z3.If(i >= n, n - 1, i)) for i, n in ends])
        inside = [z3.And(i >= 0, i < n) for i, n in zip(source, x.sizes, strict=True)]
        return z3.If(z3.And(*inside), x.at(source), value)

    return Tensor(sizes_of(op.results[0]), at)


def _gather(op: GatherOp, x: Tensor, indices: Tensor) -> Tensor:
    axis, rank = op.axis.value.data, len(indices.sizes)
    chosen = z3.Function("chosen", ELEMENT, NUMBER)
    extent = x.sizes[axis]

    def at(index: Index) -> Any:
        number: Any = chosen(indices.at(index[axis : axis + rank]))
        number = z3.If(number < 0, number + extent, number)
        # One that is out of range ends a call with an error; here it is the first.
        number = z3.If(z3.And(number >= 0, number < extent), number, 0)
        return x.at([*index[:axis], number, *index[axis + rank :]])

    return Tensor(sizes_of(op.results[0]), at)


def _map(op: MapOp, *operands: Tensor) -> Tensor:
    if len(op.results) != 1:
        raise Unknown("a map with several results")
    values: dict[SSAValue, Any] = {}
    used = [(a, x) for a, x in zip(op.body.block.args, operands, strict=True) if a.uses]

    def at(index: Index) -> Any:
        values.clear()
        values.update((argument, _repeated(x, index)) for argument, x in used)
        for inner in op.body.block.ops:
            if inner.next_op is None:
                return values[inner.operands[0]]
            parts = [values[v] for v in inner.operands]
            types = (
                str(inner.properties),
                *(str(v.type) for v in (*inner.operands, *inner.results)),
            )
            name = f"{inner.name} {types}"
            values[inner.results[0]] = (
                z3.Function(name, *[ELEMENT] * len(parts), ELEMENT)(*parts)
                if parts
                else z3.Const(name, ELEMENT)
            )
        raise AssertionError("a region ends with what it yields")

    return Tensor(sizes_of(op.results[0]), at)


BUILD: dict[type[Operation], Callable[..., Tensor]] = {
    BroadcastOp: _broadcast,
    ConcatOp: _concat,
    GatherOp: _gather,
    MapOp: _map,
    PadOp: _pad,
    RelayoutOp: lambda op, x: Tensor(sizes_of(op.results[0]), x.at, x.numbered),
    ReshapeOp: _reshape,
    SliceOp: _slice,
    TransposeOp: _transpose,
}
"""What operations are, as functions of indices."""
