"""Operations that bring elements together: reductions, windows, sorting."""

from __future__ import annotations

from ..classes import FLAG, INTS, SOME_INTS, SOME_STRUCT, SOME_TENSOR, hlo_op
from ..op import HloOp
from ..region_forms import REDUCE

_WINDOW = {
    "window_dimensions": INTS,
    "window_strides": SOME_INTS,
    "base_dilations": SOME_INTS,
    "window_dilations": SOME_INTS,
    "padding": SOME_TENSOR,
}

OPERATIONS: tuple[type[HloOp], ...] = (
    hlo_op(
        "stablehlo.reduce",
        "inputs*, init_values*",
        "outputs*",
        """All elements along dimensions combined by a function, beginning with a number.

        ```mlir
        %y = stablehlo.reduce(%x init: %zero) applies stablehlo.add across dimensions = [1] : (tensor<2x4xf32>, tensor<f32>) -> tensor<2xf32>
        ```
        """,
        REDUCE,
        attributes={"dimensions": INTS},
        regions=("body",),
        same_size=True,
    ),
    hlo_op(
        "stablehlo.reduce_window",
        "inputs*, init_values*",
        "outputs*",
        """The elements of each window combined by a function.

        ```mlir
        %y = "stablehlo.reduce_window"(%x, %zero) <{padding = dense<[[0, 1]]> : tensor<1x2xi64>, window_dimensions = array<i64: 2>, window_strides = array<i64: 2>}> ({
        ^bb0(%a: tensor<f32>, %b: tensor<f32>):
          %c = stablehlo.maximum %a, %b : tensor<f32>
          stablehlo.return %c : tensor<f32>
        }) : (tensor<5xf32>, tensor<f32>) -> tensor<3xf32>
        ```
        """,
        None,
        attributes=_WINDOW,
        regions=("body",),
        same_size=True,
    ),
    hlo_op(
        "stablehlo.dynamic_reduce_window",
        "input, init_value, window_dimensions, window_strides, base_dilations, window_dilations, "
        "padding",
        "result",
        """The elements of each window, whose sizes are computed, combined by a function.

        ```mlir
        %y = "stablehlo.dynamic_reduce_window"(%x, %zero, %sizes, %ones, %ones, %ones, %pads) ({
        ^bb0(%a: tensor<f32>, %b: tensor<f32>):
          %c = stablehlo.add %a, %b : tensor<f32>
          stablehlo.return %c : tensor<f32>
        }) : (tensor<?xf32>, tensor<f32>, tensor<1xi32>, tensor<1xi32>, tensor<1xi32>, tensor<1xi32>, tensor<1x2xi32>) -> tensor<?xf32>
        ```
        """,
        None,
        regions=("body",),
    ),
    hlo_op(
        "stablehlo.select_and_scatter",
        "input, source, init_value",
        "result",
        """The gradient of a reduction of windows: each number of `source` goes to the element that
        a comparison selects in its window.

        ```mlir
        %y = "stablehlo.select_and_scatter"(%x, %s, %zero) <{window_dimensions = array<i64: 2>, window_strides = array<i64: 2>}> ({
        ^bb0(%a: tensor<f32>, %b: tensor<f32>):
          %p = stablehlo.compare GE, %a, %b, FLOAT : (tensor<f32>, tensor<f32>) -> tensor<i1>
          stablehlo.return %p : tensor<i1>
        }, {
        ^bb0(%c: tensor<f32>, %d: tensor<f32>):
          %e = stablehlo.add %c, %d : tensor<f32>
          stablehlo.return %e : tensor<f32>
        }) : (tensor<4xf32>, tensor<2xf32>, tensor<f32>) -> tensor<4xf32>
        ```
        """,
        None,
        attributes={
            "window_dimensions": SOME_INTS,
            "window_strides": SOME_INTS,
            "padding": SOME_TENSOR,
        },
        regions=("select", "scatter"),
    ),
    hlo_op(
        "stablehlo.sort",
        "inputs*",
        "outputs*",
        """Tensors in the order that a comparison of their elements says.

        ```mlir
        %y = "stablehlo.sort"(%x) <{dimension = 0 : i64, is_stable = true}> ({
        ^bb0(%a: tensor<f32>, %b: tensor<f32>):
          %p = stablehlo.compare LT, %a, %b, TOTALORDER : (tensor<f32>, tensor<f32>) -> tensor<i1>
          stablehlo.return %p : tensor<i1>
        }) : (tensor<4xf32>) -> tensor<4xf32>
        ```
        """,
        None,
        attributes={"dimension": SOME_STRUCT, "is_stable": FLAG},
        regions=("comparator",),
    ),
)
