"""Resampling: every mode and coordinate transformation, up and down, blocked and plain."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from xdsl.ir import SSAValue

from stepwell.dialects.engine import ResizeOp
from stepwell.targets.target import Target
from stepwell.test.kernels.harness import MakeOp, check_kernel, interpret_kernel, targets
from stepwell.test.kernels.memory import Array, Operand, Result, wider_strides

TARGETS = pytest.mark.parametrize("target", targets(), ids=lambda t: t.name)
ROUNDING = ("floor", "ceil", "round_prefer_floor", "round_prefer_ceil")


def _data(shape: Sequence[int], dtype: type[np.generic] = np.float32) -> Array:
    values = np.random.default_rng(0).standard_normal(tuple(shape))
    return (values * 40).astype(dtype)


def _resize(
    shape: Sequence[int],
    target: Sequence[int],
    mode: str,
    coordinates: str = "half_pixel",
    rounding: str = "round_prefer_floor",
    scales: Sequence[float] | None = None,
) -> MakeOp:
    factors = scales or [n / m for n, m in zip(target, shape, strict=True)]

    def make(ins: list[SSAValue], outs: list[SSAValue]) -> ResizeOp:
        return ResizeOp(ins[0], target, mode, coordinates, rounding, factors, outs=outs)

    return make


@TARGETS
@pytest.mark.parametrize("layout", [None, "aBcd16b", "aBcd8b", "acdb"])
@pytest.mark.parametrize("mode", ResizeOp.MODES)
def test_layouts(mode: str, layout: str | None, target: Target) -> None:
    x, shape = _data((2, 19, 5, 7)), (2, 19, 9, 11)
    make = _resize(x.shape, shape, mode)
    check_kernel(make, [Operand(x, layout)], [Result(shape, layout=layout)], target)


@settings(max_examples=25)
@given(
    st.sampled_from(ResizeOp.MODES),
    st.sampled_from(ResizeOp.COORDINATES),
    st.sampled_from(ROUNDING),
    st.lists(st.integers(1, 9), min_size=2, max_size=2),
    st.lists(st.integers(1, 14), min_size=2, max_size=2),
    st.sampled_from([None, "aBcd16b"]),
)
def test_any_coordinates(
    mode: str,
    coordinates: str,
    rounding: str,
    sizes: list[int],
    resized: list[int],
    layout: str | None,
) -> None:
    x, shape = _data((1, 3, *sizes)), (1, 3, *resized)
    make = _resize(x.shape, shape, mode, coordinates, rounding)
    check_kernel(make, [Operand(x, layout)], [Result(shape, layout=layout)])


@pytest.mark.parametrize(
    ("shape", "target"),
    [((5,), (12,)), ((3, 600), (3, 1201)), ((1, 2, 3, 4, 5), (1, 2, 6, 3, 7)), ((4, 6), (2, 6))],
)
@pytest.mark.parametrize("mode", ["nearest", "linear"])
def test_any_rank(mode: str, shape: tuple[int, ...], target: tuple[int, ...]) -> None:
    check_kernel(_resize(shape, target, mode), [Operand(_data(shape))], [Result(target)])


@pytest.mark.parametrize("dtype", [np.float16, np.float64, np.int8, np.int64])
def test_elements_of_other_types(dtype: type[np.generic]) -> None:
    x, shape = _data((1, 3, 4, 5), dtype), (1, 3, 8, 10)
    check_kernel(_resize(x.shape, shape, "nearest"), [Operand(x)], [Result(shape, dtype)])
    if np.issubdtype(dtype, np.floating):
        tolerance = 1e-3 if dtype == np.float16 else 1e-12
        make = _resize(x.shape, shape, "linear")
        check_kernel(make, [Operand(x)], [Result(shape, dtype)], tolerance=tolerance)


def test_a_view_of_a_larger_buffer() -> None:
    x, shape = _data((1, 20, 4, 4)), (1, 20, 8, 8)
    strides = wider_strides(shape, "aBcd16b", (0, 1, 2, 3, 0))
    result = Result(shape, layout="aBcd16b", strides=strides)
    check_kernel(_resize(x.shape, shape, "linear"), [Operand(x, "aBcd16b")], [result])


def test_no_access_outside_of_the_operands() -> None:
    x, shape = _data((1, 2, 3, 3)), (1, 2, 5, 7)
    make = _resize(x.shape, shape, "cubic", "pytorch_half_pixel")
    check_kernel(make, [Operand(x)], [Result(shape)], run=interpret_kernel)


def test_given_scales_map_coordinates() -> None:
    x, shape = _data((1, 1, 5, 5)), (1, 1, 8, 8)
    make = _resize(x.shape, shape, "linear", "half_pixel_symmetric", scales=(1, 1, 1.7, 1.7))
    check_kernel(make, [Operand(x)], [Result(shape)])


def test_nothing_to_resample() -> None:
    x, shape = np.zeros((0, 3, 2, 2), np.float32), (0, 3, 4, 4)
    check_kernel(
        _resize(x.shape, shape, "linear", scales=(1, 1, 2, 2)), [Operand(x)], [Result(shape)]
    )
