"""Recurrent layers whose steps and batch are values: built once, compared at many sizes."""

from typing import Any

import numpy as np
import pytest
from xdsl.dialects.builtin import f32
from xdsl.ir import Block, SSAValue

from stepwell.dialects import make_context
from stepwell.dialects.engine import ConstantOp, RecurrenceOp
from stepwell.dialects.engine.base import tensor
from stepwell.dialects.engine.weights import weight_store
from stepwell.kernels.recurrence.template import RecurrenceTemplate
from stepwell.runtime.size import Extent, named
from stepwell.targets.target import Target
from stepwell.test.kernels import harness
from stepwell.test.kernels.general import Buffer, build_general, check_general, open_op
from stepwell.test.kernels.harness import MakeOp
from stepwell.test.kernels.recurrence.test_recurrence import gru, lstm, reset_first

X86 = Target.host().triple.startswith("x86_64")
TARGETS = [*harness.targets(), *([Target.parse("x86-64-v2")] if X86 else [])]
targets = pytest.mark.parametrize("target", TARGETS, ids=lambda t: t.name)
MORE = [{"S": 3, "B": n} for n in (4, 6, 13, 70)]


def small(rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
    """Weights that keep sums of `hidden` products near 1."""
    return rng.standard_normal(shape) / np.sqrt(shape[0])


def lengths(rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
    return rng.integers(0, 4, shape)


def lstm_of(hidden: int, layout: str | None, **options: Any) -> tuple[MakeOp, list[Buffer]]:
    def make(ins: list[SSAValue], outs: list[SSAValue]) -> RecurrenceOp:
        return RecurrenceOp(ins[0], ins[1], ins[2:], lstm(), outs=outs, **options)

    state = Buffer(("B", hidden))
    gates = Buffer(("S", "B", 4 * hidden))
    return make, [gates, Buffer((hidden, 4 * hidden), layout=layout, values=small), state, state]


def results(hidden: int, states: int, **options: Any) -> list[Buffer]:
    return [Buffer(("S", "B", hidden), **options), *[Buffer(("B", hidden))] * states]


@targets
@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("hidden", [19, 32])
def test_lstm(target: Target, hidden: int, reverse: bool) -> None:
    """Weights in panels and where they lie; states in rows with gaps."""
    lanes = target.vector_bits // 32
    layout = f"Ba{lanes}b" if hidden % lanes == 0 else None
    make, operands = lstm_of(hidden, layout, reverse=reverse)
    gaps = {"strides": (f"B * {hidden + 3} + 5", hidden + 3, 1)}
    outs = results(hidden, 2, **gaps)
    check_general(make, operands, outs, target=target, tolerance=1e-5, more=MORE)


@targets
def test_lengths(target: Target) -> None:
    """Rows that stop earlier."""

    def make(ins: list[SSAValue], outs: list[SSAValue]) -> RecurrenceOp:
        return RecurrenceOp(ins[0], ins[1], ins[2:4], lstm(), lengths=ins[4], outs=outs)

    _, operands = lstm_of(20, None)
    operands.append(Buffer(("B",), np.int64, values=lengths))
    check_general(make, operands, results(20, 2), target=target, tolerance=1e-5, more=MORE)


@targets
def test_gru_with_an_extra_operand(target: Target) -> None:
    def make(ins: list[SSAValue], outs: list[SSAValue]) -> RecurrenceOp:
        return RecurrenceOp(ins[0], ins[1], [ins[2]], gru(), extras=[ins[3]], outs=outs)

    operands = [
        Buffer(("S", "B", 60)),
        Buffer((20, 60), values=small),
        Buffer(("B", 20)),
        Buffer((20,)),
    ]
    check_general(make, operands, results(20, 1), target=target, tolerance=1e-5, more=MORE)


def two_products(hidden: int) -> tuple[MakeOp, list[Buffer]]:
    def make(ins: list[SSAValue], outs: list[SSAValue]) -> RecurrenceOp:
        cell, second = reset_first()
        return RecurrenceOp(
            ins[0],
            ins[1],
            [ins[2]],
            cell,
            second_weight=ins[3],
            second=second,
            outs=outs,
        )

    operands = [
        Buffer(("S", "B", 3 * hidden)),
        Buffer((hidden, 2 * hidden), values=small),
        Buffer(("B", hidden)),
        Buffer((hidden, hidden), values=small),
    ]
    return make, operands


@targets
@pytest.mark.parametrize("hidden", [19, 32])
def test_two_products_in_a_step(target: Target, hidden: int) -> None:
    make, operands = two_products(hidden)
    outs = results(hidden, 1)
    check_general(make, operands, outs, target=target, tolerance=1e-5, more=MORE)


def test_batch_is_a_number() -> None:
    """A sequence of any length: tiles are those of the batch."""
    make, operands = lstm_of(20, None)
    bound = [
        Buffer(tuple(5 if n == "B" else n for n in b.shape), values=b.values) for b in operands
    ]
    outs = [Buffer(("S", 5, 20)), Buffer((5, 20)), Buffer((5, 20))]
    kernel = check_general(make, bound, outs, tolerance=1e-5)
    assert len(kernel.sizes) == 1


@pytest.mark.parametrize("target", ["x86-64-v4", "x86-64-v3", "x86-64-v2"])
@pytest.mark.parametrize("hidden", [19, 37, 64, 256])
def test_code_is_small(hidden: int, target: str) -> None:
    """`build_general` refuses kernels that are too large."""
    for (make, operands), states in ((lstm_of(hidden, None), 2), (two_products(hidden), 1)):
        op = open_op(make, operands, results(hidden, states))
        build_general(op, Target.parse(target))


def test_panels_are_those_of_any_batch() -> None:
    """At a hint of one row panels would be of two vectors, which is slow for more rows."""
    target, template = Target.parse("x86-64-v4"), RecurrenceTemplate()
    weights = weight_store(make_context())
    array = np.zeros((64, 256), np.float32)
    weight = ConstantOp(weights.add(array, "w"), tensor((64, 256), f32))

    def layer(steps: Extent, batch: Extent) -> RecurrenceOp:
        state = tensor((batch, 64), f32)
        x, h, c = Block(arg_types=[tensor((steps, batch, 256), f32), state, state]).args
        return RecurrenceOp(x, weight.res, [h, c], lstm())

    given = layer(named("S"), named("B"))
    for batch, bound in ((1, "Ba32b"), (8, "Ba16b")):
        at_hint = layer(5, batch)
        [choice] = template.layouts(at_hint, target)
        assert choice.sources[1] == bound
        [choice] = template.open_layouts(given, at_hint, target)
        assert choice.sources[1] == "Ba16b"
