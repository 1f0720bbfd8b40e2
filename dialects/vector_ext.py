"""
`vector_ext`: what MLIR's `vector` has only for one target at a time.

A dot product of codes is one instruction on most processors (`vpdpbusd`, `sdot`, `usdot`), a few on
all others. MLIR writes it for one of them (`x86vector`, `arm_neon`); LLVM's
`llvm.vector.partial.reduce.add` leaves open which products meet in a lane, so that no packed layout
can rely on it. `vector_ext.dot` says which, and a target chooses when code is written. So it is
with a table in registers (`vpermi2b`, `tbl`): `vector_ext.lookup`.
"""

from __future__ import annotations

from typing import ClassVar

from xdsl.dialects.builtin import StringAttr, VectorType, bf16, f32, i8, i16, i32
from xdsl.ir import Dialect, SSAValue
from xdsl.irdl import (
    IRDLOperation,
    ParsePropInAttrDict,
    VarConstraint,
    base,
    irdl_op_definition,
    operand_def,
    prop_def,
    result_def,
    traits_def,
)
from xdsl.traits import Pure
from xdsl.utils.exceptions import VerifyException

GROUP = 4
"""Products that are added to one lane."""

SIGNS = ("uu", "us", "su", "ss")
"""How the bytes of `a` and `b` are read: `u` as 0 to 255, `s` as -128 to 127."""


@irdl_op_definition
class DotOp(IRDLOperation):
    """
    Four products of bytes added to each lane: `acc[i] + sum over j < 4 of a[4i + j] * b[4i + j]`.

    `signs` says of `a` and of `b` whether a byte is 0 to 255 (`u`) or -128 to 127 (`s`). Products
    and their sum are exact; the lane wraps.

    ```mlir
    %r = vector_ext.dot %acc, %a, %b {signs = "us"} : vector<16xi32>, vector<64xi8>, vector<64xi8>
    ```
    """

    _ACC: ClassVar = VarConstraint("_ACC", VectorType.constr(i32))
    _BYTES: ClassVar = VarConstraint("_BYTES", VectorType.constr(i8))

    name = "vector_ext.dot"
    acc = operand_def(_ACC)
    a = operand_def(_BYTES)
    b = operand_def(_BYTES)
    signs = prop_def(base(StringAttr))
    result = result_def(_ACC)
    traits = traits_def(Pure())
    irdl_options = (ParsePropInAttrDict(),)
    assembly_format = "$acc `,` $a `,` $b attr-dict `:` type($acc) `,` type($a) `,` type($b)"

    def __init__(self, acc: SSAValue, a: SSAValue, b: SSAValue, signs: str):
        super().__init__(
            operands=[acc, a, b],
            properties={"signs": StringAttr(signs)},
            result_types=[acc.type],
        )

    def verify_(self) -> None:
        acc, bytes_ = self.acc.type, self.a.type
        assert isinstance(acc, VectorType)
        assert isinstance(bytes_, VectorType)
        lanes, count = acc.get_shape(), bytes_.get_shape()
        if len(lanes) != 1 or count != (GROUP * lanes[0],):
            raise VerifyException(
                f"'{self.name}' adds {GROUP} products to each lane of {acc}, which {bytes_} does"
                " not have"
            )
        if self.signs.data not in SIGNS:
            raise VerifyException(
                f"'{self.name}' has signs \"{self.signs.data}\", expected one of {', '.join(SIGNS)}"
            )


@irdl_op_definition
class DotPairsOp(IRDLOperation):
    """
    Two products of signed words of 16 bits added to each lane:
    `acc[i] + a[2i] * b[2i] + a[2i + 1] * b[2i + 1]`.

    Products and their sum are exact where not all four words are -32768; the lane wraps.

    ```mlir
    %r = vector_ext.dot_pairs %acc, %a, %b : vector<16xi32>, vector<32xi16>, vector<32xi16>
    ```
    """

    _ACC: ClassVar = VarConstraint("_ACC", VectorType.constr(i32))
    _WORDS: ClassVar = VarConstraint("_WORDS", VectorType.constr(i16))

    name = "vector_ext.dot_pairs"
    acc = operand_def(_ACC)
    a = operand_def(_WORDS)
    b = operand_def(_WORDS)
    result = result_def(_ACC)
    traits = traits_def(Pure())
    assembly_format = "$acc `,` $a `,` $b attr-dict `:` type($acc) `,` type($a) `,` type($b)"

    def __init__(self, acc: SSAValue, a: SSAValue, b: SSAValue):
        super().__init__(operands=[acc, a, b], result_types=[acc.type])

    def verify_(self) -> None:
        acc, words = self.acc.type, self.a.type
        assert isinstance(acc, VectorType)
        assert isinstance(words, VectorType)
        lanes = acc.get_shape()
        if len(lanes) != 1 or words.get_shape() != (2 * lanes[0],):
            raise VerifyException(
                f"'{self.name}' adds 2 products to each lane of {acc}, which {words} does not have"
            )


ENTRIES = 256
"""Bytes of a table, one for each pattern of eight bits."""


