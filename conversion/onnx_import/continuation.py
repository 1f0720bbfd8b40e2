"""
What follows a node in its graph: the nodes that need what it gives.

The branches of an `If` may give values of unlike ranks, of which the nodes behind take one kind
alone. Whether a branch can be taken is then seen from what follows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import onnx
from xdsl.ir import Attribute

from ...dialects.framework import dims_of

FOLLOWING = 256
"""Nodes behind another one that are looked at: a model may have many branches."""


@dataclass(frozen=True)
class Continuation:
    """The nodes of a graph behind one of them."""

    graph: onnx.GraphProto
    begin: int
    """Where in the graph they begin."""
    declared: Mapping[str, Attribute]
    """The types that the graph says of its values."""

    def needing(self, names: Iterable[str]) -> list[tuple[int, onnx.NodeProto]]:
        """
        Those that need one of these values, directly or through others, and what else these need
        of the graph from here on; each with its place.

        A name that a subgraph defines for itself counts as needed: one node too many does no harm.
        Those far behind are left out.
        """
        places = range(self.begin, min(len(self.graph.node), self.begin + 4 * FOLLOWING))
        nodes = self.graph.node
        read = {at: _names_read(nodes[at]) for at in places}
        known = {name for name in names if name}
        kept: set[int] = set()
        for at in places:
            if not known.isdisjoint(read[at]):
                known.update(filter(None, nodes[at].output))
                kept.add(at)
        wanted = set[str]().union(*(read[at] for at in kept))
        for at in reversed(places):
            if at not in kept and not wanted.isdisjoint(nodes[at].output):
                wanted.update(read[at])
                kept.add(at)
        return [(at, nodes[at]) for at in sorted(kept)[:FOLLOWING]]


def have_unlike_ranks(ones: Sequence[Attribute], others: Sequence[Attribute]) -> bool:
    """Whether two tensors in the same place are known to be of unlike ranks."""
    for one, other in zip(ones, others, strict=False):
        first, second = dims_of(one), dims_of(other)
        if first is not None and second is not None and len(first) != len(second):
            return True
    return False


def _names_read(node: onnx.NodeProto) -> set[str]:
    """The names that a node and its subgraphs read, at any depth."""
    found: set[str] = set()
    waiting = [node]
    while waiting:
        part = waiting.pop()
        found.update(part.input)
        for attribute in part.attribute:
            for graph in (attribute.g, *attribute.graphs):
                waiting.extend(graph.node)
                found.update(output.name for output in graph.output)
    return found
