"""Convolutions of maps of any size: built once, compared at many numbers of rows and columns."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from xdsl.dialects.builtin import f32
from xdsl.ir import SSAValue

from stepwell.dialects.engine import WinogradOp
from stepwell.dialects.engine.winograd import transform_weight
from stepwell.kernels.conv.blocked import weight_tag
from stepwell.kernels.conv.winograd_plan import open_vectors as open_winograd_vectors
from stepwell.targets.target import Target
from stepwell.test.kernels import harness
from stepwell.test.kernels.conv.convolutions import constant, convolution, weight
from stepwell.test.kernels.general import Buffer, check_general, in_place
from stepwell.test.kernels.harness import MakeOp
from stepwell.test.kernels.memory import Array, normal
from stepwell.test.kernels.regions import sum_then_relu

X86 = Target.host().triple.startswith("x86_64")
TARGETS = [*harness.targets(), *([Target.parse("x86-64-v2")] if X86 else [])]
targets = pytest.mark.parametrize("target", TARGETS, ids=lambda t: t.name)


def check(
    make: MakeOp, operands: Sequence[Buffer], result: Buffer, target: Target, **options: Any
) -> None:
    """At twelve points; no and one image, row and column are among them, and more than a tile."""
    options = {"tolerance": 1e-5, **options}
    check_general(make, operands, [result], target=target, large=29, **options)


LARGE = [{"N": 1, "H": 2, "W": 131}, {"N": 2, "H": 31, "W": 14}]


@targets
@pytest.mark.parametrize(("kernel", "stride"), [(3, 1), (3, 2), (1, 1), (1, 2)])
def test_direct(target: Target, kernel: int, stride: int) -> None:
    """Channels that do not fill the last block, a bias, a residual that is overwritten."""
    w = target.lanes(f32)
    channels, outputs = w + 3, 3 * w
    tag = f"aBcd{w}b"
    taken = kernel - stride
    result = Buffer(("N", outputs, "H", "W"), layout=tag)
    check(
        convolution((stride, stride)),
        [
            Buffer(
                ("N", channels, f"{stride} * H + {taken}", f"{stride} * W + {taken}")
                if taken >= 0
                else ("N", channels, f"{stride} * H", f"{stride} * W"),
                layout=tag,
            ),
            constant(weight(outputs, channels, kernel, kernel), weight_tag(4, w, 2 * w, False)),
            Buffer((outputs, 1, 1), layout=f"Abc{w}a"),
            result,
        ],
        in_place(result, 3),
        target,
        more=LARGE,
    )


@targets
@pytest.mark.parametrize("vectors", [1, 3, 4])
def test_panels(target: Target, vectors: int) -> None:
    """Panels of all widths, the last one narrower; rows with gaps, a filter of unlike sides."""
    w = target.lanes(f32)
    tag, outputs = f"aBcd{w}b", (2 * vectors + 1) * w if vectors > 1 else 2 * w
    check(
        convolution((1, 2), dilations=(2, 1)),
        [
            Buffer(("N", 2 * w, "H + 4", "2 * W + 2"), layout=tag),
            constant(weight(outputs, 2 * w, 3, 4), weight_tag(4, w, vectors * w, False)),
        ],
        Buffer(
            ("N", outputs, "H", "W"),
            layout=tag,
            strides=(
                f"{outputs} * (H + 1) * (W + 2)",
                f"{w} * (H + 1) * (W + 2)",
                f"{w} * W + {2 * w}",
                w,
                1,
            ),
        ),
        target,
    )


@targets
def test_few_channels(target: Target) -> None:
    """Three channels lie row-major; the residual has one channel for all."""
    w = target.lanes(f32)
    check(
        convolution((2, 2)),
        [
            Buffer(("N", 3, "2 * H + 5", "2 * W + 5")),
            constant(weight(2 * w, 3, 7, 7), weight_tag(4, w, 2 * w, True)),
            Buffer((1, 1, "H", "W")),
        ],
        Buffer(("N", 2 * w, "H", "W"), layout=f"aBcd{w}b"),
        target,
    )


@targets
def test_one_open_dimension(target: Target) -> None:
    """Rows alone, columns alone, and the length of a one-dimensional convolution."""
    w = target.lanes(f32)
    tag = f"aBcd{w}b"
    w3x3 = constant(weight(2 * w, w, 3, 3), weight_tag(4, w, 2 * w, False))
    for source, shape in (("H + 2", 9), ("H", 7)), ((9, "W + 2"), (7, "W")):
        result = Buffer((2, 2 * w, *shape), layout=tag)
        check(convolution((1, 1)), [Buffer((2, w, *source), layout=tag), w3x3], result, target)
    for kernel in (3, 1):
        check(
            convolution((1,)),
            [
                Buffer(("N", w, f"W + {kernel - 1}"), layout=f"aBc{w}b"),
                constant(weight(w, w, kernel), weight_tag(3, w, w, False)),
            ],
            Buffer(("N", w, "W"), layout=f"aBc{w}b"),
            target,
            more=[{"N": 2, "W": 500}],
        )


@targets
def test_large_weights(target: Target) -> None:
    """The order of loops is chosen by sizes where weights do not stay in cache; deep sums."""
    w = target.lanes(f32)
    tag, channels, outputs = f"aBcd{w}b", 32 * w, 16 * w
    check(
        convolution((1, 1)),
        [
            Buffer(("N", channels, "H + 2", "W + 2"), layout=tag),
            constant(weight(outputs, channels, 3, 3), weight_tag(4, w, 2 * w, False)),
        ],
        Buffer(("N", outputs, "H", "W"), layout=tag),
        target,
        more=[{"N": 5, "H": 2, "W": 3}, {"N": 2, "H": 25, "W": 20}],
    )


@targets
@pytest.mark.parametrize("outputs", [2, 5])
def test_groups(target: Target, outputs: int) -> None:
    """Groups that fill vectors, and panels that hold results of several groups."""
    w = target.lanes(f32)
    tag, plain = f"aBcd{w}b", outputs == 5
    total = 3 * (5 if plain else outputs * w)
    check(
        convolution((1, 1), 3),
        [
            Buffer(("N", 3 * w, "H + 2", "W + 2"), layout=tag),
            constant(weight(total, w, 3, 3), weight_tag(4, w, w, plain)),
        ],
        Buffer(("N", total, "H", "W"), layout=tag),
        target,
    )


def winograd(ins: list[SSAValue], outs: list[SSAValue]) -> WinogradOp:
    region = sum_then_relu([f32] * (len(ins) - 2)) if len(ins) > 3 else None
    return WinogradOp(ins[0], ins[1], ins[2], epilogue_operands=ins[3:], epilogue=region, outs=outs)


@targets
@pytest.mark.parametrize("outputs", [3, 8])
def test_winograd(target: Target, outputs: int) -> None:
    """Maps smaller than a tile, a last panel that is narrower, a residual that is overwritten."""
    w = target.lanes(f32)
    tag, channels, outputs = f"aBcd{w}b", w + 3, outputs * w
    filters = weight(outputs, channels, 3, 3)
    panel = open_winograd_vectors(outputs, w, target) * w
    result = Buffer(("N", outputs, "H", "W"), layout=tag)
    check(
        winograd,
        [
            Buffer(("N", channels, "H + 2", "W + 2"), layout=tag),
            constant(transform_weight(filters), f"Bac{panel}b"),
            constant(filters, f"Abcd{w}a"),
            Buffer((outputs, 1, 1), layout=f"Abc{w}a"),
            result,
        ],
        in_place(result, 4),
        target,
        tolerance=1e-4,
        more=[{"N": 2, "H": 37, "W": 34}],
    )


def test_winograd_of_infinities() -> None:
    """An infinity gives what it gives in a direct convolution, also where rows have gaps."""
    target = Target.host()
    w = target.lanes(f32)
    filters = weight(2 * w, w, 3, 3)

    def values(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
        x = normal(rng, *shape)
        x[:, 3, 2:4, 3] = np.inf
        return x

    check(
        winograd,
        [
            Buffer(
                ("N", w, "H + 2", 9),
                layout=f"aBcd{w}b",
                strides=(f"(H + 3) * {11 * w}", f"(H + 3) * {11 * w}", 11 * w, w, 1),
                values=values,
            ),
            constant(transform_weight(filters), f"Bac{2 * w}b"),
            constant(filters, f"Abcd{w}a"),
        ],
        Buffer(("N", 2 * w, "H", 7), layout=f"aBcd{w}b"),
        target,
        tolerance=1e-4,
    )
