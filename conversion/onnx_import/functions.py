"""
The functions that a model defines itself: whether they and their calls hang together.

A function is known by domain, name and overload. Its body is a graph of its own: it sees its
inputs and attributes, nothing of what is around a call.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import onnx

from ..problems import Problems
from .node_label import node_label, normal_domain
from .structure import check_body, subgraphs, used_names

FunctionKey = tuple[str, str, str]
"""Domain, name and overload."""

Opsets = Mapping[str, int]
"""The version of each domain."""

_SHOWN = 6
"""How many of the calls of a circle are named."""


def called(node: onnx.NodeProto) -> FunctionKey:
    """The function that a node calls, if there is one of this key."""
    return normal_domain(node.domain), node.op_type, node.overload


def opsets_of(imports: Iterable[onnx.OperatorSetIdProto], whose: str, problems: Problems) -> Opsets:
    """The version of each domain that `whose` imports; reports domains with several."""
    opsets: dict[str, int] = {}
    for entry in imports:
        domain = normal_domain(entry.domain)
        if opsets.setdefault(domain, entry.version) != entry.version:
            problems.add(
                f"{whose} uses versions {opsets[domain]} and {entry.version} of the operators of "
                f"'{domain or 'ai.onnx'}'"
            )
    return opsets


@dataclass(frozen=True)
class Function:
    """A function of a model."""

    proto: onnx.FunctionProto

    @property
    def key(self) -> FunctionKey:
        return normal_domain(self.proto.domain), self.proto.name, self.proto.overload

    @property
    def label(self) -> str:
        return f"function '{self.proto.name}'"

    @cached_property
    def nodes(self) -> tuple[onnx.NodeProto, ...]:
        """The nodes on which the outputs depend, in the order of the body."""
        needed = set(self.proto.output)
        kept: list[onnx.NodeProto] = []
        for node in reversed(self.proto.node):
            if needed.intersection(node.output):
                kept.append(node)
                needed |= used_names(node)
        return tuple(reversed(kept))

    @cached_property
    def values(self) -> frozenset[str]:
        """The names of its inputs and of what its nodes compute."""
        made = (name for node in self.proto.node for name in node.output)
        return frozenset((*self.proto.input, *made))

    @cached_property
    def opsets(self) -> Opsets:
        """The versions of operators that its nodes have."""
        return opsets_of(self.proto.opset_import, self.label, Problems(self.label))

    @cached_property
    def attributes(self) -> frozenset[str]:
        """The names of its attributes, with and without defaults."""
        return frozenset((*self.proto.attribute, *(a.name for a in self.proto.attribute_proto)))


def functions_of(model: onnx.ModelProto, problems: Problems) -> dict[FunctionKey, Function]:
    """The functions of a model by key.

    Reports functions defined twice, formal parameters with one name, bodies that do not hang
    together, calls that do not fit what they call, and functions that call themselves.
    """
    functions: dict[FunctionKey, Function] = {}
    for proto in model.functions:
        function = Function(proto)
        if function.key in functions:
            problems.add(f"the {function.label} of the domain '{proto.domain}' is defined twice")
        functions[function.key] = function
        opsets_of(proto.opset_import, f"the {function.label}", problems)
        for names, what in ((proto.input, "input"), (proto.output, "output")):
            for name, count in Counter(names).items():
                if count > 1 or not name:
                    problems.add(f"the {function.label} has {count} {what}s named '{name}'")
        inside = Problems(problems.subject)
        check_body(proto, frozenset(proto.input), (), frozenset(), inside)
        for problem in inside.found:
            problems.add(f"in the {function.label}: {problem}")
    if functions:
        _check_calls(model, functions, problems)
        _report_recursion(functions, problems)
    return functions


def nodes_below(nodes: Iterable[onnx.NodeProto]) -> Iterator[onnx.NodeProto]:
    """The nodes and those of all subgraphs within them."""
    waiting = [iter(nodes)]
    while waiting:
        node = next(waiting[-1], None)
        if node is None:
            waiting.pop()
            continue
        yield node
        waiting.extend(iter(graph.node) for graph in subgraphs(node))


def _check_calls(
    model: onnx.ModelProto, functions: Mapping[FunctionKey, Function], problems: Problems
) -> None:
    for nodes in (model.graph.node, *(f.nodes for f in functions.values())):
        for node in nodes_below(nodes):
            callee = functions.get(called(node))
            if callee is not None:
                _check_call(node, callee, problems)


def _check_call(node: onnx.NodeProto, callee: Function, problems: Problems) -> None:
    for given, formal, what in (
        (node.input, callee.proto.input, "inputs"),
        (node.output, callee.proto.output, "outputs"),
    ):
        if len(given) > len(formal):
            problems.node(
                node_label(node),
                f"gives {len(given)} {what} to the {callee.label}, which has {len(formal)}",
            )
    for name, formal in zip(node.output, callee.proto.output, strict=False):
        if name and formal not in callee.values:
            problems.node(
                node_label(node),
                f"takes the output '{formal}' of the {callee.label}, which has "
                "no node that computes it",
            )
    for attribute in node.attribute:
        if attribute.name not in callee.attributes:
            problems.node(
                node_label(node), f"the {callee.label} has no attribute '{attribute.name}'"
            )


def _report_recursion(functions: Mapping[FunctionKey, Function], problems: Problems) -> None:
    """Report each circle of calls that is found, those through subgraphs included."""
    finished: set[FunctionKey] = set()
    for start in functions:
        # Chains of calls may be long, so the calls that are open are a list of their own.
        path: dict[FunctionKey, Iterator[onnx.NodeProto]] = {}
        key: FunctionKey | None = start
        while key is not None:
            if key in path:
                open_calls = list(path)
                cycle = open_calls[open_calls.index(key) :]
                calls = " -> ".join(name for _, name, _ in (*cycle[:_SHOWN], key))
                if len(cycle) > _SHOWN:
                    calls += f" (and {len(cycle) - _SHOWN} more)"
                problems.add(f"the function '{key[1]}' calls itself: {calls}")
            elif key in functions and key not in finished:
                path[key] = nodes_below(functions[key].nodes)
            key = _next_call(path, finished)


def _next_call(
    path: dict[FunctionKey, Iterator[onnx.NodeProto]], finished: set[FunctionKey]
) -> FunctionKey | None:
    """The next call in the innermost open function; those without one are finished."""
    while path:
        innermost = next(reversed(path))
        node = next(path[innermost], None)
        if node is not None:
            return called(node)
        finished.add(innermost)
        del path[innermost]
    return None
