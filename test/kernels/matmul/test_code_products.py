"""Products of codes of eight bits: every bit of the integer definition, on each kind of x86."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from xdsl.dialects import arith, math
from xdsl.dialects.builtin import FloatAttr, f32, i8, i32
from xdsl.ir import Region

from stepwell.dialects.engine import MatmulOp
from stepwell.kernels.matmul.cost import open_vectors
from stepwell.kernels.matmul.plan import TiledPlan
from stepwell.kernels.matmul.problem import panel_layout
from stepwell.kernels.matmul.template import MatmulTemplate
from stepwell.targets.target import Target
from stepwell.test.conversion.kernels_to_llvm.test_narrow_floats import runnable
from stepwell.test.kernels.general import Buffer, check_general
from stepwell.test.kernels.harness import planned_op, run_kernel, scalar_region, targets
from stepwell.test.kernels.memory import Operand, Result, wider_strides

RNG = np.random.default_rng(11)
sizes = st.sampled_from([1, 2, 7, 13, 17, 33, 50])
depths = st.sampled_from([4, 8, 12, 60, 260])
elements = st.sampled_from([np.uint8, np.int8])
KINDS = [*targets(), Target.parse("x86-64-v4")] if len(targets()) > 1 else targets()


def codes(dtype: Any, *shape: int) -> Any:
    """Random codes, a few rows of which are extremes."""
    info = np.iinfo(dtype)
    found = RNG.integers(info.min, info.max + 1, shape).astype(dtype)
    found[..., 0, :] = info.max
    return found


def product(x: Any, w: Any) -> Any:
    return (x.astype(np.int64) @ w.astype(np.int64)).astype(np.int32)


def swap(array: Any) -> Any:
    return np.ascontiguousarray(np.swapaxes(array, -1, -2))


@pytest.mark.parametrize("target", KINDS, ids=lambda t: t.name)
@given(data=st.data(), m=sizes, n=sizes, k=depths)
@settings(max_examples=4, deadline=None, derandomize=True)
def test_products_are_exact(target: Target, data: st.DataObject, m: int, n: int, k: int) -> None:
    """Packed constants and computed operands, any signs, strides and widths of panels."""
    left, right = data.draw(elements), data.draw(elements)
    trans_lhs, trans_rhs = data.draw(st.booleans()), data.draw(st.booleans())
    constant, margin = data.draw(st.booleans()), data.draw(st.sampled_from([0, 3]))
    width = data.draw(st.sampled_from([1, 2, 3])) * target.vector_bits // 32
    batch = () if constant else data.draw(st.sampled_from([(), (2,)]))
    x, w = codes(left, *batch, m, k), codes(right, *batch, k, n)
    a, b = (swap(x) if trans_lhs else x), (swap(w) if trans_rhs else w)
    layout = panel_layout(2, trans_rhs, width, codes=True) if constant else None
    rank = len(batch) + 2
    strides = wider_strides(a.shape, None, (0,) * (rank - 1) + (margin,))
    [y] = run_kernel(
        lambda ins, outs: MatmulOp(
            ins[0],
            ins[1],
            trans_lhs=trans_lhs,
            trans_rhs=trans_rhs,
            accumulator=i32,
            outs=outs,
        ),
        [Operand(a, strides=strides), Operand(b, layout, constant=constant)],
        [Result((*batch, m, n), np.int32)],
        target,
    )
    np.testing.assert_array_equal(y, product(x, w))


@pytest.mark.parametrize("name", ["x86-64-v4", "x86-64-v3"])
@pytest.mark.parametrize(("m", "n", "k"), [(30, 70, 3200), (1, 70, 64), (29, 40, 20)])
def test_pairs_wait_block_by_block(name: str, m: int, n: int, k: int) -> None:
    """Rows so deep that pairs of a few tiles fill the scratch; one row, which has no pairs."""
    target = runnable(name)
    x, w = codes(np.uint8, m, k), codes(np.int8, k, n)
    operands = [
        Operand(x),
        Operand(w, panel_layout(2, False, target.vector_bits // 16, codes=True)),
    ]
    results = [Result((m, n), np.int32)]

    def make(ins: Any, outs: Any) -> MatmulOp:
        return MatmulOp(ins[0], ins[1], accumulator=i32, outs=outs)

    op, keep = planned_op(make, operands, results)
    assert isinstance(op, MatmulOp)
    plan = MatmulTemplate().plan(op, target)
    del keep
    assert isinstance(plan, TiledPlan)
    assert (plan.split is not None) == (m > 1)
    if k == 3200:
        assert plan.row_block is not None
    [y] = run_kernel(make, operands, results, target)
    np.testing.assert_array_equal(y, product(x, w))


def requantized() -> Region:
    """The code of an accumulator: times a factor, rounded, clamped."""

    def body(acc: Any, factor: Any) -> Any:
        scaled = arith.MulfOp(arith.SIToFPOp(acc, f32), factor)
        low, high = (arith.ConstantOp(FloatAttr(n, f32)) for n in (0.0, 255.0))
        clamped = arith.MinimumfOp(arith.MaximumfOp(scaled, low), high)
        return arith.FPToUIOp(math.RoundEvenOp(clamped), i8)

    return scalar_region([i32, f32], body)


@pytest.mark.parametrize("target", KINDS, ids=lambda t: t.name)
def test_open_rows_and_an_epilogue_that_gives_codes(target: Target) -> None:
    """One kernel for any number of rows, of codes whose sum is deep; results are codes again."""
    depth, columns = 3200, 50
    lanes = target.vector_bits // 32
    w = codes(np.int8, depth, columns)
    layout = panel_layout(2, False, open_vectors(columns, lanes, target) * lanes, codes=True)
    factors = RNG.uniform(1e-6, 1e-5, columns).astype(np.float32)
    check_general(
        lambda ins, outs: MatmulOp(
            ins[0],
            ins[1],
            accumulator=i32,
            epilogue_operands=ins[2:],
            epilogue=requantized(),
            outs=outs,
        ),
        [
            Buffer(("M", depth), np.uint8, values=lambda rng, shape: rng.integers(0, 256, shape)),
            Buffer((depth, columns), np.int8, layout, constant=w),
            Buffer((columns,), constant=factors),
        ],
        [Buffer(("M", columns), np.uint8)],
        target=target,
        tolerance=0.0,
    )
