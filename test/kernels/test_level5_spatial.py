"""The level-5 code of the convolution and movement templates, interpreted and for other targets."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from xdsl.dialects import arith
from xdsl.dialects.builtin import FloatAttr, f32

from stepwell.conversion.kernels_to_llvm import compile_object, emit_module
from stepwell.dialects.engine import (
    ConcatOp,
    ConvOp,
    ConvTransposeOp,
    GatherOp,
    MapOp,
    PadOp,
    PoolOp,
    RelayoutOp,
    ReshapeOp,
    ScatterOp,
    SliceOp,
    TransposeOp,
    WinogradOp,
)
from stepwell.dialects.engine.winograd import transform_weight
from stepwell.dialects.memref_prefetch import PrefetchOp
from stepwell.kernels.registry import layout_choices
from stepwell.targets.target import Target
from stepwell.test.kernels.harness import (
    build_kernel,
    check_kernel,
    interpret_kernel,
    planned_op,
    run_kernel,
    scalar_region,
)
from stepwell.test.kernels.memory import Operand, Result, wider_strides
from stepwell.test.kernels.native import expand_math
from stepwell.test.kernels.regions import sum_then_relu

RNG = np.random.default_rng(29)
NARROW = Target.parse("x86-64-v3")
TAG = "aBcd8b"

Case = tuple[Callable[..., Any], list[Operand], list[Result]]


def normal(*shape: int) -> Any:
    return RNG.standard_normal(shape, np.float32)


FILTERS = normal(10, 9, 3, 3)


def conv(**window: Any) -> Callable[..., ConvOp]:
    """A convolution with the window's attributes and an epilogue where it has operands for one."""
    given: dict[str, Any] = {"strides": (1, 1), "pads": (0,) * 4, "dilations": (1, 1), **window}

    def make(ins: Any, outs: Any) -> ConvOp:
        region = sum_then_relu([f32] * (len(ins) - 1)) if len(ins) > 2 else None
        return ConvOp(
            ins[0], ins[1], epilogue_operands=ins[2:], epilogue=region, outs=outs, **given
        )

    return make


def weighted(a: Any, b: Any) -> Any:
    return arith.SubfOp(arith.MulfOp(a, a), b)


SPATIAL: dict[str, Case] = {
    "direct conv": (
        conv(strides=(2, 1)),
        [
            Operand(normal(1, 11, 7, 6), TAG, wider_strides((1, 11, 7, 6), TAG, (0, 1, 1, 2, 0))),
            Operand(normal(13, 11, 3, 3), "ABcd8b16a", constant=True),
            Operand(normal(13, 1, 1), "Abc8a", constant=True),
        ],
        [Result((1, 13, 3, 4), layout=TAG)],
    ),
    "streamed conv": (
        conv(),
        [Operand(normal(1, 16, 5, 5), TAG), Operand(normal(40, 16, 3, 3), "ABcd8b16a")],
        [Result((1, 40, 3, 3), layout=TAG)],
    ),
    "first conv": (
        conv(strides=(2, 2)),
        [
            Operand(normal(1, 3, 9, 9)),
            Operand(normal(8, 3, 3, 3), "Abcd16a", constant=True),
            Operand(normal(8, 1, 1), "Abc8a", constant=True),
        ],
        [Result((1, 8, 4, 4), layout=TAG)],
    ),
    "depthwise": (
        conv(groups=10),
        [Operand(normal(1, 10, 5, 6), TAG), Operand(normal(10, 1, 3, 3), "Abcd8a", constant=True)],
        [Result((1, 10, 3, 4), layout=TAG)],
    ),
    "general conv": (
        conv(groups=2, pads=(1, 0, 1, 2), strides=(1, 2)),
        [Operand(normal(1, 4, 4, 9)), Operand(normal(6, 2, 3, 3)), Operand(normal(6, 1, 1))],
        [Result((1, 6, 4, 5))],
    ),
    "transposed conv": (
        lambda ins, outs: ConvTransposeOp(
            ins[0],
            ins[1],
            None,  # pyright: ignore[reportArgumentType]
            strides=(2, 2),
            pads=(1, 1, 0, 1),
            dilations=(1, 1),
            output_padding=(1, 0),
            outs=outs,
        ),
        [Operand(normal(1, 2, 3, 4)), Operand(normal(2, 3, 3, 3))],
        [Result((1, 3, 7, 7))],
    ),
    "winograd": (
        lambda ins, outs: WinogradOp(*ins, outs=outs),
        [
            Operand(normal(1, 9, 7, 8), TAG),
            Operand(transform_weight(FILTERS), "Bac16b", constant=True),
            Operand(FILTERS, "Abcd8a", constant=True),
        ],
        [Result((1, 10, 5, 6), layout=TAG)],
    ),
    "average pool": (
        lambda ins, outs: PoolOp(
            ins[0],
            "average",
            (3, 2),
            strides=(2, 1),
            pads=(1, 1, 1, 0),
            dilations=(1, 1),
            ceil_mode=True,
            outs=outs,
        ),
        [Operand(normal(1, 9, 6, 5), TAG)],
        [Result((1, 9, 4, 5), layout=TAG)],
    ),
    "map": (
        lambda ins, outs: MapOp(ins, scalar_region([f32, f32], weighted), outs=outs),
        [Operand(normal(2, 11, 3, 5), TAG), Operand(normal(11, 1, 1))],
        [Result((2, 11, 3, 5))],
    ),
}

