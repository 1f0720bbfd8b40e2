"""What goes into a program of `torch.export` and what comes out of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from xdsl.dialects.builtin import TensorType
from xdsl.ir import Attribute

from ...dialects.framework import tensor_type
from ...dialects.torch.codes import element_type_of_code
from ...runtime.size import Size, name_of
from ...runtime.size_facts import LARGEST_SIZE, Dim
from ..input_shapes import GraphInputs
from ..input_values import Array
from ..problems import Problems
from .program import ANY_LEAST, InputSpec, Program
from .symbols import type_of_symbol

EXPORTED_LEAST = 2
"""
The least size that torch assumes of one that is open, as it treats 0 and 1 apart. A program says
nothing else of such a size, and holds for smaller ones, too.
"""

_UNSUPPORTED = {
    "custom_obj": "is an object of a class of its own, which is not supported",
    "token": "is a token of an effect, which is not supported",
}


def user_inputs(program: Program, problems: Problems) -> dict[str, Attribute]:
    """The types of the inputs that a caller gives, by name, as the program says them."""
    types: dict[str, Attribute] = {}
    for spec in program.inputs:
        if spec.kind in _UNSUPPORTED:
            problems.add(f"input '{spec.arg.value}' {_UNSUPPORTED[spec.kind]}")
        elif spec.kind == "user_input" and spec.arg.kind == "tensor":
            type_ = declared_type(program, spec.arg.value, problems)
            if type_ is not None:
                types[spec.arg.value] = type_
        elif spec.kind == "user_input" and spec.arg.kind.startswith("sym_"):
            types[spec.arg.value] = type_of_symbol(spec.arg.kind)
    return types


def open_numbers(program: Program) -> Mapping[str, InputSpec]:
    """The inputs that are numbers and no tensors, by name, which have to be given a value."""
    return {
        spec.arg.value: spec
        for spec in program.inputs
        if spec.kind == "user_input" and spec.arg.kind.startswith("sym_")
    }


def given_symbols(
    program: Program, known: Mapping[str, Array], problems: Problems
) -> dict[str, int]:
    """
    What the names in sizes are by the open integers that have a value.

    Raises:
        ImportModelError: for open numbers that have none, without which nothing can be built.
    """
    found: dict[str, int] = {}
    missing = [name for name in open_numbers(program) if name not in known]
    for name in missing if not problems else ():
        problems.add(
            f"input '{name}' is an open number that is no tensor; give it a number by "
            f"values={{'{name}': ...}}, or make a tensor of it in the model"
        )
    if missing:
        problems.stop()
    for name, spec in open_numbers(program).items():
        size = program.graph.sizes.get(name) if spec.arg.kind == "sym_int" else None
        symbol, number = name_of(size), int(known[name])
        if symbol is not None and found.setdefault(symbol, number) != number:
            problems.add(
                f"value of '{name}': it is {number}, and that of another input, which must be the "
                f"same, is {found[symbol]}"
            )
        elif isinstance(size, int) and size != number:
            problems.add(f"value of '{name}': it is {number}; the model was exported for {size}")
    return found


def declared_type(program: Program, name: str, problems: Problems) -> TensorType | None:
    """The type that a program says of an input or output, None for one that is none of ours."""
    meta = program.graph.tensors.get(name)
    row = None if meta is None else element_type_of_code(meta.dtype)
    if meta is None or row is None or not meta.is_strided:
        problems.add(f"tensor '{name}' has no type that is supported")
        return None
    found = tensor_type(row.ir, meta.sizes)
    assert isinstance(found, TensorType)
    return found


def with_ranges(inputs: GraphInputs, program: Program, problems: Problems) -> GraphInputs:
    """The inputs with the bounds that a program says of the names in their sizes."""
    dims = dict(inputs.dims)
    for name, (least, most) in program.ranges.items():
        size = inputs.sizes.values.get(name)
        least = 0 if ANY_LEAST < least <= EXPORTED_LEAST else least
        most = None if most is None or most > LARGEST_SIZE else most
        own = name_of(size)
        if isinstance(size, int) and not (least <= size and (most is None or size <= most)):
            lower = "" if least == ANY_LEAST else str(least)
            upper = "" if most is None else str(most)
            problems.add(
                f"size '{name}' is given as {size}; the model was exported for {lower}..{upper}"
            )
        elif isinstance(size, Size) and own in dims:
            dims[own] = _narrowed(own, dims[own], least, most, problems)
    return replace(inputs, dims=dims)


def _narrowed(name: str, dim: Dim, least: int, most: int | None, problems: Problems) -> Dim:
    """What is known of a size, within the bounds of the program."""
    lower = max(dim.lower, least)
    upper = most if dim.upper is None else dim.upper if most is None else min(dim.upper, most)
    if upper is not None and lower > upper:
        problems.add(f"size '{name}': the model was exported for {least}..{most}, not {dim}")
        return dim
    hint = dim.hint
    if hint is not None:
        hint = max(lower, hint if upper is None else min(hint, upper))
    return Dim(lower, upper, dim.multiple, hint)


def output_names(program: Program) -> dict[int, str]:
    """Names of the outputs that a caller gets, by their position among all of the graph."""
    users = [at for at, spec in enumerate(program.outputs) if spec.kind == "user_output"]
    return {at: f"output_{number}" for number, at in enumerate(users)}


def used_inputs(program: Program) -> Mapping[str, InputSpec]:
    """Parameters, buffers and constants that something is computed with, by name."""
    used: set[str] = set()
    for node in program.graph.nodes:
        for _, argument in node.inputs:
            used.update(argument.names)
    for spec in program.outputs:
        used.update(spec.arg.names)
    return {
        spec.arg.value: spec
        for spec in program.inputs
        if spec.kind in ("parameter", "buffer", "tensor_constant") and spec.arg.value in used
    }
