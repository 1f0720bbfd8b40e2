"""
What each value of a planned function is by its text, whatever memory does with it.

Values are told in program order, and those of a branch or loop are unknown behind it: which branch
ran and how many trips there were is known at run time only. What a branch or loop gives has a
digest of its own (`ir/value_digests.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xdsl.ir import Block, Operation, SSAValue

from ...dialects.engine import ConstantOp, IfOp, LoopOp, ReferenceOp, ViewOp, YieldOp
from ...dialects.engine.base import EngineOp
from ...dialects.engine.loop import inner_blocks
from ...ir.value_digests import ValueDigests
from .buffers import name_of, problem, read_by, written_by

DEEPEST = 32
"""Branches and loops in each other; the check goes into them one after another."""


@dataclass
class TextMeaning:
    """Goes over a function in program order and notes digests."""

    arguments: Sequence[SSAValue]
    inputs: Sequence[SSAValue]
    digests: ValueDigests

    def __post_init__(self) -> None:
        self.defined: set[SSAValue] = set(self.arguments)
        for number, value in enumerate(self.inputs):
            self.digests.input(value, number)

    def block(self, block: Block, depth: int = 0) -> None:
        """
        Go over the operations of a block.

        Raises:
            CompileError: for one that uses what is not there or not written before it.
        """
        for op in block.ops:
            for value in op.operands:
                if value not in self.defined:
                    raise problem(op, f"{name_of(value)} is used before it is there")
            if isinstance(op, IfOp | LoopOp):
                if depth == DEEPEST:
                    raise problem(op, f"is inside of {DEEPEST} branches and loops; at most so many")
                self._inside(op, depth)
            self.defined.update(op.results)
            if isinstance(op, ConstantOp):
                self.digests.constant(op)
            elif isinstance(op, ViewOp):
                self._view(op)
            elif isinstance(op, EngineOp | ReferenceOp):
                sources = read_by(op)
                self._read(op, sources)
                results = op.targets if isinstance(op, ReferenceOp) else written_by(op)
                self.digests.operation(op, sources, results)

    def _read(self, op: Operation, values: list[SSAValue]) -> None:
        for value in values:
            if value not in self.digests.known:
                raise problem(
                    op,
                    f"operand {name_of(value)} reads bytes that nobody has written for"
                    " it; a view of what lies there already says which 'elements' it has",
                )

    def _view(self, op: ViewOp) -> None:
        if (elements := op.selection) is None:
            return
        if op.base not in self.digests.known:
            raise problem(op, f"{name_of(op.base)} is not written before")
        self.digests.selection(op.res, op.base, elements)

    def _inside(self, op: IfOp | LoopOp, depth: int) -> None:
        known = self.digests.known
        if isinstance(op, LoopOp):
            single = [v for v in (op.limit, op.condition) if v is not None]
            self._read(op, [*single, *op.inits, *op.scanned])
            before = len(known)
            self.digests.loop(op)
        else:
            self._read(op, [op.condition])
            before = len(known)
        kept: dict[SSAValue, str] = {}
        for block in inner_blocks(op):
            self.defined.update(block.args)
            self.block(block, depth + 1)
            last = block.last_op
            assert isinstance(last, YieldOp)
            self._read(last, list(last.values))
            known.update(kept)
            self.digests.border(last)
            given = {v: known[v] for v in (*op.res, *op.outs) if v in known}
            yielded = {v: known[v] for v in last.values}
            self._forget(before, block)
            kept = yielded if isinstance(op, IfOp) else {}
            known.update(given)

    def _forget(self, before: int, block: Block) -> None:
        """Nothing that a block defines or writes is known behind it."""
        known = self.digests.known
        while len(known) > before:
            known.popitem()
        self.defined.difference_update(block.args)
        for op in block.ops:
            self.defined.difference_update(op.results)
