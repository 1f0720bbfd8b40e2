"""
The entry points of a compiled model: `i32 stepwell_main(ptr frame)` around `@main` of level 5, and,
of a model with open sizes, `void stepwell_bind(ptr frame)` around `@bind`.

The frame, and what the functions get of it, are those of `runtime/abi.py`.
"""

from __future__ import annotations

from llvmlite import ir
from xdsl.dialects import func
from xdsl.dialects.builtin import MemRefType

from ...errors import CompileError
from ...runtime.abi import (
    BIND,
    BIND_ENTRY,
    ENTRY,
    ERROR_STATUS,
    INTERRUPTED,
    MAIN,
    REFERENCE,
    SIZE_TABLE,
    STOP_IF_FAILED,
    FrameSlot,
)
from .attributes import add_attributes
from .emitter import FunctionEmitter, ModuleState, Value
from .types import I32, I64, POINTER, VOID


def emit_entry(state: ModuleState, main: func.FuncOp) -> None:
    """Emit `stepwell_main`, which reads the frame and calls `@main`."""
    function = ir.Function(state.module, ir.FunctionType(I32, [POINTER]), ENTRY)
    add_attributes(function, state.target)
    builder = ir.IRBuilder(function.append_basic_block("entry"))
    frame = function.args[0]

    def slot(position: int) -> Value:
        return builder.gep(frame, [ir.Constant(I64, int(position))], source_etype=I64)

    status = slot(FrameSlot.STATUS)
    builder.store(ir.Constant(I64, 0), status, align=8)
    given: list[Value] = [
        builder.load(slot(position), align=8, typ=POINTER)
        for position in (FrameSlot.WEIGHTS, FrameSlot.ARENA)
    ]
    if ERROR_STATUS in main.attributes:
        given.append(status)
    if SIZE_TABLE in main.attributes:
        given.append(builder.load(slot(FrameSlot.TABLE), align=8, typ=POINTER))
    arguments: list[Value] = [frame]
    for position, type in enumerate(main.function_type.inputs):
        if not isinstance(type, MemRefType):
            raise CompileError(f"@main: argument {position} is {type}, expected a memref")
        if position < len(given):
            pointer = given[position]
        else:
            buffer = slot(FrameSlot.ARGUMENTS + position - len(given))
            pointer = builder.load(buffer, align=8, typ=POINTER)
        arguments += [pointer, *_open_extents(type)]
    builder.call(state.functions[MAIN], arguments)
    builder.ret(builder.trunc(builder.load(status, align=8, typ=I64), I32))
    if SIZE_TABLE in main.attributes:
        _emit_bind(state, len(main.function_type.inputs) - len(given))


def _emit_bind(state: ModuleState, buffers: int) -> None:
    """Emit `stepwell_bind`, which gives `@bind` the names that follow the buffers in the frame."""
    bind = state.declarations.get(BIND)
    if bind is None:
        raise CompileError(f"@{MAIN} has a table of sizes, but there is no @{BIND} that fills it")
    function = ir.Function(state.module, ir.FunctionType(VOID, [POINTER]), BIND_ENTRY)
    add_attributes(function, state.target)
    builder = ir.IRBuilder(function.append_basic_block("entry"))
    frame = function.args[0]
    names = builder.gep(frame, [ir.Constant(I64, FrameSlot.ARGUMENTS + buffers)], source_etype=I64)
    slot = builder.gep(frame, [ir.Constant(I64, int(FrameSlot.TABLE))], source_etype=I64)
    arguments: list[Value] = []
    pointers = (names, builder.load(slot, align=8, typ=POINTER))
    for type, pointer in zip(bind.function_type.inputs, pointers, strict=True):
        if not isinstance(type, MemRefType):
            raise CompileError(f"@{BIND}: an argument is {type}, expected a memref")
        arguments += [pointer, *_open_extents(type)]
    builder.call(state.functions[BIND], arguments)
    builder.ret_void()


def _open_extents(type: MemRefType) -> list[Value]:
    """What is given for the extents that a type leaves open, which nothing reads."""
    return [ir.Constant(I64, 0)] * sum(size < 0 for size in type.get_shape())