@irdl_op_definition
class LookupOp(IRDLOperation):
    """
    Of each byte of `codes`, read as 0 to 255, the byte of `table` of that number.

    ```mlir
    %r = vector_ext.lookup %table, %codes : vector<256xi8>, vector<64xi8>
    ```
    """

    _CODES: ClassVar = VarConstraint("_CODES", VectorType.constr(i8))

    name = "vector_ext.lookup"
    table = operand_def(VectorType.constr(i8))
    codes = operand_def(_CODES)
    result = result_def(_CODES)
    traits = traits_def(Pure())
    assembly_format = "$table `,` $codes attr-dict `:` type($table) `,` type($codes)"

    def __init__(self, table: SSAValue, codes: SSAValue):
        super().__init__(operands=[table, codes], result_types=[codes.type])

    def verify_(self) -> None:
        table, codes = self.table.type, self.codes.type
        assert isinstance(table, VectorType)
        assert isinstance(codes, VectorType)
        if table.get_shape() != (ENTRIES,):
            raise VerifyException(f"'{self.name}' needs a table of {ENTRIES} bytes, not {table}")
        if len(codes.get_shape()) != 1:
            raise VerifyException(f"'{self.name}' needs codes along one dimension, not {codes}")


PAIR = 2
"""Products of 16-bit floats that are added to one lane."""


@irdl_op_definition
class DotHalvesOp(IRDLOperation):
    """
    Two products of bf16 added to each lane: `acc[i] + a[2i] * b[2i] + a[2i + 1] * b[2i + 1]`.

    Products and sums are of f32; whether a product is rounded before it is added, and what becomes
    of subnormal numbers, is the target's.

    ```mlir
    %r = vector_ext.dot_halves %acc, %a, %b : vector<16xf32>, vector<32xbf16>, vector<32xbf16>
    ```
    """

    _ACC: ClassVar = VarConstraint("_ACC", VectorType.constr(f32))
    _HALVES: ClassVar = VarConstraint("_HALVES", VectorType.constr(bf16))

    name = "vector_ext.dot_halves"
    acc = operand_def(_ACC)
    a = operand_def(_HALVES)
    b = operand_def(_HALVES)
    result = result_def(_ACC)
    traits = traits_def(Pure())
    assembly_format = "$acc `,` $a `,` $b attr-dict `:` type($acc) `,` type($a) `,` type($b)"

    def __init__(self, acc: SSAValue, a: SSAValue, b: SSAValue):
        super().__init__(operands=[acc, a, b], result_types=[acc.type])

    def verify_(self) -> None:
        acc, halves = self.acc.type, self.a.type
        assert isinstance(acc, VectorType)
        assert isinstance(halves, VectorType)
        lanes = acc.get_shape()
        if len(lanes) != 1 or halves.get_shape() != (PAIR * lanes[0],):
            raise VerifyException(
                f"'{self.name}' adds {PAIR} products to each lane of {acc}, which {halves} does"
                " not have"
            )


@irdl_op_definition
class RoundHalvesOp(IRDLOperation):
    """
    Numbers of f32 rounded to bf16, to nearest even, for `dot_halves`.

    What becomes of subnormal numbers is the target's, as there: `arith.truncf` keeps them.

    ```mlir
    %r = vector_ext.round_halves %x : vector<16xf32> -> vector<16xbf16>
    ```
    """

    name = "vector_ext.round_halves"
    x = operand_def(VectorType.constr(f32))
    result = result_def(VectorType.constr(bf16))
    traits = traits_def(Pure())
    assembly_format = "$x attr-dict `:` type($x) `->` type($result)"

    def __init__(self, x: SSAValue):
        assert isinstance(x.type, VectorType)
        super().__init__(operands=[x], result_types=[VectorType(bf16, x.type.get_shape())])

    def verify_(self) -> None:
        given, made = self.x.type, self.result.type
        assert isinstance(given, VectorType)
        assert isinstance(made, VectorType)
        if given.get_shape() != made.get_shape():
            raise VerifyException(f"'{self.name}' makes {made} of {given}")


NIBBLES = 16
"""Entries of a table that four bits choose from."""


@irdl_op_definition
class NumberOfNibbleOp(IRDLOperation):
    """
    The entry of a table of 16 numbers that the lowest four bits of each word choose.

    Other bits of a word do not matter: codes of four bits are numbers after one shift.

    ```mlir
    %r = vector_ext.number_of_nibble %table, %words : vector<16xf32>, vector<8xi32> -> vector<8xf32>
    ```
    """

    name = "vector_ext.number_of_nibble"
    table = operand_def(VectorType.constr(f32))
    words = operand_def(VectorType.constr(i32))
    result = result_def(VectorType.constr(f32))
    traits = traits_def(Pure())
    assembly_format = (
        "$table `,` $words attr-dict `:` type($table) `,` type($words) `->` type($result)"
    )

    def __init__(self, table: SSAValue, words: SSAValue):
        assert isinstance(words.type, VectorType)
        made = VectorType(f32, words.type.get_shape())
        super().__init__(operands=[table, words], result_types=[made])

    def verify_(self) -> None:
        table, words, made = self.table.type, self.words.type, self.result.type
        assert isinstance(table, VectorType)
        assert isinstance(words, VectorType)
        assert isinstance(made, VectorType)
        if table.get_shape() != (NIBBLES,) or words.get_shape() != made.get_shape():
            raise VerifyException(
                f"'{self.name}' makes {made} of {words} by a table of {table}, expected"
                f" {NIBBLES} entries and as many numbers as words"
            )


VectorExt = Dialect(
    "vector_ext",
    [DotOp, DotPairsOp, DotHalvesOp, RoundHalvesOp, NumberOfNibbleOp, LookupOp],
)
