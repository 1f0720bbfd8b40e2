"""Matrix products against numpy in float64: odd sizes, layouts, strides, batches, epilogues."""

from dataclasses import replace
from math import erf
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from xdsl.dialects import arith, math
from xdsl.dialects.builtin import FloatAttr, f32, i1
from xdsl.ir import Region

from stepwell.dialects.engine import MatmulOp
from stepwell.dialects.memref_prefetch import PrefetchOp
from stepwell.kernels.builder import KernelBuilder
from stepwell.kernels.common.register_tile import most_rows
from stepwell.kernels.matmul.cost import panel_vectors
from stepwell.kernels.matmul.prefetch import panel_parts
from stepwell.kernels.matmul.problem import MatmulProblem, panel_layout
from stepwell.kernels.matmul.template import MatmulTemplate
from stepwell.targets.target import Target
from stepwell.test.kernels.harness import plan_with, planned_op, run_kernel, scalar_region, targets
from stepwell.test.kernels.memory import Operand, Result, wider_strides

RNG = np.random.default_rng(7)
TOLERANCE = 4e-6
FAR = replace(Target.host(), l1_bytes=32 << 10)
LANES = FAR.vector_bits // 32
sizes = st.sampled_from([1, 2, 3, 4, 7, 9, 13, 16, 17, 31, 33, 48, 50, 65])


def normal(*shape: int) -> Any:
    return RNG.standard_normal(shape, np.float32)


def swap(array: Any) -> Any:
    return np.ascontiguousarray(np.swapaxes(array, -1, -2))


def assert_close(found: Any, expected: Any) -> None:
    scale = max(1.0, float(np.abs(expected).max(initial=0)))
    np.testing.assert_allclose(found, expected, rtol=0, atol=TOLERANCE * scale)


