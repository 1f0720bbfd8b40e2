"""
The operations of a block as tasks that use buffers.

How values share memory is decided when memory is planned; here it is told apart as far as orders
are concerned. A view is in the memory of what it is a view of, an operand of a `concat` in that of
the result, what a block gives in that of whoever wants it, which is not counted; an operation may
write over an operand that no later one needs. What comes from outside of the block is there anyway.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from xdsl.ir import Attribute, Block, Operation, OpResult, SSAValue

from ...dialects.engine import ConstantOp, ReferenceOp
from ...dialects.engine.base import EngineOp, byte_extent_of, dense_stride_extents_of, layout_of
from ...dialects.engine.loop import inner_blocks
from ...dialects.engine.opaque import is_opaque
from ...runtime.array_memory import aligned
from ...runtime.size import NeedsNumber
from ...runtime.size_facts import Facts
from .schedule import Schedule, Task


@dataclass
class Memory:
    """The bytes of values at the sizes that are planned for, and what blocks need."""

    facts: Facts
    known: dict[Attribute, int] = field(default_factory=dict[Attribute, int])
    needs: dict[Block, int] = field(default_factory=dict[Block, int])
    """Of the blocks inside operations."""

    def of(self, value: SSAValue) -> int:
        """The bytes of a value in a buffer of its own."""
        found = self.known.get(value.type)
        if found is None:
            size = self.facts.evaluated_at_hints(byte_extent_of(value))
            found = self.known[value.type] = aligned(max(size, 1))
        return found


@dataclass
class _Buffers:
    """Which buffer each value of a block is in: the number of one, or of none."""

    of_value: dict[SSAValue, int] = field(default_factory=dict[SSAValue, int])
    parents: list[int] = field(default_factory=list[int])
    sizes: list[int] = field(default_factory=list[int])

    def add(self, value: SSAValue, size: int) -> None:
        self.of_value[value] = len(self.parents)
        self.parents.append(len(self.parents))
        self.sizes.append(size)

    def find(self, number: int) -> int:
        while self.parents[number] != number:
            self.parents[number] = self.parents[self.parents[number]]
            number = self.parents[number]
        return number

    def put_in(self, value: SSAValue, whole: SSAValue) -> None:
        """Have a value lie in the buffer of another one."""
        self.parents[self.find(self.of_value[value])] = self.find(self.of_value[whole])

    def get(self, value: SSAValue) -> int | None:
        number = self.of_value.get(value)
        return None if number is None else self.find(number)


def schedule_of(block: Block, memory: Memory) -> tuple[list[Operation], Schedule]:
    """The operations of a block that can change places, and as what."""
    last = block.last_op
    ops = [op for op in block.ops if not isinstance(op, ConstantOp) and op is not last]
    given = () if last is None else last.operands
    buffers = _buffers_of(ops, given, memory)
    at = {op: number for number, op in enumerate(ops)}
    tasks: list[Task] = []
    reference: int | None = None
    for number, op in enumerate(ops):
        read = _read_by(op, block)
        found = (buffers.get(value) for value in (*read, *op.results))
        touches = tuple(dict.fromkeys(b for b in found if b is not None))
        owners = (v.op for v in read if isinstance(v, OpResult))
        after = dict.fromkeys(at[owner] for owner in owners if owner in at)
        if isinstance(op, ReferenceOp):  # some draw numbers: they stay in their order
            if reference is not None:
                after[reference] = None
            reference = number
        working = sum(memory.needs.get(b, 0) for b in inner_blocks(op))
        tasks.append(Task(touches, tuple(after), working, _replaces(op, buffers)))
    return ops, Schedule(tuple(tasks), tuple(buffers.sizes))


def _read_by(op: Operation, block: Block) -> Sequence[SSAValue]:
    """The values of a block, or from around it, that an operation and what is inside it read."""
    if not inner_blocks(op):
        return op.operands
    inside = (operand for inner in op.walk() for operand in inner.operands)
    return list(dict.fromkeys(v for v in inside if _is_defined_in(v, block)))


def _is_defined_in(value: SSAValue, block: Block) -> bool:
    return isinstance(value, OpResult) and value.op.parent is block


def _buffers_of(ops: Sequence[Operation], given: Sequence[SSAValue], memory: Memory) -> _Buffers:
    buffers = _Buffers()
    for op in ops:
        is_view = isinstance(op, EngineOp) and op.IS_VIEW and _is_view(op)
        if is_view and op.operands[0] not in buffers.of_value:
            continue  # of what comes from outside
        for result in op.results:
            if not is_opaque(result):
                buffers.add(result, memory.of(result))
        if is_view:
            buffers.put_in(op.results[0], op.operands[0])
        elif isinstance(op, EngineOp) and type(op).absorbed_parts is not EngineOp.absorbed_parts:
            _absorb(op, buffers)
    for value in given:
        owner = value.owner
        computed = isinstance(owner, EngineOp) and not owner.IS_VIEW
        if value in buffers.of_value and computed and layout_of(value).row_major:
            buffers.sizes[buffers.find(buffers.of_value[value])] = 0
    return buffers


def _is_view(op: EngineOp) -> bool:
    """Whether the result is a view of the operand, where that has a buffer of its own."""
    try:
        return op.view_of_operand(dense_stride_extents_of(op.operands[0])) is not None
    except NeedsNumber:
        return False


def _absorb(op: EngineOp, buffers: _Buffers) -> None:
    """Put operands that can be written straight into the result into its buffer."""
    if len(op.results) != 1 or is_opaque(op.results[0]):
        return
    try:
        parts = op.absorbed_parts(dense_stride_extents_of(op.results[0]))
    except NeedsNumber:
        return
    times = Counter(op.operands)
    for number in parts:
        value = op.operands[number]
        owner = value.owner
        told = isinstance(owner, EngineOp) and not owner.IS_VIEW
        alone = buffers.of_value.get(value)
        if told and times[value] == 1 and alone is not None and buffers.find(alone) == alone:
            buffers.put_in(value, op.results[0])


def _replaces(op: Operation, buffers: _Buffers) -> tuple[tuple[int, int], ...]:
    """The buffers of operands that the first result may take the place of."""
    if not isinstance(op, EngineOp) or not op.results:
        return ()
    result = op.results[0]
    new = buffers.get(result)
    pairs: list[tuple[int, int]] = []
    for number in op.may_overwrite() if new is not None else ():
        value = op.operands[number]
        old = buffers.get(value)
        if new is not None and old is not None and value.type == result.type and old != new:
            pairs.append((new, old))
    return tuple(pairs)
