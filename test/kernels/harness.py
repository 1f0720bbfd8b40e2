"""
Runs one kernel template on numpy arrays: what every template test is written with.

    y = run_kernel(
        lambda ins, outs: SoftmaxOp(ins[0], 1, outs=outs),
        [Operand(x, strides=(40, 1))],
        [Result((4, 10))],
    )

A planned operation is built from the operands' shapes, layouts and strides, its template makes
level 5, which goes through `expand-math` and the code generator and runs on memory laid out as
the types say. Memory around the operands, and padding lanes of activations, hold NaN; memory
around the results must be left as it was. Chunks run in a scrambled order.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np
from xdsl.builder import ImplicitBuilder
from xdsl.context import Context
from xdsl.dialects import func
from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Attribute, Block, Operation, Region, SSAValue

from stepwell.conversion.engine_to_kernels.convert import plan_attribute
from stepwell.dialects import make_context
from stepwell.dialects.engine import ConstantOp
from stepwell.dialects.engine.base import EngineOp, YieldOp, scalar_block
from stepwell.dialects.engine.weights import weight_store
from stepwell.interpreters.engine.semantics import SEMANTICS
from stepwell.kernels.builder import KernelBuilder
from stepwell.kernels.registry import PlannedKernel, plan_kernel
from stepwell.kernels.template import AnyTemplate, Kernel, LayoutChoice
from stepwell.targets.target import Target
from stepwell.test.kernels.memory import (
    Array,
    Operand,
    Result,
    bind_memory,
    logical_results,
    memref_of,
)
from stepwell.test.kernels.native import NativeKernel, chunks_at

MakeOp = Callable[[list[SSAValue], list[SSAValue]], EngineOp]


def targets() -> list[Target]:
    """The host, and an AVX2 processor where the host can run its code."""
    host = Target.host()
    return [host, Target.parse("x86-64-v3")] if host.vector_bits > 256 else [host]


def scalar_region(
    elements: Sequence[Attribute], body: Callable[..., Operation | Sequence[Operation]]
) -> Region:
    """
    A scalar region over arguments of `elements`; `body` builds operations and gives the last.

        scalar_region([f32, f32], lambda acc, bias: arith.AddfOp(acc, bias))
    """
    block = scalar_block(elements)
    with ImplicitBuilder(block):
        results = body(*block.args)
        YieldOp(*([results] if isinstance(results, Operation) else results))
    return Region(block)


@lru_cache(maxsize=1)
def _context() -> Context:
    return make_context()


def planned_op(
    make: MakeOp, operands: Sequence[Operand], results: Sequence[Result]
) -> tuple[EngineOp, func.FuncOp]:
    """A planned operation on memrefs as described, inside a function of its own."""
    types = [memref_of(o.array.shape, o.array.dtype, o.layout, o.strides) for o in operands]
    outs = [memref_of(r.shape, r.dtype, r.layout, r.strides) for r in results]
    block = Block(
        arg_types=[t for t, o in zip(types, operands, strict=True) if not o.constant] + outs
    )
    store = weight_store(_context())
    arguments = list(block.args)
    sources: list[SSAValue] = []
    for index, (type, operand) in enumerate(zip(types, operands, strict=True)):
        if operand.constant:
            constant = ConstantOp(store.add(operand.array, f"w{index}"), type)
            block.add_op(constant)
            sources.append(constant.res)
        else:
            sources.append(arguments.pop(0))
    op = make(sources, list(arguments))
    block.add_op(op)
    block.add_op(func.ReturnOp())
    function = func.FuncOp("main", (block.arg_types, ()), Region(block))
    op.verify()
    return op, function


def plan_with(template: AnyTemplate, op: EngineOp, target: Target) -> PlannedKernel | None:
    """The kernel of `op` by this template; None when it has no plan for it."""
    if not isinstance(op, template.OP) or not template.supports(op, target):
        return None
    plan = template.plan(op, target)
    return None if plan is None else PlannedKernel(template, plan)


def choices_of(template: AnyTemplate, op: EngineOp, target: Target) -> Sequence[LayoutChoice]:
    """The ways to run `op` by this template."""
    fits = isinstance(op, template.OP) and template.supports(op, target)
    return template.layouts(op, target) if fits else []


def build_kernel(
    make: MakeOp,
    operands: Sequence[Operand],
    results: Sequence[Result],
    target: Target | None = None,
    template: AnyTemplate | None = None,
) -> tuple[ModuleOp, Kernel]:
    """The level-5 module of the kernel `k`, verified, and what its template says of it."""
    target = target or Target.host()
    op, keep = planned_op(make, operands, results)
    planned = plan_kernel(op, target) if template is None else plan_with(template, op, target)
    assert planned is not None, f"no template has a plan for {op}"
    builder = KernelBuilder(target)
    kernel = planned.write("k", builder)
    described = plan_attribute(planned.describe(kernel))
    again = plan_with(planned.template, op, target)
    assert again is not None
    assert plan_attribute(again.describe(kernel)) == described, "a plan is the same each time"
    builder.module.verify()
    for function in builder.module.ops:
        count = sum(1 for _ in function.walk())
        assert count < 2500, f"{count} level-5 operations in one function"
    del keep
    return builder.module, kernel


def run_with_status(
    make: MakeOp,
    operands: Sequence[Operand],
    results: Sequence[Result],
    target: Target | None = None,
    template: AnyTemplate | None = None,
) -> tuple[int, list[Array]]:
    """Run natively; the error code (0: none) and the results."""
    target = target or Target.host()
    module, kernel = build_kernel(make, operands, results, target, template)
    sources, destinations = bind_memory(operands, results)
    native = NativeKernel(module, kernel, target)
    status = native([m.pointer for m in (*sources, *destinations)])
    for memory in sources:
        memory.check_guards()
    return status, logical_results(results, destinations)


def run_kernel(
    make: MakeOp,
    operands: Sequence[Operand],
    results: Sequence[Result],
    target: Target | None = None,
    template: AnyTemplate | None = None,
) -> list[Array]:
    """Run natively and give the results as logical arrays."""
    status, found = run_with_status(make, operands, results, target, template)
    assert status == 0, f"the kernel reports error {status}"
    return found


def interpret_kernel(
    make: MakeOp,
    operands: Sequence[Operand],
    results: Sequence[Result],
    target: Target | None = None,
) -> list[Array]:
    """Run level 5 in its interpreter, which checks every index; slow, for small sizes."""
    from stepwell.interpreters.kernels.functions import run_kernels

    module, kernel = build_kernel(make, operands, results, target)
    sources, destinations = bind_memory(operands, results)
    views = [memory.view for memory in (*sources, *destinations)]
    status = [np.zeros(1, np.int64), 1] if kernel.may_fail else []
    for chunk in reversed(range(chunks_at(kernel, ()))):
        run_kernels(module, "k", [chunk, *views, *status])
    return logical_results(results, destinations)


def check_kernel(
    make: MakeOp,
    operands: Sequence[Operand],
    results: Sequence[Result],
    target: Target | None = None,
    tolerance: float = 2e-6,
    run: Callable[..., list[Array]] = run_kernel,
) -> None:
    """
    The native results are those of the engine interpreter, up to `tolerance` times the largest.

    NaN and infinities must stand in the same places; integers and booleans must be equal. `run`
    may be `interpret_kernel`.
    """
    op, _ = planned_op(make, operands, results)
    expected = SEMANTICS[type(op)](op, *(operand.array for operand in operands))
    for found, wanted in zip(run(make, operands, results, target), expected, strict=True):
        assert found.dtype == wanted.dtype
        if wanted.dtype.kind != "f":
            np.testing.assert_array_equal(found, wanted)
            continue
        finite = np.abs(wanted[np.isfinite(wanted)])
        scale = max(1.0, float(finite.max(initial=0)))
        np.testing.assert_allclose(found, wanted, rtol=tolerance, atol=tolerance * scale)
