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

import ctypes
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt
from xdsl.builder import ImplicitBuilder
from xdsl.context import Context
from xdsl.dialects import func
from xdsl.dialects.builtin import MemRefType, ModuleOp, NoneAttr
from xdsl.ir import Attribute, Block, Operation, Region, SSAValue

from stepwell.conversion.engine_to_kernels.convert import plan_attribute
from stepwell.dialects import make_context
from stepwell.dialects.engine import ConstantOp
from stepwell.dialects.engine.base import EngineOp, YieldOp, layout_of, scalar_block
from stepwell.dialects.engine.layout import LayoutAttr
from stepwell.dialects.engine.weights import element_type_of, weight_store
from stepwell.interpreters.engine.semantics import SEMANTICS
from stepwell.kernels.builder import KernelBuilder
from stepwell.kernels.registry import PlannedKernel, plan_kernel
from stepwell.kernels.template import AnyTemplate, Kernel, LayoutChoice
from stepwell.runtime.format_tag import dense_strides, parse_format_tag, row_major_tag
from stepwell.targets.target import Target

Array = npt.NDArray[Any]
MakeOp = Callable[[list[SSAValue], list[SSAValue]], EngineOp]

GUARD = 256
"""Bytes before and after each buffer that nobody may change, filled with 0xFF (NaN)."""


@dataclass(frozen=True, eq=False)
class Operand:
    """A logical array, how it is stored, and whether it is a constant (zero padding lanes)."""

    array: Array
    layout: str | None = None
    strides: tuple[int, ...] | None = None
    constant: bool = False


@dataclass(frozen=True)
class Result:
    """Shape and storage of a result; `alias` is the operand whose memory it overwrites."""

    shape: tuple[int, ...]
    dtype: npt.DTypeLike = np.float32
    layout: str | None = None
    strides: tuple[int, ...] | None = None
    alias: int | None = None


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


def physical_shape(shape: Sequence[int], layout: str | None) -> tuple[int, ...]:
    """Extents of the physical dimensions."""
    return parse_format_tag(layout or row_major_tag(len(shape))).physical_shape(shape)


def wider_strides(
    shape: Sequence[int], layout: str | None, margin: Sequence[int]
) -> tuple[int, ...]:
    """Physical strides of `shape` inside a buffer that is `margin` larger in each dimension."""
    physical = physical_shape(shape, layout)
    return dense_strides([n + m for n, m in zip(physical, margin, strict=True)])


def _memref(
    shape: Sequence[int],
    dtype: npt.DTypeLike,
    layout: str | None,
    strides: tuple[int, ...] | None,
) -> MemRefType:
    row_major = row_major_tag(len(shape))
    plain = (layout is None or layout == row_major) and strides is None
    attr = NoneAttr() if plain else LayoutAttr(layout or row_major, strides)
    return MemRefType(element_type_of(dtype), shape, attr)


class _Memory:
    """Bytes for one memref: a guarded buffer and the physical view into it."""

    def __init__(self, type: MemRefType, dtype: npt.DTypeLike):
        shape = layout_of(type).physical_shape(type.get_shape())
        layout = type.layout
        given = layout.physical_strides if isinstance(layout, LayoutAttr) else None
        strides = given or dense_strides(shape)
        item = np.dtype(dtype).itemsize
        last = sum((n - 1) * s for n, s in zip(shape, strides, strict=True))
        extent = (last + 1) * item if prod(shape) else 0
        raw = np.full(extent + 2 * GUARD + 64, 0xFF, np.uint8)
        start = GUARD + (-(raw.ctypes.data + GUARD) % 64)
        self.raw = raw
        self.pointer = raw.ctypes.data + start
        steps = [s * item for s in strides]
        self.view: Array = np.ndarray(shape, dtype, raw, start, steps)
        covered = np.zeros(raw.size, np.bool_)
        for byte in range(item):
            np.ndarray(shape, np.bool_, covered, start + byte, steps)[...] = True
        self.covered = covered

    def check_guards(self) -> None:
        """Nothing outside of the view was written."""
        changed = np.flatnonzero((self.raw != 0xFF) & ~self.covered)
        assert not changed.size, (
            f"wrote outside of the buffer: bytes {changed[:8]} of {self.raw.size}"
        )


