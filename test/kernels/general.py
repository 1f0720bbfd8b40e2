"""
Runs kernels whose sizes are values: built once, and compared with the reference at many sizes.

    check_general(
        lambda ins, outs: SoftmaxOp(ins[0], 1, outs=outs),
        [Buffer(("N", "S"))],
        [Buffer(("N", "S"))],
    )

Sizes are texts in shapes and strides. A point gives each name a number; the drawn ones are 0, 1,
around the lanes of a vector, around a block, and large. At each point all is as in `harness.py`:
memory around operands and results is guarded, chunks run in a scrambled order, once for all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Block, SSAValue

from stepwell.dialects import make_context
from stepwell.dialects.engine import ConstantOp
from stepwell.dialects.engine.base import EngineOp
from stepwell.dialects.engine.bound_sizes import BoundSizes
from stepwell.dialects.engine.weights import weight_store
from stepwell.interpreters.engine.semantics import SEMANTICS
from stepwell.kernels.builder import KernelBuilder
from stepwell.kernels.parameters import kernel_sizes, with_attributes
from stepwell.kernels.registry import plan_kernel
from stepwell.kernels.template import MOST_OPERATIONS, Kernel, operation_count
from stepwell.runtime.size import Extent, evaluated
from stepwell.runtime.size_facts import names_of
from stepwell.runtime.size_text import parse_size
from stepwell.targets.target import Target
from stepwell.test.kernels.harness import MakeOp
from stepwell.test.kernels.memory import (
    Array,
    Operand,
    Result,
    bind_memory,
    logical_results,
    memref_of,
)
from stepwell.test.kernels.native import NativeKernel, expand_math

Values = Callable[[np.random.Generator, tuple[int, ...]], Array]
Point = Mapping[str, int]


def _normal(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    return rng.standard_normal(shape)


@dataclass(frozen=True)
class Buffer:
    """An operand or result: shape and physical strides may hold texts of sizes."""

    shape: tuple[int | str, ...]
    dtype: npt.DTypeLike = np.float32
    layout: str | None = None
    strides: tuple[int | str, ...] | None = None
    values: Values = _normal
    """The elements of an operand at a point."""
    alias: int | None = None
    """Of a result: the operand whose memory it overwrites."""
    constant: Array | None = None
    """Of an operand that is a constant: its elements."""

    @property
    def extents(self) -> tuple[Extent, ...]:
        """The shape as sizes."""
        return _extents(self.shape)

    @property
    def stride_extents(self) -> tuple[Extent, ...] | None:
        """The strides as sizes."""
        return None if self.strides is None else _extents(self.strides)

    def at(self, point: Point) -> tuple[tuple[int, ...], tuple[int, ...] | None]:
        """Shape and strides at a point."""
        strides = self.stride_extents
        return (
            tuple(evaluated(n, point) for n in self.extents),
            None if strides is None else tuple(evaluated(n, point) for n in strides),
        )


def _extents(given: Sequence[int | str]) -> tuple[Extent, ...]:
    return tuple(parse_size(n) if isinstance(n, str) else n for n in given)


def open_op(make: MakeOp, operands: Sequence[Buffer], results: Sequence[Buffer]) -> EngineOp:
    """A planned operation with sizes by name."""
    types = [memref_of(b.extents, b.dtype, b.layout, b.stride_extents) for b in operands]
    outs = [memref_of(r.extents, r.dtype, r.layout, r.stride_extents) for r in results]
    own = [t for t, r in zip(outs, results, strict=True) if r.alias is None]
    given = [t for t, b in zip(types, operands, strict=True) if b.constant is None]
    block = Block(arg_types=[*given, *own])
    store = weight_store(make_context())
    rest = iter(block.args)
    sources: list[SSAValue] = []
    for number, (buffer, type_) in enumerate(zip(operands, types, strict=True)):
        if buffer.constant is None:
            sources.append(next(rest))
            continue
        constant = ConstantOp(store.add(buffer.constant, f"w{number}"), type_)
        block.add_op(constant)
        sources.append(constant.res)
    destinations = [next(rest) if r.alias is None else sources[r.alias] for r in results]
    op = make(list(sources), destinations)
    block.add_op(op)
    op.verify()
    return op


class GeneralKernel:
    """The kernel of an operation with sizes by name, built once."""

    def __init__(
        self,
        make: MakeOp,
        operands: Sequence[Buffer],
        results: Sequence[Buffer],
        target: Target | None = None,
    ):
        self.target = target or Target.host()
        self.operands, self.results = operands, results
        self.op = open_op(make, operands, results)
        self.sizes = kernel_sizes(self.op)
        self.module, self.kernel = build_general(self.op, self.target)
        self._native: NativeKernel | None = None

    @property
    def native(self) -> NativeKernel:
        """Its machine code."""
        if self._native is None:
            self._native = NativeKernel(self.module, self.kernel, self.target)
        return self._native

    @property
    def names(self) -> tuple[str, ...]:
        """The names in its sizes."""
        return names_of(self.sizes)

    def arguments(self, point: Point, seed: int = 0) -> tuple[list[Operand], list[Result]]:
        """Operands with drawn elements, and what the results are, at a point."""
        rng = np.random.default_rng(seed)
        operands: list[Operand] = []
        for buffer in self.operands:
            shape, strides = buffer.at(point)
            drawn = buffer.values(rng, shape) if buffer.constant is None else buffer.constant
            array = np.asarray(drawn, buffer.dtype)
            assert array.shape == shape
            operands.append(Operand(array, buffer.layout, strides))
        results: list[Result] = []
        for buffer in self.results:
            shape, strides = buffer.at(point)
            results.append(Result(shape, buffer.dtype, buffer.layout, strides, buffer.alias))
        return operands, results

    def run(
        self, operands: Sequence[Operand], results: Sequence[Result], point: Point
    ) -> tuple[int, list[Array]]:
        """The error code (0: none) and the results."""
        sources, destinations = bind_memory(operands, results)
        pointers = [m.pointer for m in (*sources, *destinations)]
        status = self.native(pointers, sizes=[evaluated(n, point) for n in self.sizes])
        for memory in sources:
            memory.check_guards()
        return status, logical_results(results, destinations)

    def check(self, point: Point, tolerance: float = 2e-6) -> None:
        """The results at a point are those of the reference."""
        operands, results = self.arguments(point)
        bound = with_attributes(self.op, BoundSizes(dict(point)))
        expected = SEMANTICS[type(bound)](bound, *(o.array for o in operands))
        status, found = self.run(operands, results, point)
        assert status == 0, f"the kernel reports error {status} at {point}"
        for ours, wanted in zip(found, expected, strict=True):
            assert ours.dtype == wanted.dtype
            message = f"at {dict(point)}"
            if wanted.dtype.kind != "f":
                np.testing.assert_array_equal(ours, wanted, message)
                continue
            finite = np.abs(wanted[np.isfinite(wanted)])
            scale = max(1.0, float(finite.max(initial=0)))
            np.testing.assert_allclose(
                ours, wanted, rtol=tolerance, atol=tolerance * scale, err_msg=message
            )


def build_general(op: EngineOp, target: Target) -> tuple[ModuleOp, Kernel]:
    """The level-5 module of the kernel `k` of an operation with sizes by name, and its chunks."""
    planned = plan_kernel(op, target)
    assert planned is not None, f"no template has a general plan for {op}"
    builder = KernelBuilder(target)
    kernel = planned.write("k", builder)
    assert planned.describe(kernel)
    builder.module.verify()
    expanded = builder.module.clone()
    expand_math(expanded)
    assert operation_count(expanded) <= MOST_OPERATIONS
    return builder.module, kernel


def points(
    names: Sequence[str], lanes: int, least: int = 0, large: int = 67, block: int = 32
) -> Iterator[Point]:
    """Twelve points: edges for each name, the others drawn, from `least` on."""
    rng = np.random.default_rng(len(names))
    edges = [least, 1, 2, lanes - 1, lanes, lanes + 1, block - 1, block, block + 1, large, 3, 5]
    for number in range(12):
        yield {
            name: max(least, edges[(number + (at * 5 if number > 1 else 0)) % 12])
            if at == number % max(1, len(names)) or number < 2
            else int(rng.choice([max(1, least), 2, 3, lanes + 1, 7, 20]))
            for at, name in enumerate(names)
        }


def check_general(
    make: MakeOp,
    operands: Sequence[Buffer],
    results: Sequence[Buffer],
    *,
    target: Target | None = None,
    tolerance: float = 2e-6,
    least: int = 0,
    large: int = 67,
    more: Sequence[Point] = (),
) -> GeneralKernel:
    """Build the kernel once and compare it with the reference at twelve points, and at `more`."""
    kernel = GeneralKernel(make, operands, results, target)
    lanes = kernel.target.vector_bits // 32
    for point in (*points(kernel.names, lanes, least, large), *more):
        kernel.check(point, tolerance)
    return kernel


def in_place(buffer: Buffer, operand: int) -> Buffer:
    """The buffer as a result that overwrites an operand."""
    return replace(buffer, alias=operand)
