"""The positions of the largest or smallest elements: `top_k`."""

from __future__ import annotations

from collections.abc import Sequence
from math import log2, prod

from xdsl.dialects.builtin import (
    DenseArrayBase,
    IntegerAttr,
    MemRefType,
    TensorType,
    UnitAttr,
    i64,
)
from xdsl.ir import Attribute, Operation, SSAValue
from xdsl.irdl import (
    ParsePropInAttrDict,
    irdl_op_definition,
    operand_def,
    opt_prop_def,
    prop_def,
    var_operand_def,
    var_result_def,
)
from xdsl.utils.exceptions import VerifyException

from ...runtime.size import Extent, numbers_of
from .base import SHAPED, EngineOp, extents_of, tensor
from .movement import UNARY, results_of
from .reduction import check_axes
from .size_questions import may_be_at_least
from .sizes import ExtentsAttr, extent_array, extent_values


@irdl_op_definition
class TopKOp(EngineOp):
    """
    The positions of the `count` largest elements along `axis`, the largest first; of the smallest
    with `smallest`. Of equal elements that at the lower position comes first. NaN are larger than
    all else and equal to each other.

    ```mlir
    %i = engine.top_k %x {axis = 1 : i64, count = 3 : i64} : tensor<4x10xf32> -> tensor<4x3xi64>
    ```

    A count that is a size is written as a list of one: `count = #engine.extents<["K"]>`.
    """

    name = "engine.top_k"
    input = operand_def(SHAPED)
    outs = var_operand_def(MemRefType)
    axis = prop_def(IntegerAttr)
    count = prop_def(IntegerAttr | DenseArrayBase | ExtentsAttr)
    smallest = opt_prop_def(UnitAttr)
    res = var_result_def(TensorType)
    irdl_options = (ParsePropInAttrDict(),)
    assembly_format = UNARY

    def __init__(
        self,
        input: SSAValue | Operation,
        axis: int,
        count: Extent,
        *,
        smallest: bool = False,
        outs: Sequence[SSAValue] = (),
    ):
        x = SSAValue.get(input)
        result = None if outs else tensor(_replaced(extents_of(x), axis, count), i64)
        super().__init__(
            operands=[x, outs],
            properties={
                "axis": IntegerAttr(axis, i64),
                "count": IntegerAttr(count, i64)
                if isinstance(count, int)
                else extent_array([count]),
                "smallest": UnitAttr() if smallest else None,
            },
            result_types=results_of(outs, result),
        )

    @property
    def count_extent(self) -> Extent:
        """How many positions it gives."""
        if isinstance(self.count, IntegerAttr):
            return self.count.value.data
        [count] = extent_values(self.count)
        return count

    def inferred_shapes(self) -> list[tuple[Extent, ...]]:
        return [_replaced(extents_of(self.input), self.axis.value.data, self.count_extent)]

    def inferred_elements(self) -> list[Attribute]:
        return [i64]

    def flops(self) -> int:
        [count] = numbers_of([self.count_extent])
        return round(prod(numbers_of(extents_of(self.input))) * (1 + log2(max(count, 1))))

    def verify_(self) -> None:
        shape, axis = extents_of(self.input), self.axis.value.data
        check_axes(self.name, [axis], len(shape))
        if not isinstance(self.count, IntegerAttr) and len(extent_values(self.count)) != 1:
            raise VerifyException(f"'{self.name}' has several counts, expected one")
        count = self.count_extent
        if not may_be_at_least(count, 0) or not _may_hold(shape[axis], count):
            raise VerifyException(f"'{self.name}' takes {count} of {shape[axis]} elements")
        super().verify_()


def _may_hold(size: Extent, count: Extent) -> bool:
    """Whether so many elements may be there: a call may bring them where the size is open."""
    return size == -1 or may_be_at_least(size, count)


def _replaced(shape: tuple[Extent, ...], axis: int, count: Extent) -> tuple[Extent, ...]:
    return (*shape[:axis], count, *shape[axis + 1 :])
