"""Running sums, products and extremes: `scan`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from xdsl.dialects.builtin import IntegerAttr, MemRefType, StringAttr, TensorType, UnitAttr, i64
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

from ...runtime.size import Extent
from .base import SHAPED, EngineOp, element_of, extents_of, tensor
from .movement import UNARY, results_of
from .reduction import check_axes


@irdl_op_definition
class ScanOp(EngineOp):
    """
    The sum, product, maximum or minimum of all elements up to each one along `axis`.

    `exclusive` leaves each element itself out: a maximum of nothing is the lowest number of the
    element type, minus infinity of floats. `reverse` goes from the end. A NaN stays. Elements are combined
    one after the other, in the order of the axis.

    ```mlir
    %y = engine.scan %x {kind = "sum", axis = 1 : i64} : tensor<4x10xf32> -> tensor<4x10xf32>
    ```
    """

    name = "engine.scan"
    KINDS: ClassVar[tuple[str, ...]] = ("sum", "prod", "max", "min")
    input = operand_def(SHAPED)
    outs = var_operand_def(MemRefType)
    kind = prop_def(StringAttr)
    axis = prop_def(IntegerAttr)
    exclusive = opt_prop_def(UnitAttr)
    reverse = opt_prop_def(UnitAttr)
    res = var_result_def(TensorType)
    irdl_options = (ParsePropInAttrDict(),)
    assembly_format = UNARY

    def __init__(
        self,
        input: SSAValue | Operation,
        kind: str,
        axis: int,
        result_type: Attribute | None = None,
        *,
        exclusive: bool = False,
        reverse: bool = False,
        outs: Sequence[SSAValue] = (),
    ):
        x = SSAValue.get(input)
        result_type = result_type or tensor(extents_of(x), element_of(x))
        super().__init__(
            operands=[x, outs],
            properties={
                "kind": StringAttr(kind),
                "axis": IntegerAttr(axis, i64),
                "exclusive": UnitAttr() if exclusive else None,
                "reverse": UnitAttr() if reverse else None,
            },
            result_types=results_of(outs, result_type),
        )

    def may_overwrite(self) -> tuple[int, ...]:
        return (0,)

    def inferred_shapes(self) -> list[tuple[Extent, ...]]:
        return [extents_of(self.input)]

    def verify_(self) -> None:
        if self.kind.data not in self.KINDS:
            raise VerifyException(
                f"'{self.name}' kind '{self.kind.data}' is none of {', '.join(self.KINDS)}"
            )
        check_axes(self.name, [self.axis.value.data], len(extents_of(self.input)))
        super().verify_()
