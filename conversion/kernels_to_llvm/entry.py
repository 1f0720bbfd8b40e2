"""
The entry point of a compiled model: `i32 stepwell_main(ptr frame)`.

`frame` is an array of 8-byte slots:

| slot | holds |
|---|---|
| 0 | base address of the weights |
| 1 | base address of the arena |
| 2 | the thread pool, null to run every chunk in order |
| 3 | `void (*)(i64 index, ptr frame)`, called for op `index` that runs by reference |
| 4 | the error status, written by kernels |
| 5... | addresses of the inputs, then of the outputs |

`@main(%weights: memref<?xi8>, %arena: memref<?xi8>, inputs..., outputs...)` gets these slots as
arguments. With the attribute `error_status` on it, a third argument `%status: memref<1xi64>` is
slot 4: kernels store the number of an error there, 1-based into the artifact's table of errors,
and `stepwell_main` returns it. It returns 0 when nothing went wrong.

`func.call @stepwell_reference(%index)` calls slot 3. `func.call @stepwell_clock() : () -> i64`
reads the processor's counter that ticks at a constant rate; a program that is profiled calls it.
"""

from __future__ import annotations

from llvmlite import ir
from xdsl.dialects import func
from xdsl.dialects.builtin import MemRefType

from ...errors import CompileError
from .attributes import add_attributes
from .emitter import FunctionEmitter, ModuleState, Value
from .types import I32, I64, POINTER, VOID

MAIN = "main"
ENTRY_SYMBOL = "stepwell_main"
REFERENCE_SYMBOL = "stepwell_reference"
CLOCK_SYMBOL = "stepwell_clock"

WEIGHTS_SLOT = 0
ARENA_SLOT = 1
REFERENCE_SLOT = 3
STATUS_SLOT = 4
FIRST_BUFFER_SLOT = 5

ERROR_STATUS = "error_status"
"""Attribute of `@main`: its third argument is the error status."""


def emit_entry(state: ModuleState, main: func.FuncOp) -> None:
    """Emit `stepwell_main`, which reads the frame and calls `@main`."""
    function = ir.Function(state.module, ir.FunctionType(I32, [POINTER]), ENTRY_SYMBOL)
    add_attributes(function, state.target)
    builder = ir.IRBuilder(function.append_basic_block("entry"))
    frame = function.args[0]

    def slot(position: int) -> Value:
        return builder.gep(frame, [ir.Constant(I64, position)], source_etype=I64)

    status = slot(STATUS_SLOT)
    builder.store(ir.Constant(I64, 0), status, align=8)
    has_status = ERROR_STATUS in main.attributes
    arguments: list[Value] = [frame]
    buffer = FIRST_BUFFER_SLOT
    for position, type in enumerate(main.function_type.inputs):
        if not isinstance(type, MemRefType):
            raise CompileError(f"@main: argument {position} is {type}, expected a memref")
        if position < 2:
            pointer = builder.load(slot((WEIGHTS_SLOT, ARENA_SLOT)[position]), align=8, typ=POINTER)
        elif position == 2 and has_status:
            pointer = status
        else:
            pointer = builder.load(slot(buffer), align=8, typ=POINTER)
            buffer += 1
        arguments.append(pointer)
        opened = sum(size < 0 for size in type.get_shape())
        arguments.extend([ir.Constant(I64, 0)] * opened)
    builder.call(state.functions[MAIN], arguments)
    builder.ret(builder.trunc(builder.load(status, align=8, typ=I64), I32))


def call_reference(e: FunctionEmitter, index: Value) -> None:
    """Call slot 3 of the frame with the number of a reference op."""
    if e.frame is None:
        raise CompileError(f"@{REFERENCE_SYMBOL} can only be called from @{MAIN}")
    builder = e.builder
    address = builder.gep(e.frame, [ir.Constant(I64, REFERENCE_SLOT)], source_etype=I64)
    # llvmlite reads the signature of an indirect call from a typed pointer.
    signature = ir.FunctionType(VOID, [I64, POINTER])
    callback = builder.load(address, align=8, typ=I64)
    builder.call(builder.inttoptr(callback, ir.PointerType(signature)), [index, e.frame])


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
