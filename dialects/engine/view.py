"""Level 4: typed buffers in the arena."""

from __future__ import annotations

from xdsl.dialects.builtin import (
    DenseArrayBase,
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
    opt_prop_def,
    prop_def,
    result_def,
    traits_def,
)
from xdsl.traits import Pure
from xdsl.utils.exceptions import VerifyException

from .base import (
    check_layout,
    element_of,
    shape_of,
    shaped,
    span_bytes_of,
)
from .memory_part import Elements
from .sizes import ExtentsAttr, extent_array, extent_values


@irdl_op_definition
class ViewOp(IRDLOperation):
    """
    Level 4: a typed buffer at a byte offset of the arena, or of another buffer.

    Without `elements` it is memory for a value that some operation writes.

    ```mlir
    %b = engine.view %arena {offset = 4096 : i64} : memref<65536xi8> -> memref<1x64x8x8xf32>
    ```

    With `elements` it is another view of the value that lies in the base, and nobody writes it:
    `array<i64: first, steps...>` says that index `i` is element `first + sum(i[d] * steps[d])` of
    that value, counted in row-major order. Here a matrix is transposed:

    ```mlir
    %t = engine.view %b {offset = 0 : i64, elements = array<i64: 0, 1, 3>} : memref<2x3xf32> -> memref<3x2xf32, #engine.layout<"ab", [1, 3]>>
    ```

    `elements` says what is meant, `offset` and the type say where it lies; `check-memory-plan`
    compares them.
    """

    name = "engine.view"
    base = operand_def(MemRefType)
    offset = prop_def(IntegerAttr)
    elements = opt_prop_def(DenseArrayBase | ExtentsAttr)
    res = result_def(MemRefType)
    traits = traits_def(Pure())
    irdl_options = (ParsePropInAttrDict(),)
    assembly_format = "$base attr-dict `:` type($base) `->` type($res)"

    def __init__(
        self,
        base: SSAValue,
        offset: int,
        result_type: MemRefType,
        elements: Elements | None = None,
    ):
        numbers = None if elements is None else extent_array((elements.first, *elements.steps))
        super().__init__(
            operands=[base],
            properties={"offset": IntegerAttr(offset, i64), "elements": numbers},
            result_types=[result_type],
        )

    @property
    def selection(self) -> Elements | None:
        """Which elements of the value in the base it has; None for memory of its own."""
        if self.elements is None:
            return None
        first, *steps = extent_values(self.elements)
        return Elements(first, tuple(steps))

    def verify_(self) -> None:
        for value in (self.base, self.res):
            check_layout(self.name, shaped(value))
        self._verify_elements()
        offset = self.offset.value.data
        end = offset + span_bytes_of(self.res)
        if offset < 0 or end > span_bytes_of(self.base):
            raise VerifyException(
                f"'{self.name}' bytes {offset}..{end} are not within the"
                f" {span_bytes_of(self.base)} bytes of its base"
            )

    def _verify_elements(self) -> None:
        if self.elements is None:
            return
        rank = len(shape_of(self.res))
        foreign = isinstance(self.elements, DenseArrayBase) and self.elements.elt_type != i64
        if foreign or len(extent_values(self.elements)) != rank + 1:
            raise VerifyException(
                f"'{self.name}' elements are {self.elements}, expected a first one and {rank} steps"
                " as i64"
            )
        if element_of(self.res) != element_of(self.base):
            raise VerifyException(
                f"'{self.name}' elements of {element_of(self.base)} are seen as"
                f" {element_of(self.res)}"
            )
