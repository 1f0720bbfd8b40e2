"""
Operations that find sizes which only the data knows: `nonzero`, `compress`, `as_size`.

Such an operation names what it finds in `defines`; the function's table of names says that the
data decides them (`K in 0 to "N * S" data`). Its last result, or the last of its `outs` once it is
planned, is the counts: one i64 for each name. The types of its other results use the names.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence

from xdsl.dialects.builtin import (
    ArrayAttr,
    DenseArrayBase,
    IntegerAttr,
    IntegerType,
    MemRefType,
    StringAttr,
    TensorType,
    i64,
)
from xdsl.dialects.func import FuncOp
from xdsl.ir import Attribute, Operation, SSAValue
from xdsl.irdl import (
    ParsePropInAttrDict,
    irdl_op_definition,
    operand_def,
    prop_def,
    traits_def,
    var_operand_def,
    var_result_def,
)
from xdsl.traits import EffectInstance, MemoryEffect, MemoryEffectKind
from xdsl.utils.exceptions import VerifyException

from ...runtime.size import Extent, named, product_of
from .base import SHAPED, EngineOp, element_of, extents_of, layout_attr_of, rank_of, tensor
from .canonicalization import EngineCanonicalization
from .movement import OUTS, UNARY
from .reduction import check_axes
from .size_facts import SIZES, NameAttr, NamesAttr
from .size_questions import may_be_at_least
from .sizes import ExtentsAttr, extent_array, extent_values

DEFINES = "defines"
"""Property of an operation that finds sizes: their names."""

MOST_COUNTS = 256
"""Sizes that one operation finds at the most."""


class DefinesNames(MemoryEffect):
    """
    Writes the names that it defines, in which sizes of other values are: it is not dropped where
    its results have no use, and not merged with another one.
    """

    @classmethod
    def get_effects(cls, op: Operation) -> frozenset[EffectInstance]:
        return frozenset(
            (EffectInstance(MemoryEffectKind.READ), EffectInstance(MemoryEffectKind.WRITE))
        )


class SizeDefiningOp(EngineOp):
    """An operation that finds sizes; `counts`, the last of what it gives, are their numbers."""

    traits = traits_def(DefinesNames(), EngineCanonicalization())

    defines = prop_def(ArrayAttr[StringAttr])
    outs = var_operand_def(MemRefType)
    res = var_result_def(TensorType)
    irdl_options = (ParsePropInAttrDict(),)

    @property
    def defined_names(self) -> tuple[str, ...]:
        """The names of the sizes that it finds, in the order of the counts."""
        return tuple(name.data for name in self.defines)

    @property
    def counts(self) -> SSAValue:
        """The numbers that it finds: a tensor of i64, or the memory for them once planned."""
        return self.outs[-1] if self.outs else self.results[-1]

    @abstractmethod
    def bounds(self) -> Sequence[Extent]:
        """The most that each of the sizes can be."""

    @abstractmethod
    def found_shapes(self) -> Sequence[tuple[Extent, ...]]:
        """The shapes of all that it gives but the counts."""

    @abstractmethod
    def found_elements(self) -> Sequence[Attribute]:
        """The element types of all that it gives but the counts."""

    def inferred_shapes(self) -> list[tuple[Extent, ...]]:
        return [*self.found_shapes(), (len(self.defines),)]

    def inferred_elements(self) -> list[Attribute]:
        return [*self.found_elements(), i64]

    def flops(self) -> int:
        return 0

    def verify_(self) -> None:
        names = self.defined_names
        if not 0 < len(names) <= MOST_COUNTS or len(set(names)) < len(names):
            raise VerifyException(
                f"'{self.name}' defines [{', '.join(names)}], expected 1 to {MOST_COUNTS} different"
                " names"
            )
        super().verify_()
        counts = self.target_types()[-1]
        layout = layout_attr_of(counts)
        if layout is not None and (
            not layout.tag.row_major or layout.stride_extents not in (None, (1,))
        ):
            raise VerifyException(
                f"'{self.name}' leaves its numbers in {counts}, expected them side by side"
            )

    def require_names(self, count: int) -> None:
        """
        Check the number of names that it defines.

        Raises:
            VerifyException: for another number.
        """
        if len(self.defines) != count:
            raise VerifyException(
                f"'{self.name}' defines {len(self.defines)} names, expected {count}"
            )

    @property
    def defined(self) -> Extent:
        """The one size that it finds."""
        return named(self.defined_names[0])


def data_names(function: FuncOp) -> dict[str, NameAttr]:
    """The names of a function that the data decides, in the order in which it lists them."""
    attr = function.attributes.get(SIZES)
    if not isinstance(attr, NamesAttr):
        return {}
    return {entry.name_.data: entry for entry in attr.names if entry.data.data}


def name_list(names: Sequence[str]) -> ArrayAttr[StringAttr]:
    """The names that an operation defines, as its property."""
    return ArrayAttr([StringAttr(name) for name in names])


def results_with_counts(
    outs: Sequence[SSAValue], found: Sequence[TensorType], counts: int
) -> list[list[Attribute]]:
    """The result types of an operation that finds sizes: none once it has `outs`."""
    return [[] if outs else [*found, tensor((counts,), i64)]]


@irdl_op_definition
class NonZeroOp(SizeDefiningOp):
    """
    The positions of what is not zero, in row-major order: a row of indices for each.

    NaN is not zero. The second result is how many there are.

    ```mlir
    %rows, %count = engine.nonzero %x {defines = ["K"]} : tensor<4x5xf32> -> tensor<?x2xi64, #engine.sizes<"K">>, tensor<1xi64>
    ```
    """

    name = "engine.nonzero"
    input = operand_def(SHAPED)
    assembly_format = UNARY

    def __init__(self, input: SSAValue | Operation, defines: str, *, outs: Sequence[SSAValue] = ()):
        x = SSAValue.get(input)
        rows = tensor((named(defines), rank_of(x)), i64)
        super().__init__(
            operands=[x, outs],
            properties={"defines": name_list([defines])},
            result_types=results_with_counts(outs, [rows], 1),
        )

    def bounds(self) -> list[Extent]:
        return [product_of(extents_of(self.input))]

    def found_shapes(self) -> list[tuple[Extent, ...]]:
        return [(self.defined, rank_of(self.input))]

    def found_elements(self) -> list[Attribute]:
        return [i64]

    def verify_(self) -> None:
        self.require_names(1)
        if rank_of(self.input) == 0:
            raise VerifyException(f"'{self.name}' takes no scalar: it has no position")
        super().verify_()


@irdl_op_definition
class CompressOp(SizeDefiningOp):
    """
    The slices along `axis` that a condition marks, and how many they are.

    A condition that is shorter than the axis marks nothing behind its end.

    ```mlir
    %y, %count = engine.compress %x, %marks {axis = 0 : i64, defines = ["K"]} : tensor<4x5xf32>, tensor<4xi1> -> tensor<?x5xf32, #engine.sizes<"K">>, tensor<1xi64>
    ```
    """

    name = "engine.compress"
    input = operand_def(SHAPED)
    condition = operand_def(SHAPED)
    axis = prop_def(IntegerAttr)
    assembly_format = (
        "$input `,` $condition" + OUTS + "type($input) `,` type($condition) (`->` type($res)^)?"
    )

    def __init__(
        self,
        input: SSAValue | Operation,
        condition: SSAValue | Operation,
        axis: int,
        defines: str,
        *,
        outs: Sequence[SSAValue] = (),
    ):
        x = SSAValue.get(input)
        found = tensor(_replaced(extents_of(x), axis, named(defines)), element_of(x))
        super().__init__(
            operands=[x, condition, outs],
            properties={"axis": IntegerAttr(axis, i64), "defines": name_list([defines])},
            result_types=results_with_counts(outs, [found], 1),
        )

    def bounds(self) -> list[Extent]:
        return list(extents_of(self.condition))

    def found_shapes(self) -> list[tuple[Extent, ...]]:
        return [_replaced(extents_of(self.input), self.axis.value.data, self.defined)]

    def found_elements(self) -> list[Attribute]:
        return [element_of(self.input)]

    def verify_(self) -> None:
        self.require_names(1)
        shape, axis = extents_of(self.input), self.axis.value.data
        check_axes(self.name, [axis], len(shape))
        if element_of(self.condition) != IntegerType(1) or rank_of(self.condition) != 1:
            raise VerifyException(
                f"'{self.name}' has the condition {self.condition.type}, expected a row of i1"
            )
        [length] = extents_of(self.condition)
        if -1 not in (length, shape[axis]) and not may_be_at_least(shape[axis], length):
            raise VerifyException(
                f"'{self.name}' has a condition for {length} slices, the operand has {shape[axis]}"
            )
        super().verify_()


def _replaced(shape: tuple[Extent, ...], axis: int, size: Extent) -> tuple[Extent, ...]:
    return (*shape[:axis], size, *shape[axis + 1 :])


@irdl_op_definition
class AsSizeOp(SizeDefiningOp):
    """
    Integers of the data as sizes: a name for each. The result is the same integers.

    One that is negative, or more than its bound, is an error at run time.

    ```mlir
    %counts = engine.as_size %n {at_most = array<i64: 16, 2147483647>, defines = ["K", "L"]} : tensor<2xi64> -> tensor<2xi64>
    ```

    Bounds that are sizes are written as `at_most = #engine.extents<["N * 4", 16]>`.
    """

    name = "engine.as_size"
    input = operand_def(SHAPED)
    at_most = prop_def(DenseArrayBase | ExtentsAttr)
    assembly_format = UNARY

    def __init__(
        self,
        input: SSAValue | Operation,
        defines: Sequence[str],
        at_most: Sequence[Extent],
        *,
        outs: Sequence[SSAValue] = (),
    ):
        super().__init__(
            operands=[input, outs],
            properties={"defines": name_list(defines), "at_most": extent_array(at_most)},
            result_types=results_with_counts(outs, [], len(defines)),
        )

    def bounds(self) -> list[Extent]:
        return list(extent_values(self.at_most))

    def found_shapes(self) -> list[tuple[Extent, ...]]:
        return []

    def found_elements(self) -> list[Attribute]:
        return []

    def may_fail(self) -> bool:
        return True

    def failure_message(self) -> str:
        pairs = zip(self.defined_names, self.bounds(), strict=True)
        return f"a size is out of bounds: {', '.join(f'{n} is 0 to {most}' for n, most in pairs)}"

    def verify_(self) -> None:
        if len(self.bounds()) != len(self.defines):
            raise VerifyException(
                f"'{self.name}' has {len(self.bounds())} bounds for {len(self.defines)} names"
            )
        super().verify_()
        if element_of(self.input) != i64 or extents_of(self.input) != (len(self.defines),):
            raise VerifyException(
                f"'{self.name}' takes {self.input.type}, expected an i64 for each of"
                f" {len(self.defines)} names"
            )
        for most in self.bounds():
            if not may_be_at_least(most, 0):
                raise VerifyException(f"'{self.name}' has the negative bound {most}")
