"""
`onnx.MaxPool`: `onnx.reference` passes over NaN and gives wrong indices with strides of 1.

<https://onnx.ai/onnx/operators/onnx__MaxPool.html>
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from ...dialects.onnx import OnnxOp
from .reference import OnnxValue

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Window:
    """One spatial dimension."""

    extent: int
    span: int
    stride: int
    dilation: int
    before: int
    after: int

    @property
    def reach(self) -> int:
        """From the first to behind the last element of a window."""
        return (self.span - 1) * self.dilation + 1

    def count(self, *, ceil: bool) -> int:
        """How many windows there are; none starts in the padding at the end."""
        room = self.extent + self.before + self.after - self.reach
        count = (-(-room // self.stride) if ceil else room // self.stride) + 1
        return (
            count - 1 if ceil and (count - 1) * self.stride >= self.extent + self.before else count
        )


def windows_of(op: OnnxOp, extents: Sequence[int]) -> list[Window]:
    """The windows of each spatial dimension, by the operation's attributes."""
    rank = len(extents)

    def numbers(name: str, otherwise: int, count: int = rank) -> list[int]:
        return cast("list[int] | None", op.attribute(name)) or [otherwise] * count

    spans, strides = numbers("kernel_shape", 1), numbers("strides", 1)
    dilations, pads = numbers("dilations", 1), numbers("pads", 0, 2 * rank)
    auto = op.attribute("auto_pad")
    found: list[Window] = []
    for i in range(rank):
        before, after = pads[i], pads[rank + i]
        if auto in ("SAME_UPPER", "SAME_LOWER"):
            reach = (spans[i] - 1) * dilations[i] + 1
            steps = -(-extents[i] // strides[i]) - 1
            total = max(steps * strides[i] + reach - extents[i], 0)
            before = total // 2 if auto == "SAME_UPPER" else -(-total // 2)
            after = total - before
        found.append(Window(extents[i], spans[i], strides[i], dilations[i], before, after))
    return found


def max_pool(op: OnnxOp, inputs: Sequence[OnnxValue | None]) -> list[OnnxValue]:
    """The largest of each window, NaN if it has one, and where in the whole tensor it stands."""
    x = cast(Array, inputs[0])
    windows = windows_of(op, x.shape[2:])
    positions = np.arange(x.size, dtype=np.int64).reshape(x.shape)
    if op.attribute("storage_order") and x.ndim > 3:
        swapped = (*x.shape[:-2], x.shape[-1], x.shape[-2])
        positions = positions.reshape(swapped).swapaxes(-1, -2)
    values, places = _cut(op, x, windows), _cut(op, positions + 1, windows)
    inside = places > 0
    least = np.iinfo(x.dtype).min if x.dtype.kind in "iu" else -np.inf
    best = np.where(inside, values, np.asarray(least, x.dtype)).max(axis=-1)
    hits = inside & ((values == best[..., None]) | np.isnan(values))
    first = hits.argmax(axis=-1, keepdims=True)
    at = np.take_along_axis(places, first, axis=-1)[..., 0] - 1
    return [best, at][: len(op.results)]


def _cut(op: OnnxOp, x: Array, windows: Sequence[Window]) -> Array:
    """`[N, C, windows..., elements of a window]` with zeros for padding."""
    ceil, rank = bool(op.attribute("ceil_mode")), len(windows)
    counts = [w.count(ceil=ceil) for w in windows]
    ends = [
        max(0, (n - 1) * w.stride + w.reach - w.extent - w.before)
        for n, w in zip(counts, windows, strict=True)
    ]
    borders = [(w.before, end) for w, end in zip(windows, ends, strict=True)]
    padded = np.pad(x, [(0, 0), (0, 0), *borders])
    axes = tuple(range(2, 2 + rank))
    view = np.lib.stride_tricks.sliding_window_view(padded, [w.reach for w in windows], axes)
    starts = tuple(slice(0, n * w.stride, w.stride) for n, w in zip(counts, windows, strict=True))
    taps = tuple(slice(None, None, w.dilation) for w in windows)
    cut = view[(slice(None), slice(None), *starts, *taps)]
    return cut.reshape(*cut.shape[: 2 + rank], -1)
