"""
Modules that a user gives instead of a model: found out about, and checked, before they are
compiled.
"""

from __future__ import annotations

from xdsl.context import Context
from xdsl.dialects.builtin import ArrayAttr, MemRefType, ModuleOp, NoneAttr, StringAttr, TensorType
from xdsl.dialects.func import FuncOp, ReturnOp
from xdsl.ir import Attribute
from xdsl.utils.exceptions import VerifyException

from ..dialects.engine import LayoutAttr
from ..dialects.engine.weights import dtype_of, weight_store, weights_used
from ..dialects.framework import donations_of, state_of, verify_donations
from ..dialects.framework.state import verify_state
from ..errors import InvalidIRError
from ..ir.interface import say_names
from ..ir.level import FRAMEWORK, level_of
from ..ir.verify_ir import invalid, verify_ir
from ..runtime.abi import INPUT_NAMES, OUTPUT_NAMES
from ..transforms.check_memory_plan import CheckMemoryPlanPass
from .planned_program import main_of


def checked_level(ctx: Context, module: ModuleOp) -> str:
    """
    The level of a module that may be a stranger's, once everything about it is known to fit.

    Raises:
        InvalidIRError: for IR that does not verify, is of several levels, names weights that the
            context does not have, or has a `@main` that cannot be called.
        CompileError: for a plan in which two values meet, or a module without `@main`.
    """
    verify_ir(module)
    level = level_of(module)
    say_names(module)
    main = main_of(module)
    if len(main.body.blocks) != 1 or not isinstance(main.body.block.last_op, ReturnOp):
        raise invalid(main, "@main must be one block that ends in func.return")
    _check_weights(ctx, module)
    _check_names(main, level)
    _check_state(main, level)
    _check_row_major(main)
    if level == "plan":
        CheckMemoryPlanPass().apply(ctx, module)
    return level


def _check_weights(ctx: Context, module: ModuleOp) -> None:
    store = weight_store(ctx)
    missing: list[str] = []
    for weight in weights_used(module):
        if weight not in store:
            missing.append(f"'{weight.key.data}' ({weight.digest.data})")
        elif not store.is_derived(weight):
            array = store.array(weight)
            dtype, shape = dtype_of(weight.type.element_type), tuple(weight.type.get_shape())
            if array.dtype != dtype or array.shape != shape:
                raise InvalidIRError(
                    f"weight '{weight.key.data}' is {weight.type} in the module, but "
                    f"{array.dtype}{list(array.shape)} in the file beside it"
                )
    if missing:
        shown = ", ".join(missing[:5]) + (f" and {len(missing) - 5} more" if missing[5:] else "")
        raise InvalidIRError(
            f"the numbers of {len(missing)} weights are not there: {shown}; they belong into the "
            ".safetensors file beside the .mlir file, or into the context's weight store"
        )


def _check_names(main: FuncOp, level: str) -> None:
    """On tensors the arguments are the inputs and the results the outputs, so names must fit."""
    for key in (INPUT_NAMES, OUTPUT_NAMES):
        names = main.attributes.get(key)
        if names is None:
            continue
        found = list(names) if isinstance(names, ArrayAttr) else [names]
        texts = [n.data for n in found if isinstance(n, StringAttr)]
        if len(texts) != len(found):
            raise invalid(main, f'{key} of @main must be an array of strings, as in ["x", "y"]')
        if len(set(texts)) != len(texts):
            raise invalid(main, f"{key} of @main names two values alike: {', '.join(texts)}")
        types = main.function_type.inputs if key == INPUT_NAMES else main.function_type.outputs
        if level in (FRAMEWORK, "engine", "layout") and len(texts) != len(types):
            what = "inputs" if key == INPUT_NAMES else "outputs"
            raise invalid(
                main,
                f"{key} of @main has {len(texts)} names for {len(types)} {what}; "
                "name all of them, or leave the attribute out",
            )


def _check_state(main: FuncOp, level: str) -> None:
    try:
        if level in (FRAMEWORK, "engine", "layout"):
            verify_state(main)
            verify_donations(main)
        else:
            state_of(main)
            donations_of(main)
    except VerifyException as problem:
        raise invalid(main, str(problem)) from None


def _check_row_major(main: FuncOp) -> None:
    """What callers give and get has no layout."""
    last = main.body.block.last_op
    results = () if last is None else last.operands
    for value in (*main.body.block.args, *results):
        if _has_layout(value.type):
            what = f"%{value.name_hint}" if value.name_hint else str(value.type)
            raise invalid(
                main,
                f"{what} of @main has the layout of {value.type}; inputs and outputs are row-major",
            )


def _has_layout(type_: Attribute) -> bool:
    if isinstance(type_, TensorType):
        return isinstance(type_.encoding, LayoutAttr)
    if not isinstance(type_, MemRefType) or isinstance(type_.layout, NoneAttr):
        return False
    layout = type_.layout  # of a buffer whose sizes are open it says these
    return not (isinstance(layout, LayoutAttr) and layout.tag.row_major and _is_dense(layout))


def _is_dense(layout: LayoutAttr) -> bool:
    return layout.stride_extents is None
