"""Programs that need more memory than there is, refused on the way down."""

from __future__ import annotations

from xdsl.dialects.builtin import MemRefType, ModuleOp, TensorType
from xdsl.dialects.func import FuncOp
from xdsl.ir import Attribute

from ..dialects.engine import ConstantOp, WeightAttr
from ..dialects.engine.base import byte_extent_of, names_of, nbytes_of
from ..dialects.engine.loop import in_line
from ..dialects.engine.opaque import is_opaque
from ..dialects.engine.plan import plan_of
from ..dialects.engine.weights import WeightStore
from ..runtime.available_memory import LARGEST, require_memory
from ..runtime.memory_needs import MemoryNeeds, largest_of
from .planned_program import PlannedProgram


def check_values(module: ModuleOp) -> None:
    """
    Refuse values that no machine can hold, before offsets are computed that no integer holds.

    Raises:
        NotEnoughMemoryError: naming the node whose result it is.
    """
    for op in module.walk():
        for value in op.results:
            known = isinstance(value.type, TensorType) and not is_opaque(value)
            size = byte_extent_of(value) if known else 0
            if isinstance(size, int) and size > LARGEST:
                nodes = ", ".join(names_of(op, "nodes")) or op.name
                require_memory(size, f"the result of {nodes}", "use smaller inputs")


def check_program(program: PlannedProgram, store: WeightStore, name: str, *, runs: bool) -> None:
    """
    Refuse a planned program that does not fit, before its kernels are made.

    Without `runs` only the weights must fit: where it will run there may be more memory. So it is
    where sizes are open, of which calls decide.

    Raises:
        NotEnoughMemoryError: with what it needs and what is available.
    """
    weights, transient = constant_bytes(program.main, store)
    needs = MemoryNeeds(weights, transient=transient)
    if runs and plan_of(program.main) is None:
        values = program.main.body.block.args[1:]
        arguments = sum(nbytes_of(v) for v in values if isinstance(v.type, MemRefType))
        largest = largest_of(program.buffers)
        needs = MemoryNeeds(weights, program.arena_size, arguments, transient, largest)
    needs.require(name or "the model")


def constant_bytes(main: FuncOp, store: WeightStore) -> tuple[int, int]:
    """Bytes of a planned function's constants, and of what computing one of them takes at most."""
    found: set[tuple[Attribute, Attribute]] = set()
    transient = 0
    for op in in_line(main.body.block):
        if isinstance(op, ConstantOp) and isinstance(op.res.type, MemRefType):
            found.add((op.value, op.res.type))
            if isinstance(op.value, WeightAttr) and store.is_derived(op.value):
                # What it is computed from is about as large, and so is one step on the way.
                transient = max(transient, 2 * nbytes_of(op.res.type))
    return sum(nbytes_of(type_) for _, type_ in found), transient
