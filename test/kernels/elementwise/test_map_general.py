"""Maps over sizes that are values: merged and broadcast axes, gaps, layouts, types, failures."""

from __future__ import annotations

import numpy as np
import pytest
from xdsl.dialects import arith, math
from xdsl.dialects.builtin import f32, i1, i64
from xdsl.ir import Operation, SSAValue

from stepwell.dialects.engine import MapOp
from stepwell.targets.target import Target
from stepwell.test.kernels.general import Buffer, GeneralKernel, check_general, in_place
from stepwell.test.kernels.harness import MakeOp, scalar_region, targets


def summed(count: int) -> MakeOp:
    """`a0 * 2 + a1`, ..., which tells the operands apart."""

    def body(*arguments: SSAValue) -> Operation:
        total = arith.AddfOp(arguments[0], arguments[0])
        for argument in arguments[1:]:
            total = arith.AddfOp(total, argument)
        return total

    region = [f32] * count
    return lambda ins, outs: MapOp(ins, scalar_region(region, body), outs=outs)


@pytest.mark.parametrize("target", targets(), ids=lambda t: t.name)
def test_operands_of_one_shape_run_flat(target: Target) -> None:
    dense = Buffer(("N", "S", 48))
    kernel = check_general(summed(2), [dense, dense], [dense], target=target)
    assert len(kernel.sizes) == 2
    kernel.check({"N": 3, "S": 300})


@pytest.mark.parametrize(
    ("shapes", "out"),
    [
        ([("N", "S", 24), (24,)], ("N", "S", 24)),
        ([("N", 12, "S", "S"), ("N", 1, 1, "S")], ("N", 12, "S", "S")),
        ([("N", 7, "H", "W"), (7, 1, 1)], ("N", 7, "H", "W")),
        ([("N", 1), (1, "S"), ("N", "S")], ("N", "S")),
        ([("S",), ()], ("S",)),
    ],
)
def test_broadcasts(shapes: list[tuple[int | str, ...]], out: tuple[int | str, ...]) -> None:
    check_general(summed(len(shapes)), [Buffer(s) for s in shapes], [Buffer(out)], large=40)


def test_what_may_be_one_is_broadcast_where_it_is() -> None:
    kernel = GeneralKernel(
        summed(2), [Buffer(("N", "S")), Buffer(("M", "S"))], [Buffer(("broadcast(M, N)", "S"))]
    )
    for n, m in ((1, 5), (5, 1), (5, 5), (1, 1)):
        for s in (0, 1, 17):
            kernel.check({"N": n, "M": m, "S": s})


def test_the_last_axis_may_be_broadcast_too() -> None:
    kernel = GeneralKernel(
        summed(2), [Buffer((3, "S")), Buffer((3, "T"))], [Buffer((3, "broadcast(S, T)"))]
    )
    for s, t in ((1, 35), (35, 1), (35, 35), (1, 1)):
        kernel.check({"S": s, "T": t})


def test_views_with_gaps() -> None:
    gaps = ("S * 40 + 7", 40, 1)
    check_general(
        summed(2),
        [Buffer(("N", "S", 32), strides=gaps), Buffer(("N", "S", 32))],
        [Buffer(("N", "S", 32), strides=("P * S * 64", 64, 1))],
        least=1,
    )


def test_other_orders_and_blocks() -> None:
    image = ("N", 32, "H", "W")
    check_general(
        summed(3),
        [Buffer(image, layout="acdb"), Buffer(image), Buffer((1, 32, 1, 1))],
        [Buffer(image, layout="acdb")],
        large=20,
    )
    for channels in (32, 24):
        image = ("N", channels, "H", "W")
        blocked = Buffer(image, layout="aBcd16b")
        check_general(summed(2), [blocked, Buffer((channels, 1, 1))], [blocked], large=20)
        check_general(summed(2), [blocked, Buffer(image)], [Buffer(image)], large=20)


def test_in_place() -> None:
    buffer = Buffer(("N", 768))
    check_general(summed(2), [buffer, Buffer((768,))], [in_place(buffer, 0)], large=9)


def test_booleans_and_integers() -> None:
    def bits(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
        return rng.integers(0, 2, shape).astype(np.bool_)

    def whole(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
        return rng.integers(-99, 99, shape)

    check_general(
        lambda ins, outs: MapOp(
            ins, scalar_region([i1, i64, i64], lambda c, a, b: arith.SelectOp(c, a, b)), outs=outs
        ),
        [
            Buffer(("N", "S"), np.bool_, values=bits),
            Buffer(("S",), np.int64, values=whole),
            Buffer(("N", 1), np.int64, values=whole),
        ],
        [Buffer(("N", "S"), np.int64)],
    )
    check_general(
        lambda ins, outs: MapOp(
            ins, scalar_region([i64, i64], lambda a, b: arith.CmpiOp(a, b, "slt")), outs=outs
        ),
        [Buffer(("S",), np.int64, values=whole), Buffer(("S",), np.int64, values=whole)],
        [Buffer(("S",), np.bool_)],
    )


def test_a_division_by_zero_is_found_among_values() -> None:
    def make(ins: list[SSAValue], outs: list[SSAValue]) -> MapOp:
        region = scalar_region([i64, i64], lambda a, b: arith.DivSIOp(a, b))
        return MapOp(ins, region, outs=outs)

    def positive(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
        return rng.integers(1, 9, shape)

    buffer = Buffer(("N", 5), np.int64, values=positive)
    kernel = check_general(make, [buffer, buffer], [buffer], large=30)
    operands, results = kernel.arguments({"N": 7})
    operands[1].array[6, 4] = 0
    status, _ = kernel.run(operands, results, {"N": 7})
    assert status == 1


def test_chunks_follow_the_sizes() -> None:
    buffer = Buffer(("N", "S"))
    kernel = GeneralKernel(
        lambda ins, outs: MapOp(ins, scalar_region([f32], lambda a: math.ExpOp(a)), outs=outs),
        [buffer],
        [buffer],
    )
    assert str(kernel.kernel.chunks).startswith("min(")
    kernel.check({"N": 64, "S": 4099}, 1e-5)
    kernel.check({"N": 1, "S": 99991}, 1e-5)
