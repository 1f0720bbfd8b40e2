"""
`use-winograd`: 3x3 convolutions by Winograd's algorithm where it is faster.

    conv{kernel=3x3, strides=1, pads=0}(x, w) => winograd(x, G w G^T, w)   if it takes less time and
        the result is not rounded to integers

Exactness: `rounding`. Source: Lavin and Gray, "Fast algorithms for convolutional neural
networks" (2015). The transformed weight has four times the bytes, so maps must be large enough to
pay for reading it; the estimate of both templates decides. Of maps whose rows or columns are no
numbers, it is that at their hints and that at twice as many, as larger ones gain most. The weight
stays as it was, too, for tiles with results that are not finite. A weight so small that its
transform, which is up to 576 times smaller, would have numbers that are not normal is left alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from xdsl.context import Context
from xdsl.dialects.builtin import Float32Type, ModuleOp, TensorType
from xdsl.dialects.func import FuncOp
from xdsl.ir import Block, SSAValue
from xdsl.passes import ModulePass
from xdsl.rewriter import InsertPoint, Rewriter

from ..dialects.engine import ConstantOp, ConvOp, WinogradOp, weight_store
from ..dialects.engine.base import (
    EngineOp,
    carry_provenance,
    element_of,
    extents_of,
    nbytes_of,
    shape_of,
    static,
    tensor,
)
from ..dialects.engine.constant import constant_of
from ..dialects.engine.integer_rounding import feeds_rounding, sum_of
from ..dialects.engine.normal_numbers import magnitudes
from ..dialects.engine.weights import Array, WeightStore
from ..dialects.engine.winograd import FILTER, POINTS, TILE, transform_weight
from ..kernels.registry import layout_choices
from ..runtime.size import Size, numbers_of
from ..targets.target import Target
from .at_hints import at_hints

SMALLEST_WEIGHT = 2.0**-90
"""The transform of a largest weight of this size has 26 powers of two below it that are normal."""


@dataclass(frozen=True)
class UseWinogradPass(ModulePass):
    """Replace 3x3 convolutions with stride 1 by `engine.winograd` where that is faster."""

    name = "use-winograd"
    target: str = "native"
    exactness: str = "rounding"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        if self.exactness == "bitwise":
            return
        target = Target.parse(self.target)
        for function in list(op.walk()):
            if isinstance(function, FuncOp) and not function.is_declaration:
                pairs = list(zip(function.walk(), at_hints(function).walk(), strict=True))
                for conv, hinted in pairs:
                    if not isinstance(conv, ConvOp) or not isinstance(hinted, ConvOp):
                        continue
                    if conv.results and is_suitable(hinted) and not feeds_rounding(sum_of(conv)):
                        _replace(conv, hinted, weight_store(ctx), target)


def is_suitable(conv: ConvOp) -> bool:
    """
    3x3, stride 1, no padding, one group, a constant f32 weight, four results or more a side.

    Asked of a convolution whose sizes are numbers, hints where they are not.
    """
    return (
        conv.kernel == (FILTER, FILTER)
        and conv.window("strides") == conv.window("dilations") == (1, 1)
        and not any(conv.window("pads"))
        and conv.group_count == 1
        and isinstance(element_of(conv.input), Float32Type)
        and constant_of(conv.weight) is not None
        and static(extents_of(conv.input))
        and shape_of(conv.input)[0] > 0
        and min(numbers_of(conv.inferred_shapes()[0][2:])) >= TILE
    )


def _replace(conv: ConvOp, hinted: ConvOp, store: WeightStore, target: Target) -> None:
    weight = constant_of(conv.weight)
    assert weight is not None
    outputs, channels = shape_of(conv.weight)[:2]
    type_ = tensor((POINTS * POINTS, outputs, channels), element_of(conv.weight))
    name = conv.weight.name_hint or "weight"
    attr = store.derive("winograd-4x4-3x3", transform_weight, [weight], type_, name)
    constant = ConstantOp(attr)
    constant.res.name_hint = name
    times = [_time(hinted, constant, target)]
    if _is_open(conv):
        block, larger = _twice_as_large(conv, hinted)
        times.append(_time(larger, constant, target))
        block.erase()
    if prod(times) >= 1 or not _keeps_digits(store.array(weight)):
        return
    made = _winograd(conv, constant)
    carry_provenance([conv], [made], "use-winograd")
    made.results[0].name_hint = conv.results[0].name_hint
    Rewriter.insert_op(constant, InsertPoint.before(conv))
    Rewriter.replace_op(conv, made)


def _time(conv: ConvOp, transformed: ConstantOp, target: Target) -> float:
    """The time by Winograd's algorithm in parts of that of the direct convolution."""
    estimated = _winograd(conv, transformed)
    seconds, direct = _seconds(estimated, target), _seconds(conv, target)
    estimated.erase()
    # Without channels there is nothing to gain.
    return seconds / direct if direct else float("inf")


def _is_open(conv: ConvOp) -> bool:
    """Whether rows or columns of results are no numbers."""
    return not static(conv.inferred_shapes()[0][2:])


def _twice_as_large(conv: ConvOp, hinted: ConvOp) -> tuple[Block, ConvOp]:
    """
    A convolution like the one at its hints, of twice as many rows and columns where these are no
    numbers, and the block that it is in.
    """
    sizes, known = conv.inferred_shapes()[0], numbers_of(hinted.inferred_shapes()[0])
    more = [n if isinstance(size, Size) else 0 for size, n in zip(sizes, known, strict=True)]
    more[0] = 0

    def grown(value: SSAValue) -> TensorType:
        shape = shape_of(value)
        last = len(more) - len(shape)
        return tensor(
            tuple(n if n == 1 else n + more[last + at] for at, n in enumerate(shape)),
            element_of(value),
        )

    weight, result = hinted.weight.type, grown(hinted.results[0])
    epilogue = list(hinted.epilogue_operands)
    block = Block(arg_types=[grown(hinted.input), weight, *map(grown, epilogue)])
    x, w, *operands = block.args
    larger = ConvOp(
        x,
        w,
        result,
        strides=hinted.window("strides"),
        pads=hinted.window("pads"),
        dilations=hinted.window("dilations"),
        epilogue_operands=operands,
        epilogue=hinted.epilogue.clone() if hinted.epilogue is not None else None,
    )
    block.add_op(larger)
    return block, larger


def _winograd(conv: ConvOp, transformed: ConstantOp) -> WinogradOp:
    """The convolution by Winograd's algorithm."""
    return WinogradOp(
        conv.input,
        transformed,
        conv.weight,
        conv.results[0].type,
        epilogue_operands=list(conv.epilogue_operands),
        epilogue=conv.epilogue.clone() if conv.epilogue is not None else None,
    )


def _keeps_digits(weight: Array) -> bool:
    """
    Whether the transform is as exact as it is for weights of an ordinary size.

    What it loses is in proportion to the largest weights, not to each.
    """
    _, most = magnitudes(weight)
    return most == 0 or most >= SMALLEST_WEIGHT


def _seconds(op: EngineOp, target: Target) -> float:
    """
    The time of the best template; infinite without one.

    Weights are used once in a run and come from memory, read in order.
    """
    choices = layout_choices(op, target)
    seconds = min((choice.seconds for choice in choices), default=float("inf"))
    return seconds + nbytes_of(op.operands[1]) / target.machine.rates.weights
