"""
Sizes as data: `iota` counts along a dimension, `size_values` holds sizes themselves.

With sizes that are numbers both are constants, and nothing makes them; with sizes by name they are
what is left of them in a program.
"""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects.builtin import DenseArrayBase, IntegerType, MemRefType, TensorType, i64
from xdsl.ir import Attribute, SSAValue
from xdsl.irdl import (
    ParsePropInAttrDict,
    irdl_op_definition,
    prop_def,
    var_operand_def,
    var_result_def,
)
from xdsl.utils.exceptions import VerifyException

from ...runtime.size import Extent
from .base import element_of, extents_of, tensor
from .movement import MovementOp, results_of
from .sizes import ExtentsAttr, extent_array, extent_values, shape_text

SOURCELESS = "(`outs` `(` $outs^ `:` type($outs) `)`)? attr-dict (`:` type($res)^)?"
"""Assembly format of an operation without operands."""

MOST_VALUES = 256
"""Sizes that one tensor holds at the most: each is code of its own."""


@irdl_op_definition
class IotaOp(MovementOp):
    """
    Positions along a dimension: 0, 1, 2, and so on, of 32 or 64 bits.

    ```mlir
    %y = engine.iota : tensor<?xi64, #engine.sizes<"S">>
    ```
    """

    name = "engine.iota"
    outs = var_operand_def(MemRefType)
    res = var_result_def(TensorType)
    assembly_format = SOURCELESS

    def __init__(self, extent: Extent, element: Attribute = i64, *, outs: Sequence[SSAValue] = ()):
        super().__init__(operands=[outs], result_types=results_of(outs, tensor((extent,), element)))

    def inferred_shapes(self) -> list[tuple[Extent, ...]]:
        return [extents_of(t) for t in self.target_types()]

    def inferred_elements(self) -> list[Attribute]:
        return [t.element_type for t in self.target_types()]

    def verify_(self) -> None:
        super().verify_()
        target = _only_target(self)
        element = element_of(target)
        if not isinstance(element, IntegerType) or element.width.data not in (32, 64):
            raise VerifyException(f"'{self.name}' counts in {element}, expected i32 or i64")
        if target.get_num_dims() != 1:
            raise VerifyException(
                f"'{self.name}' counts along one dimension, the result has shape"
                f" {shape_text(extents_of(target))}"
            )


@irdl_op_definition
class SizeValuesOp(MovementOp):
    """
    Sizes as the numbers of a tensor.

    ```mlir
    %y = engine.size_values {sizes = #engine.extents<["N", 4, "S + 1"]>} : tensor<3xi64>
    ```
    """

    name = "engine.size_values"
    outs = var_operand_def(MemRefType)
    sizes = prop_def(DenseArrayBase | ExtentsAttr)
    res = var_result_def(TensorType)
    irdl_options = (ParsePropInAttrDict(),)
    assembly_format = SOURCELESS

    def __init__(self, sizes: Sequence[Extent], *, outs: Sequence[SSAValue] = ()):
        super().__init__(
            operands=[outs],
            properties={"sizes": extent_array(sizes)},
            result_types=results_of(outs, tensor((len(sizes),), i64)),
        )

    @property
    def extents(self) -> tuple[Extent, ...]:
        """The sizes that it holds."""
        return extent_values(self.sizes)

    def inferred_shapes(self) -> list[tuple[Extent, ...]]:
        return [(len(self.extents),)]

    def inferred_elements(self) -> list[Attribute]:
        return [i64]

    def verify_(self) -> None:
        if len(self.extents) > MOST_VALUES:
            raise VerifyException(
                f"'{self.name}' holds {len(self.extents)} sizes, at most {MOST_VALUES} are possible"
            )
        super().verify_()
        _only_target(self)


def _only_target(op: MovementOp) -> TensorType | MemRefType:
    targets = op.target_types()
    if len(targets) != 1:
        raise VerifyException(f"'{op.name}' has {len(targets)} results, expected 1")
    return targets[0]
