"""
Follows the values of a planned function through memory, operation by operation.

What branches and loops do to memory is in `regions.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from math import prod

import numpy as np
import numpy.typing as npt
from xdsl.dialects import func
from xdsl.dialects.builtin import ArrayAttr
from xdsl.ir import Operation, SSAValue

from ...dialects.engine import ReferenceOp, ViewOp
from ...dialects.engine.base import (
    EngineOp,
    names_of,
    physical_shape_of,
    physical_strides_of,
    shape_of,
)
from ...dialects.engine.memory_part import canonical_strides
from ...dialects.engine.opaque import is_opaque
from ...errors import CompileError
from ...ir.interface import OUTPUT_DIGESTS
from ...ir.value_digests import ValueDigests
from .buffers import Buffers, name_of, problem, read_by, written_by
from .element_addresses import addresses_of, lies_as


@dataclass
class Checker:
    """What is known of memory, and what each operation does to it."""

    buffers: Buffers
    digests: ValueDigests
    numbers: dict[SSAValue, int] = field(default_factory=dict[SSAValue, int])
    """Written values, counted from 1 in the order in which they are written."""
    values: list[SSAValue] = field(default_factory=list[SSAValue])
    became: list[int] = field(default_factory=lambda: [0])
    """The number of the value that another one has become a part of; else its own."""

    def __post_init__(self) -> None:
        self.owner: npt.NDArray[np.int32] = np.zeros(self.buffers.cells.count, np.int32)
        self.marks: npt.NDArray[np.bool_] = np.zeros(self.buffers.cells.count, np.bool_)
        self.origins: dict[SSAValue, SSAValue] = {}

    def step(self, op: Operation) -> None:
        """Go over one operation."""
        if isinstance(op, ViewOp):
            self.view(op)
        elif isinstance(op, EngineOp | ReferenceOp):
            self.operation(op)

    def view(self, op: ViewOp) -> None:
        """A view with `elements` has the elements of its base that it says."""
        elements = op.selection
        if elements is None:
            return
        base = op.base
        part, whole = addresses_of(op.res.type), addresses_of(base.type)
        if not lies_as(part, whole, elements, op.byte_offset):
            raise problem(op, f"{name_of(op.res)} does not lie where these elements of its base do")
        self.origins[op.res] = self.origin(base)

    def origin(self, value: SSAValue) -> SSAValue:
        """The value that another is a view of."""
        return self.origins.get(value, value)

    def operation(self, op: EngineOp | ReferenceOp) -> None:
        """All that is read is there, and what is written destroys nothing that is read."""
        sources, targets = read_by(op), written_by(op)
        for value in sources:
            self.read(op, value)
        if isinstance(op, ReferenceOp):
            _check_dense(op, self.buffers)
        absorbed = op.absorbed() if isinstance(op, EngineOp) else frozenset[int]()
        self._overlaps(op, absorbed)
        self._absorbed(op, absorbed)
        for value in targets:
            self.write(value)
        for number in absorbed:
            self.became[self.numbers[self.origin(sources[number])]] = self.numbers[targets[0]]

    def read(self, op: Operation, value: SSAValue) -> None:
        """Every byte of a value is still the one that was written for it."""
        source = self.origin(value)
        if source not in self.numbers:  # an input, a constant, or a value without a buffer
            return
        expected = self.find(self.numbers[source])
        found = self.owner[self.buffers.cells.of(self.buffers.sets[value])]
        wrong = found[found != expected]
        if wrong.size:
            by = int(wrong[0])
            other = (
                name_of(self.values[by - 1]) if by else "what some branches or trips leave there"
            )
            raise problem(op, f"operand {name_of(value)} was overwritten by {other}")

    def find(self, number: int) -> int:
        """The number of the value that a value has become a part of in the end."""
        while (next_ := self.became[number]) != number:
            self.became[number] = self.became[next_]
            number = next_
        return number

    def write(self, value: SSAValue) -> None:
        """Its bytes are those of this value from now on."""
        self.values.append(value)
        number = self.numbers[value] = len(self.values)
        self.became.append(number)
        self.owner[self.buffers.cells.of(self.buffers.sets[value])] = number

    def _overlaps(self, op: EngineOp | ReferenceOp, absorbed: frozenset[int]) -> None:
        """What is written lies apart from what is read, or may lie upon it."""
        sources, targets = read_by(op), written_by(op)
        overwritten = set(op.may_overwrite() if isinstance(op, EngineOp) else ())
        others = [v for n, v in enumerate(sources) if n not in absorbed]
        for number, target in enumerate(targets):
            near = [v for v in (*others, *targets[:number]) if not self.buffers.apart(target, v)]
            for other in self._sharing(target, near):
                positions = {n for n, v in enumerate(sources) if v is other}
                in_place = not number and positions and positions <= overwritten
                if not in_place or not self._same_place(target, other):
                    raise problem(op, f"{name_of(target)} is written over operand {name_of(other)}")

    def _sharing(self, target: SSAValue, others: list[SSAValue]) -> list[SSAValue]:
        """Those of the others that have a byte of `target`."""
        if not others:
            return []
        sets, cells = self.buffers.sets, self.buffers.cells
        where = cells.of(sets[target])
        self.marks[where] = True
        found = [v for v in others if self.marks[cells.of(sets[v])].any()]
        self.marks[where] = False
        return found

    def _same_place(self, target: SSAValue, source: SSAValue) -> bool:
        if target in self.buffers.turned or source in self.buffers.turned:
            return False
        same = self.buffers.starts[target] == self.buffers.starts[source]
        return same and target.type == source.type

    def _absorbed(self, op: EngineOp | ReferenceOp, absorbed: frozenset[int]) -> None:
        """Operands that are in the result already lie where their elements belong."""
        if not absorbed or not isinstance(op, EngineOp):
            return
        if len(op.destinations) != 1:
            raise problem(op, f"operand {min(absorbed)} cannot be in place: it has several results")
        in_place, sources = self._in_place(op), op.sources
        for number in absorbed:
            if not 0 <= number < len(sources):
                raise problem(op, f"operand {number} cannot be in place")
            value = sources[number]
            if (source := self.origin(value)) not in self.numbers:
                raise problem(op, f"operand {number} cannot be in place")
            if prod(shape_of(value)) != prod(shape_of(source)):
                raise problem(op, f"operand {name_of(value)} is a part of {name_of(source)} alone")
            if value in self.buffers.turned:
                raise problem(
                    op, f"operand {name_of(value)} has two places, and is in none of them"
                )
            if self.find(self.numbers[source]) != self.numbers[source]:
                raise problem(op, f"operand {name_of(value)} is part of another value already")
            if not in_place(number):
                raise problem(op, f"operand {name_of(value)} is not in its place of the result")

    def _in_place(self, op: EngineOp) -> Callable[[int], bool]:
        """Tells of the number of an operand whether it lies where it is in the only result."""
        sources, [target] = op.sources, op.destinations
        start, whole = self.buffers.starts[target], addresses_of(target.type)
        kept = op.elements_kept()
        told = op.absorbed_parts(physical_strides_of(target)) if kept is None else None

        def in_place(number: int) -> bool:
            value = sources[number]
            offset, addresses = self.buffers.starts[value] - start, addresses_of(value.type)
            if kept is not None:
                return number in kept and lies_as(addresses, whole, kept[number], offset)
            part = None if told is None else told.get(number)
            if part is None or offset != part.offset * addresses.size:
                return False
            shape, strides = physical_shape_of(value), physical_strides_of(value)
            return canonical_strides(shape, part.strides) == canonical_strides(shape, strides)

        return in_place

    def outputs(self, function: func.FuncOp) -> None:
        """
        Each output holds a value of its own type in the end, and those are the ones planned.

        Raises:
            CompileError: naming the output that holds something else.
        """
        last = function.body.block.last_op
        if not isinstance(last, func.ReturnOp):
            raise CompileError("check-memory-plan: the function does not end in func.return")
        held = self._held(last)
        for value in last.arguments:
            if not is_opaque(value):
                raise problem(last, f"{name_of(value)} is memory; only values without are returned")
            held.append((name_of(value), {self.digests.known[value]}))
        stated = function.attributes.get(OUTPUT_DIGESTS)
        if stated is None:
            return
        wanted = names_of(function, OUTPUT_DIGESTS)
        if len(wanted) != len(held) or not isinstance(stated, ArrayAttr):
            raise problem(
                last, f"{OUTPUT_DIGESTS} are of {len(wanted)} outputs, there are {len(held)}"
            )
        for (name, found), digest in zip(held, wanted, strict=True):
            if digest not in found:
                raise problem(
                    last,
                    f"output {name} is computed otherwise than it was planned: an operation, its"
                    " operands or a constant have changed (after a change that is meant, leave"
                    f" {OUTPUT_DIGESTS} out)",
                )

    def _held(self, last: Operation) -> list[tuple[str, set[str]]]:
        """The name of each output, and the digests of the values that it holds as a whole."""
        buffers = self.buffers
        found: dict[SSAValue, set[str]] = {output: set() for output in buffers.outputs}
        for value, (root, offset) in buffers.offsets.items():
            source = self.origin(value)
            if root not in found or offset or value.type != root.type:
                continue
            if value in buffers.moves or value in buffers.turned:
                continue
            if value not in self.digests.known:  # one in a branch or loop
                continue
            if source in self.numbers and self._intact(value, self.numbers[source]):
                found[root].add(self.digests.known[value])
        for output, digests in found.items():
            if not digests:
                raise problem(
                    last, f"output {name_of(output)} holds no value that was meant for it"
                )
        return [(name_of(output), digests) for output, digests in found.items()]

    def _intact(self, value: SSAValue, number: int) -> bool:
        owners = self.owner[self.buffers.cells.of(self.buffers.sets[value])]
        return bool((owners == self.find(number)).all())


def _check_dense(op: ReferenceOp, buffers: Buffers) -> None:
    """Reference operations know of no strides and no layouts, and of no trips."""
    for value in op.operands:
        if value in buffers.moves or value in buffers.turned:
            raise problem(op, f"operand {name_of(value)} does not lie in one place")
        if not is_opaque(value) and not addresses_of(value.type).flat:
            raise problem(op, f"operand {name_of(value)} does not lie row by row")
