"""
Which of the five levels of text a module is at, found from what is in its functions.

| level | name | its functions hold |
|---|---|---|
| 1 | `framework` | operations of a framework's dialect, on tensors |
| 2 | `engine` | engine operations on tensors without layouts |
| 3 | `layout` | engine operations on tensors, of which some have a layout |
| 4 | `plan` | engine operations that write into memrefs |
| 5 | `kernels` | `scf`, `memref`, `vector`, `arith`, `math`, and calls |

What stands inside an operation (the scalars of an epilogue, the framework's operation in an
`engine.reference`) does not count.
"""

from __future__ import annotations

from collections.abc import Iterator

from xdsl.dialects.builtin import MemRefType, ModuleOp, NoneAttr, TensorType
from xdsl.dialects.func import FuncOp, ReturnOp
from xdsl.ir import Operation

from ..dialects.engine import ConstantOp, LayoutAttr, ReferenceOp, RelayoutOp, ViewOp
from ..dialects.engine.base import EngineOp, extents_of
from ..dialects.engine.control import IfOp
from ..dialects.engine.loop import LoopOp
from ..dialects.engine.opaque import is_opaque
from ..dialects.framework import AssertOp, FrameworkOp, SizeOp
from ..errors import InvalidIRError
from .verify_ir import invalid

FRAMEWORK = "framework"
"""The level of the dialects of all frameworks."""

LEVELS = (FRAMEWORK, "engine", "layout", "plan", "kernels")
"""The levels of text, from the top down."""

TITLES = {name: f"level {number} ({name})" for number, name in enumerate(LEVELS, 1)}
"""What messages call them."""


def level_of(module: ModuleOp) -> str:
    """
    The name of the level that a verified module is at.

    Raises:
        InvalidIRError: for a module without functions, with operations of several levels, or of
            none.
    """
    firsts: dict[str, Operation] = {}
    functions: list[FuncOp] = []
    for op in module.ops:
        if not isinstance(op, FuncOp):
            raise invalid(op, f"'{op.name}' stands outside of a function; expected func.func")
        functions.append(op)
        for kind, inner in _kinds(op):
            firsts.setdefault(kind, inner)
    if not functions:
        raise InvalidIRError("the module is empty; expected a function @main")
    if "layout" in firsts:  # rows without layouts are at home there, too
        firsts.pop("engine", None)
    if len(firsts) > 1:
        levels = [name for name in LEVELS if name in firsts]
        one, other = levels[0], levels[1]
        raise invalid(
            firsts[other],
            f"'{firsts[other].name}' is of {TITLES[other]}, but the module also has "
            f"'{firsts[one].name}' of {TITLES[one]}; a program is at one level",
        )
    return next(iter(firsts), "") or _level_of_arguments(functions[0])


def _kinds(function: FuncOp) -> Iterator[tuple[str, Operation]]:
    """The level of each operation in the function's own blocks that has one."""
    for block in function.body.blocks:
        for op in block.ops:
            if not isinstance(op, ReturnOp) and not _is_opaque(op):
                yield _kind(op), op


def _is_opaque(op: Operation) -> bool:
    """Whether it is a reference operation on values without a buffer, alike at levels 2 to 4."""
    return isinstance(op, ReferenceOp) and all(is_opaque(v) for v in (*op.operands, *op.results))


def _kind(op: Operation) -> str:
    if isinstance(op, FrameworkOp | AssertOp | SizeOp):
        return FRAMEWORK
    types = [v.type for v in (*op.operands, *op.results)]
    if not isinstance(op, EngineOp | ConstantOp | ReferenceOp | ViewOp | IfOp | LoopOp):
        if any(isinstance(t, TensorType) for t in types):
            raise invalid(
                op,
                f"'{op.name}' works on tensors, but is neither an operation of a framework nor an "
                "engine operation; run the pass that converts it first",
            )
        return "kernels"
    if any(isinstance(t, MemRefType) for t in types):
        return "plan"
    laid_out = any(isinstance(t, TensorType) and isinstance(t.encoding, LayoutAttr) for t in types)
    return "layout" if laid_out or isinstance(op, RelayoutOp) else "engine"


def _level_of_arguments(function: FuncOp) -> str:
    """The level of a function that computes nothing."""
    memory = [isinstance(t, MemRefType) for t in function.function_type.inputs]
    if not any(memory):
        return "engine"
    return "plan" if memory.count(True) == 1 or not _is_bytes(function, 1) else "kernels"


def _is_bytes(function: FuncOp, position: int) -> bool:
    type_ = function.function_type.inputs.data[position]
    bare = isinstance(type_, MemRefType) and isinstance(type_.layout, NoneAttr)
    return bare and extents_of(type_) == (-1,)
