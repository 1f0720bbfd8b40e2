"""Emitters of `vector`: memory, lanes, fused multiply-add and reductions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import cast

from llvmlite import ir
from xdsl.dialects import vector
from xdsl.dialects.builtin import DYNAMIC_INDEX, BFloat16Type, IntegerType
from xdsl.ir import Attribute, Operation

from ...errors import CompileError
from .arith import element_of, fast_flags
from .constants import Splat, lane_list, poison, splat
from .emitter import FunctionEmitter, Value, emits, mangle
from .math import fused_multiply_add
from .memref import memref_type
from .minmax import maximumf, maxnumf, minimumf, minnumf
from .types import I1, I8, I32, I64, POINTER, VOID, element_bytes, lower_type, memory_element

_BOOL = IntegerType(1)


def memory_vector(type: Attribute) -> ir.VectorType:
    """The vector as it lies in memory: lanes of `i1` are bytes."""
    lowered = lower_type(type)
    assert isinstance(lowered, ir.VectorType)
    return ir.VectorType(memory_element(element_of(type)), lowered.count)


def _from_memory(e: FunctionEmitter, value: Value, element: Attribute) -> Value:
    return e.builder.icmp_unsigned("!=", value, splat(value.type, 0)) if element == _BOOL else value


def _to_memory(e: FunctionEmitter, value: Value, element: Attribute) -> Value:
    if element != _BOOL:
        return value
    return e.builder.zext(value, ir.VectorType(I8, value.type.count))


@emits(vector.LoadOp)
def _load(e: FunctionEmitter, op: vector.LoadOp) -> None:
    element = memref_type(op.base).element_type
    pointer = e.element_pointer(e[op.base], op.indices, element)
    type = memory_vector(op.result.type)
    value = e.builder.load(pointer, align=element_bytes(element), typ=type)
    e.set(op, _from_memory(e, value, element))


@emits(vector.StoreOp)
def _store(e: FunctionEmitter, op: vector.StoreOp) -> None:
    element = memref_type(op.base).element_type
    pointer = e.element_pointer(e[op.base], op.indices, element)
    value = _to_memory(e, e[op.vector], element)
    e.builder.store(value, pointer, align=element_bytes(element))


@emits(vector.MaskedLoadOp)
def _masked_load(e: FunctionEmitter, op: vector.MaskedLoadOp) -> None:
    element = memref_type(op.base).element_type
    pointer = e.element_pointer(e[op.base], op.indices, element)
    other = _to_memory(e, e[op.pass_thru], element)
    # LLVM 22 has the alignment as attribute of the pointer argument.
    value = _masked_intrinsic(
        e, "masked.load", other.type, [pointer, e[op.mask], other], 0, element_bytes(element)
    )
    e.set(op, _from_memory(e, value, element))


@emits(vector.MaskedStoreOp)
def _masked_store(e: FunctionEmitter, op: vector.MaskedStoreOp) -> None:
    element = memref_type(op.base).element_type
    pointer = e.element_pointer(e[op.base], op.indices, element)
    value = _to_memory(e, e[op.value_to_store], element)
    _masked_intrinsic(
        e, "masked.store", VOID, [value, pointer, e[op.mask]], 1, element_bytes(element)
    )


def _masked_intrinsic(
    e: FunctionEmitter,
    name: str,
    result: ir.Type,
    arguments: Sequence[Value],
    pointer: int,
    alignment: int,
) -> Value:
    data = result if result != VOID else arguments[0].type
    full = f"llvm.{name}.{mangle(data)}.p0"
    function = e.state.functions.get(full)
    if function is None:
        types = [POINTER if i == pointer else a.type for i, a in enumerate(arguments)]
        # The older signature with an i32 alignment is still read, and upgraded, by LLVM 22.
        types.insert(pointer + 1, I32)
        function = ir.Function(e.state.module, ir.FunctionType(result, types), full)
        e.state.functions[full] = function
    values = list(arguments)
    values.insert(pointer + 1, ir.Constant(I32, alignment))
    return e.builder.call(function, values)


@emits(vector.BroadcastOp)
def _broadcast(e: FunctionEmitter, op: vector.BroadcastOp) -> None:
    value = e[op.source]
    type = lower_type(op.vector.type)
    assert isinstance(type, ir.VectorType)
    if isinstance(value.type, ir.VectorType):
        if value.type.count not in (1, type.count):
            raise CompileError(f"vector.broadcast of {op.source.type} to {op.vector.type}")
        if value.type.count == type.count:
            e.set(op, value)
            return
        value = e.builder.extract_element(value, ir.Constant(I32, 0))
    e.set(op, spread(e, value, type))


def spread(e: FunctionEmitter, value: Value, type: ir.VectorType) -> Value:
    """A scalar in every lane."""
    if isinstance(value, ir.Constant):
        return Splat(type, value)
    anything = poison(type)
    one = e.builder.insert_element(anything, value, ir.Constant(I32, 0))
    return e.builder.shuffle_vector(one, anything, lane_list((0,) * type.count))


@emits(vector.FMAOp)
def _fma(e: FunctionEmitter, op: vector.FMAOp) -> None:
    e.set(op, fused_multiply_add(e, *e.operands(op)))


def _position(e: FunctionEmitter, op: vector.ExtractOp | vector.InsertOp) -> Value:
    positions = op.static_position.get_values()
    if len(positions) != 1:
        raise CompileError(f"{op.name}: one position into a one-dimensional vector expected")
    if positions[0] == DYNAMIC_INDEX:
        return e[op.dynamic_position[0]]
    return ir.Constant(I32, positions[0])


@emits(vector.ExtractOp)
def _extract(e: FunctionEmitter, op: vector.ExtractOp) -> None:
    e.set(op, e.builder.extract_element(e[op.vector], _position(e, op)))


@emits(vector.InsertOp)
def _insert(e: FunctionEmitter, op: vector.InsertOp) -> None:
    e.set(op, e.builder.insert_element(e[op.dest], e[op.source], _position(e, op)))


@emits(vector.ShuffleOp)
def _shuffle(e: FunctionEmitter, op: vector.ShuffleOp) -> None:
    a, b = e[op.v1], e[op.v2]
    lanes = list(cast("Sequence[int]", op.mask.get_values()))
    if a.type != b.type:  # LLVM wants equal lengths: widen the shorter one
        size = max(a.type.count, b.type.count)
        lanes = [lane if lane < a.type.count else size + lane - a.type.count for lane in lanes]
        a, b = _widen(e, a, size), _widen(e, b, size)
    e.set(op, shuffle(e, a, b, lanes))


def shuffle(e: FunctionEmitter, a: Value, b: Value, lanes: Sequence[int]) -> Value:
    """`shufflevector`; a lane of -1 may hold anything."""
    return e.builder.shuffle_vector(a, b, lane_list(lanes))


def _widen(e: FunctionEmitter, value: Value, size: int) -> Value:
    count = value.type.count
    if count == size:
        return value
    return shuffle(e, value, poison(value.type), [i if i < count else -1 for i in range(size)])


@emits(vector.BitcastOp)
def _bitcast(e: FunctionEmitter, op: vector.BitcastOp) -> None:
    value, type = e[op.source], lower_type(op.result.type)
    e.set(op, value if value.type == type else e.builder.bitcast(value, type))


@emits(vector.CreateMaskOp)
def _create_mask(e: FunctionEmitter, op: vector.CreateMaskOp) -> None:
    """Lanes below a count: `iota < splat(clamp(count, 0, lanes))`, compared as i32."""
    (count,) = e.operands(op)
    type = lower_type(op.mask_vector.type)
    assert isinstance(type, ir.VectorType)
    lanes = type.count
    if isinstance(count, ir.Constant):
        number = cast(int, count.constant)
        e.set(op, ir.Constant(type, [ir.Constant(I1, int(i < number)) for i in range(lanes)]))
        return
    clamped = e.float_intrinsic("smin", count, ir.Constant(I64, lanes))
    clamped = e.float_intrinsic("smax", clamped, ir.Constant(I64, 0))
    integers = ir.VectorType(I32, lanes)
    bound = spread(e, e.builder.trunc(clamped, I32), integers)
    iota = ir.Constant(integers, [ir.Constant(I32, i) for i in range(lanes)])
    e.set(op, e.builder.icmp_unsigned("<", iota, bound))


# ---------------------------------------------------------------------- reductions

Combine = Callable[[FunctionEmitter, Value, Value, Sequence[str]], Value]


def _instruction(name: str) -> Combine:
    return lambda e, a, b, flags: getattr(e.builder, name)(a, b)


def _float_instruction(name: str) -> Combine:
    # `reassoc` allows the tree below; the additions in it are ordinary ones.
    return lambda e, a, b, flags: getattr(e.builder, name)(
        a, b, flags=[flag for flag in flags if flag != "reassoc"]
    )


def _choice(name: str) -> Combine:
    return lambda e, a, b, flags: e.float_intrinsic(name, a, b)


_INTEGER_KINDS: dict[str, Combine] = {
    "add": _instruction("add"),
    "mul": _instruction("mul"),
    "and": _instruction("and_"),
    "or": _instruction("or_"),
    "xor": _instruction("xor"),
    "maxsi": _choice("smax"),
    "minsi": _choice("smin"),
    "maxui": _choice("umax"),
    "minui": _choice("umin"),
}

_FLOAT_KINDS: dict[str, Combine] = {
    "add": _float_instruction("fadd"),
    "mul": _float_instruction("fmul"),
    "maximumf": maximumf,
    "minimumf": minimumf,
    "maxnumf": maxnumf,
    "minnumf": minnumf,
}


@emits(vector.ReductionOp)
def _reduction(e: FunctionEmitter, op: vector.ReductionOp) -> None:
    """
    A tree of halves (lane i with lane i + n/2), then the accumulator.

    Sums and products of floats without `reassoc` go lane by lane from the left instead.
    """
    element = op.dest.type
    if isinstance(element, BFloat16Type):
        raise CompileError("vector.reduction of bf16: extend to f32 first")
    kind = op.kind.data.value
    is_integer = isinstance(lower_type(element), ir.IntType)
    combine = (_INTEGER_KINDS if is_integer else _FLOAT_KINDS).get(kind)
    if combine is None:
        raise CompileError(f"vector.reduction {kind} of {op.vector.type} does not exist")
    flags = fast_flags(op)
    value = e[op.vector]
    accumulator = None if op.acc is None else e[op.acc]
    if element == _BOOL and kind in ("and", "or") and accumulator is None:
        e.set(op, _of_flags(e, kind, value))
        return
    if not is_integer and kind in ("add", "mul") and "reassoc" not in flags:
        e.set(op, _in_order(e, combine, value, accumulator, flags))
        return
    result = _tree(e, combine, value, flags)
    if accumulator is not None:
        result = combine(e, result, accumulator, flags)
    e.set(op, result)


def _of_flags(e: FunctionEmitter, kind: str, flags: Value) -> Value:
    """All or any of a mask: one test of its bits."""
    bits = ir.IntType(flags.type.count)
    together = e.builder.bitcast(flags, bits)
    if kind == "and":
        return e.builder.icmp_unsigned("==", together, ir.Constant(bits, -1))
    return e.builder.icmp_unsigned("!=", together, ir.Constant(bits, 0))


def _tree(e: FunctionEmitter, combine: Combine, value: Value, flags: Sequence[str]) -> Value:
    count = value.type.count
    if count & (count - 1):
        return _in_order(e, combine, value, None, flags)
    while count > 1:
        half = count // 2
        anything = poison(value.type)
        low = shuffle(e, value, anything, range(half))
        high = shuffle(e, value, anything, range(half, count))
        value, count = combine(e, low, high, flags), half
    return e.builder.extract_element(value, ir.Constant(I32, 0))


def _in_order(
    e: FunctionEmitter, combine: Combine, value: Value, start: Value | None, flags: Sequence[str]
) -> Value:
    for lane in range(value.type.count):
        item = e.builder.extract_element(value, ir.Constant(I32, lane))
        start = item if start is None else combine(e, start, item, flags)
    return start


ON_FLOATS: tuple[type[Operation], ...] = (vector.FMAOp, vector.ReductionOp)
"""What computes with floats."""
