"""What the conversion of a dialect to the engine dialect has of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from xdsl.dialects.func import FuncOp
from xdsl.ir import Attribute, Block, SSAValue

from ...dialects.engine import WeightStore
from ...dialects.engine.weights import Array
from ...dialects.framework import FrameworkOp
from ..shape_arithmetic import Elements
from ..size_relations import Relations
from .lowering import Lowering, NoNativeForm

Results = Sequence[SSAValue | None]
"""One value for each result by position, None where nobody wants it."""

Conversion = Callable[[Lowering], SSAValue | Results]
"""Builds the engine form of the operation and gives its results: one value, or one for each
result. Raises `NoNativeForm` with the reason."""


class RunBlock(Protocol):
    """Puts converted copies of blocks where they are wanted."""

    def __call__(self, block: Block, arguments: Sequence[SSAValue]) -> list[SSAValue]:
        """One before the operation, with these arguments; what it yields."""
        ...

    def into(
        self,
        target: Block,
        block: Block,
        arguments: Sequence[SSAValue],
        relations: Relations | None = None,
    ) -> list[SSAValue]:
        """
        One at the end of `target`, which will be a region of what is built; what it yields.

        What has no native form in it stays a reference operation. `relations` collect what must
        hold of sizes where it runs; without them it must need nothing that is not asked of each
        call.
        """
        ...


Parts = Callable[[Lowering, RunBlock], Results]
"""The results of the blocks that an operation stands for: a chosen branch, a loop that is written
out, a definition by other operators. Raises `NoNativeForm` when it stands for itself alone (then
without words), or a part of it has no native form."""

Evaluate = Callable[[FrameworkOp, Sequence[Array | None], WeightStore], Sequence[Array | None]]
"""The results of an operation on arrays, by the framework's own semantics."""


LateTypes = Callable[[FrameworkOp, WeightStore], Sequence[Attribute | None]]
"""The types of the results of an operation whose operands are known better than when it was
imported, by position; as they were where nothing more is known."""

SizeElements = Callable[[FrameworkOp, WeightStore, Mapping[SSAValue, Elements]], Elements | None]
"""The elements of the first result where all are numbers or sizes by name; the mapping has those
of the values before it. None where nothing by name goes in, or the result is no such thing."""


LateRelations = Callable[[FrameworkOp, WeightStore, Mapping[SSAValue, Elements], Relations], None]
"""Notes what an operation needs of the sizes of its operands, some of which the data decides."""


def no_parts(lo: Lowering, run: RunBlock) -> Results:
    """For a dialect without regions: every operation stands for itself alone."""
    raise NoNativeForm("")


def no_relations(
    op: FrameworkOp, store: WeightStore, sizes: Mapping[SSAValue, Elements], relations: Relations
) -> None:
    """For a dialect whose conversions, or whose programs themselves, ask for what they need."""
    del op, store, sizes, relations


@dataclass(frozen=True)
class DialectConversion:
    """The conversion of one dialect."""

    name: str
    """The dialect's."""
    conversions: Callable[[], Mapping[str, Conversion]]
    """The conversion of each operation by its name, as in `onnx.Conv`."""
    evaluate: Evaluate
    parts: Parts = no_parts
    late_types: LateTypes | None = None
    late_relations: LateRelations | None = None
    """A dialect without it gets no names for sizes that only the data knows."""
    size_elements: SizeElements | None = None
    same_shape: frozenset[str] = frozenset()
    """Operations whose first result has the shape of their first operand."""
    opaque_operands: frozenset[str] = frozenset()
    """Operations on values without a buffer whose conversions look at what made these."""
    opaque_results: frozenset[str] = frozenset()
    """Operations with results that are not tensors of numbers, whose conversions compute all that
    is numeric and leave only the rest to reference operations (`emit_reference`)."""
    complex_results: frozenset[str] = frozenset()
    """Operations whose conversions give complex numbers as what is made of real ones."""
    prepare: Callable[[FuncOp], None] | None = None
    """What is done with a function before its operations are converted."""
    control: frozenset[str] | None = None
    """Operations with regions that `parts` converts; None for all that have regions."""
    parts_of: frozenset[str] = frozenset()
    """Other dialects, whose operations stand among those of this one."""

    @property
    def dialects(self) -> frozenset[str]:
        """The dialects whose operations it converts."""
        return self.parts_of | {self.name}

    declares_sizes: bool = False
    """Whether a name in the types of results is the size that the operation before it which gives
    it has defined by that name; else it is a label, that may be another's."""
