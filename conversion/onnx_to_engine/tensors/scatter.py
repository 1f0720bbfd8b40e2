"""
Operators that write elements at indices, each as one scatter.

Operators: Col2Im, MaxUnpool, ScatterElements, ScatterND, TensorScatter.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from math import prod
from typing import Any

import numpy as np
from xdsl.dialects.builtin import i64
from xdsl.ir import SSAValue

from ....dialects.engine import PadOp, ScatterOp
from ....dialects.engine.base import element_of, extents_of, rank_of, static
from ....dialects.engine.sizes import shape_text as extents_text
from ....dialects.engine.weights import dtype_of
from ....runtime.size import Extent, numbers_of, product_of, range_of
from ...to_engine.data_extents import data_extents
from ...to_engine.dialect_conversion import Conversion
from ...to_engine.flat_index import (
    WHOLE,
    along,
    known_or_declared,
    one_of,
    places,
    scalar,
    steps_of,
    total,
    within,
)
from ...to_engine.lowering import Lowering, NoNativeForm, attribute_of, positive
from ...to_engine.open_extents import extents_in, map_with_extents
from ...to_engine.run_time_operands import (
    checked,
    declared_shape,
    declares_sizes,
    equal_to,
    shape_text,
)
from ...to_engine.scalars import Numbers, cast_scalar, select
from ...to_engine.vocabulary.folded_windows import folded_windows, window_counts
from ...to_engine.vocabulary.scatter import scatter_elements, scatter_flat
from ...to_engine.vocabulary.windows import Window


def ScatterND(lo: Lowering) -> SSAValue:
    """A copy with updates written, or combined, at index tuples."""
    reduction = lo.text("reduction", "none")
    return lo.emit(
        ScatterOp(lo.operand("data"), lo.operand("indices"), lo.operand("updates"), reduction)
    )


def ScatterElements(lo: Lowering) -> SSAValue:
    """`y[indices[i, j], j] = updates[i, j]` and so along any axis, or combined."""
    x, indices, updates = lo.operand("data"), lo.operand("indices"), lo.operand("updates")
    axis = positive(lo.integer("axis"), rank_of(x))
    return scatter_elements(lo, x, indices, updates, axis, lo.text("reduction", "none"))


def TensorScatter(lo: Lowering) -> SSAValue:
    """A cache with rows written from a position on in each batch; `circular` wraps round."""
    cache, update = lo.operand("past_cache"), lo.operand("update")
    shape, new = extents_of(cache), extents_of(update)
    axis = positive(lo.integer("axis", -2), len(shape))
    first = lo.optional("write_indices")
    if axis == 0 or 0 in shape or 0 in new:
        raise NoNativeForm("along the batch, or of an empty tensor")
    if first is None:
        first = _zeros(lo, shape[0])
    rank, n = axis + 1, shape[axis]
    steps = steps_of(shape[:rank])
    circular = lo.text("mode", "linear") == "circular"
    element = element_of(first)
    rows = product_of(shape[:rank])

    def build(start: SSAValue, behind: SSAValue, *rest: Any) -> SSAValue:
        *others, n, rows = rest
        at = WHOLE.add(cast_scalar(start, element, i64), behind)
        inside = within(at, 0, n)
        if circular:
            # A start within the cache and a run no longer than it: one turn is enough.
            around = WHOLE.sub(at, scalar(n))
            at = select(WHOLE.compare("ge", at, scalar(n)), around, at)
            inside = within(at, 0, n)
        return select(inside, total([at, *others]), scalar(rows))

    spread = lo.reshape(first, (shape[0], *[1] * axis))
    others = places(lo, new[:rank], [*steps[:axis], 0])
    inputs = [spread, along(lo, new[axis], axis, rank), *others]
    at = map_with_extents(lo, inputs, [n, rows], build, i64)
    at = lo.broadcast(at, new[:rank])
    data = lo.reshape(cache, (rows, *shape[rank:]))
    picks = lo.reshape(at, (product_of(new[:rank]), 1))
    runs = lo.reshape(update, (product_of(new[:rank]), *shape[rank:]))
    return lo.reshape(lo.emit(ScatterOp(data, picks, runs)), shape)


def _zeros(lo: Lowering, count: Extent) -> SSAValue:
    if isinstance(count, int):
        lo.require_room(count)
        return lo.constant(np.zeros(count, np.int64), "first")
    return lo.broadcast(lo.constant(np.zeros((), np.int64), "first"), (count,))


def MaxUnpool(lo: Lowering) -> SSAValue:
    """Elements put back where a maximum pooling found them, zeros elsewhere."""
    x, indices = lo.operand("X"), lo.operand("I")
    shape, kernel = extents_of(x), lo.integers("kernel_shape") or []
    rank = len(kernel)
    strides, pads = lo.integers("strides") or [1] * rank, lo.integers("pads") or [0] * 2 * rank
    inner = [
        (n - 1) * s - low - high + k
        for n, s, k, low, high in zip(
            shape[2:], strides, kernel, pads[:rank], pads[rank:], strict=True
        )
    ]
    whole = (*shape[:2], *inner)
    if 0 in shape or any(range_of(n)[1] <= 0 for n in whole):
        raise NoNativeForm("of an empty tensor")
    n = Numbers(element_of(x))
    zeros = lo.broadcast(lo.constant(np.zeros((), dtype_of(n.element)), "zero"), whole)
    result = scatter_flat(lo, zeros, indices, x)
    wanted = lo.optional("output_shape")
    if wanted is None:
        return result
    target = known_or_declared(lo, "output_shape")
    message = f"output_shape is not that of {shape_text(target)}"
    result = checked(lo, result, equal_to(lo, wanted, target), message)
    return grown(lo, result, target)


def grown(lo: Lowering, x: SSAValue, shape: tuple[Extent, ...]) -> SSAValue:
    """`x` with zeros behind it."""
    old = extents_of(x)
    if shape == old:
        return x
    high = [after - before for after, before in zip(shape, old, strict=True)]
    if any(range_of(n)[1] < 0 for n in high):
        raise NoNativeForm(f"of {extents_text(old)} to the smaller {extents_text(shape)}")
    for size in high:
        lo.relations.not_negative(size)
    value = attribute_of(0, Numbers(element_of(x)).scalar)
    return lo.emit(PadOp(x, [0] * len(high), high, value))


MOST_BLOCKS = 4
"""Shapes of blocks that `Col2Im` prepares for, when the data decides."""


HINT_OF_BLOCKS = 2
"""What the sizes of blocks that the data decides are planned for."""


def Col2Im(lo: Lowering) -> SSAValue:
    """Blocks of an image added up where they lie in it."""
    x, image_shape, block_shape = (lo.operand(n) for n in ("input", "image_shape", "block_shape"))
    image = _image_of_blocks(lo, image_shape)
    rank, given = len(image), extents_in(lo, block_shape)
    fitting: list[tuple[int, ...]] = []
    if static(extents_of(x)) and static(image):
        if 0 in extents_of(x) or 0 in image:
            raise NoNativeForm("of an empty tensor")
        if given is None and declares_sizes(lo):
            fitting = _fitting_blocks(lo, numbers_of(extents_of(x)), numbers_of(image))
    if 0 < len(fitting) <= MOST_BLOCKS:
        results = [
            (
                equal_to(lo, block_shape, block),
                folded_windows(lo, x, image, _window(lo, block, rank)),
            )
            for block in fitting
        ]
        result = one_of(lo, results, f"block_shape is none of {[list(b) for b in fitting]}")
    else:
        blocks = data_extents(lo, block_shape, hint=HINT_OF_BLOCKS) if given is None else given
        result = folded_windows(lo, x, image, _window(lo, [1] * rank, rank), blocks)
    message = f"image_shape is not the declared {shape_text(image)}"
    return checked(lo, result, equal_to(lo, image_shape, image), message)


def _image_of_blocks(lo: Lowering, image_shape: SSAValue) -> list[Extent]:
    """The sizes of an image: given, declared by the model, or decided by the data."""
    known = extents_in(lo, image_shape)
    if known is not None:
        return known
    if declares_sizes(lo):
        return list(declared_shape(lo, operand="image_shape")[2:])
    return data_extents(lo, image_shape)


def _fitting_blocks(
    lo: Lowering, shape: Sequence[int], image: Sequence[int]
) -> list[tuple[int, ...]]:
    """The shapes of blocks that lead from a tensor to the declared image."""
    channels = numbers_of(declared_shape(lo, operand="block_shape")[1:2])[0]
    size, rank = shape[1] // channels, len(image)
    factors = [n for n in range(1, size + 1) if size % n == 0]
    return [
        block
        for block in product(factors, repeat=rank)
        if prod(block) == size and prod(window_counts(image, _window(lo, block, rank))) == shape[2]
    ]


def _col2im_window(lo: Lowering, rank: int) -> tuple[list[int], list[int], list[int]]:
    return (
        lo.integers("strides") or [1] * rank,
        lo.integers("dilations") or [1] * rank,
        lo.integers("pads") or [0] * 2 * rank,
    )


def _window(lo: Lowering, block: Sequence[int], rank: int) -> Window:
    strides, dilations, pads = _col2im_window(lo, rank)
    return Window(tuple(block), tuple(strides), tuple(pads), tuple(dilations))


OPERATORS: dict[str, Conversion] = {
    "Col2Im": Col2Im,
    "MaxUnpool": MaxUnpool,
    "ScatterElements": ScatterElements,
    "ScatterND": ScatterND,
    "TensorScatter": TensorScatter,
}
