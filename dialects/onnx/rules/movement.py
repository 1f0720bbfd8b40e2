"""Operators that rearrange, cut and repeat."""

from __future__ import annotations

from math import prod

from ...framework.fit import (
    Dims,
    differ,
    refuse,
    require_axes,
    require_count,
    require_dims,
    require_least,
    require_one_of,
    require_rank,
    shown,
)
from .form import Form, Rule

_PAD_MODES = ("constant", "reflect", "edge", "wrap")


def _kept(target: list[int], dims: Dims | None, *, allow_zero: bool) -> list[int] | None:
    """The target of a reshape with sizes in the place of its zeros, None if one is not known."""
    if allow_zero:
        return target
    sizes: list[int] = []
    for at, size in enumerate(target):
        if size:
            sizes.append(size)
            continue
        if dims is None:
            return None
        if at >= len(dims):
            refuse(f"shape {target} keeps dimension {at} by a 0, the operand is {shown(dims)}")
        kept = dims[at]
        if not isinstance(kept, int):
            return None
        sizes.append(kept)
    return sizes


def _reshape(form: Form) -> None:
    dims, target = form.dims(0), form.vector(1)
    if target is None:
        return
    allow_zero = bool(form.integer("allowzero"))
    if target.count(-1) > 1:
        refuse(f"shape {target} has -1 more than once")
    if min(target, default=0) < -1:
        refuse(f"shape {target} has the size {min(target)}; expected sizes, 0 or -1")
    if allow_zero and 0 in target and -1 in target:
        refuse(f"shape {target} has both 0 and -1, which allowzero does not admit")
    sizes = _kept(target, dims, allow_zero=allow_zero)
    known = [] if dims is None else [d for d in dims if isinstance(d, int)]
    if sizes is None or dims is None or len(known) < len(dims):
        return
    count, rest = prod(known), prod(s for s in sizes if s != -1)
    fits = (rest != 0 and count % rest == 0) if -1 in sizes else count == rest
    if not fits:
        refuse(f"shape {target} does not fit the {count} elements of {shown(dims)}")


def _slice(form: Form) -> None:
    rank = form.rank(0)
    require_rank(form.dims(0), form.name(0), 1)
    lengths = [(form.name(at), d[0]) for at in (1, 2, 3, 4) if (d := form.dims(at))]
    for name, length in lengths[1:]:
        if differ(length, lengths[0][1]):
            first, count = lengths[0]
            refuse(f"{name} has {length} values, {first} has {count}; expected as many")
    axes, steps = form.vector(3), form.vector(4)
    if rank is not None and axes is not None:
        require_axes(axes, rank)
    count = lengths[0][1] if lengths else None
    if rank is not None and not form.has(3) and isinstance(count, int) and count > rank:
        refuse(f"starts has {count} values, the operand has rank {rank}")
    if steps is not None and 0 in steps:
        refuse("a step of steps is 0; expected a positive or negative number")


def _pad(form: Form) -> None:
    dims, pads, axes = form.dims(0), form.vector(1), form.vector(3)
    require_one_of(form.text("mode"), _PAD_MODES, "mode")
    if dims is None:
        return
    if axes is None and form.has(3):
        return
    padded = list(range(len(dims))) if axes is None else require_axes(axes, len(dims))
    given = form.dims(1)
    if given is not None and (len(given) != 1 or differ(given[0], 2 * len(padded))):
        refuse(f"pads has the shape {shown(given)}; expected [{2 * len(padded)}], two per axis")
    if pads is None:
        return
    require_count(pads, 2 * len(padded), "pads", "two for each axis")
    for at, axis in enumerate(padded):
        size, before, after = dims[axis], pads[at], pads[at + len(padded)]
        if not isinstance(size, int):
            continue
        if size + min(before, 0) + min(after, 0) < 0:
            refuse(f"pads {before} and {after} cut axis {axis} of size {size} to below nothing")
        if size == 0 and form.text("mode") != "constant" and max(before, after) > 0:
            refuse(f"mode {form.text('mode')!r} has nothing to repeat on axis {axis} of size 0")


def _tile(form: Form) -> None:
    dims, repeats, given = form.dims(0), form.vector(1), form.dims(1)
    if repeats is not None:
        require_least(repeats, 0, "repeats")
    if dims is not None and given and isinstance(given[0], int) and given[0] != len(dims):
        refuse(f"repeats has {given[0]} values; expected {len(dims)}, one for each axis")


def _blocks(*, to_depth: bool) -> Rule:
    def rule(form: Form) -> None:
        dims, block = form.dims(0), form.integer("blocksize")
        require_rank(dims, form.name(0), 4, 4)
        require_one_of(form.text("mode"), ("DCR", "CRD"), "mode")
        if block is None:
            return
        require_least([block], 1, "blocksize")
        if dims is None:
            return
        for axis, divisor in ((2, block), (3, block)) if to_depth else ((1, block * block),):
            size = dims[axis]
            if isinstance(size, int) and size % divisor:
                refuse(
                    f"blocksize {block} asks for a multiple of {divisor} on axis {axis}, which has "
                    f"size {size}"
                )

    return rule


def _crop(form: Form) -> None:
    rank, axes, sizes = form.rank(0), form.integers("axes"), form.vector(1)
    if sizes is None:
        return
    require_least(sizes, 0, "shape")
    if axes is not None or rank is not None:
        count = len(axes) if axes is not None else rank or 0
        require_count(sizes, count, "shape", "one for each axis")


def _reverse(form: Form) -> None:
    dims, lengths = form.dims(0), form.vector(1)
    batch, time = form.integer("batch_axis") or 0, form.integer("time_axis") or 0
    if dims is None:
        return
    require_dims(form.dims(1), (dims[batch],), "sequence_lens", ", the batch")
    longest = dims[time]
    for length in lengths or ():
        if length < 0 or (isinstance(longest, int) and length > longest):
            refuse(f"sequence_lens has {length}; expected 0 to {longest}, the size of axis {time}")


def _compress(form: Form) -> None:
    require_rank(form.dims(0), form.name(0), 1)
    require_rank(form.dims(1), form.name(1), 1, 1)


MOVEMENT: dict[str, Rule] = {
    "onnx.CenterCropPad": _crop,
    "onnx.Compress": _compress,
    "onnx.DepthToSpace": _blocks(to_depth=False),
    "onnx.Pad": _pad,
    "onnx.Reshape": _reshape,
    "onnx.ReverseSequence": _reverse,
    "onnx.Slice": _slice,
    "onnx.SpaceToDepth": _blocks(to_depth=True),
    "onnx.Tile": _tile,
}
