"""Which kernels a planned module needs: operations with equal keys share one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from xdsl.dialects import func
from xdsl.dialects.builtin import (
    MemRefType,
    ModuleOp,
)
from xdsl.ir import Operation

from ...dialects.engine import RelayoutOp
from ...dialects.engine.base import (
    EngineOp,
    names_of,
)
from ...dialects.engine.loop import in_line
from ...dialects.engine.opaque import is_opaque
from ...errors import CompileError
from ...kernels.kernel_key import kernel_key, kernel_name
from ...kernels.parameters import has_open_sizes
from ...kernels.registry import plan_kernel
from ...runtime.abi import (
    MAIN,
)
from ...targets.target import Target


@dataclass(frozen=True)
class KernelUse:
    """A kernel that a program needs: its name, its key, and an operation that uses it."""

    name: str
    key: str
    op: EngineOp


def kernel_uses(module: ModuleOp) -> dict[Operation, KernelUse]:
    """The kernel of every operation of a planned module; equal kernels are one `KernelUse`."""
    found: dict[str, KernelUse] = {}
    uses: dict[Operation, KernelUse] = {}
    for op in in_line(planned_main(module).body.block):
        if isinstance(op, EngineOp) and not is_done_by_caller(op):
            key = kernel_key(op)
            if key not in found:
                found[key] = KernelUse(kernel_name(op, key), key, op)
            uses[op] = found[key]
    return uses


def is_done_by_caller(op: Operation) -> bool:
    """Whether callers have done what an operation of a planned function says: a donation."""
    return isinstance(op, RelayoutOp) and op.donated is not None


def kernels_used(module: ModuleOp) -> dict[str, KernelUse]:
    """The distinct kernels of a planned module by name, in the order of first use."""
    return distinct(kernel_uses(module))


def distinct(uses: Mapping[Operation, KernelUse]) -> dict[str, KernelUse]:
    """Each of the kernels once, by name, in the order of first use."""
    return {use.name: use for use in uses.values()}


def planned_main(module: ModuleOp) -> func.FuncOp:
    """The function `@main` of a planned module."""
    for op in module.ops:
        if isinstance(op, func.FuncOp) and op.sym_name.data == MAIN:
            inputs = op.function_type.inputs.data
            buffers = (isinstance(t, MemRefType) or is_opaque(t) for t in inputs)
            if inputs and isinstance(inputs[0], MemRefType) and all(buffers):
                return op
    raise CompileError("convert-engine-to-kernels: there is no planned function @main")


REMEDY = "; give the sizes numbers (--shape, shapes=, -p bind-sizes)"
"""What to do where one program for all sizes is wanted, and cannot be."""


def require_kernels(uses: Iterable[KernelUse], target: Target, remedy: str = "") -> None:
    """
    See that every kernel that takes sizes as arguments can be built, before any of them is.

    `remedy` ends the message.

    Raises:
        CompileError: for the first operation that has none.
    """
    for use in uses:
        if has_open_sizes(use.op) and plan_kernel(use.op, target) is None:
            raise CompileError(
                f"{use.op.name} of {nodes_of(use)} has no kernel that takes its sizes as arguments"
                f"{remedy}"
            )


def nodes_of(use: KernelUse) -> str:
    """The framework's names of what a kernel runs, for messages."""
    return ", ".join(names_of(use.op, "nodes")) or use.name
