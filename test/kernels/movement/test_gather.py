"""Gather and scatter: any axis, negative indices, errors for those outside."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from xdsl.ir import SSAValue

from stepwell.dialects.engine import GatherOp, ScatterOp
from stepwell.dialects.engine.base import EngineOp
from stepwell.interpreters.engine.semantics import evaluate
from stepwell.test.kernels.harness import planned_op, run_with_status
from stepwell.test.kernels.memory import Operand, Result, wider_strides

Make = Callable[[list[SSAValue], list[SSAValue]], EngineOp]


def _check(make: Make, operands: list[Operand], result: Result) -> None:
    op, keep = planned_op(make, operands, [result])
    [expected] = evaluate(op, *(o.array for o in operands))
    status, [found] = run_with_status(make, operands, [result])
    assert status == 0
    np.testing.assert_array_equal(found, expected)
    del keep


@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_gather(data: st.DataObject) -> None:
    """Indices of any rank along any axis, of tables with gaps and in other orders."""
    draw = data.draw
    shape = tuple(draw(st.integers(1, n)) for n in (5, 4, 70))
    picks = tuple(draw(st.lists(st.integers(1, 4), max_size=2)))
    axis = draw(st.integers(0, 2))
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    dtype = draw(st.sampled_from([np.float32, np.int64, np.int8, np.bool_]))
    x = rng.integers(0, 100, shape).astype(dtype)
    index_type = draw(st.sampled_from([np.int32, np.int64]))
    indices = np.asarray(rng.integers(-shape[axis], shape[axis], picks), index_type)
    layout = draw(st.sampled_from([None, "cab"]))
    gaps = wider_strides(shape, layout, (1, 0, 2)) if draw(st.booleans()) else None
    wanted = (*shape[:axis], *picks, *shape[axis + 1 :])
    margin = (1,) * len(wanted)
    result = Result(
        wanted, dtype, None, wider_strides(wanted, None, margin) if draw(st.booleans()) else None
    )
    _check(
        lambda i, o: GatherOp(i[0], i[1], axis, outs=o),
        [Operand(x, layout, gaps), Operand(indices)],
        result,
    )


def test_gather_many_rows() -> None:
    """Embeddings: chunks of rows."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((1000, 256)).astype(np.float32)
    indices = rng.integers(-1000, 1000, (1, 512))
    _check(
        lambda i, o: GatherOp(i[0], i[1], 0, outs=o),
        [Operand(x, constant=True), Operand(indices)],
        Result((1, 512, 256)),
    )


@pytest.mark.parametrize("wrong", [3, -4, 2**40])
def test_gather_outside(wrong: int) -> None:
    """The code is reported, and the other rows are right."""
    x = np.arange(6, dtype=np.float32).reshape(3, 2)
    indices = np.array([1, wrong, -1])
    status, [found] = run_with_status(
        lambda i, o: GatherOp(i[0], i[1], 0, outs=o),
        [Operand(x), Operand(indices)],
        [Result((3, 2))],
    )
    assert status == 1
    np.testing.assert_array_equal(found[[0, 2]], x[[1, -1]])


@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_scatter(data: st.DataObject) -> None:
    """Index tuples of any length, all reductions, equal indices in order."""
    draw = data.draw
    shape = tuple(draw(st.integers(1, n)) for n in (4, 5, 37))
    depth = draw(st.integers(1, 3))
    rows = tuple(draw(st.lists(st.integers(1, 4), min_size=0, max_size=2)))
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    dtype = draw(st.sampled_from([np.float32, np.int32, np.uint8]))
    x = rng.integers(0, 9, shape).astype(dtype)
    updates = rng.integers(0, 9, (*rows, *shape[depth:])).astype(dtype)
    indices = np.stack(
        [np.asarray(rng.integers(-n, n, rows), np.int64) for n in shape[:depth]], axis=-1
    )
    kind = draw(st.sampled_from(["none", "add", "mul", "max", "min"]))
    in_place = draw(st.booleans())
    _check(
        lambda i, o: ScatterOp(i[0], i[1], i[2], kind, outs=o),
        [Operand(x), Operand(indices), Operand(updates)],
        Result(shape, dtype, alias=0 if in_place else None),
    )


def test_scatter_outside() -> None:
    """A row outside is left out and reported."""
    x = np.zeros((3, 4), np.float32)
    indices = np.array([[0], [5]])
    updates = np.ones((2, 4), np.float32)
    status, [found] = run_with_status(
        lambda i, o: ScatterOp(i[0], i[1], i[2], outs=o),
        [Operand(x), Operand(indices), Operand(updates)],
        [Result((3, 4))],
    )
    assert status == 1
    np.testing.assert_array_equal(found, [[1] * 4, [0] * 4, [0] * 4])
