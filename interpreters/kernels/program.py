"""Running `@main` of a level-5 module: its memory is made here, and full of poison."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import cast

import numpy as np
from xdsl.context import Context
from xdsl.dialects import func
from xdsl.dialects.builtin import (
    ArrayAttr,
    DenseArrayBase,
    DictionaryAttr,
    IntegerAttr,
    MemRefType,
    ModuleOp,
    StringAttr,
)
from xdsl.ir import Attribute

from ...dialects.engine.base import int_values, shape_of
from ...dialects.engine.weights import Array, weight_store
from ...errors import InputError, InvalidIRError
from ...ir.viewed_bytes import viewed_bytes
from ...runtime.abi import (
    BIND,
    ERROR_STATUS,
    ERROR_TABLE,
    SIZE_TABLE,
    WEIGHTS_TABLE,
)
from ..engine.layout import POISON_BYTE, pack
from .functions import StoppedError, run_kernels


def is_kernel_program(function: func.FuncOp) -> bool:
    """Whether the first two arguments are weights and arena, both bytes of unknown number."""
    first = function.function_type.inputs.data[:2]
    return len(first) == 2 and all(
        type(t) is MemRefType and len(shape := shape_of(t)) == 1 and shape[0] < 0 for t in first
    )


def run_kernel_program(
    ctx: Context, module: ModuleOp, main: func.FuncOp, buffers: Sequence[Array]
) -> None:
    """Run `main` on the memory of its inputs and outputs.

    Raises:
        InputError: with the program's own message, if a kernel reports an error.
    """
    _run(ctx, module, main, viewed_bytes(main.body.block.args[1]), buffers)


def run_sized_program(
    ctx: Context,
    module: ModuleOp,
    main: func.FuncOp,
    names: Sequence[int],
    buffers: Sequence[Array],
) -> tuple[dict[str, int], dict[int, Array]]:
    """
    Run a program whose sizes are open, for these values of its names; buffers are flat.

    Gives the sizes that the data has decided, and the bytes of outputs that got their memory in the
    middle of the program, by number. Raises as `run_kernel_program` does.
    """
    said = main.attributes.get(SIZE_TABLE)
    entries = said.data.get("entries") if isinstance(said, DictionaryAttr) else None
    if not isinstance(entries, IntegerAttr):
        raise InvalidIRError(f"@{main.sym_name.data} does not say the entries of its table")
    table = np.zeros(entries.value.data, np.int64)
    run_kernels(module, BIND, [np.array(names, np.int64), table])
    provided: dict[int, Array] = {}
    _run(ctx, module, main, int(table[0]), [table, *buffers], provided)
    decided = said.data.get("data") if isinstance(said, DictionaryAttr) else None
    entries_of: Mapping[str, Attribute] = (
        decided.data if isinstance(decided, DictionaryAttr) else {}
    )
    found = {
        name: int(table[at.value.data])
        for name, at in entries_of.items()
        if isinstance(at, IntegerAttr)
    }
    given = {number: provided[at] for number, at in grown_outputs(main).items() if at in provided}
    return found, given


def grown_outputs(main: func.FuncOp) -> dict[int, int]:
    """The outputs that get their memory in the middle of a program, with the entries for it."""
    said = main.attributes.get(SIZE_TABLE)
    results = said.data.get("results") if isinstance(said, DictionaryAttr) else None
    numbers = int_values(results) if isinstance(results, DenseArrayBase) else ()
    return dict(zip(numbers[::2], numbers[1::2], strict=True))


def _run(
    ctx: Context,
    module: ModuleOp,
    main: func.FuncOp,
    arena_bytes: int,
    buffers: Sequence[Array],
    provided: dict[int, Array] | None = None,
) -> None:
    status = [np.zeros(1, np.int64)] if ERROR_STATUS in main.attributes else []
    arena = np.full(arena_bytes, POISON_BYTE, np.uint8).view(np.int8)
    memory = [_weights_image(ctx, module), arena, *status, *buffers]
    with suppress(StoppedError):
        run_kernels(module, main.sym_name.data, memory, provided=provided)
    if status and (code := int(status[0][0])):
        raise InputError(_error_text(module, code))


def _weights_image(ctx: Context, module: ModuleOp) -> Array:
    """The bytes of all weights, placed as the module's attribute `weights` says."""
    store = weight_store(ctx)
    parts: list[tuple[int, Array]] = []
    for entry in cast(
        "ArrayAttr[DictionaryAttr]", module.attributes.get(WEIGHTS_TABLE, ArrayAttr([]))
    ):
        offset, type_ = entry.data["offset"], entry.data["type"]
        assert isinstance(offset, IntegerAttr)
        array = np.ascontiguousarray(pack(store.array(entry.data["value"]), type_, 0))
        parts.append((offset.value.data, array.reshape(-1).view(np.int8)))
    image = np.zeros(max((start + part.size for start, part in parts), default=0), np.int8)
    for start, part in parts:
        image[start : start + part.size] = part
    return image


def _error_text(module: ModuleOp, code: int) -> str:
    """The message of an error code, counted from 1."""
    texts = list(cast("ArrayAttr[Attribute]", module.attributes.get(ERROR_TABLE, ArrayAttr([]))))
    text = texts[code - 1] if 0 < code <= len(texts) else None
    return text.data if isinstance(text, StringAttr) else f"error {code}"
