"""Attention: heads, batches and lengths of queries, keys, values and the mask."""

from __future__ import annotations

from collections.abc import Sequence

from ...framework.fit import (
    Dim,
    Dims,
    differ,
    refuse,
    require_least,
    require_rank,
    shown,
)
from .form import Form, Rule


def _heads(form: Form, at: int, name: str) -> Dims | None:
    """[batch, heads, length, size] of an operand, heads that are side by side told apart."""
    dims = form.dims(at)
    require_rank(dims, form.name(at), 3, 4)
    if dims is None or len(dims) == 4:
        return dims
    heads = form.integer(name)
    if heads is None:
        refuse(f"{name} is missing; {form.name(at)} {shown(dims)} has heads side by side")
    require_least([heads], 1, name)
    batch, length, width = dims
    if isinstance(width, int) and width % heads:
        refuse(f"{name} is {heads}, which does not divide {form.name(at)} {shown(dims)}")
    return batch, heads, length, width // heads if isinstance(width, int) else None


def _same(form: Form, parts: Sequence[tuple[int, Dims]], axis: int, what: str) -> None:
    for at, dims in parts[1:]:
        first, other = parts[0]
        if differ(dims[axis], other[axis]):
            refuse(
                f"{form.name(first)} and {form.name(at)} differ in {what}: {other[axis]} and "
                f"{dims[axis]}"
            )


def _sum(a: Dim, b: Dim) -> Dim:
    return a + b if isinstance(a, int) and isinstance(b, int) else None


def _attention(form: Form) -> None:
    ranks = {form.rank(at) for at in (0, 1, 2)} - {None}
    if len(ranks) > 1:
        refuse("Q, K and V differ in rank; expected rank 3 or 4 of all of them")
    found = [
        (0, _heads(form, 0, "q_num_heads")),
        (1, _heads(form, 1, "kv_num_heads")),
        (2, _heads(form, 2, "kv_num_heads")),
    ]
    known = [(at, dims) for at, dims in found if dims is not None]
    if not known:
        return
    _same(form, known, 0, "batch")
    _same(form, [k for k in known if k[0] != 0], 1, "the number of heads")
    _same(form, [k for k in known if k[0] != 0], 2, "length")
    _same(form, [k for k in known if k[0] != 2], 3, "the size of a head")
    q, k = found[0][1], found[1][1]
    if q is None or k is None:
        return
    if isinstance(q[1], int) and isinstance(k[1], int) and (k[1] == 0 or q[1] % k[1]):
        refuse(f"q_num_heads is {q[1]}, no multiple of kv_num_heads, {k[1]}")
    past = form.dims(4)
    total = k[2]
    if form.has(4):
        total = _sum(past[2], k[2]) if past is not None and len(past) == 4 else None
    _check_mask(form, q, total)


def _check_mask(form: Form, q: Dims, total: Dim) -> None:
    """The mask can be broadcast; its last dimension may be shorter, and is filled up."""
    mask = form.dims(3)
    if mask is None or len(mask) == 0:
        return
    wanted = (*q[:3], total)
    short = isinstance(mask[-1], int) and isinstance(total, int) and mask[-1] <= total
    fits = len(mask) <= 4 and (mask[-1] == 1 or short or not differ(mask[-1], total))
    for size, target in zip(mask[-2::-1], wanted[-2::-1], strict=False):
        fits = fits and (size == 1 or not differ(size, target))
    if not fits:
        refuse(f"attn_mask {shown(mask)} cannot be broadcast to {shown(wanted)}")


def _rotary(form: Form) -> None:
    dims = form.dims(0)
    require_rank(dims, form.name(0), 3, 4)
    part = form.integer("rotary_embedding_dim") or 0
    require_least([part], 0, "rotary_embedding_dim")
    if dims is None:
        return
    size = dims[3] if len(dims) == 4 else None
    heads = form.integer("num_heads") or 0
    if len(dims) == 3 and heads > 0 and isinstance(dims[2], int):
        if dims[2] % heads:
            refuse(f"num_heads is {heads}, which does not divide {form.name(0)} {shown(dims)}")
        size = dims[2] // heads
    if isinstance(size, int) and part > size:
        refuse(f"rotary_embedding_dim is {part}, a head has {size} numbers")
    turned = part or size
    if isinstance(turned, int) and turned % 2:
        refuse(f"{turned} numbers of a head are turned in pairs; expected an even number")


ATTENTION: dict[str, Rule] = {
    "onnx.Attention": _attention,
    "onnx.RotaryEmbedding": _rotary,
}
