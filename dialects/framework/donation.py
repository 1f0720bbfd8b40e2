"""
Donations: inputs whose memory the caller gives away, so that an output is written there.

A cache that a step reads and gives back with one row more, or with one row changed, need not be
copied if both are one buffer. The attribute `donated` of `@main` says for which arguments and
results the caller allows that. It changes no number: `plan-memory` puts the argument into its part
of the result where it can, and what calls the function copies it there, unless it is there already.

```mlir
func.func @main(%past: tensor<1x12x128x64xf32>, %new: tensor<1x12x1x64xf32>)
    -> tensor<1x12x129x64xf32>
    attributes {donated = [#framework.donation<argument = 0, result = 0>]} {
  %present = engine.concat %past, %new {axis = 2 : i64}
    : tensor<1x12x128x64xf32>, tensor<1x12x1x64xf32> -> tensor<1x12x129x64xf32>
  func.return %present : tensor<1x12x129x64xf32>
}
```
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

from xdsl.dialects.builtin import ArrayAttr, IntAttr
from xdsl.dialects.func import FuncOp
from xdsl.ir import Attribute, ParametrizedAttribute
from xdsl.irdl import irdl_attr_definition
from xdsl.parser import AttrParser
from xdsl.printer import Printer
from xdsl.utils.exceptions import VerifyException

from ...runtime.abi import DONATED
from .element_types import stored
from .types import dims_of, element_of


@irdl_attr_definition
class DonationAttr(ParametrizedAttribute):
    """
    An argument of `@main` whose memory may become that of a result, by their numbers among the
    inputs and the outputs.

    ```mlir
    #framework.donation<argument = 2, result = 1>
    ```
    """

    name = "framework.donation"

    argument: IntAttr
    result: IntAttr

    @classmethod
    def of(cls, argument: int, result: int) -> Self:
        """That of an argument and a result."""
        return cls(IntAttr(argument), IntAttr(result))

    @classmethod
    def parse_parameters(cls, parser: AttrParser) -> Sequence[Attribute]:
        numbers: list[Attribute] = []
        with parser.in_angle_brackets():
            for word in ("argument", "result"):
                if numbers:
                    parser.parse_punctuation(",")
                parser.parse_keyword(word)
                parser.parse_punctuation("=")
                numbers.append(IntAttr(parser.parse_integer(allow_boolean=False)))
        return numbers

    def print_parameters(self, printer: Printer) -> None:
        with printer.in_angle_brackets():
            printer.print_string(f"argument = {self.argument.data}, result = {self.result.data}")

    def verify(self) -> None:
        if self.argument.data < 0 or self.result.data < 0:
            raise VerifyException("the numbers of argument and result count from 0")


def donations_of(main: FuncOp) -> tuple[DonationAttr, ...]:
    """
    What the callers of a function give away.

    Raises `VerifyException` for an attribute that is something else, and for an argument or a
    result that is given away twice.
    """
    found = main.attributes.get(DONATED)
    if found is None:
        return ()
    listed = list(found) if isinstance(found, ArrayAttr) else [found]
    donations = [donation for donation in listed if isinstance(donation, DonationAttr)]
    if len(donations) != len(listed):
        raise VerifyException(f"{DONATED} of @main must be an array of #framework.donation")
    for what, numbers in (
        ("argument", [donation.argument.data for donation in donations]),
        ("result", [donation.result.data for donation in donations]),
    ):
        if twice := next((str(n) for n in numbers if numbers.count(n) > 1), None):
            raise VerifyException(f"{DONATED} of @main has {what} {twice} twice")
    return tuple(donations)


def verify_donations(main: FuncOp) -> None:
    """
    Check that what is given away fits into the results, as far as sizes are known.

    `main` is a function on tensors. Raises `VerifyException`.
    """
    inputs, outputs = main.function_type.inputs.data, main.function_type.outputs.data
    for donation in donations_of(main):
        argument, result = donation.argument.data, donation.result.data
        if argument >= len(inputs) or result >= len(outputs):
            raise VerifyException(
                f"{donation} of @main, which has {len(inputs)} arguments and {len(outputs)} results"
            )
        if (problem := why_not_donated(inputs[argument], outputs[result])) is not None:
            raise VerifyException(f"{donation} of @main: {problem}")


def why_not_donated(given: Attribute, wanted: Attribute) -> str | None:
    """Why a value of type `given` cannot lie in the memory of one of type `wanted`, if so."""
    elements = element_of(given), element_of(wanted)
    sizes, room = dims_of(given), dims_of(wanted)
    texts = f"the argument is {given}, the result {wanted}"
    if None in elements or sizes is None:
        return f"{texts}, expected tensors of numbers"
    one, other = elements
    if one is not None and other is not None and stored(one) != stored(other):
        return f"{texts}, expected one element type"
    if room is None:
        return None
    if len(sizes) != len(room):
        return f"{texts}, expected one rank"
    if any(
        isinstance(n, int) and isinstance(m, int) and n > m
        for n, m in zip(sizes, room, strict=True)
    ):
        return f"{texts}, into which it does not fit"
    return None
