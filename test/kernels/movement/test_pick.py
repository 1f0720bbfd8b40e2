"""Picked channels of several tensors: in blocks, without, inside of larger buffers, mixed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from xdsl.dialects.builtin import f32
from xdsl.ir import SSAValue

from stepwell.dialects.engine import PickOp
from stepwell.kernels.movement.pick import PickPlan
from stepwell.kernels.registry import plan_kernel
from stepwell.targets.target import Target
from stepwell.test.kernels.general import Buffer, check_general
from stepwell.test.kernels.harness import check_kernel, planned_op, targets
from stepwell.test.kernels.memory import Operand, Result, wider_strides

TARGETS = pytest.mark.parametrize("target", targets(), ids=lambda t: t.name)


@settings(max_examples=14, deadline=None)
@given(data=st.data())
@TARGETS
def test_pick(target: Target, data: st.DataObject) -> None:
    draw, w = data.draw, target.lanes(f32)
    counts = draw(st.lists(st.integers(1, 2 * w), min_size=1, max_size=3))
    channels = draw(st.lists(st.integers(0, sum(counts) - 1), min_size=1, max_size=3 * w))
    sizes = draw(st.sampled_from([(3, 5), (1, 1), (7,)]))
    images = draw(st.integers(1, 2))
    rank = 2 + len(sizes)
    blocked = "aBcd"[:rank] + f"{w}b"
    tag = draw(st.sampled_from([blocked, None, "acdb" if rank == 4 else "acb"]))
    mixed = draw(st.booleans()) and tag == blocked
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    xs = [rng.standard_normal((images, n, *sizes)).astype(np.float32) for n in counts]
    shape = (images, len(channels), *sizes)
    gaps = wider_strides(shape, None, [0, 2, *[1] * len(sizes)][:rank]) if tag is None else None
    check_kernel(
        lambda ins, outs: PickOp(ins, channels, outs=outs),
        [Operand(x, None if mixed and i == 0 else tag) for i, x in enumerate(xs)],
        [Result(shape, np.float32, tag, gaps)],
        target,
    )


def test_names_for_sizes() -> None:
    def make(ins: list[SSAValue], outs: list[SSAValue]) -> PickOp:
        return PickOp(ins, [0, 3, 1, 4, 2], outs=outs)

    operands = [Buffer(("N", 3, "H", 5)), Buffer(("N", 2, "H", 5))]
    check_general(make, operands, [Buffer(("N", 5, "H", 5))], large=12)


@TARGETS
def test_channels_of_a_shuffle_stay_in_blocks(target: Target) -> None:
    w = target.lanes(f32)
    tag = f"aBcd{w}b"
    xs = [Operand(np.zeros((1, 58, 4, 4), np.float32), tag) for _ in range(2)]
    channels = [i // 2 + i % 2 * 58 for i in range(58)]
    op, keep = planned_op(
        lambda ins, outs: PickOp(ins, channels, outs=outs),
        xs,
        [Result((1, 58, 4, 4), np.float32, tag)],
    )
    planned = plan_kernel(op, target)
    assert planned is not None
    assert isinstance(planned.plan, PickPlan)
    del keep
