"""Turned pairs against their meaning: halves and neighbours, one and odd sizes, strides, names."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from xdsl.ir import SSAValue

from stepwell.dialects.engine import RotaryOp
from stepwell.dialects.engine.weights import Array
from stepwell.interpreters.engine.semantics import evaluate
from stepwell.targets.target import Target
from stepwell.test.kernels.general import Buffer, check_general
from stepwell.test.kernels.harness import check_kernel, planned_op, targets
from stepwell.test.kernels.memory import Operand, Result, wider_strides


@settings(max_examples=14, deadline=None)
@given(data=st.data())
@pytest.mark.parametrize("target", targets(), ids=lambda t: t.name)
def test_rotary(target: Target, data: st.DataObject) -> None:
    draw = data.draw
    pairs = draw(st.sampled_from([1, 2, 3, 8, 16, 20, 32]))
    lead = draw(st.sampled_from([(), (5,), (2, 3, 4), (1, 2, 1)]))
    angles = draw(st.sampled_from([lead, lead[-1:], (1,) * len(lead), ()]))
    widths = [draw(st.sampled_from([pairs, 2 * pairs])) for _ in range(2)]
    dtype = draw(st.sampled_from([np.float32, np.float64]))
    neighbours = draw(st.booleans())
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    x = rng.standard_normal((*lead, 2 * pairs)).astype(dtype)
    c, s = (rng.standard_normal((*angles, n)).astype(dtype) for n in widths)
    tag = draw(st.sampled_from([None, "acbd"])) if len(lead) == 3 else None
    strides = None
    if tag is None and lead and draw(st.booleans()):
        strides = wider_strides(x.shape, None, [0] * len(lead) + [3])
    check_kernel(
        lambda ins, outs: RotaryOp(*ins, interleaved=neighbours, outs=outs),
        [Operand(x, tag, strides), Operand(c), Operand(s)],
        [Result(x.shape, dtype, tag, strides)],
        target,
    )


def test_names_for_sizes() -> None:
    def make(ins: list[SSAValue], outs: list[SSAValue]) -> RotaryOp:
        return RotaryOp(*ins, outs=outs)

    x = Buffer(("N", 3, "S", 16))
    check_general(make, [x, Buffer(("N", 1, "S", 8)), Buffer(("S", 16))], [x], large=9)


@pytest.mark.parametrize("neighbours", [False, True])
def test_it_is_a_turn_of_the_plane(neighbours: bool) -> None:
    """Complex numbers times `exp(i angle)`."""
    rng = np.random.default_rng(0)
    z: Array = rng.standard_normal((3, 4)) + 1j * rng.standard_normal((3, 4))
    angle = rng.standard_normal((3, 4))

    def parts(z: Array) -> Array:
        pair = (np.real(z), np.imag(z))
        return np.stack(pair, -1).reshape(3, 8) if neighbours else np.concatenate(pair, -1)

    operands = [Operand(parts(z)), Operand(np.cos(angle)), Operand(np.sin(angle))]
    op, keep = planned_op(
        lambda ins, outs: RotaryOp(*ins, interleaved=neighbours, outs=outs),
        operands,
        [Result((3, 8), np.float64)],
    )
    [found] = evaluate(op, *(o.array for o in operands))
    np.testing.assert_allclose(found, parts(z * np.exp(1j * angle)), rtol=1e-12)
    del keep
