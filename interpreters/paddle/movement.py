"""Operators that only move elements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import Any

import numpy as np

from ...dialects.engine.weights import Array
from ..table_functions import Call, Function
from .given import axis_of, integer, integers, number


def _reshape(call: Call) -> Array:
    x, target = call.operand("x"), integers(call, "shape")
    return x.reshape([x.shape[at] if n == 0 else n for at, n in enumerate(target)])


def _flatten(call: Call) -> Array:
    x = call.operand("x")
    if not x.ndim:
        return x.reshape(1)
    first, last = (axis_of(call.integer(n, 1), x.ndim) for n in ("start_axis", "stop_axis"))
    inner = prod(x.shape[first : last + 1])
    return x.reshape(*x.shape[:first], inner, *x.shape[last + 1 :])


def _squeeze(call: Call) -> Array:
    """Named dimensions of size 1, all of them where none is named."""
    x, axes = call.operand("x"), integers(call, "axis")
    named = [axis_of(a, x.ndim) for a in axes] or range(x.ndim)
    return x.squeeze(tuple(a for a in named if x.shape[a] == 1))


def _unsqueeze(call: Call) -> Array:
    """Dimensions of size 1, one after the other."""
    x = call.operand("x")
    for axis in integers(call, "axis"):
        x = np.expand_dims(x, axis_of(axis, x.ndim + 1))
    return x


def _concat(call: Call) -> Array:
    return np.concatenate(call.group("x"), integer(call, "axis"))


def sections_of(sections: Sequence[int], size: int) -> list[int]:
    """The sizes of parts, of which one may be -1."""
    rest = size - sum(n for n in sections if n >= 0)
    return [rest if n < 0 else n for n in sections]


def _split(call: Call) -> list[Array]:
    x, axis = call.operand("x"), integer(call, "axis")
    sizes = sections_of(integers(call, "sections"), x.shape[axis])
    return np.split(x, np.cumsum(sizes)[:-1], axis)


def _split_with_num(call: Call) -> list[Array]:
    return np.split(call.operand("x"), call.integer("num"), integer(call, "axis"))


def _unbind(name: str) -> Function:
    def compute(call: Call) -> list[Array]:
        x, axis = call.operand(name), call.integer("axis")
        return [x.take(at, axis) for at in range(x.shape[axis])]

    return compute


def slice_of(
    x: Array, axes: Sequence[int], starts: Sequence[Any], ends: Sequence[Any], steps: Sequence[Any]
) -> Array:
    """Parts along some axes; bounds outside are cut, negative ones count from the end."""
    parts: list[slice] = [slice(None)] * x.ndim
    for axis, start, end, step in zip(axes, starts, ends, steps, strict=True):
        size = x.shape[axis]
        if step < 0 and end < -size:
            end = None  # the first element belongs to it
        parts[axis] = slice(start, end, step)
    return x[tuple(parts)]


def _slice(call: Call) -> Array:
    x, axes = call.operand("input"), call.integers("axes") or []
    ones = [1] * len(axes)
    found = slice_of(x, axes, integers(call, "starts"), integers(call, "ends"), ones)
    gone = call.integers("decrease_axis") or []
    return found.reshape([n for axis, n in enumerate(found.shape) if axis not in gone])


def _strided_slice(call: Call) -> Array:
    given = [integers(call, name) for name in ("starts", "ends", "strides")]
    return slice_of(call.operand("x"), call.integers("axes") or [], *given)


def _crop(call: Call) -> Array:
    x, offsets = call.operand("x"), integers(call, "offsets")
    sizes = integers(call, "shape")
    parts = [slice(at, None if n == -1 else at + n) for at, n in zip(offsets, sizes, strict=True)]
    return x[tuple(parts)]


def _expand(call: Call) -> Array:
    x, target = call.operand("x"), integers(call, "shape")
    behind = (1,) * (len(target) - x.ndim) + x.shape
    return np.broadcast_to(x, [m if n == -1 else n for n, m in zip(target, behind, strict=True)])


def _expand_as(call: Call) -> Array:
    return np.broadcast_to(call.operand("x"), call.operand("y").shape)


def _tile(call: Call) -> Array:
    return np.tile(call.operand("x"), integers(call, "repeat_times"))


def _flip(call: Call) -> Array:
    return np.flip(call.operand("x"), tuple(call.integers("axis") or []))


def _roll(call: Call) -> Array:
    axes = call.integers("axis") or None
    shifts = integers(call, "shifts")
    return np.roll(call.operand("x"), shifts if axes else shifts[0], axes)


_MODES: dict[str, Any] = {"reflect": "reflect", "replicate": "edge", "circular": "wrap"}


def _padded(x: Array, pads: Sequence[tuple[int, int]], mode: str, value: Any) -> Array:
    if mode == "constant":
        return np.pad(x, pads, constant_values=value)
    return np.pad(x, pads, mode=_MODES[mode])


def _pad(call: Call) -> Array:
    given = call.integers("paddings") or []
    pairs = list(zip(given[::2], given[1::2], strict=True))
    return _padded(call.operand("x"), pairs, "constant", number(call, "pad_value"))


def pairs_of(paddings: Sequence[int], rank: int, *, last: bool) -> list[tuple[int, int]]:
    """What is added before and behind each dimension, from numbers that begin with the last one."""
    spatial = list(zip(paddings[::2], paddings[1::2], strict=True))[::-1]
    spatial = [(0, 0)] * (rank - 2 - len(spatial)) + spatial
    return [(0, 0), *spatial, (0, 0)] if last else [(0, 0), (0, 0), *spatial]


def _pad3d(call: Call) -> Array:
    x, layout = call.operand("x"), call.text("data_format", "NCDHW")
    pads = pairs_of(integers(call, "paddings"), x.ndim, last=layout.endswith("C"))
    return _padded(x, pads, call.text("mode"), call.number("pad_value"))


def _channels_first(function: Any) -> Function:
    """A function of `[N, C, H, W]` and the call for either layout."""

    def compute(call: Call) -> Array:
        x = call.operand("x")
        if "data_format" in call.op.SIGNATURE.attributes and call.text("data_format") == "NHWC":
            return np.moveaxis(function(call, np.moveaxis(x, -1, 1)), 1, -1)
        return function(call, x)

    return compute


def _pixel_shuffle(call: Call, x: Array) -> Array:
    r, (n, c, h, w) = call.integer("upscale_factor", 1), x.shape
    cut = x.reshape(n, c // r**2, r, r, h, w).transpose(0, 1, 4, 2, 5, 3)
    return cut.reshape(n, c // r**2, h * r, w * r)


def _pixel_unshuffle(call: Call, x: Array) -> Array:
    r, (n, c, h, w) = call.integer("downscale_factor", 1), x.shape
    cut = x.reshape(n, c, h // r, r, w // r, r).transpose(0, 1, 3, 5, 2, 4)
    return cut.reshape(n, c * r**2, h // r, w // r)


def _shuffled(name: str) -> Function:
    def shuffle(call: Call, x: Array) -> Array:
        groups = call.integer(name, 1)
        cut = x.reshape(x.shape[0], groups, x.shape[1] // groups, *x.shape[2:])
        return cut.swapaxes(1, 2).reshape(x.shape)

    return _channels_first(shuffle)


def _meshgrid(call: Call) -> list[Array]:
    vectors = [v.reshape(-1) for v in call.group("inputs")]
    return list(np.meshgrid(*vectors, indexing="ij"))


def _repeat(call: Call) -> Array:
    return np.repeat(call.operand("x"), call.integer("repeats"), call.integer("axis"))


SEMANTICS: Mapping[str, Function] = {
    "broadcast_tensors": lambda call: list(np.broadcast_arrays(*call.group("input"))),
    "channel_shuffle": _shuffled("groups"),
    "concat": _concat,
    "crop": _crop,
    "expand": _expand,
    "expand_as": _expand_as,
    "flatten": _flatten,
    "flip": _flip,
    "meshgrid": _meshgrid,
    "pad": _pad,
    "pad3d": _pad3d,
    "pixel_shuffle": _channels_first(_pixel_shuffle),
    "pixel_unshuffle": _channels_first(_pixel_unshuffle),
    "repeat_interleave": _repeat,
    "reshape": _reshape,
    "roll": _roll,
    "shuffle_channel": _shuffled("group"),
    "slice": _slice,
    "split": _split,
    "split_with_num": _split_with_num,
    "squeeze": _squeeze,
    "stack": lambda call: np.stack(call.group("x"), call.integer("axis")),
    "strided_slice": _strided_slice,
    "tile": _tile,
    "transpose": lambda call: call.operand("x").transpose(call.integers("perm")),
    "unbind": _unbind("input"),
    "unsqueeze": _unsqueeze,
    "unstack": _unbind("x"),
}
