"""
`band-rows`: chains of convolutions, pools and maps computed in bands of rows, for less memory.

    pool(conv(conv(x))) => concat(pool(conv(conv(rows 0 .. a of x))), pool(conv(conv(...))), ...)

What is between is as large as a band then, and as the rows around it that windows reach over,
which are computed twice. A chain is banded where something in it is larger than what it gives, so
that nothing else would take the place. The pass costs time; it runs where it is enabled by name, or
where a limit on memory asks for it (`compiler/memory_budget.py`). Source: Alwani et al.,
"Fused-layer CNN accelerators", 2016; TVM's cascading scheduler.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeGuard

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Block, Operation, SSAValue
from xdsl.passes import ModulePass
from xdsl.rewriter import InsertPoint, Rewriter

from ..dialects.engine import ConcatOp, ConvOp, MapOp, PoolOp, SliceOp
from ..dialects.engine.base import (
    carry_provenance,
    element_of,
    extents_of,
    int_array,
    nbytes_of,
    tensor,
)
from ..dialects.engine.constant import constant_of

LEAST_BYTES = 1 << 18
"""A chain is banded where something in it is that large."""

MOST_BANDS = 8
LEAST_ROWS = 2
"""Rows of the result that a band has at least."""

Part = ConvOp | PoolOp | MapOp
Rows = tuple[int, int]
"""The first row, and the one behind the last."""


@dataclass(frozen=True)
class BandRowsPass(ModulePass):
    """Compute chains over images in bands of rows."""

    name = "band-rows"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        blocks = [
            block for inner in op.walk() for region in inner.regions for block in region.blocks
        ]
        for block in blocks:
            for chain in _chains(block):
                _band(chain)


def _chains(block: Block) -> Iterator[list[Part]]:
    """
    Chains of a block that are worth it, none in another: each goes on to where something less than
    half as large as the largest value in it is given, or more than one operation reads the result.
    """
    taken: set[Operation] = set()
    for op in list(block.ops):
        if op in taken or not _is_part(op):
            continue
        chain: list[Part] = [op]
        largest = 0
        while (reader := _reader(chain[-1])) is not None and reader not in taken:
            largest = max(largest, nbytes_of(chain[-1].results[0]))
            chain.append(reader)
            if 2 * nbytes_of(reader.results[0]) <= largest:
                break
        taken.update(chain)
        while len(chain) > 1 and not _is_worth(chain):
            chain.pop()
        if len(chain) > 1:
            yield chain


def _is_part(op: Operation) -> TypeGuard[Part]:
    """Whether an operation computes rows of images from rows of its first operand that is one."""
    if not isinstance(op, ConvOp | PoolOp | MapOp) or len(op.results) != 1:
        return False
    shapes = [extents_of(v) for v in (*op.operands, op.results[0])]
    if len(shapes[-1]) != 4 or not all(isinstance(n, int) for s in shapes for n in s):
        return False
    if isinstance(op, PoolOp):
        return op.ceil_mode is None
    if isinstance(op, ConvOp):
        return len(shapes[0]) == 4 and not op.sums_codes
    return _source_of(op) is not None


def _source_of(op: Part) -> SSAValue | None:
    """What an operation goes on from: of a map, the first whole image that is computed."""
    if not isinstance(op, MapOp):
        return op.operands[0]
    shape = extents_of(op.results[0])
    whole = [v for v in op.inputs if extents_of(v) == shape and constant_of(v) is None]
    return whole[0] if whole else None


def _reader(op: Part) -> Part | None:
    """The operation that goes on with the result of `op`, if nothing else reads it."""
    [result] = op.results
    if not result.has_one_use():
        return None
    [use] = result.uses
    reader = use.operation
    if not _is_part(reader) or reader.parent is not op.parent:
        return None
    # A sum with another image goes on with either; an epilogue reads rows of what is there.
    on = isinstance(reader, MapOp) and extents_of(result) == extents_of(reader.results[0])
    return reader if on or use.index == 0 else None


def _is_worth(chain: Sequence[Part]) -> bool:
    between = max(nbytes_of(op.results[0]) for op in chain[:-1])
    given = nbytes_of(chain[-1].results[0])
    return between >= max(LEAST_BYTES, given) and _bands(chain) > 1


def _bands(chain: Sequence[Part]) -> int:
    """How many bands: until what is between is small beside what the chain gives."""
    rows = extents_of(chain[-1].results[0])[2]
    between = max(nbytes_of(op.results[0]) for op in chain[:-1])
    given = nbytes_of(chain[-1].results[0])
    assert isinstance(rows, int)
    count = 1
    while count < MOST_BANDS and rows >= 2 * count * LEAST_ROWS and 4 * between > given * count:
        count *= 2
    return count


def _band(chain: Sequence[Part]) -> None:
    last, count = chain[-1], _bands(chain)
    rows = extents_of(last.results[0])[2]
    assert isinstance(rows, int)
    limits = [rows * at // count for at in range(count + 1)]
    plans = [_plan(chain, band) for band in pairwise(limits)]
    if any(first >= end for plan in plans for first, end in plan):
        return  # a band that reads nothing but padding
    parts = [_built(chain, plan) for plan in plans]
    whole = ConcatOp(parts, 2, last.results[0].type)
    carry_provenance([last], [whole])
    _insert(whole, last)
    whole.results[0].name_hint = last.results[0].name_hint
    last.results[0].replace_all_uses_with(whole.results[0])
    for op in reversed(chain):
        op.detach()
        op.erase()


def _plan(chain: Sequence[Part], band: Rows) -> list[Rows]:
    """The rows that each operation reads, and those that the last one gives."""
    plan = [band]
    for op in reversed(chain):
        plan.append(_read(op, plan[-1]))
    return plan[::-1]


def _read(op: Part, given: Rows) -> Rows:
    """The rows of its source that an operation reads for rows of its result."""
    source = _source_of(op)
    assert source is not None
    height = extents_of(source)[2]
    assert isinstance(height, int)
    first, end = _reach(op, given)
    return max(first, 0), min(end, height)


def _reach(op: Part, given: Rows) -> Rows:
    """The same with rows of padding, which are before the first and behind the last."""
    if isinstance(op, MapOp):
        return given
    kernel = (op.kernel if isinstance(op, ConvOp) else op.window("kernel"))[0]
    step, low, apart = (op.window(name)[0] for name in ("strides", "pads", "dilations"))
    first = given[0] * step - low
    return first, (given[1] - 1) * step - low + apart * (kernel - 1) + 1


def _built(chain: Sequence[Part], plan: Sequence[Rows]) -> SSAValue:
    """One band."""
    source = _source_of(chain[0])
    assert source is not None
    value = _rows_of(source, plan[0], chain)
    source_of_part = source
    for op, read, given in zip(chain, plan, plan[1:], strict=False):
        value = _on_band(op, chain, (source_of_part, value), read, given)
        source_of_part = op.results[0]
    return value


def _on_band(
    op: Part, chain: Sequence[Part], on: tuple[SSAValue, SSAValue], read: Rows, given: Rows
) -> SSAValue:
    """`op` for the rows `given` of its result; `on` is what it goes on from, and the rows of it."""
    source, value = on
    [result] = op.results
    shape = list(extents_of(result))
    height = shape[2]
    operands: list[SSAValue] = []
    for place, operand in enumerate(op.operands):
        if operand is source and (isinstance(op, MapOp) or not place):
            operands.append(value)
        elif isinstance(op, ConvOp) and place < op.DATA_OPERANDS:
            operands.append(operand)
        else:
            extents = extents_of(operand)
            tall = len(extents) > 1 and extents[-2] == height and height != 1
            operands.append(_rows_of(operand, given, chain) if tall else operand)
    shape[2] = given[1] - given[0]
    properties = dict(op.properties)
    if not isinstance(op, MapOp):
        first, end = _reach(op, given)
        pads = list(op.window("pads"))
        pads[0], pads[2] = read[0] - first, end - read[1]
        properties["pads"] = int_array(pads)
    new = type(op).create(
        operands=operands,
        result_types=[tensor(tuple(shape), element_of(result))],
        properties=properties,
        regions=[region.clone() for region in op.regions],
    )
    carry_provenance([op], [new])
    new.results[0].name_hint = result.name_hint
    _insert(new, chain[-1])
    return new.results[0]


def _rows_of(value: SSAValue, rows: Rows, chain: Sequence[Part]) -> SSAValue:
    """Rows of a tensor: those along its last dimension but one."""
    extents = list(extents_of(value))
    at = len(extents) - 2
    if rows == (0, extents[at]):
        return value
    starts = [0] * len(extents)
    starts[at], extents[at] = rows[0], rows[1] - rows[0]
    part = SliceOp(value, starts, extents)
    carry_provenance([chain[0]], [part])
    part.results[0].name_hint = value.name_hint
    _insert(part, chain[-1])
    return part.results[0]


def _insert(op: Operation, before: Operation) -> None:
    Rewriter.insert_op(op, InsertPoint.before(before))
