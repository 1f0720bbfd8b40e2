"""
Running a function of a module, whatever level it is at.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from importlib import import_module
from math import prod
from threading import local
from typing import Any, cast

import numpy as np
import numpy.typing as npt
from xdsl.context import Context
from xdsl.dialects.builtin import (
    ArrayAttr,
    DenseArrayBase,
    FunctionType,
    MemRefType,
    ModuleOp,
    StringAttr,
    TensorType,
)
from xdsl.dialects.func import FuncOp
from xdsl.interpreter import Interpreter, InterpreterFunctions
from xdsl.ir import Attribute, Operation

from ..dialects.engine.base import EngineOp, element_of, int_values, shape_of, span_bytes_of
from ..dialects.engine.bound_sizes import BoundSizes
from ..dialects.engine.weights import WeightStore, dtype_of, weight_store
from ..dialects.framework import element_type_of_ir
from ..errors import InputError, StepwellError
from ..runtime.abi import INPUT_NAMES, MAIN, OPAQUE_OUTPUTS, OUTPUT_NAMES, SIGNATURE
from .framework_calls import Semantics, alone, framework_functions
from .initial_state import with_initial_state
from .open_sizes import bound_to_inputs, has_names, sizes_of_inputs, with_room
from .plugged import plugged_functions, plugged_semantics

Array = npt.NDArray[Any]

_IMPLEMENTATIONS: dict[str, tuple[str, str]] = {
    "engine": (".engine", "EngineFunctions"),
    "framework": (".framework", "FrameworkFunctions"),
}
"""Dialect, and the module and class that interpret its operations, imported when one occurs.

