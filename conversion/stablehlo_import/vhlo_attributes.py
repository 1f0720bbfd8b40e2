"""
The attributes of VHLO's operations: in which order they are written, and how those of StableHLO
follow from them.

An operation lists its attributes by name in alphabetical order. What is one structured attribute in
StableHLO is a number of plain ones here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

from xdsl.dialects.builtin import (
    ArrayAttr,
    DenseArrayBase,
    DenseIntOrFPElementsAttr,
    DictionaryAttr,
    IntegerAttr,
    IntegerType,
    StringAttr,
    SymbolRefAttr,
    i1,
    i64,
)
from xdsl.ir import Attribute

from ...dialects.framework.schema import Kind
from ...dialects.stablehlo.attributes import (
    DotAlgorithmAttr,
    DotDimensionNumbersAttr,
    GatherDimensionNumbersAttr,
    ScatterDimensionNumbersAttr,
    SplatAttr,
)
from ...dialects.stablehlo.clauses import integers_of
from ...dialects.stablehlo.convolution_numbers import ConvDimensionNumbersAttr
from ...dialects.stablehlo.op import HloOp
from ..formats.mlir_bytecode import BytecodeError

Found = Mapping[str, Attribute | None]
"""The attributes of an operation by VHLO's names; None for one that says that there is none."""

_CONVOLUTION = (
    *("batch_group_count", "feature_group_count", "input_batch_dimension"),
    *("input_feature_dimension", "input_spatial_dimensions", "kernel_input_feature_dimension"),
    *("kernel_output_feature_dimension", "kernel_spatial_dimensions", "lhs_dilation"),
    *("output_batch_dimension", "output_feature_dimension", "output_spatial_dimensions"),
    *("padding", "precision_config", "rhs_dilation", "window_reversal", "window_strides"),
)
_DOT = (
    *("lhs_batching_dimensions", "lhs_contracting_dimensions", "precision_config"),
    *("rhs_batching_dimensions", "rhs_contracting_dimensions"),
)
_ALGORITHM = (
    *("accumulation_type", "allow_imprecise_accumulation", "lhs_component_count"),
    *("lhs_precision_type", "num_primitive_operations", "rhs_component_count"),
    *("rhs_precision_type",),
)
_GATHER = ("collapsed_slice_dims", "index_vector_dim", "indices_are_sorted", "offset_dims")
_BATCHING = ("operand_batching_dims", "start_indices_batching_dims")
_SCATTER = (
    *("index_vector_dim", "indices_are_sorted", "inserted_window_dims"),
    *("scatter_dims_to_operand_dims", "unique_indices", "update_window_dims"),
)
_CALL = (
    *("api_version", "backend_config", "call_target_name", "called_computations"),
    *("has_side_effect", "operand_layouts", "output_operand_aliases", "result_layouts"),
)

_NAMES: dict[str, Sequence[str]] = {
    "call_v1": ("callee",),
    "convolution_v1": _CONVOLUTION,
    "custom_call_v1": _CALL,
    "custom_call_v2": (*_CALL, "result_tilings"),
    "dot_general_v1": _DOT,
    "dot_general_v2": (*_DOT, *_ALGORITHM),
    "dynamic_conv_v1": _CONVOLUTION,
    "dynamic_conv_v2": tuple(name for name in _CONVOLUTION if name != "padding"),
    "dynamic_gather_v1": (*_GATHER, "start_index_map"),
    "dynamic_gather_v2": (*_GATHER, "start_index_map", *_BATCHING),
    "func_v1": ("arg_attrs", "function_type", "res_attrs", "sym_name", "sym_visibility"),
    "gather_v1": (*_GATHER, "slice_sizes", "start_index_map"),
    "gather_v2": (*_GATHER, "slice_sizes", "start_index_map", *_BATCHING),
    "return_v1": (),
    "scatter_v1": _SCATTER,
    "scatter_v2": (*_SCATTER, "input_batching_dims", "scatter_indices_batching_dims"),
}
"""Attributes of operations where they are not those of StableHLO."""


def attribute_names(name: str, cls: type[HloOp] | None) -> list[str]:
    """The names of the attributes of an operation of VHLO, `add_v1`, in the order of the file."""
    listed = _NAMES.get(name)
    if listed is not None:
        return sorted(listed)
    if cls is None:
        raise BytecodeError(f"operation 'vhlo.{name}' is not supported")
    own = cls.SIGNATURE.attributes
    # Accuracies came with the second version of an operation.
    first = name.endswith("_v1")
    return sorted(a for a in own if not (first and a == "result_accuracy"))


