"""A condition on data that a model's values rest on: `framework.assert`."""

from __future__ import annotations

from typing import ClassVar

from xdsl.dialects.builtin import StringAttr, TensorType, UnrankedTensorType, i1
from xdsl.ir import Operation, SSAValue
from xdsl.irdl import (
    AnyAttr,
    IRDLOperation,
    ParsePropInAttrDict,
    VarConstraint,
    irdl_op_definition,
    operand_def,
    prop_def,
    result_def,
)
from xdsl.utils.exceptions import VerifyException


@irdl_op_definition
class AssertOp(IRDLOperation):
    """
    The input, provided that all elements of the condition are true; else an error at run time.

    An importer puts it where a model can go on in one way only: when one branch of a conditional
    does not fit the shapes that inputs were given, the other one is taken, and must be. The result
    is what is computed with after the check, so that no pass can drop it. `message` is said in the
    error.

    ```mlir
    %y = framework.assert %x, %holds {message = "it does not fit"} : tensor<?x4xf32>, tensor<i1>
    ```
    """

    T: ClassVar = VarConstraint("T", AnyAttr())
    name = "framework.assert"
    input = operand_def(T)
    condition = operand_def(TensorType | UnrankedTensorType)
    message = prop_def(StringAttr)
    res = result_def(T)
    irdl_options = (ParsePropInAttrDict(),)
    assembly_format = "$input `,` $condition attr-dict `:` type($input) `,` type($condition)"

    def __init__(self, input: SSAValue | Operation, condition: SSAValue | Operation, message: str):
        value = SSAValue.get(input)
        super().__init__(
            operands=[value, condition],
            properties={"message": StringAttr(message)},
            result_types=[value.type],
        )

    def verify_(self) -> None:
        type_ = self.condition.type
        assert isinstance(type_, TensorType | UnrankedTensorType)
        if type_.element_type != i1:
            raise VerifyException(
                f"'{self.name}' condition has elements of {type_.element_type}, expected i1"
            )
