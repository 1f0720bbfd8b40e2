"""
Contractions: `matmul`, `conv`, `conv_transpose`, each with an epilogue region.

The epilogue is scalar `arith`/`math` code on the accumulator and one scalar per `epilogue`
operand, whose shapes broadcast to the result's. Bias, residual, activation, scaling and casts
all fuse by inlining into it.

The accumulator has the element type of the operands. Operands of eight bits, of any signs, may be
summed up in `accumulator = i32` instead, which wraps: products of codes, of a quarter of the bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import TYPE_CHECKING, ClassVar, overload

from xdsl.dialects.builtin import (
    DenseArrayBase,
    IntegerAttr,
    IntegerType,
    MemRefType,
    Signedness,
    TensorType,
    UnitAttr,
    i8,
    i32,
    i64,
)
from xdsl.ir import Attribute, Operation, Region, SSAValue
from xdsl.irdl import (
    AttrSizedOperandSegments,
    ParsePropInAttrDict,
    VarOperand,
    irdl_op_definition,
    operand_def,
    opt_prop_def,
    opt_region_def,
    prop_def,
    var_operand_def,
    var_result_def,
)
from xdsl.utils.exceptions import VerifyException

from ...runtime.size import Extent, ceildiv, maximum, minimum
from .base import (
    SHAPED,
    EngineOp,
    broadcast_extents,
    element_of,
    extents_of,
    int_array,
    int_values,
    scalar_type,
    shape_of,
    shaped,
    tensor,
    verify_scalar_region,
)
from .size_questions import may_be_same, may_broadcast_to
from .sizes import shape_text

_FORMAT = (
    " (`epilogue` `(` $epilogue_operands^ `:` type($epilogue_operands) `)`)? (`outs` `(` $outs^ `:` type($outs) `)`)?"
    " attr-dict `:` "
)


UI8 = IntegerType(8, Signedness.UNSIGNED)

CODES = (i8, UI8)
"""Element types that are summed up in another one."""


class ContractionOp(EngineOp):
    """A contraction of two operands with an optional epilogue on the accumulator."""

    DATA_OPERANDS: ClassVar[int] = 2

    if TYPE_CHECKING:  # every class defines it, in the place it has among its operands
        epilogue_operands: VarOperand
        """Operands of the epilogue region, after the accumulator."""

    @property
    def epilogue_region(self) -> Region | None:
        """The epilogue, None when the accumulator is the result."""
        return self.regions[0] if self.regions and self.regions[0].blocks else None

    def accumulator_element(self) -> Attribute:
        """Element type of the accumulator: that of the first operand if nothing else is said."""
        said = self.properties.get("accumulator")
        return element_of(self.operands[0]) if said is None else said

    @property
    def sums_codes(self) -> bool:
        """Whether operands of eight bits are summed up in 32."""
        return "accumulator" in self.properties

    def alike(self) -> Sequence[SSAValue]:
        # Codes have any signs; `_verify_accumulator` looks at them.
        return () if self.sums_codes else self.sources[: self.DATA_OPERANDS]

    def inferred_elements(self) -> list[Attribute]:
        if self.epilogue_region is None:
            return [self.accumulator_element()]
        return [t.element_type for t in self.target_types()]

    def _verify_accumulator(self) -> None:
        if not self.sums_codes:
            return
        elements = [element_of(value) for value in self.sources[: self.DATA_OPERANDS]]
        if self.accumulator_element() != i32 or any(e not in CODES for e in elements):
            raise VerifyException(
                f"'{self.name}' of {' and '.join(map(str, elements))} has accumulator ="
                f" {self.accumulator_element()}; only i32 is allowed, for operands of i8 and ui8"
            )

    def verify_(self) -> None:
        super().verify_()
        self._verify_accumulator()
        region, epilogue_operands = self.epilogue_region, self.epilogue_operands
        if region is None:
            if epilogue_operands:
                raise VerifyException(f"'{self.name}' has epilogue operands but no epilogue")
            return
        [shape] = self.inferred_shapes()
        for operand in epilogue_operands:
            if not may_broadcast_to(extents_of(operand), shape):
                raise VerifyException(
                    f"'{self.name}' epilogue operand of shape {shape_text(extents_of(operand))} does"
                    f" not broadcast to the result's {shape_text(shape)}"
                )
        elements = [self.accumulator_element(), *(element_of(e) for e in epilogue_operands)]
        results = [scalar_type(e) for e in self.inferred_elements()]
        verify_scalar_region(self.name, region, [scalar_type(e) for e in elements], results)


def _result_types(
    outs: Sequence[SSAValue], result_type: Attribute | None
) -> list[Sequence[Attribute]]:
    return [[] if outs or result_type is None else [result_type]]


@irdl_op_definition
class MatmulOp(ContractionOp):
    """
    Matrix product of the last two dimensions, batched and broadcast over the others.

    `trans_lhs` and `trans_rhs` read the operand with its last two dimensions swapped.

    ```mlir
    %y = engine.matmul %x, %w epilogue(%b : tensor<1000xf32>) : tensor<1x512xf32>, tensor<512x1000xf32> -> tensor<1x1000xf32> {
    ^bb0(%acc: f32, %bias: f32):
      %0 = arith.addf %acc, %bias : f32
      engine.yield %0 : f32
    }
    ```

    Codes of eight bits, summed up in 32:

    ```mlir
    %y = engine.matmul %x, %w {accumulator = i32} : tensor<4x512xui8>, tensor<512x96xi8> -> tensor<4x96xi32>
    ```
    """

    name = "engine.matmul"
    lhs = operand_def(SHAPED)
    rhs = operand_def(SHAPED)
    epilogue_operands = var_operand_def(SHAPED)
    outs = var_operand_def(MemRefType)
    trans_lhs = opt_prop_def(UnitAttr)
    trans_rhs = opt_prop_def(UnitAttr)
    accumulator = opt_prop_def(IntegerType)
    res = var_result_def(TensorType)
    epilogue = opt_region_def("single_block")
    irdl_options = (AttrSizedOperandSegments(as_property=True), ParsePropInAttrDict())
    assembly_format = (
        "$lhs `,` $rhs" + _FORMAT + "type($lhs) `,` type($rhs) (`->` type($res)^)? ($epilogue^)?"
    )

    def __init__(
        self,
        lhs: SSAValue | Operation,
        rhs: SSAValue | Operation,
        result_type: Attribute | None = None,
        *,
        trans_lhs: bool = False,
        trans_rhs: bool = False,
        accumulator: Attribute | None = None,
        epilogue_operands: Sequence[SSAValue] = (),
        epilogue: Region | None = None,
        outs: Sequence[SSAValue] = (),
    ):
        left, right = SSAValue.get(lhs), SSAValue.get(rhs)
        if result_type is None and not outs:
            shape = _matmul_shape(extents_of(left), extents_of(right), trans_lhs, trans_rhs)
            result_type = tensor(shape, accumulator or element_of(left))
        super().__init__(
            operands=[left, right, epilogue_operands, outs],
            properties={
                "trans_lhs": UnitAttr() if trans_lhs else None,
                "trans_rhs": UnitAttr() if trans_rhs else None,
                "accumulator": accumulator,
            },
            result_types=_result_types(outs, result_type),
            regions=[epilogue],
        )

    def inferred_shapes(self) -> list[tuple[Extent, ...]]:
        return [
            _matmul_shape(
                extents_of(self.lhs),
                extents_of(self.rhs),
                self.trans_lhs is not None,
                self.trans_rhs is not None,
            )
        ]

    @property
    def reduced_size(self) -> int:
        """K, the extent that is summed over."""
        return shape_of(self.lhs)[-2 if self.trans_lhs is not None else -1]

    def flops(self) -> int:
        [result] = self.target_types()
        return 2 * prod(result.get_shape()) * self.reduced_size


def _matmul_shape(
    lhs: tuple[Extent, ...], rhs: tuple[Extent, ...], trans_lhs: bool, trans_rhs: bool
) -> tuple[Extent, ...]:
    if len(lhs) < 2 or len(rhs) < 2:
        raise VerifyException(
            "'engine.matmul' needs operands of rank 2 or more, got"
            f" {shape_text(lhs)} and {shape_text(rhs)}"
        )
    m, k = (lhs[-1], lhs[-2]) if trans_lhs else (lhs[-2], lhs[-1])
    k2, n = (rhs[-1], rhs[-2]) if trans_rhs else (rhs[-2], rhs[-1])
    if not may_be_same(k, k2):
        raise VerifyException(
            f"'engine.matmul' sums over {k} on the left ({shape_text(lhs)}) and {k2} on the right"
            f" ({shape_text(rhs)})"
        )
    return (*broadcast_extents(lhs[:-2], rhs[:-2]), m, n)


class ConvolutionOp(ContractionOp):
    """What `conv` and `conv_transpose` share: window attributes over spatial dimensions."""

    @property
    def spatial_rank(self) -> int:
        return shaped(self.operands[0]).get_num_dims() - 2

    @property
    def kernel(self) -> tuple[int, ...]:
        """Spatial extents of the weight."""
        return shape_of(self.operands[1])[2:]

    def window(self, name: str) -> tuple[int, ...]:
        """The integers of a window attribute such as `strides`."""
        attr = self.properties[name]
        assert isinstance(attr, DenseArrayBase)
        return int_values(attr)

    @property
    def group_count(self) -> int:
        attr = self.properties["groups"]
        assert isinstance(attr, IntegerAttr)
        return attr.value.data

    def _verify_window(self) -> None:
        rank = self.spatial_rank
        for name, length in (("strides", rank), ("pads", 2 * rank), ("dilations", rank)):
            if len(self.window(name)) != length:
                raise VerifyException(
                    f"'{self.name}' {name} has {len(self.window(name))} entries, expected {length}"
                )
        if min((*self.window("strides"), *self.window("dilations"), 1)) < 1:
            raise VerifyException(f"'{self.name}' strides and dilations must be positive")
        if min((*self.window("pads"), 0)) < 0:
            raise VerifyException(f"'{self.name}' pads must not be negative; slice the input")
        if self.group_count < 1:
            raise VerifyException(f"'{self.name}' has {self.group_count} groups")


@irdl_op_definition
class ConvOp(ConvolutionOp):
    """
    Convolution (cross-correlation) of `[N, C, spatial...]` with weights `[O, C/groups, kernel...]`.

    `pads` holds all begins, then all ends; padding is with zeros.

    ```mlir
    %y = engine.conv %x, %w {strides = array<i64: 2, 2>, pads = array<i64: 3, 3, 3, 3>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x3x224x224xf32>, tensor<64x3x7x7xf32> -> tensor<1x64x112x112xf32>
    ```

    Codes of eight bits, summed up in 32, whose epilogue gives codes again:

    ```mlir
    %y = engine.conv %x, %w epilogue(%m : tensor<8x1x1xf32>) {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64, accumulator = i32} : tensor<1x16x9x9xui8>, tensor<8x16x3x3xi8> -> tensor<1x8x7x7xi8> {
    ^bb0(%acc: i32, %factor: f32):
      %0 = arith.sitofp %acc : i32 to f32
      %1 = arith.mulf %0, %factor : f32
      %2 = math.roundeven %1 : f32
      %3 = arith.fptosi %2 : f32 to i8
      engine.yield %3 : i8
    }
    ```
    """

    name = "engine.conv"
    input = operand_def(SHAPED)
    weight = operand_def(SHAPED)
    epilogue_operands = var_operand_def(SHAPED)
    outs = var_operand_def(MemRefType)
    strides = prop_def(DenseArrayBase)
    pads = prop_def(DenseArrayBase)
    dilations = prop_def(DenseArrayBase)
    groups = prop_def(IntegerAttr)
    accumulator = opt_prop_def(IntegerType)
    res = var_result_def(TensorType)
    epilogue = opt_region_def("single_block")
    irdl_options = (AttrSizedOperandSegments(as_property=True), ParsePropInAttrDict())
    assembly_format = (
        "$input `,` $weight"
        + _FORMAT
        + "type($input) `,` type($weight) (`->` type($res)^)? ($epilogue^)?"
    )

    def __init__(
        self,
        input: SSAValue | Operation,
        weight: SSAValue | Operation,
        result_type: Attribute | None = None,
        *,
        strides: Sequence[int],
        pads: Sequence[int],
        dilations: Sequence[int],
        groups: int = 1,
        accumulator: Attribute | None = None,
        epilogue_operands: Sequence[SSAValue] = (),
        epilogue: Region | None = None,
        outs: Sequence[SSAValue] = (),
    ):
        x, w = SSAValue.get(input), SSAValue.get(weight)
        if result_type is None and not outs:
            shape = _conv_shape(extents_of(x), shape_of(w), strides, pads, dilations, groups)
            result_type = tensor(shape, accumulator or element_of(x))
        super().__init__(
            operands=[x, w, epilogue_operands, outs],
            properties={
                "strides": int_array(strides),
                "pads": int_array(pads),
                "dilations": int_array(dilations),
                "groups": IntegerAttr(groups, i64),
                "accumulator": accumulator,
            },
            result_types=_result_types(outs, result_type),
            regions=[epilogue],
        )

    def inferred_shapes(self) -> list[tuple[Extent, ...]]:
        return [
            _conv_shape(
                extents_of(self.input),
                shape_of(self.weight),
                self.window("strides"),
                self.window("pads"),
                self.window("dilations"),
                self.group_count,
            )
        ]

    def flops(self) -> int:
        [result] = self.target_types()
        return 2 * prod(result.get_shape()) * prod(shape_of(self.weight)[1:])

    def bytes_read_of(self, number: int) -> int:
        needed = super().bytes_read_of(number)
        if number:
            return needed
        # A stride that is larger than the kernel skips rows and columns of the input.
        [result] = self.target_types()
        axes = (shape_of(self.input)[2:], result.get_shape()[2:], self.kernel)
        for size, positions, taps in zip(*axes, strict=True):
            if positions * taps < size:
                needed = needed * positions * taps // size
        return needed

    def verify_(self) -> None:
        self._verify_window()
        super().verify_()


@overload
def window_extent(
    size: int,
    kernel: int,
    stride: int,
    dilation: int,
    before: int,
    after: int,
    ceil: bool = ...,
) -> int: ...
@overload
def window_extent(
    size: Extent,
    kernel: int,
    stride: int,
    dilation: int,
    before: int,
    after: int,
    ceil: bool = ...,
) -> Extent: ...
def window_extent(
    size: Extent,
    kernel: int,
    stride: int,
    dilation: int,
    before: int,
    after: int,
    ceil: bool = False,
) -> Extent:
    """Output extent of a sliding window; -1 when the size is unknown."""
    if isinstance(size, int) and size < 0:
        return -1
    window = dilation * (kernel - 1) + 1
    span = size + before + after - window
    if not ceil:
        return span // stride + 1
    extent = ceildiv(span, stride) + 1
    if after + stride <= window:
        return extent
    # One window that starts in the end padding is not counted.
    inside = minimum(extent, ceildiv(size + before, stride))
    return inside if after <= window else maximum(extent - 1, inside)


def _conv_shape(
    x: tuple[Extent, ...],
    w: tuple[int, ...],
    strides: Sequence[int],
    pads: Sequence[int],
    dilations: Sequence[int],
    groups: int,
) -> tuple[Extent, ...]:
    rank = len(x) - 2
    if rank < 1 or len(w) != len(x):
        raise VerifyException(
            f"'engine.conv' input {shape_text(x)} and weight {list(w)} must have the same rank, 3 or"
            " more"
        )
    if not may_be_same(x[1], w[1] * groups):
        raise VerifyException(
            f"'engine.conv' weight has {w[1]} input channels, input has {x[1]} (groups={groups})"
        )
    if w[0] % groups:
        raise VerifyException(f"'engine.conv' {w[0]} output channels in {groups} groups")
    spatial = [
        window_extent(x[2 + i], w[2 + i], strides[i], dilations[i], pads[i], pads[rank + i])
        for i in range(rank)
    ]
    if any(isinstance(n, int) and n < 1 and x[2 + i] != -1 for i, n in enumerate(spatial)):
        raise VerifyException(
            f"'engine.conv' kernel {list(w[2:])} is larger than input {shape_text(x)}"
        )
    return (x[0], w[0], *spatial)


@irdl_op_definition
class ConvTransposeOp(ConvolutionOp):
    """
    Transposed convolution of `[N, C, spatial...]` with weights `[C, O/groups, kernel...]`.

    ```mlir
    %y = engine.conv_transpose %x, %w {strides = array<i64: 2, 2>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, output_padding = array<i64: 0, 0>, groups = 1 : i64} : tensor<1x8x4x4xf32>, tensor<8x6x4x4xf32> -> tensor<1x6x8x8xf32>
    ```
    """

    name = "engine.conv_transpose"
    input = operand_def(SHAPED)
    weight = operand_def(SHAPED)
    epilogue_operands = var_operand_def(SHAPED)
    outs = var_operand_def(MemRefType)
    strides = prop_def(DenseArrayBase)
    pads = prop_def(DenseArrayBase)
    dilations = prop_def(DenseArrayBase)
    output_padding = prop_def(DenseArrayBase)
    groups = prop_def(IntegerAttr)
    accumulator = opt_prop_def(IntegerType)
    res = var_result_def(TensorType)
    epilogue = opt_region_def("single_block")
    irdl_options = (AttrSizedOperandSegments(as_property=True), ParsePropInAttrDict())
    assembly_format = (
        "$input `,` $weight"
        + _FORMAT
        + "type($input) `,` type($weight) (`->` type($res)^)? ($epilogue^)?"
    )

    def __init__(
        self,
        input: SSAValue | Operation,
        weight: SSAValue | Operation,
        result_type: Attribute,
        *,
        strides: Sequence[int],
        pads: Sequence[int],
        dilations: Sequence[int],
        output_padding: Sequence[int],
        groups: int = 1,
        accumulator: Attribute | None = None,
        epilogue_operands: Sequence[SSAValue] = (),
        epilogue: Region | None = None,
        outs: Sequence[SSAValue] = (),
    ):
        super().__init__(
            operands=[input, weight, epilogue_operands, outs],
            properties={
                "strides": int_array(strides),
                "pads": int_array(pads),
                "dilations": int_array(dilations),
                "output_padding": int_array(output_padding),
                "groups": IntegerAttr(groups, i64),
                "accumulator": accumulator,
            },
            result_types=_result_types(outs, result_type),
            regions=[epilogue],
        )

    def inferred_shapes(self) -> list[tuple[Extent, ...]]:
        x, w, rank = extents_of(self.input), shape_of(self.weight), self.spatial_rank
        strides, pads = self.window("strides"), self.window("pads")
        dilations, extra = self.window("dilations"), self.window("output_padding")
        spatial = [
            -1
            if x[2 + i] == -1
            else strides[i] * (x[2 + i] - 1)
            + extra[i]
            + (w[2 + i] - 1) * dilations[i]
            + 1
            - pads[i]
            - pads[rank + i]
            for i in range(rank)
        ]
        return [(x[0], w[1] * self.group_count, *spatial)]

    def flops(self) -> int:
        x, outputs = shape_of(self.input), shape_of(self.weight)[1]
        return 2 * x[0] * x[1] * outputs * prod(map(self._products, range(self.spatial_rank)))

    def _products(self, axis: int) -> int:
        """Pairs of a position of the input and a tap, along one axis, that reach the result."""
        [result] = self.target_types()
        size, reached = shape_of(self.input)[2 + axis], result.get_shape()[2 + axis]
        stride, dilation = self.window("strides")[axis], self.window("dilations")[axis]
        found = 0
        for tap in range(self.kernel[axis]):
            shift = self.window("pads")[axis] - tap * dilation
            first, end = -(-shift // stride), -(-(reached + shift) // stride)
            found += max(0, min(end, size) - max(first, 0))
        return found

    def verify_(self) -> None:
        x, w = extents_of(self.input), shape_of(self.weight)
        if len(x) < 3 or len(w) != len(x):
            raise VerifyException(
                f"'{self.name}' input {shape_text(x)} and weight {list(w)} must have the same rank, 3 or"
                " more"
            )
        self._verify_window()
        self._verify_output_padding()
        if not may_be_same(x[1], w[0]):
            raise VerifyException(
                f"'{self.name}' weight has {w[0]} input channels, input has {x[1]}"
            )
        if w[0] % self.group_count:
            raise VerifyException(f"'{self.name}' {w[0]} channels in {self.group_count} groups")
        [shape] = self.inferred_shapes()
        sizes = zip(x[2:], shape[2:], strict=True)
        if any(isinstance(n, int) and n < 1 and size not in (0, -1) for size, n in sizes):
            raise VerifyException(f"'{self.name}' pads leave a result of {shape_text(shape)}")
        super().verify_()

    def _verify_output_padding(self) -> None:
        extra = self.window("output_padding")
        if len(extra) != self.spatial_rank or min((*extra, 0)) < 0:
            raise VerifyException(
                f"'{self.name}' output_padding {list(extra)} must have an entry of 0 or more for"
                f" each of {self.spatial_rank} dimensions"
            )
