"""Direct convolution: odd channels, tails, strides, groups and strided buffers."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from xdsl.dialects.builtin import f32
from xdsl.ir import SSAValue

from stepwell.dialects.engine import ConvOp
from stepwell.kernels.conv.blocked import weight_tag
from stepwell.kernels.conv.direct import DirectTemplate
from stepwell.kernels.conv.tiles import choose_tiling, pixel_limit
from stepwell.targets.target import Target
from stepwell.test.kernels.harness import (
    build_kernel,
    check_kernel,
    choices_of,
    plan_with,
    planned_op,
    run_kernel,
    targets,
)
from stepwell.test.kernels.memory import Operand, Result, normal, wider_strides
from stepwell.test.kernels.regions import sum_then_relu


def _check(op_of: "Case", operands: list[Operand], result: Result, target: Target) -> None:
    run = partial(run_kernel, template=DirectTemplate())
    check_kernel(op_of.make, operands, [result], target, 4e-6, run)


class Case:
    """The attributes of one convolution."""

    def __init__(
        self,
        strides: tuple[int, ...],
        dilations: tuple[int, ...] | None = None,
        groups: int = 1,
        epilogue: bool = True,
    ):
        self.strides = strides
        self.dilations = dilations or (1,) * len(strides)
        self.groups = groups
        self.epilogue = epilogue

    def make(self, ins: list[SSAValue], outs: list[SSAValue]) -> ConvOp:
        return ConvOp(
            ins[0],
            ins[1],
            strides=self.strides,
            pads=(0,) * (2 * len(self.strides)),
            dilations=self.dilations,
            groups=self.groups,
            epilogue_operands=ins[2:],
            epilogue=sum_then_relu([f32] * (len(ins) - 1)) if self.epilogue else None,
            outs=outs,
        )


def _lanes(target: Target) -> int:
    return target.lanes(f32)


@settings(max_examples=12, deadline=None)
@given(data=st.data())
@pytest.mark.parametrize("target", targets(), ids=lambda t: t.name)
def test_direct(target: Target, data: st.DataObject) -> None:
    """Any channels, map, filter, stride, dilation and panel; epilogue operands of each kind."""
    w = _lanes(target)
    draw = data.draw
    images, channels = draw(st.integers(1, 2)), draw(st.integers(1, 2 * w + 3))
    outputs = draw(st.integers(1, 5 * w))
    kernel = draw(st.sampled_from([(1, 1), (3, 3), (1, 3), (2, 1), (5, 5)]))
    strides = draw(st.sampled_from([(1, 1), (2, 2), (1, 2)]))
    dilations = draw(st.sampled_from([(1, 1), (1, 1), (2, 1)]))
    rows, columns = draw(st.integers(1, 9)), draw(st.integers(1, 17))
    height = (rows - 1) * strides[0] + (kernel[0] - 1) * dilations[0] + 1
    width = (columns - 1) * strides[1] + (kernel[1] - 1) * dilations[1] + 1
    plain = channels <= 8 and draw(st.booleans())
    panel = w * draw(st.integers(1, 4))
    data_tag = f"aBcd{w}b"
    margin = (0, 1, 2, 2, 0)
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    source, shape = (images, channels, height, width), (images, outputs, rows, columns)
    operands = [
        Operand(normal(rng, *source), None if plain else data_tag),
        Operand(
            normal(rng, outputs, channels, *kernel), weight_tag(4, w, panel, plain), constant=True
        ),
        Operand(normal(rng, outputs, 1, 1), f"Abc{w}a", constant=True),
    ]
    if not plain and draw(st.booleans()):
        operands[0] = Operand(operands[0].array, data_tag, wider_strides(source, data_tag, margin))
    extra = draw(st.sampled_from(["none", "residual", "scalar", "mask", "strided"]))
    if extra == "residual":
        operands.append(Operand(normal(rng, *shape), data_tag))
    elif extra == "strided":
        operands.append(
            Operand(normal(rng, *shape), data_tag, wider_strides(shape, data_tag, margin))
        )
    elif extra == "scalar":
        operands.append(Operand(normal(rng)))
    elif extra == "mask":
        operands.append(Operand(normal(rng, 1, 1, rows, columns)))
    strided = wider_strides(shape, data_tag, margin) if draw(st.booleans()) else None
    result = Result(shape, np.float32, data_tag, strided)
    _check(Case(strides, dilations), operands, result, target)


@pytest.mark.parametrize("target", targets(), ids=lambda t: t.name)
def test_groups(target: Target) -> None:
    """Panels never cross the border between groups."""
    w = _lanes(target)
    rng = np.random.default_rng(0)
    operands = [
        Operand(normal(rng, 1, 2 * w, 5, 6), f"aBcd{w}b"),
        Operand(normal(rng, 4 * w, w, 3, 3), weight_tag(4, w, 2 * w, False), constant=True),
    ]
    result = Result((1, 4 * w, 3, 4), np.float32, f"aBcd{w}b")
    _check(Case((1, 1), groups=2, epilogue=False), operands, result, target)


def test_one_dimension() -> None:
    """A one-dimensional convolution is one of one row."""
    target = Target.host()
    w = _lanes(target)
    rng = np.random.default_rng(0)
    operands = [
        Operand(normal(rng, 2, w + 3, 29), f"aBc{w}b"),
        Operand(normal(rng, w + 1, w + 3, 3), weight_tag(3, w, 2 * w, False), constant=True),
        Operand(normal(rng, w + 1, 1), f"Ab{w}a", constant=True),
    ]
    result = Result((2, w + 1, 14), np.float32, f"aBc{w}b")
    _check(Case((2,)), operands, result, target)


def test_layouts_are_accepted() -> None:
    """What `layouts` offers has a plan once it is laid out so."""
    target, template = Target.host(), DirectTemplate()
    rng = np.random.default_rng(0)
    for channels, outputs in ((3, 24), (40, 72), (64, 16)):
        arrays = [
            normal(rng, 1, channels, 9, 9),
            normal(rng, outputs, channels, 3, 3),
            normal(rng, outputs, 1, 1),
        ]
        case = Case((1, 1))
        shape = (1, outputs, 7, 7)
        level2, keep = planned_op(case.make, [Operand(a) for a in arrays], [Result(shape)])
        choices = choices_of(template, level2, target)
        assert choices
        for choice in choices:
            operands = [Operand(a, t) for a, t in zip(arrays, choice.sources, strict=True)]
            _check(case, operands, Result(shape, np.float32, choice.results[0]), target)
        del keep


def test_pads_are_refused() -> None:
    """Padding belongs into the buffer; the general template takes what is left."""
    rng = np.random.default_rng(0)

    def make(ins: list[SSAValue], outs: list[SSAValue]) -> ConvOp:
        return ConvOp(
            ins[0], ins[1], strides=(1, 1), pads=(1, 1, 1, 1), dilations=(1, 1), outs=outs
        )

    operands = [Operand(normal(rng, 1, 16, 5, 5)), Operand(normal(rng, 16, 16, 3, 3))]
    op, keep = planned_op(make, operands, [Result((1, 16, 5, 5))])
    assert not choices_of(DirectTemplate(), op, Target.host())
    assert plan_with(DirectTemplate(), op, Target.host()) is None
    del keep


@pytest.mark.parametrize(
    ("channels", "outputs", "size", "kernel"), [(100, 112, 17, 3), (130, 8, 23, 5), (24, 72, 35, 5)]
)
def test_kernels_stay_small(channels: int, outputs: int, size: int, kernel: int) -> None:
    """Odd maps and channels need several tiles, each with two loops: 2000 operations in all."""
    target = Target.host()
    w = _lanes(target)
    panel = 2 * w if outputs > w else w
    operands = [
        Operand(np.zeros((1, channels, size, size), np.float32), f"aBcd{w}b"),
        Operand(
            np.zeros((outputs, channels, kernel, kernel), np.float32),
            weight_tag(4, w, panel, False),
            constant=True,
        ),
        Operand(np.zeros((outputs, 1, 1), np.float32), f"Abc{w}a", constant=True),
    ]
    extent = size - kernel + 1
    result = Result((1, outputs, extent, extent), layout=f"aBcd{w}b")
    module, _ = build_kernel(Case((1, 1)).make, operands, [result], target, DirectTemplate())
    assert sum(1 for _ in module.walk()) <= 2000


@given(
    rows=st.integers(1, 60),
    columns=st.integers(1, 60),
    blocks=st.integers(1, 9),
    vectors=st.integers(1, 4),
    registers=st.sampled_from([16, 32]),
)
def test_tiles_fit_registers(
    rows: int, columns: int, blocks: int, vectors: int, registers: int
) -> None:
    """Accumulators, weights and a broadcast never need more registers than there are."""
    target = replace(Target.parse("x86-64-v3"), vector_registers=registers)
    tiling = choose_tiling(rows, columns, blocks, 576, target, vectors)
    pixels = tiling.rows * tiling.columns
    assert pixels <= pixel_limit(vectors, registers)
    assert pixels == 1 or pixels * vectors + vectors + 1 <= registers
