"""Pooling: windows over borders, ceil mode, dilation, blocked and plain operands."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from xdsl.dialects.builtin import f32
from xdsl.ir import SSAValue

from stepwell.dialects.engine import PoolOp
from stepwell.interpreters.engine.semantics import evaluate
from stepwell.kernels.reduction.pool import PoolTemplate
from stepwell.targets.target import Target
from stepwell.test.kernels.harness import choices_of, planned_op, run_kernel, targets
from stepwell.test.kernels.memory import Array, Operand, Result, wider_strides

TARGETS = pytest.mark.parametrize("target", targets(), ids=lambda t: t.name)


class Window:
    """The attributes of a pool."""

    def __init__(
        self,
        kind: str,
        kernel: Sequence[int],
        strides: Sequence[int],
        pads: Sequence[int],
        dilations: Sequence[int] | None = None,
        ceil: bool = False,
        include: bool = False,
    ):
        self.kind = kind
        self.kernel = kernel
        self.strides = strides
        self.pads = pads
        self.dilations = dilations or (1,) * len(kernel)
        self.ceil = ceil
        self.include = include

    def make(self, ins: list[SSAValue], outs: list[SSAValue]) -> PoolOp:
        return PoolOp(
            ins[0],
            self.kind,
            self.kernel,
            strides=self.strides,
            pads=self.pads,
            dilations=self.dilations,
            ceil_mode=self.ceil,
            count_include_pad=self.include,
            outs=outs,
        )


def _extent(window: Window, size: int, axis: int) -> int:
    from stepwell.dialects.engine.contraction import window_extent

    rank = len(window.kernel)
    return window_extent(
        size,
        window.kernel[axis],
        window.strides[axis],
        window.dilations[axis],
        window.pads[axis],
        window.pads[rank + axis],
        window.ceil,
    )


def _check(
    window: Window, x: Array, layout: str | None, gaps: bool = False, target: Target | None = None
) -> None:
    spatial = [_extent(window, n, i) for i, n in enumerate(x.shape[2:])]
    shape = (*x.shape[:2], *spatial)
    margin = (0, 1, 2, 1, 0) if layout is not None and "B" in layout else (0, 1, 2, 1)
    strides = wider_strides(shape, layout, margin) if gaps else None
    operands = [Operand(x, layout, wider_strides(x.shape, layout, margin) if gaps else None)]
    result = Result(shape, x.dtype, layout, strides)
    op, keep = planned_op(window.make, operands, [result])
    [expected] = evaluate(op, x)
    [found] = run_kernel(window.make, operands, [result], target, PoolTemplate())
    np.testing.assert_allclose(
        found, expected, rtol=2e-3 if x.dtype == np.float16 else 2e-6, atol=1e-6
    )
    del keep


@settings(max_examples=15, deadline=None)
@given(data=st.data())
@TARGETS
def test_pool(target: Target, data: st.DataObject) -> None:
    """Any window over any map, blocked, channels last or row-major."""
    draw = data.draw
    lanes = target.lanes(f32)
    sizes = (draw(st.integers(1, 9)), draw(st.integers(1, 19)))
    kernel = tuple(draw(st.integers(1, min(5, n + 1))) for n in sizes)
    dilations = tuple(
        draw(st.sampled_from([1, 2])) if 2 * k - 1 <= n else 1
        for k, n in zip(kernel, sizes, strict=True)
    )
    pads = [draw(st.integers(0, k - 1)) for k in (*kernel, *kernel)]
    for i, n in enumerate(sizes):  # a window must fit somewhere
        missing = (kernel[i] - 1) * dilations[i] + 1 - n - pads[i] - pads[2 + i]
        pads[2 + i] += max(0, missing)
    window = Window(
        draw(st.sampled_from(["max", "average"])),
        kernel,
        tuple(draw(st.integers(1, 3)) for _ in sizes),
        pads,
        dilations,
        draw(st.booleans()),
        draw(st.booleans()),
    )
    layout = draw(st.sampled_from([f"aBcd{lanes}b", f"aBcd{lanes}b", None, "acdb"]))
    channels = draw(st.sampled_from([lanes, 2 * lanes] if layout == "acdb" else [1, 3, lanes + 5]))
    x = np.random.default_rng(0).standard_normal((2, channels, *sizes)).astype(np.float32)
    _check(window, x, layout, draw(st.booleans()), target)


@pytest.mark.parametrize("dtype", [np.float64, np.float16, np.int8, np.uint8, np.int32])
def test_element_types(dtype: type[np.generic]) -> None:
    """Maxima of integers, signed or not; sums of f16 are kept in f32."""
    x = (np.random.default_rng(0).standard_normal((1, 5, 6, 7)) * 50).astype(dtype)
    _check(Window("max", (3, 3), (2, 2), (1, 1, 1, 1)), x, None)
    if np.issubdtype(dtype, np.floating):
        _check(Window("average", (3, 3), (2, 2), (1, 1, 1, 1)), x, None)


def test_one_dimension_and_large_windows() -> None:
    """A pool of one dimension has one row; windows of many taps run in loops."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((1, 20, 33)).astype(np.float32)
    _check(Window("max", (3,), (2,), (1, 1)), x, "aBc16b")
    x = rng.standard_normal((1, 20, 14, 15)).astype(np.float32)
    _check(Window("average", (13, 13), (1, 1), (0, 0, 0, 0)), x, "aBcd16b")


def test_layouts() -> None:
    """Blocks of channels are preferred to rows."""
    x = np.zeros((1, 64, 56, 56), np.float32)
    window = Window("max", (3, 3), (2, 2), (1, 1, 1, 1))
    op, keep = planned_op(window.make, [Operand(x)], [Result((1, 64, 28, 28))])
    choices = choices_of(PoolTemplate(), op, Target.host())
    best = min(choices, key=lambda c: c.seconds)
    assert best.sources == best.results == (f"aBcd{Target.host().lanes(f32)}b",)
    del keep
