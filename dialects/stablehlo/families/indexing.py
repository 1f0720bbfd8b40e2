"""Elements taken from and put to places that indices say."""

from __future__ import annotations

from ..classes import FLAG, INT, INTS, STRUCT, hlo_op
from ..op import HloOp

OPERATIONS: tuple[type[HloOp], ...] = (
    hlo_op(
        "stablehlo.gather",
        "input, start_indices",
        "result",
        """Slices at places that indices say; each is moved so that it fits.

        ```mlir
        %y = "stablehlo.gather"(%x, %i) <{dimension_numbers = #stablehlo.gather<offset_dims = [1], collapsed_slice_dims = [0], start_index_map = [0], index_vector_dim = 1>, slice_sizes = array<i64: 1, 4>}> : (tensor<5x4xf32>, tensor<2x1xi32>) -> tensor<2x4xf32>
        ```
        """,
        None,
        attributes={"dimension_numbers": STRUCT, "slice_sizes": INTS, "indices_are_sorted": FLAG},
    ),
    hlo_op(
        "stablehlo.dynamic_gather",
        "input, start_indices, slice_sizes",
        "result",
        """Slices of computed sizes at places that indices say.

        ```mlir
        %y = "stablehlo.dynamic_gather"(%x, %i, %sizes) <{dimension_numbers = #stablehlo.gather<offset_dims = [1], collapsed_slice_dims = [0], start_index_map = [0], index_vector_dim = 1>}> : (tensor<5x?xf32>, tensor<2x1xi32>, tensor<2xi32>) -> tensor<2x?xf32>
        ```
        """,
        None,
        attributes={"dimension_numbers": STRUCT, "indices_are_sorted": FLAG},
    ),
    hlo_op(
        "stablehlo.scatter",
        "inputs*, scatter_indices, updates*",
        "outputs*",
        """Updates combined with the elements at places that indices say; those that do not fit are
        left out.

        ```mlir
        %y = "stablehlo.scatter"(%x, %i, %u) <{scatter_dimension_numbers = #stablehlo.scatter<update_window_dims = [1], inserted_window_dims = [0], scatter_dims_to_operand_dims = [0], index_vector_dim = 1>}> ({
        ^bb0(%a: tensor<f32>, %b: tensor<f32>):
          %c = stablehlo.add %a, %b : tensor<f32>
          stablehlo.return %c : tensor<f32>
        }) : (tensor<5x4xf32>, tensor<2x1xi32>, tensor<2x4xf32>) -> tensor<5x4xf32>
        ```
        """,
        None,
        attributes={
            "scatter_dimension_numbers": STRUCT,
            "indices_are_sorted": FLAG,
            "unique_indices": FLAG,
        },
        regions=("update_computation",),
        same_size=True,
    ),
    hlo_op(
        "stablehlo.torch_index_select",
        "input, index",
        "result",
        """Slices along a dimension, for each of the batch dimensions.

        ```mlir
        %y = "stablehlo.torch_index_select"(%x, %i) <{batch_dims = 0 : i64, dim = 0 : i64}> : (tensor<5x4xf32>, tensor<2xi32>) -> tensor<2x4xf32>
        ```
        """,
        None,
        attributes={"dim": INT, "batch_dims": INT},
    ),
)