@pytest.mark.parametrize("target", targets(), ids=lambda t: t.name)
@given(data=st.data(), m=sizes, n=sizes, k=sizes)
@settings(max_examples=12, deadline=None, derandomize=True)
def test_packed_constant(target: Target, data: st.DataObject, m: int, n: int, k: int) -> None:
    trans_lhs, trans_rhs = data.draw(st.booleans()), data.draw(st.booleans())
    vectors = panel_vectors(m, n, k, target.vector_bits // 32, 4, target)
    layout = panel_layout(2, trans_rhs, vectors * target.vector_bits // 32)
    margin = data.draw(st.sampled_from([0, 3]))
    x, w = normal(m, k), normal(k, n)
    left = swap(x) if trans_lhs else x
    [y] = run_kernel(
        lambda ins, outs: MatmulOp(
            ins[0], ins[1], trans_lhs=trans_lhs, trans_rhs=trans_rhs, outs=outs
        ),
        [
            Operand(left, strides=wider_strides(left.shape, None, (0, margin))),
            Operand(swap(w) if trans_rhs else w, layout, constant=True),
        ],
        [Result((m, n), strides=wider_strides((m, n), None, (1, 2 * margin)))],
        target,
    )
    assert_close(y, x.astype(np.float64) @ w)


@pytest.mark.parametrize("target", targets(), ids=lambda t: t.name)
@given(data=st.data(), m=sizes, n=sizes, k=sizes)
@settings(max_examples=12, deadline=None, derandomize=True)
def test_computed_right_operand(
    target: Target, data: st.DataObject, m: int, n: int, k: int
) -> None:
    """In place, packed by transposition, or as dot products; batches broadcast both ways."""
    trans = data.draw(st.booleans())
    left_batch, right_batch = data.draw(
        st.sampled_from([((), ()), ((3,), (3,)), ((2, 3), (3,)), ((1,), (2,)), ((2, 1), (1, 2))])
    )
    x, w = normal(*left_batch, m, k), normal(*right_batch, k, n)
    batch = np.broadcast_shapes(left_batch, right_batch)
    [y] = run_kernel(
        lambda ins, outs: MatmulOp(ins[0], ins[1], trans_rhs=trans, outs=outs),
        [Operand(x), Operand(swap(w) if trans else w)],
        [Result((*batch, m, n))],
        target,
    )
    assert_close(y, x.astype(np.float64) @ w)


@pytest.mark.parametrize(
    ("m", "n", "k", "trans"), [(5, 7, 700, True), (1, 30, 40, True), (2, 9, 3000, True)]
)
def test_long_sums(m: int, n: int, k: int, trans: bool) -> None:
    """Dot products, and panels too deep for the stack."""
    x, w = normal(m, k), normal(k, n)
    [y] = run_kernel(
        lambda ins, outs: MatmulOp(ins[0], ins[1], trans_rhs=trans, outs=outs),
        [Operand(x), Operand(swap(w))],
        [Result((m, n))],
    )
    assert_close(y, x.astype(np.float64) @ w)


def test_depth_beyond_scratch_and_no_unit_stride() -> None:
    """Neither dimension of the right operand is contiguous, and no panel of it fits the stack."""
    x, w = normal(3, 2500), normal(2500, 5)
    strides = tuple(2 * s for s in wider_strides((2500, 5), "ba", (0, 0)))
    [y] = run_kernel(
        lambda ins, outs: MatmulOp(ins[0], ins[1], outs=outs),
        [Operand(x), Operand(w, "ba", strides)],
        [Result((3, 5))],
    )
    assert_close(y, x.astype(np.float64) @ w)


@pytest.mark.parametrize("target", targets(), ids=lambda t: t.name)
def test_heads_as_transposed_views(target: Target) -> None:
    """[B, H, S, D] stored as [B, S, H, D], as attention's operands are."""
    q, k = normal(2, 3, 20, 8), normal(2, 3, 17, 8)
    [y] = run_kernel(
        lambda ins, outs: MatmulOp(ins[0], ins[1], trans_rhs=True, outs=outs),
        [Operand(q, "acbd"), Operand(k, "acbd")],
        [Result((2, 3, 20, 17), layout="acbd")],
        target,
    )
    assert_close(y, q.astype(np.float64) @ np.swapaxes(k, -1, -2))


def bias_and_relu() -> Region:
    def body(acc: Any, bias: Any, residual: Any) -> Any:
        total = arith.AddfOp(arith.AddfOp(acc, bias), residual)
        constant = arith.ConstantOp(FloatAttr(0.0, f32))
        return arith.MaximumfOp(total, constant)

    return scalar_region([f32, f32, f32], body)


def gelu_like() -> Region:
    """Long enough to be built once, in a loop over the rows of a tile."""

    def body(acc: Any, bias: Any) -> Any:
        value = arith.AddfOp(acc, bias)
        return arith.MulfOp(value, arith.AddfOp(math.TanhOp(value), math.ErfOp(value)))

    return scalar_region([f32, f32], body)


@pytest.mark.parametrize("target", targets(), ids=lambda t: t.name)
@pytest.mark.parametrize(("m", "n"), [(1, 20), (12, 37), (30, 96)])
def test_bias_residual_relu(target: Target, m: int, n: int) -> None:
    x, w, bias, residual = normal(m, 24), normal(24, n), normal(n), normal(m, n)
    lanes = target.vector_bits // 32
    [y] = run_kernel(
        lambda ins, outs: MatmulOp(
            ins[0], ins[1], epilogue_operands=ins[2:], epilogue=bias_and_relu(), outs=outs
        ),
        [
            Operand(x),
            Operand(w, f"Ba{2 * lanes}b", constant=True),
            Operand(bias, constant=True),
            Operand(residual, strides=(n + 5, 1)),
        ],
        [Result((m, n))],
        target,
    )
    assert_close(y, np.maximum(x.astype(np.float64) @ w + bias + residual, 0))


@pytest.mark.parametrize("target", targets(), ids=lambda t: t.name)
def test_epilogue_in_a_loop(target: Target) -> None:
    """A column bias (stride 0 along the vector) and an activation of many operations."""
    x, w, bias = normal(2, 13, 9), normal(9, 21), normal(13, 1)
    lanes = target.vector_bits // 32
    [y] = run_kernel(
        lambda ins, outs: MatmulOp(
            ins[0], ins[1], epilogue_operands=ins[2:], epilogue=gelu_like(), outs=outs
        ),
        [Operand(x), Operand(w, f"Ba{2 * lanes}b", constant=True), Operand(bias)],
        [Result((2, 13, 21))],
        target,
    )
    value = x.astype(np.float64) @ w + bias
    assert_close(y, value * (np.tanh(value) + np.vectorize(erf)(value)))


def test_epilogue_changes_the_element_type() -> None:
    """Comparisons give bytes 0 and 1."""
    x, w = normal(5, 6), normal(6, 40)

    def positive(acc: Any) -> Any:
        return arith.CmpfOp(acc, arith.ConstantOp(FloatAttr(0.0, f32)), "ogt")

    [y] = run_kernel(
        lambda ins, outs: MatmulOp(
            ins[0], ins[1], epilogue=scalar_region([f32], positive), outs=outs
        ),
        [Operand(x), Operand(w)],
        [Result((5, 40), np.bool_)],
    )
    assert y.dtype == np.bool_
    np.testing.assert_array_equal(y, x @ w > 0)


def test_epilogue_reads_booleans() -> None:
    x, w, keep = normal(5, 6), normal(6, 40), RNG.random((5, 40)) > 0.5

    def masked(acc: Any, kept: Any) -> Any:
        return arith.SelectOp(kept, acc, arith.ConstantOp(FloatAttr(0.0, f32)))

    [y] = run_kernel(
        lambda ins, outs: MatmulOp(
            ins[0],
            ins[1],
            epilogue_operands=ins[2:],
            epilogue=scalar_region([f32, i1], masked),
            outs=outs,
        ),
        [Operand(x), Operand(w), Operand(keep)],
        [Result((5, 40))],
    )
    assert_close(y, np.where(keep, x.astype(np.float64) @ w, 0))


@pytest.mark.parametrize("trans", [False, True])
@pytest.mark.parametrize(("m", "n"), [(1, 1), (13, 1), (5, 2), (19, 3)])
def test_narrow_constants(m: int, n: int, trans: bool) -> None:
    """Columns are contiguous, vectors lie along the sum; the epilogue runs on scalars."""
    x, w, bias, residual = normal(m, 70), normal(70, n), normal(n), normal(m, n)
    [y] = run_kernel(
        lambda ins, outs: MatmulOp(
            ins[0],
            ins[1],
            trans_rhs=trans,
            epilogue_operands=ins[2:],
            epilogue=bias_and_relu(),
            outs=outs,
        ),
        [
            Operand(x),
            Operand(swap(w) if trans else w, None if trans else "ba", constant=True),
            Operand(bias, constant=True),
            Operand(residual),
        ],
        [Result((m, n))],
    )
    assert_close(y, np.maximum(x.astype(np.float64) @ w + bias + residual, 0))


@pytest.mark.parametrize("trans", [False, True])
@pytest.mark.parametrize(
    ("left", "right"), [((3, 5, 6), (3, 6, 20)), ((3, 5, 6), (1, 6, 20)), ((5, 6), (2, 6, 20))]
)
def test_packed_batches(left: tuple[int, ...], right: tuple[int, ...], trans: bool) -> None:
    """Constants with batch dimensions, their own or broadcast."""
    x, w = normal(*left), normal(*right)
    [y] = run_kernel(
        lambda ins, outs: MatmulOp(ins[0], ins[1], trans_rhs=trans, outs=outs),
        [
            Operand(x),
            Operand(swap(w) if trans else w, panel_layout(3, trans, 32), constant=True),
        ],
        [Result((x @ w).shape)],
    )
    assert_close(y, x.astype(np.float64) @ w)


@pytest.mark.parametrize("trans", [False, True])
@pytest.mark.parametrize(("m", "n", "k"), [(0, 4, 3), (4, 0, 3), (4, 5, 0)])
def test_empty(m: int, n: int, k: int, trans: bool) -> None:
    """A sum over nothing is zero, and the epilogue still runs."""
    x, w = normal(m, k), normal(n, k) if trans else normal(k, n)
    [y] = run_kernel(
        lambda ins, outs: MatmulOp(ins[0], ins[1], trans_rhs=trans, outs=outs),
        [Operand(x), Operand(w)],
        [Result((m, n))],
    )
    np.testing.assert_array_equal(y, np.zeros((m, n), np.float32))


@pytest.mark.parametrize("dtype", [np.float64, np.int32, np.int64])
def test_other_element_types(dtype: Any) -> None:
    x = RNG.integers(-9, 9, (7, 11)).astype(dtype)
    w = RNG.integers(-9, 9, (11, 19)).astype(dtype)
    [y] = run_kernel(
        lambda ins, outs: MatmulOp(ins[0], ins[1], outs=outs),
        [Operand(x), Operand(w)],
        [Result((7, 19), dtype)],
    )
    np.testing.assert_array_equal(y, x @ w)


def test_partial_sums_bound_the_error() -> None:
    """Sums of 3072 terms stay within about an ulp of the largest result per partial sum."""
    x, w = normal(4, 3072), normal(3072, 32)
    [y] = run_kernel(
        lambda ins, outs: MatmulOp(ins[0], ins[1], outs=outs),
        [Operand(x), Operand(w, "Ba32b", constant=True)],
        [Result((4, 32))],
    )
    expected = x.astype(np.float64) @ w
    assert np.abs(y - expected).max() < 2e-6 * np.abs(expected).max()


def _far_product(m: int, n: int, k: int, batch: tuple[int, ...] = ()) -> tuple[Any, Any, Any]:
    """An operation over a packed constant, and its operands as arrays."""
    x, w = normal(*batch, m, k), normal(*batch, k, n)
    rank = len(batch) + 2
    layout = panel_layout(rank, False, panel_vectors(m, n, k, LANES, 4, FAR) * LANES)
    return x, w, ([Operand(x), Operand(w, layout, constant=True)], [Result((*batch, m, n))])


@pytest.mark.parametrize(("m", "n", "k"), [(1, 700, 801), (5, 801, 700), (30, 650, 811)])
def test_panels_are_asked_for_early(m: int, n: int, k: int) -> None:
    """Weights that do not stay in the second-level cache; odd depths and a narrow last panel."""
    x, w, (operands, results) = _far_product(m, n, k)
    [y] = run_kernel(lambda ins, outs: MatmulOp(ins[0], ins[1], outs=outs), operands, results, FAR)
    assert_close(y, x.astype(np.float64) @ w)
    assert _prefetches(operands, results) > 0


@pytest.mark.parametrize("target", targets(), ids=lambda t: t.name)
@pytest.mark.parametrize(
    ("m", "n", "k", "batch"), [(29, 70, 1601, ()), (40, 33, 2500, (2,)), (61, 300, 3072, ())]
)
def test_runs_over_a_chunk(target: Target, m: int, n: int, k: int, batch: tuple[int, ...]) -> None:
    """Deep sums of several tiles: runs of unequal length, an epilogue, a narrow last panel."""
    lanes = target.vector_bits // 32
    vectors = panel_vectors(m, n, k, lanes, 4, target)
    layout = panel_layout(2 + len(batch), False, vectors * lanes)
    x, w, bias = normal(*batch, m, k), normal(*batch, k, n), normal(n)
    region = scalar_region([f32, f32], lambda acc, b: arith.AddfOp(acc, b))
    operands = [Operand(x), Operand(w, layout, constant=True), Operand(bias)]
    [y] = run_kernel(
        lambda ins, outs: MatmulOp(
            ins[0], ins[1], epilogue_operands=ins[2:], epilogue=region.clone(), outs=outs
        ),
        operands,
        [Result((*batch, m, n))],
        target,
    )
    assert_close(y, x.astype(np.float64) @ w + bias)


def test_chunks_of_panels_are_even() -> None:
    for panels in (1, 5, 11, 16, 24, 63, 64, 1571):
        parts = panel_parts(panels, 32)
        sizes = [panels * (i + 1) // parts - panels * i // parts for i in range(parts)]
        halves = [sum(sizes[0::2]), sum(sizes[1::2])]
        assert 1 <= parts <= min(panels, 32)
        assert max(halves) - min(halves) <= max(1, panels // 8)


def test_near_panels_and_batches_are_not_asked_for() -> None:
    """Weights that stay near, one panel alone, many rows, and panels of several matrices."""
    shapes = [(30, 64, 64, ()), (30, 16, 20000, ()), (600, 256, 300, ()), (5, 256, 300, (3,))]
    for m, n, k, batch in shapes:
        _, _, (operands, results) = _far_product(m, n, k, batch)
        assert _prefetches(operands, results) == 0


def _prefetches(operands: list[Operand], results: list[Result]) -> int:
    op, _ = planned_op(lambda i, o: MatmulOp(i[0], i[1], outs=o), operands, results)
    builder = KernelBuilder(FAR)
    planned = plan_with(MatmulTemplate(), op, builder.target)
    assert planned is not None
    planned.write("k", builder)
    return sum(isinstance(found, PrefetchOp) for found in builder.module.walk())


def test_batch_of_a_constant_is_one_product() -> None:
    op, _ = planned_op(
        lambda ins, outs: MatmulOp(ins[0], ins[1], outs=outs),
        [Operand(normal(2, 3, 5, 4)), Operand(normal(4, 6), constant=True)],
        [Result((2, 3, 5, 6))],
    )
    assert isinstance(op, MatmulOp)
    problem = MatmulProblem.of(op)
    assert problem is not None
    assert (problem.batch, problem.rows) == ((), 30)


def test_blocked_activations_are_refused() -> None:
    op, _ = planned_op(
        lambda ins, outs: MatmulOp(ins[0], ins[1], outs=outs),
        [Operand(normal(4, 32), "aB16b"), Operand(normal(32, 6))],
        [Result((4, 6))],
    )
    assert plan_with(MatmulTemplate(), op, Target.host()) is None


def test_tiles_of_the_measured_targets() -> None:
    """The register tiles that reached the peak: 14x2, 9x3, 6x4 of 32 registers, 6x2, 4x3 of 16."""
    wide, narrow = Target.parse("x86-64-v4"), Target.parse("x86-64-v3")
    assert [most_rows(v, wide) for v in (2, 3, 4)] == [14, 9, 6]
    assert [most_rows(v, narrow) for v in (2, 3)] == [6, 4]
