"""
What a kernel template is: the contract between layout assignment, planning and level 5.

A template turns one kind of `engine` operation (`OP`) into level-5 code. It answers four questions:

1. `supports(op, target)`: does this template have code for such an operation, however it is laid
   out? (asked first, at any level; the others are asked only where it says yes)
2. `layouts(op, target)`: in which layouts can the operation run, and how long would it take?
   (asked at level 2 by layout assignment; the operation has plain or any layouts)
3. `plan(op, target)`: how is this planned operation cut and tiled? None when the template cannot
   run it as it is laid out. (asked at level 4; the first template of the operation's list that
   has a plan is used)
4. `write(plan, name, builder)`: the code.

The function that `write` makes is called `name` and takes `kernel_arguments(op)`:
`%chunk: index`, then one memref for each of `op.sources`, then one for each of `op.outs`, and,
where `Kernel.may_fail`, a trailing `%status: memref<1xi64>` and `%code: i64`; a kernel that finds
a data-dependent error reports it (`common/failure.py`) and goes on without touching memory it
must not. Memrefs are physical: blocked dimensions are split, strides are explicit where the
buffer is part of a larger one. Booleans are bytes (`i8`, 0 or 1).

The work is cut into `Kernel.chunks` independent chunks, called with 0..chunks-1 in any order on
any thread. The cut depends on the operation alone, never on the number of threads, so results
do not either. An operation too small to be worth cutting has one chunk.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeAlias, TypeVar

from typing_extensions import Generator
from xdsl.dialects.builtin import IntegerType, MemRefType, ModuleOp, Signedness, i8, i64
from xdsl.ir import Attribute, SSAValue

from ..dialects.engine.base import (
    EngineOp,
    element_of,
    is_coded,
    physical_shape_of,
    physical_strides_of,
)
from ..runtime.size import Extent, Size
from ..targets.machine_model import MachineModel
from ..targets.target import Target
from .builder import DYNAMIC, INDEX, KernelBuilder, memref_type
from .parameters import is_open, parameter, parameter_count, with_sizes

OpT = TypeVar("OpT", bound=EngineOp)
PlanT = TypeVar("PlanT", bound="Plan")

ANY = "*"
"""A layout that is as good as any other, if all operands and results that say so have it."""

STRIDED = "~"
"""Any layout without blocks: each operand as it comes, a result like the first operand."""

MOST_OPERATIONS = 2000
"""Operations of level 5 that no kernel has more of: making one takes some 50 us for each."""

MOST_CHUNKS = 32
"""Chunks of a kernel: enough for the threads that there are, and to balance between them."""


PlanEntry: TypeAlias = int | float | str | bool


def plan_entry(extent: Extent) -> PlanEntry:
    """A size as a plan shows it."""
    return extent if isinstance(extent, int) else extent.text


class Plan:
    """
    How a template runs one planned operation: all that is decided before code is written.

    A template's own plan is a frozen dataclass derived from it.
    """

    def describe(self) -> dict[str, PlanEntry]:
        """
        What a reader of level 5 wants to know: tile, panel, order of the loops, and why.

        The kernel's function shows it in its attribute `plan`, beside the number of `chunks`.
        Entries are the same on every machine that compiles for the same target.
        """
        return {}


@dataclass(frozen=True)
class LayoutChoice:
    """
    One way to run an operation: a format tag per source and per result (None: row-major).

    With `ANY` the template is as fast in whatever layout comes; the assignment then makes operands
    and results agree where their shapes do. If only the result is `ANY`, the template stores it in
    any order of its dimensions that leaves the last one innermost. `STRIDED` operands are read
    through strides. `seconds` estimates the run time on one thread with these layouts.
    """

    sources: tuple[str | None, ...]
    results: tuple[str | None, ...]
    seconds: float


@dataclass(frozen=True)
class Kernel:
    """
    What a template built: `chunks` independent pieces of work, `may_fail` as said above.

    `chunks` of a kernel with parameters may be made of them; `chunks_of` gives that of a use.
    """

    chunks: Extent
    may_fail: bool = False


def operation_count(module: ModuleOp) -> int:
    """The operations of level 5 in the module of a kernel, its private functions included."""
    return sum(1 for _ in module.walk()) - 1  # the module itself is none of them


class Template(ABC, Generic[OpT, PlanT]):
    """One kind of kernel. Instances are stateless and shared."""

    OP: ClassVar[type[EngineOp]]
    """The class of the operations it is for; the registry lists it under their name."""

    GENERAL: ClassVar[bool] = False
    """Whether it also takes operations whose sizes are no numbers."""

    def supports(self, op: OpT, target: Target) -> bool:
        """Whether there is code for an operation of this kind, however it is laid out."""
        return True

    @abstractmethod
    def layouts(self, op: OpT, target: Target) -> Sequence[LayoutChoice]:
        """The ways to run a supported operation of level 2 or 3."""

    def open_layouts(self, op: OpT, at_hint: OpT, target: Target) -> Sequence[LayoutChoice]:
        """
        The ways to run an operation with sizes that are no numbers; `at_hint` has numbers for them.

        By default those of the operation at its hints.
        """
        return self.layouts(at_hint, target)

    @abstractmethod
    def plan(self, op: OpT, target: Target) -> PlanT | None:
        """How to run a supported, planned operation; None when it does not fit as it lies."""

    @abstractmethod
    def write(self, plan: PlanT, name: str, builder: KernelBuilder) -> Kernel:
        """Add the function `name` (and private functions called `name_...`) to the module."""


AnyTemplate: TypeAlias = Template[Any, Any]


def storage_type(element: Attribute) -> Attribute:
    """Element type in memory: what fits into a byte is one, integers are signless."""
    if is_coded(element):
        return i8
    if isinstance(element, IntegerType):
        width = element.width.data
        if width < 8:
            return i8
        if element.signedness.data != Signedness.SIGNLESS:
            return IntegerType(width)
    return element


def physical_memref(value: SSAValue | Attribute) -> MemRefType:
    """
    The physical memref a kernel sees for a planned value: split dimensions, real strides.

    Flat memory of open extent where a size or stride is no number.
    """
    element = storage_type(element_of(value))
    if is_open(value):
        return memref_type([DYNAMIC], element)
    return memref_type(physical_shape_of(value), element, physical_strides_of(value))


def kernel_arguments(op: EngineOp, may_fail: bool = False, chunks: Extent = 1) -> list[Attribute]:
    """Argument types of the function that `write` makes; `chunks` are those of the kernel."""
    values = [physical_memref(v) for v in (*op.sources, *op.destinations)]
    status: list[Attribute] = [memref_type([1], i64), i64] if may_fail else []
    sizes = int(isinstance(chunks, Size)) + parameter_count(op)
    return [INDEX, *values, *status, *[INDEX] * sizes]


@contextmanager
def kernel_function(
    builder: KernelBuilder,
    name: str,
    op: EngineOp,
    *,
    may_fail: bool = False,
    chunks: Extent = 1,
    names: Sequence[str] = ("chunk",),
    attributes: Mapping[str, Attribute] | None = None,
) -> Generator[tuple[SSAValue, ...]]:
    """
    Open the function of the kernel of `op`; gives its arguments but for the sizes.

    Inside of it, and of private functions opened in it, sizes made of the parameters of `op` are
    indices (`KernelBuilder.extent`), and `chunks`, where it is a size, is the argument for it.
    """
    taken = kernel_arguments(op, may_fail, chunks)
    sizes = [chunks] if isinstance(chunks, Size) else []
    sizes += map(parameter, range(parameter_count(op)))
    with builder.function(
        name,
        taken[: len(taken) - len(sizes)],
        names=names,
        attributes=attributes,
        sizes=sizes,
    ) as arguments:
        yield arguments


def chunks_of(op: EngineOp, kernel: Kernel) -> Extent:
    """The number of chunks of the kernel of the planned operation `op`, in its own sizes."""
    return with_sizes(kernel.chunks, op)


def split_evenly(extent: int, most: int) -> list[tuple[int, int]]:
    """
    `extent` as runs of nearly equal tiles of at most `most`: [(tile, count), ...].

    13 + 12, not 14 + 11: an even split keeps every tile at full speed.
    """
    if extent <= 0:
        return []
    tiles = -(-extent // most)
    size, larger = divmod(extent, tiles)
    runs = [(size + 1, larger), (size, tiles - larger)]
    return [(tile, count) for tile, count in runs if count]


def chunk_count(pieces: int, seconds: float, machine: MachineModel) -> int:
    """
    How many chunks to cut `pieces` equal pieces of work into, `seconds` in all on one thread.

    Enough that threads can balance, few enough that each is worth handing out.
    """
    worthwhile = int(seconds / machine.chunk_seconds)
    return max(1, min(pieces, worthwhile, MOST_CHUNKS))
