"""Transposed convolution phase by phase: strides, kernels, crops, channels, buffers with gaps."""

from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from xdsl.dialects.builtin import f32, f64
from xdsl.ir import SSAValue

from stepwell.dialects.engine import ConvTransposeOp
from stepwell.interpreters.engine.semantics import evaluate
from stepwell.kernels.conv.general import GeneralTransposedTemplate
from stepwell.kernels.conv.transposed import TransposedTemplate
from stepwell.kernels.conv.transposed_plan import transposed_weight_tag
from stepwell.kernels.registry import plan_kernel
from stepwell.targets.target import Target
from stepwell.test.kernels.harness import (
    MakeOp,
    check_kernel,
    choices_of,
    plan_with,
    planned_op,
    run_kernel,
    targets,
)
from stepwell.test.kernels.memory import Operand, Result, normal, wider_strides
from stepwell.test.kernels.regions import sum_then_relu
from stepwell.transforms.expand_transposed_conv.phases import WholePhases

TEMPLATE = TransposedTemplate()


def _make(strides: tuple[int, ...], pads: tuple[int, ...], groups: int = 1) -> MakeOp:
    rank = len(strides)

    def make(ins: list[SSAValue], outs: list[SSAValue]) -> ConvTransposeOp:
        return ConvTransposeOp(
            ins[0],
            ins[1],
            outs[0].type,
            strides=strides,
            pads=pads,
            dilations=(1,) * rank,
            output_padding=(0,) * rank,
            groups=groups,
            epilogue_operands=ins[2:],
            epilogue=sum_then_relu([f32] * (len(ins) - 1)) if len(ins) > 2 else None,
            outs=outs,
        )

    return make


def _check(make: MakeOp, operands: list[Operand], result: Result, target: Target) -> None:
    run = partial(run_kernel, template=TEMPLATE)
    check_kernel(make, operands, [result], target, 4e-6, run)


@settings(max_examples=14, deadline=None)
@given(data=st.data())
@pytest.mark.parametrize("target", targets(), ids=lambda t: t.name)
def test_any_window(target: Target, data: st.DataObject) -> None:
    """Whatever the pass makes of a transposed convolution, the kernel computes."""
    w, draw = target.lanes(f32), data.draw
    images, channels = draw(st.integers(1, 3)), draw(st.integers(1, 2 * w + 3))
    outputs, panel = draw(st.integers(1, 3 * w)), w * draw(st.integers(1, 4))
    strides = draw(st.sampled_from([(2, 2), (1, 2), (3, 2), (2, 1), (4, 4)]))
    kernel = [s * draw(st.integers(1, 2)) for s in strides]
    crops = [draw(st.integers(0, k)) for k in kernel]
    steps = [draw(st.integers(1, 6)), draw(st.integers(1, 9))]
    each = zip(steps, kernel, strides, crops, strict=True)
    found = (WholePhases.of(max(1, n - 1), k, s, c, n * s) for n, k, s, c in each)
    dims = [d for d in found if d is not None]
    size = [max(1, n - 1) + d.low + d.high for n, d in zip(steps, dims, strict=True)]
    pads = (*(d.crop for d in dims), *(d.crop_end for d in dims))
    rng, tag = np.random.default_rng(draw(st.integers(0, 99))), f"aBcd{w}b"
    source = (images, channels, *size)
    shape = (images, outputs, *(n * s for n, s in zip(steps, strides, strict=True)))
    gaps = draw(st.booleans())
    margin = (0, 1, 2, 2, 0)
    operands = [
        Operand(normal(rng, *source), tag, wider_strides(source, tag, margin) if gaps else None),
        Operand(
            normal(rng, channels, outputs, *kernel),
            transposed_weight_tag(4, w, panel),
            constant=True,
        ),
    ]
    if draw(st.booleans()):
        operands.append(Operand(normal(rng, outputs, 1, 1), f"Abc{w}a", constant=True))
    result = Result(shape, layout=tag, strides=wider_strides(shape, tag, margin) if gaps else None)
    _check(_make(strides, pads), operands, result, target)


def test_one_dimension() -> None:
    """A one-dimensional one is one of one row."""
    target, rng = Target.host(), np.random.default_rng(0)
    w = target.lanes(f32)
    operands = [
        Operand(normal(rng, 2, w + 3, 10), f"aBc{w}b"),
        Operand(normal(rng, w + 3, 5, 4), transposed_weight_tag(3, w, w), constant=True),
    ]
    _check(_make((2,), (3, 3)), operands, Result((2, 5, 16), layout=f"aBc{w}b"), target)


def test_double_precision() -> None:
    """Blocks of as many channels as a vector has lanes of f64."""
    target, rng = Target.host(), np.random.default_rng(1)
    w = target.lanes(f64)
    operands = [
        Operand(rng.standard_normal((1, 3, 5, 5)), f"aBcd{w}b"),
        Operand(rng.standard_normal((3, 6, 2, 2)), transposed_weight_tag(4, w, w), constant=True),
    ]
    result = Result((1, 6, 10, 10), np.float64, f"aBcd{w}b")
    _check(_make((2, 2), (0, 0, 0, 0)), operands, result, target)


@pytest.mark.parametrize(
    ("kernel", "pads", "groups", "extent", "why"),
    [
        (4, (1, 1, 1, 1), 1, 8, "the first result needs an input before the first"),
        (3, (2, 2, 2, 2), 1, 5, "phases have one and two taps"),
        (4, (3, 3, 3, 3), 1, 4, "fits"),
        (4, (3, 3, 2, 2), 1, 5, "the last result has no phase beside it"),
        (4, (3, 3, 3, 3), 2, 4, "groups"),
    ],
)
def test_borders_are_refused(
    kernel: int, pads: tuple[int, ...], groups: int, extent: int, why: str
) -> None:
    """Near misses go to the general template, which computes them."""
    target, rng = Target.host(), np.random.default_rng(2)
    operands = [
        Operand(normal(rng, 1, 4, 4, 4)),
        Operand(normal(rng, 4, 6 // groups, kernel, kernel), constant=True),
    ]
    result = Result((1, 6, extent, extent))
    make = _make((2, 2), pads, groups)
    op, keep = planned_op(make, operands, [result])
    assert bool(choices_of(TEMPLATE, op, target)) == (why == "fits")
    assert plan_with(TEMPLATE, op, target) is None
    planned = plan_kernel(op, target)
    assert planned is not None
    assert isinstance(planned.template, GeneralTransposedTemplate)
    [found] = run_kernel(make, operands, [result], target)
    [expected] = evaluate(op, *(o.array for o in operands))
    np.testing.assert_allclose(found, expected, rtol=2e-5, atol=2e-5)
    del keep
