"""
The functions that a model defines itself, put in the place of their calls.

Each call is expanded from the outside in, with the names of the caller, so that every node of the
result is written once however deep the calls are. What no output of a function needs is left out.
The nodes keep the versions that their function imports.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import onnx
from onnx import helper

from ..problems import Problems
from .functions import Function, FunctionKey, Opsets, called, functions_of, nodes_below
from .node_label import node_label
from .structure import subgraphs

MOST_NODES = 100_000
"""Nodes that the calls of a model may become; functions that call each other twice double."""

DEEPEST = 24
"""Subgraphs within subgraphs; a file cannot nest them much deeper, functions could."""

_LONGEST_LABEL = 160


class _TooLargeError(Exception):
    """The expansion exceeds a limit; the text says which."""


@dataclass(frozen=True)
class Inlined:
    """Which versions of operators the nodes of functions have."""

    functions: Mapping[str, Opsets] = field(default_factory=dict[str, Opsets])
    """What each function imports; messages call it by the key."""
    nodes: Mapping[str, Opsets] = field(default_factory=dict[str, Opsets])
    """What the nodes that come from functions import, by their first output."""


def inline_functions(model: onnx.ModelProto, problems: Problems) -> Inlined:
    """Put the bodies of `model`'s own functions in the place of their calls, in place.

    Reports what `functions_of` reports, and calls that would become more than `MOST_NODES` nodes
    or subgraphs nested deeper than `DEEPEST`.
    """
    if not model.functions:
        return Inlined()
    before = len(problems.found)
    functions = functions_of(model, problems)
    if len(problems.found) > before:
        return Inlined()
    written = sum(1 for _ in nodes_below(model.graph.node))
    inliner = _Inliner(functions, _names_of(model.graph), MOST_NODES + written)
    try:
        inliner.check_size(model.graph)
        nodes = inliner.expanded(model.graph.node, _Frame.of_model(), 0)
    except _TooLargeError as error:
        problems.add(f"the model's functions cannot be inlined: {error}")
        return Inlined()
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    del model.functions[:]
    return Inlined({f.label: f.opsets for f in functions.values()}, inliner.opsets)


def _names_of(graph: onnx.GraphProto) -> set[str]:
    names = {value.name for value in (*graph.input, *graph.output, *graph.initializer)}
    for node in nodes_below(graph.node):
        names.update(node.input, node.output)
        for inner in subgraphs(node):
            names.update(value.name for value in (*inner.input, *inner.output, *inner.initializer))
    return names


@dataclass(frozen=True)
class _Frame:
    """One open call: what the names and attributes of the function's body stand for."""

    nodes: Iterator[onnx.NodeProto]
    names: dict[str, str] | None
    """None for the model's own graph, whose names stay as they are."""
    attributes: Mapping[str, onnx.AttributeProto]
    label: str
    opsets: Opsets | None

    @classmethod
    def of_model(cls) -> _Frame:
        return cls(iter(()), None, {}, "", None)

    def over(self, nodes: Iterable[onnx.NodeProto], names: dict[str, str] | None) -> _Frame:
        """The same call, over the nodes of a subgraph."""
        return _Frame(iter(nodes), names, self.attributes, self.label, self.opsets)


