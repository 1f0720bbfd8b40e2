"""Which epilogues may hand their first addition to the sum."""

from collections.abc import Callable

import numpy as np
import pytest
from xdsl.dialects import arith
from xdsl.dialects.builtin import f32
from xdsl.ir import Operation, SSAValue

from stepwell.dialects.engine import ConvOp
from stepwell.interpreters.engine.semantics import evaluate
from stepwell.kernels.common.channel_blocks import BroadcastOperand
from stepwell.kernels.conv.depthwise import DepthwiseTemplate
from stepwell.kernels.conv.initial_sum import initial_sum
from stepwell.targets.target import Target
from stepwell.test.kernels.harness import planned_op, run_kernel, scalar_region
from stepwell.test.kernels.memory import Operand, Result

Body = Callable[..., list[Operation]]


def _bias_first(acc: SSAValue, bias: SSAValue, other: SSAValue) -> list[Operation]:
    add = arith.AddfOp(bias, acc)
    return [arith.MulfOp(add.result, other)]


def _residual_first(acc: SSAValue, bias: SSAValue, other: SSAValue) -> list[Operation]:
    add = arith.AddfOp(acc, other)
    return [arith.AddfOp(add.result, bias)]


def _used_twice(acc: SSAValue, bias: SSAValue, other: SSAValue) -> list[Operation]:
    add = arith.AddfOp(acc, bias)
    return [arith.MulfOp(add.result, acc)]


def _scaled_first(acc: SSAValue, bias: SSAValue, other: SSAValue) -> list[Operation]:
    scaled = arith.MulfOp(acc, bias)
    return [arith.AddfOp(scaled.result, bias)]


def _doubled(acc: SSAValue, bias: SSAValue, other: SSAValue) -> list[Operation]:
    return [arith.AddfOp(acc, acc)]


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (_bias_first, 0),
        (_residual_first, None),
        (_used_twice, None),
        (_scaled_first, None),
        (_doubled, None),
    ],
)
def test_bias_starts_the_sum(body: Body, found: int | None) -> None:
    """Only a first addition of what all pixels share; the numbers are those of the reference."""
    target, rng = Target.host(), np.random.default_rng(0)
    w = target.lanes(f32)
    tag, shape = f"aBcd{w}b", (1, w + 3, 3, 5)
    arrays = [
        rng.standard_normal(n).astype(np.float32)
        for n in ((1, w + 3, 5, 7), (w + 3, 1, 3, 3), (w + 3, 1, 1), shape)
    ]
    tags = (tag, f"Abcd{w}a", f"Abc{w}a", tag)
    operands = [Operand(a, t, constant=t[0] == "A") for a, t in zip(arrays, tags, strict=True)]

    def make(ins: list[SSAValue], outs: list[SSAValue]) -> ConvOp:
        return ConvOp(
            ins[0],
            ins[1],
            strides=(1, 1),
            pads=(0, 0, 0, 0),
            dilations=(1, 1),
            groups=w + 3,
            epilogue_operands=ins[2:],
            epilogue=scalar_region([f32] * 3, body),
            outs=outs,
        )

    result = Result(shape, layout=tag)
    op, keep = planned_op(make, operands, [result])
    assert isinstance(op, ConvOp)
    views = [BroadcastOperand.of(v, 4, w) for v in op.epilogue_operands]
    number, rest = initial_sum(op, [view for view in views if view is not None])
    assert number == found
    assert rest is not None
    before = op.epilogue_region
    assert before is not None
    assert len(rest.block.ops) == len(before.block.ops) - (found is not None)
    [expected] = evaluate(op, *arrays)
    [computed] = run_kernel(make, operands, [result], target, DepthwiseTemplate())
    np.testing.assert_allclose(computed, expected, rtol=2e-5, atol=2e-5)
    del keep
