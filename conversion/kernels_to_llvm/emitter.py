"""
The emitter of one function: level-5 operations in, LLVM instructions out.

`EMIT` maps an operation class to the function that emits it; the files beside this one fill it,
one file for each dialect. An emitter takes the `FunctionEmitter` and the op, and gives the op's
results as LLVM values (or `Memory` for memrefs) by `e.set(op, ...)`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from llvmlite import ir
from xdsl.dialects import func
from xdsl.dialects.builtin import MemRefType
from xdsl.ir import Attribute, Block, Operation, SSAValue

from ...errors import CompileError
from ...targets.target import Target
from .types import I64, POINTER, lower_type, memory_element

Value = Any
"""An LLVM value, or `Memory` for a memref (llvmlite has no type stubs)."""

Emitter = Callable[["FunctionEmitter", Any], None]
EMIT: dict[type[Operation], Emitter] = {}
"""Operation class -> emitter. The vector forms of `dialects/vector_arith.py` have own entries."""

_F = TypeVar("_F", bound=Emitter)


def emits(*ops: type[Operation]) -> Callable[[_F], _F]:
    """Register the decorated function as the emitter of `ops`."""

    def register(function: _F) -> _F:
        for op in ops:
            EMIT[op] = function
        return function

    return register


@dataclass(frozen=True)
class Memory:
    """
    A memref value: a pointer to element [0, ..., 0] with strides and sizes in elements.

    Whatever offset the type speaks of is already in the pointer. Numbers are Python ints,
    run-time extents are LLVM values; an extent nobody told is None.
    """

    pointer: Value
    sizes: tuple[Any, ...]
    strides: tuple[Any, ...]


@dataclass
class ModuleState:
    """What all functions of a module share while it is emitted."""

    module: ir.Module
    target: Target
    functions: dict[str, ir.Function]
    declarations: dict[str, func.FuncOp]
    tasks: int = 0


class FunctionEmitter:
    """Values, current block and helpers while one function is emitted."""

    state: ModuleState
    function: ir.Function
    builder: ir.IRBuilder
    frame: Value | None

    def __init__(self, state: ModuleState, function: ir.Function, frame: Value | None = None):
        self.state = state
        self.function = function
        self.frame = frame
        self.entry = function.append_basic_block("entry")
        self.builder = ir.IRBuilder(self.entry)
        self.values: dict[SSAValue, Value] = {}

    @property
    def target(self) -> Target:
        """The target code is emitted for."""
        return self.state.target

    def __getitem__(self, value: SSAValue) -> Value:
        return self.values[value]

    def operands(self, op: Operation) -> list[Value]:
        """LLVM values of the operands."""
        return [self.values[operand] for operand in op.operands]

    def set(self, op: Operation, *values: Value) -> None:
        """Bind the results of `op`."""
        for result, value in zip(op.results, values, strict=True):
            self.values[result] = value

    def run(self, block: Block) -> None:
        """Emit all ops of a block; terminators are left to the op that owns the region."""
        for op in block.ops:
            self.emit(op)

    def emit(self, op: Operation) -> None:
        """Emit one op, whose operands must be there already."""
        emit = EMIT.get(type(op))
        if emit is None:
            raise CompileError(
                f"{op.name} has no machine code (in function @{self.function.name}); "
                "lower it to func, scf, vector, memref and arith first"
            )
        emit(self, op)

    def new_block(self, name: str) -> ir.Block:
        """A basic block at the end of the function."""
        return self.function.append_basic_block(name)

    def stack_slot(self, type: ir.Type, alignment: int = 8) -> Value:
        """Room for a `type` in the function's frame, as a plain pointer."""
        with self.builder.goto_block(self.entry):
            slot = self.builder.alloca(type)
        slot.align = alignment
        # llvmlite types the slot as a pointer to `type`; loads and stores would check against it.
        slot.type = POINTER
        return slot

    # ------------------------------------------------------------------ calls

    def intrinsic(
        self, name: str, result: ir.Type, arguments: Sequence[Value], suffix: str
    ) -> Value:
        """Call `llvm.<name>.<suffix>`, declaring it at its first use."""
        full = f"llvm.{name}.{suffix}"
        found = self.state.functions.get(full)
        if found is None:
            signature = ir.FunctionType(result, [argument.type for argument in arguments])
            found = ir.Function(self.state.module, signature, full)
            self.state.functions[full] = found
        return self.builder.call(found, arguments)

    def float_intrinsic(self, name: str, *arguments: Value, flags: Sequence[str] = ()) -> Value:
        """An intrinsic overloaded on its only type: `llvm.sqrt.v16f32`."""
        result = arguments[0].type
        value = self.intrinsic(name, result, arguments, mangle(result))
        if flags:
            value.fastmath.update(flags)
        return value

    # ------------------------------------------------------------------ memory

    def element_pointer(
        self, memory: Memory, indices: Sequence[SSAValue], element: Attribute
    ) -> Value:
        """Address of `memory[indices]`, as one `getelementptr inbounds`."""
        constant = 0
        offset: Value | None = None
        builder = self.builder
        for index, stride in zip(indices, memory.strides, strict=True):
            value = self.values[index]
            if isinstance(value, ir.Constant) and isinstance(stride, int):
                constant += cast(int, value.constant) * stride
                continue
            if stride != 1:
                factor = ir.Constant(I64, stride) if isinstance(stride, int) else stride
                value = builder.mul(value, factor, flags=("nsw",))
            offset = value if offset is None else builder.add(offset, value, flags=("nsw",))
        if constant:
            number = ir.Constant(I64, constant)
            offset = number if offset is None else builder.add(offset, number, flags=("nsw",))
        return self.offset_pointer(memory.pointer, offset, memory_element(element))

    def offset_pointer(self, pointer: Value, offset: Value | None, element: ir.Type) -> Value:
        """`pointer + offset` elements."""
        if offset is None:
            return pointer
        return self.builder.gep(pointer, [offset], inbounds=True, source_etype=element)

    def memory_argument(self, type: MemRefType, pieces: Sequence[Value]) -> Memory:
        """
        A memref from the pieces it travels in between functions: its pointer, then one i64 for
        each extent and each stride that the type leaves open.
        """
        rest = iter(pieces[1:])
        sizes = tuple(next(rest) if size < 0 else size for size in type.get_shape())
        return Memory(pieces[0], sizes, resolve_strides(self.builder, type, sizes, rest))

    def memory_pieces(self, type: MemRefType, memory: Memory) -> list[Value]:
        """Inverse of `memory_argument`."""
        pieces = [memory.pointer]
        for size, known in zip(memory.sizes, type.get_shape(), strict=True):
            if known < 0:
                pieces.append(as_i64(0 if size is None else size))
        for stride, known in zip(memory.strides, open_strides(type), strict=True):
            if known:
                pieces.append(as_i64(stride))
        return pieces


