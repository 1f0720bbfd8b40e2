"""Attributes of the `stablehlo` dialect that are one word of a list."""

from __future__ import annotations

from abc import ABC
from collections.abc import Sequence
from typing import ClassVar

from xdsl.dialects.builtin import ArrayAttr, StringAttr
from xdsl.ir import Attribute, OpaqueSyntaxAttribute, ParametrizedAttribute
from xdsl.irdl import irdl_attr_definition
from xdsl.parser import AttrParser
from xdsl.printer import Printer
from xdsl.utils.exceptions import VerifyException


class WordAttribute(ParametrizedAttribute, OpaqueSyntaxAttribute, ABC):
    """One word of a list: `#stablehlo<comparison_direction LT>`."""

    WORDS: ClassVar[tuple[str, ...]]
    """The words in the order of their numbers in portable bytecode."""

    word: StringAttr

    @classmethod
    def of(cls, word: str) -> WordAttribute:
        """The attribute of a word. Raises `VerifyException` for one that is not on the list."""
        return cls.new([StringAttr(word)])

    @classmethod
    def parse_parameters(cls, parser: AttrParser) -> Sequence[Attribute]:
        return [StringAttr(parse_word(parser, cls))]

    def print_parameters(self, printer: Printer) -> None:
        printer.print_string(f" {self.word.data}")

    def verify(self) -> None:
        if self.word.data not in self.WORDS:
            raise VerifyException(
                f"'{self.word.data}' is not a {self.name}; expected one of {', '.join(self.WORDS)}"
            )


def parse_word(parser: AttrParser, cls: type[WordAttribute]) -> str:
    """A word of the list of a class."""
    start = parser.pos
    word = parser.parse_identifier(f"one of {', '.join(cls.WORDS)}")
    if word not in cls.WORDS:
        parser.raise_error(f"'{word}' is unknown; expected one of {', '.join(cls.WORDS)}", start)
    return word


@irdl_attr_definition
class ComparisonDirectionAttr(WordAttribute):
    """
    Which comparison is made.

    ```mlir
    #stablehlo<comparison_direction LT>
    ```
    """

    name = "stablehlo.comparison_direction"
    WORDS = ("EQ", "NE", "GE", "GT", "LE", "LT")


@irdl_attr_definition
class ComparisonTypeAttr(WordAttribute):
    """
    What is compared: numbers, or the total order of floats, in which -0 is below 0 and every NaN
    has a place.

    ```mlir
    #stablehlo<comparison_type TOTALORDER>
    ```
    """

    name = "stablehlo.comparison_type"
    WORDS = ("NOTYPE", "FLOAT", "TOTALORDER", "SIGNED", "UNSIGNED")


@irdl_attr_definition
class PrecisionAttr(WordAttribute):
    """
    The precision of a product that is asked for; here all are computed in that of their type.

    ```mlir
    #stablehlo<precision HIGHEST>
    ```
    """

    name = "stablehlo.precision"
    WORDS = ("DEFAULT", "HIGH", "HIGHEST")


@irdl_attr_definition
class FftTypeAttr(WordAttribute):
    """
    Which Fourier transform.

    ```mlir
    #stablehlo<fft_type RFFT>
    ```
    """

    name = "stablehlo.fft_type"
    WORDS = ("FFT", "IFFT", "RFFT", "IRFFT")


@irdl_attr_definition
class TransposeAttr(WordAttribute):
    """
    How a triangular matrix is taken.

    ```mlir
    #stablehlo<transpose ADJOINT>
    ```
    """

    name = "stablehlo.transpose"
    WORDS = ("TRANSPOSE_INVALID", "NO_TRANSPOSE", "TRANSPOSE", "ADJOINT")


@irdl_attr_definition
class RngAlgorithmAttr(WordAttribute):
    """
    The algorithm of random bits.

    ```mlir
    #stablehlo<rng_algorithm THREE_FRY>
    ```
    """

    name = "stablehlo.rng_algorithm"
    WORDS = ("DEFAULT", "THREE_FRY", "PHILOX")


@irdl_attr_definition
class RngDistributionAttr(WordAttribute):
    """
    The distribution of random numbers.

    ```mlir
    #stablehlo<rng_distribution UNIFORM>
    ```
    """

    name = "stablehlo.rng_distribution"
    WORDS = ("UNIFORM", "NORMAL")


@irdl_attr_definition
class ResultAccuracyModeAttr(WordAttribute):
    """
    How accurate a result must be, in a word.

    ```mlir
    #stablehlo<result_accuracy_mode HIGHEST>
    ```
    """

    name = "stablehlo.result_accuracy_mode"
    WORDS = ("DEFAULT", "HIGHEST", "TOLERANCE")


def words_of(attribute: Attribute | None) -> list[str]:
    """The words of a list of word attributes."""
    if not isinstance(attribute, ArrayAttr):
        return []
    return [e.word.data for e in attribute.data if isinstance(e, WordAttribute)]
