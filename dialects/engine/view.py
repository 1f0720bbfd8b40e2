"""Level 4: typed buffers in the arena."""

from __future__ import annotations

from xdsl.dialects.builtin import (
    IntegerAttr,
    MemRefType,
    i64,
)
from xdsl.ir import SSAValue
from xdsl.irdl import (
    IRDLOperation,
    ParsePropInAttrDict,
    irdl_op_definition,
    operand_def,
    prop_def,
    result_def,
    traits_def,
)
from xdsl.traits import Pure
from xdsl.utils.exceptions import VerifyException

from .base import (
    span_bytes_of,
)


@irdl_op_definition
class ViewOp(IRDLOperation):
    """
    Level 4: a typed buffer at a byte offset of the arena, or of another buffer.

    ```mlir
    %b = engine.view %arena {offset = 4096 : i64} : memref<65536xi8> -> memref<1x64x8x8xf32>
    ```
    """

    name = "engine.view"
    base = operand_def(MemRefType)
    offset = prop_def(IntegerAttr)
    res = result_def(MemRefType)
    traits = traits_def(Pure())
    irdl_options = (ParsePropInAttrDict(),)
    assembly_format = "$base attr-dict `:` type($base) `->` type($res)"

    def __init__(self, base: SSAValue, offset: int, result_type: MemRefType):
        super().__init__(
            operands=[base],
            properties={"offset": IntegerAttr(offset, i64)},
            result_types=[result_type],
        )

    def verify_(self) -> None:
        offset = self.offset.value.data
        end = offset + span_bytes_of(self.res)
        if offset < 0 or end > span_bytes_of(self.base):
            raise VerifyException(
                f"'{self.name}' bytes {offset}..{end} are not within the"
                f" {span_bytes_of(self.base)} bytes of its base"
            )
