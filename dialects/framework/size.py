"""A size that a program computes with: `framework.size`."""

from __future__ import annotations

from xdsl.dialects.builtin import DenseArrayBase, TensorType, i64
from xdsl.irdl import (
    IRDLOperation,
    ParsePropInAttrDict,
    irdl_op_definition,
    prop_def,
    result_def,
    traits_def,
)
from xdsl.traits import Pure
from xdsl.utils.exceptions import VerifyException

from ...runtime.size import Extent
from ..engine.sizes import ExtentsAttr, extent_array, extent_values


@irdl_op_definition
class SizeOp(IRDLOperation):
    """
    A size as a number: an expression over the names in the sizes of the inputs.

    An importer puts it where a model computes with a size that its file says as an expression, so
    that nothing has to be followed through the operators that computed it.

    ```mlir
    %n = framework.size {value = #engine.extents<["2 * S + 1"]>} : tensor<i64>
    ```
    """

    name = "framework.size"
    value = prop_def(DenseArrayBase | ExtentsAttr)
    res = result_def(TensorType)
    traits = traits_def(Pure())
    irdl_options = (ParsePropInAttrDict(),)
    assembly_format = "attr-dict `:` type($res)"

    def __init__(self, size: Extent):
        super().__init__(
            properties={"value": extent_array([size])}, result_types=[TensorType(i64, [])]
        )

    @property
    def size(self) -> Extent:
        """The size."""
        return extent_values(self.value)[0]

    def verify_(self) -> None:
        if len(extent_values(self.value)) != 1:
            raise VerifyException(f"'{self.name}' holds {len(extent_values(self.value))} sizes")
        if self.res.type != TensorType(i64, []):
            raise VerifyException(f"'{self.name}' gives {self.res.type}, expected tensor<i64>")
