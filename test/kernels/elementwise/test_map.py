"""Elementwise kernels: broadcasting, mixed layouts, strided buffers, types and tails."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from xdsl.builder import ImplicitBuilder
from xdsl.dialects import arith, math
from xdsl.dialects.builtin import FloatAttr, f32, f64, i1, i8, i32, i64
from xdsl.ir import Attribute, Region, SSAValue

from stepwell.dialects.engine import MapOp
from stepwell.dialects.engine.base import YieldOp, scalar_block
from stepwell.interpreters.engine.semantics import evaluate
from stepwell.kernels.elementwise.map import MapTemplate
from stepwell.targets.target import Target
from stepwell.test.kernels.harness import choices_of, planned_op, run_kernel, targets
from stepwell.test.kernels.memory import Operand, Result, wider_strides

Scalars = list[SSAValue]


def _region(elements: list[Attribute], build: Callable[[Scalars], SSAValue]) -> Region:
    block = scalar_block(elements)
    with ImplicitBuilder(block):
        YieldOp(build(list(block.args)))
    return Region(block)


def _weighted_sum(arguments: Scalars) -> SSAValue:
    """`(a0 * 2 + a1) * 2 + a2 ...`: tells the operands apart."""
    two = arith.ConstantOp(FloatAttr(2.0, f32)).result
    total = arguments[0]
    for argument in arguments[1:]:
        total = arith.AddfOp(arith.MulfOp(total, two).result, argument).result
    return total


def _check(
    elements: list[Attribute],
    build: Callable[[Scalars], SSAValue],
    operands: list[Operand],
    result: Result,
    target: Target | None = None,
) -> None:
    def make(ins: list[SSAValue], outs: list[SSAValue]) -> MapOp:
        return MapOp(ins, _region(elements, build), outs=outs)

    op, keep = planned_op(make, operands, [result])
    [expected] = evaluate(op, *(o.array for o in operands))
    [found] = run_kernel(make, operands, [result], target, MapTemplate())
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)
    assert found.dtype == expected.dtype
    del keep


TAGS = [None, "abcd", "aBcd16b", "aBcd8b", "acdb", "badc"]


@settings(max_examples=30, deadline=None)
@given(data=st.data())
@pytest.mark.parametrize("target", targets(), ids=lambda t: t.name)
def test_broadcast_and_layouts(target: Target, data: st.DataObject) -> None:
    """Operands of any broadcast shape and layout, in gapped buffers, against any result."""
    draw = data.draw
    shape = tuple(draw(st.integers(1, n)) for n in (2, 37, 7, 19))
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    block = draw(st.sampled_from(["16b", "8b"]))
    tags = [t for t in TAGS if t is None or "B" not in t or t.endswith(block)]
    result_tag = draw(st.sampled_from(tags))
    operands: list[Operand] = []
    for _ in range(draw(st.integers(1, 3))):
        kept = tuple(n if draw(st.integers(0, 3)) else 1 for n in shape)
        drop = draw(st.integers(0, 2))
        if drop and all(n == 1 for n in kept[:drop]):
            kept = kept[drop:]
        tag = draw(st.sampled_from([result_tag, *tags])) if len(kept) == 4 else None
        margin = (0, 1, 1, 2, 0) if tag is not None and "B" in tag else (0, 1, 1, 2)
        strides = (
            wider_strides(kept, tag, margin) if len(kept) == 4 and draw(st.booleans()) else None
        )
        operands.append(Operand(rng.standard_normal(kept).astype(np.float32), tag, strides))
    operands.append(Operand(rng.standard_normal(shape).astype(np.float32), result_tag))
    margin = (1, 0, 2, 1, 0) if result_tag is not None and "B" in result_tag else (1, 0, 2, 1)
    strides = wider_strides(shape, result_tag, margin) if draw(st.booleans()) else None
    result = Result(shape, np.float32, result_tag, strides)
    _check([f32] * len(operands), _weighted_sum, operands, result, target)


@pytest.mark.parametrize("size", [1, 3, 16, 63, 64, 65, 1000, 100_000])
def test_flat_sizes(size: int) -> None:
    """Unrolled, single and masked vectors; large ones in several chunks."""
    rng = np.random.default_rng(size)
    x, y = (rng.standard_normal(size).astype(np.float32) for _ in range(2))
    _check([f32, f32], _weighted_sum, [Operand(x), Operand(y)], Result((size,)))


def test_scalars_and_nothing() -> None:
    """Rank zero, and no element at all."""
    one = np.array(3, np.float32)
    _check([f32, f32], _weighted_sum, [Operand(one), Operand(one)], Result(()))
    none = np.zeros((3, 0), np.float32)
    _check([f32, f32], _weighted_sum, [Operand(none), Operand(none)], Result((3, 0)))


def test_in_place() -> None:
    """The result may lie where an operand lay."""
    x = np.arange(100, dtype=np.float32)

    def make(ins: list[SSAValue], outs: list[SSAValue]) -> MapOp:
        return MapOp(ins, _region([f32, f32], _weighted_sum), outs=outs)

    operands = [Operand(x), Operand(np.ones(1, np.float32))]
    [found] = run_kernel(make, operands, [Result((100,), alias=0)], None, MapTemplate())
    np.testing.assert_array_equal(found, 2 * x + 1)


def _compare(a: Scalars) -> SSAValue:
    return arith.CmpfOp(a[0], a[1], "olt").result


def _select(a: Scalars) -> SSAValue:
    return arith.SelectOp(a[0], a[1], a[2]).result


@pytest.mark.parametrize("n", [5, 64, 77])
def test_booleans(n: int) -> None:
    """Booleans are bytes in memory and bits in registers."""
    rng = np.random.default_rng(n)
    x, y = (rng.standard_normal((3, n)).astype(np.float32) for _ in range(2))
    _check([f32, f32], _compare, [Operand(x), Operand(y)], Result((3, n), np.bool_))
    mask = rng.random((3, 1)) < 0.5
    _check([i1, f32, f32], _select, [Operand(mask), Operand(x), Operand(y)], Result((3, n)))
    mask = rng.random((3, n)) < 0.5
    _check([i1, f32, f32], _select, [Operand(mask), Operand(x), Operand(y)], Result((3, n)))
    other = rng.random((3, n)) < 0.5
    _check(
        [i1, i1],
        lambda a: arith.AndIOp(a[0], a[1]).result,
        [Operand(mask), Operand(other)],
        Result((3, n), np.bool_),
    )


@pytest.mark.parametrize("n", [1, 7, 40, 133])
def test_mixed_widths(n: int) -> None:
    """A vector holds as many lanes of the narrow type as of the wide one."""
    rng = np.random.default_rng(n)
    x = rng.integers(-100, 100, n)
    _check(
        [i8],
        lambda a: arith.SIToFPOp(a[0], f32).result,
        [Operand(x.astype(np.int8))],
        Result((n,)),
    )
    _check(
        [i64, f64],
        lambda a: arith.AddfOp(arith.SIToFPOp(a[0], f64).result, a[1]).result,
        [Operand(x.astype(np.int64)), Operand(x.astype(np.float64))],
        Result((n,), np.float64),
    )
    _check(
        [f32],
        lambda a: arith.FPToSIOp(a[0], i64).result,
        [Operand(x.astype(np.float32))],
        Result((n,), np.int64),
    )


def test_integer_division_does_not_trap() -> None:
    """Lanes past the end divide by nothing."""
    x = np.arange(1, 38, dtype=np.int32)
    _check(
        [i32, i32],
        lambda a: arith.DivSIOp(a[0], a[1]).result,
        [Operand(x * 7), Operand(x)],
        Result((37,), np.int32),
    )


def test_math() -> None:
    """Functions of `math` are expanded afterwards."""
    x = np.linspace(-5, 5, 203).astype(np.float32).reshape(7, 29)
    _check([f32], lambda a: math.TanhOp(a[0]).result, [Operand(x)], Result((7, 29)))


def test_layouts() -> None:
    """Any layout will do."""
    x = np.zeros((2, 3), np.float32)

    def make(ins: list[SSAValue], outs: list[SSAValue]) -> MapOp:
        return MapOp(ins, _region([f32], _weighted_sum), outs=outs)

    op, keep = planned_op(make, [Operand(x)], [Result((2, 3))])
    [choice] = choices_of(MapTemplate(), op, Target.host())
    assert choice.sources == ("*",)
    assert choice.results == ("*",)
    del keep
