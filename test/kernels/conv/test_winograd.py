"""Winograd's convolution: the algorithm, its kernel, and the pass that chooses it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from xdsl.dialects.builtin import f32
from xdsl.ir import SSAValue

from stepwell.dialects.engine import ConvOp, WinogradOp
from stepwell.dialects.engine.winograd import (
    filter_transform,
    input_transform,
    output_transform,
    transform_weight,
)
from stepwell.interpreters.engine.semantics import evaluate
from stepwell.kernels.conv.winograd import WinogradTemplate
from stepwell.targets.target import Target
from stepwell.test.kernels.harness import planned_op, run_kernel, targets
from stepwell.test.kernels.memory import Operand, Result, normal, wider_strides
from stepwell.test.kernels.regions import sum_then_relu


def _direct(ins: list[SSAValue], outs: list[SSAValue]) -> ConvOp:
    return ConvOp(
        ins[0],
        ins[1],
        strides=(1, 1),
        pads=(0, 0, 0, 0),
        dilations=(1, 1),
        epilogue_operands=ins[2:],
        epilogue=sum_then_relu([f32] * (len(ins) - 1)) if len(ins) > 2 else None,
        outs=outs,
    )


def _winograd(ins: list[SSAValue], outs: list[SSAValue]) -> WinogradOp:
    return WinogradOp(
        ins[0],
        ins[1],
        ins[2],
        epilogue_operands=ins[3:],
        epilogue=sum_then_relu([f32] * (len(ins) - 2)) if len(ins) > 3 else None,
        outs=outs,
    )


def test_transforms_are_exact() -> None:
    """`A^T ((G g) . (B^T d))` is the correlation of d and g."""
    rng = np.random.default_rng(0)
    d, g = rng.standard_normal(6), rng.standard_normal(3)
    found = output_transform() @ ((filter_transform() @ g) * (input_transform() @ d))
    np.testing.assert_allclose(found, np.correlate(d, g), atol=1e-13)


@settings(max_examples=10, deadline=None)
@given(data=st.data())
@pytest.mark.parametrize("target", targets(), ids=lambda t: t.name)
def test_winograd(target: Target, data: st.DataObject) -> None:
    """Interpreter and kernel agree with the direct convolution, on maps of any size."""
    w = target.lanes(f32)
    draw = data.draw
    images, channels = draw(st.integers(1, 2)), draw(st.integers(1, 2 * w + 3))
    outputs, vectors = draw(st.integers(1, 5 * w)), draw(st.integers(1, 4))
    rows, columns = draw(st.integers(4, 15)), draw(st.integers(4, 33))
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    tag, margin = f"aBcd{w}b", (0, 1, 2, 2, 0)
    x = normal(rng, images, channels, rows + 2, columns + 2)
    filters = normal(rng, outputs, channels, 3, 3) / np.float32(3 * np.sqrt(channels))
    shape = (images, outputs, rows, columns)
    gaps = draw(st.booleans())
    operands = [
        Operand(x, tag, wider_strides(x.shape, tag, margin) if gaps else None),
        Operand(transform_weight(filters), f"Bac{vectors * w}b", constant=True),
        Operand(filters, f"Abcd{w}a", constant=True),
    ]
    extra = draw(st.sampled_from(["none", "bias", "residual"]))
    if extra != "none":
        operands.append(Operand(normal(rng, outputs, 1, 1), f"Abc{w}a", constant=True))
    if extra == "residual":
        operands.append(Operand(normal(rng, *shape), tag))
    gaps = wider_strides(shape, tag, margin) if draw(st.booleans()) else None
    result = Result(shape, np.float32, tag, gaps)
    plain = [Operand(x), Operand(filters), *operands[3:]]
    direct, keep = planned_op(_direct, plain, [result])
    [expected] = evaluate(direct, *(o.array for o in plain))
    op, keep_too = planned_op(_winograd, operands, [result])
    [meant] = evaluate(op, *(o.array for o in operands))
    np.testing.assert_allclose(meant, expected, rtol=1e-4, atol=1e-4)
    [found] = run_kernel(_winograd, operands, [result], target, WinogradTemplate())
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)
    del keep, keep_too


NOT_FINITE = [np.nan, np.inf, -np.inf, 1e-40, -0.0]

LARGE = [1.4e38, -1.4e38]
"""Sums of four halves of these are finite, their transforms are not."""


@pytest.mark.parametrize(("outputs", "panel"), [(16, 16), (48, 48), (80, 16), (32, 32), (20, 32)])
def test_panels_have_no_channels_in_vain(outputs: int, panel: int) -> None:
    x, filters = np.zeros((1, 48, 42, 42), np.float32), np.zeros((outputs, 48, 3, 3), np.float32)
    operands = [Operand(x), Operand(transform_weight(filters)), Operand(filters)]
    op, keep = planned_op(_winograd, operands, [Result((1, outputs, 40, 40))])
    assert isinstance(op, WinogradOp)
    [choice] = WinogradTemplate().layouts(op, Target.parse("x86-64-v4"))
    assert choice.sources[1] == f"Bac{panel}b"
    assert keep is not None


@settings(max_examples=8, deadline=None)
@given(data=st.data())
@pytest.mark.parametrize("special", [NOT_FINITE, LARGE], ids=["not_finite", "large"])
@pytest.mark.parametrize("target", targets(), ids=lambda t: t.name)
def test_special_numbers_give_what_they_give_in_a_direct_convolution(
    target: Target, special: list[float], data: st.DataObject
) -> None:
    """They reach the results that see them, and no others."""
    w = target.lanes(f32)
    draw = data.draw
    channels, outputs = draw(st.integers(1, w + 3)), draw(st.integers(1, 2 * w + 1))
    rows, columns = draw(st.integers(4, 9)), draw(st.integers(4, 14))
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    x = normal(rng, 1, channels, rows + 2, columns + 2)
    filters = rng.uniform(-0.5, 0.5, (outputs, channels, 3, 3)).astype(np.float32)
    filters[rng.random(filters.shape) < 0.2] = 0  # infinity times zero is NaN
    for value in draw(st.lists(st.sampled_from(special), min_size=1, max_size=4)):
        x[0, rng.integers(channels), rng.integers(rows + 2), rng.integers(columns + 2)] = value
    tag = f"aBcd{w}b"
    operands = [
        Operand(x, tag),
        Operand(transform_weight(filters), f"Bac{2 * w}b", constant=True),
        Operand(filters, f"Abcd{w}a", constant=True),
    ]
    result = Result((1, outputs, rows, columns), np.float32, tag)
    direct, keep = planned_op(_direct, [Operand(x), Operand(filters)], [result])
    with np.errstate(all="ignore"):
        [expected] = evaluate(direct, x, filters)
    op, keep_too = planned_op(_winograd, operands, [result])
    [meant] = evaluate(op, *(o.array for o in operands))
    [found] = run_kernel(_winograd, operands, [result], target, WinogradTemplate())
    error = 1e-5 * np.abs(np.where(np.isfinite(x), x, 0)).max()
    np.testing.assert_allclose(meant, expected, rtol=1e-4, atol=error)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=error)
    del keep, keep_too


def test_rounding_errors() -> None:
    """Against f64, for 256 channels: a few parts in a million of the largest result."""
    rng = np.random.default_rng(0)
    w = Target.host().lanes(f32)
    x = normal(rng, 1, 256, 16, 16)
    filters = normal(rng, 2 * w, 256, 3, 3) / np.float32(48)
    shape, tag = (1, 2 * w, 14, 14), f"aBcd{w}b"
    windows = np.lib.stride_tricks.sliding_window_view(x.astype(np.float64), (3, 3), axis=(2, 3))
    expected = np.einsum("nctsxy,ocxy->nots", windows, filters.astype(np.float64), optimize=True)
    operands = [
        Operand(x, tag),
        Operand(transform_weight(filters), f"Bac{2 * w}b", constant=True),
        Operand(filters, f"Abcd{w}a", constant=True),
    ]
    [found] = run_kernel(_winograd, operands, [Result(shape, np.float32, tag)])
    assert np.abs(found - expected).max() < 4e-6 * np.abs(expected).max()
