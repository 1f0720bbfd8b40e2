"""Matrix products whose sizes are values: built once, compared with the reference at many sizes."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from xdsl.dialects import arith, math
from xdsl.dialects.builtin import FloatAttr, f32
from xdsl.ir import Region, SSAValue

from stepwell.dialects.engine import MatmulOp
from stepwell.kernels.matmul.cost import open_vectors
from stepwell.kernels.matmul.open_plan import OpenPlan, Runs
from stepwell.kernels.matmul.problem import panel_layout
from stepwell.kernels.registry import plan_kernel
from stepwell.runtime.size import evaluated, named
from stepwell.targets.target import Target
from stepwell.test.kernels import harness
from stepwell.test.kernels.general import Buffer, GeneralKernel, check_general, in_place, open_op
from stepwell.test.kernels.harness import MakeOp, scalar_region

X86 = Target.host().triple.startswith("x86_64")
TARGETS = [*harness.targets(), *([Target.parse("x86-64-v2")] if X86 else [])]
TOLERANCE = 5e-6
targets = pytest.mark.parametrize("target", TARGETS, ids=lambda t: t.name)


def product(epilogue: Callable[[], Region] | None = None, **options: Any) -> MakeOp:
    def make(ins: list[SSAValue], outs: list[SSAValue]) -> MatmulOp:
        region = None if epilogue is None else epilogue()
        return MatmulOp(
            ins[0], ins[1], epilogue_operands=ins[2:], epilogue=region, outs=outs, **options
        )

    return make


def packed(target: Target, depth: int, columns: int, transposed: bool = False) -> Buffer:
    """A constant in the panels that layout assignment gives it."""
    lanes = target.vector_bits // 32
    layout = panel_layout(2, transposed, open_vectors(columns, lanes, target) * lanes)
    return Buffer((columns, depth) if transposed else (depth, columns), layout=layout)


def add() -> Region:
    return scalar_region([f32, f32], lambda acc, bias: arith.AddfOp(acc, bias))


def gelu() -> Region:
    def body(acc: Any, bias: Any) -> Any:
        value = arith.AddfOp(acc, bias)
        half = arith.MulfOp(value, arith.ConstantOp(FloatAttr(0.5, f32)))
        return arith.MulfOp(half, math.ErfOp(value))

    return scalar_region([f32, f32], body)


def rows(*numbers: int) -> list[dict[str, int]]:
    return [{"M": n} for n in numbers]


@targets
@pytest.mark.parametrize(
    ("depth", "columns", "transposed"),
    [(48, 96, False), (31, 101, True), (7, 5, False), (24, 1, False)],
)
def test_packed_constants(target: Target, depth: int, columns: int, transposed: bool) -> None:
    check_general(
        product(trans_rhs=transposed),
        [Buffer(("M", depth)), packed(target, depth, columns, transposed)],
        [Buffer(("M", columns))],
        target=target,
        tolerance=TOLERANCE,
        more=rows(4, 6, 9, 13, 120, 700),
    )


@targets
@pytest.mark.parametrize(("depth", "columns"), [(1601, 101), (1536, 700)])
def test_deep_sums(target: Target, depth: int, columns: int) -> None:
    """Runs of the sum, of equal and of unequal length, over several blocks of rows and panels."""
    check_general(
        product(add),
        [Buffer(("M", depth)), packed(target, depth, columns), Buffer((columns,))],
        [Buffer(("M", columns))],
        target=target,
        tolerance=2e-5,
        more=rows(97, 200),
    )


@targets
def test_batch_and_rows_are_one_product(target: Target) -> None:
    """Bias and residual, which the result overwrites; rows with gaps after them."""
    kernel = check_general(
        product(
            lambda: scalar_region(
                [f32, f32, f32], lambda acc, b, r: arith.AddfOp(arith.AddfOp(acc, b), r)
            )
        ),
        [
            Buffer(("N", "S", 24), strides=("S * 31", 31, 1)),
            packed(target, 24, 70),
            Buffer((70,)),
            Buffer(("N", "S", 70)),
        ],
        [in_place(Buffer(("N", "S", 70)), 3)],
        target=target,
        tolerance=TOLERANCE,
    )
    planned = plan_kernel(kernel.op, target)
    assert planned is not None
    assert isinstance(planned.plan, OpenPlan)
    assert planned.plan.problem.batch_extents == ()


@targets
def test_batch_apart_from_rows(target: Target) -> None:
    """Batch and rows that are no single axis, against one constant."""
    kernel = check_general(
        product(add),
        [Buffer(("N", "S", 24), layout="bac"), packed(target, 24, 70), Buffer((70,))],
        [Buffer(("N", "S", 70))],
        target=target,
        tolerance=TOLERANCE,
    )
    planned = plan_kernel(kernel.op, target)
    assert planned is not None
    assert isinstance(planned.plan, OpenPlan)
    assert len(planned.plan.problem.batch_extents) == 1


@targets
def test_steps_and_batch_in_another_order(target: Target) -> None:
    """Neither lies behind the other: the larger one is the rows of a product."""
    kernel = check_general(
        product(add),
        [Buffer(("S", "N", 24), layout="bac"), packed(target, 24, 70), Buffer((70,))],
        [Buffer(("S", "N", 70))],
        target=target,
        tolerance=TOLERANCE,
        more=[{"S": 40, "N": 1}, {"S": 1, "N": 40}, {"S": 9, "N": 9}, {"S": 2, "N": 33}],
    )
    planned = plan_kernel(kernel.op, target)
    assert planned is not None
    assert isinstance(planned.plan, OpenPlan)
    [rows, _, _], [batch] = planned.plan.problem.extents, planned.plan.problem.batch_extents
    sizes = {f"p{n}": size for n, size in enumerate((3, 50))}
    assert (evaluated(batch, sizes), evaluated(rows, sizes)) == (3, 50)


@targets
def test_long_epilogues(target: Target) -> None:
    """Of many operations, with an operand that is broadcast along the columns."""
    check_general(
        product(gelu),
        [Buffer(("M", 33)), packed(target, 33, 50), Buffer(("M", 1))],
        [Buffer(("M", 50))],
        target=target,
        tolerance=TOLERANCE,
    )


@targets
@pytest.mark.parametrize("transposed", [False, True])
def test_all_sizes_are_values(target: Target, transposed: bool) -> None:
    """In place and packed here; a row or two as dot products; sums in several runs."""
    check_general(
        product(trans_rhs=transposed),
        [Buffer(("M", "K")), Buffer(("N", "K") if transposed else ("K", "N"))],
        [Buffer(("M", "N"))],
        target=target,
        tolerance=2e-5,
        more=[
            {"M": 70, "K": 600, "N": 130},
            {"M": 110, "K": 1100, "N": 70},
            {"M": 2, "K": 1025, "N": 33},
            {"M": 5, "K": 0, "N": 33},
        ],
    )


@targets
@pytest.mark.parametrize("transposed", [False, True])
@pytest.mark.parametrize(("columns", "with_bias"), [(8, False), (21, True), (75, False)])
def test_narrow_panels(target: Target, columns: int, with_bias: bool, transposed: bool) -> None:
    """Fewer columns than vectors have lanes: results are totals where nothing else is done."""
    check_general(
        product(add if with_bias else None, trans_rhs=transposed),
        [
            Buffer(("B", "M", "K")),
            Buffer(("B", columns, "K") if transposed else ("B", "K", columns)),
            *([Buffer((columns,))] if with_bias else []),
        ],
        [Buffer(("B", "M", columns))],
        target=target,
        tolerance=TOLERANCE,
        more=[
            {"B": 3, "M": 11, "K": 8},
            {"B": 2, "M": 41, "K": 26},
            {"B": 1, "M": 7, "K": 1030},
        ],
    )


@targets
@pytest.mark.parametrize("depth", [5, 8, 35])
def test_short_sums_of_rows_that_are_packed(target: Target, depth: int) -> None:
    """Squares that are transposed have as many steps as there are."""
    check_general(
        product(trans_rhs=True),
        [Buffer(("B", "M", depth)), Buffer(("B", "N", depth))],
        [Buffer(("B", "M", "N"))],
        target=target,
        tolerance=TOLERANCE,
        more=[{"B": 2, "M": 33, "N": 33}, {"B": 2, "M": 7, "N": 70}],
    )


@targets
@pytest.mark.parametrize("columns", [1, 3])
def test_few_columns(target: Target, columns: int) -> None:
    """Columns are contiguous, vectors lie along the sum; the epilogue runs on scalars."""
    check_general(
        product(add),
        [Buffer(("M", 70)), Buffer((70, columns), layout="ba"), Buffer((columns,))],
        [Buffer(("M", columns))],
        target=target,
        tolerance=TOLERANCE,
    )


@targets
@pytest.mark.parametrize("turned", [False, True])
def test_one_column_of_any_sum(target: Target, turned: bool) -> None:
    """A result of one column, whose sum is of any length."""
    check_general(
        product(trans_lhs=turned),
        [Buffer(("B", 2, "K", "M") if turned else ("B", 2, "M", "K")), Buffer(("B", 2, "K", 1))],
        [Buffer(("B", 2, "M", 1))],
        target=target,
        tolerance=TOLERANCE,
    )


@targets
def test_heads_of_attention(target: Target) -> None:
    """[B, H, S, D] stored as [B, S, H, D], keys of another length."""
    check_general(
        product(trans_rhs=True),
        [Buffer(("B", 3, "S", 32), layout="acbd"), Buffer(("B", 3, "T", 32), layout="acbd")],
        [Buffer(("B", 3, "S", "T"))],
        target=target,
        tolerance=TOLERANCE,
    )


@targets
def test_one_row_of_each_product(target: Target) -> None:
    """A token against all keys: rows are a number, columns or depth are not."""
    check_general(
        product(trans_rhs=True),
        [Buffer(("B", 2, 1, 40)), Buffer(("B", 2, "T", 40))],
        [Buffer(("B", 2, 1, "T"))],
        target=target,
        tolerance=TOLERANCE,
    )
    check_general(
        product(),
        [Buffer(("B", 2, 1, "T")), Buffer(("B", 2, "T", 40))],
        [Buffer(("B", 2, 1, 40))],
        target=target,
        tolerance=TOLERANCE,
    )


def test_broadcast_batches() -> None:
    """An operand whose batch turns out to be 1 is used for all."""
    operands = [Buffer(("A", 5, 9)), Buffer(("B", 9, 7))]
    kernel = GeneralKernel(product(), operands, [Buffer(("broadcast(A, B)", 5, 7))])
    assert len(kernel.sizes) == 3
    for a, b in [(1, 4), (3, 1), (2, 2), (1, 1), (1, 0)]:
        kernel.check({"A": a, "B": b}, TOLERANCE)


def test_neither_dimension_is_contiguous() -> None:
    check_general(
        product(),
        [Buffer(("M", 40)), Buffer((40, "N"), layout="ba", strides=(100, 2))],
        [Buffer(("M", "N"), layout="ba")],
        tolerance=TOLERANCE,
    )


@pytest.mark.parametrize("dtype", [np.float64, np.int32, np.int64])
def test_other_elements(dtype: Any) -> None:
    def numbers(rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
        return rng.integers(-9, 9, shape)

    check_general(
        product(),
        [Buffer(("M", "K"), dtype, values=numbers), Buffer(("K", 19), dtype, values=numbers)],
        [Buffer(("M", 19), dtype)],
    )


def test_epilogue_changes_the_element_type() -> None:
    def positive(acc: Any) -> Any:
        return arith.CmpfOp(acc, arith.ConstantOp(FloatAttr(0.0, f32)), "ogt")

    check_general(
        product(lambda: scalar_region([f32], positive)),
        [Buffer(("M", 6)), Buffer((6, "N"))],
        [Buffer(("M", "N"), np.bool_)],
    )


@pytest.mark.parametrize("depth", [1, 512, 768, 769, 1600, 3072, 4097])
def test_runs_cover_the_sum(depth: int) -> None:
    """Runs of a number, and of the same number as a value."""
    for given in (depth, named("p0")):
        runs = Runs.of(given)
        count, length = (evaluated(n, {"p0": depth}) for n in (runs.count, runs.length))
        assert (count - 1) * length < depth <= count * length
        assert length <= runs.most <= 768
        if given != depth:
            assert runs.most == 512


def _chunks(op: MatmulOp, target: Target, sizes: Sequence[int]) -> int:
    planned = plan_kernel(op, target)
    assert planned is not None
    assert isinstance(planned.plan, OpenPlan)
    total = 1
    for parts in planned.plan.grid:
        total *= evaluated(parts, {f"p{n}": size for n, size in enumerate(sizes)})
    return total


def test_chunks_follow_the_work() -> None:
    target = Target.parse("x86-64-v4")
    op = open_op(product(), [Buffer(("M", 768)), packed(target, 768, 768)], [Buffer(("M", 768))])
    assert isinstance(op, MatmulOp)
    found = [_chunks(op, target, [m]) for m in (0, 1, 8, 128, 4096)]
    assert found[0] == 1
    assert found == sorted(found)
    assert 16 <= found[3] <= 32
    assert found[4] <= 32
