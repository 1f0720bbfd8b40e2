"""Data movement on blocks of channels for any map: built once, compared at many sizes."""

from __future__ import annotations

import pytest
from xdsl.dialects.builtin import FloatAttr, f32
from xdsl.ir import SSAValue

from stepwell.dialects.engine import ConcatOp, PadOp, ShuffleOp, SliceOp
from stepwell.dialects.engine.movement import RelayoutOp
from stepwell.kernels.registry import plan_kernel
from stepwell.runtime.size_text import parse_size
from stepwell.targets.target import Target
from stepwell.test.kernels import harness
from stepwell.test.kernels.general import Buffer, check_general, open_op

X86 = Target.host().triple.startswith("x86_64")
TARGETS = [*harness.targets(), *([Target.parse("x86-64-v2")] if X86 else [])]
targets = pytest.mark.parametrize("target", TARGETS, ids=lambda t: t.name)


def maps(target: Target, channels: int, rows: str = "H", columns: str = "W") -> Buffer:
    """Images in blocks of a vector."""
    tag = f"aBcd{target.lanes(f32)}b"
    return Buffer(("N", channels, rows, columns), layout=tag)


def shuffle(groups: int) -> harness.MakeOp:
    def make(ins: list[SSAValue], outs: list[SSAValue]) -> ShuffleOp:
        return ShuffleOp(ins[0], groups, outs=outs)

    return make


@targets
@pytest.mark.parametrize(("groups", "more"), [(2, 0), (3, 0), (4, 4)])
def test_shuffle(target: Target, groups: int, more: int) -> None:
    """Groups of whole vectors, and channels that fill no last block."""
    channels = groups * target.lanes(f32) + more
    both = maps(target, channels)
    kernel = check_general(shuffle(groups), [both], [both], target=target, large=35)
    assert len(kernel.sizes) == 3


@targets
def test_shuffle_of_rows(target: Target) -> None:
    """One dimension, inside of a larger buffer."""
    w = target.lanes(f32)
    source = Buffer(("N", 4 * w, "W"), layout=f"aBc{w}b")
    strides = (f"{4 * w} * W + 7", f"{w} * W", w, 1)
    result = Buffer(source.shape, layout=source.layout, strides=strides)
    check_general(shuffle(2), [source], [result], target=target, large=35)


def test_shuffle_of_other_blocks_has_no_kernel() -> None:
    target = Target.parse("x86-64-v4")
    good = maps(target, 64)
    assert plan_kernel(open_op(shuffle(2), [good], [good]), target) is not None
    near = Buffer(good.shape, layout="aBcd8b")
    assert plan_kernel(open_op(shuffle(2), [near], [near]), target) is None


@targets
@pytest.mark.parametrize("around", [(1, 1, 1, 1), (0, 2, 3, 0)])
def test_pad(target: Target, around: tuple[int, int, int, int]) -> None:
    """What goes into a convolution; the last block has channels that are none."""
    top, left, bottom, right = around
    channels = target.lanes(f32) + 3
    padded = maps(target, channels, f"H + {top + bottom}", f"W + {left + right}")
    zero = FloatAttr(0.0, f32)
    check_general(
        lambda ins, outs: PadOp(ins[0], [0, 0, top, left], [0, 0, bottom, right], zero, outs=outs),
        [maps(target, channels)],
        [padded],
        target=target,
        large=35,
    )


@targets
def test_concat_of_channels(target: Target) -> None:
    """Whole blocks, and channels that begin within a block."""
    w = target.lanes(f32)
    for parts in ((2 * w, w), (w + 3, w), (3, 5, w)):
        check_general(
            lambda ins, outs: ConcatOp(ins, 1, outs=outs),
            [maps(target, n) for n in parts],
            [maps(target, sum(parts))],
            target=target,
            large=20,
        )


@targets
@pytest.mark.parametrize(("first", "count"), [(1, 1), (0, 2)])
def test_slice_of_blocks(target: Target, first: int, count: int) -> None:
    """Some blocks, and all rows but two."""
    w = target.lanes(f32)
    sizes = [parse_size("N"), count * w, parse_size("H"), parse_size("W")]
    check_general(
        lambda ins, outs: SliceOp(ins[0], [0, first * w, 1, 1], sizes, outs=outs),
        [maps(target, 3 * w, "H + 2", "W + 1")],
        [maps(target, count * w)],
        target=target,
        large=35,
    )


@targets
@pytest.mark.parametrize("layout", [None, "acdb"])
def test_relayout(target: Target, layout: str | None) -> None:
    channels = 2 * target.lanes(f32) + (3 if layout is None else 0)
    blocks = maps(target, channels)
    plain = Buffer(blocks.shape, layout=layout)
    for source, result in ((blocks, plain), (plain, blocks)):
        check_general(
            lambda ins, outs: RelayoutOp(ins[0], outs[0].type, outs=outs),
            [source],
            [result],
            target=target,
            large=35,
        )
