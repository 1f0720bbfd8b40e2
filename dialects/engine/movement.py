"""Data movement whose shape is known: nothing here looks at numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from xdsl.dialects.builtin import (
    DenseArrayBase,
    FloatAttr,
    IntegerAttr,
    MemRefType,
    StringAttr,
    TensorType,
    UnitAttr,
    i64,
)
from xdsl.ir import Attribute, BlockArgument, Operation, SSAValue
from xdsl.irdl import (
    AttrSizedOperandSegments,
    ParsePropInAttrDict,
    irdl_op_definition,
    operand_def,
    opt_prop_def,
    prop_def,
    var_operand_def,
    var_result_def,
)
from xdsl.utils.exceptions import VerifyException

from ...runtime.format_tag import FormatTag, dense_stride_extents
from ...runtime.size import (
    Extent,
    is_zero,
    maximum,
    minimum,
    numbers_of,
    product_of,
    range_of,
    sum_of,
)
from .base import (
    SHAPED,
    EngineOp,
    broadcast_extents,
    dense_stride_extents_of,
    element_of,
    extents_of,
    int_array,
    int_values,
    layout_of,
    nbytes_of,
    physical_extents_of,
    scalar_type,
    shaped,
    tensor,
)
from .memory_part import (
    Elements,
    MemoryPart,
    canonical_strides,
    offset_of_index,
    reshaped_strides,
)
from .reduction import check_axes
from .size_questions import is_judged, may_be_at_least, may_be_same
from .sizes import ExtentsAttr, extent_array, extent_values, shape_text

OUTS = " (`outs` `(` $outs^ `:` type($outs) `)`)? attr-dict `:` "
"""Assembly format from the destinations to the operand types."""
UNARY = "$input" + OUTS + "type($input) (`->` type($res)^)?"
"""Assembly format of an operation on one tensor, `input`."""


def results_of(outs: Sequence[SSAValue], result_type: Attribute | None) -> list[list[Attribute]]:
    """Result types of an operation: none once it has `outs`."""
    return [[] if outs or result_type is None else [result_type]]


class MovementOp(EngineOp):
    """An operation that moves elements and computes nothing."""

    def flops(self) -> int:
        return 0

    def bytes_read_of(self, number: int) -> int:
        return 0 if number in self.absorbed() else super().bytes_read_of(number)

    def bytes_written(self) -> int:
        kept = sum(nbytes_of(self.operands[number]) for number in self.absorbed())
        return super().bytes_written() - kept


@irdl_op_definition
class ReshapeOp(MovementOp):
    """
    Another shape for the same elements in row-major order.

    ```mlir
    %y = engine.reshape %x : tensor<1x512x1x1xf32> -> tensor<1x512xf32>
    ```
    """

    name = "engine.reshape"
    IS_VIEW: ClassVar[bool] = True
    READS_ROW_MAJOR: ClassVar[bool] = True
    TAKES_CODED: ClassVar[bool] = True
    input = operand_def(SHAPED)
    outs = var_operand_def(MemRefType)
    res = var_result_def(TensorType)
    assembly_format = UNARY

    def __init__(
        self,
        input: SSAValue | Operation,
        shape: Sequence[Extent] | TensorType,
        *,
        outs: Sequence[SSAValue] = (),
    ):
        x = SSAValue.get(input)
        type_ = shape if isinstance(shape, TensorType) else tensor(tuple(shape), element_of(x))
        super().__init__(operands=[x, outs], result_types=results_of(outs, type_))

    def elements_of_operand(self) -> Elements:
        return Elements(0, dense_stride_extents(extents_of(self.target_types()[0])))

    def view_of_operand(self, strides: Sequence[Extent]) -> MemoryPart | None:
        return _reshaped_part(strides, self.input, self.res[0])

    def view_of_result(self, strides: Sequence[Extent]) -> MemoryPart | None:
        return _reshaped_part(strides, self.res[0], self.input)

    def inferred_shapes(self) -> list[tuple[Extent, ...]]:
        return [extents_of(t) for t in self.target_types()]

    def verify_(self) -> None:
        super().verify_()
        before, [after] = extents_of(self.input), [extents_of(t) for t in self.target_types()]
        if -1 in (*before, *after):
            return
        elements, there = product_of(before), product_of(after)
        if not may_be_same(elements, there):
            raise VerifyException(
                f"'{self.name}' {shape_text(before)} has {elements} elements,"
                f" {shape_text(after)} has {there}"
            )


def _reshaped_part(
    strides: Sequence[Extent], there: SSAValue, value: SSAValue
) -> MemoryPart | None:
    """`value` in the bytes of `there`, another shape of it that is stored with these strides."""
    if not layout_of(there).row_major or not layout_of(value).row_major:
        return None
    if tuple(strides) == dense_stride_extents_of(there):
        return MemoryPart(0, dense_stride_extents_of(value))
    found = reshaped_strides(extents_of(there), strides, extents_of(value))
    return None if found is None else MemoryPart(0, found)


@irdl_op_definition
class BroadcastOp(MovementOp):
    """
    Repeat along new leading dimensions and dimensions of extent 1.

    ```mlir
    %y = engine.broadcast %x : tensor<3x1xf32> -> tensor<2x3x4xf32>
    ```
    """

    name = "engine.broadcast"
    TAKES_CODED: ClassVar[bool] = True
    input = operand_def(SHAPED)
    outs = var_operand_def(MemRefType)
    res = var_result_def(TensorType)
    assembly_format = UNARY

    def __init__(
        self,
        input: SSAValue | Operation,
        shape: Sequence[Extent] | TensorType,
        *,
        outs: Sequence[SSAValue] = (),
    ):
        x = SSAValue.get(input)
        type_ = shape if isinstance(shape, TensorType) else tensor(tuple(shape), element_of(x))
        super().__init__(operands=[x, outs], result_types=results_of(outs, type_))

    def inferred_shapes(self) -> list[tuple[Extent, ...]]:
        [target] = self.target_types()
        return [broadcast_extents(extents_of(self.input), extents_of(target))]


@irdl_op_definition
class TransposeOp(MovementOp):
    """
    Permute dimensions: `result.shape[i] = input.shape[perm[i]]`.

    ```mlir
    %y = engine.transpose %x {perm = array<i64: 0, 2, 1>} : tensor<2x3x4xf32> -> tensor<2x4x3xf32>
    ```
    """

    name = "engine.transpose"
    IS_VIEW: ClassVar[bool] = True
    KEEPS_BYTES: ClassVar[bool] = True
    TAKES_CODED: ClassVar[bool] = True
    input = operand_def(SHAPED)
    outs = var_operand_def(MemRefType)
    perm = prop_def(DenseArrayBase)
    res = var_result_def(TensorType)
    irdl_options = (ParsePropInAttrDict(),)
    assembly_format = UNARY

    def __init__(
        self,
        input: SSAValue | Operation,
        perm: Sequence[int],
        result_type: Attribute | None = None,
        *,
        outs: Sequence[SSAValue] = (),
    ):
        x = SSAValue.get(input)
        shape = extents_of(x)
        result_type = result_type or tensor(tuple(shape[p] for p in perm), element_of(x))
        super().__init__(
            operands=[x, outs],
            properties={"perm": int_array(perm)},
            result_types=results_of(outs, result_type),
        )

    @property
    def permutation(self) -> tuple[int, ...]:
        return int_values(self.perm)

    def layout_after(self, tag: FormatTag) -> FormatTag:
        return tag.permuted(self.permutation)

    def layout_before(self, tag: FormatTag) -> FormatTag:
        order = self.permutation
        return tag.permuted([order.index(dim) for dim in range(len(order))])

    def elements_of_operand(self) -> Elements:
        steps = dense_stride_extents(extents_of(self.input))
        return Elements(0, tuple(steps[p] for p in self.permutation))

    def view_of_operand(self, strides: Sequence[Extent]) -> MemoryPart | None:
        [result] = self.results
        if self.layout_after(layout_of(self.input)) != layout_of(result):
            return None
        return MemoryPart(0, canonical_strides(physical_extents_of(result), strides))

    def view_of_result(self, strides: Sequence[Extent]) -> MemoryPart | None:
        [result] = self.results
        if self.layout_after(layout_of(self.input)) != layout_of(result):
            return None
        return MemoryPart(0, canonical_strides(physical_extents_of(self.input), strides))

    def inferred_shapes(self) -> list[tuple[Extent, ...]]:
        shape = extents_of(self.input)
        return [tuple(shape[p] for p in self.permutation)]

    def verify_(self) -> None:
        rank = shaped(self.input).get_num_dims()
        if sorted(self.permutation) != list(range(rank)):
            raise VerifyException(
                f"'{self.name}' perm {list(self.permutation)} is not a permutation of 0..{rank - 1}"
            )
        super().verify_()


@irdl_op_definition
class SliceOp(MovementOp):
    """
    Take `sizes[i]` elements from `starts[i]` in steps of `steps[i]` (negative walks back).

    ```mlir
    %y = engine.slice %x {starts = array<i64: 0, 2>, sizes = array<i64: 4, 3>, steps = array<i64: 1, 2>} : tensor<4x8xf32> -> tensor<4x3xf32>
    ```
    """

    name = "engine.slice"
    IS_VIEW: ClassVar[bool] = True
    TAKES_CODED: ClassVar[bool] = True
    input = operand_def(SHAPED)
    outs = var_operand_def(MemRefType)
    starts = prop_def(DenseArrayBase | ExtentsAttr)
    sizes = prop_def(DenseArrayBase | ExtentsAttr)
    steps = prop_def(DenseArrayBase)
    res = var_result_def(TensorType)
    irdl_options = (ParsePropInAttrDict(),)
    assembly_format = UNARY

    def __init__(
        self,
        input: SSAValue | Operation,
        starts: Sequence[Extent],
        sizes: Sequence[Extent],
        steps: Sequence[int] | None = None,
        result_type: Attribute | None = None,
        *,
        outs: Sequence[SSAValue] = (),
    ):
        x = SSAValue.get(input)
        result_type = result_type or tensor(tuple(sizes), element_of(x))
        super().__init__(
            operands=[x, outs],
            properties={
                "starts": extent_array(starts),
                "sizes": extent_array(sizes),
                "steps": int_array(steps if steps is not None else [1] * len(starts)),
            },
            result_types=results_of(outs, result_type),
        )

    def bytes_read_of(self, number: int) -> int:
        return self.bytes_written()

    def ranges(self) -> list[tuple[int, int, int]]:
        """(start, size, step) of each dimension, where they are numbers."""
        columns = (self.starts, self.sizes, self.steps)
        return list(zip(*map(int_values, columns), strict=True))

    def extent_ranges(self) -> list[tuple[Extent, Extent, int]]:
        """(start, size, step) of each dimension."""
        starts, sizes = extent_values(self.starts), extent_values(self.sizes)
        return list(zip(starts, sizes, int_values(self.steps), strict=True))

    def elements_of_operand(self) -> Elements:
        strides = dense_stride_extents(extents_of(self.input))
        ranges = list(zip(strides, self.extent_ranges(), strict=True))
        first: Extent = 0
        for stride, (start, _, _) in ranges:
            first = first + stride * start
        return Elements(first, tuple(stride * step for stride, (_, _, step) in ranges))

    def view_of_operand(self, strides: Sequence[Extent]) -> MemoryPart | None:
        [result] = self.results
        tag, shape = layout_of(self.input), extents_of(self.input)
        if layout_of(result) != tag:
            return None
        own: list[Extent] = list(strides)
        total: Extent = 0
        for dim, (start, size, step) in enumerate(self.extent_ranges()):
            offset = offset_of_index(tag, dim, start, size, shape[dim], strides)
            if step < 1 or offset is None or (step > 1 and dim in tag.blocked):
                return None
            total = total + offset
            own[tag.outer.index(dim)] = own[tag.outer.index(dim)] * step
        # The innermost dimension must stay contiguous for vector loads.
        if own[-1] != strides[-1]:
            return None
        return MemoryPart(total, canonical_strides(physical_extents_of(result), own))

    def inferred_shapes(self) -> list[tuple[Extent, ...]]:
        return [extent_values(self.sizes)]

    def verify_(self) -> None:
        shape = extents_of(self.input)
        lists = (self.starts, self.sizes, self.steps)
        if any(len(extent_values(c)) != len(shape) for c in lists):
            raise VerifyException(
                f"'{self.name}' needs one start, size and step per dimension of {shape_text(shape)}"
            )
        ranges = zip(self.extent_ranges(), shape, strict=True)
        for axis, ((start, size, step), n) in enumerate(ranges):
            if step == 0:
                raise VerifyException(f"'{self.name}' step of dimension {axis} is zero")
            if not may_be_at_least(size, 0):
                raise VerifyException(f"'{self.name}' size {size} of dimension {axis}")
            last = start + (size - 1) * step
            if n != -1 and not _are_within(n, start, size, step):
                raise VerifyException(
                    f"'{self.name}' dimension {axis}: elements {start}..{last} are not within"
                    f" 0..{n - 1}"
                )
        super().verify_()


def _are_within(n: Extent, start: Extent, size: Extent, step: int) -> bool:
    """
    Whether so many elements from `start` on may be some of `n`.

    Of a number that may be 0 this is only asked by who must know it of every call.
    """
    last = start + (size - 1) * step
    if range_of(size)[0] > 0:
        ends = (start, last)
        return all(may_be_at_least(at, 0) and may_be_at_least(n - 1, at) for at in ends)
    if is_zero(size) or not is_judged():
        return True
    low, high = (start, last) if step > 0 else (last, start)
    return may_be_at_least(low, 0) and may_be_at_least(n - 1, high)


@irdl_op_definition
class ConcatOp(MovementOp):
    """
    Join along `axis`.

    ```mlir
    %y = engine.concat %a, %b {axis = 1 : i64} : tensor<1x64x8x8xf32>, tensor<1x32x8x8xf32> -> tensor<1x96x8x8xf32>
    ```
    """

    name = "engine.concat"
    TAKES_CODED: ClassVar[bool] = True
    inputs = var_operand_def(SHAPED)
    outs = var_operand_def(MemRefType)
    axis = prop_def(IntegerAttr)
    res = var_result_def(TensorType)
    irdl_options = (AttrSizedOperandSegments(as_property=True), ParsePropInAttrDict())
    assembly_format = "$inputs" + OUTS + "type($inputs) (`->` type($res)^)?"

    def __init__(
        self,
        inputs: Sequence[SSAValue],
        axis: int,
        result_type: Attribute | None = None,
        *,
        outs: Sequence[SSAValue] = (),
    ):
        if result_type is None and not outs:
            result_type = tensor(
                _joined([extents_of(v) for v in inputs], axis), element_of(inputs[0])
            )
        super().__init__(
            operands=[inputs, outs],
            properties={"axis": IntegerAttr(axis, i64)},
            result_types=results_of(outs, result_type),
        )

    def alike(self) -> Sequence[SSAValue]:
        return self.inputs

    @property
    def offsets(self) -> list[int]:
        """Where each input starts along the axis, where that is a number."""
        return list(numbers_of(self.offset_extents))

    @property
    def offset_extents(self) -> list[Extent]:
        """Where each input starts along the axis."""
        axis, starts = self.axis.value.data, list[Extent]()
        at: Extent = 0
        for value in self.inputs:
            starts.append(at)
            at = at + extents_of(value)[axis]
        return starts

    def elements_kept(self) -> Mapping[int, Elements]:
        steps = dense_stride_extents(extents_of(self.target_types()[0]))
        step = steps[self.axis.value.data]
        return {n: Elements(start * step, steps) for n, start in enumerate(self.offset_extents)}

    def absorbed_parts(self, strides: Sequence[Extent]) -> Mapping[int, MemoryPart]:
        [result] = self.results
        tag, axis = layout_of(result), self.axis.value.data
        whole = extents_of(result)[axis]
        parts: dict[int, MemoryPart] = {}
        for number, (value, start) in enumerate(zip(self.inputs, self.offset_extents, strict=True)):
            offset = offset_of_index(tag, axis, start, extents_of(value)[axis], whole, strides)
            if offset is not None and layout_of(value) == tag:
                own = canonical_strides(physical_extents_of(value), strides)
                parts[number] = MemoryPart(offset, own)
        return parts

    def inferred_shapes(self) -> list[tuple[Extent, ...]]:
        return [_joined([extents_of(v) for v in self.inputs], self.axis.value.data)]

    def verify_(self) -> None:
        if not self.inputs:
            raise VerifyException(f"'{self.name}' needs an input")
        check_axes(self.name, [self.axis.value.data], shaped(self.inputs[0]).get_num_dims())
        super().verify_()


def _joined(shapes: Sequence[tuple[Extent, ...]], axis: int) -> tuple[Extent, ...]:
    first = shapes[0]
    for shape in shapes[1:]:
        if len(shape) != len(first) or any(
            not may_be_same(a, b)
            for i, (a, b) in enumerate(zip(first, shape, strict=True))
            if i != axis
        ):
            raise VerifyException(
                f"'engine.concat' cannot join {' and '.join(map(shape_text, shapes))}"
                f" along axis {axis}"
            )
    sizes = [shape[axis] for shape in shapes]
    total = -1 if -1 in sizes else sum_of(sizes)
    return (*first[:axis], total, *first[axis + 1 :])


@irdl_op_definition
class PadOp(MovementOp):
    """
    Add `low[i]` elements before and `high[i]` after dimension i: of `value` for mode `constant`,
    of the input's own for `edge`, `reflect` and `wrap`. Negative counts crop.

    ```mlir
    %y = engine.pad %x {low = array<i64: 0, 0, 1, 1>, high = array<i64: 0, 0, 1, 1>, mode = "constant", value = 0.000000e+00 : f32} : tensor<1x8x4x4xf32> -> tensor<1x8x6x6xf32>
    ```
    """

    name = "engine.pad"
    MODES: ClassVar[tuple[str, ...]] = ("constant", "edge", "reflect", "wrap")
    input = operand_def(SHAPED)
    outs = var_operand_def(MemRefType)
    low = prop_def(DenseArrayBase | ExtentsAttr)
    high = prop_def(DenseArrayBase | ExtentsAttr)
    mode = prop_def(StringAttr)
    value = prop_def(FloatAttr | IntegerAttr)
    res = var_result_def(TensorType)
    irdl_options = (ParsePropInAttrDict(),)
    assembly_format = UNARY

    def __init__(
        self,
        input: SSAValue | Operation,
        low: Sequence[Extent],
        high: Sequence[Extent],
        value: FloatAttr | IntegerAttr,
        mode: str = "constant",
        result_type: Attribute | None = None,
        *,
        outs: Sequence[SSAValue] = (),
    ):
        x = SSAValue.get(input)
        if result_type is None and not outs:
            result_type = tensor(_padded(extents_of(x), low, high), element_of(x))
        super().__init__(
            operands=[x, outs],
            properties={
                "low": extent_array(low),
                "high": extent_array(high),
                "mode": StringAttr(mode),
                "value": value,
            },
            result_types=results_of(outs, result_type),
        )

    @property
    def amounts(self) -> list[tuple[int, int]]:
        """(low, high) of each dimension, where they are numbers."""
        return list(zip(int_values(self.low), int_values(self.high), strict=True))

    @property
    def amount_extents(self) -> list[tuple[Extent, Extent]]:
        """(low, high) of each dimension."""
        return list(zip(extent_values(self.low), extent_values(self.high), strict=True))

    def elements_kept(self) -> Mapping[int, Elements]:
        amounts = self.amount_extents
        if self.mode.data != "constant" or any(range_of(n)[0] < 0 for p in amounts for n in p):
            return {}
        steps = dense_stride_extents(extents_of(self.target_types()[0]))
        first = sum_of(step * low for step, (low, _) in zip(steps, amounts, strict=True))
        return {0: Elements(first, steps)}

    def absorbed_parts(self, strides: Sequence[Extent]) -> Mapping[int, MemoryPart]:
        [result] = self.results
        value, tag, shape = self.input, layout_of(result), extents_of(result)
        if self.mode.data != "constant" or layout_of(value) != tag:
            return {}
        total: Extent = 0
        for dim, (low, high) in enumerate(self.amount_extents):
            offset = offset_of_index(tag, dim, low, extents_of(value)[dim], shape[dim], strides)
            if range_of(low)[0] < 0 or range_of(high)[0] < 0 or offset is None:
                return {}
            total = total + offset
        return {0: MemoryPart(total, canonical_strides(physical_extents_of(value), strides))}

    def inferred_shapes(self) -> list[tuple[Extent, ...]]:
        low, high = extent_values(self.low), extent_values(self.high)
        return [_padded(extents_of(self.input), low, high)]

    def verify_(self) -> None:
        if self.mode.data not in self.MODES:
            raise VerifyException(
                f"'{self.name}' mode '{self.mode.data}' is none of {', '.join(self.MODES)}"
            )
        if self.value.type != scalar_type(element_of(self.input)):
            raise VerifyException(
                f"'{self.name}' value is of {self.value.type}, the input of"
                f" {element_of(self.input)}"
            )
        super().verify_()
        for axis, (n, (low, high)) in enumerate(
            zip(extents_of(self.input), self.amount_extents, strict=True)
        ):
            if n != -1:
                self._verify_amounts(axis, n, low, high)

    def _verify_amounts(self, axis: int, n: Extent, low: Extent, high: Extent) -> None:
        """What is added along one axis of `n` elements is there to be taken."""
        before, after = minimum(low, 0), minimum(high, 0)
        if not may_be_at_least(n + low + high, 0) or not may_be_at_least(n + before + after, 0):
            raise VerifyException(
                f"'{self.name}' crops {-before} and {-after} of the {n} elements of"
                f" dimension {axis}"
            )
        some = minimum(maximum(low, high), 1)
        if self.mode.data != "constant" and not may_be_at_least(n, maximum(some, 0)):
            raise VerifyException(
                f"'{self.name}' mode '{self.mode.data}' has nothing to take in dimension {axis}"
            )


def _padded(
    shape: tuple[Extent, ...], low: Sequence[Extent], high: Sequence[Extent]
) -> tuple[Extent, ...]:
    if not len(shape) == len(low) == len(high):
        raise VerifyException(
            f"'engine.pad' needs one low and one high per dimension of {shape_text(shape)}"
        )
    return tuple(n if n == -1 else n + a + b for n, a, b in zip(shape, low, high, strict=True))


@irdl_op_definition
class RelayoutOp(MovementOp):
    """
    The same tensor in another layout.

    ```mlir
    %y = engine.relayout %x : tensor<1x64x8x8xf32> -> tensor<1x64x8x8xf32, #engine.layout<"aBcd16b">>
    ```

    With `donated` it copies an input of a planned function into a part of an output, and whoever
    calls has done so already. It stands in front of all other operations.

    ```mlir
    func.func @main(%arena: memref<0xi8>, %past: memref<2x3xf32>, %new: memref<2x1xf32>, %present: memref<2x4xf32>) attributes {input_names = ["past", "new"]} {
      %0 = engine.view %present {offset = 0 : i64} : memref<2x4xf32> -> memref<2x3xf32, #engine.layout<"ab", [4, 1]>>
      engine.relayout %past outs(%0 : memref<2x3xf32, #engine.layout<"ab", [4, 1]>>) {donated} : memref<2x3xf32>
      engine.concat %0, %new outs(%present : memref<2x4xf32>) {absorbed = array<i64: 0>, axis = 1 : i64} : memref<2x3xf32, #engine.layout<"ab", [4, 1]>>, memref<2x1xf32>
      func.return
    }
    ```
    """

    name = "engine.relayout"
    TAKES_CODED: ClassVar[bool] = True
    donated = opt_prop_def(UnitAttr)
    input = operand_def(SHAPED)
    outs = var_operand_def(MemRefType)
    res = var_result_def(TensorType)
    irdl_options = (ParsePropInAttrDict(),)
    assembly_format = UNARY

    def __init__(
        self,
        input: SSAValue | Operation,
        result_type: Attribute | None,
        *,
        outs: Sequence[SSAValue] = (),
    ):
        super().__init__(operands=[input, outs], result_types=results_of(outs, result_type))

    def verify_(self) -> None:
        super().verify_()
        if self.donated is None:
            return
        types = (shaped(self.input), *self.target_types())
        if not isinstance(self.input, BlockArgument) or not self.outs:
            raise VerifyException(
                f"'{self.name}' is donated, which only an argument of a planned function can be"
            )
        if not all(layout_of(type_).row_major for type_ in types):
            raise VerifyException(
                f"'{self.name}' is donated, and copies {types[0]} to {types[-1]}; callers know of"
                " rows alone"
            )

    def inferred_shapes(self) -> list[tuple[Extent, ...]]:
        return [extents_of(self.input)]
