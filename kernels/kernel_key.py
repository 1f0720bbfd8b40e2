"""
The identity of a kernel: two planned operations with equal keys have the same code.

The key is the operation's text without value names, names of sizes and provenance: its name,
properties, the physical types of its operands and destinations, its regions, and whether it works
in place. Sizes that are no numbers are parameters in it (`parameters.py`).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from itertools import product

from xdsl.dialects.builtin import MemRefType
from xdsl.ir import Block, SSAValue

from ..dialects.engine.base import ABSORBED, EngineOp, extents_of, span_extent_of
from ..dialects.engine.data_sizes import DEFINES
from ..dialects.engine.integer_rounding import KEEPS_ROUNDINGS
from ..dialects.engine.location import Location, location_of
from ..dialects.text import type_text
from ..runtime.size import Extent, lower_bound, numbers_of
from ..runtime.size_facts import Facts
from ..runtime.size_proofs import SizeProofs
from .parameters import parametrized


def region_text(block: Block) -> str:
    """A scalar region as text in which values are numbered, so that names do not matter."""
    numbers: dict[SSAValue, int] = {}
    for argument in block.args:
        numbers[argument] = len(numbers)
    lines = [",".join(type_text(a.type) for a in block.args)]
    for op in block.ops:
        operands = ",".join(str(numbers[v]) for v in op.operands)
        properties = ",".join(f"{k}={v}" for k, v in sorted(op.properties.items()))
        for result in op.results:
            numbers[result] = len(numbers)
        lines.append(
            f"{op.name}({operands}){{{properties}}}:{[type_text(r.type) for r in op.results]}"
        )
    return ";".join(lines)


MOST_LOOPS = 4
"""Around an operation, whose even and odd trips are looked at in all combinations."""


def byte_range(value: SSAValue) -> tuple[SSAValue, int, Extent]:
    """(base buffer, first byte, past the last byte) of a planned value, in first trips of loops."""
    found = location_of(value)
    [offset] = numbers_of([found.offset_in({})])
    return found.base, offset, span_extent_of(value) + offset


_ANY_SIZES = SizeProofs(Facts())


def _before(end: Extent, start: Extent) -> bool:
    """Whether what ends there is known to lie before what starts here."""
    between = start - end
    return lower_bound(between) >= 0 or _ANY_SIZES.at_least(between, 0)


def overlapping(op: EngineOp) -> bool:
    """
    Whether a destination shares bytes with a source or with another destination, in any trip.

    Where operands lie moves together with the trips of a loop, or every second trip.
    """
    places = [location_of(v) for v in op.operands]
    indices = list(dict.fromkeys(move.index for place in places for move in place.moves))
    if len(indices) > MOST_LOOPS:
        return True
    trips = (dict(zip(indices, n, strict=True)) for n in product(range(2), repeat=len(indices)))
    return any(_overlap_at(op, places, at) for at in trips)


def _overlap_at(op: EngineOp, places: Sequence[Location], trips: Mapping[SSAValue, int]) -> bool:
    starts = [place.offset_in(trips) for place in places]
    ends = [start + span_extent_of(v) for start, v in zip(starts, op.operands, strict=True)]
    sources = len(op.sources)
    for i in range(sources, len(places)):
        for j in range(i):
            a, b = places[i], places[j]
            # Places that live at the same time share no byte.
            if a.base is not b.base or a.place != b.place:
                continue
            if not (_before(ends[i], starts[j]) or _before(ends[j], starts[i])):
                return True
    return False


def kernel_key(op: EngineOp) -> str:
    """The identity of the kernel of a planned operation, as text."""
    in_place = "in place" if overlapping(op) else ""
    op = parametrized(op).op
    properties = [f"{k}={v}" for k, v in sorted(op.properties.items()) if k != DEFINES]
    if (absorbed := op.attributes.get(ABSORBED)) is not None:
        properties.append(f"absorbed={absorbed}")
    if KEEPS_ROUNDINGS in op.attributes:
        properties.append(KEEPS_ROUNDINGS)
    regions = [region_text(r.block) for r in op.regions if r.blocks]
    parts = [
        op.name,
        *properties,
        *(type_text(v.type) for v in op.operands),
        *regions,
        in_place,
    ]
    return "|".join(parts)


def kernel_name(op: EngineOp, key: str) -> str:
    """A readable name for the kernel: the operation, its result's shape, and a digest."""
    op = parametrized(op).op
    out = op.destinations[0] if op.destinations else op.operands[0]
    assert isinstance(out.type, MemRefType)
    shape = "x".join(re.sub(r"\W+", "_", str(n)) for n in extents_of(out)) or "scalar"
    kind = re.sub(r"\W", "_", op.name.removeprefix("engine."))
    return f"{kind}_{shape}_{hashlib.blake2b(key.encode(), digest_size=6).hexdigest()}"