def properties_of(operation: str, cls: type[HloOp], found: Found) -> dict[str, Attribute]:
    """The attributes of an operation of StableHLO."""
    rest = dict(found)
    made: dict[str, Attribute] = {}
    if operation == "dot_general":
        _dot(rest, made)
    elif operation in ("gather", "dynamic_gather"):
        made["dimension_numbers"] = _struct(GatherDimensionNumbersAttr, rest)
    elif operation == "scatter":
        made["scatter_dimension_numbers"] = _struct(ScatterDimensionNumbersAttr, rest)
    elif operation in ("convolution", "dynamic_conv"):
        made["dimension_numbers"] = _convolution(rest)
    specs = cls.SIGNATURE.attributes
    for name, value in rest.items():
        spec = specs.get(name)
        if value is None or spec is None:
            continue
        if name == "decomposition" and isinstance(value, StringAttr):
            made[name] = SymbolRefAttr(value)
        elif spec.kind in (Kind.INTS, Kind.BOOLS) or name in _LISTS:
            numbers = _list(value)
            if spec.required or integers_of(numbers):
                made[name] = numbers
        elif not (isinstance(value, ArrayAttr) and not value.data):
            made[name] = value
    return made


_LISTS = frozenset(("dimensions",))


def _list(value: Attribute) -> Attribute:
    """A tensor of integers as a list of them."""
    if isinstance(value, SplatAttr) or not isinstance(value, DenseIntOrFPElementsAttr):
        raise BytecodeError(f"a list of integers is {value}")
    element = cast(IntegerType, value.get_element_type())
    numbers = list(cast("Sequence[int]", value.get_values()))
    if element == i1:
        return DenseArrayBase.from_list(i1, [int(n != 0) for n in numbers])
    return DenseArrayBase.from_list(i64, numbers)


def _numbers(value: Attribute | None) -> list[int]:
    if value is None:
        return []
    if isinstance(value, IntegerAttr):
        return [value.value.data]
    found = _list(value)
    assert isinstance(found, DenseArrayBase)
    return list(cast("DenseArrayBase[IntegerType]", found).get_values())


def _number(value: Attribute | None) -> int:
    if not isinstance(value, IntegerAttr):
        raise BytecodeError(f"an integer is {value}")
    return value.value.data


def _struct(
    cls: type[GatherDimensionNumbersAttr | ScatterDimensionNumbersAttr],
    rest: dict[str, Attribute | None],
) -> Attribute:
    fields: dict[str, list[int] | int] = {}
    for name in cls.FIELDS:
        value = rest.pop(name, None)
        fields[name] = _number(value) if name == "index_vector_dim" else _numbers(value)
    return cls.of(**fields)


def _dot(rest: dict[str, Attribute | None], made: dict[str, Attribute]) -> None:
    names = DotDimensionNumbersAttr.FIELDS
    lists = {name: _numbers(rest.pop(name, None)) for name in names}
    made["dot_dimension_numbers"] = DotDimensionNumbersAttr.of(**lists)
    fields = {name: rest.pop(name, None) for name in DotAlgorithmAttr.FIELDS}
    if all(value is not None for value in fields.values()):
        given: dict[str, int | Attribute] = {}
        for name, value in fields.items():
            if isinstance(value, IntegerAttr) and value.type != i1:
                given[name] = value.value.data
            elif value is not None:
                given[name] = value
        made["algorithm"] = DotAlgorithmAttr.of(**given)


def _convolution(rest: dict[str, Attribute | None]) -> Attribute:
    parts: list[list[str]] = []
    for part, words in (
        ("input", ("batch_dimension", "feature_dimension")),
        ("kernel", ("input_feature_dimension", "output_feature_dimension")),
        ("output", ("batch_dimension", "feature_dimension")),
    ):
        spatial = _numbers(rest.pop(f"{part}_spatial_dimensions", None))
        order = [""] * (len(spatial) + 2)
        places = [_number(rest.pop(f"{part}_{word}", None)) for word in words]
        letters = ("i", "o") if part == "kernel" else ("b", "f")
        numbered = ((place, str(number)) for number, place in enumerate(spatial))
        for at, letter in (*zip(places, letters, strict=True), *numbered):
            if not 0 <= at < len(order):
                raise BytecodeError(f"dimension {at} of a convolution of rank {len(order)}")
            order[at] = letter
        parts.append(order)
    return ConvDimensionNumbersAttr.of(*parts)


def symbol_of(value: Attribute | None) -> str:
    """The name of a function."""
    if not isinstance(value, StringAttr):
        raise BytecodeError(f"the name of a function is {value}")
    return value.data


def dictionaries_of(value: Attribute | None, count: int) -> ArrayAttr[DictionaryAttr] | None:
    """The attributes of arguments or results, one dictionary for each."""
    if not isinstance(value, ArrayAttr) or len(value.data) != count:
        return None
    found = [d for d in value.data if isinstance(d, DictionaryAttr)]
    return ArrayAttr(found) if len(found) == count else None
