"""
Weights in few bits, kept as they are stored: `decode`, and `coded_matmul`, which reads them so.

A byte holds codes of 2, 4 or 8 bits that are neighbours along the last dimension, lowest bits
first. Blocks of them share a scale, and a zero point where there are `zeros`; the number is
`(code - zero) * scale`. Codes in `ui8` are unsigned, and without `zeros` their zero point is half
of their range; codes in `i8` are of two's complement, and their zero point is 0. Weights of 16 bits
are floats, which need neither.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from xdsl.dialects.builtin import (
    BFloat16Type,
    Float16Type,
    IntegerAttr,
    MemRefType,
    TensorType,
    f32,
    i8,
    i64,
)
from xdsl.ir import Attribute, Operation, Region, SSAValue
from xdsl.irdl import (
    AttrSizedOperandSegments,
    ParsePropInAttrDict,
    irdl_op_definition,
    operand_def,
    opt_prop_def,
    opt_region_def,
    prop_def,
    var_operand_def,
    var_result_def,
)
from xdsl.utils.exceptions import VerifyException

from ...runtime.size import Extent
from .base import SHAPED, EngineOp, element_of, extents_of, tensor
from .contraction import CODES, UI8, ContractionOp
from .movement import results_of
from .size_questions import may_be_same
from .sizes import shape_text

WIDTHS = (2, 4, 8)
"""Bits of a code."""

LEAST_BLOCK = 16
"""Fewest codes that share a scale where there are several blocks, which are powers of two."""

LEAST_LARGEST = 2.0**-100
"""Numbers of a block that are all below this are zeros as codes."""

FLOATS = (f32, Float16Type(), BFloat16Type())
"""Types of scales, and of zero points that are no codes."""

HALVES = (Float16Type(), BFloat16Type())
"""Weights of 16 bits."""


def bytes_of_codes(size: int, bits: int, block: int) -> int:
    """Bytes of a row of `size` codes, whose last block is filled up."""
    return -(-(-(-size // block) * block * bits) // 8)


def verify_codes(
    op: Operation,
    size: int,
    codes: SSAValue,
    scales: Sequence[SSAValue],
    zeros: Sequence[SSAValue],
) -> None:
    """
    Check codes of rows of `size` numbers against their scales and zero points.

    Raises:
        VerifyException: saying what does not fit.
    """
    bits, block = (_number(op, name) for name in ("bits", "block"))
    element, shape = element_of(codes), extents_of(codes)
    if not shape or size < 1 or block < 1:
        raise VerifyException(f"'{op.name}' needs rows of codes, and blocks of one or more")
    if element in HALVES:
        if bits != 16 or scales or zeros or not may_be_same(shape[-1], size):
            raise VerifyException(
                f"'{op.name}' of {element} needs bits = 16, {size} numbers in a row, and neither"
                " scales nor zero points"
            )
        return
    if element not in CODES or bits not in WIDTHS:
        raise VerifyException(
            f"'{op.name}' has codes of {bits} bits in {element}, expected 2, 4 or 8 in i8 or ui8"
        )
    if block < size and (block < LEAST_BLOCK or block & (block - 1)):
        raise VerifyException(
            f"'{op.name}' has blocks of {block}, expected a power of two from {LEAST_BLOCK} on, or"
            f" one block of {size} or more"
        )
    wanted = bytes_of_codes(size, bits, min(block, size))
    if not may_be_same(shape[-1], wanted):
        raise VerifyException(
            f"'{op.name}' has rows of {shape[-1]} bytes, {size} codes of {bits} bits in blocks of"
            f" {block} have {wanted}"
        )
    if len(scales) != 1 or len(zeros) > 1:
        raise VerifyException(f"'{op.name}' has one tensor of scales, and at most one of zeros")
    blocks = (*shape[:-1], -(-size // block))
    for title, value, types in (
        *(("scales", value, FLOATS) for value in scales),
        *(("zeros", value, (*FLOATS, element)) for value in zeros),
    ):
        own = extents_of(value)
        if len(own) != len(blocks) or not all(map(may_be_same, own, blocks)):
            raise VerifyException(
                f"'{op.name}' {title} of shape {shape_text(own)}, expected {shape_text(blocks)}:"
                " one for each block"
            )
        if element_of(value) not in types:
            raise VerifyException(f"'{op.name}' {title} are of {element_of(value)}")


def _number(op: Operation, name: str) -> int:
    attr = op.properties[name]
    assert isinstance(attr, IntegerAttr)
    return attr.value.data


def default_zero(codes: SSAValue, bits: int) -> int:
    """The zero point of codes that come without one."""
    return 1 << (bits - 1) if element_of(codes) == UI8 else 0


@irdl_op_definition
class DecodeOp(EngineOp):
    """
    The numbers that codes stand for: `size` of them in a row.

    With `lhs_codes = i8` a product that reads them may round the numbers it multiplies them with
    to codes, too, as `coded_matmul` says.

    ```mlir
    %w = engine.decode %c scales(%s : tensor<96x2xf32>) {bits = 4 : i64, block = 32 : i64, size = 64 : i64} : tensor<96x32xui8> -> tensor<96x64xf32>
    ```
    """

    name = "engine.decode"
    codes = operand_def(SHAPED)
    scales = var_operand_def(SHAPED)
    zeros = var_operand_def(SHAPED)
    outs = var_operand_def(MemRefType)
    bits = prop_def(IntegerAttr)
    block = prop_def(IntegerAttr)
    size = prop_def(IntegerAttr)
    lhs_codes = opt_prop_def(Attribute)
    res = var_result_def(TensorType)
    irdl_options = (AttrSizedOperandSegments(as_property=True), ParsePropInAttrDict())
    assembly_format = (
        "$codes (` ` `scales` `(` $scales^ `:` type($scales) `)`)?"
        " (`zeros` `(` $zeros^ `:` type($zeros) `)`)?"
        " (`outs` `(` $outs^ `:` type($outs) `)`)? attr-dict `:` type($codes)"
        " (`->` type($res)^)?"
    )

    def __init__(
        self,
        codes: SSAValue | Operation,
        scales: Sequence[SSAValue] = (),
        zeros: Sequence[SSAValue] = (),
        *,
        bits: int,
        block: int,
        size: int,
        lhs_codes: Attribute | None = None,
        outs: Sequence[SSAValue] = (),
    ):
        source = SSAValue.get(codes)
        super().__init__(
            operands=[source, scales, zeros, outs],
            properties={
                "bits": IntegerAttr(bits, i64),
                "block": IntegerAttr(block, i64),
                "size": IntegerAttr(size, i64),
                "lhs_codes": lhs_codes,
            },
            result_types=results_of(outs, tensor((*extents_of(source)[:-1], size), f32)),
        )

    @property
    def width(self) -> int:
        """Bits of a code."""
        return _number(self, "bits")

    @property
    def block_size(self) -> int:
        """Codes that share a scale."""
        return min(_number(self, "block"), self.row)

    @property
    def row(self) -> int:
        """Numbers of a row."""
        return _number(self, "size")

    def inferred_shapes(self) -> list[tuple[Extent, ...]]:
        return [(*extents_of(self.codes)[:-1], self.row)]

    def inferred_elements(self) -> list[Attribute]:
        return [f32]

    def verify_(self) -> None:
        verify_codes(self, self.row, self.codes, self.scales, self.zeros)
        _verify_lhs_codes(self, self.lhs_codes, self.width)
        super().verify_()


def _verify_lhs_codes(op: EngineOp, said: Attribute | None, bits: int) -> None:
    wanted = BFloat16Type() if bits == 16 else i8
    if said is not None and said != wanted:
        raise VerifyException(
            f"'{op.name}' has lhs_codes = {said}, only {wanted} is allowed beside weights of"
            f" {bits} bits"
        )


@irdl_op_definition
class CodedMatmulOp(ContractionOp):
    """
    Product of rows with weights in few bits, `[..., M, K]` times those of `[N, K]`, turned.

    With `lhs_codes = i8` the rows are rounded to codes of eight bits for each block, with the scale
    `max|x| / 127`, and products are summed up in integers. With `lhs_codes = bf16` rows are rounded
    to bf16, as the weights are, and sums are of f32.

    ```mlir
    %y = engine.coded_matmul %x, %c scales(%s : tensor<96x2xf32>) {bits = 4 : i64, block = 32 : i64} : tensor<1x64xf32>, tensor<96x32xui8> -> tensor<1x96xf32>
    ```
    """

    DATA_OPERANDS: ClassVar[int] = 2

    name = "engine.coded_matmul"
    lhs = operand_def(SHAPED)
    codes = operand_def(SHAPED)
    scales = var_operand_def(SHAPED)
    zeros = var_operand_def(SHAPED)
    epilogue_operands = var_operand_def(SHAPED)
    outs = var_operand_def(MemRefType)
    bits = prop_def(IntegerAttr)
    block = prop_def(IntegerAttr)
    lhs_codes = opt_prop_def(Attribute)
    res = var_result_def(TensorType)
    epilogue = opt_region_def("single_block")
    irdl_options = (AttrSizedOperandSegments(as_property=True), ParsePropInAttrDict())
    assembly_format = (
        "$lhs `,` $codes (` ` `scales` `(` $scales^ `:` type($scales) `)`)?"
        " (`zeros` `(` $zeros^ `:` type($zeros) `)`)?"
        " (`epilogue` `(` $epilogue_operands^ `:` type($epilogue_operands) `)`)?"
        " (`outs` `(` $outs^ `:` type($outs) `)`)? attr-dict `:`"
        " type($lhs) `,` type($codes) (`->` type($res)^)? ($epilogue^)?"
    )

    def __init__(
        self,
        lhs: SSAValue | Operation,
        codes: SSAValue | Operation,
        scales: Sequence[SSAValue] = (),
        zeros: Sequence[SSAValue] = (),
        result_type: Attribute | None = None,
        *,
        bits: int,
        block: int,
        lhs_codes: Attribute | None = None,
        epilogue_operands: Sequence[SSAValue] = (),
        epilogue: Region | None = None,
        outs: Sequence[SSAValue] = (),
    ):
        left, right = SSAValue.get(lhs), SSAValue.get(codes)
        if result_type is None and not outs:
            shape = (*extents_of(left)[:-1], extents_of(right)[0])
            result_type = tensor(shape, element_of(left))
        super().__init__(
            operands=[left, right, scales, zeros, epilogue_operands, outs],
            properties={
                "bits": IntegerAttr(bits, i64),
                "block": IntegerAttr(block, i64),
                "lhs_codes": lhs_codes,
            },
            result_types=[[] if outs or result_type is None else [result_type]],
            regions=[epilogue],
        )

    @property
    def width(self) -> int:
        """Bits of a code."""
        return _number(self, "bits")

    @property
    def block_size(self) -> int:
        """Codes that share a scale."""
        return min(_number(self, "block"), self.reduced_size)

    @property
    def reduced_size(self) -> int:
        """K, the extent that is summed over."""
        size = extents_of(self.lhs)[-1]
        assert isinstance(size, int)
        return size

    def alike(self) -> Sequence[SSAValue]:
        return ()

    def inferred_shapes(self) -> list[tuple[Extent, ...]]:
        return [(*extents_of(self.lhs)[:-1], extents_of(self.codes)[0])]

    def flops(self) -> int:
        [result] = self.target_types()
        total = 2 * self.reduced_size
        for size in result.get_shape():
            total *= size
        return total

    def verify_(self) -> None:
        left, right = extents_of(self.lhs), extents_of(self.codes)
        if len(left) < 2 or len(right) != 2 or element_of(self.lhs) != f32:
            raise VerifyException(
                f"'{self.name}' multiplies matrices of f32 with one matrix of codes, got"
                f" {shape_text(left)} of {element_of(self.lhs)} and {shape_text(right)}"
            )
        if not isinstance(left[-1], int) or not all(isinstance(n, int) for n in right):
            raise VerifyException(f"'{self.name}' sums over {left[-1]}, which must be a number")
        verify_codes(self, left[-1], self.codes, self.scales, self.zeros)
        _verify_lhs_codes(self, self.lhs_codes, self.width)
        if self.lhs_codes is not None and element_of(self.codes) == Float16Type():
            raise VerifyException(f"'{self.name}' multiplies weights of f16 with numbers of f32")
        super().verify_()
