"""
Graphs of `torch.fx`, as `torch.compile` hands them over, as graphs of a program.

Such a graph is functional: nothing in it writes into a tensor. Parameters and buffers are inputs
of it. Nothing here imports torch; the graph brings it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import numpy.typing as npt
from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Attribute, Block, SSAValue

from ...dialects.engine.weights import weight_store
from ...dialects.torch.codes import code_of_torch
from ...runtime.size import Extent, named, substituted
from ..input_shapes import GraphInputs
from ..main_function import main_module
from ..problems import Problems
from ..size_relations import Relations
from .build import FAILURES, add_nodes
from .program import Argument, Graph, Node, TensorMeta
from .scope import GraphScope, Surroundings
from .sizes import NotASizeError, size_of

Array = npt.NDArray[Any]

_NONE = Argument("none", None)


@dataclass(frozen=True)
class FxGraph:
    """A graph with its inputs and outputs by name."""

    graph: Graph
    inputs: tuple[str, ...]
    """The placeholders in their order."""
    constants: Mapping[str, Any]
    """Tensors that the graph itself holds."""

    def sizes_of(self, values: Mapping[str, int]) -> dict[str, int]:
        """What the names in sizes are, from the numbers that are inputs."""
        found: dict[str, int] = {}
        for name, value in values.items():
            size = self.graph.sizes[name]
            if size is not None and not isinstance(size, int):
                found.update(dict.fromkeys(size.names, value))
        return found

    def number_of(self, argument: Argument, sizes: Mapping[str, int]) -> object:
        """An output that is no tensor: itself, or the number that it is for some sizes.

        Raises:
            ValueError: for one that is no number by then.
        """
        if argument.kind != "sym_int":
            return argument.value
        size = self.graph.sizes.get(argument.value)
        found = None if size is None else substituted(size, sizes)
        if not isinstance(found, int):
            raise ValueError(f"gives the number '{argument.value}', which only the data decides")
        return found


def fx_graph(module: Any) -> FxGraph:
    """
    The graph of a `torch.fx.GraphModule` whose values have been traced.

    Raises:
        ValueError: for a value that no program of `torch.export` has.
    """
    reader = _Reader(module)
    for node in module.graph.nodes:
        reader.read(node)
    return reader.found()


class _Reader:
    def __init__(self, module: Any):
        self.module = module
        self.torch: Any = sys.modules["torch"]
        self.inputs: list[str] = []
        self.outputs: list[Argument] = []
        self.nodes: list[Node] = []
        self.tensors: dict[str, TensorMeta] = {}
        self.sizes: dict[str, Extent | None] = {}
        self.constants: dict[str, Any] = {}
        self.names: dict[Any, str] = {}
        """What the value of a node is called."""
        self.parts: dict[Any, list[str | None]] = {}
        """What the values of a node that gives several are called."""

    def found(self) -> FxGraph:
        graph = Graph(
            tuple(self._named(name) for name in self.inputs),
            tuple(self.outputs),
            tuple(self.nodes),
            self.tensors,
            self.sizes,
        )
        return FxGraph(graph, tuple(self.inputs), self.constants)

    def _named(self, name: str) -> Argument:
        return Argument("tensor" if name in self.tensors else "sym_int", name)

    def read(self, node: Any) -> None:
        """One node of the graph."""
        if node.op == "placeholder":
            self.inputs.append(node.name)
            self._define(node, node.name, node.meta["val"])
        elif node.op == "get_attr":
            value: Any = self.module
            for part in str(node.target).split("."):
                value = getattr(value, part)
            if not isinstance(value, self.torch.Tensor):
                raise ValueError(f"'{node.name}' is a {type(value).__name__}, expected a tensor")
            self.constants[node.name] = value
            self._define(node, node.name, value)
        elif node.op == "output":
            self.outputs = [self._argument(value) for value in node.args[0]]
        elif _is_getitem(node):
            part: str | None = self.parts[node.args[0]][int(node.args[1])]
            self.names[node] = part or node.name
        else:
            try:
                self._call(node)
            except ValueError as error:
                raise ValueError(f"'{node.name}' ({node.target}) {error}") from None

    def _define(self, node: Any, name: str, value: Any) -> None:
        self.names[node] = name
        self._type(name, value)

    def _type(self, name: str, value: Any) -> None:
        """Note what a value is."""
        if isinstance(value, self.torch.Tensor):
            self.tensors[name] = self._meta(value)
        elif isinstance(value, self.torch.SymInt):
            self.sizes[name] = _extent(value)
        elif isinstance(value, int) and not isinstance(value, bool):
            self.sizes[name] = value

    def _meta(self, value: Any) -> TensorMeta:
        code = code_of_torch(str(value.dtype))
        strided = value.layout == self.torch.strided
        sizes = tuple(_extent(n) for n in value.shape)
        strides = tuple(_extent(n) for n in value.stride()) if strided else ()
        return TensorMeta(code or 0, sizes, strides, 0, strided)

    def _call(self, node: Any) -> None:
        target = node.target
        overload = isinstance(target, self.torch._ops.OpOverload)
        if overload:
            name = f"torch.ops.{target}"
            formals = [argument.name for argument in target._schema.arguments]
        else:
            name, formals = f"{target.__module__}.{target.__name__}", [""] * len(node.args)
        given = [*zip(formals, node.args, strict=False), *node.kwargs.items()]
        inputs = tuple((formal, self._argument(value)) for formal, value in given)
        outputs = self._results(node, node.meta.get("val"))
        self.nodes.append(Node(name, node.name, inputs, outputs))

    def _results(self, node: Any, value: Any) -> tuple[Argument, ...]:
        """What a node gives: one value, several, or a list of them."""
        if not isinstance(value, tuple | list):
            self._define(node, node.name, value)
            return (self._named(node.name),) if value is not None else ()
        used = {user.args[1] for user in node.users if _is_getitem(user)}
        names: list[str | None] = []
        for at, part in enumerate(cast("Sequence[Any]", value)):
            wanted = at in used or isinstance(value, list)
            name = f"{node.name}_{at}" if wanted and part is not None else None
            names.append(name)
            if name is not None:
                self._type(name, part)
        self.parts[node] = names
        if isinstance(value, list):
            return (Argument("tensors", names),)
        return tuple(_NONE if name is None else self._named(name) for name in names)

    def _argument(self, value: Any) -> Argument:
        torch = self.torch
        if value is None:
            return _NONE
        if isinstance(value, torch.fx.Node):
            return self._named(self.names[value])
        if isinstance(value, list | tuple):
            return self._listed([self._argument(v) for v in cast("Sequence[Any]", value)])
        for kind, class_ in (("bool", bool), ("int", int), ("float", float), ("string", str)):
            if isinstance(value, class_):
                return Argument(kind, value)
        if isinstance(value, torch.dtype):
            return Argument("scalar_type", code_of_torch(str(value)))
        if isinstance(value, torch.device):
            return Argument("device", str(value))
        if isinstance(value, torch.layout):
            return Argument("layout", 7 if value == torch.strided else 0)
        if isinstance(value, torch.memory_format):
            return Argument("memory_format", 0)
        raise ValueError(f"has an argument of class {type(value).__name__}")

    def _listed(self, parts: Sequence[Argument]) -> Argument:
        """A list of arguments as one."""
        kinds = {part.kind for part in parts}
        values = [part.value for part in parts]
        if "tensor" in kinds:
            return Argument("optional_tensors" if "none" in kinds else "tensors", values)
        if "sym_int" in kinds:
            return Argument("sym_ints", values)
        for kind in ("float", "int", "bool", "string"):
            if kind in kinds:
                return Argument(f"{kind}s", values)
        return Argument("ints", values)


def _is_getitem(node: Any) -> bool:
    target = getattr(node, "target", None)
    return node.op == "call_function" and getattr(target, "__name__", "") == "getitem"


def _extent(value: Any) -> Extent | None:
    """A size, a number or an expression; None for one that is no size."""
    if isinstance(value, int):
        return int(value)
    try:
        return size_of(str(value.node.expr))
    except NotASizeError:
        return None


def import_fx_graph(
    fx: FxGraph, ctx: Context, constants: Mapping[str, Array], sizes: Mapping[str, int]
) -> ModuleOp:
    """
    A graph for numbers in place of the names in its sizes, as a module of the `torch` dialect.

    `constants` are inputs whose values are known; other tensors are the inputs of `@main`, and its
    outputs are those of the graph that are tensors.

    Raises:
        ImportModelError: with everything in it that is not supported.
    """
    problems, block = Problems("graph"), Block()
    store = weight_store(ctx)
    known: dict[str, Extent] = dict(sizes)
    for size in fx.graph.sizes.values():
        for name in () if size is None or isinstance(size, int) else size.names:
            known.setdefault(name, named(name))
    scope = GraphScope.of(Surroundings(store, problems, known), fx.graph, block)
    names = [n for n in fx.inputs if n in fx.graph.tensors and n not in constants]
    types: list[Attribute] = []
    for name in names:
        type_ = scope.type_of(name)
        assert type_ is not None
        types.append(type_)
        scope.bind(name, block.insert_arg(type_, len(block.args)))
    for name, array in constants.items():
        scope.bind(name, scope.constant(array, name))
    add_nodes(scope)
    problems.stop()
    results = list(_results(scope, fx, problems))
    problems.stop()
    inputs = GraphInputs(tuple(names), tuple(types))
    outputs = [(f"output_{at}", value) for at, value in enumerate(results)]
    return main_module(block, inputs, outputs, Relations())


def _results(scope: GraphScope, fx: FxGraph, problems: Problems) -> Iterable[SSAValue]:
    for argument in fx.graph.outputs:
        if argument.kind != "tensor":
            continue
        try:
            value = scope.output(argument)
        except FAILURES as error:
            problems.add(f"output '{argument.value}' {error}")
            continue
        if value is not None:
            yield value


def array_of(tensor: Any) -> Array:
    """The numbers of a tensor of torch, without a copy; bfloat16 by its bits."""
    import ml_dtypes

    torch: Any = sys.modules["torch"]
    tensor = tensor.detach()
    if tensor.dtype == torch.bfloat16:
        return tensor.view(torch.int16).numpy().view(ml_dtypes.bfloat16)
    return np.asarray(tensor.numpy())