MOVEMENT: dict[str, Case] = {
    "relayout to blocks": (
        lambda ins, outs: RelayoutOp(ins[0], None, outs=outs),
        [Operand(normal(2, 19, 5, 7))],
        [Result((2, 19, 5, 7), layout=TAG)],
    ),
    "relayout between blocks": (
        lambda ins, outs: RelayoutOp(ins[0], None, outs=outs),
        [Operand(normal(1, 21, 2, 3), TAG)],
        [Result((1, 21, 2, 3), layout="aBcd16b")],
    ),
    "transpose": (
        lambda ins, outs: TransposeOp(ins[0], (1, 0), outs=outs),
        [Operand(normal(37, 45))],
        [Result((45, 37))],
    ),
    "slice": (
        lambda ins, outs: SliceOp(ins[0], (8, 3), (4, 5), (-2, 1), outs=outs),
        [Operand(normal(9, 11))],
        [Result((4, 5))],
    ),
    "concat": (
        lambda ins, outs: ConcatOp(ins, 1, outs=outs),
        [Operand(normal(1, 5, 2, 3), TAG), Operand(normal(1, 14, 2, 3))],
        [Result((1, 19, 2, 3), layout=TAG)],
    ),
    "reflecting pad": (
        lambda ins, outs: PadOp(ins[0], (0, 2), (0, 3), FloatAttr(0.0, f32), "reflect", outs=outs),
        [Operand(normal(3, 5))],
        [Result((3, 10))],
    ),
    "constant pad": (
        lambda ins, outs: PadOp(ins[0], (0, 0, 1, 1), (0, 0, 2, 0), FloatAttr(3.0, f32), outs=outs),
        [Operand(normal(1, 9, 3, 4), TAG)],
        [Result((1, 9, 6, 5), layout=TAG)],
    ),
    "reshape": (
        lambda ins, outs: ReshapeOp(ins[0], (5, 6), outs=outs),
        [Operand(normal(3, 10), strides=(12, 1))],
        [Result((5, 6))],
    ),
    "gather": (
        lambda ins, outs: GatherOp(ins[0], ins[1], 1, outs=outs),
        [Operand(normal(2, 5, 9)), Operand(np.array([[4, -5], [0, 2]]))],
        [Result((2, 2, 2, 9))],
    ),
    "scatter": (
        lambda ins, outs: ScatterOp(ins[0], ins[1], ins[2], "add", outs=outs),
        [Operand(normal(4, 11)), Operand(np.array([[3], [-4], [3]])), Operand(normal(3, 11))],
        [Result((4, 11))],
    ),
}


@pytest.mark.parametrize("case", [*SPATIAL.values(), *MOVEMENT.values()], ids=[*SPATIAL, *MOVEMENT])
def test_interpreted(case: Case) -> None:
    """No index leaves its memref, and the numbers are those of the engine interpreter."""
    check_kernel(*case, NARROW, 1e-5, run=interpret_kernel)


@pytest.mark.parametrize("run", [interpret_kernel, run_kernel], ids=["interpreted", "native"])
@pytest.mark.parametrize("name", ["streamed conv", "winograd"])
def test_weights_asked_for_ahead(name: str, run: Callable[..., Any]) -> None:
    """Weights that do not fit into the second-level cache are prefetched, to the last panel."""
    make, operands, results = SPATIAL[name]
    small = replace(NARROW, l2_bytes=1 << 10)
    module, _ = build_kernel(make, operands, results, small)
    assert any(isinstance(op, PrefetchOp) for op in module.walk())
    check_kernel(make, operands, results, small, 1e-5, run=run)


@pytest.mark.parametrize("name", ["general conv", "transposed conv"])
def test_short_vectors_without_multiply_add(name: str) -> None:
    """Four lanes and 16 registers, run on this machine where it can."""
    if Target.host().architecture != "x86_64":
        pytest.skip("needs an x86-64 processor")
    check_kernel(*SPATIAL[name], Target.parse("x86-64-v2"), 1e-5)


@pytest.mark.parametrize("target", ["x86-64-v2", "aarch64", "wasm32"])
@pytest.mark.parametrize("name", [*MOVEMENT, "general conv", "map"])
def test_code_for_other_processors(name: str, target: str) -> None:
    """Code generation needs no library function on any target."""
    make, operands, results = {**SPATIAL, **MOVEMENT}[name]
    other = Target.parse(target)
    module, _ = build_kernel(make, operands, results, other)
    expand_math(module)
    assert compile_object(emit_module(module, other), other)


@pytest.mark.parametrize("target", ["x86-64-v2", "aarch64", "wasm32"])
@pytest.mark.parametrize("name", ["direct conv", "first conv", "depthwise", "winograd"])
def test_blocks_of_other_processors(name: str, target: str) -> None:
    """The layouts that a template asks for on another target are layouts it takes there."""
    make, operands, results = SPATIAL[name]
    other = Target.parse(target)
    plain = [Operand(o.array) for o in operands]
    op, keep = planned_op(make, plain, [Result(results[0].shape)])
    best = min(
        iter(layout_choices(op, other)),
        key=lambda c: c.seconds,
    )
    tagged = [
        Operand(o.array, tag, constant=o.constant)
        for o, tag in zip(operands, best.sources, strict=True)
    ]
    result = Result(results[0].shape, layout=best.results[0])
    if target == "x86-64-v2" and Target.host().architecture == "x86_64":
        check_kernel(make, tagged, [result], other, 1e-5)
    module, _ = build_kernel(make, tagged, [result], other)
    expand_math(module)
    assert compile_object(emit_module(module, other), other)
    del keep
