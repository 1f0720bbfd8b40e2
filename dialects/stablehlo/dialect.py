"""The `stablehlo` dialect with all of its operations, for what reads or lists them."""

from __future__ import annotations

from functools import cache

from xdsl.ir import Attribute, Dialect

from . import attributes, word_attributes
from .convolution_numbers import ConvDimensionNumbersAttr
from .families import contraction, control, elementwise, indexing, movement, reduction
from .op import HloOp
from .return_op import ReturnOp

FAMILIES = (elementwise, movement, contraction, reduction, indexing, control)
"""The files of operations; each has a tuple `OPERATIONS`."""

OPERATIONS = [op for family in FAMILIES for op in family.OPERATIONS]

ATTRIBUTES: list[type[Attribute]] = [
    word_attributes.ComparisonDirectionAttr,
    word_attributes.ComparisonTypeAttr,
    word_attributes.PrecisionAttr,
    word_attributes.FftTypeAttr,
    word_attributes.TransposeAttr,
    word_attributes.RngAlgorithmAttr,
    word_attributes.RngDistributionAttr,
    word_attributes.ResultAccuracyModeAttr,
    attributes.ResultAccuracyAttr,
    attributes.DotDimensionNumbersAttr,
    attributes.GatherDimensionNumbersAttr,
    attributes.ScatterDimensionNumbersAttr,
    attributes.OutputOperandAliasAttr,
    attributes.DotAlgorithmAttr,
    attributes.SplatAttr,
    attributes.TokenType,
    ConvDimensionNumbersAttr,
]

StableHlo = Dialect("stablehlo", [*OPERATIONS, ReturnOp], ATTRIBUTES)


@cache
def op_classes() -> dict[str, type[HloOp]]:
    """All operation classes by name."""
    return {op.name: op for op in OPERATIONS}
