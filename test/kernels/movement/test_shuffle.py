"""Interleaved groups of channels: in blocks, without, inside of larger buffers."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from xdsl.dialects.builtin import f32
from xdsl.ir import SSAValue

from stepwell.dialects.engine import ShuffleOp
from stepwell.interpreters.engine.semantics import evaluate
from stepwell.kernels.movement.shuffle import ShuffleTemplate
from stepwell.kernels.registry import plan_kernel
from stepwell.kernels.template import MOST_OPERATIONS, operation_count
from stepwell.targets.target import Target
from stepwell.test.kernels.harness import build_kernel, choices_of, planned_op, run_kernel, targets
from stepwell.test.kernels.memory import Operand, Result, wider_strides

TARGETS = pytest.mark.parametrize("target", targets(), ids=lambda t: t.name)


@settings(max_examples=15, deadline=None)
@given(data=st.data())
@TARGETS
def test_shuffle(target: Target, data: st.DataObject) -> None:
    """Any number of groups and channels; nothing but valid lanes comes from valid lanes."""
    draw, w = data.draw, target.lanes(f32)
    groups, of_group = draw(st.integers(1, 6)), draw(st.integers(1, 3 * w))
    sizes = draw(st.sampled_from([(3, 5), (1, 1), (7,)]))
    shape = (draw(st.integers(1, 2)), groups * of_group, *sizes)
    blocked = "aBcd"[: len(shape)] + f"{w}b"
    tags = [blocked, None, "acdb" if len(shape) == 4 else "acb"]
    tag = draw(st.sampled_from(tags if groups * min(w, 2 * groups) <= 160 else tags[1:]))
    margin = [0, 0, 2, *[1] * (len(shape) - 3)] + [0] * (tag == blocked)
    gaps = wider_strides(shape, tag, margin) if draw(st.booleans()) and tag != tags[2] else None
    x = np.random.default_rng(draw(st.integers(0, 99))).standard_normal(shape).astype(np.float32)
    operands, results = [Operand(x, tag)], [Result(shape, np.float32, tag, gaps)]

    def make(ins: list[SSAValue], outs: list[SSAValue]) -> ShuffleOp:
        return ShuffleOp(ins[0], groups, outs=outs)

    op, keep = planned_op(make, operands, results)
    planned = plan_kernel(op, target)
    assert planned is not None
    assert isinstance(planned.template, ShuffleTemplate)
    [expected] = evaluate(op, x)
    parted = x.reshape(shape[0], groups, of_group, -1)
    np.testing.assert_array_equal(expected.reshape(shape[0], of_group, groups, -1)[:, 0, -1],
                                  parted[:, -1, 0])  # fmt: skip
    [found] = run_kernel(make, operands, results, target)
    np.testing.assert_array_equal(found, expected)
    del keep


@pytest.mark.parametrize(("channels", "groups"), [(112, 4), (2048, 8), (960, 3), (240, 2)])
@TARGETS
def test_blocks_are_offered_and_small(target: Target, channels: int, groups: int) -> None:
    w, shape = target.lanes(f32), (1, channels, 4, 4)
    x = np.zeros(shape, np.float32)

    def make(ins: list[SSAValue], outs: list[SSAValue]) -> ShuffleOp:
        return ShuffleOp(ins[0], groups, outs=outs)

    op, keep = planned_op(make, [Operand(x)], [Result(shape)])
    tag = f"aBcd{w}b"
    assert [c.sources for c in choices_of(ShuffleTemplate(), op, target)] == [(None,), (tag,)]
    module, _ = build_kernel(make, [Operand(x, tag)], [Result(shape, layout=tag)], target)
    assert operation_count(module) < MOST_OPERATIONS
    del keep


def test_many_groups_are_copied_in_rows() -> None:
    x = np.zeros((1, 64, 2, 2), np.float32)

    def make(ins: list[SSAValue], outs: list[SSAValue]) -> ShuffleOp:
        return ShuffleOp(ins[0], 32, outs=outs)

    op, keep = planned_op(make, [Operand(x)], [Result(x.shape)])
    assert [c.sources for c in choices_of(ShuffleTemplate(), op, Target.host())] == [(None,)]
    del keep
