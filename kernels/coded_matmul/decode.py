"""Codes as vectors of f32, in registers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from xdsl.dialects import arith
from xdsl.dialects.builtin import f32, i8, i32
from xdsl.ir import SSAValue

from ...dialects.vector_ext import NIBBLES
from ..builder import Index, KernelBuilder
from .problem import CodedProblem

Vectors = Sequence[SSAValue]


@dataclass(frozen=True)
class PanelMemory:
    """One panel of codes, of scales and of zero points (None where there are none)."""

    codes: SSAValue
    scales: SSAValue | None
    zeros: SSAValue | None

    def as_list(self) -> list[SSAValue]:
        """Arguments of a function that reads a panel."""
        return [v for v in (self.codes, self.scales, self.zeros) if v is not None]

    def of(self, values: Sequence[SSAValue]) -> PanelMemory:
        """The same of other memory, in the order of `as_list`."""
        rest = list(values)
        return PanelMemory(
            rest.pop(0),
            rest.pop(0) if self.scales is not None else None,
            rest.pop(0) if self.zeros is not None else None,
        )


@dataclass
class Decoder:
    """Vectors of a panel as f32; `lanes` columns in each."""

    b: KernelBuilder
    problem: CodedProblem
    lanes: int

    def parameter(self, memory: SSAValue, block: Index, vector: int) -> SSAValue:
        """Scales, or zero points, of a vector of columns."""
        b = self.b
        loaded = b.vload(memory, (block, vector * self.lanes), self.lanes)
        return b.cast(loaded, f32, unsigned=not self.problem.codes.signed)

    def zeros(self, memory: PanelMemory, block: Index, vectors: int) -> Vectors | None:
        """What is taken off the codes of a block; None where it is 0."""
        codes = self.problem.codes
        if memory.zeros is not None:
            zeros = memory.zeros
            return [self.parameter(zeros, block, v) for v in range(vectors)]
        if not codes.zero:
            return None
        return [self.b.splat(float(codes.zero), f32, self.lanes)] * vectors

    def line(
        self,
        memory: PanelMemory,
        line: Index,
        zeros: Vectors | None,
        vectors: int,
        steps: int,
        use: Callable[[int, int, SSAValue], None],
    ) -> None:
        """
        Decode one line of a panel, of which `steps` steps of the sum are there.

        `use(step, vector, numbers)` is called for each, step by step within a vector.
        """
        b, codes = self.b, self.problem.codes
        for vector in range(vectors):
            raw = b.vload(memory.codes, (line, vector * self.lanes), self.lanes)
            for step in range(steps):
                number = self._number(raw, step)
                if zeros is not None and codes.bits < 16:
                    number = b.subf(number, zeros[vector])
                use(step, vector, number)

    def _number(self, raw: SSAValue, step: int) -> SSAValue:
        b, codes = self.b, self.problem.codes
        if codes.bits == 16:
            return b.cast(raw, f32)
        if codes.bits == 4 and b.target.vector_bits >= 512:
            low = b.apply(arith.ShRUIOp, raw, 4 * step) if step else raw
            return b.number_of_nibble(self._table(), low)
        if not codes.in_words:
            wide = b.cast(raw, i32, unsigned=not codes.signed)
            return b.cast(wide, f32)
        shift = codes.bits * step
        if codes.signed:
            above = 32 - codes.bits - shift
            top = b.apply(arith.ShLIOp, raw, above) if above else raw
            return b.cast(b.apply(arith.ShRSIOp, top, 32 - codes.bits), f32)
        low = b.apply(arith.ShRUIOp, raw, shift) if shift else raw
        if shift != 32 - codes.bits:
            low = b.andi(low, (1 << codes.bits) - 1)
        return b.cast(low, f32)

    def _table(self) -> SSAValue:
        """The numbers of codes of four bits."""
        signed = self.problem.codes.signed
        numbers = [float(n - 16 if signed and n > 7 else n) for n in range(NIBBLES)]
        return self.b.vector_of(numbers, f32)

    def plane(self, memory: PanelMemory, line: Index, vector: int) -> list[SSAValue]:
        """The bytes of a vector of words, one code in each, by the code's place in a byte."""
        b, codes = self.b, self.problem.codes
        raw = b.vload(memory.codes, (line, vector * self.lanes), self.lanes)
        if codes.bits == 8:
            return [b.regroup(raw, i8)]
        mask = (1 << codes.bits) - 1
        mask |= mask << 8
        mask |= mask << 16
        found: list[SSAValue] = []
        for place in range(8 // codes.bits):
            low = b.apply(arith.ShRUIOp, raw, place * codes.bits) if place else raw
            found.append(b.regroup(b.andi(low, mask), i8))
        return found
