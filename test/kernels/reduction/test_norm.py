"""Normalisation against the interpreter: kinds, axes, groups, affine operands, strides."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stepwell.dialects.engine import NormOp
from stepwell.targets.target import Target
from stepwell.test.kernels.harness import check_kernel, run_kernel, targets
from stepwell.test.kernels.memory import Operand, Result, wider_strides

RNG = np.random.default_rng(5)
extents = st.sampled_from([1, 2, 3, 5, 16, 17, 40, 65])


def normal(*shape: int) -> Any:
    return 1 + 2 * RNG.standard_normal(shape, np.float32)


@pytest.mark.parametrize("target", targets(), ids=lambda t: t.name)
@given(data=st.data(), shape=st.tuples(st.sampled_from([1, 3]), extents, extents))
@settings(max_examples=15, deadline=None, derandomize=True)
def test_any_axes(target: Target, data: st.DataObject, shape: tuple[int, int, int]) -> None:
    axes = data.draw(st.sampled_from([[2], [1], [1, 2], [0, 2]]))
    kind = data.draw(st.sampled_from(["layer", "rms"]))
    affine = data.draw(st.sampled_from([0, 1, 2]))
    layout = data.draw(st.sampled_from([None, "acb"]))
    margin = data.draw(st.sampled_from([(0, 0, 0), (0, 1, 5)]))
    operands = [Operand(normal(*shape), layout, wider_strides(shape, layout, margin))]
    operands += [Operand(normal(*shape[1:])), Operand(normal(shape[-1]))][:affine]

    check_kernel(
        lambda ins, outs: NormOp(
            ins[0],
            kind,
            axes,
            1e-3,
            scale=ins[1] if affine > 0 else None,
            bias=ins[2] if affine > 1 else None,
            outs=outs,
        ),
        operands,
        [Result(shape)],
        target,
        tolerance=2e-5,
    )


@pytest.mark.parametrize("target", targets(), ids=lambda t: t.name)
@pytest.mark.parametrize("groups", [1, 3, 12])
def test_groups(target: Target, groups: int) -> None:
    """One group is layer normalisation over all, as many as channels is instance normalisation."""
    shape = (2, 12, 5, 7)
    check_kernel(
        lambda ins, outs: NormOp(
            ins[0],
            "layer",
            [1, 2, 3],
            1e-5,
            scale=ins[1],
            bias=ins[2],
            groups=groups,
            outs=outs,
        ),
        [Operand(normal(*shape)), Operand(normal(12, 1, 1)), Operand(normal(12, 1, 1))],
        [Result(shape)],
        target,
        tolerance=1e-5,
    )


def test_large_mean_loses_no_digits() -> None:
    """The variance is that of the differences to the mean, not a difference of squares."""
    x = normal(4, 64) + np.float32(3000)
    [y] = run_kernel(
        lambda ins, outs: NormOp(ins[0], "layer", [1], 1e-5, outs=outs),
        [Operand(x)],
        [Result((4, 64))],
    )
    wide = x.astype(np.float64)
    centred = wide - wide.mean(axis=1, keepdims=True)
    expected = centred / np.sqrt(np.square(centred).mean(axis=1, keepdims=True) + 1e-5)
    np.testing.assert_allclose(y, expected, atol=1e-3)


def test_in_place() -> None:
    x = normal(5, 50)
    [y] = run_kernel(
        lambda ins, outs: NormOp(ins[0], "rms", [1], 1e-5, outs=outs),
        [Operand(x)],
        [Result((5, 50), alias=0)],
    )
    np.testing.assert_allclose(
        y, x / np.sqrt(np.square(x).mean(axis=1, keepdims=True) + 1e-5), rtol=1e-5
    )
