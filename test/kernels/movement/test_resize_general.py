"""Resampling of images whose number, channels, rows and columns are values."""

from __future__ import annotations

import numpy as np
import pytest

from stepwell.dialects.engine import ResizeOp
from stepwell.runtime.size import Extent
from stepwell.runtime.size_text import parse_size
from stepwell.targets.target import Target
from stepwell.test.kernels.general import Buffer, GeneralKernel, check_general
from stepwell.test.kernels.harness import MakeOp, targets

Shape = tuple[int | str, ...]


def resize(
    shape: Shape,
    mode: str,
    coordinates: str,
    scales: list[float],
    rounding: str = "round_prefer_floor",
) -> MakeOp:
    extents: list[Extent] = [parse_size(n) if isinstance(n, str) else n for n in shape]
    return lambda ins, outs: ResizeOp(
        ins[0], extents, mode, coordinates, rounding, scales, outs=outs
    )


@pytest.mark.parametrize("target", targets(), ids=lambda t: t.name)
@pytest.mark.parametrize("layout", [None, "aBcd16b", "acdb"])
@pytest.mark.parametrize("mode", ["nearest", "linear", "cubic"])
def test_images_twice_as_large(target: Target, layout: str | None, mode: str) -> None:
    x, y = ("N", 19, "H", "W"), ("N", 19, "2 * H", "2 * W")
    check_general(
        resize(y, mode, "half_pixel", [1.0, 1.0, 2.0, 2.0]),
        [Buffer(x, layout=layout)],
        [Buffer(y, layout=layout)],
        target=target,
        tolerance=1e-5,
        large=20,
        more=[{"N": 1, "H": 2, "W": 300}],
    )


@pytest.mark.parametrize("coordinates", ResizeOp.COORDINATES)
@pytest.mark.parametrize("mode", ["nearest", "linear"])
def test_coordinates(coordinates: str, mode: str) -> None:
    for scales, out in (
        ([1.5, 0.5], ("(3 * H) floordiv 2", "W floordiv 2")),
        ([2.0, 0.25], ("2 * H", "W floordiv 4")),
        ([0.5, 1.0], ("H floordiv 2", "W")),
    ):
        check_general(
            resize(out, mode, coordinates, scales, "floor"),
            [Buffer(("H", "W"))],
            [Buffer(out)],
            tolerance=1e-5,
        )


def test_channels_that_are_a_value_and_views_with_gaps() -> None:
    y = ("N", "C", "2 * H", "2 * W")
    x = Buffer(("N", "C", "H", "W"), strides=("C * H * (W + P)", "H * (W + P)", "W + P", 1))
    kernel = GeneralKernel(
        resize(y, "linear", "asymmetric", [1.0, 1.0, 2.0, 2.0]), [x], [Buffer(y)]
    )
    for point in (
        {"N": 2, "C": 3, "H": 5, "W": 7, "P": 0},
        {"N": 1, "C": 0, "H": 5, "W": 7, "P": 2},
        {"N": 1, "C": 17, "H": 1, "W": 1, "P": 9},
        {"N": 1, "C": 5, "H": 40, "W": 131, "P": 5},
    ):
        kernel.check(point, 1e-5)


def test_of_nothing_nothing_is_read() -> None:
    kernel = GeneralKernel(
        resize((4, 40), "nearest", "asymmetric", [1.0, 2.0]), [Buffer((4, "W"))], [Buffer((4, 40))]
    )
    kernel.check({"W": 20})
    x, y = np.zeros(64, np.float32), np.full((4, 40), 7, np.float32)
    assert kernel.native([x[32:].ctypes.data, y.ctypes.data], sizes=[0]) == 0
    assert (y == 7).all()
