"""Boxes that others do not suppress: `suppress`."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects.builtin import DenseArrayBase, TensorType, UnitAttr, f32, i64
from xdsl.ir import Attribute, Operation, SSAValue
from xdsl.irdl import irdl_op_definition, operand_def, opt_prop_def, prop_def
from xdsl.utils.exceptions import VerifyException

from ...runtime.size import Extent, named
from .base import SHAPED, element_of, extents_of, rank_of, tensor
from .data_sizes import DEFINES, SizeDefiningOp, name_list, results_with_counts
from .size_questions import may_be_at_least, may_be_same
from .sizes import ExtentsAttr, extent_array, extent_values, shape_text

CORNERS = 5
"""Numbers kept of each box that is taken: its corners and its area."""


@irdl_op_definition
class SuppressOp(SizeDefiningOp):
    """
    Non-maximum suppression: rows `[image, class, box]` of the boxes that are left.

    Of each class of each image at most `limit` boxes are taken, the best score first, of equal
    ones the first box; one that shares more than `overlap` of its union with a better one is not
    taken, nor one whose score is not above `least`, or is NaN. `boxes` are two opposite corners,
    or with `centers` the centre and the sizes. With `all_scores` there is no `least`. `at_most`
    bounds `limit`. The second and third result are memory to work in: the order of the boxes of
    one class, and the corners of those that are taken; what they hold means nothing.

    ```mlir
    %rows, %order, %corners, %count = engine.suppress boxes(%b : tensor<1x9x4xf32>) scores(%s : tensor<1x2x9xf32>) limit(%n : tensor<i64>) overlap(%o : tensor<f32>) least(%t : tensor<f32>) {at_most = array<i64: 4>, defines = ["K"]} -> tensor<?x3xi64, #engine.sizes<"K">>, tensor<9xi64>, tensor<5x4xf32>, tensor<1xi64>
    ```
    """

    name = "engine.suppress"
    boxes = operand_def(SHAPED)
    scores = operand_def(SHAPED)
    limit = operand_def(SHAPED)
    overlap = operand_def(SHAPED)
    least = operand_def(SHAPED)
    at_most = prop_def(DenseArrayBase | ExtentsAttr)
    centers = opt_prop_def(UnitAttr)
    all_scores = opt_prop_def(UnitAttr)
    assembly_format = (
        "`boxes` `(` $boxes `:` type($boxes) `)` `scores` `(` $scores `:` type($scores) `)`"
        " `limit` `(` $limit `:` type($limit) `)` `overlap` `(` $overlap `:` type($overlap) `)`"
        " `least` `(` $least `:` type($least) `)` (`outs` `(` $outs^ `:` type($outs) `)`)?"
        " attr-dict (`->` type($res)^)?"
    )

    def __init__(
        self,
        operands: Sequence[SSAValue | Operation],
        defines: str,
        at_most: Extent,
        *,
        centers: bool = False,
        all_scores: bool = False,
        outs: Sequence[SSAValue] = (),
    ):
        """`operands` are boxes, scores, limit, overlap and least."""
        boxes = extents_of(SSAValue.get(operands[0]))
        types: list[TensorType] = [
            tensor((named(defines), 3), i64),
            tensor((boxes[1],), i64),
            tensor((CORNERS, at_most), f32),
        ]
        super().__init__(
            operands=[*operands, outs],
            properties={
                "at_most": extent_array([at_most]),
                "centers": UnitAttr() if centers else None,
                "all_scores": UnitAttr() if all_scores else None,
                DEFINES: name_list([defines]),
            },
            result_types=results_with_counts(outs, types, 1),
        )

    @property
    def most_of_class(self) -> Extent:
        """The most boxes that are taken of one class."""
        [most] = extent_values(self.at_most)
        return most

    def bounds(self) -> list[Extent]:
        images, classes, _ = extents_of(self.scores)
        return [images * classes * self.most_of_class]

    def found_shapes(self) -> list[tuple[Extent, ...]]:
        [n] = extents_of(self.boxes)[1:2]
        return [(self.defined, 3), (n,), (CORNERS, self.most_of_class)]

    def found_elements(self) -> list[Attribute]:
        return [i64, i64, f32]

    def verify_(self) -> None:
        self.require_names(1)
        if len(extent_values(self.at_most)) != 1 or not may_be_at_least(self.most_of_class, 0):
            raise VerifyException(f"'{self.name}' has the bound {self.at_most}, expected one size")
        boxes, scores = extents_of(self.boxes), extents_of(self.scores)
        fits = len(boxes) == 3 and len(scores) == 3 and boxes[2] == 4
        if not fits or not (may_be_same(boxes[0], scores[0]) and may_be_same(boxes[1], scores[2])):
            raise VerifyException(
                f"'{self.name}' has boxes {shape_text(boxes)} and scores {shape_text(scores)},"
                " expected [images, n, 4] and [images, classes, n]"
            )
        expected = [f32, f32, i64, f32, f32]
        for value, element in zip(self.sources, expected, strict=True):
            if element_of(value) != element:
                raise VerifyException(f"'{self.name}' takes {value.type}, expected {element}")
        for value in (self.limit, self.overlap, self.least):
            if rank_of(value) != 0:
                raise VerifyException(f"'{self.name}' takes {value.type}, expected a scalar")
        super().verify_()
