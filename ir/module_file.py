"""A `.mlir` file with its weights in the `.safetensors` beside it."""

from __future__ import annotations

import sys
from pathlib import Path

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp

from ..errors import StepwellError
from ..runtime.file_kind import kind_of_bytes
from ..runtime.input_file import open_regular
from .parse_ir import parse_ir

SUFFIX = ".mlir"


def read_text(path: str) -> str:
    """The text of a file, or of standard input for `-`.

    Raises:
        StepwellError: if there is no such file, or it is not a text.
    """
    try:
        data = sys.stdin.buffer.read() if path == "-" else _bytes(path)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else None
        raise StepwellError(f"{path}: {reason or error}") from error
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        kind = kind_of_bytes(data)
        found = f" but {kind}" if kind else ""
        raise StepwellError(
            f"{path}: not a text file (byte {error.start} is not UTF-8){found}; expected MLIR, "
            "or a model of a framework"
        ) from error


def _bytes(path: str) -> bytes:
    with open_regular(path) as file:
        return file.read()


def display_name(path: str) -> str:
    """What messages call the file."""
    return "<stdin>" if path == "-" else path


def load_weights(ctx: Context, path: str) -> None:
    """Put the weights beside a `.mlir` file, where there are any, into the context's store."""
    beside = Path(path).with_suffix(".safetensors")
    if path != "-" and beside.exists():
        from ..dialects.engine.weights import weight_store  # numpy, for those who have weights

        weight_store(ctx).load(beside)


def read_module(ctx: Context, path: str) -> ModuleOp:
    """The module in a `.mlir` file; its weights go into the context's store.

    Inputs and outputs that have no names at levels 4 and 5 get some (`say_names`).

    Raises:
        StepwellError: if the file cannot be read or parsed.
    """
    from .interface import say_names

    load_weights(ctx, path)
    module = parse_ir(ctx, read_text(path), display_name(path))
    say_names(module)
    return module
