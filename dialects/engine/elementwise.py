"""Elementwise computation: `map`, a scalar region over broadcast operands."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import ClassVar

from xdsl.builder import ImplicitBuilder
from xdsl.dialects.builtin import MemRefType, TensorType
from xdsl.ir import Attribute, Region, SSAValue
from xdsl.irdl import (
    AttrSizedOperandSegments,
    irdl_op_definition,
    region_def,
    var_operand_def,
    var_result_def,
)

from ...runtime.size import Extent
from .base import (
    SHAPED,
    EngineOp,
    YieldOp,
    broadcast_extents,
    element_of,
    extents_of,
    scalar_block,
    scalar_type,
    tensor,
    verify_scalar_region,
)
from .integer_division import may_divide_by_zero


@irdl_op_definition
class MapOp(EngineOp):
    """
    Apply a scalar region to every element of operands broadcast as in numpy.

    ```mlir
    %y = engine.map ins(%a, %b : tensor<1x64x56x56xf32>, tensor<64x1x1xf32>) -> tensor<1x64x56x56xf32> {
    ^bb0(%x: f32, %scale: f32):
      %0 = arith.mulf %x, %scale : f32
      engine.yield %0 : f32
    }
    ```
    """

    name = "engine.map"
    TAKES_CODED: ClassVar[bool] = True
    inputs = var_operand_def(SHAPED)
    outs = var_operand_def(MemRefType)
    res = var_result_def(TensorType)
    body = region_def("single_block")
    irdl_options = (AttrSizedOperandSegments(as_property=True),)
    assembly_format = (
        "(`ins` `(` $inputs^ `:` type($inputs) `)`)? (`outs` `(` $outs^ `:` type($outs) `)`)?"
        " attr-dict-with-keyword (`->` type($res)^)? $body"
    )

    def __init__(
        self,
        inputs: Sequence[SSAValue],
        body: Region,
        result_type: Attribute | None = None,
        *,
        outs: Sequence[SSAValue] = (),
    ):
        if result_type is None and not outs:
            last = body.block.last_op
            assert last is not None
            shape = broadcast_extents(*map(extents_of, inputs))
            result_type = tensor(shape, last.operands[0].type)
        super().__init__(
            operands=[inputs, outs],
            result_types=[[] if outs or result_type is None else [result_type]],
            regions=[body],
        )

    @classmethod
    def of(
        cls,
        inputs: Sequence[SSAValue],
        build: Callable[..., SSAValue],
        element: Attribute | None = None,
    ) -> MapOp:
        """
        The map whose scalar region `build` makes from the region's arguments.

        `element` is the result's element type where it is not the yielded scalar's (unsigned).
        """
        block = scalar_block([element_of(v) for v in inputs])
        with ImplicitBuilder(block):
            value = build(*block.args)
            YieldOp(value)
        shape = broadcast_extents(*map(extents_of, inputs))
        return cls(inputs, Region(block), tensor(shape, element or value.type))

    def may_fail(self) -> bool:
        return may_divide_by_zero(self.body)

    def failure_message(self) -> str:
        return "an integer is divided by zero"

    def may_overwrite(self) -> tuple[int, ...]:
        # An element is read before it is written, so any operand of the result's own shape will do.
        [result] = self.target_types()
        return tuple(
            i
            for i, v in enumerate(self.inputs)
            if extents_of(v) == extents_of(result) and element_of(v) == result.element_type
        )

    def inferred_shapes(self) -> list[tuple[Extent, ...]]:
        if not self.inputs:
            return [extents_of(t) for t in self.target_types()]
        return [broadcast_extents(*map(extents_of, self.inputs))]

    def inferred_elements(self) -> list[Attribute]:
        return [t.element_type for t in self.target_types()]

    def flops(self) -> int:
        [result] = self.target_types()
        return prod(result.get_shape()) * sum(
            1 for op in self.body.block.ops if op.name != "arith.constant" and op.results
        )

    def verify_(self) -> None:
        super().verify_()
        arguments = [scalar_type(element_of(v)) for v in self.inputs]
        results = [scalar_type(e) for e in self.inferred_elements()]
        verify_scalar_region(self.name, self.body, arguments, results)
