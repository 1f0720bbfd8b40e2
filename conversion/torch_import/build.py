"""
Graphs of `torch.export` as blocks of `torch` operations that change nothing in place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from xdsl.ir import Attribute, SSAValue
from xdsl.utils.exceptions import VerifyException

from ...dialects.torch import Given, make, op_class, signature_of, torch_name_of
from ...dialects.torch.codes import element_type_of_code
from ..name_hint import name_hint
from .aliases import Tensor, ViewStep
from .control_flow import CONTROL_FLOW
from .in_place import functional_call, functional_operator, is_in_place
from .number_nodes import add_number
from .number_operands import with_numbers
from .program import Node, TensorMeta
from .scope import GraphScope, MissingError
from .symbols import CHECKS, base_name, is_symbolic, needed_symbols
from .views import NotWritableError, View, is_view, lies_densely, written_back

_SHARING = frozenset(
    (
        *("alias", "detach", "detach_", "lift", "lift_fresh", "contiguous", "to", "type_as"),
        *("resolve_conj", "resolve_neg", "positive", "conj"),
    )
)
"""Operators that give their operand itself, where its type is the one that is wanted."""

_COPYING = frozenset(("clone", "lift_fresh_copy", "_to_copy"))
"""Operators that give a copy of their operand, where its type is the one that is wanted."""

_DROPPING = frozenset(
    ("dropout", "dropout_", "feature_dropout", "alpha_dropout", "feature_alpha_dropout")
)
"""Operators that give their operand where the model is not trained."""

FAILURES = (ValueError, TypeError, VerifyException)
"""What may be wrong with a node."""


def add_nodes(scope: GraphScope) -> None:
    """
    Append the operations of all nodes of a graph.

    What is wrong with a node is a problem of the program; nodes that need what it gives are left
    out, so that they are not reported, too.
    """
    needed = needed_symbols(scope.graph)
    for node in scope.graph.nodes:
        if base_name(node) in CHECKS:
            continue
        if is_symbolic(node) and not any(output.value in needed for output in node.outputs):
            continue
        scope.node = node
        try:
            _add_node(scope, node)
        except MissingError:
            _fail(scope, node)
        except FAILURES as error:
            scope.around.problems.node(f"{node.operator} '{node.label}'", str(error))
            _fail(scope, node)


def _fail(scope: GraphScope, node: Node) -> None:
    for output in node.outputs:
        scope.tensors.update(dict.fromkeys(output.names))


def _add_node(scope: GraphScope, node: Node) -> None:
    if is_symbolic(node):
        add_number(scope, node)
        return
    control = CONTROL_FLOW.get(node.operator)
    if control is not None:
        control(scope, node, add_nodes)
        return
    name = base_name(node)
    if _is_identity(scope, node, name):
        return
    _check_operator(node, name)
    arguments = _arguments(scope, node)
    operand = _first_tensor(scope, node)
    if is_in_place(name) and operand is not None:
        _write(scope, node, operand, arguments)
        return
    if name in _OF_MEMORY and operand is not None:
        _check_memory(operand.meta)
    operator, arguments = with_numbers(node.operator, arguments, scope.constant)
    names = _result_names(node)
    types = [None if n is None else scope.type_of(n) for n in names]
    op = make(operator, arguments, types, [node.label])
    scope.block.add_op(op)
    results = iter(op.results)
    overload = node.operator.rpartition(".")[2]
    for at, (result, type_) in enumerate(zip(names, types, strict=True)):
        if result is None or type_ is None:
            continue
        value, meta = next(results), scope.graph.tensors[result]
        value.name_hint = name_hint(result)
        if operand is not None and is_view(name, overload, operand.meta, meta):
            step = _step(scope, node, operator, arguments, types, at)
            scope.tensors[result] = operand.view(value, meta, step)
        else:
            scope.tensors[result] = Tensor.new(value, meta)


def _check_operator(node: Node, name: str) -> None:
    """
    Whether an operator is known is said before its arguments are looked at, so that all of a
    program that are not known are said at once.
    """
    operator = node.operator
    if is_in_place(name):
        operator = functional_operator(operator)
    if operator is not None and op_class(operator) is None:
        raise ValueError("is an operator that is not supported")


_OF_MEMORY = frozenset(("as_strided", "as_strided_copy", "as_strided_scatter"))
"""Operators whose places are those of the memory of their operand, whatever it shows of it."""


def _check_memory(meta: TensorMeta) -> None:
    """Places in memory are those of the elements of a tensor that begins with it, in its order."""
    if not lies_densely(meta) or meta.offset not in (0, None):
        raise ValueError(
            "takes elements by their places in memory, of a tensor that is a part of another or "
            "lies in another order; write the model without it, and export it again"
        )


def _first_tensor(scope: GraphScope, node: Node) -> Tensor | None:
    """The tensor that a node may give a view of, or write into."""
    if node.inputs and node.inputs[0][1].kind == "tensor":
        return scope.tensor(node.inputs[0][1].value)
    return None


def _arguments(scope: GraphScope, node: Node) -> dict[str, Given]:
    """The arguments by name; those that a newer torch has and that are not given are left out."""
    signature = signature_of(node.operator)
    known = None if signature is None else signature.by_name
    found: dict[str, Given] = {}
    for name, argument in node.inputs:
        given = scope.given(argument)
        if known is None or name in known:
            found[name] = given
        elif given is not None:
            raise ValueError(f"has an argument '{name}', which is not known")
    return found


def _step(
    scope: GraphScope,
    node: Node,
    operator: str,
    arguments: Mapping[str, Given],
    types: Sequence[Attribute | None],
    at: int,
) -> ViewStep:
    """How a view is made again, and written back."""
    own = node.inputs[0][0]
    rest = {name: given for name, given in arguments.items() if name != own}
    parts = [scope.graph.tensors[name] for name in _result_names(node) if name is not None]
    view = View(base_name(node), rest, at, parts)

    def forward(whole: SSAValue) -> SSAValue:
        return scope.emit(operator, {**rest, own: whole}, types)[at]

    return ViewStep(forward, partial(written_back, scope.emit, view))


def _write(scope: GraphScope, node: Node, operand: Tensor, arguments: Mapping[str, Given]) -> None:
    """A node that gives its operand another value."""
    row = element_type_of_code(operand.meta.dtype)
    dtype = "" if row is None else torch_name_of(row) or ""
    call = functional_call(node.operator, arguments, operand.value, dtype)
    value = call.value
    if value is None:
        operator, given = with_numbers(call.operator, call.arguments, scope.constant)
        value = scope.emit(operator, given, [operand.value.type])[0]
    try:
        operand.write(value)
    except NotWritableError as error:
        raise ValueError(f"{error}; write the model without this, and export it again") from None
    for output in node.outputs:
        if output.kind == "tensor":
            if call.value is None:
                value.name_hint = name_hint(output.value)
            scope.tensors[output.value] = operand


def _is_identity(scope: GraphScope, node: Node, name: str) -> bool:
    """Bind the result of a node that gives its operand as it is."""
    dropping = name in _DROPPING
    if not (dropping or name in _SHARING or name in _COPYING):
        return False
    operand, outputs = _first_tensor(scope, node), node.outputs
    if operand is None or len(outputs) != 1 or outputs[0].kind != "tensor":
        return False
    if dropping and not _is_unused_dropout(node):
        return False
    meta = scope.graph.tensors.get(outputs[0].value)
    if meta is None or meta.dtype != operand.meta.dtype or meta.sizes != operand.meta.sizes:
        return False
    shared = name in _SHARING or dropping
    if shared and name in ("contiguous", "to", "type_as"):
        dense = lies_densely(meta) and lies_densely(operand.meta)
        shared = dense or meta.strides == operand.meta.strides
    found = operand if shared else Tensor.new(operand.value, meta)
    scope.tensors[outputs[0].value] = found
    return True


def _is_unused_dropout(node: Node) -> bool:
    given = {name: argument.value for name, argument in node.inputs}
    return given.get("train") is False or given.get("p") == 0.0


def _result_names(node: Node) -> list[str | None]:
    """The tensors that a node gives, by position."""
    names: list[str | None] = []
    for output in node.outputs:
        if output.kind in ("tensors", "optional_tensors"):
            names.extend(output.value)
        elif output.kind in ("tensor", "none", "optional_tensor"):
            names.append(output.value)
        else:
            raise ValueError(f"gives a value of the kind '{output.kind}', which is not supported")
    return names
