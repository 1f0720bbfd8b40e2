"""
The iteration space of an elementwise operation over operands in any layouts.

Every operand is a strided array once blocked dimensions are split: dimension `b` of `aBcd16b` is
an outer axis of blocks and an inner axis of 16. An operand that is not blocked steps evenly along
both. Where a dimension is not a multiple of its block and some operand has no room for the padding
lanes, the space is cut in two boxes: the full blocks, and what is valid of the last one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

from xdsl.ir import Attribute, SSAValue

from ...dialects.engine.base import extents_of, layout_of, rank_of, stride_extents_of
from ...runtime.size import Extent, Size, is_one, product_of, sum_of
from .strided_view import Axis, broadcast_stride

Value = SSAValue | Attribute


@dataclass(frozen=True)
class Box:
    """A box of loop axes, outermost first, and where it starts in each value, in elements."""

    axes: tuple[Axis, ...]
    offsets: tuple[Extent, ...]

    @property
    def elements(self) -> Extent:
        """Points of the box."""
        return product_of(axis.extent for axis in self.axes)


@dataclass(frozen=True)
class Steps:
    """How one value moves along one dimension: by `outer` per block, by `inner` per element."""

    outer: Extent
    inner: Extent
    blocked: bool


def steps_along(value: Value, dim: int, extent: Extent, block: int) -> Steps | None:
    """
    The steps of `value` along its dimension `dim`, of `extent` in the iteration space, in blocks
    of `block`. None when the value has blocks of another size there.
    """
    tag, strides = layout_of(value), stride_extents_of(value)
    stride, own = strides[tag.outer.index(dim)], extents_of(value)[dim]
    inner = [i for i, (d, _) in enumerate(tag.inner) if d == dim]
    if is_one(own) and (_above_one(extent) or not inner):
        return Steps(0, 0, False)
    if not inner:
        stride = broadcast_stride(stride, own, extent)
        return Steps(stride * block, stride, False)
    if len(inner) > 1 or tag.inner[inner[0]][1] != block:
        return None
    return Steps(stride, strides[len(tag.outer) + inner[0]], True)


def _above_one(extent: Extent) -> bool:
    """Whether an extent may be more than 1."""
    return isinstance(extent, Size) or extent > 1


def loop_order(value: Value) -> list[tuple[int, bool]]:
    """Physical axes of a value as (dimension, whether it is the inner part), outermost first."""
    tag = layout_of(value)
    return [(d, False) for d in tag.outer] + [(d, True) for d, _ in tag.inner]


def physical_boxes(result: Value, operands: Sequence[Value]) -> list[Box] | None:
    """
    The boxes over which `result` is computed from broadcast `operands`, in the result's order.

    Each box has strides and an offset for every operand, then for the result. None when a
    dimension is blocked in two sizes, or twice.
    """
    shape = extents_of(result)
    values = [*operands, result]
    blocks: dict[int, int] = {}
    for value in values:
        lead = len(shape) - rank_of(value)
        for dim, block in layout_of(value).inner:
            if _above_one(shape[dim + lead]) and is_one(extents_of(value)[dim]):
                continue
            if blocks.setdefault(dim + lead, block) != block:
                return None
    steps: list[list[Steps]] = []
    for dim in range(len(shape)):
        found = [_steps(value, dim, shape, blocks.get(dim, 1)) for value in values]
        known = [s for s in found if s is not None]
        if len(known) < len(values):
            return None
        steps.append(known)
    order = loop_order(result)
    inside = {dim for dim, inner in order if inner}
    for dim in sorted(set(blocks) - inside):
        order.insert(order.index((dim, False)) + 1, (dim, True))
    cuts = [_cuts(n, blocks.get(d, 1), steps[d]) for d, n in enumerate(shape)]
    return [_box(order, blocks, steps, choice, len(values)) for choice in product(*cuts)]


def _steps(value: Value, dim: int, shape: Sequence[Extent], block: int) -> Steps | None:
    own = dim - (len(shape) - rank_of(value))
    return Steps(0, 0, False) if own < 0 else steps_along(value, own, shape[dim], block)


Cut = tuple[int, Extent, int]
"""Of one dimension: first block, blocks, elements of a block."""


def _cuts(extent: Extent, block: int, steps: Sequence[Steps]) -> list[Cut]:
    """One or two parts of a dimension; padding lanes are run over where everybody has them."""
    if isinstance(extent, Size):
        assert block == 1, "a blocked dimension is a number"
        return [(0, extent, 1)]
    full, rest = divmod(extent, block)
    result = steps[-1]
    moving = [s for s in steps[:-1] if s.inner != 0]
    everywhere = result.blocked and all(s.blocked for s in moving)
    if not rest or everywhere:
        return [(0, full + (1 if rest else 0), block)]
    last: Cut = (full, 1, rest)
    return [(0, full, block), last] if full else [last]


def _box(
    order: Sequence[tuple[int, bool]],
    blocks: dict[int, int],
    steps: Sequence[Sequence[Steps]],
    choice: Sequence[Cut],
    values: int,
) -> Box:
    axes: list[Axis] = []
    for dim, inner in order:
        _, count, width = choice[dim]
        if inner:
            axes.append(Axis(width, tuple(s.inner for s in steps[dim])))
        else:
            extent = count if dim in blocks else count * width
            axes.append(Axis(extent, tuple(s.outer for s in steps[dim])))
    offsets = tuple(
        sum_of(steps[dim][v].outer * first for dim, (first, _, _) in enumerate(choice))
        for v in range(values)
    )
    return Box(tuple(axes), offsets)
