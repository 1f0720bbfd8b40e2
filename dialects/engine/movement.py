"""Constants and data movement."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import ClassVar

from xdsl.dialects.builtin import (
    DenseArrayBase,
    DenseIntOrFPElementsAttr,
    FloatAttr,
    IntegerAttr,
    MemRefType,
    StringAttr,
    TensorType,
    f64,
    i64,
)
from xdsl.ir import Attribute, Operation, OpResult, SSAValue
from xdsl.irdl import (
    AttrSizedOperandSegments,
    IRDLOperation,
    ParsePropInAttrDict,
    irdl_op_definition,
    operand_def,
    prop_def,
    result_def,
    traits_def,
    var_operand_def,
    var_result_def,
)
from xdsl.traits import ConstantLike, Pure
from xdsl.utils.exceptions import VerifyException

from .base import (
    SHAPED,
    EngineOp,
    broadcast_shapes,
    element_of,
    extent_of,
    int_array,
    int_values,
    nbytes_of,
    shape_of,
    tensor,
)
from .reduction import check_axes
from .weights import ConstantAttr, WeightAttr

_OUTS = " (`outs` `(` $outs^ `:` type($outs) `)`)? attr-dict `:` "
_UNARY = "$input" + _OUTS + "type($input) (`->` type($res)^)?"


def _results(outs: Sequence[SSAValue], result_type: Attribute | None) -> list[list[Attribute]]:
    return [[] if outs or result_type is None else [result_type]]


class MovementOp(EngineOp):
    """An operation that moves elements and computes nothing."""

    def flops(self) -> int:
        return 0


@irdl_op_definition
class ConstantOp(IRDLOperation):
    """
    A constant. The value is logical and row-major; the result's layout says how it is stored,
    so changing the layout of a constant changes only its type.

    ```mlir
    %c = engine.constant dense<[1.000000e+00, 2.000000e+00]> : tensor<2xf32> -> tensor<2xf32>
    ```
    """

    name = "engine.constant"
    value = prop_def(Attribute)
    res = result_def(SHAPED)
    traits = traits_def(Pure(), ConstantLike())
    assembly_format = "$value attr-dict `->` type($res)"

    def __init__(self, value: ConstantAttr, result_type: Attribute | None = None):
        super().__init__(properties={"value": value}, result_types=[result_type or value.type])

    def verify_(self) -> None:
        if not isinstance(self.value, DenseIntOrFPElementsAttr | WeightAttr):
            raise VerifyException(f"'{self.name}' value must be dense<...> or #engine.weight<...>")
        type_ = self.value.type
        same_shape = tuple(type_.get_shape()) == shape_of(self.res)
        if not same_shape or type_.get_element_type() != element_of(self.res):
            raise VerifyException(f"'{self.name}' value is a {type_}, result a {self.res.type}")


def constant_of(value: SSAValue) -> ConstantAttr | None:
    """The attribute of a value defined by `engine.constant`, None for any other."""
    if isinstance(value, OpResult) and isinstance(value.op, ConstantOp):
        attr = value.op.value
        assert isinstance(attr, DenseIntOrFPElementsAttr | WeightAttr)
        return attr
    return None


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
    input = operand_def(SHAPED)
    outs = var_operand_def(MemRefType)
    res = var_result_def(TensorType)
    assembly_format = _UNARY

    def __init__(
        self,
        input: SSAValue | Operation,
        shape: Sequence[int] | TensorType,
        *,
        outs: Sequence[SSAValue] = (),
    ):
        x = SSAValue.get(input)
        type_ = shape if isinstance(shape, TensorType) else tensor(tuple(shape), element_of(x))
        super().__init__(operands=[x, outs], result_types=_results(outs, type_))

    def inferred_shapes(self) -> list[tuple[int, ...]]:
        return [shape_of(t) for t in self.target_types()]

    def verify_(self) -> None:
        super().verify_()
        before, [after] = shape_of(self.input), [shape_of(t) for t in self.target_types()]
        if -1 not in (*before, *after) and prod(before) != prod(after):
            raise VerifyException(
                f"'{self.name}' {list(before)} has {prod(before)} elements,"
                f" {list(after)} has {prod(after)}"
            )


@irdl_op_definition
class BroadcastOp(MovementOp):
    """
    Repeat along new leading dimensions and dimensions of extent 1.

    ```mlir
    %y = engine.broadcast %x : tensor<3x1xf32> -> tensor<2x3x4xf32>
    ```
    """

    name = "engine.broadcast"
    input = operand_def(SHAPED)
    outs = var_operand_def(MemRefType)
    res = var_result_def(TensorType)
    assembly_format = _UNARY

    def __init__(
        self,
        input: SSAValue | Operation,
        shape: Sequence[int] | TensorType,
        *,
        outs: Sequence[SSAValue] = (),
    ):
        x = SSAValue.get(input)
        type_ = shape if isinstance(shape, TensorType) else tensor(tuple(shape), element_of(x))
        super().__init__(operands=[x, outs], result_types=_results(outs, type_))

    def inferred_shapes(self) -> list[tuple[int, ...]]:
        [target] = self.target_types()
        return [broadcast_shapes(shape_of(self.input), shape_of(target))]


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
    input = operand_def(SHAPED)
    outs = var_operand_def(MemRefType)
    perm = prop_def(DenseArrayBase)
    res = var_result_def(TensorType)
    irdl_options = (ParsePropInAttrDict(),)
    assembly_format = _UNARY

    def __init__(
        self,
        input: SSAValue | Operation,
        perm: Sequence[int],
        result_type: Attribute | None = None,
        *,
        outs: Sequence[SSAValue] = (),
    ):
        x = SSAValue.get(input)
        shape = shape_of(x)
        result_type = result_type or tensor(tuple(shape[p] for p in perm), element_of(x))
        super().__init__(
            operands=[x, outs],
            properties={"perm": int_array(perm)},
            result_types=_results(outs, result_type),
        )

    @property
    def permutation(self) -> tuple[int, ...]:
        return int_values(self.perm)

    def inferred_shapes(self) -> list[tuple[int, ...]]:
        shape = shape_of(self.input)
        return [tuple(shape[p] for p in self.permutation)]

    def verify_(self) -> None:
        rank = len(shape_of(self.input))
        if sorted(self.permutation) != list(range(rank)):
            raise VerifyException(
                f"'{self.name}' perm {list(self.permutation)} is no permutation of 0..{rank - 1}"
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
    input = operand_def(SHAPED)
    outs = var_operand_def(MemRefType)
    starts = prop_def(DenseArrayBase)
    sizes = prop_def(DenseArrayBase)
    steps = prop_def(DenseArrayBase)
    res = var_result_def(TensorType)
    irdl_options = (ParsePropInAttrDict(),)
    assembly_format = _UNARY

    def __init__(
        self,
        input: SSAValue | Operation,
        starts: Sequence[int],
        sizes: Sequence[int],
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
                "starts": int_array(starts),
                "sizes": int_array(sizes),
                "steps": int_array(steps if steps is not None else [1] * len(starts)),
            },
            result_types=_results(outs, result_type),
        )

    def ranges(self) -> list[tuple[int, int, int]]:
        """(start, size, step) of each dimension."""
        columns = (self.starts, self.sizes, self.steps)
        return list(zip(*map(int_values, columns), strict=True))

    def inferred_shapes(self) -> list[tuple[int, ...]]:
        return [tuple(size for _, size, _ in self.ranges())]

    def verify_(self) -> None:
        shape = shape_of(self.input)
        if any(len(int_values(c)) != len(shape) for c in (self.starts, self.sizes, self.steps)):
            raise VerifyException(
                f"'{self.name}' needs one start, size and step per dimension of {list(shape)}"
            )
        for axis, ((start, size, step), n) in enumerate(zip(self.ranges(), shape, strict=True)):
            if step == 0:
                raise VerifyException(f"'{self.name}' step of dimension {axis} is zero")
            last = start + (size - 1) * step
            if size > 0 and n >= 0 and not (0 <= start < n and 0 <= last < n):
                raise VerifyException(
                    f"'{self.name}' dimension {axis}: elements {start}..{last} are not within"
                    f" 0..{n - 1}"
                )
        super().verify_()


@irdl_op_definition
class ConcatOp(MovementOp):
    """
    Join along `axis`.

    ```mlir
    %y = engine.concat %a, %b {axis = 1 : i64} : tensor<1x64x8x8xf32>, tensor<1x32x8x8xf32> -> tensor<1x96x8x8xf32>
    ```
    """

    name = "engine.concat"
    inputs = var_operand_def(SHAPED)
    outs = var_operand_def(MemRefType)
    axis = prop_def(IntegerAttr)
    res = var_result_def(TensorType)
    irdl_options = (AttrSizedOperandSegments(as_property=True), ParsePropInAttrDict())
    assembly_format = "$inputs" + _OUTS + "type($inputs) (`->` type($res)^)?"

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
                _joined([shape_of(v) for v in inputs], axis), element_of(inputs[0])
            )
        super().__init__(
            operands=[inputs, outs],
            properties={"axis": IntegerAttr(axis, i64)},
            result_types=_results(outs, result_type),
        )

    @property
    def offsets(self) -> list[int]:
        """Where each input starts along the axis."""
        axis, at, starts = self.axis.value.data, 0, list[int]()
        for value in self.inputs:
            starts.append(at)
            at += shape_of(value)[axis]
        return starts

    def inferred_shapes(self) -> list[tuple[int, ...]]:
        return [_joined([shape_of(v) for v in self.inputs], self.axis.value.data)]

    def verify_(self) -> None:
        if not self.inputs:
            raise VerifyException(f"'{self.name}' needs an input")
        check_axes(self.name, [self.axis.value.data], len(shape_of(self.inputs[0])))
        super().verify_()


def _joined(shapes: Sequence[tuple[int, ...]], axis: int) -> tuple[int, ...]:
    first = shapes[0]
    for shape in shapes[1:]:
        if len(shape) != len(first) or any(
            a != b and -1 not in (a, b)
            for i, (a, b) in enumerate(zip(first, shape, strict=True))
            if i != axis
        ):
            raise VerifyException(
                f"'engine.concat' cannot join {' and '.join(str(list(s)) for s in shapes)}"
                f" along axis {axis}"
            )
    sizes = [shape[axis] for shape in shapes]
    total = -1 if -1 in sizes else sum(sizes)
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
    low = prop_def(DenseArrayBase)
    high = prop_def(DenseArrayBase)
    mode = prop_def(StringAttr)
    value = prop_def(FloatAttr | IntegerAttr)
    res = var_result_def(TensorType)
    irdl_options = (ParsePropInAttrDict(),)
    assembly_format = _UNARY

    def __init__(
        self,
        input: SSAValue | Operation,
        low: Sequence[int],
        high: Sequence[int],
        value: FloatAttr | IntegerAttr,
        mode: str = "constant",
        result_type: Attribute | None = None,
        *,
        outs: Sequence[SSAValue] = (),
    ):
        x = SSAValue.get(input)
        if result_type is None and not outs:
            result_type = tensor(_padded(shape_of(x), low, high), element_of(x))
        super().__init__(
            operands=[x, outs],
            properties={
                "low": int_array(low),
                "high": int_array(high),
                "mode": StringAttr(mode),
                "value": value,
            },
            result_types=_results(outs, result_type),
        )

    @property
    def amounts(self) -> list[tuple[int, int]]:
        """(low, high) of each dimension."""
        return [
            (int(a), int(b))
            for a, b in zip(int_values(self.low), int_values(self.high), strict=True)
        ]

    def inferred_shapes(self) -> list[tuple[int, ...]]:
        low, high = zip(*self.amounts, strict=True) if self.amounts else ((), ())
        return [_padded(shape_of(self.input), low, high)]

    def verify_(self) -> None:
        if self.mode.data not in self.MODES:
            raise VerifyException(
                f"'{self.name}' mode '{self.mode.data}' is none of {', '.join(self.MODES)}"
            )
        super().verify_()


def _padded(shape: tuple[int, ...], low: Sequence[int], high: Sequence[int]) -> tuple[int, ...]:
    if not len(shape) == len(low) == len(high):
        raise VerifyException(
            f"'engine.pad' needs one low and one high per dimension of {list(shape)}"
        )
    return tuple(n if n < 0 else n + a + b for n, a, b in zip(shape, low, high, strict=True))


@irdl_op_definition
class GatherOp(MovementOp):
    """
    Take slices of the input along `axis` at integer indices; negative ones count from the end.
    An index outside is an error at run time.

    ```mlir
    %y = engine.gather %table, %ids {axis = 0 : i64} : tensor<100x8xf32>, tensor<1x4xi64> -> tensor<1x4x8xf32>
    ```
    """

    name = "engine.gather"
    input = operand_def(SHAPED)
    indices = operand_def(SHAPED)
    outs = var_operand_def(MemRefType)
    axis = prop_def(IntegerAttr)
    res = var_result_def(TensorType)
    irdl_options = (ParsePropInAttrDict(),)
    assembly_format = (
        "$input `,` $indices" + _OUTS + "type($input) `,` type($indices) (`->` type($res)^)?"
    )

    def __init__(
        self,
        input: SSAValue | Operation,
        indices: SSAValue | Operation,
        axis: int,
        result_type: Attribute | None = None,
        *,
        outs: Sequence[SSAValue] = (),
    ):
        x, i = SSAValue.get(input), SSAValue.get(indices)
        if result_type is None and not outs:
            shape = (*shape_of(x)[:axis], *shape_of(i), *shape_of(x)[axis + 1 :])
            result_type = tensor(shape, element_of(x))
        super().__init__(
            operands=[x, i, outs],
            properties={"axis": IntegerAttr(axis, i64)},
            result_types=_results(outs, result_type),
        )

    def inferred_shapes(self) -> list[tuple[int, ...]]:
        x, axis = shape_of(self.input), self.axis.value.data
        return [(*x[:axis], *shape_of(self.indices), *x[axis + 1 :])]

    def bytes_moved(self) -> int:
        # Only the gathered rows are read, not the table.
        return 2 * sum(nbytes_of(t) for t in self.target_types()) + nbytes_of(self.indices)

    def verify_(self) -> None:
        check_axes(self.name, [self.axis.value.data], len(shape_of(self.input)))
        super().verify_()


@irdl_op_definition
class ScatterOp(MovementOp):
    """
    A copy of the input with `updates` written at `indices` (ONNX ScatterND): the last dimension
    of `indices` holds index tuples into the leading dimensions of the input. `reduction` is
    `none`, `add`, `mul`, `max` or `min`.

    ```mlir
    %y = engine.scatter %x, %i, %u {reduction = "none"} : tensor<8x4xf32>, tensor<2x1xi64>, tensor<2x4xf32> -> tensor<8x4xf32>
    ```
    """

    name = "engine.scatter"
    KINDS: ClassVar[tuple[str, ...]] = ("none", "add", "mul", "max", "min")
    input = operand_def(SHAPED)
    indices = operand_def(SHAPED)
    updates = operand_def(SHAPED)
    outs = var_operand_def(MemRefType)
    reduction = prop_def(StringAttr)
    res = var_result_def(TensorType)
    irdl_options = (ParsePropInAttrDict(),)
    assembly_format = (
        "$input `,` $indices `,` $updates"
        + _OUTS
        + "type($input) `,` type($indices) `,` type($updates) (`->` type($res)^)?"
    )

    def __init__(
        self,
        input: SSAValue | Operation,
        indices: SSAValue | Operation,
        updates: SSAValue | Operation,
        reduction: str = "none",
        result_type: Attribute | None = None,
        *,
        outs: Sequence[SSAValue] = (),
    ):
        x = SSAValue.get(input)
        result_type = result_type or tensor(shape_of(x), element_of(x))
        super().__init__(
            operands=[x, indices, updates, outs],
            properties={"reduction": StringAttr(reduction)},
            result_types=_results(outs, result_type),
        )

    def may_overwrite(self) -> tuple[int, ...]:
        return (0,)

    def inferred_shapes(self) -> list[tuple[int, ...]]:
        return [shape_of(self.input)]

    def verify_(self) -> None:
        if self.reduction.data not in self.KINDS:
            raise VerifyException(
                f"'{self.name}' reduction '{self.reduction.data}' is none of"
                f" {', '.join(self.KINDS)}"
            )
        x, i, u = shape_of(self.input), shape_of(self.indices), shape_of(self.updates)
        if not i or u != (*i[:-1], *x[i[-1] :]):
            raise VerifyException(
                f"'{self.name}' input {list(x)}, indices {list(i)} and updates {list(u)} do not fit"
            )
        super().verify_()


@irdl_op_definition
class RelayoutOp(MovementOp):
    """
    The same tensor in another layout.

    ```mlir
    %y = engine.relayout %x : tensor<1x64x8x8xf32> -> tensor<1x64x8x8xf32, #engine.layout<"aBcd16b">>
    ```
    """

    name = "engine.relayout"
    input = operand_def(SHAPED)
    outs = var_operand_def(MemRefType)
    res = var_result_def(TensorType)
    assembly_format = _UNARY

    def __init__(
        self,
        input: SSAValue | Operation,
        result_type: Attribute | None,
        *,
        outs: Sequence[SSAValue] = (),
    ):
        super().__init__(operands=[input, outs], result_types=_results(outs, result_type))

    def inferred_shapes(self) -> list[tuple[int, ...]]:
        return [shape_of(self.input)]


@irdl_op_definition
class ResizeOp(EngineOp):
    """
    Resample to the result's shape, as ONNX Resize: `mode` is `nearest`, `linear` or `cubic`;
    `coordinates` one of ONNX's coordinate transformations; `rounding` its nearest mode. `scales`
    are the factors per dimension that map coordinates.

    ```mlir
    %y = engine.resize %x {mode = "nearest", coordinates = "asymmetric", rounding = "floor", scales = array<f64: 1.000000e+00, 1.000000e+00, 2.000000e+00, 2.000000e+00>, cubic_coefficient = -7.500000e-01 : f64} : tensor<1x8x4x4xf32> -> tensor<1x8x8x8xf32>
    ```
    """

    name = "engine.resize"
    MODES: ClassVar[tuple[str, ...]] = ("nearest", "linear", "cubic")
    COORDINATES: ClassVar[tuple[str, ...]] = (
        "half_pixel",
        "half_pixel_symmetric",
        "pytorch_half_pixel",
        "align_corners",
        "asymmetric",
    )
    input = operand_def(SHAPED)
    outs = var_operand_def(MemRefType)
    mode = prop_def(StringAttr)
    coordinates = prop_def(StringAttr)
    rounding = prop_def(StringAttr)
    scales = prop_def(DenseArrayBase)
    cubic_coefficient = prop_def(FloatAttr)
    res = var_result_def(TensorType)
    irdl_options = (ParsePropInAttrDict(),)
    assembly_format = _UNARY

    def __init__(
        self,
        input: SSAValue | Operation,
        shape: Sequence[int],
        mode: str,
        coordinates: str,
        rounding: str,
        scales: Sequence[float],
        cubic_coefficient: float = -0.75,
        *,
        outs: Sequence[SSAValue] = (),
    ):
        x = SSAValue.get(input)
        super().__init__(
            operands=[x, outs],
            properties={
                "mode": StringAttr(mode),
                "coordinates": StringAttr(coordinates),
                "rounding": StringAttr(rounding),
                "scales": DenseArrayBase.from_list(f64, list(scales)),
                "cubic_coefficient": FloatAttr(cubic_coefficient, f64),
            },
            result_types=_results(outs, tensor(tuple(shape), element_of(x))),
        )

    def inferred_shapes(self) -> list[tuple[int, ...]]:
        return [shape_of(t) for t in self.target_types()]

    def verify_(self) -> None:
        if self.mode.data not in self.MODES or self.coordinates.data not in self.COORDINATES:
            raise VerifyException(
                f"'{self.name}' mode '{self.mode.data}' or coordinates"
                f" '{self.coordinates.data}' is unknown"
            )
        super().verify_()


@irdl_op_definition
class ViewOp(IRDLOperation):
    """
    Level 4: a typed buffer at a byte offset of the arena, or of another buffer.

    ```mlir
    %b = engine.view %arena {offset = 4096 : i64} : memref<65536xi8> -> memref<1x64x8x8xf32>
    ```
    """

    name = "engine.view"
    base = operand_def(MemRefType)
    offset = prop_def(IntegerAttr)
    res = result_def(MemRefType)
    traits = traits_def(Pure())
    irdl_options = (ParsePropInAttrDict(),)
    assembly_format = "$base attr-dict `:` type($base) `->` type($res)"

    def __init__(self, base: SSAValue, offset: int, result_type: MemRefType):
        super().__init__(
            operands=[base],
            properties={"offset": IntegerAttr(offset, i64)},
            result_types=[result_type],
        )

    def verify_(self) -> None:
        offset = self.offset.value.data
        end = offset + extent_of(self.res)
        if offset < 0 or end > extent_of(self.base):
            raise VerifyException(
                f"'{self.name}' bytes {offset}..{end} are not within the"
                f" {extent_of(self.base)} bytes of its base"
            )
