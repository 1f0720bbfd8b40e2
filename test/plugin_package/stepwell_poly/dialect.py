"""The `poly` dialect: one operation."""

from collections.abc import Sequence
from typing import cast

from xdsl.dialects.builtin import DenseArrayBase, Float64Type, MemRefType, TensorType, f64
from xdsl.ir import Dialect, SSAValue
from xdsl.irdl import (
    ParsePropInAttrDict,
    irdl_op_definition,
    operand_def,
    prop_def,
    var_operand_def,
    var_result_def,
)
from xdsl.utils.exceptions import VerifyException

from stepwell.dialects.engine.base import SHAPED, EngineOp, element_of, shape_of, tensor
from stepwell.dialects.engine.movement import UNARY, results_of


@irdl_op_definition
class HornerOp(EngineOp):
    """
    A polynomial of each element: `c0 + c1 x + c2 x^2 + ...`.

    ```mlir
    %y = poly.horner %x {coefficients = array<f64: 1.0, 0.0, 2.0>} : tensor<4xf32> -> tensor<4xf32>
    ```
    """

    name = "poly.horner"
    input = operand_def(SHAPED)
    outs = var_operand_def(MemRefType)
    coefficients = prop_def(DenseArrayBase)
    res = var_result_def(TensorType)
    irdl_options = (ParsePropInAttrDict(),)
    assembly_format = UNARY

    def __init__(self, input: SSAValue, coefficients: Sequence[float]):
        super().__init__(
            operands=[input, []],
            properties={"coefficients": DenseArrayBase.from_list(f64, list(coefficients))},
            result_types=results_of((), tensor(shape_of(input), element_of(input))),
        )

    @property
    def numbers(self) -> list[float]:
        """The coefficients, from that of the power zero on."""
        array = cast("DenseArrayBase[Float64Type]", self.coefficients)
        return list(array.get_values())

    def may_overwrite(self) -> tuple[int, ...]:
        return (0,)

    def inferred_shapes(self) -> list[tuple[int, ...]]:
        return [shape_of(self.input)]

    def flops(self) -> int:
        return 2 * (len(self.numbers) - 1) * super().flops()

    def verify_(self) -> None:
        if not self.numbers:
            raise VerifyException(f"'{self.name}' has no coefficients")
        super().verify_()


Poly = Dialect("poly", [HornerOp])
