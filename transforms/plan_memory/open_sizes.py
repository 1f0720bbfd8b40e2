"""The sizes of a function that leaves some open: what is known, and whether they can be planned."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from xdsl.dialects.builtin import TensorType
from xdsl.dialects.func import FuncOp
from xdsl.ir import Block, OpResult, SSAValue

from ...dialects.engine.base import names_of as node_names
from ...dialects.engine.loop import blocks_in_line, defined_in
from ...dialects.engine.opaque import has_sizes
from ...dialects.engine.said_sizes import said_sizes
from ...dialects.engine.size_definitions import SizeDefinitions
from ...dialects.engine.size_facts import facts_of, relations_of
from ...errors import CompileError
from ...runtime.size_bounds import largest
from ...runtime.size_facts import names_of
from ...runtime.size_proofs import SizeProofs
from .order import Order
from .structures import OpenBuffer


def proofs_of(function: FuncOp) -> SizeProofs | None:
    """What can be proven of the sizes of a function; None where all of them are numbers."""
    facts = facts_of(function)
    if not facts.decided and not has_open_sizes(function.body.block):
        return None
    return SizeProofs(facts, [relation.sides for relation in relations_of(function)])


def has_open_sizes(block: Block) -> bool:
    """Whether a tensor of a block has a size by name."""
    values = (v for b in blocks_in_line(block) for v in defined_in(b))
    return any(isinstance(v.type, TensorType) and has_sizes(v.type) for v in values)


MODEST = 1 << 28
"""Bytes of places that are as large as the data may need, at the sizes that are planned for."""


def with_bounds(
    function: FuncOp, buffers: Mapping[SSAValue, OpenBuffer], definitions: SizeDefinitions
) -> dict[SSAValue, OpenBuffer]:
    """
    Buffers as large as they can be, whatever sizes the data decides; where that is more than
    `MODEST` and than all others, as large as they are, in the arena of the segment that knows it.
    """
    if not definitions.at:
        return dict(buffers)
    facts = facts_of(function)
    # What grows with trips is as large as in the last one, whatever else the data decides.
    last = {n: most for n in definitions.trips if (most := facts.decided[n]) is not None}
    if bounded := definitions.bounded_by_found:
        last |= {n: definitions.bounds[n] for n in definitions.inner - last.keys()} | bounded
    buffers = {v: replace(b, size=largest(b.size, last)) for v, b in buffers.items()}
    largest_ = {
        value: replace(buffer, size=definitions.largest(buffer.size))
        for value, buffer in buffers.items()
    }
    decided = definitions.at.keys()
    unknown = {v for v, b in buffers.items() if not decided.isdisjoint(names_of([b.size]))}
    known = set(buffers) - unknown
    sizes = [
        sum(facts.evaluated_at_hints(largest_[value].size) for value in side)
        for side in (unknown, known)
    ]
    if sizes[0] <= max(MODEST, sizes[1]):
        return largest_
    order, finders = Order.of(function.body.block), list(definitions.positions)
    begins = {segment: order.at[finders[at]] for segment, at in definitions.segments.items()}
    for value in unknown:
        segment = definitions.segment_of(buffers[value].size)
        inner = not definitions.inner.isdisjoint(names_of([buffers[value].size]))
        if not inner and segment and begins[segment] < buffers[value].first:
            largest_[value] = replace(buffers[value], segment=segment)
    return largest_


def check_plannable(function: FuncOp, buffers: Mapping[SSAValue, OpenBuffer]) -> None:
    """
    Refuse buffers whose sizes no input says: what the arena needs is known before anything runs.

    Raises:
        CompileError: naming the node, the size, and how to give numbers instead.
    """
    known = set(names_of(n for a in function.body.block.args for n in said_sizes(a)))
    found = facts_of(function).decided.keys()
    for value, buffer in buffers.items():
        if buffer.segment:
            known = known | found
        left = [name for name in names_of([buffer.size]) if name not in known]
        if left:
            nodes = ", ".join(node_names(value.op, "nodes")) if isinstance(value, OpResult) else ""
            what = f"'{nodes}'" if nodes else f"a value of {value.type}"
            raise CompileError(
                f"plan-memory: {what} needs {buffer.size} bytes, and no input says what"
                f" {' and '.join(left)} {'is' if len(left) == 1 else 'are'}; give the inputs"
                " numbers for their sizes (--shape, shapes=)"
            )
