"""Dimension numbers of convolutions: `[b, 0, 1, f]x[0, 1, i, o]->[b, 0, 1, f]`."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects.builtin import ArrayAttr, StringAttr
from xdsl.ir import Attribute, ParametrizedAttribute
from xdsl.irdl import irdl_attr_definition
from xdsl.parser import AttrParser
from xdsl.printer import Printer
from xdsl.utils.exceptions import VerifyException


@irdl_attr_definition
class ConvDimensionNumbersAttr(ParametrizedAttribute):
    """
    What each dimension of input, filter and result of a convolution is: `b` counts the batch, `f`
    features, `i` and `o` features of the filter, a number is a spatial dimension.

    ```mlir
    #stablehlo.conv<[b, 0, 1, f]x[0, 1, i, o]->[b, 0, 1, f]>
    ```
    """

    name = "stablehlo.conv"

    input: ArrayAttr[StringAttr]
    kernel: ArrayAttr[StringAttr]
    output: ArrayAttr[StringAttr]

    @staticmethod
    def of(input: Sequence[str], kernel: Sequence[str], output: Sequence[str]) -> Attribute:
        """The attribute of three lists of words."""
        parts = (ArrayAttr([StringAttr(word) for word in part]) for part in (input, kernel, output))
        return ConvDimensionNumbersAttr(*parts)

    @classmethod
    def parse_parameters(cls, parser: AttrParser) -> Sequence[Attribute]:
        with parser.in_angle_brackets():
            return parse_numbers(parser)

    def print_parameters(self, printer: Printer) -> None:
        with printer.in_angle_brackets():
            printer.print_string(self.text)

    @property
    def text(self) -> str:
        """As it is written: `[b, 0, f]x[0, i, o]->[b, 0, f]`."""
        parts = [
            f"[{', '.join(word.data for word in part.data)}]"
            for part in (self.input, self.kernel, self.output)
        ]
        return f"{parts[0]}x{parts[1]}->{parts[2]}"

    def order(self, part: str) -> list[int]:
        """
        Where the dimensions of `input`, `kernel` or `output` are in the order of `engine.conv`:
        batch and features (features of the result and of the input for `kernel`), then space.
        """
        words = [word.data for word in getattr(self, part).data]
        first = ("o", "i") if part == "kernel" else ("b", "f")
        spatial = map(str, range(len(words) - 2))
        return [words.index(word) for word in (*first, *spatial)]

    def verify(self) -> None:
        spatial = [str(n) for n in range(len(self.input.data) - 2)]
        expected = {"input": ("b", "f"), "kernel": ("i", "o"), "output": ("b", "f")}
        for part, words in expected.items():
            found = [word.data for word in getattr(self, part).data]
            if sorted(found) != sorted([*words, *spatial]):
                raise VerifyException(
                    f"the {part} of a convolution is [{', '.join(found)}]; expected each of "
                    f"{', '.join([*words, *spatial])} once"
                )


def parse_numbers(parser: AttrParser) -> list[Attribute]:
    """`[b, 0, f]x[0, i, o]->[b, 0, f]` as the parameters of the attribute."""

    def parse_entry() -> StringAttr:
        number = parser.parse_optional_integer(allow_boolean=False)
        if number is not None:
            return StringAttr(str(number))
        return StringAttr(parser.parse_identifier("b, f, i, o or a number"))

    def parse_list() -> Attribute:
        return ArrayAttr(parser.parse_comma_separated_list(parser.Delimiter.SQUARE, parse_entry))

    found = [parse_list()]
    parser.parse_keyword("x")
    found.append(parse_list())
    parser.parse_punctuation("->")
    return [*found, parse_list()]
