"""Emitters of `memref`: element access, views and stack buffers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from llvmlite import ir
from xdsl.dialects import memref
from xdsl.dialects.builtin import DYNAMIC_INDEX, IntegerAttr, IntegerType, MemRefType
from xdsl.ir import SSAValue

from ...dialects.memref_prefetch import PrefetchOp
from ...errors import CompileError
from .emitter import FunctionEmitter, Memory, Value, as_i64, emits, resolve_strides
from .types import I8, I32, VOID, element_bytes, memory_element


def memref_type(value: SSAValue) -> MemRefType:
    """The memref type of a value."""
    assert isinstance(value.type, MemRefType)
    return value.type


@emits(memref.LoadOp)
def _load(e: FunctionEmitter, op: memref.LoadOp) -> None:
    element = memref_type(op.memref).element_type
    pointer = e.element_pointer(e[op.memref], op.indices, element)
    value = e.builder.load(pointer, align=element_bytes(element), typ=memory_element(element))
    if element == IntegerType(1):
        value = e.builder.icmp_unsigned("!=", value, ir.Constant(I8, 0))
    e.set(op, value)


@emits(memref.StoreOp)
def _store(e: FunctionEmitter, op: memref.StoreOp) -> None:
    element = memref_type(op.memref).element_type
    pointer = e.element_pointer(e[op.memref], op.indices, element)
    value = e[op.value]
    if element == IntegerType(1):
        value = e.builder.zext(value, I8)
    e.builder.store(value, pointer, align=element_bytes(element))


@emits(PrefetchOp)
def _prefetch(e: FunctionEmitter, op: PrefetchOp) -> None:
    element = memref_type(op.memref).element_type
    pointer = e.element_pointer(e[op.memref], op.indices, element)
    hints = (op.is_write, op.locality, op.is_data)
    arguments = [ir.Constant(I32, abs(hint.value.data)) for hint in hints]
    e.intrinsic("prefetch", VOID, [pointer, *arguments], "p0")


@emits(memref.DimOp)
def _dim(e: FunctionEmitter, op: memref.DimOp) -> None:
    axis = e[op.index]
    memory: Memory = e[op.source]
    if not isinstance(axis, ir.Constant):
        raise CompileError("memref.dim: the axis must be a constant")
    size = memory.sizes[cast(int, axis.constant)]
    if size is None:
        raise CompileError(f"memref.dim: the extent of {op.source.type} is not known to the code")
    e.set(op, as_i64(size))


@emits(memref.CastOp, memref.MemorySpaceCastOp)
def _cast(e: FunctionEmitter, op: memref.CastOp) -> None:
    """A cast only says more or less about extents; sizes the source lacks come from the type."""
    memory: Memory = e[op.source]
    type = memref_type(op.dest)
    sizes = tuple(
        known if known >= 0 else size
        for known, size in zip(type.get_shape(), memory.sizes, strict=True)
    )
    e.set(op, Memory(memory.pointer, sizes, memory.strides))


@emits(memref.AssumeAlignmentOp)
def _assume_alignment(e: FunctionEmitter, op: memref.AssumeAlignmentOp) -> None:
    e.set(op, e[op.memref])


@emits(memref.ViewOp)
def _view(e: FunctionEmitter, op: memref.ViewOp) -> None:
    """A row-major memref at a byte offset of a byte buffer."""
    source: Memory = e[op.source]
    type = memref_type(op.result)
    pointer = e.offset_pointer(source.pointer, _offset(e[op.byte_shift]), I8)
    dynamic = iter(op.sizes)
    sizes = tuple(e[next(dynamic)] if size < 0 else size for size in type.get_shape())
    e.set(op, Memory(pointer, sizes, resolve_strides(e.builder, type, sizes, iter(()))))


def _offset(value: Value) -> Value | None:
    return None if isinstance(value, ir.Constant) and value.constant == 0 else value


def _mixed(e: FunctionEmitter, static: Sequence[int], dynamic: Sequence[SSAValue]) -> list[Any]:
    """Numbers and run-time values of an MLIR mixed list, in order."""
    rest = iter(dynamic)
    return [_number(e[next(rest)]) if n == DYNAMIC_INDEX else n for n in static]


def _number(value: Value) -> Any:
    return cast(int, value.constant) if isinstance(value, ir.Constant) else value


def _times(e: FunctionEmitter, a: Any, b: Any) -> Any:
    if isinstance(a, int) and isinstance(b, int):
        return a * b
    if isinstance(a, int) and a == 1:
        return b
    if isinstance(b, int) and b == 1:
        return a
    return e.builder.mul(as_i64(a), as_i64(b), flags=("nsw",))


def _plus(e: FunctionEmitter, a: Any, b: Any) -> Any:
    if isinstance(a, int) and isinstance(b, int):
        return a + b
    return e.builder.add(as_i64(a), as_i64(b), flags=("nsw",))


def _shifted(e: FunctionEmitter, pointer: Value, offset: Any, type: MemRefType) -> Value:
    if isinstance(offset, int) and offset == 0:
        return pointer
    return e.offset_pointer(pointer, as_i64(offset), memory_element(type.element_type))


@emits(memref.SubviewOp)
def _subview(e: FunctionEmitter, op: memref.SubviewOp) -> None:
    source: Memory = e[op.source]
    offsets = _mixed(e, op.static_offsets.get_values(), op.offsets)
    sizes = _mixed(e, op.static_sizes.get_values(), op.sizes)
    steps = _mixed(e, op.static_strides.get_values(), op.strides)
    total: Any = 0
    for offset, stride in zip(offsets, source.strides, strict=True):
        total = _plus(e, total, _times(e, offset, stride))
    strides = [_times(e, step, stride) for step, stride in zip(steps, source.strides, strict=True)]
    kept = _kept_axes(op, sizes)
    e.set(
        op,
        Memory(
            _shifted(e, source.pointer, total, memref_type(op.source)),
            tuple(sizes[axis] for axis in kept),
            tuple(strides[axis] for axis in kept),
        ),
    )


def _kept_axes(op: memref.SubviewOp, sizes: Sequence[Any]) -> list[int]:
    """Axes of the source that the result still has: rank reduction drops axes of size 1."""
    result = memref_type(op.result)
    wanted = list(result.get_shape())
    strides = list(result.get_strides() or [None] * len(wanted))
    source_strides = memref_type(op.source).get_strides() or [None] * len(sizes)
    dropped = len(sizes) - len(wanted)
    kept: list[int] = []
    for axis, size in enumerate(sizes):
        position = len(kept)
        fits = position < len(wanted) and (not isinstance(size, int) or size == wanted[position])
        same_stride = fits and (
            strides[position] is None or strides[position] == source_strides[axis]
        )
        if size == 1 and dropped and not (fits and same_stride):
            dropped -= 1
            continue
        kept.append(axis)
    if len(kept) != len(wanted):
        raise CompileError(f"memref.subview: {op.result.type} is not a slice of {op.source.type}")
    return kept


@emits(memref.ReinterpretCastOp)
def _reinterpret_cast(e: FunctionEmitter, op: memref.ReinterpretCastOp) -> None:
    """The offset counts from the start of the source's buffer, so the source's own is taken off."""
    source: Memory = e[op.source]
    type = memref_type(op.source)
    own = type.get_offset()
    (offset,) = _mixed(e, op.static_offsets.get_values(), op.offsets)
    if own is None:
        raise CompileError(f"memref.reinterpret_cast of {type}: its offset is not known")
    sizes = _mixed(e, op.static_sizes.get_values(), op.sizes)
    strides = _mixed(e, op.static_strides.get_values(), op.strides)
    pointer = _shifted(e, source.pointer, _plus(e, offset, -own), type)
    e.set(op, Memory(pointer, tuple(sizes), tuple(strides)))


@emits(memref.CollapseShapeOp, memref.ExpandShapeOp)
def _reassociate(e: FunctionEmitter, op: memref.CollapseShapeOp) -> None:
    """Contiguous axes folded or split; the static result type says everything."""
    type = memref_type(op.result)
    source: Memory = e[op.src]
    if any(size < 0 for size in type.get_shape()) or type.get_strides() is None:
        raise CompileError(f"{op.name}: {type} must have a static shape")
    strides = resolve_strides(e.builder, type, type.get_shape(), iter(()))
    e.set(op, Memory(source.pointer, tuple(type.get_shape()), strides))


@emits(memref.AllocaOp)
def _alloca(e: FunctionEmitter, op: memref.AllocaOp) -> None:
    """One slot of the function's stack frame, also where the op stands in a loop."""
    type = memref_type(op.memref)
    count = 1
    for size in type.get_shape():
        if size < 0:
            raise CompileError(f"memref.alloca: {type} must have a static shape")
        count *= size
    alignment = op.alignment
    slot = e.stack_slot(
        ir.ArrayType(memory_element(type.element_type), max(1, count)),
        alignment.value.data if isinstance(alignment, IntegerAttr) else 64,
    )
    strides = resolve_strides(e.builder, type, type.get_shape(), iter(()))
    e.set(op, Memory(slot, tuple(type.get_shape()), strides))


@emits(memref.CopyOp)
def _copy(e: FunctionEmitter, op: memref.CopyOp) -> None:
    """Loops over the shape, element by element; kernels that copy much write vectors instead."""
    source: Memory = e[op.source]
    target: Memory = e[op.destination]
    element = memref_type(op.source).element_type
    type, size = memory_element(element), element_bytes(element)

    def walk(axis: int, read: Any, write: Any) -> None:
        if axis == len(source.sizes):
            value = e.builder.load(
                e.offset_pointer(source.pointer, as_i64(read), type), align=size, typ=type
            )
            e.builder.store(
                value, e.offset_pointer(target.pointer, as_i64(write), type), align=size
            )
            return
        from .scf import count_loop

        with count_loop(e, as_i64(source.sizes[axis])) as index:
            walk(
                axis + 1,
                _plus(e, read, _times(e, index, source.strides[axis])),
                _plus(e, write, _times(e, index, target.strides[axis])),
            )

    walk(0, 0, 0)
