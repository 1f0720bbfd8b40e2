"""Reductions, softmax and norms of sizes that are values: rows, lanes, any axis, empty ones."""

from __future__ import annotations

import numpy as np
import pytest
from xdsl.dialects import arith
from xdsl.dialects.builtin import f32

from stepwell.dialects.engine import NormOp, ReduceOp, SoftmaxOp
from stepwell.targets.target import Target
from stepwell.test.kernels.general import Buffer, check_general
from stepwell.test.kernels.harness import MakeOp, scalar_region, targets

Shape = tuple[int | str, ...]


def reduction(kind: str, axes: list[int], keep: bool = True) -> MakeOp:
    return lambda ins, outs: ReduceOp(ins, kind, axes, keepdims=keep, outs=outs)


@pytest.mark.parametrize("target", targets(), ids=lambda t: t.name)
@pytest.mark.parametrize("kind", ["sum", "mean", "max"])
def test_rows_and_columns(target: Target, kind: str) -> None:
    x = Buffer(("N", "S"))
    least = 1 if kind == "max" else 0
    check_general(reduction(kind, [1]), [x], [Buffer(("N", 1))], target=target, least=least)
    check_general(reduction(kind, [0]), [x], [Buffer((1, "S"))], target=target, least=least)
    check_general(reduction(kind, [0, 1]), [x], [Buffer((1, 1))], target=target, least=least)


@pytest.mark.parametrize(
    ("shape", "axes", "out"),
    [
        (("N", 20, "H", "W"), [2, 3], ("N", 20)),
        (("N", 20, "H", "W"), [1], ("N", "H", "W")),
        (("N", "S", 48), [1], ("N", 48)),
        (("N", "S", 48), [0, 2], ("S",)),
    ],
)
def test_dropped_axes(shape: Shape, axes: list[int], out: Shape) -> None:
    check_general(reduction("sum", axes, False), [Buffer(shape)], [Buffer(out)], large=20)


def test_blocks_of_channels_are_averaged() -> None:
    x = Buffer(("N", 40, "H", "W"), layout="aBcd8b")
    check_general(reduction("mean", [2, 3]), [x], [Buffer(("N", 40, 1, 1), layout="aBcd8b")])
    whole = Buffer(("N", 32, "H", "W"), layout="aBcd16b")
    check_general(reduction("mean", [2, 3]), [whole], [Buffer(("N", 32, 1, 1))])


def test_a_region_on_two_inputs_that_broadcast() -> None:
    body = scalar_region([f32, f32], lambda a, b: arith.MulfOp(a, b))
    check_general(
        lambda ins, outs: ReduceOp(ins, "sum", [1], keepdims=False, body=body, outs=outs),
        [Buffer(("N", "S", 5)), Buffer(("N", 1, 5))],
        [Buffer(("N", 5))],
    )


def test_integers() -> None:
    def whole(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
        return rng.integers(-99, 99, shape)

    x = Buffer(("N", "S"), np.int64, values=whole)
    for axis, out in ((1, ("N", 1)), (0, (1, "S"))):
        check_general(reduction("mean", [axis]), [x], [Buffer(out, np.int64)], least=1)
        check_general(reduction("sum", [axis]), [x], [Buffer(out, np.int64)])


@pytest.mark.parametrize("target", targets(), ids=lambda t: t.name)
@pytest.mark.parametrize("log", [False, True])
@pytest.mark.parametrize("axis", [0, 1, 2])
def test_softmax_along_any_axis(target: Target, log: bool, axis: int) -> None:
    x = Buffer(("N", "S", "T"))
    check_general(
        lambda ins, outs: SoftmaxOp(ins[0], axis, log=log, outs=outs),
        [x],
        [x],
        target=target,
        large=40,
    )


@pytest.mark.parametrize("target", targets(), ids=lambda t: t.name)
@pytest.mark.parametrize("log", [False, True])
def test_short_rows_of_each_number_of_vectors(target: Target, log: bool) -> None:
    """One to four vectors, whole ones and some lanes of the last, then one element more."""
    rows = Buffer(("N", "S"), strides=("S + 3", 1))
    kernel = check_general(
        lambda ins, outs: SoftmaxOp(ins[0], 1, log=log, outs=outs),
        [rows],
        [Buffer(("N", "S"))],
        target=target,
        large=40,
    )
    lanes = target.lanes(f32)
    for vectors in range(1, 6):
        for length in (lanes * vectors - 1, lanes * vectors, lanes * vectors + 1):
            kernel.check({"N": 5, "S": length})


def test_softmax_of_a_number_of_columns_stays_in_registers() -> None:
    x = Buffer(("N", "S", 40), strides=("S * 64", 64, 1))
    kernel = check_general(
        lambda ins, outs: SoftmaxOp(ins[0], 2, outs=outs), [x], [Buffer(("N", "S", 40))]
    )
    kernel.check({"N": 12, "S": 300})


def test_layer_norm_over_a_number_and_over_a_value() -> None:
    def norm(axes: list[int]) -> MakeOp:
        return lambda ins, outs: NormOp(
            ins[0], "layer", axes, 1e-5, scale=ins[1], bias=ins[2], outs=outs
        )

    x = Buffer(("N", "S", 72))
    check_general(norm([2]), [x, Buffer((72,)), Buffer((72,))], [x], tolerance=1e-5)
    y = Buffer(("N", "S"))
    check_general(norm([1]), [y, Buffer(("S",)), Buffer(("S",))], [y], least=1, tolerance=1e-5)


def test_group_norm_of_open_images() -> None:
    x = Buffer(("N", 12, "H", "W"))
    check_general(
        lambda ins, outs: NormOp(
            ins[0],
            "layer",
            [1, 2, 3],
            1e-5,
            scale=ins[1],
            bias=ins[2],
            groups=3,
            outs=outs,
        ),
        [x, Buffer((12, 1, 1)), Buffer((12, 1, 1))],
        [x],
        least=1,
        large=20,
        tolerance=1e-5,
    )