def call_reference(e: FunctionEmitter, index: Value) -> None:
    """Call back to run the reference operation of a number, counted from 0."""
    if e.frame is None:
        raise CompileError(f"@{REFERENCE} can only be called from @{MAIN}")
    builder = e.builder
    address = builder.gep(e.frame, [ir.Constant(I64, int(FrameSlot.REFERENCE))], source_etype=I64)
    # llvmlite reads the signature of an indirect call from a typed pointer.
    signature = ir.FunctionType(VOID, [I64, POINTER])
    callback = builder.load(address, align=8, typ=I64)
    builder.call(builder.inttoptr(callback, ir.PointerType(signature)), [index, e.frame])


def look_for_interruption(e: FunctionEmitter, since: Value) -> Value:
    """Ask whether the call is to end, if that was long ago; when it was asked last, in ticks."""
    if e.frame is None:
        raise CompileError(f"@{INTERRUPTED} can only be called from @{MAIN}")
    builder, frame = e.builder, e.frame
    ask, end, after = e.new_block("ask"), e.new_block("interrupted"), e.new_block("asked")
    call = e.new_block("look")

    def slot(position: FrameSlot) -> Value:
        return builder.gep(frame, [ir.Constant(I64, int(position))], source_etype=I64)

    zero = ir.Constant(I64, 0)
    now = read_clock(e)
    late = builder.icmp_unsigned(">", builder.sub(now, since), ir.Constant(I64, _ticks(e)))
    builder.cbranch(late, ask, after)
    before = builder.block
    builder.position_at_end(ask)
    callback = builder.load(slot(FrameSlot.INTERRUPT), align=8, typ=I64)
    builder.cbranch(builder.icmp_unsigned("!=", callback, zero), call, after)
    builder.position_at_end(call)
    signature = ir.FunctionType(I64, [])
    answer = builder.call(builder.inttoptr(callback, ir.PointerType(signature)), [])
    builder.cbranch(builder.icmp_unsigned("!=", answer, zero), end, after)
    builder.position_at_end(end)
    builder.store(ir.Constant(I64, -1), slot(FrameSlot.STATUS), align=8)
    builder.branch(after)
    builder.position_at_end(after)
    looked = builder.phi(I64)
    for block, value in ((before, since), (ask, now), (call, now), (end, now)):
        looked.add_incoming(value, block)
    return looked


def stop_if_failed(e: FunctionEmitter) -> None:
    """Return from `@main`, or the part of it that is being emitted, if the status is not 0."""
    if e.frame is None:
        raise CompileError(f"@{STOP_IF_FAILED} can only be called from @{MAIN}")
    return_if_failed(e.function, e.builder, e.frame)


def return_if_failed(function: ir.Function, builder: ir.IRBuilder, frame: Value) -> None:
    """Return if the status in the frame is not 0; what is built next is for when it is 0."""
    address = builder.gep(frame, [ir.Constant(I64, int(FrameSlot.STATUS))], source_etype=I64)
    status = builder.load(address, align=8, typ=I64)
    failed = builder.icmp_unsigned("!=", status, ir.Constant(I64, 0))
    stop, go_on = (function.append_basic_block(name) for name in ("stop", "go_on"))
    builder.cbranch(failed, stop, go_on)
    builder.position_at_end(stop)
    builder.ret_void()
    builder.position_at_end(go_on)


def _ticks(e: FunctionEmitter) -> int:
    """How long nobody is asked: some 20 ms of the cycles of x86, a few of a slow counter."""
    return 1 << (26 if e.target.architecture in ("x86_64", "amd64") else 20)


def read_clock(e: FunctionEmitter) -> Value:
    """Ticks of a counter of constant rate, as an i64."""
    # x86 has it as the cycle counter (`rdtsc`); elsewhere that one is for the kernel alone, or
    # counts the cycles of a varying clock, and the steady counter is the right one.
    x86 = e.target.architecture in ("x86_64", "amd64")
    name = "llvm.readcyclecounter" if x86 else "llvm.readsteadycounter"
    found = e.state.functions.get(name)
    if found is None:
        found = ir.Function(e.state.module, ir.FunctionType(I64, []), name)
        e.state.functions[name] = found
    return e.builder.call(found, [])