The class is made with the `Context`, whose weight store it reads.
"""

_FRAMEWORKS = {
    "caffe": ".caffe.functions",
    "chlo": ".stablehlo.functions",
    "onnx": ".onnx.functions",
    "paddle": ".paddle.functions",
    "stablehlo": ".stablehlo.functions",
    "tfl": ".tfl.functions",
    "torch": ".torch.functions",
}
"""Dialects of frameworks, and the module whose `semantics(weight store)` says what their operations
mean, imported when one occurs."""


def make_interpreter(ctx: Context, module: ModuleOp) -> Interpreter:
    """An interpreter for every operation of `module`."""
    from xdsl.interpreters.func import FuncFunctions

    interpreter = Interpreter(module)
    interpreter.register_implementations(FuncFunctions())
    kinds = {type(op) for op in module.walk()}
    dialects = {kind.dialect_name() for kind in kinds}
    for dialect in sorted(dialects & _IMPLEMENTATIONS.keys()):
        where, name = _IMPLEMENTATIONS[dialect]
        make: Callable[[Context], InterpreterFunctions] = getattr(
            import_module(where, __package__), name
        )
        interpreter.register_implementations(make(ctx))
    for dialect in sorted(dialects & _FRAMEWORKS.keys()):
        own = [kind for kind in kinds if kind.dialect_name() == dialect]
        interpreter.register_implementations(framework_functions(_semantics(ctx, dialect), own))
    for functions in _plugged(kinds):
        interpreter.register_implementations(functions)
    return interpreter


def _semantics(ctx: Context, dialect: str) -> Semantics:
    make: Callable[[WeightStore], Semantics] = import_module(
        _FRAMEWORKS[dialect], __package__
    ).semantics
    return make(weight_store(ctx))


def _plugged(kinds: Collection[type[Operation]]) -> list[InterpreterFunctions]:
    """The functions of those classes of operations whose meaning a plug-in has."""
    known = plugged_semantics()
    own = _IMPLEMENTATIONS.keys() | _FRAMEWORKS.keys()
    found = [k for k in kinds if k.name in known and k.dialect_name() not in own]
    if not found:
        return []
    from .engine.functions import engine_functions

    engine = [k for k in found if issubclass(k, EngineOp)]
    others = [k for k in found if not issubclass(k, EngineOp)]
    return [engine_functions(engine), plugged_functions(others)]


def run(
    ctx: Context,
    module: ModuleOp,
    inputs: Mapping[str, Any] | Sequence[Any],
    function: str = MAIN,
) -> list[Any]:
    """The results of a function for inputs by name or by position.

    Inputs and results are logical row-major arrays, also where the function wants another layout;
    a sequence is a list, a map a dictionary, an absent optional None. Names in sizes get
    their values from the shapes of the inputs. What the function keeps between calls may be left
    out: then it is what it is in the first call.
    At the planned level the function takes an arena before its inputs and memory for its outputs
    after them, at the kernel level weights before these; all are made here, memory poisoned.

    Raises `InputError` for inputs that do not fit, `StepwellError` for anything else that cannot
    be run.
    """
    main = _function(module, function)
    names = _names(main, INPUT_NAMES)
    inputs = with_initial_state(ctx, main, names, inputs)
    signature = main.attributes.get(SIGNATURE)
    if isinstance(signature, FunctionType):
        return _run_sized(ctx, module, main, signature, _ordered(inputs, names))
    types = list(main.function_type.inputs.data)
    returned = _returned_opaque(main)
    in_memory = not main.function_type.outputs.data or bool(returned)
    outputs = _output_types(main, types) if in_memory else []
    given = _ordered(inputs, names)
    scratch = len(types) - len(given) - len(outputs)
    if scratch < 0 or (scratch and not outputs and not returned):
        expected = len(names) or len(types) - len(outputs)
        raise InputError(f"@{function} takes {expected} inputs, {len(given)} were given")
    bound = bound_to_inputs(module, main, names, types[scratch : scratch + len(given)], given)
    if bound is not module:
        return run(ctx, bound, given, function)
    values: list[Any] = []
    for at, (value, type_) in enumerate(zip(given, types[scratch:], strict=False)):
        _check_input(value, type_, names[at] if at < len(names) else str(at))
        values.append(_physical(value, type_))
    if not outputs and not scratch:
        results = _call(ctx, module, main, values)
        return list(map(_logical, results, main.function_type.outputs.data))
    made = list(map(_memory_for, outputs))
    objects = _run_in_memory(ctx, module, main, types[:scratch], [*values, *made])
    results = list(map(_logical, map(_found, made), outputs))
    for position, value in zip(returned, objects, strict=True):
        results.insert(position, value)
    return results


def repeated(
    ctx: Context, module: ModuleOp, function: str = MAIN
) -> Callable[[Sequence[Any]], Sequence[Any]]:
    """
    The function of a module to be run again and again, as `run` runs it once.

    A function of row-major tensors is made ready once for each thread that calls it, and its
    operands are taken as they come.
    """
    main = _function(module, function)
    types = (*main.function_type.inputs.data, *main.function_type.outputs.data)
    if any(isinstance(t, MemRefType) or _has_layout(t) for t in types):
        return lambda operands: run(ctx, module, operands, function)
    if any(map(has_names, types)):
        return _repeated_for_sizes(ctx, module, main)
    alone = _alone(ctx, main)
    if alone is not None:
        return alone
    ready = local()

    def call(operands: Sequence[Any]) -> Sequence[Any]:
        interpreter: Interpreter | None = getattr(ready, "interpreter", None)
        if interpreter is None:
            interpreter = make_interpreter(ctx, module)
        # One that fails is left inside of what it ran, and is not used again.
        ready.interpreter = None
        results = interpreter.call_op(main, tuple(operands))
        ready.interpreter = interpreter
        return results

    return call


_SIZES_KEPT = 16
"""Shapes of operands for which a function with open sizes is kept ready."""


def _repeated_for_sizes(
    ctx: Context, module: ModuleOp, main: FuncOp
) -> Callable[[Sequence[Any]], Sequence[Any]]:
    """A function with open sizes, made ready once for each of the last shapes of its operands."""
    ready: dict[tuple[tuple[int, ...], ...], Callable[[Sequence[Any]], Sequence[Any]]] = {}
    types = main.function_type.inputs.data
    # Other operands may be sequences, whose elements have shapes of their own.
    sized = [at for at, type_ in enumerate(types) if has_names(type_)]

    def call(operands: Sequence[Any]) -> Sequence[Any]:
        shapes = tuple([np.shape(operands[at]) for at in sized])
        bound = ready.get(shapes)
        if bound is None:
            names = _names(main, INPUT_NAMES)
            numbers = bound_to_inputs(module, main, names, types, operands)
            if any(map(has_names, _function(numbers, main.sym_name.data).function_type.outputs)):
                raise StepwellError(f"@{main.sym_name.data} gives sizes that no input has")
            bound = repeated(ctx, numbers, main.sym_name.data)
            if len(ready) >= _SIZES_KEPT:
                ready.clear()
            ready[shapes] = bound
        return bound(operands)

    return call


def _alone(ctx: Context, main: FuncOp) -> Callable[[Sequence[Any]], Sequence[Any]] | None:
    """A function of one operation, without an interpreter where its dialect can do so."""
    if len(main.body.blocks) != 1:
        return None
    block = main.body.block
    ops = list(block.ops)
    dialect = ops[0].dialect_name()
    if len(ops) != 2 or dialect not in _FRAMEWORKS:
        return None
    if list(ops[1].operands) != list(ops[0].results):
        return None
    if list(ops[0].operands) != list(block.args):
        return None
    return alone(_semantics(ctx, dialect), ops[0])


def _returned_opaque(function: FuncOp) -> list[int]:
    """Positions of the outputs that a planned function returns, which have no memory."""
    positions = function.attributes.get(OPAQUE_OUTPUTS)
    return list(int_values(positions)) if isinstance(positions, DenseArrayBase) else []


def _run_in_memory(
    ctx: Context,
    module: ModuleOp,
    main: FuncOp,
    scratch: Sequence[Attribute],
    buffers: Sequence[Any],
) -> Sequence[Any]:
    from .kernels.program import is_kernel_program, run_kernel_program

    if is_kernel_program(main):
        run_kernel_program(ctx, module, main, buffers)
        return ()
    return _call(ctx, module, main, [*map(_memory, scratch), *buffers])


def _run_sized(
    ctx: Context,
    module: ModuleOp,
    main: FuncOp,
    signature: FunctionType,
    given: Sequence[Any],
) -> list[Any]:
    """A program of level 5 whose sizes are open."""
    from .kernels.program import grown_outputs, run_sized_program

    names = _names(main, INPUT_NAMES)
    if len(given) != len(signature.inputs):
        raise InputError(f"@{main.sym_name.data} takes {len(signature.inputs)} inputs")
    sizes = sizes_of_inputs(main, names, signature.inputs.data, given)
    bound = BoundSizes(sizes)
    for at, (value, type_) in enumerate(zip(given, signature.inputs, strict=True)):
        _check_input(value, bound(type_), names[at] if at < len(names) else str(at))
    grown = grown_outputs(main)
    results = [
        np.empty(0, dtype_of(element_of(type_)))
        if at in grown
        else _memory(with_room(main, type_, sizes))
        for at, type_ in enumerate(signature.outputs)
    ]
    buffers = [np.asarray(value, order="C") for value in (*given, *results)]
    taken = main.function_type.inputs.data[-len(buffers) :]
    for at, type_ in enumerate(taken):
        if min(shape_of(type_), default=0) < 0:  # flat memory
            buffers[at] = buffers[at].reshape(-1)
    found, made = run_sized_program(ctx, module, main, list(sizes.values()), buffers)
    if not found:
        return results
    for number, memory in made.items():
        results[number] = memory.view(results[number].dtype)
    bound = BoundSizes({**sizes, **found})
    shapes = [shape_of(bound(type_)) for type_ in signature.outputs]
    return [r.reshape(-1)[: prod(n)].reshape(n) for r, n in zip(results, shapes, strict=True)]


def _call(
    ctx: Context, module: ModuleOp, function: FuncOp, arguments: Sequence[Any]
) -> Sequence[Any]:
    from .kernels.plain import is_plain, run_plain

    if is_plain(module, function):
        return run_plain(module, function, arguments)
    return make_interpreter(ctx, module).call_op(function, tuple(arguments))


def _function(module: ModuleOp, name: str) -> FuncOp:
    for op in module.ops:
        if isinstance(op, FuncOp) and op.sym_name.data == name:
            return op
    raise StepwellError(f"the module has no function @{name}")


def _names(function: FuncOp, which: str) -> list[str]:
    names = function.attributes.get(which)
    if not isinstance(names, ArrayAttr):
        return []
    elements = cast(Sequence[Attribute], names.data)
    return [name.data for name in elements if isinstance(name, StringAttr)]


def _output_types(function: FuncOp, types: Sequence[Attribute]) -> list[Attribute]:
    """The memory for outputs that a function takes as its last arguments."""
    count = len(_names(function, OUTPUT_NAMES)) - len(function.function_type.outputs)
    return list(types[len(types) - count :]) if count <= len(types) else []


def _ordered(inputs: Mapping[str, Any] | Sequence[Any], names: Sequence[str]) -> list[Any]:
    if not isinstance(inputs, Mapping):
        return list(inputs)
    missing = [name for name in names if name not in inputs]
    unknown = [name for name in inputs if name not in names]
    if missing or unknown:
        parts = [f"no input '{name}' was given" for name in missing]
        parts += [f"there is no input '{name}'" for name in unknown]
        raise InputError(f"{'; '.join(parts)} (inputs: {', '.join(names)})")
    return [inputs[name] for name in names]


def _check_input(value: Any, type_: Attribute, name: str) -> None:
    if not isinstance(type_, TensorType | MemRefType) or not isinstance(value, np.ndarray):
        return
    array = cast(Array, value)
    shape = shape_of(cast(Attribute, type_))
    fits = len(shape) == array.ndim and all(
        size < 0 or size == given for size, given in zip(shape, array.shape, strict=True)
    )
    if not fits:
        expected = "x".join("?" if size < 0 else str(size) for size in shape) or "a scalar"
        raise InputError(f"input '{name}' has shape {list(array.shape)}, expected {expected}")
    row = element_type_of_ir(element_of(cast(Attribute, type_)))
    if row is not None and array.dtype != row.numpy:
        raise InputError(f"input '{name}' is {array.dtype}, expected {row.numpy}")


def _physical(value: Any, type_: Attribute) -> Any:
    """A logical array as the value of a type, packed if the type has a layout."""
    from .engine.layout import pack

    physical = pack(value, type_) if _has_layout(type_) else value
    # Views of a buffer count bytes from its start, so it must lie as its type says.
    return np.asarray(physical, order="C") if isinstance(type_, MemRefType) else physical


def _logical(value: Any, type_: Attribute) -> Any:
    from .engine.layout import unpack

    return unpack(value, type_) if _has_layout(type_) else value


def _has_layout(type_: Attribute) -> bool:
    from ..dialects.engine.layout import LayoutAttr

    encoding = type_.encoding if isinstance(type_, TensorType) else None
    layout = type_.layout if isinstance(type_, MemRefType) else encoding
    return isinstance(layout, LayoutAttr)


def _memory_for(type_: Attribute) -> Any:
    """Poisoned memory of an output; where the data decides its size, once that is known."""
    if not has_names(type_):
        return _memory(type_)
    from .engine.data_sizes import PendingMemory

    return PendingMemory()


def _found(memory: Any) -> Any:
    """The array that memory of an output has become."""
    return memory if isinstance(memory, np.ndarray) else memory.array


def _memory(type_: Attribute) -> Array:
    """Poisoned memory of a memref type."""
    from .engine.layout import POISON_BYTE, view_of

    raw = np.full(max(span_bytes_of(type_), 1), POISON_BYTE, np.uint8)
    return view_of(raw, 0, type_)
