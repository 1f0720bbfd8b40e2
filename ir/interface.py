"""
What `@main` takes and gives in memory, said in words where the program leaves it out.

On tensors the arguments are the inputs and the results the outputs. At levels 4 and 5 both are
arguments, and the names say which are which: `input_names` and `output_names`.
"""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects.builtin import (
    ArrayAttr,
    DenseArrayBase,
    MemRefType,
    ModuleOp,
    NoneAttr,
    StringAttr,
    i8,
)
from xdsl.dialects.func import FuncOp
from xdsl.ir import BlockArgument, OpResult, SSAValue

from ..dialects.engine import ReferenceOp, ViewOp
from ..dialects.engine.base import EngineOp, names_of
from ..dialects.engine.plan import plan_of
from ..runtime.abi import ERROR_STATUS, INPUT_NAMES, MAIN, OPAQUE_OUTPUTS, OUTPUT_NAMES

LOWER_BOUND = "arena_lower_bound"
"""Attribute of a planned function: the least bytes its arena could have."""

OUTPUT_DIGESTS = "output_digests"
"""Attribute of a planned function: what its outputs are computed from (`ir/value_digests.py`), of
those with memory first, then of those without."""


def say_names(module: ModuleOp) -> None:
    """
    Give `@main` of level 4 or 5 the names it does not have: `input0`, ..., `output0`, ...

    With one list of names, what is left belongs to the other. With none, the inputs are at level
    4 the arguments in front of the first that is written, at level 5 all but the last.
    """
    main = _main(module)
    if main is None or (buffers := _buffers(main)) is None:
        return
    inputs, outputs = names_of(main, INPUT_NAMES), names_of(main, OUTPUT_NAMES)
    positions = main.attributes.get(OPAQUE_OUTPUTS)
    opaque = len(positions) if isinstance(positions, DenseArrayBase) else 0
    if INPUT_NAMES in main.attributes:
        count = len(inputs)
    elif OUTPUT_NAMES in main.attributes:
        count = len(buffers) - (len(outputs) - opaque)
    else:
        count = _inputs(main, buffers)
    if INPUT_NAMES not in main.attributes:
        main.attributes[INPUT_NAMES] = _names("input", max(count, 0))
    if OUTPUT_NAMES not in main.attributes:
        main.attributes[OUTPUT_NAMES] = _names("output", max(len(buffers) - count, 0) + opaque)


def _main(module: ModuleOp) -> FuncOp | None:
    for op in module.ops:
        if isinstance(op, FuncOp) and op.sym_name.data == MAIN and op.body.blocks:
            return op
    return None


def _buffers(main: FuncOp) -> Sequence[BlockArgument] | None:
    """The arguments that are inputs and outputs; None on tensors, and for code of another kind."""
    arguments = main.body.blocks[0].args
    shapes = [_bytes(a) for a in arguments]
    if shapes[:2] == [-1, -1]:
        return arguments[2 + (ERROR_STATUS in main.attributes) :]
    planned = LOWER_BOUND in main.attributes or plan_of(main) is not None
    planned = planned or any(
        isinstance(op, EngineOp | ReferenceOp | ViewOp) for op in main.body.blocks[0].ops
    )
    on_memory = not main.function_type.outputs.data or OPAQUE_OUTPUTS in main.attributes
    if planned and on_memory and shapes and shapes[0] is not None:
        return arguments[1:]
    return None


def _bytes(argument: BlockArgument) -> int | None:
    """How many bytes a `memref<Nxi8>` has, -1 where that is open; None for another type."""
    type_ = argument.type
    if not isinstance(type_, MemRefType) or type_.element_type != i8 or type_.get_num_dims() != 1:
        return None
    if not isinstance(type_.layout, NoneAttr):  # an input with a size by name
        return None
    return max(-1, type_.get_shape()[0])


def _inputs(main: FuncOp, buffers: Sequence[BlockArgument]) -> int:
    if _bytes(main.body.blocks[0].args[0]) == -1 and plan_of(main) is None:
        return max(0, len(buffers) - 1)
    written = {_root(value) for op in main.body.blocks[0].ops for value in getattr(op, "outs", ())}
    return next((n for n, a in enumerate(buffers) if a in written), len(buffers))


def _root(value: SSAValue) -> SSAValue:
    while isinstance(value, OpResult) and isinstance(value.op, ViewOp):
        value = value.op.base
    return value


def _names(default: str, count: int) -> ArrayAttr[StringAttr]:
    return ArrayAttr([StringAttr(f"{default}{i}") for i in range(count)])
