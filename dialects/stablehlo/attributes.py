"""Attributes of the `stablehlo` dialect that have several parts, and its type."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from xdsl.dialects.builtin import (
    DenseIntOrFPElementsAttr,
    FloatAttr,
    IntegerAttr,
    TensorType,
    f64,
    i64,
)
from xdsl.ir import Attribute, ParametrizedAttribute, TypeAttribute
from xdsl.irdl import irdl_attr_definition
from xdsl.parser import AttrParser
from xdsl.printer import Printer
from xdsl.utils.exceptions import VerifyException

from ..dense_literal import print_constant
from .struct_attribute import FieldKind, StructAttribute
from .word_attributes import ResultAccuracyModeAttr


@irdl_attr_definition
class ResultAccuracyAttr(ParametrizedAttribute):
    """
    How accurate a result must be: a mode, or tolerances.

    ```mlir
    #stablehlo.result_accuracy<atol = 0.0, rtol = 0.0, ulps = 2, mode = #stablehlo<result_accuracy_mode TOLERANCE>>
    ```
    """

    name = "stablehlo.result_accuracy"

    atol: FloatAttr
    rtol: FloatAttr
    ulps: IntegerAttr
    mode: ResultAccuracyModeAttr

    @staticmethod
    def of(mode: str, atol: float = 0.0, rtol: float = 0.0, ulps: int = 0) -> ResultAccuracyAttr:
        """The attribute of a mode and tolerances."""
        return ResultAccuracyAttr(
            FloatAttr(atol, f64),
            FloatAttr(rtol, f64),
            IntegerAttr(ulps, i64),
            cast(ResultAccuracyModeAttr, ResultAccuracyModeAttr.of(mode)),
        )

    @classmethod
    def parse_parameters(cls, parser: AttrParser) -> Sequence[Attribute]:
        numbers: dict[str, float] = {"atol": 0.0, "rtol": 0.0, "ulps": 0}
        modes: list[Attribute] = []

        def parse_field() -> None:
            start = parser.pos
            name = parser.parse_identifier("the name of a field")
            parser.parse_punctuation("=")
            if name == "mode":
                modes.append(parser.parse_attribute())
            elif name in numbers:
                numbers[name] = parser.parse_number()
            else:
                parser.raise_error(
                    f"'{name}' is not a field; expected atol, rtol, ulps, mode", start
                )

        parser.parse_comma_separated_list(parser.Delimiter.ANGLE, parse_field)
        if len(modes) != 1 or not isinstance(modes[0], ResultAccuracyModeAttr):
            parser.raise_error("expected one mode")
        made = cls.of("DEFAULT", numbers["atol"], numbers["rtol"], int(numbers["ulps"]))
        return [made.atol, made.rtol, made.ulps, modes[0]]

    def print_parameters(self, printer: Printer) -> None:
        with printer.in_angle_brackets():
            if self.mode.word.data == "TOLERANCE":
                atol, rtol = self.atol.value.data, self.rtol.value.data
                ulps = self.ulps.value.data
                printer.print_string(f"atol = {atol!r}, rtol = {rtol!r}, ulps = {ulps}, ")
            printer.print_string("mode = ")
            printer.print_attribute(self.mode)


@irdl_attr_definition
class DotDimensionNumbersAttr(StructAttribute):
    """
    Which dimensions of the operands of `dot_general` belong together.

    ```mlir
    #stablehlo.dot<lhs_batching_dimensions = [0], rhs_batching_dimensions = [0], lhs_contracting_dimensions = [2], rhs_contracting_dimensions = [1]>
    ```
    """

    name = "stablehlo.dot"
    FIELDS = {
        "lhs_batching_dimensions": FieldKind.INTS,
        "rhs_batching_dimensions": FieldKind.INTS,
        "lhs_contracting_dimensions": FieldKind.INTS,
        "rhs_contracting_dimensions": FieldKind.INTS,
    }

    lhs_batching_dimensions: Attribute
    rhs_batching_dimensions: Attribute
    lhs_contracting_dimensions: Attribute
    rhs_contracting_dimensions: Attribute


@irdl_attr_definition
class GatherDimensionNumbersAttr(StructAttribute):
    """
    What indices of `gather` mean.

    ```mlir
    #stablehlo.gather<offset_dims = [1], collapsed_slice_dims = [0], start_index_map = [0], index_vector_dim = 1>
    ```
    """

    name = "stablehlo.gather"
    FIELDS = {
        "offset_dims": FieldKind.INTS,
        "collapsed_slice_dims": FieldKind.INTS,
        "operand_batching_dims": FieldKind.INTS,
        "start_indices_batching_dims": FieldKind.INTS,
        "start_index_map": FieldKind.INTS,
        "index_vector_dim": FieldKind.INT,
    }

    offset_dims: Attribute
    collapsed_slice_dims: Attribute
    operand_batching_dims: Attribute
    start_indices_batching_dims: Attribute
    start_index_map: Attribute
    index_vector_dim: Attribute


@irdl_attr_definition
class ScatterDimensionNumbersAttr(StructAttribute):
    """
    What indices of `scatter` mean.

    ```mlir
    #stablehlo.scatter<update_window_dims = [1], inserted_window_dims = [0], scatter_dims_to_operand_dims = [0], index_vector_dim = 1>
    ```
    """

    name = "stablehlo.scatter"
    FIELDS = {
        "update_window_dims": FieldKind.INTS,
        "inserted_window_dims": FieldKind.INTS,
        "input_batching_dims": FieldKind.INTS,
        "scatter_indices_batching_dims": FieldKind.INTS,
        "scatter_dims_to_operand_dims": FieldKind.INTS,
        "index_vector_dim": FieldKind.INT,
    }

    update_window_dims: Attribute
    inserted_window_dims: Attribute
    input_batching_dims: Attribute
    scatter_indices_batching_dims: Attribute
    scatter_dims_to_operand_dims: Attribute
    index_vector_dim: Attribute


@irdl_attr_definition
class OutputOperandAliasAttr(StructAttribute):
    """
    A result of a custom call that is written over an operand.

    ```mlir
    #stablehlo.output_operand_alias<output_tuple_indices = [0], operand_index = 0, operand_tuple_indices = []>
    ```
    """

    name = "stablehlo.output_operand_alias"
    PRINTS_ALL = True
    FIELDS = {
        "output_tuple_indices": FieldKind.INTS,
        "operand_index": FieldKind.INT,
        "operand_tuple_indices": FieldKind.INTS,
    }

    output_tuple_indices: Attribute
    operand_index: Attribute
    operand_tuple_indices: Attribute


@irdl_attr_definition
class DotAlgorithmAttr(StructAttribute):
    """
    The types in which a product is computed.

    ```mlir
    #stablehlo.dot_algorithm<lhs_precision_type = f32, rhs_precision_type = f32, accumulation_type = f32, lhs_component_count = 1, rhs_component_count = 1, num_primitive_operations = 1, allow_imprecise_accumulation = false>
    ```
    """

    name = "stablehlo.dot_algorithm"
    PRINTS_ALL = True
    FIELDS = {
        "lhs_precision_type": FieldKind.ATTRIBUTE,
        "rhs_precision_type": FieldKind.ATTRIBUTE,
        "accumulation_type": FieldKind.ATTRIBUTE,
        "lhs_component_count": FieldKind.INT,
        "rhs_component_count": FieldKind.INT,
        "num_primitive_operations": FieldKind.INT,
        "allow_imprecise_accumulation": FieldKind.ATTRIBUTE,
    }

    lhs_precision_type: Attribute
    rhs_precision_type: Attribute
    accumulation_type: Attribute
    lhs_component_count: Attribute
    rhs_component_count: Attribute
    num_primitive_operations: Attribute
    allow_imprecise_accumulation: Attribute


@irdl_attr_definition
class SplatAttr(ParametrizedAttribute):
    """
    A constant of one number repeated, which takes no memory; `dense<...>` would hold every element.

    It is printed as what it stands for, `dense<0.0> : tensor<1000x1000xf32>`, in constants.

    ```mlir
    #stablehlo.splat<dense<0.0> : tensor<f32>, tensor<1000x1000xf32>>
    ```
    """

    name = "stablehlo.splat"

    element: DenseIntOrFPElementsAttr
    """The number as a tensor of rank 0."""
    type: TensorType

    @classmethod
    def parse_parameters(cls, parser: AttrParser) -> Sequence[Attribute]:
        with parser.in_angle_brackets():
            element = parser.parse_attribute()
            parser.parse_punctuation(",")
            return [element, parser.parse_type()]

    def print_parameters(self, printer: Printer) -> None:
        with printer.in_angle_brackets():
            print_constant(printer, self.element)
            printer.print_string(", ")
            printer.print_attribute(self.type)

    def verify(self) -> None:
        own: Attribute = self.element.type
        if own != TensorType(self.type.element_type, []):
            raise VerifyException(f"the number of a splat is {own}, expected one of {self.type}")


@irdl_attr_definition
class TokenType(ParametrizedAttribute, TypeAttribute):
    """
    What orders operations with effects.

    ```mlir
    !stablehlo.token
    ```
    """

    name = "stablehlo.token"
