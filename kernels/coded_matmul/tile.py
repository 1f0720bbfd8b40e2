"""What the tiles of a coded product share: their memory, and what is done with finished sums."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from xdsl.ir import Region, SSAValue

from ..builder import INDEX, Index, KernelBuilder
from ..common.chunking import Runs
from ..common.epilogue import Epilogue
from ..template import split_evenly
from .decode import Decoder, PanelMemory
from .problem import CodedProblem


@dataclass(frozen=True)
class TileMemory:
    """The rows, a panel, the result and the operands of its epilogue; scratch of some kernels."""

    lhs: SSAValue
    panel: PanelMemory
    out: SSAValue
    epilogue_operands: Sequence[SSAValue]
    scratch: Sequence[SSAValue] = ()

    def as_list(self) -> list[SSAValue]:
        """The operands of a tile function."""
        return [
            self.lhs,
            *self.panel.as_list(),
            self.out,
            *self.epilogue_operands,
            *self.scratch,
        ]

    def of(self, values: Sequence[SSAValue]) -> TileMemory:
        """The same of other memory, in the order of `as_list`."""
        own, rest = len(self.panel.as_list()), list(values)
        behind = 2 + own + len(self.epilogue_operands)
        return TileMemory(
            rest[0],
            self.panel.of(rest[1 : 1 + own]),
            rest[1 + own],
            rest[2 + own : behind],
            rest[behind:],
        )

    def at_panel(self, panel: PanelMemory) -> TileMemory:
        """The same with another panel."""
        return replace(self, panel=panel)


@dataclass(frozen=True)
class TileWriter:
    """The parts that every kind of tile is written with."""

    b: KernelBuilder
    name: str
    problem: CodedProblem
    region: Region | None
    lanes: int
    made: set[str] = field(default_factory=set[str])
    """Names of the private functions that there are."""

    @property
    def decoder(self) -> Decoder:
        """Codes as numbers."""
        return Decoder(self.b, self.problem, self.lanes)

    def call(
        self,
        key: tuple[str, int, int],
        given: Sequence[Index],
        define: Callable[[Sequence[SSAValue]], None],
    ) -> None:
        """Call the private function of a kind and of two numbers, which is defined once."""
        b, (kind, one, two) = self.b, key
        name = f"{self.name}_{kind}_{one}x{two}"
        if name not in self.made:
            self.made.add(name)
            types = [v.type if isinstance(v, SSAValue) else INDEX for v in given]
            with b.function(name, types, private=True) as arguments:
                define(arguments)
        b.call(name, given)

    def runs(self, rows: Index, most: int) -> Runs:
        """Tiles of rows: as even as can be, or of a few sizes where rows are a value."""
        b, number = self.b, self.b.number(rows)
        if number is not None:
            return split_evenly(number, most)
        found: list[tuple[int, Index]] = []
        left = rows
        for size in sorted({most, max(1, most // 2), 1}, reverse=True):
            count = b.floordiv(left, size)
            found.append((size, count))
            left = b.sub(left, b.mul(count, size))
        return found

    def finish(
        self,
        rows: Sequence[Sequence[SSAValue]],
        memory: TileMemory,
        row: Index,
        column: Index,
        columns: int,
    ) -> None:
        """The epilogue of finished rows of vectors, of which `columns` columns exist."""
        problem = self.problem
        views = [problem.out.inner(2), *(extra.inner(2) for extra in problem.epilogue_operands)]
        epilogue = Epilogue(self.region, tuple(views[1:]), views[0])
        epilogue.store_tile(
            self.b,
            rows,
            memory.epilogue_operands,
            memory.out,
            row,
            column,
            self.lanes,
            columns,
        )
