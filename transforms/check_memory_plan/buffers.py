"""The buffers of a planned function: what they are part of, and which bytes of it they take."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, field

from xdsl.dialects import func
from xdsl.dialects.builtin import MemRefType
from xdsl.ir import BlockArgument, Operation, SSAValue

from ...dialects.engine import ConstantOp, ReferenceOp, ViewOp
from ...dialects.engine.base import (
    EngineOp,
    element_of,
    names_of,
    physical_shape_of,
    physical_strides_of,
    span_bytes_of,
)
from ...dialects.engine.opaque import is_opaque
from ...dialects.engine.weights import dtype_of
from ...errors import CompileError
from ...runtime.abi import INPUT_NAMES
from .byte_cells import ByteSet, Cells


def problem(op: Operation, what: str) -> CompileError:
    """What is wrong with a plan, at one of its operations."""
    nodes = ", ".join(names_of(op, "nodes"))
    where = f" of {nodes}" if nodes else ""
    return CompileError(f"check-memory-plan: {op.name}{where}: {what}")


def name_of(value: SSAValue) -> str:
    """What a message calls a value."""
    if value.name_hint:
        return f"%{value.name_hint}"
    if isinstance(value, BlockArgument):
        return f"argument {value.index}"
    return f"the {value.type} at {value.owner.name}" if isinstance(value.owner, Operation) else "?"


def written_by(op: Operation) -> list[SSAValue]:
    """The memrefs that an operation writes."""
    return list(op.destinations) if isinstance(op, EngineOp | ReferenceOp) else []


def read_by(op: EngineOp | ReferenceOp) -> list[SSAValue]:
    """The values that an operation reads, in order."""
    return list(op.sources if isinstance(op, EngineOp) else op.inputs)


def input_count(function: func.FuncOp, roots: Container[SSAValue]) -> int:
    """How many arguments behind the arena are inputs, of those that are written in `roots`."""
    if INPUT_NAMES in function.attributes:
        return len(names_of(function, INPUT_NAMES))
    rest = function.body.block.args[1:]
    return next((n for n, a in enumerate(rest) if a in roots), len(rest))


@dataclass
class Buffers:
    """Where the memrefs of one function lie."""

    arguments: list[BlockArgument]
    """The arena, then the inputs, then the outputs."""
    inputs: list[BlockArgument]
    outputs: list[BlockArgument]
    writers: dict[SSAValue, Operation]
    starts: dict[SSAValue, int] = field(default_factory=dict[SSAValue, int])
    """The first byte of each memref in the arena or in an output, which lie one after another."""
    offsets: dict[SSAValue, tuple[SSAValue, int]] = field(
        default_factory=dict[SSAValue, tuple[SSAValue, int]]
    )
    """What each memref is a part of, and how many bytes behind its first."""
    sets: dict[SSAValue, ByteSet] = field(default_factory=dict[SSAValue, ByteSet])
    cells: Cells = field(default_factory=lambda: Cells(()))

    @staticmethod
    def of(function: func.FuncOp) -> Buffers:
        """
        Find the buffers of a function.

        Raises:
            CompileError: for one that is not planned, or in which a view leaves its base, an
                operation is not of level 4, or memory is written that may not be.
        """
        block = function.body.block
        arguments = list(block.args)
        if not arguments or not isinstance(arguments[0].type, MemRefType):
            raise CompileError("check-memory-plan: the function is not planned (run plan-memory)")
        writers: dict[SSAValue, Operation] = {}
        for op in block.ops:
            for value in written_by(op):
                if value in writers:
                    raise problem(op, f"{name_of(value)} is written a second time")
                writers[value] = op
        found = Buffers(arguments, [], [], writers)
        found._locate(function)
        found._separate(function)
        found._lay_out(arguments[0])
        return found

    def _locate(self, function: func.FuncOp) -> None:
        """Follow views to what they are a part of."""
        block = function.body.block
        self.offsets.update((a, (a, 0)) for a in block.args)
        for op in block.ops:
            if isinstance(op, ConstantOp):
                self.offsets[op.res] = (op.res, 0)
            elif isinstance(op, ViewOp):
                self._locate_view(op)
            elif not isinstance(op, EngineOp | ReferenceOp | func.ReturnOp):
                raise problem(op, "is not an operation on planned memory")

    def _locate_view(self, op: ViewOp) -> None:
        if op.base not in self.offsets:
            raise problem(op, f"{name_of(op.base)} is not memory")
        root, before = self.offsets[op.base]
        offset = op.byte_offset
        if offset < 0 or offset + span_bytes_of(op.res) > span_bytes_of(op.base):
            raise problem(op, f"{name_of(op.res)} leaves {name_of(op.base)}")
        self.offsets[op.res] = (root, before + offset)

    def _separate(self, function: func.FuncOp) -> None:
        """Tell inputs from outputs: by name, else outputs begin at the first that is written."""
        roots = {self.offsets[v][0] for v in self.writers if v in self.offsets}
        arena, *rest = self.arguments
        count = input_count(function, roots)
        self.inputs, self.outputs = rest[:count], rest[count:]
        writable = {arena, *self.outputs}
        for value, op in self.writers.items():
            root = self.offsets[value][0] if value in self.offsets else value
            if root not in writable:
                raise problem(
                    op, f"{name_of(value)} is part of {name_of(root)}, which is only read"
                )

    def _lay_out(self, arena: SSAValue) -> None:
        at = 0
        bases: dict[SSAValue, int] = {}
        for root in (arena, *self.outputs):
            if not is_opaque(root):
                bases[root] = at
                at += span_bytes_of(root) + 1
        for value, (root, offset) in self.offsets.items():
            if root in bases:
                self.starts[value] = bases[root] + offset
        for value in self.starts:
            if value is not arena or value in self.writers:
                self.sets[value] = self._bytes(value)
        self.cells = Cells(self.sets.values())

    def _bytes(self, value: SSAValue) -> ByteSet:
        found = ByteSet.of(
            self.starts[value],
            physical_shape_of(value),
            physical_strides_of(value),
            dtype_of(element_of(value)).itemsize,
        )
        if found is None:
            owner = value.owner if isinstance(value.owner, Operation) else self.writers[value]
            raise problem(owner, f"elements of {name_of(value)} lie upon each other")
        return found

    def apart(self, one: SSAValue, other: SSAValue) -> bool:
        """Whether two memrefs lie in different stretches of memory, of which one is written."""
        if one not in self.sets or other not in self.sets:
            return True
        return self.sets[one].apart_from(self.sets[other])
