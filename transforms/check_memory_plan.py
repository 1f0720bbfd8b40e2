"""
`check-memory-plan`: proves of a level-4 module that no two live values overlap.

The check shares nothing with the planner: it reads the views, strides and the order of
operations alone. Each byte of the arena has an owner, the value that was written there last. An
operation may read a value only if every byte of it is still its own, or belongs to a value that
was written into a part of it on purpose (the absorbed operands of `concat` and `pad`, a view of
the same bytes), and it must not write over bytes that a later operation still reads.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from xdsl.context import Context
from xdsl.dialects import func
from xdsl.dialects.builtin import MemRefType, ModuleOp
from xdsl.ir import Operation, OpResult, SSAValue
from xdsl.passes import ModulePass

from ..dialects.engine import ReferenceOp, ViewOp
from ..dialects.engine.base import (
    EngineOp,
    element_of,
    names_of,
    physical_shape_of,
    physical_strides_of,
)
from ..dialects.engine.weights import dtype_of
from ..errors import CompileError

Bytes = npt.NDArray[np.int64]


def byte_offset(value: SSAValue) -> tuple[SSAValue, int]:
    """The buffer behind a chain of views, and where in it the value begins."""
    offset = 0
    while isinstance(value, OpResult) and isinstance(value.op, ViewOp):
        offset += value.op.offset.value.data
        value = value.op.base
    return value, offset


def elements_touched(value: SSAValue) -> Bytes:
    """Byte offset, within its buffer, of every element of a planned value."""
    _, start = byte_offset(value)
    size = dtype_of(element_of(value)).itemsize
    offsets: npt.NDArray[Any] = np.zeros((), np.int64)
    pairs = zip(physical_shape_of(value), physical_strides_of(value), strict=True)
    for extent, stride in pairs:
        offsets = offsets[..., None] + np.arange(extent, dtype=np.int64) * (stride * size)
    return (start + offsets).reshape(-1)


def bytes_touched(value: SSAValue) -> Bytes:
    """Every byte offset of a planned value within its buffer."""
    size = dtype_of(element_of(value)).itemsize
    return (elements_touched(value)[:, None] + np.arange(size)).reshape(-1)


@dataclass
class _Checker:
    arena: SSAValue
    owner: npt.NDArray[np.int32]
    numbers: dict[SSAValue, int] = field(default_factory=dict[SSAValue, int])
    values: list[SSAValue] = field(default_factory=list[SSAValue])
    """By number, counted from 1."""
    parts: dict[int, set[int]] = field(default_factory=dict[int, set[int]])
    """Value -> values that may own bytes of it."""

    def number(self, value: SSAValue) -> int:
        if value not in self.numbers:
            self.values.append(value)
            self.numbers[value] = len(self.values)
        return self.numbers[value]

    def in_arena(self, values: Sequence[SSAValue]) -> Iterator[SSAValue]:
        for value in values:
            if byte_offset(value)[0] is self.arena:
                yield value

    def read(self, op: Operation, value: SSAValue) -> None:
        touched = bytes_touched(value)
        owners = set(np.unique(self.owner[touched]).tolist())
        allowed = {self.number(value), *self.parts.get(self.number(value), ())}
        foreign = owners - allowed
        if not foreign:
            return
        if 0 in foreign:
            raise _problem(op, value, "reads bytes that nobody has written")
        # The same bytes under another type: a view of the owner.
        for other in foreign:
            if not self._is_view_of(value, other):
                raise _problem(op, value, f"was overwritten by {self._name(other)}")
        self.parts.setdefault(self.number(value), set()).update(foreign)

    def _is_view_of(self, value: SSAValue, other: int) -> bool:
        """Whether `other` covers all the bytes of `value` that it owns, as a whole or a slice."""
        source = self.values[other - 1]
        covered = set(bytes_touched(source).tolist())
        mine = bytes_touched(value)
        inside = all(int(b) in covered for b in mine[self.owner[mine] == other])
        return inside and self.alias_allowed(value, source)

    def alias_allowed(self, value: SSAValue, source: SSAValue) -> bool:
        """A value that no operation writes is a view; one that is written must own its bytes."""
        return not any(value in destinations_of(use.operation) for use in value.uses)

    def _name(self, number: int) -> str:
        value = self.values[number - 1]
        return f"%{value.name_hint or number}"

    def write(self, op: Operation, value: SSAValue) -> None:
        number = self.number(value)
        kept: set[int] = set()
        if isinstance(op, EngineOp) and (absorbed := op.absorbed()):
            kept = {self.number(op.operands[i]) for i in absorbed}
            for part in list(kept):
                kept |= self.parts.get(part, set())
        touched = bytes_touched(value)
        self.parts[number] = kept
        mask = ~np.isin(self.owner[touched], list(kept)) if kept else slice(None)
        self.owner[touched[mask]] = number


def destinations_of(op: Operation) -> Sequence[SSAValue]:
    """The memrefs an operation writes."""
    return op.destinations if isinstance(op, EngineOp | ReferenceOp) else ()


def _problem(op: Operation, value: SSAValue, what: str) -> CompileError:
    nodes = ", ".join(names_of(op, "nodes"))
    where = f" of {nodes}" if nodes else ""
    return CompileError(
        f"check-memory-plan: {op.name}{where}: operand %{value.name_hint or '?'} {what}"
    )


def check_function(function: func.FuncOp) -> None:
    """
    Check one planned function.

    Raises:
        CompileError: naming the operation and the operand that is no longer there.
    """
    arguments = function.body.block.args
    if not arguments or not isinstance(arguments[0].type, MemRefType):
        raise CompileError("check-memory-plan: the function is not planned (run plan-memory)")
    size = arguments[0].type.get_shape()[0]
    checker = _Checker(arguments[0], np.zeros(size, np.int32))
    for op in function.body.block.ops:
        if isinstance(op, ViewOp):
            continue
        written = set(destinations_of(op))
        for value in checker.in_arena([v for v in op.operands if v not in written]):
            checker.read(op, value)
        for value in checker.in_arena(list(destinations_of(op))):
            checker.write(op, value)


@dataclass(frozen=True)
class CheckMemoryPlanPass(ModulePass):
    """Prove that a memory plan never overwrites what is still needed."""

    name = "check-memory-plan"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        for function in op.ops:
            if isinstance(function, func.FuncOp) and not function.is_declaration:
                check_function(function)
