"""
`convert-engine-to-kernels`: from level 4 to level 5.

Every planned operation becomes a call of a kernel (`kernel_uses.py`). The program itself is `@main`
(`main_builder.py`): views of the weights image and of the arena (`main_buffers.py`), and for each
operation a call or an `scf.parallel` over its chunks. Where sizes are open, `@bind` computes from
the names what `@main` reads from a table (`size_table.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects import func
from xdsl.dialects.builtin import (
    DictionaryAttr,
    FloatAttr,
    IntegerAttr,
    ModuleOp,
    StringAttr,
    UnitAttr,
    f64,
    i64,
)
from xdsl.ir import Attribute, Operation
from xdsl.passes import ModulePass

from ...errors import CompileError
from ...kernels.builder import KernelBuilder
from ...kernels.kernel_key import overlapping
from ...kernels.registry import plan_kernel
from ...kernels.template import (
    Kernel,
    PlanEntry,
)
from ...runtime.abi import (
    COLD,
    MAY_ALIAS,
)
from ...targets.target import Target
from ...transforms.expand_math import ExpandMathPass
from .kernel_uses import REMEDY, KernelUse, distinct, kernel_uses, nodes_of, require_kernels
from .main_builder import KernelProgram, MainBuilder, function_named
from .weights_image import WeightsImage

PLAN = "plan"
"""Attribute of a kernel's function: what its template decided, for a reader of level 5."""


def build_kernel(use: KernelUse, target: Target) -> tuple[ModuleOp, Kernel]:
    """
    The level-5 module of one kernel, math functions expanded.

    The function of the kernel has the attribute `plan`: what the template decided.

    Raises:
        CompileError: when no template takes the operation as it is laid out, or when the
            template does not define the function of the kernel.
    """
    planned = plan_kernel(use.op, target)
    if planned is None:
        raise CompileError(
            f"no kernel template for {use.op.name} of {nodes_of(use)} as it is laid out for target "
            f"{target.name}: {use.key}"
        )
    builder = KernelBuilder(target)
    kernel = planned.write(use.name, builder)
    if overlapping(use.op):
        # Tile functions see the same memory as their kernel.
        for function in builder.module.ops:
            function.attributes[MAY_ALIAS] = UnitAttr()
    function_named(builder.module, use.name).attributes[PLAN] = plan_attribute(
        planned.describe(kernel)
    )
    ExpandMathPass().apply(Context(), builder.module)
    return builder.module, kernel


def plan_attribute(entries: Mapping[str, PlanEntry]) -> DictionaryAttr:
    """The entries of a plan as an attribute, sorted by name."""
    return DictionaryAttr({name: _entry(entries[name]) for name in sorted(entries)})


def _entry(value: PlanEntry) -> Attribute:
    if isinstance(value, bool):
        return IntegerAttr.from_bool(value)
    if isinstance(value, int):
        return IntegerAttr(value, i64)
    return FloatAttr(value, f64) if isinstance(value, float) else StringAttr(value)


def build_main(
    module: ModuleOp,
    uses: Mapping[Operation, KernelUse],
    kernels: Mapping[str, Kernel],
    target: Target,
    timed: bool = False,
    weights: WeightsImage | None = None,
) -> KernelProgram:
    """
    `@main` of level 5 for a planned module, with a clock if `timed`; constants go to `weights`.

    `uses` are its `kernel_uses`, `kernels` what the templates said of them, by name.
    """
    return MainBuilder(module, uses, kernels, target, timed, weights or WeightsImage()).build()


def convert_module(module: ModuleOp, target: Target) -> ModuleOp:
    """
    The whole level-5 module: every kernel, and `@main` last.

    Raises:
        CompileError: for an operation without a kernel, or without one that takes its sizes.
    """
    built: dict[str, Kernel] = {}
    parts: list[ModuleOp] = []
    uses = kernel_uses(module)
    require_kernels(distinct(uses).values(), target, REMEDY)
    for name, use in distinct(uses).items():
        part, built[name] = build_kernel(use, target)
        parts.append(part)
    program = build_main(module, uses, built, target)
    declared = [op for op in program.main.ops if isinstance(op, func.FuncOp)]
    for op in declared:
        if op.is_declaration and op.sym_name.data in built:
            op.detach()
    whole = ModuleOp([], dict(program.main.attributes))
    shared: set[str] = set()
    for part in (*parts, program.main):
        for op in list(part.ops):
            op.detach()
            if isinstance(op, func.FuncOp) and COLD in op.attributes:
                # Such functions are the same in each kernel that calls one.
                if op.sym_name.data in shared:
                    op.erase()
                    continue
                shared.add(op.sym_name.data)
            whole.body.block.add_op(op)
    return whole


@dataclass(frozen=True)
class ConvertEngineToKernelsPass(ModulePass):
    """Turn planned operations into kernels of loops and vector instructions."""

    name = "convert-engine-to-kernels"
    target: str = "native"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        whole = convert_module(op, Target.parse(self.target))
        for old in list(op.ops):
            old.detach()
            old.erase()
        op.attributes.update(whole.attributes)
        for new in list(whole.ops):
            new.detach()
            op.body.block.add_op(new)
