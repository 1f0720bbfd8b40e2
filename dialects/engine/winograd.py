"""
Winograd's convolution: 3x3 filters over 4x4 results in 36 products instead of 144.

`F(4x4, 3x3)` of Lavin and Gray, "Fast algorithms for convolutional neural networks" (2015), with
the interpolation points 0, +-3/4, +-3/2 and infinity, whose rounding errors are those of the
direct sum (the usual points 0, +-1, +-2 lose another factor of four).
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import ClassVar

import numpy as np
from xdsl.dialects.builtin import MemRefType, TensorType
from xdsl.ir import Attribute, Operation, Region, SSAValue
from xdsl.irdl import (
    AttrSizedOperandSegments,
    irdl_op_definition,
    operand_def,
    opt_region_def,
    var_operand_def,
    var_result_def,
)
from xdsl.utils.exceptions import VerifyException

from ...runtime.size import Extent, numbers_of
from .base import SHAPED, element_of, extents_of, shape_of, tensor
from .contraction import ContractionOp, window_extent
from .size_questions import may_be_at_least, may_be_same
from .sizes import shape_text
from .weights import Array

TILE = 4
"""Rows and columns of results that one tile gives."""

FILTER = 3

POINTS = TILE + FILTER - 1
"""Rows and columns of a transformed tile."""

NEAR, FAR = 0.75, 1.5
"""The finite interpolation points are 0, +-NEAR and +-FAR."""


def filter_transform() -> Array:
    """`G` [6, 3] in `U = G w G^T`."""
    points = [0.0, NEAR, -NEAR, FAR, -FAR]
    rows: list[list[float]] = []
    for i, p in enumerate(points):
        scale = float(np.prod([p - q for j, q in enumerate(points) if j != i]))
        rows.append([p**k / scale for k in range(FILTER)])
    return np.array([*rows, [0.0, 0.0, 1.0]])


def input_transform() -> Array:
    """`B^T` [6, 6] in `V = B^T x B`: row i is the product of (x - p) over the other points."""
    points = [0.0, NEAR, -NEAR, FAR, -FAR]
    result = np.zeros((POINTS, POINTS))
    for i in range(POINTS):
        others = [p for j, p in enumerate(points) if j != i]
        polynomial = np.array([1.0])
        for p in others:
            polynomial = np.convolve(polynomial, [1.0, -p])
        result[i, : len(polynomial)] = polynomial[::-1]
    return result


def output_transform() -> Array:
    """`A^T` [4, 6] in `y = A^T m A`."""
    points = [0.0, NEAR, -NEAR, FAR, -FAR]
    result = np.array([[p**k for p in points] + [0.0] for k in range(TILE)])
    result[TILE - 1, POINTS - 1] = 1.0
    return result


_FILTERS_AT_ONCE = 768
"""Filters that are transformed in f64 at a time: they stay in the cache, and the product is so
small that numpy computes it at once, without threads that would wait for each other."""


def transform_weight(weight: Array) -> Array:
    """`[O, C, 3, 3]` as `[36, O, C]`: `G w G^T`, computed in f64."""
    g = filter_transform()
    both = np.kron(g, g)  # the transform of a filter as a vector of nine numbers
    flat = weight.reshape(weight.shape[0] * weight.shape[1], both.shape[1])
    result = np.empty((both.shape[0], flat.shape[0]), weight.dtype)
    for start in range(0, flat.shape[0], _FILTERS_AT_ONCE):
        part = slice(start, start + _FILTERS_AT_ONCE)
        result[:, part] = both @ flat[part].T.astype(np.float64)
    return result.reshape(both.shape[0], *weight.shape[:2])


@irdl_op_definition
class WinogradOp(ContractionOp):
    """
    Convolution of `[N, C, H, W]` with 3x3 filters, stride 1, no padding, whose weight `[36, O, C]`
    is transformed already (`transform_weight`).

    `filters` [O, C, 3, 3] are the same weight as it was. Where a result of a tile is not finite,
    all of the tile are sums of products as those of `engine.conv`: transforms spread an infinity
    over the tile as NaN, and overflow where a sum of products does not.

    ```mlir
    %y = engine.winograd %x, %u, %w : tensor<1x64x58x58xf32>, tensor<36x32x64xf32>, tensor<32x64x3x3xf32> -> tensor<1x32x56x56xf32>
    ```
    """

    DATA_OPERANDS: ClassVar[int] = 3

    name = "engine.winograd"
    input = operand_def(SHAPED)
    weight = operand_def(SHAPED)
    filters = operand_def(SHAPED)
    epilogue_operands = var_operand_def(SHAPED)
    outs = var_operand_def(MemRefType)
    res = var_result_def(TensorType)
    epilogue = opt_region_def("single_block")
    irdl_options = (AttrSizedOperandSegments(as_property=True),)
    assembly_format = (
        "$input `,` $weight `,` $filters (`epilogue` `(` $epilogue_operands^ `:` type($epilogue_operands) `)`)?"
        " (`outs` `(` $outs^ `:` type($outs) `)`)? attr-dict `:` type($input) `,` type($weight) `,` type($filters)"
        " (`->` type($res)^)? ($epilogue^)?"
    )

    def __init__(
        self,
        input: SSAValue | Operation,
        weight: SSAValue | Operation,
        filters: SSAValue | Operation,
        result_type: Attribute | None = None,
        *,
        epilogue_operands: Sequence[SSAValue] = (),
        epilogue: Region | None = None,
        outs: Sequence[SSAValue] = (),
    ):
        x, w, f = SSAValue.get(input), SSAValue.get(weight), SSAValue.get(filters)
        if result_type is None and not outs:
            result_type = tensor(_result_shape(extents_of(x), shape_of(w)), element_of(x))
        super().__init__(
            operands=[x, w, f, epilogue_operands, outs],
            result_types=[[] if outs or result_type is None else [result_type]],
            regions=[epilogue],
        )

    def inferred_shapes(self) -> list[tuple[Extent, ...]]:
        return [_result_shape(extents_of(self.input), shape_of(self.weight))]

    def bytes_read_of(self, number: int) -> int:
        # The filters as they were are read for what is not finite only.
        return 0 if self.operands[number] is self.filters else super().bytes_read_of(number)

    def verify_(self) -> None:
        super().verify_()
        expected = (*shape_of(self.weight)[1:], FILTER, FILTER)
        if shape_of(self.filters) != expected:
            raise VerifyException(
                f"'engine.winograd' filters have shape {list(shape_of(self.filters))}, expected"
                f" {list(expected)}"
            )

    def flops(self) -> int:
        """Those of the products; the transforms are about a tenth on top."""
        n, outputs, rows, columns = numbers_of(self.inferred_shapes()[0])
        tiles = n * -(-rows // TILE) * -(-columns // TILE)
        return 2 * POINTS * POINTS * tiles * outputs * shape_of(self.weight)[2]

    def definition_flops(self) -> int:
        """Those of the convolution it stands for."""
        [shape] = self.inferred_shapes()
        return 2 * FILTER * FILTER * prod(numbers_of(shape)) * shape_of(self.weight)[2]


def _result_shape(x: tuple[Extent, ...], w: tuple[int, ...]) -> tuple[Extent, ...]:
    if len(x) != 4 or len(w) != 3 or w[0] != POINTS * POINTS:
        raise VerifyException(
            f"'engine.winograd' takes an input of rank 4 and a weight [36, outputs, channels],"
            f" got {shape_text(x)} and {list(w)}"
        )
    if not may_be_same(x[1], w[2]):
        raise VerifyException(
            f"'engine.winograd' weight has {w[2]} input channels, input has {x[1]}"
        )
    if any(n != -1 and not may_be_at_least(n, FILTER) for n in x[2:]):
        raise VerifyException(f"'engine.winograd' filter 3x3 is larger than input {shape_text(x)}")
    rows, columns = (n if n == -1 else window_extent(n, FILTER, 1, 1, 0, 0) for n in x[2:])
    return (x[0], w[1], rows, columns)
