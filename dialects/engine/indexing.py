"""Data movement by indices that are data: `gather`, `scatter`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from xdsl.dialects.builtin import (
    IntegerAttr,
    IntegerType,
    MemRefType,
    StringAttr,
    TensorType,
    i64,
)
from xdsl.ir import Attribute, Operation, SSAValue
from xdsl.irdl import (
    ParsePropInAttrDict,
    irdl_op_definition,
    operand_def,
    prop_def,
    var_operand_def,
    var_result_def,
)
from xdsl.utils.exceptions import VerifyException

from ...runtime.size import Extent
from .base import (
    SHAPED,
    element_of,
    extents_of,
    shaped,
    tensor,
)
from .movement import OUTS, MovementOp, results_of
from .reduction import check_axes
from .size_questions import may_be_same
from .sizes import shape_text

OUT_OF_RANGE = "an index is out of range"
"""What has happened when a kernel that reads indices fails."""


def check_indices(name: str, indices: SSAValue) -> None:
    """Indices are integers of 32 or 64 bits."""
    element = element_of(indices)
    if not isinstance(element, IntegerType) or element.width.data not in (32, 64):
        raise VerifyException(f"'{name}' indices are {element}, expected i32 or i64")


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
    TAKES_CODED: ClassVar[bool] = True
    input = operand_def(SHAPED)
    indices = operand_def(SHAPED)
    outs = var_operand_def(MemRefType)
    axis = prop_def(IntegerAttr)
    res = var_result_def(TensorType)
    irdl_options = (ParsePropInAttrDict(),)
    assembly_format = (
        "$input `,` $indices" + OUTS + "type($input) `,` type($indices) (`->` type($res)^)?"
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
            shape = (*extents_of(x)[:axis], *extents_of(i), *extents_of(x)[axis + 1 :])
            result_type = tensor(shape, element_of(x))
        super().__init__(
            operands=[x, i, outs],
            properties={"axis": IntegerAttr(axis, i64)},
            result_types=results_of(outs, result_type),
        )

    def inferred_shapes(self) -> list[tuple[Extent, ...]]:
        x, axis = extents_of(self.input), self.axis.value.data
        return [(*x[:axis], *extents_of(self.indices), *x[axis + 1 :])]

    def bytes_read_of(self, number: int) -> int:
        # Only the gathered rows are read, not the table.
        whole = super().bytes_read_of(number)
        return whole if number else min(whole, self.bytes_written())

    def may_fail(self) -> bool:
        return True

    def failure_message(self) -> str:
        return OUT_OF_RANGE

    def verify_(self) -> None:
        check_axes(self.name, [self.axis.value.data], shaped(self.input).get_num_dims())
        check_indices(self.name, self.indices)
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
        + OUTS
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
        result_type = result_type or tensor(extents_of(x), element_of(x))
        super().__init__(
            operands=[x, indices, updates, outs],
            properties={"reduction": StringAttr(reduction)},
            result_types=results_of(outs, result_type),
        )

    def alike(self) -> Sequence[SSAValue]:
        return [self.input, self.updates]

    def may_overwrite(self) -> tuple[int, ...]:
        return (0,)

    def may_fail(self) -> bool:
        return True

    def failure_message(self) -> str:
        return OUT_OF_RANGE

    def inferred_shapes(self) -> list[tuple[Extent, ...]]:
        return [extents_of(self.input)]

    def verify_(self) -> None:
        if self.reduction.data not in self.KINDS:
            raise VerifyException(
                f"'{self.name}' reduction '{self.reduction.data}' is none of"
                f" {', '.join(self.KINDS)}"
            )
        check_indices(self.name, self.indices)
        x, i, u = extents_of(self.input), extents_of(self.indices), extents_of(self.updates)
        width = i[-1] if i else -1  # of an index: how many leading dimensions it is for
        fits = isinstance(width, int) and 0 <= width <= len(x)
        wanted = (*i[:-1], *x[width:]) if isinstance(width, int) else ()
        if not fits or len(u) != len(wanted) or not all(map(may_be_same, u, wanted)):
            raise VerifyException(
                f"'{self.name}' input {shape_text(x)}, indices {shape_text(i)} and updates"
                f" {shape_text(u)} do not fit"
            )
        super().verify_()
