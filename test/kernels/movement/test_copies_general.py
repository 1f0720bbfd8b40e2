"""Data movement of sizes that are values: boxes, tiles, borders, single elements."""

from __future__ import annotations

import numpy as np
import pytest
from xdsl.dialects.builtin import FloatAttr, f32

from stepwell.dialects.engine import ConcatOp, PadOp, ReshapeOp, SliceOp, TransposeOp
from stepwell.dialects.engine.movement import BroadcastOp, RelayoutOp
from stepwell.dialects.engine.shuffle import ShuffleOp
from stepwell.dialects.engine.size_numbers import IotaOp, SizeValuesOp
from stepwell.runtime.size import Extent
from stepwell.runtime.size_text import parse_size
from stepwell.targets.target import Target
from stepwell.test.kernels.general import Buffer, GeneralKernel, check_general
from stepwell.test.kernels.harness import targets

Shape = tuple[int | str, ...]


def extents(shape: Shape) -> tuple[Extent, ...]:
    return tuple(parse_size(n) if isinstance(n, str) else n for n in shape)


@pytest.mark.parametrize("target", targets(), ids=lambda t: t.name)
@pytest.mark.parametrize(
    ("shape", "order"),
    [
        (("N", "S", 12, 64), (0, 2, 1, 3)),
        (("N", "S", 12, 64), (0, 2, 3, 1)),
        (("N", "S"), (1, 0)),
        (("N", 3, "H", "W"), (0, 2, 3, 1)),
        (("N", "H", "W", 40), (0, 3, 1, 2)),
    ],
)
def test_transposes(target: Target, shape: Shape, order: tuple[int, ...]) -> None:
    check_general(
        lambda ins, outs: TransposeOp(ins[0], order, outs=outs),
        [Buffer(shape)],
        [Buffer(tuple(shape[d] for d in order))],
        target=target,
        large=40,
    )


@pytest.mark.parametrize(
    ("shape", "strides", "out"),
    [
        (("N", "S", 12, 64), ("S * 1024", 1024, 64, 1), ("N", "S", 768)),
        (("N * S", 24), (40, 1), ("N", "S", 24)),
        (("N", "S", 6), ("S * 8", 8, 1), ("N", "S * 6")),
        (("N", 12, 5), (99, 7, 1), (4, "N", 15)),
    ],
)
def test_reshapes_of_what_has_gaps(shape: Shape, strides: Shape, out: Shape) -> None:
    check_general(
        lambda ins, outs: ReshapeOp(ins[0], extents(out), outs=outs),
        [Buffer(shape, strides=strides)],
        [Buffer(out)],
        large=20,
    )


def test_concat() -> None:
    check_general(
        lambda ins, outs: ConcatOp(ins, 1, outs=outs),
        [Buffer(("N", "S", 20)), Buffer(("N", "P", 20)), Buffer(("N", 3, 20))],
        [Buffer(("N", "S + P + 3", 20))],
        large=40,
    )
    check_general(
        lambda ins, outs: ConcatOp(ins, 1, outs=outs),
        [Buffer(("N", 16, "W"), layout="aBc16b"), Buffer(("N", 24, "W"))],
        [Buffer(("N", 40, "W"), layout="aBc16b")],
        large=40,
    )


@pytest.mark.parametrize(
    ("starts", "sizes", "steps", "shape"),
    [
        ((0, "P", 2), ("N", "S", 7), (1, 1, 3), ("N", "P + S", 24)),
        ((0, 1, 0), ("N", "S", 24), (1, 2, 1), ("N", "2 * S + 1", 24)),
        (("N - 1", 0, 0), (1, "S", 24), (1, 1, 1), ("N", "S", 24)),
    ],
)
def test_slices(starts: Shape, sizes: Shape, steps: tuple[int, ...], shape: Shape) -> None:
    check_general(
        lambda ins, outs: SliceOp(ins[0], extents(starts), extents(sizes), steps, outs=outs),
        [Buffer(shape)],
        [Buffer(sizes)],
        least=1,
        large=40,
    )


