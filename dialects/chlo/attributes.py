"""Attributes of the `chlo` dialect: those of `stablehlo` by another name."""

from __future__ import annotations

from xdsl.irdl import irdl_attr_definition

from ..stablehlo.word_attributes import WordAttribute


@irdl_attr_definition
class ComparisonDirectionAttr(WordAttribute):
    """
    Which comparison is made.

    ```mlir
    #chlo<comparison_direction LT>
    ```
    """

    name = "chlo.comparison_direction"
    WORDS = ("EQ", "NE", "GE", "GT", "LE", "LT")


@irdl_attr_definition
class ComparisonTypeAttr(WordAttribute):
    """
    What is compared.

    ```mlir
    #chlo<comparison_type FLOAT>
    ```
    """

    name = "chlo.comparison_type"
    WORDS = ("NOTYPE", "FLOAT", "TOTALORDER", "SIGNED", "UNSIGNED")
