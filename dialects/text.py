"""The text of operations and types, with the text of each type made once."""

from __future__ import annotations

from functools import lru_cache
from io import StringIO

from xdsl.ir import Attribute, Operation, TypeAttribute
from xdsl.printer import Printer


@lru_cache(maxsize=4096)
def type_text(type_: Attribute) -> str:
    """
    A type as text: printing one takes 100 us, and a program has few of them.

    Not for attributes that hold numbers: 0.0 and -0.0 are equal, their texts are not.
    """
    return str(type_)


class _ModulePrinter(Printer):
    def print_attribute(self, attribute: Attribute) -> None:
        if isinstance(attribute, TypeAttribute):
            self.print_string(type_text(attribute))
        else:
            super().print_attribute(attribute)


def operation_text(op: Operation) -> str:
    """What `str(op)` gives."""
    stream = StringIO()
    _ModulePrinter(stream=stream).print_op(op)
    return stream.getvalue()
