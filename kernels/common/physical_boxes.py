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

from ...dialects.engine.base import layout_of, physical_strides_of, shape_of
from .strided_view import Axis

Value = SSAValue | Attribute


@dataclass(frozen=True)
class Box:
    """A box of loop axes, outermost first, and where it starts in each value, in elements."""

    axes: tuple[Axis, ...]
    offsets: tuple[int, ...]

    @property
    def elements(self) -> int:
        """Points of the box."""
        count = 1
        for axis in self.axes:
            count *= axis.extent
        return count


@dataclass(frozen=True)
class Steps:
    """How one value moves along one dimension: by `outer` per block, by `inner` per element."""

    outer: int
    inner: int
    blocked: bool


def steps_along(value: Value, dim: int, extent: int, block: int) -> Steps | None:
    """
    The steps of `value` along its dimension `dim`, of `extent` in the iteration space, in blocks
    of `block`. None when the value has blocks of another size there.
    """
    tag, strides = layout_of(value), physical_strides_of(value)
    stride = strides[tag.outer.index(dim)]
    inner = [i for i, (d, _) in enumerate(tag.inner) if d == dim]
    if shape_of(value)[dim] == 1 and (extent > 1 or not inner):
        return Steps(0, 0, False)
    if not inner:
        return Steps(stride * block, stride, False)
    if len(inner) > 1 or tag.inner[inner[0]][1] != block:
        return None
    return Steps(stride, strides[len(tag.outer) + inner[0]], True)


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
    shape = shape_of(result)
    values = [*operands, result]
    blocks: dict[int, int] = {}
    for value in values:
        lead = len(shape) - len(shape_of(value))
        for dim, block in layout_of(value).inner:
            if shape[dim + lead] > 1 and shape_of(value)[dim] == 1:
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


def _steps(value: Value, dim: int, shape: Sequence[int], block: int) -> Steps | None:
    own = dim - (len(shape) - len(shape_of(value)))
    return Steps(0, 0, False) if own < 0 else steps_along(value, own, shape[dim], block)


Cut = tuple[int, int, int]
"""Of one dimension: first block, blocks, elements of a block."""


def _cuts(extent: int, block: int, steps: Sequence[Steps]) -> list[Cut]:
    """One or two parts of a dimension; padding lanes are run over where everybody has them."""
    full, rest = divmod(extent, block)
    result = steps[-1]
    moving = [s for s in steps[:-1] if s.inner]
    everywhere = result.blocked and all(s.blocked for s in moving)
    if not rest or everywhere:
        return [(0, full + (1 if rest else 0), block)]
    return [(0, full, block)] * (full > 0) + [(full, 1, rest)]


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
        sum(first * steps[dim][v].outer for dim, (first, _, _) in enumerate(choice))
        for v in range(values)
    )
    return Box(tuple(axes), offsets)