def open_strides(type: MemRefType) -> tuple[bool, ...]:
    """Which strides of the type are given by nothing but run-time values (`strided<[?, 1]>`)."""
    from xdsl.dialects.builtin import NoneAttr

    if isinstance(type.layout, NoneAttr):
        return (False,) * type.get_num_dims()
    strides = type.get_strides()
    if strides is None:
        raise CompileError(f"{type}: only strided memory layouts have machine code")
    return tuple(stride is None for stride in strides)


def resolve_strides(
    builder: ir.IRBuilder, type: MemRefType, sizes: Sequence[Any], rest: Any
) -> tuple[Any, ...]:
    """Strides of `type`: numbers, the next of `rest` where open, or row-major from `sizes`."""
    strides = type.get_strides()
    opened = open_strides(type)
    if any(opened):
        assert strides is not None
        return tuple(next(rest) if stride is None else stride for stride in strides)
    if strides is not None and all(stride is not None for stride in strides):
        return tuple(strides)
    found: list[Any] = []
    running: Any = 1
    for size in reversed(sizes):
        found.append(running)
        if isinstance(running, int) and isinstance(size, int):
            running = running * size
        elif isinstance(running, int) and running == 1:
            running = size
        else:
            running = builder.mul(as_i64(running), as_i64(size), flags=("nsw",))
    return tuple(reversed(found))


def as_i64(value: Any) -> Value:
    """A number as an LLVM constant; LLVM values pass through."""
    return ir.Constant(I64, value) if isinstance(value, int) else value


def mangle(type: ir.Type) -> str:
    """Suffix of overloaded intrinsics: `v16f32`, `f32`, `i64`, `p0`."""
    if isinstance(type, ir.VectorType):
        return f"v{type.count}{mangle(type.element)}"
    if isinstance(type, ir.PointerType):
        return "p0"
    return type.intrinsic_name


__all__ = ["EMIT", "FunctionEmitter", "Memory", "ModuleState", "emits", "lower_type"]
