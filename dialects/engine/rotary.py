"""Rotary position embedding: `rotary`."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects.builtin import MemRefType, TensorType, UnitAttr
from xdsl.ir import Attribute, Operation, SSAValue
from xdsl.irdl import (
    ParsePropInAttrDict,
    irdl_op_definition,
    operand_def,
    opt_prop_def,
    var_operand_def,
    var_result_def,
)
from xdsl.utils.exceptions import VerifyException

from ...runtime.size import Extent
from .base import SHAPED, EngineOp, element_of, extents_of, tensor
from .movement import OUTS, results_of
from .size_questions import may_broadcast_to
from .sizes import shape_text


@irdl_op_definition
class RotaryOp(EngineOp):
    """
    Pairs of elements of the last dimension, turned by angles: `x * cos + turned(x) * sin`.

    Of D elements, `i` and `i + D/2` are a pair, or with `interleaved` `2i` and `2i + 1`; `turned`
    is `(-b, a)` of a pair `(a, b)`. `cos` and `sin` have D elements in the last dimension, or D/2,
    one for each pair, and are repeated over the other dimensions as operands of a `map` are.

    ```mlir
    %y = engine.rotary %x, %c, %s : tensor<1x8x16x64xf32>, tensor<16x64xf32>, tensor<16x64xf32> -> tensor<1x8x16x64xf32>
    ```
    """

    name = "engine.rotary"
    input = operand_def(SHAPED)
    cos = operand_def(SHAPED)
    sin = operand_def(SHAPED)
    outs = var_operand_def(MemRefType)
    interleaved = opt_prop_def(UnitAttr)
    res = var_result_def(TensorType)
    irdl_options = (ParsePropInAttrDict(),)
    assembly_format = (
        "$input `,` $cos `,` $sin"
        + OUTS
        + "type($input) `,` type($cos) `,` type($sin) (`->` type($res)^)?"
    )

    def __init__(
        self,
        input: SSAValue | Operation,
        cos: SSAValue | Operation,
        sin: SSAValue | Operation,
        *,
        interleaved: bool = False,
        result_type: Attribute | None = None,
        outs: Sequence[SSAValue] = (),
    ):
        x = SSAValue.get(input)
        super().__init__(
            operands=[x, cos, sin, outs],
            properties={"interleaved": UnitAttr() if interleaved else None},
            result_types=results_of(outs, result_type or tensor(extents_of(x), element_of(x))),
        )

    @property
    def pairs(self) -> int:
        """Pairs of a row, D/2."""
        [*_, size] = extents_of(self.input)
        assert isinstance(size, int)
        return size // 2

    def alike(self) -> Sequence[SSAValue]:
        return [self.input, self.cos, self.sin]

    def inferred_shapes(self) -> list[tuple[Extent, ...]]:
        return [extents_of(self.input)]

    def may_overwrite(self) -> tuple[int, ...]:
        return (0,)

    def flops(self) -> int:
        return 3 * super().flops()

    def verify_(self) -> None:
        shape = extents_of(self.input)
        size = shape[-1] if shape else 0
        if not isinstance(size, int) or size < 2 or size % 2:
            raise VerifyException(
                f"'{self.name}' needs an even number of elements in the last dimension of"
                f" {shape_text(shape)}"
            )
        for title, value in (("cos", self.cos), ("sin", self.sin)):
            own = extents_of(value)
            wanted = (*shape[:-1], own[-1] if own else 0)
            fits = own and own[-1] in (size, size // 2) and may_broadcast_to(own, wanted)
            if not fits:
                raise VerifyException(
                    f"'{self.name}' {title} of shape {shape_text(own)} does not fit rows of"
                    f" {shape_text(shape)}: the last dimension must be {size} or {size // 2}"
                )
        super().verify_()
