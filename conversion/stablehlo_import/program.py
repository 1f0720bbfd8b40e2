"""What readers of all formats give, before anything is inlined or inferred."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from xdsl.dialects.builtin import ArrayAttr, DictionaryAttr, ModuleOp, StringAttr
from xdsl.dialects.func import FuncOp
from xdsl.ir import Attribute

from ...dialects.framework import Dim, node_names
from ...dialects.stablehlo import HloOp
from ...runtime.abi import INPUT_NAMES, OUTPUT_NAMES


@dataclass(frozen=True)
class Program:
    """A module of functions as a file has it, with what the file says beside it."""

    subject: str
    """What messages call it."""
    module: ModuleOp
    facts: tuple[tuple[str, str], ...] = ()
    """What the file says of itself: its format, who made it."""
    input_names: Sequence[str] = ()
    """Names of the inputs, where the file has them outside of the module."""
    input_dims: Sequence[Sequence[Dim]] = ()
    """Sizes of the inputs, where the file has their names outside of the module."""
    output_names: Sequence[str] = ()
    names: Mapping[int, str] = field(default_factory=dict[int, str])
    """Names of operations by the line on which they end, of a text."""


def name_operations(function: FuncOp, names: Mapping[int, str]) -> None:
    """
    Give operations the names that JAX gave them, else those of their results.

    In other functions than `@main` the function's name stands in front.
    """
    title = function.sym_name.data
    prefix = "" if title == "main" else f"{title}/"
    number = 0
    for op in function.walk():
        number += 1
        if not isinstance(op, HloOp) or "nodes" in op.attributes or _is_scalar_code(op):
            continue
        line = getattr(op.location, "line", None)
        said = names.get(line.data) if line is not None and not op.regions else None
        hint = next((r.name_hint for r in op.results if r.name_hint), None)
        own = f"%{hint}" if hint else f"line {line.data}" if line is not None else f"#{number}"
        op.attributes["nodes"] = node_names(said or f"{prefix}{own}")


_CONTROL = frozenset(("func.func", "stablehlo.while", "stablehlo.if", "stablehlo.case"))


def _is_scalar_code(op: HloOp) -> bool:
    """Whether an operation stands in the function of scalars of another one."""
    parent = op.parent_op()
    return parent is not None and parent.name not in _CONTROL


def given_names(program: Program, main: FuncOp) -> tuple[list[str], list[str]]:
    """The names of inputs and outputs, each once."""
    count, results = len(main.function_type.inputs), len(main.function_type.outputs)
    said = _attribute_names(main, INPUT_NAMES) or list(program.input_names)
    if len(said) != count:
        said = [arg.name_hint or f"arg{at}" for at, arg in enumerate(main.body.block.args)]
    outputs = _attribute_names(main, OUTPUT_NAMES) or list(program.output_names)
    if len(outputs) != results:
        infos = [_info(main.res_attrs, at) for at in range(results)]
        outputs = [info or f"output_{at}" for at, info in enumerate(infos)]
    return _distinct(said), _distinct(outputs)


def _attribute_names(main: FuncOp, which: str) -> list[str]:
    found = main.attributes.get(which)
    if not isinstance(found, ArrayAttr):
        return []
    return [name.data for name in found.data if isinstance(name, StringAttr)]


def _info(attrs: ArrayAttr[DictionaryAttr] | None, at: int) -> str:
    """What JAX calls a result: `result[0]`, `result['loss']`."""
    if attrs is None or at >= len(attrs.data):
        return ""
    found: Attribute | None = attrs.data[at].data.get("jax.result_info")
    return found.data if isinstance(found, StringAttr) else ""


def _distinct(names: Sequence[str]) -> list[str]:
    found: list[str] = []
    taken = set(names)
    for name in names:
        fresh, number = name, 1
        while fresh in found:
            number += 1
            fresh = f"{name}_{number}"
            if fresh in taken:
                continue
        found.append(fresh)
    return found
