"""Decision trees: `tree_ensemble`."""

from __future__ import annotations

from collections.abc import Sequence
from math import log2, prod
from typing import ClassVar

from xdsl.dialects.builtin import (
    Float32Type,
    Float64Type,
    IntegerAttr,
    MemRefType,
    StringAttr,
    TensorType,
    i32,
    i64,
)
from xdsl.ir import Attribute, Operation, SSAValue
from xdsl.irdl import (
    ParsePropInAttrDict,
    irdl_op_definition,
    operand_def,
    prop_def,
    var_operand_def,
    var_result_def,
)
from xdsl.utils.exceptions import VerifyException

from ...runtime.size import Extent, numbers_of
from .base import SHAPED, EngineOp, element_of, extents_of, nbytes_of, shape_of, tensor
from .constant import ConstantOp
from .forest import Forest
from .movement import OUTS, results_of
from .sizes import shape_text
from .weights import Array

CONSTANTS = ("features", "thresholds", "children", "leaves", "trees", "weights")
"""The operands that are the forest, in order."""


@irdl_op_definition
class TreeEnsembleOp(EngineOp):
    """
    The sum of what each tree of a forest gives for a row; or the smallest or largest of it.

    A row of `[rows, columns]` walks every tree from its root. At node `n` it goes on to node
    `children[n]` if its column `features[n]` is at most `thresholds[n]`, else, NaN included, to
    the node behind that, `children[n] + 1`. A leaf leads to itself: its threshold is NaN and
    `children[n]` is `n - 1`. There the tree gives the row `leaves[n]` of `weights`, `[leaves,
    width]`, for `width` targets from the one on that stands in `trees`, `[trees, 2]`, behind the
    root. Weights are added in the order of the trees, beginning with 0; `min` and `max` pass over
    NaN, and give NaN for a target that no tree gave anything for.

    All but the rows are constants. The nodes of a tree may lie in any order in which a node lies
    before those that it leads to; several nodes may lead to the same one.

    ```mlir
    %features = engine.constant dense<[1, 0, 0]> : tensor<3xi32> -> tensor<3xi32>
    %thresholds = engine.constant dense<[5.000000e-01, 0x7fc00000, 0x7fc00000]> : tensor<3xf32> -> tensor<3xf32>
    %children = engine.constant dense<[1, 0, 1]> : tensor<3xi32> -> tensor<3xi32>
    %leaves = engine.constant dense<[0, 0, 1]> : tensor<3xi32> -> tensor<3xi32>
    %trees = engine.constant dense<0> : tensor<1x2xi32> -> tensor<1x2xi32>
    %weights = engine.constant dense<[[9.000000e-01, 1.000000e-01], [2.000000e-01, 8.000000e-01]]> : tensor<2x2xf32> -> tensor<2x2xf32>
    %y = engine.tree_ensemble %x, %features, %thresholds, %children, %leaves, %trees, %weights {targets = 2 : i64, aggregate = "sum"} : tensor<4x3xf32>, tensor<3xi32>, tensor<3xf32>, tensor<3xi32>, tensor<3xi32>, tensor<1x2xi32>, tensor<2x2xf32> -> tensor<4x2xf32>
    ```
    """

    name = "engine.tree_ensemble"
    CHECKS_NUMBERS: ClassVar[bool] = True
    KINDS: ClassVar[tuple[str, ...]] = ("sum", "min", "max")
    input = operand_def(SHAPED)
    features = operand_def(SHAPED)
    thresholds = operand_def(SHAPED)
    children = operand_def(SHAPED)
    leaves = operand_def(SHAPED)
    trees = operand_def(SHAPED)
    weights = operand_def(SHAPED)
    outs = var_operand_def(MemRefType)
    targets = prop_def(IntegerAttr)
    aggregate = prop_def(StringAttr)
    res = var_result_def(TensorType)
    irdl_options = (ParsePropInAttrDict(),)
    assembly_format = (
        "$input `,` $features `,` $thresholds `,` $children `,` $leaves `,` $trees `,` $weights"
        + OUTS
        + "type($input) `,` type($features) `,` type($thresholds) `,` type($children) `,`"
        " type($leaves) `,` type($trees) `,` type($weights) (`->` type($res)^)?"
    )

    def __init__(
        self,
        input: SSAValue | Operation,
        forest: Sequence[SSAValue | Operation],
        targets: int,
        aggregate: str = "sum",
        *,
        outs: Sequence[SSAValue] = (),
    ):
        x, constants = SSAValue.get(input), [SSAValue.get(v) for v in forest]
        result = tensor((extents_of(x)[0], targets), element_of(constants[-1]))
        super().__init__(
            operands=[x, *constants, outs],
            properties={
                "targets": IntegerAttr(targets, i64),
                "aggregate": StringAttr(aggregate),
            },
            result_types=results_of(outs, result),
        )

    @property
    def width(self) -> int:
        """For how many targets next to each other a tree gives weights."""
        return shape_of(self.weights)[1]

    @property
    def expected_depth(self) -> float:
        """Steps of a walk, were the trees balanced."""
        nodes, trees = shape_of(self.features)[0], max(shape_of(self.trees)[0], 1)
        return log2(max(nodes / trees, 1)) + 1

    def inferred_shapes(self) -> list[tuple[Extent, ...]]:
        return [(extents_of(self.input)[0], self.targets.value.data)]

    def inferred_elements(self) -> list[Attribute]:
        return [element_of(self.weights)]

    def flops(self) -> int:
        """A comparison for each step of a walk and an addition for each weight."""
        walks = shape_of(self.input)[0] * shape_of(self.trees)[0]
        return round(walks * (self.expected_depth + self.width))

    def bytes_read_of(self, number: int) -> int:
        whole = super().bytes_read_of(number)
        if number == 0 or CONSTANTS[number - 1] == "trees":
            return whole
        # Of nodes and weights, only those where rows come along.
        walks = shape_of(self.input)[0] * shape_of(self.trees)[0]
        visits = walks * (self.expected_depth if number < 4 else 1)
        size = whole // max(prod(shape_of(self.operands[number])), 1)
        return min(whole, round(visits * size * (self.width if number == 6 else 1)))

    def number_problem(self, arrays: Sequence[Array]) -> str | None:
        [features] = numbers_of(extents_of(self.input)[1:])
        return Forest(*arrays[1:]).problem(features, self.targets.value.data)

    def verify_(self) -> None:
        if self.aggregate.data not in self.KINDS:
            raise VerifyException(
                f"'{self.name}' aggregate '{self.aggregate.data}' is none of {', '.join(self.KINDS)}"
            )
        constants = self.operands[1 : 1 + len(CONSTANTS)]
        for name, value in zip(CONSTANTS, constants, strict=True):
            if not isinstance(value.owner, ConstantOp):
                raise VerifyException(f"'{self.name}' {name} must be a constant")
        self._verify_elements()
        self._verify_shapes()
        super().verify_()

    def _verify_elements(self) -> None:
        for value in (self.features, self.children, self.leaves, self.trees):
            if element_of(value) != i32:
                raise VerifyException(f"'{self.name}' has indices of {element_of(value)}, not i32")
        for value in (self.thresholds, self.weights):
            if not isinstance(element_of(value), Float32Type | Float64Type):
                raise VerifyException(f"'{self.name}' computes with f32 or f64, not {value.type}")
        if element_of(self.input) != element_of(self.thresholds):
            raise VerifyException(
                f"'{self.name}' compares elements of {element_of(self.input)} with thresholds of"
                f" {element_of(self.thresholds)}; they must be of one type"
            )

    def _verify_shapes(self) -> None:
        x, weights, trees = extents_of(self.input), shape_of(self.weights), shape_of(self.trees)
        if len(x) != 2 or len(weights) != 2 or len(trees) != 2 or trees[1] != 2:
            raise VerifyException(
                f"'{self.name}' input {shape_text(x)}, trees {list(trees)} and weights {list(weights)}"
                " must be [rows, columns], [trees, 2] and [leaves, width]"
            )
        nodes = [shape_of(v) for v in (self.features, self.thresholds, self.children, self.leaves)]
        if len(nodes[0]) != 1 or any(shape != nodes[0] for shape in nodes):
            raise VerifyException(
                f"'{self.name}' has nodes of shapes {nodes}, expected one [nodes]"
            )
        if not 1 <= weights[1] <= self.targets.value.data:
            raise VerifyException(
                f"'{self.name}' has weights for {weights[1]} of {self.targets.value.data} targets"
            )


def forest_bytes(op: TreeEnsembleOp) -> int:
    """Bytes of everything that walks may touch."""
    return sum(nbytes_of(v) for v in op.operands[1 : 1 + len(CONSTANTS)])
