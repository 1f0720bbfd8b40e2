"""
The operations of a function in line: those of branches and loops stand behind the one they are in.

Branches follow each other as steps do, so what lives in one only can lie where something of the
other lies. What is defined outside of a loop and read in it is read in every trip: until the
position of what ends the loop's region.
"""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.ir import Block, Operation, OpResult, SSAValue

from ...dialects.engine import LoopOp
from ...dialects.engine.loop import in_line, loops_around


@dataclass(frozen=True)
class Order:
    """Operations by position, and positions by operation."""

    top: Block
    ops: list[Operation]
    at: dict[Operation, int]

    @staticmethod
    def of(block: Block) -> Order:
        """That of the body of a function."""
        ops = list(in_line(block))
        return Order(block, ops, {op: position for position, op in enumerate(ops)})

    def end_of(self, op: Operation) -> int:
        """The last position inside of an operation."""
        blocks = [b for r in op.regions for b in r.blocks if b.last_op in self.at]
        lasts = [b.last_op for b in blocks]
        return max((self.at[last] for last in lasts if last is not None), default=self.at[op])

    def read_until(self, op: Operation, home: Block | None) -> int:
        """Until when `op` reads what lives in `home`, an enclosing block: to the end of a loop."""
        if op.parent is home or op.parent is self.top:
            return self.at[op]
        loops = loops_around(op, home)
        return self.end_of(loops[-1]) if loops else self.at[op]

    def last_reads(self) -> dict[SSAValue, int]:
        """Until when each value is read directly."""
        last: dict[SSAValue, int] = {}
        for op in self.ops:
            scanned = op.scanned if isinstance(op, LoopOp) else ()
            for operand in op.operands:
                until = self.read_until(op, home_of(operand))
                if operand in scanned:
                    until = max(until, self.end_of(op))
                last[operand] = max(last.get(operand, -1), until)
        return last


def home_of(value: SSAValue) -> Block | None:
    """The block that a value is defined in."""
    return value.op.parent if isinstance(value, OpResult) else _block_of(value)


def _block_of(value: SSAValue) -> Block | None:
    owner = value.owner
    return owner if isinstance(owner, Block) else None
