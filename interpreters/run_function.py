"""Running a function of a module by the reference semantics, whatever its level.

On levels 1 to 3 a function takes tensors and gives tensors. On level 4 it takes its arena, its
inputs and the memory for its outputs, on level 5 before these the weights. `run` always takes the
inputs and gives the outputs, as plain row-major arrays; whatever memory the level wants besides is
filled with poison first, so that a value that was never written shows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import Any, cast

import numpy as np
from xdsl.context import Context
from xdsl.dialects import arith, func, memref
from xdsl.dialects.builtin import (
    ArrayAttr,
    DictionaryAttr,
    IntegerAttr,
    MemRefType,
    ModuleOp,
    TensorType,
)
from xdsl.interpreter import Interpreter, InterpreterFunctions
from xdsl.interpreters.func import FuncFunctions
from xdsl.ir import Attribute, SSAValue
from xdsl.traits import SymbolTable

from ..dialects.engine.base import element_of, physical_shape_of, shape_of
from ..dialects.engine.weights import Array, dtype_of, weight_store
from ..errors import InputError
from .engine.layout import POISON_BYTE, pack, unpack


def run(
    ctx: Context, module: ModuleOp, inputs: Sequence[Any], function: str = "main"
) -> list[Array]:
    """The outputs of `@function` for `inputs`, by the reference semantics of its level.

    Inputs and outputs are logical row-major arrays, also where the function wants another layout.

    Raises:
        InputError: if there is no such function, or an input is not what it takes.
        DiagnosticException: if an operation has no semantics or fails.
    """
    found = SymbolTable.lookup_symbol(module, function)
    if not isinstance(found, func.FuncOp) or found.is_declaration:
        raise InputError(f"the module has no function @{function}")
    if found.function_type.outputs.data or not _takes_memory(found):
        return _run_on_tensors(ctx, module, found, inputs)
    if _is_kernel_main(found):
        return _run_kernels(ctx, module, found, inputs)
    return _run_planned(ctx, module, found, inputs)


def _run_on_tensors(
    ctx: Context, module: ModuleOp, function: func.FuncOp, inputs: Sequence[Any]
) -> list[Array]:
    types = function.function_type
    arguments = _arguments(function, types.inputs.data, inputs)
    results = _interpreter(ctx, module).call_op(function, arguments)
    return [
        unpack(value, type_) if _is_shaped(type_) else value
        for value, type_ in zip(results, types.outputs.data, strict=True)
    ]


def _run_planned(
    ctx: Context, module: ModuleOp, function: func.FuncOp, inputs: Sequence[Any]
) -> list[Array]:
    arena, *types = function.function_type.inputs.data
    input_types, output_types = _inputs_and_outputs(function, types)
    arguments = _arguments(function, input_types, inputs)
    outputs = [_poisoned(type_) for type_ in output_types]
    memory = (_poisoned(arena), *arguments, *outputs)
    _interpreter(ctx, module).call_op(function, memory)
    return [unpack(o, t) for o, t in zip(outputs, output_types, strict=True)]


def _run_kernels(
    ctx: Context, module: ModuleOp, function: func.FuncOp, inputs: Sequence[Any]
) -> list[Array]:
    from .kernels import run_kernels

    types = function.function_type.inputs.data
    status = [np.zeros(1, np.int64)] if "error_status" in function.attributes else []
    input_types, output_types = _inputs_and_outputs(function, types[2 + len(status) :])
    arguments = _arguments(function, input_types, inputs)
    outputs = [_poisoned(type_) for type_ in output_types]
    arena = np.full(_bytes_viewed(function.body.block.args[1]), POISON_BYTE, np.uint8)
    memory = [_weights_image(ctx, module), arena.view(np.int8), *status, *arguments, *outputs]
    run_kernels(module, function.sym_name.data, memory)
    if status and status[0][0]:
        raise InputError(_error_text(module, int(status[0][0])))
    return [unpack(o, t) for o, t in zip(outputs, output_types, strict=True)]


def _interpreter(ctx: Context, module: ModuleOp) -> Interpreter:
    """An interpreter with the semantics of the dialects that the module uses."""
    interpreter = Interpreter(module)
    interpreter.register_implementations(FuncFunctions())
    dialects = {op.name.partition(".")[0] for op in module.walk()}
    for dialect, make in _FUNCTIONS.items():
        if dialect in dialects:
            interpreter.register_implementations(make(ctx))
    return interpreter


def _engine(ctx: Context) -> InterpreterFunctions:
    from .engine import EngineFunctions

    return EngineFunctions(ctx)


def _onnx(ctx: Context) -> InterpreterFunctions:
    from .onnx import OnnxFunctions

    return OnnxFunctions(ctx)


_FUNCTIONS: dict[str, Callable[[Context], InterpreterFunctions]] = {
    "engine": _engine,
    "onnx": _onnx,
}


def _is_shaped(type_: Attribute) -> bool:
    return isinstance(type_, TensorType | MemRefType)


def _takes_memory(function: func.FuncOp) -> bool:
    return any(isinstance(type_, MemRefType) for type_ in function.function_type.inputs.data)


def _is_kernel_main(function: func.FuncOp) -> bool:
    """Whether the first two arguments are weights and arena, both bytes of unknown number."""
    first = function.function_type.inputs.data[:2]
    return len(first) == 2 and all(
        isinstance(t, MemRefType) and tuple(t.get_shape()) == (-1,) for t in first
    )


def _inputs_and_outputs(
    function: func.FuncOp, types: Sequence[Attribute]
) -> tuple[Sequence[Attribute], Sequence[Attribute]]:
    """The types of inputs and of outputs, which follow them in destination-passing form."""
    names = function.attributes.get("input_names")
    if not isinstance(names, ArrayAttr):
        raise InputError(
            f"@{function.sym_name.data} has no 'input_names' that tell its inputs from its outputs"
        )
    count = len(cast("ArrayAttr[Attribute]", names))
    return types[:count], types[count:]


def _arguments(
    function: func.FuncOp, types: Sequence[Attribute], inputs: Sequence[Any]
) -> tuple[Any, ...]:
    """The inputs as values of the argument types."""
    name = function.sym_name.data
    if len(types) != len(inputs):
        raise InputError(f"@{name} takes {len(types)} inputs, got {len(inputs)}")
    return tuple(
        _argument(f"input {index} of @{name}", type_, value)
        for index, (type_, value) in enumerate(zip(types, inputs, strict=True))
    )


def _argument(where: str, type_: Attribute, value: Any) -> Any:
    if not _is_shaped(type_):
        return value
    array = np.asarray(value)
    shape = shape_of(type_)
    dtype = dtype_of(element_of(type_))
    fits = len(shape) == array.ndim and all(
        want in (-1, got) for want, got in zip(shape, array.shape, strict=True)
    )
    if not fits or array.dtype != dtype:
        raise InputError(f"{where} is {type_}, got {array.dtype}{list(array.shape)}")
    return pack(array, type_)


def _poisoned(type_: Attribute) -> Array:
    """Memory for a memref that nothing was written to."""
    dtype = dtype_of(element_of(type_))
    shape = physical_shape_of(type_)
    raw = np.full(prod(shape) * dtype.itemsize, POISON_BYTE, np.uint8)
    return raw.view(dtype).reshape(shape)


def _bytes_viewed(arena: SSAValue) -> int:
    """How many bytes of a byte memref the constant views into it reach over."""
    end = 0
    for use in arena.uses:
        if isinstance(view := use.operation, memref.ViewOp):
            shift = view.byte_shift.owner
            assert isinstance(shift, arith.ConstantOp)
            assert isinstance(shift.value, IntegerAttr)
            size = dtype_of(element_of(view.results[0])).itemsize * prod(shape_of(view.results[0]))
            end = max(end, shift.value.value.data + size)
    return end


def _weights_image(ctx: Context, module: ModuleOp) -> Array:
    """The bytes of all weights, as the attribute `weights` of a level-5 module places them."""
    store = weight_store(ctx)
    parts: list[tuple[int, Array]] = []
    for entry in cast("ArrayAttr[DictionaryAttr]", module.attributes.get("weights", ArrayAttr([]))):
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
    texts = list(cast("ArrayAttr[Attribute]", module.attributes.get("errors", ArrayAttr([]))))
    return str(texts[code - 1]) if 0 < code <= len(texts) else f"error {code}"