def normal(rng: np.random.Generator, *shape: int) -> Array:
    """Normally distributed float32 numbers."""
    return rng.standard_normal(shape).astype(np.float32)


@lru_cache(maxsize=1)
def _context() -> Context:
    return make_context()


def planned_op(
    make: MakeOp, operands: Sequence[Operand], results: Sequence[Result]
) -> tuple[EngineOp, func.FuncOp]:
    """A planned operation on memrefs as described, inside a function of its own."""
    types = [_memref(o.array.shape, o.array.dtype, o.layout, o.strides) for o in operands]
    outs = [_memref(r.shape, r.dtype, r.layout, r.strides) for r in results]
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


def expand_math(module: ModuleOp) -> None:
    """Level 5 without `math` operations."""
    from stepwell.transforms.expand_math import ExpandMathPass

    ExpandMathPass().apply(_context(), module)


class NativeKernel:
    """A compiled kernel, loaded into this process."""

    def __init__(self, module: ModuleOp, kernel: Kernel, target: Target):
        import llvmlite.binding as llvm

        from stepwell.conversion.kernels_to_llvm import compile_object, emit_module

        expand_math(module)
        code = compile_object(emit_module(module, target), target)
        backing = llvm.parse_assembly("")
        machine = llvm.Target.from_triple(target.triple).create_target_machine()
        self._engine = llvm.create_mcjit_compiler(backing, machine)
        self._engine.add_object_file(llvm.ObjectFileRef.from_data(code))
        self._engine.finalize_object()
        self.code = code
        self.kernel = kernel
        self.address = self.address_of("k")

    def address_of(self, name: str) -> int:
        """Where a function of the kernel's module lies."""
        address: int = self._engine.get_function_address(name)
        assert address, f"no function {name} in the object"
        return address

    def __call__(self, pointers: Sequence[int], code: int = 1) -> int:
        """Run all chunks, scrambled; gives the error code the kernel stored (0: none)."""
        status = ctypes.c_int64(0)
        extra = [ctypes.addressof(status), code] if self.kernel.may_fail else []
        arguments = [ctypes.c_int64] + [ctypes.c_void_p] * len(pointers)
        arguments += [ctypes.c_void_p, ctypes.c_int64] if extra else []
        call = ctypes.CFUNCTYPE(None, *arguments)(self.address)
        order = np.random.default_rng(0).permutation(self.kernel.chunks)
        for chunk in order:
            call(int(chunk), *pointers, *extra)
        return status.value


def bind_memory(
    operands: Sequence[Operand], results: Sequence[Result]
) -> tuple[list[_Memory], list[_Memory]]:
    """Operands in memory as their types say, and memory for the results."""
    sources: list[_Memory] = []
    for operand in operands:
        type = _memref(operand.array.shape, operand.array.dtype, operand.layout, operand.strides)
        memory = _Memory(type, operand.array.dtype)
        floating = operand.array.dtype.kind == "f" and not operand.constant
        memory.view[...] = layout_of(type).pack(operand.array, np.nan if floating else 0)
        sources.append(memory)
    destinations: list[_Memory] = []
    for result in results:
        if result.alias is not None:
            destinations.append(sources[result.alias])
        else:
            type = _memref(result.shape, result.dtype, result.layout, result.strides)
            destinations.append(_Memory(type, result.dtype))
    return sources, destinations


def logical_results(results: Sequence[Result], memories: Sequence[_Memory]) -> list[Array]:
    """The results as logical arrays."""
    found: list[Array] = []
    for result, memory in zip(results, memories, strict=True):
        memory.check_guards()
        type = _memref(result.shape, result.dtype, result.layout, result.strides)
        found.append(layout_of(type).unpack(memory.view, result.shape).copy())
    return found


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
    for chunk in reversed(range(kernel.chunks)):
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
