"""Control flow of `torch.export`, whose bodies are graphs within a graph, as regions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from xdsl.dialects.builtin import TensorType
from xdsl.ir import Attribute, Block, Region, SSAValue

from ...dialects.torch import YieldOp, op_class
from .aliases import Tensor
from .program import Argument, Graph, Node
from .scope import GraphScope, MissingError

AddNodes = Callable[[GraphScope], None]
"""Appends the operations of all nodes of a graph."""


def _graph(argument: Argument) -> Graph:
    if not isinstance(argument.value, Graph):
        raise ValueError(f"has an argument of the kind '{argument.kind}', expected a graph")
    return argument.value


def _arguments(node: Node, least: int) -> list[Argument]:
    found = [argument for _, argument in node.inputs]
    if len(found) < least:
        raise ValueError(f"has {len(found)} arguments, expected {least}")
    return found


def _inner(scope: GraphScope, graph: Graph, block: Block, values: Sequence[SSAValue]) -> GraphScope:
    """A graph within that at work, whose inputs are values."""
    inner = GraphScope.of(scope.around, graph, block, scope)
    if len(graph.inputs) != len(values):
        raise ValueError(f"has {len(values)} values for {len(graph.inputs)} inputs of its graph")
    for argument, value in zip(graph.inputs, values, strict=True):
        if argument.kind == "tensor":
            inner.tensors[argument.value] = Tensor.new(value, graph.tensors[argument.value])
        elif isinstance(argument.value, str):
            inner.symbols.values[argument.value] = value
    return inner


def _results(inner: GraphScope, add_nodes: AddNodes) -> list[SSAValue]:
    """Append the nodes of a graph within another; what it gives."""
    add_nodes(inner)
    values = inner.outputs()
    found = [value for value in values if value is not None]
    if len(found) < len(values):
        raise MissingError
    return found


def _region(
    scope: GraphScope,
    graph: Graph,
    types: Sequence[Attribute],
    captured: Sequence[SSAValue],
    add_nodes: AddNodes,
) -> Region:
    """A graph as a region that takes values of `types`, and then reads what is `captured`."""
    block = Block(arg_types=types)
    inner = _inner(scope, graph, block, [*block.args, *captured])
    block.add_op(YieldOp(_results(inner, add_nodes)))
    return Region(block)


def _values(scope: GraphScope, argument: Argument) -> list[SSAValue]:
    """Tensors and symbolic numbers that a list has."""
    if argument.kind in ("tensor", "tensors"):
        return [scope.tensor(name).value for name in argument.tensors]
    if argument.kind in ("sym_int", "sym_bool", "sym_float"):
        return [scope.number(argument)]
    if argument.kind in ("sym_ints", "ints"):
        kind = argument.kind.removesuffix("s")
        return [scope.number(Argument(kind, value)) for value in argument.value]
    raise ValueError(f"has values of the kind '{argument.kind}', expected tensors")


def _add(
    scope: GraphScope,
    node: Node,
    operation: str,
    operands: Sequence[SSAValue | Sequence[SSAValue]],
    regions: Mapping[str, Region],
) -> None:
    names = [name for output in node.outputs for name in output.tensors]
    types = [scope.type_of(name) for name in names]
    cls = op_class(operation)
    assert cls is not None
    op = cls.make(operands, [t for t in types if t is not None], {}, regions)
    if len(op.results) != len(names):
        raise ValueError("gives tensors whose types the program does not say")
    scope.append(op)
    for name, value in zip(names, op.results, strict=True):
        scope.bind(name, value)


def _cond(scope: GraphScope, node: Node, add_nodes: AddNodes) -> None:
    pred, then, otherwise, *rest = _arguments(node, 3)
    captured = [value for argument in rest for value in _values(scope, argument)]
    [condition] = _values(scope, pred) if pred.kind != "bool" else [scope.number(pred)]
    regions = {
        "then_branch": _region(scope, _graph(then), (), captured, add_nodes),
        "else_branch": _region(scope, _graph(otherwise), (), captured, add_nodes),
    }
    _add(scope, node, "cond", [condition], regions)


def _while_loop(scope: GraphScope, node: Node, add_nodes: AddNodes) -> None:
    cond, body, carried, *rest = _arguments(node, 3)
    first = _values(scope, carried)
    captured = [value for argument in rest for value in _values(scope, argument)]
    types = [value.type for value in first]
    regions = {
        "cond": _region(scope, _graph(cond), types, captured, add_nodes),
        "body": _region(scope, _graph(body), types, captured, add_nodes),
    }
    _add(scope, node, "while_loop", first, regions)


def _scan(scope: GraphScope, node: Node, add_nodes: AddNodes) -> None:
    body, init, xs, *rest = _arguments(node, 3)
    first, scanned = _values(scope, init), _values(scope, xs)
    captured = [value for argument in rest for value in _values(scope, argument)]
    types = [value.type for value in first] + _slices(scope, _graph(body), len(first), scanned)
    region = _region(scope, _graph(body), types, captured, add_nodes)
    _add(scope, node, "scan", [first, scanned], {"body": region})


def _map(scope: GraphScope, node: Node, add_nodes: AddNodes) -> None:
    body, xs, *rest = _arguments(node, 2)
    mapped = _values(scope, xs)
    captured = [value for argument in rest for value in _values(scope, argument)]
    types = _slices(scope, _graph(body), 0, mapped)
    region = _region(scope, _graph(body), types, captured, add_nodes)
    _add(scope, node, "map", mapped, {"body": region})


def _slices(
    scope: GraphScope, graph: Graph, skipped: int, scanned: Sequence[SSAValue]
) -> list[TensorType]:
    """The types of the slices that a body takes, behind what it carries."""
    inputs = graph.inputs[skipped : skipped + len(scanned)]
    metas = [graph.tensors.get(argument.value) for argument in inputs if argument.kind == "tensor"]
    types = [scope.type_of_meta(meta) for meta in metas if meta is not None]
    if len(types) != len(scanned):
        raise ValueError("has a body that does not take a slice of each")
    return types


def _inlined(scope: GraphScope, node: Node, add_nodes: AddNodes) -> None:
    """A graph that is run as it is: a part where gradients are switched off, or autocast is."""
    arguments = _arguments(node, 1)
    at = next((n for n, argument in enumerate(arguments) if argument.kind == "graph"), None)
    if at is None:
        raise ValueError("has no graph")
    values = [v for argument in arguments[at + 1 :] for v in _values(scope, argument)]
    inner = _inner(scope, _graph(arguments[at]), scope.block, values)
    names = [name for output in node.outputs for name in output.tensors]
    for name, value in zip(names, _results(inner, add_nodes), strict=False):
        scope.bind(name, value)


CONTROL_FLOW: Mapping[str, Callable[[GraphScope, Node, AddNodes], None]] = {
    "higher_order.cond": _cond,
    "higher_order.while_loop": _while_loop,
    "higher_order.scan": _scan,
    "higher_order.map_impl": _map,
    "higher_order.wrap_with_set_grad_enabled": _inlined,
    "higher_order.wrap_with_autocast": _inlined,
    "higher_order.wrap": _inlined,
}
"""How the nodes of control flow are built, by operator."""
