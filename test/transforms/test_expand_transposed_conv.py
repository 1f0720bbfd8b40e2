"""Transposed convolutions as convolutions: same numbers, and near misses."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from xdsl.dialects import arith, func
from xdsl.dialects.builtin import ModuleOp, f32
from xdsl.ir import Block, Region, SSAValue

from stepwell.dialects import make_context
from stepwell.dialects.engine import ConstantOp, ConvTransposeOp, YieldOp, weight_store
from stepwell.dialects.engine.base import tensor
from stepwell.interpreters import run
from stepwell.transforms.expand_transposed_conv import ExpandTransposedConvPass


def _epilogue() -> Region:
    block = Block(arg_types=[f32, f32])
    add = arith.AddfOp(block.args[0], block.args[1])
    block.add_ops([add, YieldOp(add.result)])
    return Region(block)


def _check(
    x: Sequence[int],
    outputs: int,
    kernel: Sequence[int],
    *,
    strides: Sequence[int],
    pads: Sequence[int] | None = None,
    dilations: Sequence[int] | None = None,
    output_padding: Sequence[int] | None = None,
    groups: int = 1,
    bias: Sequence[int] | None = None,
    special: Sequence[float] = (),
) -> list[str]:
    """The names of the operations after the pass, which must not change the results."""
    random = np.random.default_rng(0)
    ctx = make_context()
    store = weight_store(ctx)
    rank = len(kernel)
    weight = random.standard_normal((x[1], outputs // groups, *kernel)).astype(np.float32)
    block = Block(arg_types=[tensor(tuple(x), f32)])
    constant = ConstantOp(store.add(weight, "w"))
    epilogue_operands: list[SSAValue] = []
    block.add_op(constant)
    if bias is not None:
        values = random.standard_normal(tuple(bias)).astype(np.float32)
        added = ConstantOp(store.add(values, "b"))
        block.add_op(added)
        epilogue_operands.append(added.res)
    window = {
        "strides": strides,
        "pads": pads or [0] * (2 * rank),
        "dilations": dilations or [1] * rank,
        "output_padding": output_padding or [0] * rank,
    }
    spatial = [
        (x[2 + i] - 1) * strides[i]
        + window["output_padding"][i]
        + (kernel[i] - 1) * window["dilations"][i]
        + 1
        - window["pads"][i]
        - window["pads"][rank + i]
        for i in range(rank)
    ]
    conv = ConvTransposeOp(
        block.args[0],
        constant,
        tensor((x[0], outputs, *spatial), f32),
        strides=strides,
        pads=window["pads"],
        dilations=window["dilations"],
        output_padding=window["output_padding"],
        groups=groups,
        epilogue_operands=epilogue_operands,
        epilogue=_epilogue() if epilogue_operands else None,
    )
    block.add_ops([conv, func.ReturnOp(conv.results[0])])
    main = func.FuncOp("main", (block.arg_types, [conv.results[0].type]), Region(block))
    module = ModuleOp([main])
    module.verify()
    feeds = [random.standard_normal(tuple(x)).astype(np.float32)]
    for number in special:
        feeds[0].flat[random.integers(feeds[0].size)] = number
    [wanted] = run(ctx, module, feeds)
    ExpandTransposedConvPass().apply(ctx, module)
    module.verify()
    [found] = run(ctx, module, feeds)
    np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-4)
    return [op.name for op in main.body.block.ops]


@settings(max_examples=60)
@given(st.data())
def test_any_window(data: st.DataObject) -> None:
    rank = data.draw(st.integers(1, 2))

    def each(low: int, high: int) -> list[int]:
        return data.draw(st.lists(st.integers(low, high), min_size=rank, max_size=rank))

    size, kernel, strides, groups = each(1, 5), each(1, 5), each(1, 3), data.draw(st.integers(1, 2))
    pads = [data.draw(st.integers(0, (k - 1) // 2)) for k in (*kernel, *kernel)]
    padding = [data.draw(st.integers(0, s - 1)) for s in strides]
    channels = 2 * groups
    outputs = data.draw(st.sampled_from([3 * groups, 32]))
    bias = data.draw(st.sampled_from([None, (outputs, *[1] * rank), (1, outputs, *[1] * rank)]))
    numbers = st.sampled_from([np.nan, np.inf, -np.inf])
    _check(
        (2, channels, *size),
        outputs,
        kernel,
        strides=strides,
        pads=pads,
        output_padding=padding,
        groups=groups,
        bias=bias,
        special=data.draw(st.lists(numbers, max_size=2)),
    )


def test_phases_are_channels_of_one_convolution() -> None:
    names = _check((1, 4, 8, 8), 6, (4, 4), strides=(2, 2), pads=(1, 1, 1, 1), bias=(6, 1, 1))
    assert "engine.conv" in names
    assert "engine.conv_transpose" not in names


def test_phases_are_computed_in_place() -> None:
    """Output channels that fill vectors: the borders go into the input, nothing is interleaved."""
    names = _check((1, 4, 8, 8), 32, (4, 4), strides=(2, 2), pads=(1, 1, 1, 1), bias=(32, 1, 1))
    assert names.count("engine.conv_transpose") == names.count("engine.pad") == 1
    assert not {"engine.conv", "engine.transpose", "engine.slice"} & set(names)


def test_phases_with_fewer_taps_are_convolutions_of_their_own() -> None:
    """Zeros for the taps they lack would make NaN of an infinity."""
    names = _check((2, 4, 5, 6), 32, (3, 3), strides=(2, 2), pads=(1, 1, 0, 1))
    assert "engine.conv_transpose" not in names
    assert names.count("engine.conv") == 4


def test_one_pixel_is_a_product() -> None:
    names = _check((8, 10, 1, 1), 6, (4, 4), strides=(1, 1), bias=(6, 1, 1))
    assert "engine.matmul" in names
    assert "engine.conv" not in names


@pytest.mark.parametrize(
    ("size", "dilations", "bias"),
    [
        ((8, 8), (2, 1), None),  # dilated
        ((8, 8), (1, 1), (1, 6, 18, 18)),  # the epilogue differs by pixel
        ((1, 2), (1, 1), None),  # borders would be most of the work
    ],
)
def test_near_misses_stay(
    size: tuple[int, ...], dilations: tuple[int, ...], bias: tuple[int, ...] | None
) -> None:
    strides = (2, 2) if size == (8, 8) else (1, 1)
    names = _check((1, 4, *size), 6, (4, 4), strides=strides, dilations=dilations, bias=bias)
    assert "engine.conv_transpose" in names
