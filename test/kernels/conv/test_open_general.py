"""The general convolution of maps of any size: built once, compared at many sizes."""

import numpy as np
import numpy.typing as npt
import pytest
from xdsl.dialects.builtin import f32
from xdsl.ir import SSAValue

from stepwell.dialects.engine import ConvOp, ConvTransposeOp
from stepwell.targets.target import Target
from stepwell.test.kernels import harness
from stepwell.test.kernels.general import Buffer, check_general, in_place
from stepwell.test.kernels.memory import Array, normal
from stepwell.test.kernels.regions import sum_then_relu

X86 = Target.host().triple.startswith("x86_64")
TARGETS = [*harness.targets(), *([Target.parse("x86-64-v2")] if X86 else [])]
targets = pytest.mark.parametrize("target", TARGETS, ids=lambda t: t.name)


class Conv:
    """The attributes of one convolution, transposed where it has an output padding."""

    def __init__(
        self,
        strides: tuple[int, ...],
        pads: tuple[int, ...],
        groups: int = 1,
        output_padding: tuple[int, ...] | None = None,
    ):
        self.strides, self.pads, self.groups = strides, pads, groups
        self.output_padding = output_padding

    def __call__(self, ins: list[SSAValue], outs: list[SSAValue]) -> ConvOp | ConvTransposeOp:
        region = sum_then_relu([f32] * (len(ins) - 1)) if len(ins) > 2 else None
        ones = (1,) * len(self.strides)
        if self.output_padding is None:
            return ConvOp(
                ins[0],
                ins[1],
                strides=self.strides,
                pads=self.pads,
                dilations=ones,
                groups=self.groups,
                epilogue_operands=ins[2:],
                epilogue=region,
                outs=outs,
            )
        return ConvTransposeOp(
            ins[0],
            ins[1],
            outs[0].type,
            strides=self.strides,
            pads=self.pads,
            dilations=ones,
            output_padding=self.output_padding,
            groups=self.groups,
            epilogue_operands=ins[2:],
            epilogue=region,
            outs=outs,
        )


def weight(*shape: int, dtype: npt.DTypeLike = np.float32) -> Buffer:
    array = normal(np.random.default_rng(0), *shape)
    scaled = array / np.float32(np.sqrt(np.prod(shape[1:])))
    values: Array = (4 * array if np.dtype(dtype).kind == "i" else scaled).astype(dtype)
    return Buffer(shape, dtype, values=lambda rng, shape: values)


def integers(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    return rng.integers(-5, 5, shape)


@targets
def test_padded_rows(target: Target) -> None:
    """Pads on all sides, groups, a bias, a residual that is overwritten, a row of several parts."""
    result = Buffer(("N", 6, "H", "W"))
    check_general(
        Conv((1, 1), (1, 1, 1, 1), groups=2),
        [Buffer(("N", 4, "H", "W")), weight(6, 2, 3, 3), Buffer((6, 1, 1)), result],
        [in_place(result, 3)],
        target=target,
        tolerance=1e-5,
        more=[{"N": 1, "H": 2, "W": 512}, {"N": 1, "H": 1, "W": 1100}],
    )


@targets
def test_strides_and_gaps(target: Target) -> None:
    """Steps of two, pads that differ, buffers that are parts of larger ones."""
    check_general(
        Conv((2, 2), (1, 0, 1, 1)),
        [
            Buffer(
                ("N", 3, "H", "2 * W + 1"),
                strides=("3 * H * (2 * W + 4)", "H * (2 * W + 4)", "2 * W + 4", 1),
            ),
            weight(4, 3, 3, 2),
        ],
        [
            Buffer(
                ("N", 4, "(H + 1) floordiv 2", "W + 1"),
                strides=(
                    "4 * (H + 1) * (W + 3)",
                    "(H + 1) * (W + 3)",
                    "W + 3",
                    1,
                ),
            )
        ],
        target=target,
        tolerance=1e-5,
    )


def test_ranks() -> None:
    """One dimension and three, and columns that are a number."""
    check_general(
        Conv((1,), (2, 2)), [Buffer(("N", 5, "L")), weight(4, 5, 5)], [Buffer(("N", 4, "L"))]
    )
    check_general(
        Conv((1, 1, 1), (0, 1, 1, 0, 1, 1)),
        [Buffer(("N", 2, "D + 1", "H", 11)), weight(3, 2, 2, 3, 3)],
        [Buffer(("N", 3, "D", "H", 11))],
        large=20,
        tolerance=1e-5,
    )


def test_integers() -> None:
    check_general(
        Conv((1, 1), (1, 1, 1, 1)),
        [Buffer((1, 3, "H", "W"), np.int32, values=integers), weight(2, 3, 3, 3, dtype=np.int32)],
        [Buffer((1, 2, "H", "W"), np.int32)],
    )


@targets
@pytest.mark.parametrize("stride", [1, 2])
def test_transposed(target: Target, stride: int) -> None:
    """Results that no input reaches are those of the output padding."""
    shape = ("H", "W") if stride == 1 else ("2 * H", "2 * W")
    check_general(
        Conv((stride, stride), (1, 1, 1, 1), 2, (stride - 1, stride - 1)),
        [Buffer(("N", 4, "H", "W")), weight(4, 3, 3, 3), Buffer((6, 1, 1))],
        [Buffer(("N", 6, *shape))],
        target=target,
        tolerance=1e-5,
        more=[{"N": 1, "H": 2, "W": 600}],
    )
