"""Other orders, copies, windows and borders of tensors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .arguments import ArgumentsFunction, Array, Number
from .slices import slice_


def flip(x: Array, dims: Sequence[int]) -> Array:
    return np.flip(x, tuple(dims))


def fliplr(x: Array) -> Array:
    return np.fliplr(x)


def flipud(x: Array) -> Array:
    return np.flipud(x)


def roll(x: Array, shifts: Sequence[int], dims: Sequence[int] = ()) -> Array:
    return np.roll(x, tuple(shifts), tuple(dims)) if dims else np.roll(x, shifts[0])


def rot90(x: Array, k: int = 1, dims: Sequence[int] = (0, 1)) -> Array:
    return np.rot90(x, k, (dims[0], dims[1]))


def repeat(x: Array, repeats: Sequence[int]) -> Array:
    return np.tile(x, repeats)


def repeat_interleave(
    x: Array, repeats: Any, dim: int | None = None, size: int | None = None
) -> Array:
    del size
    return np.repeat(x, repeats, dim)


def unfold(x: Array, dim: int, size: int, step: int) -> Array:
    if x.ndim == 0:
        return x.reshape(1)
    windows = np.lib.stride_tricks.sliding_window_view(x, size, dim % x.ndim)
    return slice_(windows, dim % x.ndim, None, None, step)


_MODES = {"constant": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}


def pad(x: Array, widths: Sequence[int], mode: str = "constant", value: Any = None) -> Array:
    """The last dimension first; a negative width crops."""
    pairs = [(0, 0)] * (x.ndim - len(widths) // 2)
    pairs += list(zip(widths[::2], widths[1::2], strict=True))[::-1]
    grown = [(max(low, 0), max(high, 0)) for low, high in pairs]
    more: dict[str, Any] = {"constant_values": value or 0} if mode == "constant" else {}
    padded: Any = np.pad
    result: Array = padded(x, grown, _MODES[mode], **more)
    crop = [
        slice(max(-low, 0), n - max(-high, 0))
        for n, (low, high) in zip(result.shape, pairs, strict=True)
    ]
    return result[tuple(crop)]


def constant_pad(x: Array, widths: Sequence[int], value: Number = 0) -> Array:
    return pad(x, widths, "constant", value)


def _padding(mode: str) -> ArgumentsFunction:
    def padded(x: Array, widths: Sequence[int]) -> Array:
        return pad(x, widths, mode)

    return padded


def pixel_shuffle(x: Array, factor: int) -> Array:
    *lead, channels, height, width = x.shape
    split = x.reshape(*lead, channels // factor**2, factor, factor, height, width)
    rank = len(lead)
    order = (*range(rank), rank, rank + 3, rank + 1, rank + 4, rank + 2)
    return split.transpose(order).reshape(*lead, -1, height * factor, width * factor)


def pixel_unshuffle(x: Array, factor: int) -> Array:
    *lead, channels, height, width = x.shape
    split = x.reshape(*lead, channels, height // factor, factor, width // factor, factor)
    rank = len(lead)
    order = (*range(rank), rank, rank + 2, rank + 4, rank + 1, rank + 3)
    return split.transpose(order).reshape(
        *lead, channels * factor**2, height // factor, width // factor
    )


def channel_shuffle(x: Array, groups: int) -> Array:
    batch, channels, *rest = x.shape
    return x.reshape(batch, groups, channels // groups, *rest).swapaxes(1, 2).reshape(x.shape)


FUNCTIONS: dict[str, ArgumentsFunction] = {
    "_pad_circular": _padding("circular"),
    "channel_shuffle": channel_shuffle,
    "constant_pad_nd": constant_pad,
    "flip": flip,
    "fliplr": fliplr,
    "flipud": flipud,
    "native_channel_shuffle": channel_shuffle,
    "pad": pad,
    "pixel_shuffle": pixel_shuffle,
    "pixel_unshuffle": pixel_unshuffle,
    "reflection_pad1d": _padding("reflect"),
    "reflection_pad2d": _padding("reflect"),
    "reflection_pad3d": _padding("reflect"),
    "repeat": repeat,
    "repeat_interleave.self_int": repeat_interleave,
    "repeat_interleave.self_Tensor": repeat_interleave,
    "replication_pad1d": _padding("replicate"),
    "replication_pad2d": _padding("replicate"),
    "replication_pad3d": _padding("replicate"),
    "roll": roll,
    "rot90": rot90,
    "tile": repeat,
    "unfold": unfold,
}
"""Functions of arguments by the operator and its overload."""
