"""
The register tile: a few rows times a few vectors of a product, kept in registers over K.

Every dense kernel (matrix products, attention, recurrent cells) is this loop. For each k, the
vectors of one row of the right matrix are loaded once, each element of the left column is
broadcast, and every pair is a fused multiply-add onto its own accumulator. Tile sizes follow from
the target: accumulators, right-hand vectors and one broadcast must fit the vector registers, and
there should be enough accumulators to hide the latency of the multiply-add.

Reference: K. Goto, R. van de Geijn, Anatomy of High-Performance Matrix Multiplication (2008); the
choice of sizes is measured.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from xdsl.dialects import arith
from xdsl.dialects.builtin import AnyFloatConstr, i8, i16
from xdsl.ir import Attribute, SSAValue

from ...targets.target import Target
from ..builder import Index, KernelBuilder, element_type

PARTIAL_SUM = 512
"""Longest chain of additions; longer sums are sums of partial sums, for accuracy."""

UNROLL = 2
"""Steps of K in one trip of the loop: four are no faster and twice the code, one is slower."""

LeftLoad = Callable[[int, Index], SSAValue]
RightLoad = Callable[[int, Index], SSAValue]


@dataclass(frozen=True)
class TileShape:
    """`rows` times `vectors` accumulators."""

    rows: int
    vectors: int


def most_rows(vectors: int, target: Target, pairs: bool = False) -> int:
    """
    Rows of accumulators that fit beside `vectors` right-hand vectors; 0 if none do. Of `pairs` of
    codes there are two of each right-hand vector and of each broadcast.
    """
    registers = target.vector_registers
    if pairs:
        return max(0, (registers - 3 - 2 * vectors) // vectors)
    rows = min((registers - 1 - vectors) // vectors, (registers - 4) // vectors)
    if rows < 1 and vectors <= registers // 2:
        return 1  # right-hand vectors are memory operands of the only row's multiply-adds
    return max(rows, 0)


def multiply_add(
    builder: KernelBuilder,
    a: SSAValue,
    b: SSAValue,
    accumulator: SSAValue,
    element: Attribute,
    signs: str | None = None,
) -> SSAValue:
    """
    `a * b + accumulator` on floats or integers.

    With `signs` the lanes of `a` and `b` are four codes each, whose products are added up; lanes of
    16 bits are pairs of them.
    """
    if element_type(a.type) == i16:
        return builder.dot_pairs(accumulator, a, b)
    if signs is not None:
        return builder.dot(accumulator, builder.regroup(a, i8), builder.regroup(b, i8), signs)
    if AnyFloatConstr.verifies(element):
        return builder.fma(a, b, accumulator)
    return builder.apply(arith.AddiOp, builder.muli(a, b), accumulator)


def add_values(builder: KernelBuilder, a: SSAValue, b: SSAValue, element: Attribute) -> SSAValue:
    """`a + b` on floats or integers."""
    return builder.addf(a, b) if AnyFloatConstr.verifies(element) else builder.addi(a, b)


def accumulate(
    builder: KernelBuilder,
    shape: TileShape,
    steps: tuple[Index, Index],
    left: LeftLoad,
    right: RightLoad,
    zero: SSAValue,
    element: Attribute,
    unroll: int = UNROLL,
    each_trip: Callable[[Index, int], None] | None = None,
    signs: str | None = None,
    more: Sequence[tuple[LeftLoad, RightLoad]] = (),
) -> list[SSAValue]:
    """
    The accumulators `sum_k left(row, k) * right(vector, k)` for k from `steps[0]` to `steps[1]`.

    `left` gives a scalar broadcast to all lanes, `right` a vector. Steps are numbers, or start
    at 0 and stop at an index that is known at run time.
    Gives `rows * vectors` vectors, row by row. Tiles with few accumulators run several partial
    sums side by side, which are added at the end. `each_trip(k, steps)` adds what is to be done
    once in each trip of the loop. With `signs`, steps are of four codes (`multiply_add`). A step
    may have `more` products than that of `left` and `right`.
    """
    first, last = builder.number(steps[0]), builder.number(steps[1])
    assert first is not None
    assert last is not None or first == 0
    size = shape.rows * shape.vectors
    chains = 1
    while chains * size < builder.target.machine.fmas_in_flight:
        chains *= 2
    trip = max(unroll, chains)
    full = builder.round_down(steps[1], trip) if last is None else last - (last - first) % trip

    def step(k: Index, accumulators: Sequence[SSAValue]) -> list[SSAValue]:
        loads = [(left, right), *more]
        return _outer_products(builder, shape, loads, k, accumulators, (element, signs))

    def body(k: Index, carried: Sequence[SSAValue]) -> list[SSAValue]:
        sums = [list(carried[c * size : (c + 1) * size]) for c in range(chains)]
        if each_trip is not None:
            each_trip(k, trip)
        for offset in range(trip):
            chain = offset % chains
            sums[chain] = step(builder.add(k, offset), sums[chain])
        return [value for chain in sums for value in chain]

    carried = list(builder.for_each(first, full, trip, body, [zero] * (size * chains)))
    sums = [carried[c * size : (c + 1) * size] for c in range(chains)]
    if last is None:
        sums[0] = list(builder.for_each(full, steps[1], 1, step, sums[0]))
    else:
        rest = (last - first) % trip
        for position in range(rest):
            chain = position % chains
            sums[chain] = step(last - rest + position, sums[chain])
    return _balanced(builder, sums, element)


def _outer_products(
    builder: KernelBuilder,
    shape: TileShape,
    loads: Sequence[tuple[LeftLoad, RightLoad]],
    k: Index,
    accumulators: Sequence[SSAValue],
    kind: tuple[Attribute, str | None],
) -> list[SSAValue]:
    """The accumulators with the products of one step added; `kind` is what `multiply_add` takes."""
    found: list[SSAValue] = []
    if shape.rows == 1:  # each vector is used once: right where it is loaded
        scalars = [left(0, k) for left, _ in loads]
        for j in range(shape.vectors):
            total = accumulators[j]
            for scalar, (_, right) in zip(scalars, loads, strict=True):
                total = multiply_add(builder, scalar, right(j, k), total, *kind)
            found.append(total)
        return found
    vectors = [[right(j, k) for _, right in loads] for j in range(shape.vectors)]
    for row in range(shape.rows):
        # All products of a row one after the other: sums that wait for others take registers.
        scalars = [left(row, k) for left, _ in loads]
        for j, parts in enumerate(vectors):
            total = accumulators[row * shape.vectors + j]
            for scalar, vector in zip(scalars, parts, strict=True):
                total = multiply_add(builder, scalar, vector, total, *kind)
            found.append(total)
    return found


def _balanced(
    builder: KernelBuilder, sums: list[list[SSAValue]], element: Attribute
) -> list[SSAValue]:
    """Partial sums, a power of two of them, added pair by pair."""
    while len(sums) > 1:
        half = len(sums) // 2
        sums = [
            [add_values(builder, a, b, element) for a, b in zip(x, y, strict=True)]
            for x, y in zip(sums[:half], sums[half:], strict=True)
        ]
    return sums[0]


def partial_sums(extent: int) -> list[tuple[int, int]]:
    """K cut into even runs of at most about `PARTIAL_SUM`: [(start, stop), ...]."""
    count = max(1, -(-extent // (PARTIAL_SUM + PARTIAL_SUM // 2)))
    size = max(1, -(-extent // count))
    if size * count != extent:
        size += -size % UNROLL
    return [(start, min(start + size, extent)) for start in range(0, max(extent, 1), size)]
