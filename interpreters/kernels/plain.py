"""Running a function of loops, branches and arithmetic that came from no model.

Any program in `arith`, `cf`, `func`, `math`, `memref`, `scf`, `vector` and `vector_ext` runs with
the meaning that these operations have at the kernel level.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from xdsl.dialects.builtin import AnyFloat, IndexType, IntegerType, MemRefType, ModuleOp, VectorType
from xdsl.dialects.func import FuncOp
from xdsl.ir import Attribute

from ...dialects.engine.layout import LayoutAttr
from .functions import run_kernels
from .memory import Buffer

DIALECTS = ("arith", "builtin", "cf", "func", "math", "memref", "scf", "vector", "vector_ext")
"""What such a program may consist of."""


def is_plain(module: ModuleOp, function: FuncOp) -> bool:
    """Whether everything in the module is of these dialects, and the function takes and returns
    scalars, vectors and plain memory."""
    types = (*function.function_type.inputs.data, *function.function_type.outputs.data)
    return all(map(_is_plain_type, types)) and all(
        op.dialect_name() in DIALECTS for op in module.walk()
    )


def run_plain(module: ModuleOp, function: FuncOp, arguments: Sequence[Any]) -> list[Any]:
    """The results of a function; memory among the arguments is written in place.

    Raises:
        InputError: for an argument that does not fit its type.
    """
    results = run_kernels(module, function.sym_name.data, arguments)
    return [result.array() if isinstance(result, Buffer) else result for result in results]


def _is_plain_type(type_: Attribute) -> bool:
    if isinstance(type_, MemRefType):
        return not isinstance(type_.layout, LayoutAttr)
    return isinstance(type_, VectorType | IntegerType | IndexType | AnyFloat)