@pytest.mark.parametrize("shape", [("N", 1, 24), (1, "S", 1), ("N", "S", 24), ("S", 1), (1,)])
def test_broadcasts(shape: Shape) -> None:
    out = ("N", "S", 24)
    check_general(
        lambda ins, outs: BroadcastOp(ins[0], extents(out), outs=outs),
        [Buffer(shape)],
        [Buffer(out)],
        large=40,
    )


def test_what_may_be_one_is_broadcast_where_it_is() -> None:
    kernel = GeneralKernel(
        lambda ins, outs: BroadcastOp(ins[0], extents(("M", "S")), outs=outs),
        [Buffer(("N", "S"))],
        [Buffer(("M", "S"))],
    )
    for n, m in ((1, 5), (5, 5), (1, 1), (1, 0)):
        for s in (1, 20):
            kernel.check({"N": n, "M": m, "S": s})


@pytest.mark.parametrize("target", targets(), ids=lambda t: t.name)
@pytest.mark.parametrize("channels", [32, 24, 3])
def test_relayouts(target: Target, channels: int) -> None:
    shape = ("N", channels, "H", "W")
    for left, right in ((None, "aBcd16b"), ("aBcd16b", None), ("acdb", None), ("aBcd16b", "acdb")):
        check_general(
            lambda ins, outs: RelayoutOp(ins[0], outs[0].type, outs=outs),
            [Buffer(shape, layout=left)],
            [Buffer(shape, layout=right)],
            target=target,
            large=20,
        )


@pytest.mark.parametrize(
    ("low", "high"),
    [((0, 0, 1, 2), (0, 0, 3, 1)), ((0, 1, 0, 0), (0, 0, 0, 0)), ((0, 0, -1, 0), (0, 0, 0, -1))],
)
def test_pads_with_a_constant(low: tuple[int, ...], high: tuple[int, ...]) -> None:
    shape = ("N", 5, "H", "W")
    out = tuple(
        f"{n} + {a + b}" if isinstance(n, str) else n + a + b
        for n, a, b in zip(shape, low, high, strict=True)
    )
    check_general(
        lambda ins, outs: PadOp(ins[0], low, high, FloatAttr(7.0, f32), outs=outs),
        [Buffer(shape)],
        [Buffer(out)],
        least=1,
        large=20,
    )


def test_a_pad_by_a_size() -> None:
    check_general(
        lambda ins, outs: PadOp(
            ins[0], extents((0, "P", 0)), extents((0, 0, 0)), FloatAttr(1.0, f32), outs=outs
        ),
        [Buffer(("N", "S", 8))],
        [Buffer(("N", "P + S", 8))],
        large=20,
    )


@pytest.mark.parametrize("mode", ["edge", "reflect", "wrap"])
def test_pads_that_repeat(mode: str) -> None:
    check_general(
        lambda ins, outs: PadOp(ins[0], (0, 2, 1), (0, 1, 3), FloatAttr(0.0, f32), mode, outs=outs),
        [Buffer(("N", "H", "W"))],
        [Buffer(("N", "H + 3", "W + 4"))],
        least=1,
        large=20,
    )


def test_a_shuffle_of_open_images() -> None:
    x = Buffer(("N", 12, "H", "W"))
    check_general(lambda ins, outs: ShuffleOp(ins[0], 3, outs=outs), [x], [x], large=20)


def test_booleans_and_integers_are_moved_too() -> None:
    for dtype in (np.bool_, np.int64, np.float16):
        check_general(
            lambda ins, outs: TransposeOp(ins[0], (1, 0), outs=outs),
            [Buffer(("N", "S"), dtype)],
            [Buffer(("S", "N"), dtype)],
            large=40,
        )


def test_positions_and_sizes_as_numbers() -> None:
    check_general(
        lambda ins, outs: IotaOp(parse_size("S"), outs=outs),
        [],
        [Buffer(("S",), np.int64)],
        large=300,
    )
    kernel = check_general(
        lambda ins, outs: SizeValuesOp(extents(("N", 4, "S + 1")), outs=outs),
        [],
        [Buffer((3,), np.int64)],
    )
    assert len(kernel.sizes) == 2