@dataclass
class _Inliner:
    functions: Mapping[FunctionKey, Function]
    taken: set[str]
    """The names that values have."""
    most: int
    """The nodes that the model may have in the end."""
    opsets: dict[str, Opsets] = field(default_factory=dict[str, Opsets])
    _counters: dict[str, int] = field(default_factory=dict[str, int])
    _made: int = 0

    def check_size(self, graph: onnx.GraphProto) -> None:
        """Raises `_TooLargeError` before anything is expanded, naming the worst call."""
        sizes: dict[FunctionKey, int] = {}
        for function in self._callees_first():
            sizes[function.key] = self._size(function.nodes, sizes)
        calls = [node for node in nodes_below(graph.node) if called(node) in sizes]
        total = sum(sizes[called(node)] for node in calls)
        if total > MOST_NODES:
            worst = max(calls, key=lambda node: sizes[called(node)])
            raise _TooLargeError(
                f"their calls become {_count(total)} nodes, {_count(sizes[called(worst)])} of them "
                f"in {node_label(worst)}, and at most {MOST_NODES:,} are supported; have fewer "
                "calls within calls"
            )

    def _size(self, nodes: Sequence[onnx.NodeProto], sizes: Mapping[FunctionKey, int]) -> int:
        return sum(max(sizes.get(called(node), 1), 1) for node in nodes_below(nodes))

    def _callees_first(self) -> list[Function]:
        """The functions, each after those it calls; they have no circle."""
        order: dict[FunctionKey, Function] = {}
        for start in self.functions:
            path = [(start, nodes_below(self.functions[start].nodes))]
            while path:
                key, nodes = path[-1]
                following = next(
                    (k for k in map(called, nodes) if k in self.functions and k not in order), None
                )
                if following is not None:
                    path.append((following, nodes_below(self.functions[following].nodes)))
                else:
                    order.setdefault(key, self.functions[key])
                    path.pop()
        return list(order.values())

    def expanded(
        self, nodes: Iterable[onnx.NodeProto], frame: _Frame, depth: int
    ) -> list[onnx.NodeProto]:
        """The nodes of one graph with all calls in it expanded."""
        if depth > DEEPEST:
            raise _TooLargeError(f"they nest subgraphs deeper than {DEEPEST}")
        made: list[onnx.NodeProto] = []
        frames = [frame.over(nodes, frame.names)]
        while frames:
            frame = frames[-1]
            node = next(frame.nodes, None)
            if node is None:
                frames.pop()
                continue
            node = self._renamed(node, frame, depth)
            callee = self.functions.get(called(node))
            if callee is None:
                self._add(made, node, frame)
            else:
                self._open(callee, node, frame, frames, made)
        return made

    def _add(self, made: list[onnx.NodeProto], node: onnx.NodeProto, frame: _Frame) -> None:
        self._count(1)
        first = next(filter(None, node.output), None)
        if frame.opsets is not None and first is not None:
            self.opsets[first] = frame.opsets
        made.append(node)

    def _count(self, nodes: int) -> None:
        self._made += nodes
        if self._made > self.most:
            raise _TooLargeError(f"their calls become more than {MOST_NODES:,} nodes")

    def _open(
        self,
        callee: Function,
        call: onnx.NodeProto,
        caller: _Frame,
        frames: list[_Frame],
        made: list[onnx.NodeProto],
    ) -> None:
        """Begin with the body of a call, whose operands have the caller's names already."""
        given = [*call.input, *[""] * (len(callee.proto.input) - len(call.input))]
        names = dict(zip(callee.proto.input, given, strict=True))
        for formal, actual in zip(callee.proto.output, call.output, strict=False):
            if formal not in names and actual:
                names[formal] = actual
            elif actual:
                # An input that is handed through.
                identity = helper.make_node("Identity", [names[formal]], [actual], name=call.name)
                self._count(1)
                made.append(identity)
        attributes = {a.name: a for a in callee.proto.attribute_proto}
        attributes.update({a.name: a for a in call.attribute})
        label = _shortened(call.name or f"{call.op_type}_{caller.label}".strip("_"))
        frames.append(_Frame(iter(callee.nodes), names, attributes, label, callee.opsets))

    def _renamed(self, node: onnx.NodeProto, frame: _Frame, depth: int) -> onnx.NodeProto:
        """A copy of a node of a frame's body as it is outside of the function."""
        copy = onnx.NodeProto()
        copy.CopyFrom(node)
        names = frame.names
        if names is not None:
            copy.name = f"{frame.label}/{node.name or node.op_type}"
            del copy.input[:], copy.output[:]
            copy.input.extend(names.get(name, name) for name in node.input)
            copy.output.extend(self._own(name, names) for name in node.output)
        elif not any(map(_has_graph, node.attribute)):
            return copy
        del copy.attribute[:]
        for attribute in node.attribute:
            resolved = self._resolved(attribute, frame, depth)
            if resolved is not None:
                copy.attribute.append(resolved)
        return copy

    def _own(self, name: str, names: dict[str, str]) -> str:
        """The name outside of a value that a body makes."""
        if name and name not in names:
            names[name] = self._fresh(name)
        return names.get(name, "")

    def _fresh(self, stem: str) -> str:
        name = stem
        while name in self.taken:
            count = self._counters[stem] = self._counters.get(stem, 0) + 1
            name = f"{stem}__{count}"
        self.taken.add(name)
        return name

    def _resolved(
        self, attribute: onnx.AttributeProto, frame: _Frame, depth: int
    ) -> onnx.AttributeProto | None:
        """An attribute of a body: what the call gives, None where it and the function do not."""
        copy = onnx.AttributeProto()
        if attribute.ref_attr_name and frame.names is not None:
            given = frame.attributes.get(attribute.ref_attr_name)
            if given is None:
                return None
            for graph in _graphs_of(given):
                self._count(sum(1 for _ in nodes_below(graph.node)))
            copy.CopyFrom(given)
            copy.name = attribute.name
            return copy
        copy.CopyFrom(attribute)
        for graph in _graphs_of(copy):
            self._rename_graph(graph, frame, depth)
        return copy

    def _rename_graph(self, graph: onnx.GraphProto, frame: _Frame, depth: int) -> None:
        """Expand the calls in a subgraph, whose names become those outside of the function."""
        names = None if frame.names is None else dict(frame.names)
        if names is not None:
            own = (*graph.input, *graph.initializer, *(s.values for s in graph.sparse_initializer))
            for value in own:
                names[value.name] = value.name = self._fresh(value.name)
            del graph.value_info[:]
            for node in graph.node:
                for name in filter(None, node.output):
                    names[name] = self._fresh(name)
            for output in graph.output:
                output.name = names.get(output.name, output.name)
        nodes = self.expanded(list(graph.node), frame.over((), names), depth + 1)
        del graph.node[:]
        graph.node.extend(nodes)


def _graphs_of(attribute: onnx.AttributeProto) -> list[onnx.GraphProto]:
    return [*([attribute.g] if attribute.HasField("g") else []), *attribute.graphs]


def _has_graph(attribute: onnx.AttributeProto) -> bool:
    return attribute.HasField("g") or bool(attribute.graphs)


def _shortened(label: str) -> str:
    """A label whose middle is left out where calls within calls made it long."""
    half = _LONGEST_LABEL // 2
    return label if len(label) <= _LONGEST_LABEL else f"{label[:half]}...{label[-half:]}"


def _count(number: int) -> str:
    return f"{number:,}" if number < 10**12 else "more than 10^12"
