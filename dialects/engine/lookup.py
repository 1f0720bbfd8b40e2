"""A table of what becomes of each code of eight bits: `lookup`."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects.builtin import MemRefType, TensorType
from xdsl.ir import Attribute, Operation, SSAValue
from xdsl.irdl import (
    ParsePropInAttrDict,
    irdl_op_definition,
    operand_def,
    var_operand_def,
    var_result_def,
)
from xdsl.utils.exceptions import VerifyException

from ...runtime.size import Extent
from .base import SHAPED, EngineOp, element_of, extents_of, tensor
from .contraction import CODES
from .movement import OUTS, results_of
from .sizes import shape_text

ENTRIES = 256
"""Entries of a table, one for each pattern of eight bits."""


@irdl_op_definition
class LookupOp(EngineOp):
    """
    Of each code of eight bits the entry of a table: `table[code]`, the code read as 0 to 255.

    A code of `i8` below 0 has the entry of its bits: that of -1 is the last one.

    ```mlir
    %y = engine.lookup %x, %t : tensor<1x128x1024xui8>, tensor<256xui8> -> tensor<1x128x1024xui8>
    ```
    """

    name = "engine.lookup"
    input = operand_def(SHAPED)
    table = operand_def(SHAPED)
    outs = var_operand_def(MemRefType)
    res = var_result_def(TensorType)
    irdl_options = (ParsePropInAttrDict(),)
    assembly_format = (
        "$input `,` $table" + OUTS + "type($input) `,` type($table) (`->` type($res)^)?"
    )

    def __init__(
        self,
        input: SSAValue | Operation,
        table: SSAValue | Operation,
        *,
        result_type: Attribute | None = None,
        outs: Sequence[SSAValue] = (),
    ):
        x, entries = SSAValue.get(input), SSAValue.get(table)
        super().__init__(
            operands=[x, entries, outs],
            result_types=results_of(
                outs, result_type or tensor(extents_of(x), element_of(entries))
            ),
        )

    def inferred_shapes(self) -> list[tuple[Extent, ...]]:
        return [extents_of(self.input)]

    def inferred_elements(self) -> list[Attribute]:
        return [element_of(self.table)]

    def may_overwrite(self) -> tuple[int, ...]:
        return (0,) if element_of(self.input) == element_of(self.table) else ()

    def verify_(self) -> None:
        if element_of(self.input) not in CODES:
            raise VerifyException(
                f"'{self.name}' takes codes of i8 or ui8, not {element_of(self.input)}"
            )
        shape = extents_of(self.table)
        if shape != (ENTRIES,):
            raise VerifyException(
                f"'{self.name}' needs a table of {ENTRIES} entries, not of shape {shape_text(shape)}"
            )
        super().verify_()
