"""Memory that `@main` asks for in the middle of a call, once it knows how much (`abi.py`)."""

from __future__ import annotations

from llvmlite import ir

from ...errors import CompileError
from ...runtime.abi import MAIN, PROVIDE
from .emitter import FunctionEmitter, Value
from .types import I64, POINTER, VOID


def provide(e: FunctionEmitter, table: Value, grow: Value, entry: Value, size: Value) -> None:
    """See that the memory of an entry of the table is as large, by a call of what is in `grow`."""
    if e.frame is None:
        raise CompileError(f"@{PROVIDE} can only be called from @{MAIN}")
    builder = e.builder
    room = builder.gep(table, [builder.add(entry, ir.Constant(I64, 1))], source_etype=I64)
    short = builder.icmp_signed(">", size, builder.load(room, align=8, typ=I64))
    more, after = e.new_block("more"), e.new_block("provided")
    builder.cbranch(short, more, after)
    builder.position_at_end(more)
    address = builder.gep(table, [grow], source_etype=I64)
    # llvmlite reads the signature of an indirect call from a typed pointer.
    signature = ir.FunctionType(VOID, [I64, I64, POINTER])
    callback = builder.load(address, align=8, typ=I64)
    function = builder.inttoptr(callback, ir.PointerType(signature))
    builder.call(function, [entry, size, e.frame])
    builder.branch(after)
    builder.position_at_end(after)


def arena_at(e: FunctionEmitter, table: Value, entry: Value) -> Value:
    """The address in an entry of the table."""
    address = e.builder.gep(table, [entry], source_etype=I64)
    return e.builder.load(address, align=8, typ=POINTER)
