"""Recurrent layers against the interpreter: cells, reverse, batches, odd sizes, lengths."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from xdsl.dialects import arith, math
from xdsl.dialects.builtin import FloatAttr, f32
from xdsl.ir import Region

from stepwell.dialects.engine import RecurrenceOp
from stepwell.kernels.recurrence.template import RecurrenceTemplate
from stepwell.kernels.template import MOST_OPERATIONS, operation_count
from stepwell.targets.target import Target
from stepwell.test.kernels.harness import (
    build_kernel,
    check_kernel,
    plan_with,
    planned_op,
    scalar_region,
    targets,
)
from stepwell.test.kernels.memory import Operand, Result, wider_strides
from stepwell.test.kernels.native import expand_math

RNG = np.random.default_rng(17)


def normal(*shape: int) -> Any:
    return RNG.standard_normal(shape, np.float32)


def sigmoid(x: Any) -> Any:
    one = arith.ConstantOp(FloatAttr(1.0, f32))
    return arith.DivfOp(one, arith.AddfOp(one, math.ExpOp(arith.NegfOp(x))))


def lstm() -> Region:
    """Gates i, o, f, c; states h, c; no peepholes."""

    def body(*values: Any) -> Any:
        gates = [arith.AddfOp(x, r) for x, r in zip(values[:4], values[4:8], strict=True)]
        cell = values[9]
        i, o, f = (sigmoid(gate) for gate in gates[:3])
        new = arith.AddfOp(arith.MulfOp(f, cell), arith.MulfOp(i, math.TanhOp(gates[3])))
        hidden = arith.MulfOp(o, math.TanhOp(new))
        return [hidden, new]

    return scalar_region([f32] * 10, body)


def gru() -> Region:
    """Gates z, r, h with the recurrent bias of h as an extra operand."""

    def body(xz: Any, xr: Any, xh: Any, rz: Any, rr: Any, rh: Any, h: Any, bias: Any) -> Any:
        z, r = sigmoid(arith.AddfOp(xz, rz)), sigmoid(arith.AddfOp(xr, rr))
        new = math.TanhOp(arith.AddfOp(xh, arith.MulfOp(r, arith.AddfOp(rh, bias))))
        one = arith.ConstantOp(FloatAttr(1.0, f32))
        kept = arith.MulfOp(z, h)
        return arith.AddfOp(arith.MulfOp(arith.SubfOp(one, z), new), kept)

    return scalar_region([f32] * 8, body)


def reset_first() -> tuple[Region, Region]:
    """A GRU whose reset gate scales the state: the cell, and what its second product takes."""

    def cell(xz: Any, xr: Any, xh: Any, rz: Any, rr: Any, rh: Any, h: Any) -> Any:
        z, new = sigmoid(arith.AddfOp(xz, rz)), math.TanhOp(arith.AddfOp(xh, rh))
        return arith.AddfOp(new, arith.MulfOp(z, arith.SubfOp(h, new)))

    def second(xz: Any, xr: Any, xh: Any, rz: Any, rr: Any, h: Any) -> Any:
        return arith.MulfOp(sigmoid(arith.AddfOp(xr, rr)), h)

    return scalar_region([f32] * 7, cell), scalar_region([f32] * 6, second)


@pytest.mark.parametrize("target", targets(), ids=lambda t: t.name)
@given(data=st.data())
@settings(max_examples=8, deadline=None, derandomize=True)
def test_lstm(target: Target, data: st.DataObject) -> None:
    steps, batch = data.draw(st.sampled_from([(1, 1), (5, 1), (3, 2), (2, 7), (4, 13)]))
    hidden = data.draw(st.sampled_from([1, 5, 16, 19, 32, 48]))
    reverse = data.draw(st.booleans())
    weight = normal(hidden, 4 * hidden) / np.float32(np.sqrt(hidden))
    lanes = target.vector_bits // 32
    widths = [w for w in (lanes, 2 * lanes) if hidden % w == 0]
    layout = data.draw(st.sampled_from([None, *(f"Ba{w}b" for w in widths)]))
    state = (batch, hidden)
    check_kernel(
        lambda ins, outs: RecurrenceOp(ins[0], ins[1], ins[2:], lstm(), reverse=reverse, outs=outs),
        [
            Operand(normal(steps, batch, 4 * hidden)),
            Operand(weight, layout, constant=layout is not None),
            Operand(normal(*state)),
            Operand(normal(*state)),
        ],
        [
            Result(
                (steps, batch, hidden),
                strides=wider_strides((steps, batch, hidden), None, (0, 1, 3)),
            ),
            Result(state),
            Result(state),
        ],
        target,
        1e-5,
    )


@pytest.mark.parametrize("target", targets(), ids=lambda t: t.name)
@pytest.mark.parametrize(("batch", "hidden"), [(1, 20), (3, 32)])
def test_gru_with_an_extra_operand(target: Target, batch: int, hidden: int) -> None:
    weight = normal(hidden, 3 * hidden) / np.float32(np.sqrt(hidden))
    check_kernel(
        lambda ins, outs: RecurrenceOp(ins[0], ins[1], [ins[2]], gru(), extras=[ins[3]], outs=outs),
        [
            Operand(normal(6, batch, 3 * hidden)),
            Operand(weight),
            Operand(normal(batch, hidden)),
            Operand(normal(hidden), constant=True),
        ],
        [Result((6, batch, hidden)), Result((batch, hidden))],
        target,
        1e-5,
    )


@pytest.mark.parametrize("target", targets(), ids=lambda t: t.name)
@given(data=st.data())
@settings(max_examples=8, deadline=None, derandomize=True)
def test_two_products_in_a_step(target: Target, data: st.DataObject) -> None:
    steps, batch = data.draw(st.sampled_from([(1, 1), (5, 1), (3, 2), (2, 7), (3, 13)]))
    hidden = data.draw(st.sampled_from([1, 5, 16, 19, 32, 48]))
    reverse, ends = data.draw(st.booleans()), data.draw(st.booleans())
    weights = [normal(hidden, g * hidden) / np.float32(np.sqrt(hidden)) for g in (2, 1)]
    lanes = target.vector_bits // 32
    widths = [w for w in (lanes, 2 * lanes) if hidden % w == 0]
    layout = data.draw(st.sampled_from([None, *(f"Ba{w}b" for w in widths)]))
    first, second = (Operand(w, layout, constant=layout is not None) for w in weights)
    lengths = [Operand(lengths_of(data, steps, batch))] if ends else []

    def make(ins: Any, outs: Any) -> RecurrenceOp:
        cell, scaled = reset_first()
        return RecurrenceOp(
            ins[0],
            ins[1],
            ins[2:3],
            cell,
            lengths=ins[3] if ends else None,
            second_weight=ins[-1],
            second=scaled,
            reverse=reverse,
            outs=outs,
        )

    check_kernel(
        make,
        [
            Operand(normal(steps, batch, 3 * hidden)),
            first,
            Operand(normal(batch, hidden)),
            *lengths,
            second,
        ],
        [Result((steps, batch, hidden)), Result((batch, hidden))],
        target,
        1e-5,
    )


def lengths_of(data: st.DataObject, steps: int, batch: int) -> Any:
    """Lengths up to `steps`, and what `engine.assert` would have refused: it harms no memory."""
    length = st.integers(-1, steps + 1)
    kind = data.draw(st.sampled_from([np.int32, np.int64]))
    return np.array(data.draw(st.lists(length, min_size=batch, max_size=batch)), kind)


@pytest.mark.parametrize("target", targets(), ids=lambda t: t.name)
@given(data=st.data())
@settings(max_examples=6, deadline=None, derandomize=True)
def test_rows_end_with_their_lengths(target: Target, data: st.DataObject) -> None:
    steps, batch = data.draw(st.sampled_from([(1, 1), (5, 1), (4, 3), (3, 13)]))
    hidden = data.draw(st.sampled_from([1, 16, 19]))
    reverse = data.draw(st.booleans())
    state = (batch, hidden)
    gates = normal(steps, batch, 4 * hidden)
    lengths = lengths_of(data, steps, batch)
    # What comes after the end of a row is never computed with.
    gates[np.arange(steps)[:, None] >= lengths] = np.nan
    check_kernel(
        lambda ins, outs: RecurrenceOp(
            ins[0], ins[1], ins[2:4], lstm(), lengths=ins[4], reverse=reverse, outs=outs
        ),
        [
            Operand(gates),
            Operand(normal(hidden, 4 * hidden) / np.float32(np.sqrt(hidden))),
            Operand(normal(*state)),
            Operand(normal(*state)),
            Operand(lengths),
        ],
        [Result((steps, *state)), Result(state), Result(state)],
        target,
        1e-5,
    )


def test_large_batch_is_cut_into_chunks() -> None:
    hidden, batch = 64, 40
    weight = normal(hidden, 4 * hidden) / np.float32(8)
    check_kernel(
        lambda ins, outs: RecurrenceOp(ins[0], ins[1], ins[2:], lstm(), outs=outs),
        [
            Operand(normal(8, batch, 4 * hidden)),
            Operand(weight, "Ba16b", constant=True),
            Operand(normal(batch, hidden)),
            Operand(normal(batch, hidden)),
        ],
        [Result((8, batch, hidden)), Result((batch, hidden)), Result((batch, hidden))],
        tolerance=1e-5,
    )


def test_panels_that_split_a_gate_are_refused() -> None:
    op, _ = planned_op(
        lambda ins, outs: RecurrenceOp(ins[0], ins[1], ins[2:], lstm(), outs=outs),
        [
            Operand(normal(2, 1, 80)),
            Operand(normal(20, 80), "Ba16b", constant=True),
            Operand(normal(1, 20)),
            Operand(normal(1, 20)),
        ],
        [Result((2, 1, 20)), Result((1, 20)), Result((1, 20))],
    )
    assert plan_with(RecurrenceTemplate(), op, Target.host()) is None


def test_two_products_with_rests_are_not_too_much_code() -> None:
    batch, hidden = 95, 19
    cell, second = reset_first()
    module, _ = build_kernel(
        lambda ins, outs: RecurrenceOp(
            ins[0],
            ins[1],
            [ins[2]],
            cell,
            lengths=ins[3],
            second_weight=ins[4],
            second=second,
            outs=outs,
        ),
        [
            Operand(normal(4, batch, 3 * hidden)),
            Operand(normal(hidden, 2 * hidden)),
            Operand(normal(batch, hidden)),
            Operand(np.full(batch, 3, np.int32)),
            Operand(normal(hidden, hidden)),
        ],
        [Result((4, batch, hidden)), Result((batch, hidden))],
    )
    expand_math(module)
    assert operation_count(module) <= MOST_OPERATIONS
