"""Convolutions and pools of any number of images: built once, compared at many numbers."""

from collections.abc import Sequence
from typing import Any

import pytest
from xdsl.dialects.builtin import f32
from xdsl.ir import SSAValue

from stepwell.dialects.engine import ConvTransposeOp, PoolOp, WinogradOp
from stepwell.dialects.engine.winograd import transform_weight
from stepwell.kernels.conv.blocked import weight_tag
from stepwell.kernels.conv.transposed_plan import transposed_weight_tag
from stepwell.targets.target import Target
from stepwell.test.kernels import harness
from stepwell.test.kernels.conv.convolutions import constant, convolution, weight
from stepwell.test.kernels.general import Buffer, check_general, in_place
from stepwell.test.kernels.harness import MakeOp
from stepwell.test.kernels.regions import sum_then_relu

X86 = Target.host().triple.startswith("x86_64")
TARGETS = [*harness.targets(), *([Target.parse("x86-64-v2")] if X86 else [])]
targets = pytest.mark.parametrize("target", TARGETS, ids=lambda t: t.name)


def check(
    make: MakeOp, operands: Sequence[Buffer], result: Buffer, target: Target, **options: Any
) -> None:
    """At twelve numbers of images; none, one, and more than there are chunks are among them."""
    options = {"tolerance": 1e-5, **options}
    kernel = check_general(make, operands, [result], target=target, large=35, **options)
    assert len(kernel.sizes) == 1


@targets
@pytest.mark.parametrize(
    ("kernel", "stride", "size"), [(3, 1, (6, 9)), (3, 2, (7, 5)), (1, 1, (7, 7)), (1, 2, (4, 4))]
)
def test_direct(target: Target, kernel: int, stride: int, size: tuple[int, int]) -> None:
    """Channels that do not fill the last block, a bias, a residual that is overwritten."""
    w = target.lanes(f32)
    channels, outputs = w + 3, 3 * w
    tag = f"aBcd{w}b"
    source = [(n - 1) * stride + kernel for n in size]
    result = Buffer(("N", outputs, *size), layout=tag)
    check(
        convolution((stride, stride)),
        [
            Buffer(("N", channels, *source), layout=tag),
            constant(weight(outputs, channels, kernel, kernel), weight_tag(4, w, 2 * w, False)),
            Buffer((outputs, 1, 1), layout=f"Abc{w}a"),
            result,
        ],
        in_place(result, 3),
        target,
    )


@targets
def test_images_in_rows_with_gaps(target: Target) -> None:
    """Input and result are parts of larger buffers; few channels lie row-major."""
    w = target.lanes(f32)
    check(
        convolution((2, 2)),
        [
            Buffer(("N", 3, 11, 11), strides=(3 * 12 * 13 + 7, 12 * 13, 13, 1)),
            constant(weight(w, 3, 3, 3), weight_tag(4, w, w, True)),
        ],
        Buffer(("N", w, 5, 5), layout=f"aBcd{w}b", strides=(40 * w, 40 * w, 6 * w, w, 1)),
        target,
    )


@targets
def test_groups(target: Target) -> None:
    w = target.lanes(f32)
    tag = f"aBcd{w}b"
    check(
        convolution((1, 1), 3),
        [
            Buffer(("N", 3 * w, 5, 6), layout=tag),
            constant(weight(15, w, 3, 3), weight_tag(4, w, w, True)),
        ],
        Buffer(("N", 15, 3, 4), layout=tag),
        target,
    )


@targets
@pytest.mark.parametrize("stride", [1, 2])
def test_depthwise(target: Target, stride: int) -> None:
    w = target.lanes(f32)
    tag, channels, size = f"aBcd{w}b", 2 * w, (5, 6)
    check(
        convolution((stride, stride), channels),
        [
            Buffer(("N", channels, *((n - 1) * stride + 3 for n in size)), layout=tag),
            constant(weight(channels, 1, 3, 3), f"Abcd{w}a"),
            Buffer((channels, 1, 1), layout=f"Abc{w}a"),
        ],
        Buffer(("N", channels, *size), layout=tag),
        target,
    )


@targets
@pytest.mark.parametrize("size", [(4, 5), (14, 14), (29, 30)])
def test_winograd(target: Target, size: tuple[int, int]) -> None:
    """Panels are cut into groups where images are few: how many is asked in the kernel."""
    w = target.lanes(f32)
    tag, channels, outputs = f"aBcd{w}b", w + 3, 6 * w
    filters = weight(outputs, channels, 3, 3)

    def make(ins: list[SSAValue], outs: list[SSAValue]) -> WinogradOp:
        region = sum_then_relu([f32] * (len(ins) - 2))
        return WinogradOp(
            ins[0], ins[1], ins[2], epilogue_operands=ins[3:], epilogue=region, outs=outs
        )

    check(
        make,
        [
            Buffer(("N", channels, size[0] + 2, size[1] + 2), layout=tag),
            constant(transform_weight(filters), f"Bac{2 * w}b"),
            constant(filters, f"Abcd{w}a"),
            Buffer((outputs, 1, 1), layout=f"Abc{w}a"),
        ],
        Buffer(("N", outputs, *size), layout=tag),
        target,
        tolerance=1e-4,
    )


@targets
def test_transposed(target: Target) -> None:
    w = target.lanes(f32)
    tag = f"aBcd{w}b"

    def make(ins: list[SSAValue], outs: list[SSAValue]) -> ConvTransposeOp:
        return ConvTransposeOp(
            ins[0],
            ins[1],
            outs[0].type,
            strides=(2, 2),
            pads=(3, 3, 3, 3),
            dilations=(1, 1),
            output_padding=(0, 0),
            groups=1,
            outs=outs,
        )

    check(
        make,
        [
            Buffer(("N", w + 3, 7, 10), layout=tag),
            constant(weight(w + 3, 2 * w, 4, 4), transposed_weight_tag(4, w, 2 * w)),
        ],
        Buffer(("N", 2 * w, 10, 16), layout=tag),
        target,
    )


@targets
@pytest.mark.parametrize("kind", ["max", "average"])
@pytest.mark.parametrize("blocked", [False, True])
def test_pool(target: Target, kind: str, blocked: bool) -> None:
    w = target.lanes(f32)
    tag = f"aBcd{w}b" if blocked else None

    def make(ins: list[SSAValue], outs: list[SSAValue]) -> PoolOp:
        return PoolOp(
            ins[0], kind, (3, 3), strides=(2, 2), pads=(1, 1, 1, 1), dilations=(1, 1), outs=outs
        )

    check(
        make,
        [Buffer(("N", w + 3, 9, 12), layout=tag)],
        Buffer(("N", w + 3, 5, 6), layout=tag),
        target,
    )
