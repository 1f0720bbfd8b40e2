"""
Whether a graph hangs together: every name defined once and before it is used.

ONNX wants nodes in an order in which they can run; models whose nodes merely can be brought into
such an order are sorted, a cycle cannot be.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from heapq import heappop, heappush

import onnx

from ..problems import Problems
from .node_label import node_label

_SHOWN = 6

Body = onnx.GraphProto | onnx.FunctionProto
"""What has nodes."""


def subgraphs(node: onnx.NodeProto) -> Iterator[onnx.GraphProto]:
    """The graphs that are attributes of `node`."""
    for attribute in node.attribute:
        if attribute.type == onnx.AttributeProto.GRAPH:
            yield attribute.g
        yield from attribute.graphs


def free_names(graph: onnx.GraphProto) -> set[str]:
    """The names that `graph` takes from around it."""
    used = {output.name for output in graph.output}
    own = {value.name for value in graph.input} | {t.name for t in graph.initializer}
    for node in graph.node:
        used |= used_names(node)
        own.update(node.output)
    return used - own - {""}


def used_names(node: onnx.NodeProto) -> set[str]:
    """The names a node needs, those that its subgraphs take from around them included."""
    return set(node.input).union(*(free_names(g) for g in subgraphs(node))) - {""}


def check_structure(graph: onnx.GraphProto, outer: AbstractSet[str], problems: Problems) -> None:
    """Report names without or with two definitions and cycles; sort the nodes.

    `outer` are the names visible from around the graph.
    """
    inputs = [value.name for value in graph.input]
    tensors = [t.name for t in graph.initializer]
    tensors += [t.values.name for t in graph.sparse_initializer]
    if "" in inputs:
        problems.add(f"input {inputs.index('')} has no name")
    _report_repeated(inputs, "input", problems)
    _report_repeated(tensors, "initializer", problems)
    check_body(graph, {*inputs, *tensors}, [o.name for o in graph.output], outer, problems)


def check_body(
    body: Body,
    given: AbstractSet[str],
    outputs: Iterable[str],
    outer: AbstractSet[str],
    problems: Problems,
) -> None:
    """`check_structure` for nodes that see the names `given` and `outer` and make `outputs`."""
    made: dict[str, onnx.NodeProto] = {}
    for node in body.node:
        for name in filter(None, node.output):
            if name in made or name in given:
                other = f"an output of {node_label(made[name])}" if name in made else "an input"
                problems.node(node_label(node), f"output '{name}' has the name of {other}")
            made.setdefault(name, node)
    known = given | set(made) | outer
    for node in body.node:
        for name in sorted(set(node.input) - known - {""}):
            problems.node(
                node_label(node),
                f"input '{name}' is defined nowhere: no node, input or initializer has it",
            )
    for name in outputs:
        if name not in known:
            problems.add(f"graph output '{name}' is defined nowhere")
    _sort(body, given | outer, problems)
    for node in body.node:
        for inner in subgraphs(node):
            check_structure(inner, known, problems)


def _report_repeated(names: list[str], what: str, problems: Problems) -> None:
    for name, count in Counter(names).items():
        if count > 1:
            problems.add(f"the name '{name}' belongs to {count} {what}s; expected one")


def _sort(graph: Body, given: AbstractSet[str], problems: Problems) -> None:
    """Bring the nodes into an order in which they can run, keeping theirs where possible."""
    made = {name for node in graph.node for name in node.output if name} - given
    needs = [used_names(node) & made for node in graph.node]
    known: set[str] = set()
    in_order = True
    for node, need in zip(graph.node, needs, strict=True):
        in_order = in_order and need <= known
        known.update(node.output)
    if in_order:
        return
    order = _order(graph, needs)
    if len(order) < len(needs):
        done = set(order)
        _report_cycle(graph, [at for at in range(len(needs)) if at not in done], needs, problems)
        return
    nodes = [onnx.NodeProto.FromString(graph.node[at].SerializeToString()) for at in order]
    del graph.node[:]
    graph.node.extend(nodes)


def _order(graph: Body, needs: Sequence[AbstractSet[str]]) -> list[int]:
    """The nodes that can run, each as early as its place among the others allows."""
    takers: dict[str, list[int]] = {}
    missing = [len(need) for need in needs]
    for at, need in enumerate(needs):
        for name in need:
            takers.setdefault(name, []).append(at)
    ready = [at for at, count in enumerate(missing) if not count]
    order: list[int] = []
    while ready:
        at = heappop(ready)
        order.append(at)
        for name in set(graph.node[at].output):
            for taker in takers.get(name, ()):
                missing[taker] -= 1
                if not missing[taker]:
                    heappush(ready, taker)
    return order


def _report_cycle(
    graph: Body,
    waiting: list[int],
    needs: list[set[str]],
    problems: Problems,
) -> None:
    maker = {name: at for at in waiting for name in graph.node[at].output}
    path: dict[int, int] = {}
    at = waiting[0]
    while at not in path:
        path[at] = len(path)
        at = next(maker[name] for name in sorted(needs[at]) if name in maker)
    cycle = list(path)[path[at] :]
    shown = " <- ".join(node_label(graph.node[i]) for i in (*cycle[:_SHOWN], cycle[0]))
    if len(cycle) > _SHOWN:
        shown += f" (and {len(cycle) - _SHOWN} more)"
    problems.add(f"the graph has a cycle: {shown}")
