"""
Attributes and types of portable bytecode: those of VHLO, the frozen form of StableHLO, and the few
of MLIR's `builtin` beside them.

The numbers of attributes and types are those of `VhloBytecode.cpp` and of
`BuiltinDialectBytecode.td`.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable
from typing import Any, cast

from xdsl.dialects.builtin import (
    DYNAMIC_INDEX,
    ArrayAttr,
    BFloat16Type,
    BytesAttr,
    ComplexType,
    DenseIntOrFPElementsAttr,
    DictionaryAttr,
    Float8E4M3FNType,
    Float8E5M2Type,
    Float16Type,
    Float32Type,
    Float64Type,
    FloatAttr,
    FunctionType,
    IndexType,
    IntegerAttr,
    IntegerType,
    NoneType,
    Signedness,
    StringAttr,
    TensorType,
    TupleType,
    i1,
    i32,
)
from xdsl.ir import Attribute

from ...dialects.stablehlo.attributes import (
    OutputOperandAliasAttr,
    ResultAccuracyAttr,
    SplatAttr,
    TokenType,
)
from ...dialects.stablehlo.own_forms import MOST_EXPANDED
from ...dialects.stablehlo.word_attributes import (
    ComparisonDirectionAttr,
    ComparisonTypeAttr,
    FftTypeAttr,
    PrecisionAttr,
    ResultAccuracyModeAttr,
    RngAlgorithmAttr,
    RngDistributionAttr,
    TransposeAttr,
    WordAttribute,
)
from ..formats.mlir_bytecode import Bytecode, BytecodeError, Cursor, Entry

MOST_DEPTH = 64
"""Attributes within each other."""

MOST_RANK = 32

_WORDS: dict[int, type[WordAttribute]] = {
    3: ComparisonDirectionAttr,
    4: ComparisonTypeAttr,
    7: FftTypeAttr,
    11: PrecisionAttr,
    12: RngAlgorithmAttr,
    13: RngDistributionAttr,
    16: TransposeAttr,
    19: ResultAccuracyModeAttr,
}
"""Attributes that are a word."""

_TYPES: dict[int, Attribute] = {
    0: i1,
    2: BFloat16Type(),
    3: Float16Type(),
    4: Float32Type(),
    5: Float64Type(),
    6: Float8E4M3FNType(),
    7: Float8E5M2Type(),
    9: IndexType(),
    **{10 + at: IntegerType(4 << at) for at in range(5)},
    **{15 + at: IntegerType(4 << at, Signedness.UNSIGNED) for at in range(5)},
    22: TokenType(),
    33: NoneType(),
}
"""Types without parameters."""


class Values:
    """The attributes and types of one file, each made once."""

    def __init__(self, file: Bytecode):
        self.file = file
        self._attributes: dict[int, Attribute | None] = {}
        self._types: dict[int, Attribute] = {}
        self._open: list[tuple[str, int]] = []

    def attribute(self, number: int) -> Attribute:
        """An attribute. Raises `BytecodeError` for one that is damaged or unknown."""
        found = self.optional(number)
        if found is None:
            raise BytecodeError(f"attribute {number} is missing")
        return found

    def optional(self, number: int) -> Attribute | None:
        """An attribute; None for one that says that there is none, places, and foreign ones."""
        if number not in self._attributes:
            entry = self._entry("attribute", number, self.file.attributes)
            with _Opened(self._open, "attribute", number):
                self._attributes[number] = self._made(entry)
        return self._attributes[number]

    def type(self, number: int) -> Attribute:
        """A type."""
        if number not in self._types:
            entry = self._entry("type", number, self.file.types)
            with _Opened(self._open, "type", number):
                self._types[number] = self._type_of(entry)
        return self._types[number]

    def name_of_place(self, number: int) -> str:
        """The name that a location gives an operation; empty where it gives none."""
        entry = self._entry("attribute", number, self.file.attributes)
        cursor = Cursor(entry.data)
        if entry.dialect != "builtin" or not entry.coded or cursor.varint() != _NAMED:
            return ""
        name = self.attribute(cursor.varint())
        return name.data if isinstance(name, StringAttr) else ""

    @staticmethod
    def _entry(what: str, number: int, entries: list[Entry]) -> Entry:
        if number >= len(entries):
            raise BytecodeError(f"{what} {number} of {len(entries)}")
        return entries[number]

    def _made(self, entry: Entry) -> Attribute | None:
        if entry.dialect not in ("vhlo", "builtin"):
            return None  # shardings, say
        if not entry.coded:
            raise BytecodeError(f"an attribute of '{entry.dialect}' is text")
        cursor = Cursor(entry.data)
        return self._vhlo(cursor) if entry.dialect == "vhlo" else self._builtin(cursor)

    # VHLO.

    def _vhlo(self, cursor: Cursor) -> Attribute | None:
        code = cursor.varint()
        words = _WORDS.get(code)
        if words is not None:
            number = cursor.varint()
            if number >= len(words.WORDS):
                raise BytecodeError(f"word {number} of {words.name}")
            return words.of(words.WORDS[number])
        rule = _VHLO.get(code)
        if rule is None:
            raise BytecodeError(f"an attribute is of the unknown kind {code} of VHLO")
        return rule(self, cursor)

    def array(self, cursor: Cursor) -> Attribute:
        return ArrayAttr([self.attribute(cursor.varint()) for _ in range(cursor.count())])

    def boolean(self, cursor: Cursor) -> Attribute:
        return IntegerAttr.from_bool(bool(cursor.varint()))

    def dictionary(self, cursor: Cursor) -> Attribute:
        found: dict[str, Attribute] = {}
        for _ in range(cursor.count()):
            name, value = self.attribute(cursor.varint()), self.optional(cursor.varint())
            if isinstance(name, StringAttr) and value is not None:
                found[name.data] = value
        return DictionaryAttr(found)

    def float_number(self, cursor: Cursor) -> Attribute:
        type_ = self.type(cursor.varint())
        if not isinstance(type_, BFloat16Type | Float16Type | Float32Type | Float64Type):
            raise BytecodeError(f"a float is a {type_}")
        bits = _wide(cursor, type_.bitwidth) % (1 << type_.bitwidth)
        value = type_.unpack(bits.to_bytes(type_.bitwidth // 8, "little"), 1)[0]
        return FloatAttr(value, type_)

    def integer(self, cursor: Cursor) -> Attribute:
        type_ = self.type(cursor.varint())
        if isinstance(type_, IndexType):
            return IntegerAttr(_wide(cursor, 64), type_)
        if not isinstance(type_, IntegerType):
            raise BytecodeError(f"an integer is a {type_}")
        width = type_.width.data
        value = _wide(cursor, width) % (1 << width)
        unsigned = type_.signedness.data == Signedness.UNSIGNED or width == 1
        half = 1 << (width - 1)
        return IntegerAttr(value if unsigned or value < half else value - 2 * half, type_)

    def api_version(self, cursor: Cursor) -> Attribute:
        return IntegerAttr(cursor.varint(), i32)

    def alias(self, cursor: Cursor) -> Attribute:
        outputs = [cursor.signed() for _ in range(cursor.count())]
        operand = cursor.signed()
        inner = [cursor.signed() for _ in range(cursor.count())]
        return OutputOperandAliasAttr.of(
            output_tuple_indices=outputs, operand_index=operand, operand_tuple_indices=inner
        )

    def string(self, cursor: Cursor) -> Attribute:
        return StringAttr(self.file.string(cursor.varint()))

    def tensor(self, cursor: Cursor) -> Attribute:
        type_ = self.type(cursor.varint())
        if not isinstance(type_, TensorType):
            raise BytecodeError(f"a constant is a {type_}")
        return constant_of(type_, cursor.take(cursor.varint()))

    def type_attribute(self, cursor: Cursor) -> Attribute | None:
        found = self.type(cursor.varint())
        return None if isinstance(found, NoneType) else found

    def accuracy(self, cursor: Cursor) -> Attribute:
        atol, rtol = (
            struct.unpack("<d", (_wide(cursor, 64) % (1 << 64)).to_bytes(8, "little"))[0]
            for _ in range(2)
        )
        ulps = cursor.signed()
        mode = self.attribute(cursor.varint())
        if not isinstance(mode, ResultAccuracyModeAttr):
            raise BytecodeError("an accuracy has no mode")
        return ResultAccuracyAttr.of(mode.word.data, atol, rtol, ulps)

    # builtin.

    def _builtin(self, cursor: Cursor) -> Attribute | None:
        code = cursor.varint()
        if code == 0:
            return self.array(cursor)
        if code == 1:
            return self.dictionary(cursor)
        if code == 2:
            return self.string(cursor)
        if code == 6:
            return self.type(cursor.varint())
        if code == 8:
            return self.integer(cursor)
        if code in _PLACES:
            return None
        raise BytecodeError(f"an attribute is of the kind {code} of 'builtin'")

    # Types.

    def _type_of(self, entry: Entry) -> Attribute:
        if not entry.coded or entry.dialect not in ("vhlo", "builtin"):
            raise BytecodeError(f"a type of '{entry.dialect}' is not known")
        cursor = Cursor(entry.data)
        code = cursor.varint()
        if entry.dialect == "builtin":
            return self._builtin_type(code, cursor)
        plain = _TYPES.get(code)
        if plain is not None:
            return plain
        if code == 1:
            return ComplexType(self.type(cursor.varint()))  # pyright: ignore[reportArgumentType]
        if code == 8:
            inputs = [self.type(cursor.varint()) for _ in range(cursor.count())]
            outputs = [self.type(cursor.varint()) for _ in range(cursor.count())]
            return FunctionType.from_lists(inputs, outputs)
        if code == 20:
            return self._tensor_type(cursor)
        if code == 23:
            parts = [self.type(cursor.varint()) for _ in range(cursor.count())]
            return TupleType(cast("Any", parts))
        raise BytecodeError(f"a type is of the kind {code} of VHLO, which is not supported")

    def _tensor_type(self, cursor: Cursor) -> Attribute:
        shape = [cursor.signed() for _ in range(cursor.count())]
        if len(shape) > MOST_RANK:
            raise BytecodeError(f"a tensor has {len(shape)} dimensions")
        element = self.type(cursor.varint())
        return TensorType(element, [DYNAMIC_INDEX if size < 0 else size for size in shape])

    def _builtin_type(self, code: int, cursor: Cursor) -> Attribute:
        if code == 0:
            value = cursor.varint()
            return IntegerType(min(value >> 2, 1 << 16), tuple(Signedness)[min(value & 3, 2)])
        if code == 12:
            return NoneType()
        raise BytecodeError(f"a type is of the kind {code} of 'builtin'")


class _Opened:
    """Marks what is being made, so that nothing is made of itself."""

    def __init__(self, stack: list[tuple[str, int]], what: str, number: int):
        if (what, number) in stack or len(stack) >= MOST_DEPTH:
            raise BytecodeError(f"{what} {number} is made of itself, or too deep")
        self._stack = stack
        self._key = (what, number)

    def __enter__(self) -> None:
        self._stack.append(self._key)

    def __exit__(self, *_: object) -> None:
        self._stack.pop()


def _wide(cursor: Cursor, width: int) -> int:
    """An integer of a known number of bits, as MLIR writes it."""
    if width <= 8:
        return cursor.byte()
    if width <= 64:
        return cursor.signed()
    return sum(cursor.signed() << (64 * at) for at in range(cursor.count()))


def constant_of(type_: TensorType[Any], raw: memoryview) -> Attribute:
    """A constant from the bytes of its elements, or of one that is repeated."""
    shape = type_.get_shape()
    element: Attribute = type_.element_type
    count = math.prod(shape)
    if min(shape, default=0) < 0:
        raise BytecodeError(f"a constant is a {type_}")
    if element == i1:
        return _booleans(type_, count, raw)
    width = _bytes_of(element)
    if len(raw) == count * width:
        return DenseIntOrFPElementsAttr(type_, BytesAttr(bytes(raw)))
    if len(raw) != width:
        raise BytecodeError(f"a constant {type_} has {len(raw)} bytes")
    return _repeated(type_, count, bytes(raw))


def _repeated(type_: TensorType[Any], count: int, one: bytes) -> Attribute:
    if count <= MOST_EXPANDED:
        return DenseIntOrFPElementsAttr(type_, BytesAttr(one * count))
    scalar: TensorType[Any] = TensorType(type_.element_type, [])
    return SplatAttr(DenseIntOrFPElementsAttr(scalar, BytesAttr(one)), type_)


def _booleans(type_: TensorType[Any], count: int, raw: memoryview) -> Attribute:
    """Truths, a byte each or a bit each; one byte of all bits is one that is repeated."""
    if count != 1 and len(raw) == 1 and raw[0] in (0, 255):
        return _repeated(type_, count, b"\1" if raw[0] else b"\0")
    if len(raw) == count:
        return DenseIntOrFPElementsAttr(type_, BytesAttr(bytes(int(b != 0) for b in raw)))
    if len(raw) != (count + 7) // 8:
        raise BytecodeError(f"a constant {type_} has {len(raw)} bytes")
    bits = bytes((raw[at >> 3] >> (at & 7)) & 1 for at in range(count))
    return DenseIntOrFPElementsAttr(type_, BytesAttr(bits))


def _bytes_of(element: Attribute) -> int:
    if isinstance(element, ComplexType):
        return 2 * _bytes_of(element.element_type)
    width = getattr(element, "bitwidth", None)
    if not isinstance(width, int):
        raise BytecodeError(f"a constant has elements of type {element}")
    return max(1, (width + 7) // 8)


_NAMED = 14
_PLACES = frozenset((10, 11, 12, 13, 14, 15, 22))
"""Attributes of `builtin` that are places in a source."""

_VHLO: dict[int, Callable[[Values, Cursor], Attribute | None]] = {
    1: Values.array,
    2: Values.boolean,
    5: Values.api_version,
    6: Values.dictionary,
    8: Values.float_number,
    9: Values.integer,
    10: Values.alias,
    14: Values.string,
    15: Values.tensor,
    17: Values.type_attribute,
    20: Values.accuracy,
}
"""Attributes of VHLO by their number."""
