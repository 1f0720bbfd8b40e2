"""
Shapes of attention. The standard's inference gives 0 for what it multiplies or adds of sizes that
are no numbers, so that all of these dimensions are those of the rule.
"""

from __future__ import annotations

from collections.abc import Mapping

from ....dialects.framework import Dim
from ....runtime.size import floordiv
from ...shape_arithmetic import Symbols, count_of, total_of
from .node import Rule, Shapes, SizeNode

_Heads = tuple[Dim, Dim, Dim, Dim]
"""Batch, heads, length, size of a head."""


def _heads(dims: Symbols | None, heads: int | None) -> _Heads:
    """The dimensions of an operand, heads that are side by side told apart."""
    if dims is not None and len(dims) == 4:
        return (dims[0], dims[1], dims[2], dims[3])
    if dims is None or len(dims) != 3 or not heads:
        return (None, None, None, None)
    width = dims[2]
    return (dims[0], heads, dims[1], None if width is None else floordiv(width, heads))


def _attention(node: SizeNode) -> Shapes:
    queries, kv = node.attribute("q_num_heads"), node.attribute("kv_num_heads")
    given = node.dims(0)
    q = _heads(given, queries)
    k, v = (_heads(node.dims(at), kv) for at in (1, 2))
    equal = node.relations.equal
    batch = equal(equal(q[0], k[0]), v[0])
    heads, length = equal(k[1], v[1]), equal(k[2], v[2])
    equal(q[3], k[3])
    past = node.dims(4)
    if node.operand(4) is not None:
        length = total_of((past[2] if past is not None and len(past) == 4 else None, length))
    joined = (batch, q[2], count_of((q[1], v[3])))
    apart = (batch, q[1], q[2], v[3])
    result = None if given is None else joined if len(given) == 3 else apart
    present = [(batch, heads, length, size) for size in (k[3], v[3])]
    return [result, *present, (batch, q[1], q[2], length)]


ATTENTION: Mapping[str, Rule] = {"Attention": _attention}
