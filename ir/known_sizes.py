"""What must hold before layouts and memory are assigned: the sizes of the inputs are numbers."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence

from xdsl.dialects import func
from xdsl.ir import Attribute

from ..dialects.engine.base import names_of
from ..dialects.engine.opaque import is_unsized
from ..dialects.framework import Dim, dims_of, element_of, type_name
from ..errors import CompileError
from ..runtime.abi import INPUT_NAMES
from ..runtime.size import name_of

SHOWN = 20
"""Inputs that a message lists."""


def check_sizes(function: func.FuncOp) -> None:
    """
    Refuse a function that takes tensors of numbers whose sizes are not known.

    Strings, sequences, optionals and maps are taken whatever their sizes are, and so are results
    of operations: these have no buffers (`dialects/engine/opaque.py`).

    Raises:
        CompileError: naming the inputs, and what to write to bind their sizes.
    """
    arguments = [a for a in function.body.block.args if is_unsized(a)]
    if not arguments:
        return
    names = names_of(function, INPUT_NAMES)
    inputs = {
        names[a.index] if a.index < len(names) else a.name_hint or f"input{a.index}": a.type
        for a in arguments
    }
    raise CompileError(open_sizes_text(inputs))


def open_sizes_text(inputs: Mapping[str, Attribute]) -> str:
    """
    Which sizes of these inputs are open, and how to give them: lines that can be copied.

    They say 1 for every size, for only the user knows what it should be.
    """
    lines = [f"  input '{name}' is {sizes_text(type_)}" for name, type_ in inputs.items()]
    if len(lines) > SHOWN:
        lines[SHOWN:] = [f"  and {len(lines) - SHOWN} more"]
    python = ", ".join(f"{name!r}: {_python(sizes)}" for name, sizes in _shapes(inputs).items())
    return "\n".join(
        [
            "inputs have sizes that are not numbers:",
            *lines,
            "give them numbers, here 1 for each:",
            f"  on the command line  {shape_options(inputs)}",
            f"  in Python            shapes={{{python}}}",
            "stepwell run --inputs takes them from the inputs",
        ]
    )


def shape_options(inputs: Mapping[str, Attribute]) -> str:
    """The options of the command line that bind the open sizes of these inputs, here all to 1."""
    shapes = _shapes(inputs)
    return " ".join(
        f"--shape {shlex.quote(f'{name}={_option(sizes)}')}" for name, sizes in shapes.items()
    )


def sizes_text(type_: Attribute) -> str:
    """`[batch, 3, ?] of float`; the type as it is for what is not a tensor."""
    if element_of(type_) is None:
        return str(type_)
    dims = dims_of(type_)
    shape = "of any rank" if dims is None else f"[{', '.join(_dim(d) for d in dims)}]"
    name = (type_name(type_) or "tensor()").removeprefix("tensor(").removesuffix(")")
    return f"{shape} of {name}" if dims is not None else f"{name} {shape}"


def _dim(dim: Dim) -> str:
    return "?" if dim is None else name_of(dim) or str(dim)


def _option(sizes: tuple[int, ...]) -> str:
    return ",".join(map(str, sizes)) or "SIZES"


def _python(sizes: tuple[int, ...]) -> str:
    return "SIZES" if not sizes else str(sizes[0]) if len(sizes) == 1 else str(sizes)


def _shapes(inputs: Mapping[str, Attribute]) -> dict[str, tuple[int, ...]]:
    """
    What binds all open sizes: named dimensions where that is enough, else whole inputs.

    Nothing for an input whose rank is not known.
    """
    found: dict[str, tuple[int, ...]] = {}
    for name, type_ in inputs.items():
        dims = dims_of(type_)
        if dims is None:
            found[name] = ()
        elif (names := _names(dims)) is not None and not any(n in inputs for n in names):
            found.update(dict.fromkeys(names, (1,)))
        else:
            found[name] = tuple(d if isinstance(d, int) else 1 for d in dims)
    return found


def _names(dims: Sequence[Dim]) -> list[str] | None:
    """The names that the open sizes are; None where one is an expression, or not known."""
    names = [name_of(d) for d in dims if not isinstance(d, int)]
    return None if None in names else [n for n in names if n is not None]
