"""
Types of level 5 as LLVM types.

`index` is i64. `bf16` travels as i16 (llvmlite has no bfloat type; only loads, stores, casts,
shuffles and bit operations take it). In memory an `i1` is a byte, 0 or 1, as numpy has it.
"""

from __future__ import annotations

from functools import cache

from llvmlite import ir
from xdsl.dialects.builtin import (
    BFloat16Type,
    Float16Type,
    Float32Type,
    Float64Type,
    IndexType,
    IntegerType,
    MemRefType,
    VectorType,
)
from xdsl.ir import Attribute

from ...errors import CompileError

I1 = ir.IntType(1)
I8 = ir.IntType(8)
I16 = ir.IntType(16)
I32 = ir.IntType(32)
I64 = ir.IntType(64)
POINTER = ir.PointerType()
VOID = ir.VoidType()


@cache
def lower_type(type: Attribute) -> ir.Type:
    """The LLVM type of a level-5 type; a memref is its pointer. `CompileError` if there is none."""
    match type:
        case IndexType():
            return I64
        case IntegerType():
            return ir.IntType(type.width.data)
        case Float32Type():
            return ir.FloatType()
        case Float64Type():
            return ir.DoubleType()
        case Float16Type():
            return ir.HalfType()
        case BFloat16Type():
            return I16
        case VectorType():
            shape = type.get_shape()
            if len(shape) != 1:
                raise CompileError(f"{type}: only one-dimensional vectors have machine code")
            return ir.VectorType(lower_type(type.element_type), shape[0])
        case MemRefType():
            return POINTER
        case _:
            raise CompileError(f"{type} has no machine type")


@cache
def memory_element(element: Attribute) -> ir.Type:
    """LLVM type of one element in memory: that of the value, but a byte for `i1`."""
    return I8 if element == IntegerType(1) else lower_type(element)


@cache
def element_bytes(element: Attribute) -> int:
    """Size of one element in memory, which is also the alignment of unaligned accesses."""
    match element:
        case IndexType():
            return 8
        case IntegerType():
            return max(1, element.width.data // 8)
        case Float64Type():
            return 8
        case Float32Type():
            return 4
        case Float16Type() | BFloat16Type():
            return 2
        case _:
            raise CompileError(f"{element} cannot be an element in memory")
