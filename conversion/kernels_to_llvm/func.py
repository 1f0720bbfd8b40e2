"""
Functions: signatures, attributes, calls, and the entry point of a compiled model.

How functions are called:

- A memref argument travels as its pointer, followed by one i64 for each extent and each stride
  its type leaves open. Results are scalars or vectors, at most one.
- A function's memrefs are `noalias`, unless the function has the attribute `may_alias` (a kernel
  that works in place gets the same memory twice).
- A `private` function is internal and never inlined: a tile function stays one function. Registers
  are spilled only around the calls of one that is `rarely_called`.
- A function without a body is a kernel that another object defines.
- `@main` gets the frame in front of its arguments and becomes internal; `stepwell_main` is what
  the world calls, and `stepwell_bind` what calls `@bind`. See `entry.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, cast

from llvmlite import ir
from xdsl.dialects import func
from xdsl.dialects.builtin import MemRefType, ModuleOp
from xdsl.ir import Attribute, Operation

from ...errors import CompileError
from ...runtime.abi import (
    ARENA_AT,
    BIND,
    CLOCK,
    COLD,
    INTERRUPTED,
    MAIN,
    MAY_ALIAS,
    PROVIDE,
    REFERENCE,
    STOP_IF_FAILED,
)
from ...targets.target import Target
from .attributes import add_attributes
from .emitter import FunctionEmitter, Memory, ModuleState, Value, emits, open_strides
from .entry import call_reference, emit_entry, look_for_interruption, read_clock, stop_if_failed
from .parts import call_parts, emit_part, parts_of
from .segment_memory import arena_at, provide
from .types import I64, POINTER, VOID, lower_type


def argument_types(type: Attribute) -> list[ir.Type]:
    """LLVM types of one argument: a memref is its pointer, open extents and open strides."""
    if not isinstance(type, MemRefType):
        return [lower_type(type)]
    memref = type
    opened = sum(size < 0 for size in memref.get_shape()) + sum(open_strides(memref))
    return [POINTER, *[I64] * opened]


def signature(op: func.FuncOp) -> ir.FunctionType:
    """The LLVM signature of a function (`@main`: with the frame in front)."""
    results = op.function_type.outputs.data
    if len(results) > 1:
        raise CompileError(f"function @{op.sym_name.data} has more than one result")
    if results and isinstance(results[0], MemRefType):
        raise CompileError(f"function @{op.sym_name.data} returns a memref; pass it as an argument")
    result = lower_type(results[0]) if results else VOID
    arguments = [t for type in op.function_type.inputs for t in argument_types(type)]
    if op.sym_name.data == MAIN:
        arguments.insert(0, POINTER)
    return ir.FunctionType(result, arguments)


def declare(state: ModuleState, op: func.FuncOp) -> None:
    """Add the LLVM function of `op` to the module, without a body."""
    name = op.sym_name.data
    if name in (REFERENCE, CLOCK, INTERRUPTED, STOP_IF_FAILED, PROVIDE, ARENA_AT):
        return
    function = ir.Function(state.module, signature(op), name)
    if not op.body.blocks:  # a kernel of another object
        state.functions[name] = function
        return
    add_attributes(function, state.target)
    is_private = op.sym_visibility is not None and op.sym_visibility.data == "private"
    if is_private or name in (MAIN, BIND):
        function.linkage = "internal"
    if is_private or name == BIND:
        function.attributes.add("noinline")
    if name == BIND:  # called once for each set of sizes: six times sooner compiled than at level 2
        function.attributes.add("optnone")
    if COLD in op.attributes:
        function.attributes.add("cold")
    state.functions[name] = function


def define(state: ModuleState, op: func.FuncOp) -> None:
    """Emit the body of a declared function."""
    name = op.sym_name.data
    if len(op.body.blocks) != 1:
        raise CompileError(f"function @{name}: control flow must be structured (scf), not blocks")
    function = state.functions[name]
    parts = parts_of(op) if name == MAIN else []
    if len(parts) < 2:
        _emitter(state, op, function).run(op.body.block)
        return
    functions: list[ir.Function] = []
    for number, ops in enumerate(parts):
        part = ir.Function(state.module, signature(op), f"{MAIN}.{number}")
        add_attributes(part, state.target)
        part.linkage = "internal"
        part.attributes.add("noinline")
        emitter = _emitter(state, op, part)
        emit_part(emitter, ops, op.body.block)
        if number < len(parts) - 1:  # the last one has the return of the whole
            emitter.builder.ret_void()
        functions.append(part)
    call_parts(function, functions, [any(map(_may_stop, ops)) for ops in parts])


def _may_stop(op: Operation) -> bool:
    return isinstance(op, func.CallOp) and op.callee.string_value() == STOP_IF_FAILED


def _emitter(state: ModuleState, op: func.FuncOp, function: ir.Function) -> FunctionEmitter:
    """What emits the body of `op`, or a part of it, as `function`; it knows the arguments."""
    name = op.sym_name.data
    arguments: Iterator[Any] = iter(function.args)
    frame = next(arguments) if name == MAIN else None
    emitter = FunctionEmitter(state, function, frame)
    alias = name == MAIN or MAY_ALIAS in op.attributes
    for argument in op.body.block.args:
        if not isinstance(argument.type, MemRefType):
            emitter.values[argument] = next(arguments)
            continue
        type = argument.type
        pieces = list(islice(arguments, len(argument_types(type))))
        if not alias:
            pieces[0].add_attribute("noalias")
        if name != MAIN:  # a program without weights may be given no address for them
            pieces[0].add_attribute("nonnull")
        emitter.values[argument] = emitter.memory_argument(type, pieces)
    return emitter


@emits(func.FuncOp)
def _nested_function(e: FunctionEmitter, op: func.FuncOp) -> None:
    raise CompileError(f"function @{op.sym_name.data} stands inside another function")


@emits(func.ReturnOp)
def _return(e: FunctionEmitter, op: func.ReturnOp) -> None:
    values = e.operands(op)
    if values:
        e.builder.ret(values[0])
    else:
        e.builder.ret_void()


@emits(func.CallOp)
def _call(e: FunctionEmitter, op: func.CallOp) -> None:
    name = op.callee.string_value()
    if name == REFERENCE:
        call_reference(e, e[op.arguments[0]])
        return
    if name == CLOCK:
        e.set(op, read_clock(e))
        return
    if name == INTERRUPTED:
        e.set(op, look_for_interruption(e, e[op.arguments[0]]))
        return
    if name == STOP_IF_FAILED:
        stop_if_failed(e)
        return
    if name == PROVIDE:
        table, *numbers = (e[operand] for operand in op.arguments)
        provide(e, table.pointer, *numbers)
        return
    if name == ARENA_AT:
        table, entry = (e[operand] for operand in op.arguments)
        e.set(op, Memory(arena_at(e, table.pointer, entry), (None,), (1,)))
        return
    callee = e.state.functions.get(name)
    declaration = e.state.declarations.get(name)
    if callee is None or declaration is None:
        raise CompileError(f"call of @{name}, which the module does not have")
    arguments: list[Value] = []
    inputs: Sequence[Attribute] = declaration.function_type.inputs.data
    for operand, type in zip(op.arguments, inputs, strict=True):
        value = e[operand]
        if isinstance(value, Memory):
            arguments.extend(e.memory_pieces(cast(MemRefType, type), value))
        else:
            arguments.append(value)
    result = e.builder.call(callee, arguments)
    e.set(op, *([result] if op.results else []))


def emit_module(module: ModuleOp, target: Target) -> ir.Module:
    """
    Translate a level-5 module to LLVM IR for `target`.

    `@main`, where the module has one, gets the entry point `stepwell_main` around it. Raises
    `CompileError` for an op or type without machine code, naming it.
    """
    result = ir.Module(name="stepwell")
    result.triple = target.triple
    functions: list[func.FuncOp] = []
    for op in module.ops:
        if not isinstance(op, func.FuncOp):
            raise CompileError(f"{_name(op)} at the top of a kernel module; expected func.func")
        functions.append(op)
    state = ModuleState(result, target, {}, {op.sym_name.data: op for op in functions})
    for op in functions:
        declare(state, op)
    for op in functions:
        if op.body.blocks:
            define(state, op)
    if MAIN in state.declarations:
        emit_entry(state, state.declarations[MAIN])
    return result


def _name(op: Operation) -> str:
    return op.name
