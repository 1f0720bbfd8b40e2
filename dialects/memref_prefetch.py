"""
`memref.prefetch`, which xDSL's [`memref`](https://mlir.llvm.org/docs/Dialects/MemRef/) lacks.

Weights are read once in a run and come from memory; a kernel asks for those that it needs next
while it computes.

```mlir
memref.prefetch %w[%i, %j], read, locality<2>, data : memref<8x16xf32>
```

`MemRefWithPrefetch` replaces xDSL's `MemRef` in a context.
"""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects import memref
from xdsl.dialects.builtin import BoolAttr, IndexType, IntegerAttr, MemRefType, i32
from xdsl.ir import Dialect, SSAValue
from xdsl.irdl import (
    IRDLOperation,
    base,
    irdl_op_definition,
    operand_def,
    prop_def,
    traits_def,
    var_operand_def,
)
from xdsl.parser import Parser
from xdsl.printer import Printer
from xdsl.traits import MemoryWriteEffect
from xdsl.utils.exceptions import VerifyException


@irdl_op_definition
class PrefetchOp(IRDLOperation):
    """
    A hint that the element is read (or written) soon. `locality` is 3 for the first cache, 2 for
    the second, 1 for the last. Changes nothing; an address outside of memory is allowed.

    ```mlir
    memref.prefetch %m[%i, %j], read, locality<2>, data : memref<8x16xf32>
    ```
    """

    name = "memref.prefetch"
    memref = operand_def(base(MemRefType))
    indices = var_operand_def(IndexType())
    is_write = prop_def(BoolAttr, prop_name="isWrite")
    locality = prop_def(IntegerAttr, prop_name="localityHint")
    is_data = prop_def(BoolAttr, prop_name="isDataCache")
    # A hint has no result; the effect keeps it alive.
    traits = traits_def(MemoryWriteEffect())

    def __init__(
        self,
        memref: SSAValue,
        indices: Sequence[SSAValue],
        locality: int = 2,
        *,
        write: bool = False,
        data: bool = True,
    ):
        super().__init__(
            operands=[memref, indices],
            properties={
                "isWrite": BoolAttr.from_bool(write),
                "localityHint": IntegerAttr(locality, i32),
                "isDataCache": BoolAttr.from_bool(data),
            },
        )

    @classmethod
    def parse(cls, parser: Parser) -> PrefetchOp:
        source = parser.parse_unresolved_operand()
        places = parser.parse_comma_separated_list(
            parser.Delimiter.SQUARE, parser.parse_unresolved_operand
        )
        parser.parse_punctuation(",")
        write = parser.expect(lambda: _choice(parser, "read", "write"), "expected read or write")
        parser.parse_punctuation(",")
        parser.parse_keyword("locality")
        with parser.in_angle_brackets():
            locality = parser.parse_integer()
        parser.parse_punctuation(",")
        code = parser.expect(lambda: _choice(parser, "data", "instr"), "expected data or instr")
        attributes = parser.parse_optional_attr_dict()
        parser.parse_punctuation(":")
        type_ = parser.parse_type()
        memory = parser.resolve_operand(source, type_)
        indices = [parser.resolve_operand(place, IndexType()) for place in places]
        op = cls(memory, indices, locality, write=write == "write", data=code == "data")
        op.attributes.update(attributes)
        return op

    def print(self, printer: Printer) -> None:
        printer.print_string(" ")
        printer.print_operand(self.memref)
        with printer.in_square_brackets():
            printer.print_list(self.indices, printer.print_operand)
        write = "write" if self.is_write.value.data else "read"
        code = "data" if self.is_data.value.data else "instr"
        printer.print_string(f", {write}, locality<{self.locality.value.data}>, {code}")
        printer.print_op_attributes(self.attributes)
        printer.print_string(" : ")
        printer.print_attribute(self.memref.type)

    def verify_(self) -> None:
        type_ = self.memref.type
        assert isinstance(type_, MemRefType)
        if type_.get_num_dims() != len(self.indices):
            raise VerifyException(
                f"'{self.name}' has {len(self.indices)} indices for {type_.get_num_dims()}"
                " dimensions"
            )
        if not 0 <= self.locality.value.data <= 3:
            raise VerifyException(
                f"'{self.name}' locality {self.locality.value.data} is not within 0..3"
            )


def _choice(parser: Parser, *keywords: str) -> str | None:
    return next((word for word in keywords if parser.parse_optional_keyword(word)), None)


MemRefWithPrefetch = Dialect(
    "memref", [*memref.MemRef.operations, PrefetchOp], list(memref.MemRef.attributes)
)
