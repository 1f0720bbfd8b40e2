"""Transposed convolutions of any map: built once, compared at many rows and columns."""

import numpy as np
import pytest
from xdsl.dialects.builtin import f32
from xdsl.ir import SSAValue

from stepwell.dialects.engine import ConvTransposeOp
from stepwell.kernels.conv.transposed_plan import transposed_weight_tag
from stepwell.kernels.registry import plan_kernel
from stepwell.targets.target import Target
from stepwell.test.kernels import harness
from stepwell.test.kernels.general import Buffer, check_general, open_op
from stepwell.test.kernels.memory import normal
from stepwell.test.kernels.regions import sum_then_relu

X86 = Target.host().triple.startswith("x86_64")
TARGETS = [*harness.targets(), *([Target.parse("x86-64-v2")] if X86 else [])]
targets = pytest.mark.parametrize("target", TARGETS, ids=lambda t: t.name)


def transposed(stride: int, crop: tuple[int, int]) -> harness.MakeOp:
    def make(ins: list[SSAValue], outs: list[SSAValue]) -> ConvTransposeOp:
        return ConvTransposeOp(
            ins[0],
            ins[1],
            outs[0].type,
            strides=(stride, stride),
            pads=(crop[0], crop[0], crop[1], crop[1]),
            dilations=(1, 1),
            output_padding=(0, 0),
            epilogue_operands=ins[2:],
            epilogue=sum_then_relu([f32] * (len(ins) - 1)),
            outs=outs,
        )

    return make


def operands(
    target: Target, kernel: int, stride: int, padding: int, rows: str = "H"
) -> tuple[list[Buffer], Buffer]:
    """An input with `padding` in place, weight and bias; the result of `stride * H` rows."""
    w = target.lanes(f32)
    channels, outputs = w + 3, 5 * w
    weight = normal(np.random.default_rng(0), channels, outputs, kernel, kernel) / kernel
    tag = transposed_weight_tag(4, w, 2 * w)
    return [
        Buffer(("N", channels, f"{rows} + {padding}", f"W + {padding}"), layout=f"aBcd{w}b"),
        Buffer(weight.shape, layout=tag, values=lambda rng, shape: weight),
        Buffer((outputs, 1, 1), layout=f"Abc{w}a"),
    ], Buffer(("N", outputs, f"{stride} * {rows}", f"{stride} * W"), layout=f"aBcd{w}b")


@targets
@pytest.mark.parametrize(
    ("kernel", "stride", "padding", "crop"),
    [(4, 2, 2, (3, 3)), (2, 2, 0, (0, 0)), (3, 1, 2, (2, 2)), (6, 3, 1, (3, 3))],
)
def test_maps(
    target: Target, kernel: int, stride: int, padding: int, crop: tuple[int, int]
) -> None:
    """Rows and columns from none on; channels that fill no block, a last panel of one vector."""
    given, result = operands(target, kernel, stride, padding)
    check_general(
        transposed(stride, crop), given, [result], target=target, large=35, tolerance=1e-5
    )


def test_phases_that_may_differ_have_no_kernel() -> None:
    """Whether a number of rows is even is told by the sizes, not by what they are planned for."""
    target = Target.parse("x86-64-v4")
    given, result = operands(target, 4, 2, 2)
    assert plan_kernel(open_op(transposed(2, (3, 3)), given, [result]), target) is not None
    odd = Buffer(("N", 80, "2 * H + 1", "2 * W + 1"), layout="aBcd16b")
    planned = plan_kernel(open_op(transposed(2, (3, 2)), given, [odd]), target)
    assert planned is None or type(planned.template).__name__ != "TransposedTemplate"


def test_what_is_outside_of_the_input_is_not_read() -> None:
    """The same result of an input without the padding it takes."""
    target = Target.parse("x86-64-v4")
    given, _ = operands(target, 4, 2, 0)
    result = Buffer(("N", 80, "2 * H", "2 * W"), layout="aBcd16b")
    planned = plan_kernel(open_op(transposed(2, (1, 1)), given, [result]), target)
    assert planned is None or type(planned.template).__name__ != "TransposedTemplate"
