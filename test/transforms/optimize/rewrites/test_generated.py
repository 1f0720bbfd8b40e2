"""
Rewrites on generated programs: `optimize` moves no result further than its class allows.

A program is a random sequence of engine operations on what came before, with the patterns that
rewrites look for among them (norms and softmax in parts, views of views, constants, residuals),
and with some intermediate values as outputs. It runs through the interpreter before and after,
and natively.
For `bitwise` all numbers are small integers and all operations exact, so that every bit counts
although numpy may add in another order.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import prod
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from xdsl.context import Context
from xdsl.dialects import arith, func, math
from xdsl.dialects.builtin import FloatAttr, ModuleOp, f32
from xdsl.ir import Block, Operation, Region, SSAValue

from stepwell.compiler.compilation import Compilation
from stepwell.compiler.finish import finish
from stepwell.compiler.options import Options
from stepwell.compiler.reference import reference_function
from stepwell.dialects import make_context
from stepwell.dialects.engine import (
    BroadcastOp,
    ConcatOp,
    ConstantOp,
    ConvOp,
    GatherOp,
    MapOp,
    MatmulOp,
    PadOp,
    ReduceOp,
    ReshapeOp,
    SliceOp,
    SoftmaxOp,
    TransposeOp,
)
from stepwell.dialects.engine.base import shape_of, tensor
from stepwell.dialects.engine.weights import Array, weight_store
from stepwell.interpreters import run
from stepwell.interpreters.deviation import mismatch
from stepwell.runtime.engine import Engine
from stepwell.transforms.optimize import OptimizePass

MAX_ELEMENTS = 400


def scalar(number: float) -> SSAValue:
    return arith.ConstantOp(FloatAttr(number, f32)).result


@dataclass
class Program:
    """A function being generated."""

    random: Random
    exact: bool
    ctx: Context = field(default_factory=make_context)
    block: Block = field(default_factory=Block)
    values: list[SSAValue] = field(default_factory=list[SSAValue])

    def add(self, op: Operation) -> SSAValue:
        self.block.add_op(op)
        self.values.append(op.results[0])
        return op.results[0]

    def number(self, low: int, high: int) -> int:
        return self.random.randint(low, high)

    def pick(self, choices: Sequence[Any]) -> Any:
        return choices[self.number(0, len(choices) - 1)]

    def value(self, rank: int | None = None) -> SSAValue:
        """A value, of at least this rank; often the newest, so that chains come up."""
        fitting = [v for v in self.values if rank is None or len(shape_of(v)) >= rank]
        if fitting:
            return fitting[-1] if self.number(0, 2) else self.pick(fitting)
        return self.input([self.number(1, 4) for _ in range(rank or 0)])

    def input(self, shape: Sequence[int]) -> SSAValue:
        value = self.block.insert_arg(tensor(tuple(shape), f32), len(self.block.args))
        self.values.append(value)
        return value

    def array(self, shape: Sequence[int]) -> Array:
        rng = np.random.default_rng(self.number(0, 1000))
        if self.exact or self.number(0, 3) == 0:
            return rng.integers(-3, 4, tuple(shape)).astype(np.float32)
        return rng.normal(size=tuple(shape)).astype(np.float32)

    def constant(self, shape: Sequence[int]) -> SSAValue:
        array = self.array(shape)
        if self.number(0, 3) == 0:
            array = np.full_like(array, array.reshape(-1)[0])
        op = ConstantOp(weight_store(self.ctx).add(array, "w"))
        self.block.add_op(op)
        return op.res

    def leaf(self, shape: Sequence[int]) -> SSAValue:
        return self.constant(shape) if self.number(0, 1) else self.input(shape)

    def bounded(self, value: SSAValue) -> SSAValue:
        """Keeps numbers small, so that sums stay exact and nothing overflows."""

        def body(a: SSAValue) -> SSAValue:
            return arith.MinimumfOp(arith.MaximumfOp(a, scalar(-4)), scalar(4)).result

        return self.add(MapOp.of([value], body))


UNARY: dict[str, Callable[[SSAValue], Operation]] = {
    "negate": lambda a: arith.NegfOp(a),
    "absolute": lambda a: math.AbsFOp(a),
    "relu": lambda a: arith.MaximumfOp(a, scalar(0)),
    "limit": lambda a: arith.MinimumfOp(a, scalar(2)),
    "double": lambda a: arith.MulfOp(scalar(2), a),
    "half": lambda a: arith.DivfOp(a, scalar(4)),
    "one": lambda a: arith.MulfOp(a, scalar(1)),
    "minus": lambda a: arith.MulfOp(a, scalar(-1)),
    "no shift": lambda a: arith.SubfOp(a, scalar(0)),
    "root of constants": lambda a: arith.AddfOp(a, arith.AddfOp(scalar(1), scalar(2))),
}
EXACT_UNARY: dict[str, Callable[[SSAValue], Operation]] = {
    **UNARY,
    "floor": lambda a: math.FloorOp(a),  # a jump where numbers are rounded
}
ROUNDING_UNARY: dict[str, Callable[[SSAValue], Operation]] = {
    "third": lambda a: arith.DivfOp(a, scalar(3)),
    "cube": lambda a: math.PowFOp(a, scalar(3)),
    "tanh": lambda a: math.TanhOp(a),
    "silu": lambda a: arith.MulfOp(
        a, arith.DivfOp(scalar(1), arith.AddfOp(scalar(1), math.ExpOp(arith.NegfOp(a))))
    ),
    "two scales": lambda a: arith.MulfOp(arith.MulfOp(a, scalar(0.3)), scalar(0.7)),
    "zero": lambda a: arith.AddfOp(a, scalar(0)),
}
BINARY: dict[str, Callable[[SSAValue, SSAValue], Operation]] = {
    "add": lambda a, b: arith.AddfOp(a, b),
    "subtract": lambda a, b: arith.SubfOp(a, b),
    "multiply": lambda a, b: arith.MulfOp(a, b),
    "maximum": lambda a, b: arith.MaximumfOp(a, b),
    "add negated": lambda a, b: arith.AddfOp(a, arith.NegfOp(b)),
}


def unary(p: Program) -> None:
    table = EXACT_UNARY if p.exact else {**UNARY, **ROUNDING_UNARY}
    build = table[p.pick(list(table))]
    value = p.value()
    result = p.add(MapOp.of([value], lambda a: build(a).results[0]))
    if p.number(0, 1):
        p.bounded(result)


def binary(p: Program) -> None:
    value = p.value()
    shape = shape_of(value)
    same = [v for v in p.values if shape_of(v) == shape]
    narrow = [1 if p.number(0, 1) else n for n in shape][p.number(0, len(shape)) :]
    other = p.pick(same) if p.number(0, 1) else p.leaf(narrow)
    build = BINARY[p.pick(list(BINARY))]
    order = [value, other] if p.number(0, 1) else [other, value]
    p.bounded(p.add(MapOp.of(order, lambda a, b: build(a, b).results[0])))


def transpose(p: Program) -> None:
    value = p.value(2)
    rank = len(shape_of(value))
    axes = p.random.sample(range(rank), rank)
    p.add(TransposeOp(value, axes))


def reshape(p: Program) -> None:
    value = p.value()
    shape = list(shape_of(value))
    kind = p.number(0, 2)
    if kind == 0:
        shape.insert(p.number(0, len(shape)), 1)
    elif kind == 1 and len(shape) > 1:
        axis = p.number(0, len(shape) - 2)
        shape[axis : axis + 2] = [shape[axis] * shape[axis + 1]]
    else:
        axis = next((a for a, n in enumerate(shape) if n % 2 == 0), None)
        if axis is not None:
            shape[axis : axis + 1] = [2, shape[axis] // 2]
    p.add(ReshapeOp(value, shape))


def slicing(p: Program) -> None:
    value = p.value(1)
    ranges: list[tuple[int, int, int]] = []
    for n in shape_of(value):
        size = p.number(1, n)
        step = p.number(1, max(1, (n - 1) // max(1, size - 1))) if size > 1 else 1
        span = (size - 1) * step
        if p.number(0, 3) == 0:
            ranges.append((p.number(span, n - 1), size, -step))
        else:
            ranges.append((p.number(0, n - 1 - span), size, step))
    starts, sizes, steps = zip(*ranges, strict=True)
    p.add(SliceOp(value, starts, sizes, steps))


def halves(p: Program) -> None:
    value = p.value(1)
    shape = list(shape_of(value))
    axis = p.number(0, len(shape) - 1)
    if shape[axis] < 2:
        return
    cut = p.number(1, shape[axis] - 1)
    parts: list[SSAValue] = []
    for start, size in ((0, cut), (cut, shape[axis] - cut)):
        starts, sizes = [0] * len(shape), list(shape)
        starts[axis], sizes[axis] = start, size
        parts.append(p.add(SliceOp(value, starts, sizes)))
    p.add(ConcatOp(parts, axis))


def concat(p: Program) -> None:
    value = p.value(1)
    shape = list(shape_of(value))
    axis = p.number(0, len(shape) - 1)
    same = [v for v in p.values if shape_of(v) == tuple(shape)]
    shape[axis] = p.number(1, 3)
    if prod(shape) <= MAX_ELEMENTS // 2:
        p.add(ConcatOp([value, p.pick(same), p.leaf(shape)], axis))


def pad(p: Program) -> None:
    value = p.value(1)
    rank = len(shape_of(value))
    low, high = ([p.number(0, 1) for _ in range(rank)] for _ in range(2))
    if rank > 2:  # as in front of a convolution
        low[:2] = high[:2] = [0, 0]
    p.add(PadOp(value, low, high, FloatAttr(float(p.number(0, 3) == 0), f32)))
    if rank > 2:
        conv(p)


def broadcast(p: Program) -> None:
    value = p.value()
    shape = [p.number(1, 3) if n == 1 else n for n in shape_of(value)]
    wide = [p.number(1, 2), *shape] if p.number(0, 1) else shape
    p.add(BroadcastOp(value, wide))


def gather(p: Program) -> None:
    value = p.value(1)
    axis = p.number(0, len(shape_of(value)) - 1)
    n = shape_of(value)[axis]
    shape = [p.number(1, 3) for _ in range(p.number(0, 2))]
    if p.number(0, 1):
        indices = np.arange(n - n // 2, dtype=np.int64)[:: p.pick([1, -1])]
    else:
        rng = np.random.default_rng(p.number(0, 100))
        indices = rng.integers(-n, n, shape).astype(np.int64)
    constant = ConstantOp(weight_store(p.ctx).add(np.ascontiguousarray(indices), "i"))
    p.block.add_op(constant)
    p.add(GatherOp(value, constant.res, axis))


def reduce(p: Program) -> None:
    value = p.value(1)
    rank = len(shape_of(value))
    axes = sorted(p.random.sample(range(rank), p.number(0, min(2, rank))))
    kind = p.pick(["sum", "max", "min"] if p.exact else ["sum", "mean", "max", "min"])
    keep = bool(p.number(0, 1))
    first = p.add(ReduceOp([value], kind, axes, keepdims=keep))
    if p.number(0, 1) and shape_of(first):
        last = len(shape_of(first)) - 1
        first = p.add(ReduceOp([first], kind, [last], keepdims=keep))
    p.bounded(first)


def matmul(p: Program) -> None:
    value = p.value(2)
    shape = shape_of(value)
    flags = bool(p.number(0, 1)), bool(p.number(0, 1))
    depth = shape[-2] if flags[0] else shape[-1]
    columns = p.number(1, 5)
    weight = p.leaf((columns, depth) if flags[1] else (depth, columns))
    result = p.add(MatmulOp(value, weight, trans_lhs=flags[0], trans_rhs=flags[1]))
    affine(p, result, (columns,))


def conv(p: Program) -> None:
    value = p.value(3)
    if len(shape_of(value)) > 4:
        return
    spatial = shape_of(value)[2:]
    channels, outputs = shape_of(value)[1], p.number(1, 4)
    kernel = [p.number(1, min(3, n)) for n in spatial]
    weight = p.leaf((outputs, channels, *kernel))
    pads = [p.number(0, 1) for _ in (*spatial, *spatial)]
    ones = [1] * len(spatial)
    strides = [p.number(1, 2) for _ in spatial]
    result = p.add(ConvOp(value, weight, strides=strides, pads=pads, dilations=ones))
    affine(p, result, (outputs, *ones))


def affine(p: Program, value: SSAValue, shape: Sequence[int]) -> None:
    """Scale, shift and activation, as after a contraction."""
    for build in (BINARY["multiply"], BINARY["add"]):
        if p.number(0, 1):
            operand = p.leaf(shape)
            value = p.add(MapOp.of([value, operand], lambda a, b, f=build: f(a, b).results[0]))
    p.bounded(value)


def softmax_in_parts(p: Program) -> None:
    value = p.value(1)
    axis = p.number(0, len(shape_of(value)) - 1)
    peak = p.add(ReduceOp([value], "max", [axis]))
    powers = p.add(
        MapOp.of([value, peak], lambda a, b: math.ExpOp(arith.SubfOp(a, b).result).result)
    )
    total = p.add(ReduceOp([powers], "sum", [axis]))
    p.add(MapOp.of([powers, total], lambda a, b: arith.DivfOp(a, b).result))


def norm_in_parts(p: Program) -> None:
    value = p.value(1)
    rank = len(shape_of(value))
    axes = [rank - 1] if p.number(0, 1) or rank < 2 else [rank - 2, rank - 1]
    if p.number(0, 1):
        mean = p.add(ReduceOp([value], "mean", axes))
        value = p.add(MapOp.of([value, mean], lambda a, b: arith.SubfOp(a, b).result))
    squares = p.add(MapOp.of([value], lambda a: math.PowFOp(a, scalar(2)).result))
    variance = p.add(ReduceOp([squares], "mean", axes))
    root = p.add(
        MapOp.of([variance], lambda a: math.SqrtOp(arith.AddfOp(a, scalar(0.01)).result).result)
    )
    normal = p.add(MapOp.of([value, root], lambda a, b: arith.DivfOp(a, b).result))
    affine(p, normal, shape_of(value)[axes[0] :])


def attention_in_parts(p: Program) -> None:
    heads, rows, depth = p.number(1, 2), p.number(1, 4), p.number(1, 4)
    operands = [p.input((1, heads, rows, depth)) for _ in range(3)]
    query, key, value = operands
    if p.number(0, 1):
        query = p.add(MapOp.of([query], lambda a: arith.MulfOp(a, scalar(0.5)).result))
    turned = p.add(TransposeOp(key, [0, 1, 3, 2]))
    scores = p.add(MatmulOp(query, turned))
    scores = p.add(MapOp.of([scores], lambda a: arith.DivfOp(a, scalar(3)).result))
    for shape in ((1, 1, rows, rows), (heads, 1, rows)):
        if p.number(0, 1):
            mask = p.leaf(shape)
            scores = p.add(MapOp.of([scores, mask], lambda a, b: arith.AddfOp(a, b).result))
    weights = p.add(SoftmaxOp(scores, 3))
    p.add(MatmulOp(weights, value))


def two_products(p: Program) -> None:
    value = p.value(2)
    for _ in range(2):
        value = p.add(MatmulOp(value, p.constant((shape_of(value)[-1], p.number(1, 5)))))
    p.bounded(value)


def residual_across_reshape(p: Program) -> None:
    rows, depth, columns = p.number(1, 4), p.number(1, 4), p.number(1, 4)
    product = p.add(MatmulOp(p.input((2 * rows, depth)), p.leaf((depth, columns))))
    split = p.add(ReshapeOp(product, (2, rows, columns)))
    other = p.leaf((2, rows, columns) if p.number(0, 1) else (columns,))
    p.bounded(p.add(MapOp.of([other, split], lambda a, b: arith.AddfOp(a, b).result)))


def filled(p: Program) -> None:
    """One number in many places, moved."""
    shape = [p.number(1, 3) for _ in range(3)]
    value = p.add(BroadcastOp(p.constant([1] * p.number(0, 3)), shape))
    value = p.add(TransposeOp(value, p.random.sample(range(3), 3)))
    other = p.input(shape_of(value))
    p.bounded(p.add(MapOp.of([other, value], lambda a, b: arith.SubfOp(a, b).result)))


EXACT: tuple[Callable[[Program], None], ...] = (
    unary, unary, binary, binary, transpose, reshape, slicing, halves, concat, pad, broadcast,
    gather, reduce, matmul, conv, two_products, residual_across_reshape, filled,
)  # fmt: skip
ALL = (*EXACT, softmax_in_parts, norm_in_parts, attention_in_parts)


def generate(seed: int, exact: bool) -> tuple[Program, ModuleOp]:
    """A module with the generated function, and what it was made with."""
    p = Program(Random(seed), exact)
    p.input([p.number(1, 4) for _ in range(p.number(1, 4))])
    steps = EXACT if exact else ALL
    for _ in range(p.number(1, 8)):
        p.pick(steps)(p)
        p.values = [v for v in p.values if prod(shape_of(v)) <= MAX_ELEMENTS]
        p.values = [v for v in p.values if len(shape_of(v)) <= 5] or [p.input([2, 3])]
    computed = [v for v in p.values if not isinstance(v.owner, Block)]
    outputs = [*computed[-1:], *(v for v in computed[:-1] if p.number(0, 4) == 0)]
    p.block.add_op(func.ReturnOp(*outputs))
    types = [a.type for a in p.block.args], [v.type for v in outputs]
    return p, ModuleOp([func.FuncOp("main", types, Region(p.block))])


def disagreement(old: Array, new: Array, exactness: str) -> str | None:
    """
    Why two results are too far apart. Operands are about 1, so differences are measured against 1
    at least: a sum that happens to cancel has no digits of its own.
    """
    if exactness == "bitwise":
        return mismatch(old, new, exactness)
    unit = np.ones(1, old.dtype)
    return mismatch(np.append(old, unit), np.append(new, unit), "approximate")


@pytest.mark.parametrize("exactness", ["bitwise", "rounding", "approximate"])
@settings(max_examples=60)
@given(seed=st.integers(0, 2**32 - 1))
def test_optimize_keeps_the_numbers(exactness: str, seed: int) -> None:
    program, module = generate(seed, exactness == "bitwise")
    module.verify()
    inputs = [program.array(shape_of(a)) for a in program.block.args]
    before = run(program.ctx, module.clone(), inputs)
    text = str(module)
    OptimizePass(exactness=exactness).apply(program.ctx, module)
    module.verify()
    after = run(program.ctx, module, inputs)
    for old, new in zip(before, after, strict=True):
        reason = disagreement(old, new, exactness)
        assert reason is None, f"{reason}\n{text}\nbecame\n{module}"


@settings(max_examples=12)
@given(seed=st.integers(0, 2**32 - 1))
def test_the_optimized_program_is_the_same_natively(seed: int) -> None:
    program, module = generate(seed, exact=False)
    inputs = [program.array(shape_of(a)) for a in program.block.args]
    before = run(program.ctx, module.clone(), inputs)
    OptimizePass().apply(program.ctx, module)
    text = str(module)
    compilation = Compilation(program.ctx, module, Options(), level="engine")
    engine = Engine(finish(compilation), threads=1, reference=reference_function)
    feeds = {i.name: x for i, x in zip(engine.inputs, inputs, strict=True)}
    for old, new in zip(before, engine.run(feeds).values(), strict=True):
        reason = disagreement(old, new, "rounding")
        assert reason is None, f"{reason}\n{text}"
