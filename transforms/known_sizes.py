"""What must hold before layouts and memory are assigned: every size is a number."""

from __future__ import annotations

from collections.abc import Iterator

from xdsl.dialects import func
from xdsl.dialects.builtin import AnyFloat, ComplexType, IntegerType, TensorType
from xdsl.ir import Operation, SSAValue

from ..dialects.engine.base import names_of, shape_of, static
from ..errors import CompileError

SHOWN = 20
"""Inputs or nodes that a message lists."""


def check_sizes(function: func.FuncOp) -> None:
    """
    Refuse a function with sizes that are not known.

    Raises:
        CompileError: naming the inputs to bind, or, where all inputs are bound, every node
            whose result has a size that only the data decides; also naming every sequence,
            optional or string outside of subgraphs.
    """
    if others := list(_not_tensors(function)):
        hint = "inputs, outputs and values between nodes must be numbers; cut the model there"
        raise CompileError(
            _message("values that are no tensors of numbers have no buffers", others, hint)
        )
    arguments = [a for a in function.body.block.args if _unknown(a)]
    if arguments:
        inputs = names_of(function, "input_names")
        lines = [
            f"  input '{inputs[a.index] if a.index < len(inputs) else a.name_hint}' is {a.type}"
            for a in arguments
        ]
        hint = "give them numbers: shapes={'NAME': (1, 3, 224, 224)}, or --shape NAME=1,3,224,224"
        raise CompileError(_message("inputs have sizes that are not numbers", lines, hint))
    lines = [line for op in function.body.block.ops for line in _undecided(op)]
    if lines:
        hint = (
            "such nodes run only where their sizes follow from the inputs' shapes;"
            " cut the model in front of them, or make the sizes constant"
        )
        raise CompileError(_message("results have sizes that only the data decides", lines, hint))


def _not_tensors(function: func.FuncOp) -> Iterator[str]:
    inputs = names_of(function, "input_names")
    for a in function.body.block.args:
        if not _is_numeric(a):
            name = inputs[a.index] if a.index < len(inputs) else a.name_hint
            yield f"  input '{name}' is {a.type}"
    for op in function.body.block.ops:
        for result in op.results:
            if not _is_numeric(result):
                yield f"  {_described(op)} gives {result.type}"


def _is_numeric(value: SSAValue) -> bool:
    """Whether a value is a tensor of numbers; sequences and strings have no buffer."""
    return isinstance(value.type, TensorType) and isinstance(
        value.type.element_type, AnyFloat | IntegerType | ComplexType
    )


def _unknown(value: SSAValue) -> bool:
    return isinstance(value.type, TensorType) and not static(shape_of(value))


def _undecided(op: Operation) -> list[str]:
    """The unknown results of an operation whose operands are known."""
    if any(_unknown(v) for v in op.operands):
        return []
    results = [r for r in op.results if _unknown(r)]
    if not results:
        return []
    types = ", ".join(f"'{r.name_hint}' {r.type}" if r.name_hint else str(r.type) for r in results)
    return [f"  {_described(op)} gives {types}"]


def _described(op: Operation) -> str:
    """The operation, that inside of a host operation, and its nodes."""
    nodes = ", ".join(names_of(op, "nodes"))
    inner = next((o.name for region in op.regions for o in region.walk()), op.name)
    return f"{inner} ({nodes})" if nodes else inner


def _message(what: str, lines: list[str], hint: str) -> str:
    shown = lines[:SHOWN]
    if len(lines) > SHOWN:
        shown.append(f"  and {len(lines) - SHOWN} more")
    return "\n".join([f"{what}:", *shown, hint])
