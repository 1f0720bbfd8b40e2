"""Direct convolutions of codes of eight bits: every bit of the integer definition."""

from typing import Any

import numpy as np
import pytest
from xdsl.dialects.builtin import i32

from stepwell.dialects.engine import ConvOp
from stepwell.kernels.common.blocked_operands import blocked_tag
from stepwell.kernels.conv.blocked import code_block, code_weight_tag
from stepwell.kernels.conv.direct import DirectTemplate
from stepwell.targets.target import Target
from stepwell.test.kernels.general import Buffer, check_general
from stepwell.test.kernels.harness import run_kernel, targets
from stepwell.test.kernels.memory import Operand, Result

RNG = np.random.default_rng(3)


def make(strides: tuple[int, ...], dilations: tuple[int, ...] | None = None) -> Any:
    def build(ins: Any, outs: Any) -> ConvOp:
        return ConvOp(
            ins[0],
            ins[1],
            strides=strides,
            pads=(0,) * (2 * len(strides)),
            dilations=dilations or (1,) * len(strides),
            accumulator=i32,
            outs=outs,
        )

    return build


def convolved(x: Any, w: Any, strides: Any, dilations: Any) -> Any:
    """The integer definition, tap by tap."""
    taps = np.ndindex(w.shape[2:])
    spatial = tuple(
        (n - (k - 1) * d - 1) // s + 1
        for n, k, d, s in zip(x.shape[2:], w.shape[2:], dilations, strides, strict=True)
    )
    found = np.zeros((x.shape[0], w.shape[0], *spatial), np.int64)
    for tap in taps:
        window = tuple(
            slice(t * d, t * d + (n - 1) * s + 1, s)
            for t, d, n, s in zip(tap, dilations, spatial, strides, strict=True)
        )
        part = x[(slice(None), slice(None), *window)].astype(np.int64)
        weight = w[(slice(None), slice(None), *tap)].astype(np.int64)
        found += np.einsum("oc,nc...->no...", weight, part)
    return found.astype(np.int32)


CASES: list[tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...], tuple[int, ...]]] = [
    # input, weight, strides, dilations: an image of three channels, tails of channels of both
    # sides, pointwise over whole images, a stride, a dilation, one dimension
    ((1, 3, 9, 11), (8, 3, 3, 3), (2, 2), (1, 1)),
    ((2, 35, 5, 7), (33, 35, 1, 1), (1, 1), (1, 1)),
    ((1, 64, 7, 7), (48, 64, 3, 3), (1, 1), (1, 1)),
    ((1, 17, 9, 8), (20, 17, 3, 2), (2, 1), (1, 2)),
    ((2, 6, 30), (40, 6, 5), (2,), (2,)),
]


@pytest.mark.parametrize("target", targets(), ids=lambda t: t.name)
@pytest.mark.parametrize("case", CASES, ids=lambda c: "x".join(map(str, c[1])))
def test_convolutions_are_exact(target: Target, case: Any) -> None:
    shape, filters, strides, dilations = case
    left, right = (np.uint8, np.int8) if shape[1] != 17 else (np.int8, np.uint8)
    x = RNG.integers(np.iinfo(left).min, np.iinfo(left).max + 1, shape).astype(left)
    w = RNG.integers(np.iinfo(right).min, np.iinfo(right).max + 1, filters).astype(right)
    expected = convolved(x, w, strides, dilations)
    lanes, rank = target.vector_bits // 32, len(shape)
    block = code_block(shape[1], lanes)
    [y] = run_kernel(
        make(strides, dilations),
        [
            Operand(x, blocked_tag(rank, 1, block)),
            Operand(w, code_weight_tag(rank, block, 2 * lanes), constant=True),
        ],
        [Result(expected.shape, np.int32, blocked_tag(rank, 1, lanes))],
        target,
        template=DirectTemplate(),
    )
    np.testing.assert_array_equal(y, expected)


@pytest.mark.parametrize("target", targets(), ids=lambda t: t.name)
def test_open_maps(target: Target) -> None:
    """One kernel for any number of images, rows and columns."""
    lanes = target.vector_bits // 32
    w = RNG.integers(-128, 128, (20, 18, 3, 3)).astype(np.int8)
    data = blocked_tag(4, 1, lanes)
    check_general(
        make((1, 1)),
        [
            Buffer(
                ("N", 18, "H + 2", "W + 2"),
                np.uint8,
                data,
                values=lambda rng, shape: rng.integers(0, 256, shape),
            ),
            Buffer((20, 18, 3, 3), np.int8, code_weight_tag(4, lanes, 2 * lanes), constant=w),
        ],
        [Buffer(("N", 20, "H", "W"), np.int32, data)],
        target=target,
        tolerance=0.0,
        large=19,
    )
