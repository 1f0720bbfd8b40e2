"""What must hold before layouts and memory are assigned: the sizes of the inputs are numbers."""

from __future__ import annotations

from xdsl.dialects import func

from ..dialects.engine.base import names_of
from ..dialects.engine.opaque import is_unsized
from ..errors import CompileError
from ..runtime.abi import INPUT_NAMES

SHOWN = 20
"""Inputs that a message lists."""


def check_sizes(function: func.FuncOp) -> None:
    """
    Refuse a function that takes tensors of numbers whose sizes are not known.

    Strings, sequences, optionals and maps are taken whatever their sizes are, and so are results
    of operations: these have no buffers (`dialects/engine/opaque.py`).

    Raises:
        CompileError: naming the inputs to bind.
    """
    arguments = [a for a in function.body.block.args if is_unsized(a)]
    if not arguments:
        return
    inputs = names_of(function, INPUT_NAMES)
    lines = [
        f"  input '{inputs[a.index] if a.index < len(inputs) else a.name_hint}' is {a.type}"
        for a in arguments
    ]
    hint = "give them numbers: shapes={'NAME': (1, 3, 224, 224)}, or --shape NAME=1,3,224,224"
    raise CompileError(_message("inputs have sizes that are not numbers", lines, hint))


def _message(what: str, lines: list[str], hint: str) -> str:
    shown = lines[:SHOWN]
    if len(lines) > SHOWN:
        shown.append(f"  and {len(lines) - SHOWN} more")
    return "\n".join([f"{what}:", *shown, hint])
