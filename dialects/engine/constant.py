"""Constants, whose numbers are attributes."""

from __future__ import annotations

from xdsl.dialects.builtin import (
    DenseIntOrFPElementsAttr,
)
from xdsl.ir import Attribute, OpResult, SSAValue
from xdsl.irdl import (
    IRDLOperation,
    irdl_op_definition,
    prop_def,
    result_def,
    traits_def,
)
from xdsl.traits import ConstantLike, Pure
from xdsl.utils.exceptions import VerifyException

from .base import (
    SHAPED,
    element_of,
    shape_of,
)
from .weights import ConstantAttr, WeightAttr


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
