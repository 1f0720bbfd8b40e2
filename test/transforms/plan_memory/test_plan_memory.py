"""Memory planning: random programs give the same numbers on tensors and in one arena."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, note, settings
from hypothesis import strategies as st
from xdsl.context import Context
from xdsl.dialects import arith, func
from xdsl.dialects.builtin import ArrayAttr, FloatAttr, FunctionType, ModuleOp, StringAttr, f32
from xdsl.ir import Block, Region, SSAValue
from xdsl.parser import Parser

from stepwell.dialects import make_context
from stepwell.dialects.engine import (
    ConcatOp,
    LayoutAttr,
    MapOp,
    PadOp,
    RelayoutOp,
    ReshapeOp,
    SliceOp,
    SoftmaxOp,
    TransposeOp,
    ViewOp,
)
from stepwell.dialects.engine.base import layout_of, shape_of, tensor
from stepwell.errors import CompileError
from stepwell.interpreters import run
from stepwell.transforms.check_memory_plan import CheckMemoryPlanPass
from stepwell.transforms.plan_memory import PlanMemoryPass

BLOCKED = "aBcd16b"


def _double(block: Block, x: SSAValue) -> SSAValue:
    op = MapOp.of([x], lambda a: arith.AddfOp(a, a).result)
    return _typed(block, op, x)


def _sum(block: Block, x: SSAValue, y: SSAValue) -> SSAValue:
    op = MapOp.of([x, y], lambda a, b: arith.SubfOp(a, b).result)
    return _typed(block, op, x)


def _typed(block: Block, op: Any, like: SSAValue) -> SSAValue:
    """Add an operation whose result has the layout of `like`."""
    kind = type(op)
    typed = kind.create(
        operands=op.operands,
        result_types=[like.type],
        properties=op.properties,
        regions=[r.clone() for r in op.regions],
    )
    for use in list(op.results[0].uses):
        raise AssertionError(use)
    op.erase()
    block.add_op(typed)
    return typed.results[0]


def _tag(value: SSAValue) -> str | None:
    return BLOCKED if layout_of(value).inner else None


def _without(shape: tuple[int, ...], axis: int) -> tuple[int, ...]:
    return shape[:axis] + shape[axis + 1 :]


class Program:
    """A random straight-line program on `[1, C, H, W]` tensors, blocked or not."""

    def __init__(self, draw: Callable[[Any], Any]):
        self.draw = draw
        blocked = draw(st.booleans())
        channels = draw(st.sampled_from([16, 20, 32]))
        type_ = tensor((1, channels, 3, 4), f32, BLOCKED if blocked else None)
        self.block = Block(arg_types=[type_, type_])
        self.values: list[SSAValue] = list(self.block.args)
        for _ in range(draw(st.integers(1, 14))):
            self.step()
        last = [v for v in self.values if not v.uses] or self.values[-1:]
        results = [self.plain(v) for v in last[-3:]]
        if draw(st.booleans()):
            results.append(results[0])
        self.block.add_op(func.ReturnOp(*results))
        types = FunctionType.from_lists(
            [a.type for a in self.block.args], [r.type for r in results]
        )
        main = func.FuncOp("main", types, Region(self.block))
        main.attributes["input_names"] = ArrayAttr([StringAttr("x"), StringAttr("y")])
        names = [StringAttr(f"out{i}") for i in range(len(results))]
        main.attributes["output_names"] = ArrayAttr(names)
        self.module = ModuleOp([main])

    def plain(self, value: SSAValue) -> SSAValue:
        if layout_of(value).row_major:
            return value
        return self.add(RelayoutOp(value, tensor(shape_of(value), f32)))

    def add(self, op: Any) -> SSAValue:
        self.block.add_op(op)
        return op.results[0]

    def pick(self) -> SSAValue:
        return self.values[self.draw(st.integers(0, len(self.values) - 1))]

    def step(self) -> None:
        x = self.pick()
        kind = self.draw(
            st.sampled_from(
                ["double", "sum", "concat", "pad", "slice", "reshape", "transpose", "softmax"]
            )
        )
        made = getattr(self, f"make_{kind}")(x)
        if made is not None:
            self.values.append(made)

    def make_double(self, x: SSAValue) -> SSAValue:
        return _double(self.block, x)

    def make_sum(self, x: SSAValue) -> SSAValue | None:
        same = [v for v in self.values if v.type == x.type]
        return _sum(self.block, x, same[self.draw(st.integers(0, len(same) - 1))])

    def make_concat(self, x: SSAValue) -> SSAValue | None:
        shape = shape_of(x)
        axis = self.draw(st.integers(0, len(shape) - 1))
        fitting = [
            v
            for v in self.values
            if _tag(v) == _tag(x)
            and len(shape_of(v)) == len(shape)
            and _without(shape_of(v), axis) == _without(shape, axis)
        ]
        index = st.integers(0, len(fitting) - 1)
        parts = [fitting[i] for i in self.draw(st.lists(index, min_size=1, max_size=3))]
        total = sum(shape_of(v)[axis] for v in parts)
        if total > 128:
            return None
        joined = tuple(total if i == axis else n for i, n in enumerate(shape))
        return self.add(ConcatOp(parts, axis, tensor(joined, f32, _tag(x))))

    def make_pad(self, x: SSAValue) -> SSAValue | None:
        shape = shape_of(x)
        low, high = ([0] * len(shape) for _ in range(2))
        for axis in range(len(shape)):
            if not (axis == 1 and _tag(x)) and shape[axis] < 40:
                low[axis], high[axis] = self.draw(st.integers(0, 2)), self.draw(st.integers(0, 2))
        padded = tuple(n + a + b for n, a, b in zip(shape, low, high, strict=True))
        value = FloatAttr(1.5, f32)
        return self.add(PadOp(x, low, high, value, "constant", tensor(padded, f32, _tag(x))))

    def make_slice(self, x: SSAValue) -> SSAValue:
        starts, sizes, steps = [], [], []
        for axis, n in enumerate(shape_of(x)):
            whole = axis == 1 and _tag(x) is not None
            start = 0 if whole else self.draw(st.integers(0, n - 1))
            step = 1 if whole else self.draw(st.sampled_from([1, 1, 2]))
            starts.append(start)
            steps.append(step)
            sizes.append(n if whole else (n - start - 1) // step + 1)
        return self.add(SliceOp(x, starts, sizes, steps, tensor(tuple(sizes), f32, _tag(x))))

    def make_reshape(self, x: SSAValue) -> SSAValue | None:
        if _tag(x) is not None:
            return None
        n = int(np.prod(shape_of(x)))
        return self.add(ReshapeOp(x, self.draw(st.sampled_from([(n,), (1, n), (1, 1, 1, n)]))))

    def make_transpose(self, x: SSAValue) -> SSAValue | None:
        if _tag(x) is not None:
            return None
        rank = len(shape_of(x))
        permutation = self.draw(st.permutations(range(rank)))
        tag = "".join("abcd"[permutation.index(i)] for i in range(rank))
        shape = tuple(shape_of(x)[p] for p in permutation)
        viewed = self.add(TransposeOp(x, permutation, tensor(shape, f32, tag)))
        return self.plain(viewed)

    def make_softmax(self, x: SSAValue) -> SSAValue | None:
        if _tag(x) is not None:
            return None
        return self.add(SoftmaxOp(x, len(shape_of(x)) - 1))


def _inputs(module: ModuleOp) -> list[np.ndarray[Any, Any]]:
    [main] = module.ops
    assert isinstance(main, func.FuncOp)
    random = np.random.default_rng(0)
    return [random.standard_normal(shape_of(a)).astype(np.float32) for a in main.body.block.args]


@settings(max_examples=100, deadline=None, print_blob=False)
@given(st.data())
def test_planned_programs_compute_the_same(data: st.DataObject) -> None:
    program = Program(data.draw)
    ctx, module = make_context(), program.module
    module.verify()
    note(str(module))
    inputs = _inputs(module)
    expected = run(ctx, module, inputs)
    PlanMemoryPass().apply(ctx, module)
    module.verify()
    note(str(module))
    CheckMemoryPlanPass().apply(ctx, module)
    for found, wanted in zip(run(ctx, module, inputs), expected, strict=True):
        # numpy adds in another order along other strides; a wrong plan is off by far more.
        np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-6)


PROGRAM = """
func.func @main(%x: tensor<1x16x4x4xf32>) -> tensor<1x16x4x4xf32> {
  %a = engine.softmax %x {axis = 3 : i64} : tensor<1x16x4x4xf32> -> tensor<1x16x4x4xf32>
  %b = engine.softmax %a {axis = 2 : i64} : tensor<1x16x4x4xf32> -> tensor<1x16x4x4xf32>
  %c = engine.map ins(%a, %b : tensor<1x16x4x4xf32>, tensor<1x16x4x4xf32>) -> tensor<1x16x4x4xf32> {
  ^bb0(%p: f32, %q: f32):
    %0 = arith.addf %p, %q : f32
    engine.yield %0 : f32
  }
  func.return %c : tensor<1x16x4x4xf32>
}
"""


def _planned() -> tuple[Context, ModuleOp]:
    ctx = make_context()
    module = Parser(ctx, PROGRAM).parse_module()
    PlanMemoryPass().apply(ctx, module)
    return ctx, module


def test_the_checker_finds_an_overlap() -> None:
    ctx, module = _planned()
    views = [op for op in module.walk() if isinstance(op, ViewOp)]
    assert len(views) == 2
    assert views[0].offset is not None
    views[1].properties["offset"] = views[0].offset
    with pytest.raises(CompileError, match=r"engine\.map: operand %a was overwritten by %b"):
        CheckMemoryPlanPass().apply(ctx, module)


def test_the_checker_finds_what_nobody_wrote() -> None:
    ctx, module = _planned()
    first = next(op for op in module.walk() if isinstance(op, SoftmaxOp))
    first.detach()
    first.erase()
    with pytest.raises(CompileError, match="reads bytes that nobody has written"):
        CheckMemoryPlanPass().apply(ctx, module)


def test_an_unknown_size_is_refused() -> None:
    ctx = make_context()
    text = PROGRAM.replace("1x16x4x4", "?x16x4x4")
    module = Parser(ctx, text).parse_module()
    with pytest.raises(CompileError, match="not numbers"):
        PlanMemoryPass().apply(ctx, module)


def test_layouts_are_kept_in_memref_types() -> None:
    _, module = _planned()
    assert not any(isinstance(r.type, LayoutAttr) for op in module.walk() for r in op.results)
    assert "memref<" in str(module)
