"""Operations that make constants, and move elements without looking at them."""

from __future__ import annotations

from ..classes import INT, INTS, SOME_INTS, TENSOR, hlo_op
from ..clauses import Integer, Integers
from ..form import Form
from ..op import HloOp
from ..own_forms import CONSTANT, SLICE
from ..types_text import TypesText

_FUNCTION = TypesText.FUNCTION

OPERATIONS: tuple[type[HloOp], ...] = (
    hlo_op(
        "stablehlo.constant",
        "",
        "result",
        """A constant.

        ```mlir
        %c = stablehlo.constant dense<[1.5, 2.0]> : tensor<2xf32>
        ```
        """,
        CONSTANT,
        attributes={"value": TENSOR},
        constant=True,
    ),
    hlo_op(
        "stablehlo.iota",
        "",
        "result",
        """The position of each element along one dimension.

        ```mlir
        %i = stablehlo.iota dim = 1 : tensor<2x4xi32>
        ```
        """,
        Form(TypesText.RESULT, (Integer("dim", "iota_dimension"),)),
        attributes={"iota_dimension": INT},
    ),
    hlo_op(
        "stablehlo.dynamic_iota",
        "output_shape",
        "result",
        """The position of each element along one dimension, of a shape that is computed.

        ```mlir
        %i = stablehlo.dynamic_iota %shape, dim = 0 : (tensor<1xi32>) -> tensor<?xi32>
        ```
        """,
        Form(_FUNCTION, (Integer("dim", "iota_dimension"),)),
        attributes={"iota_dimension": INT},
    ),
    hlo_op(
        "stablehlo.broadcast",
        "input",
        "result",
        """Copies along new leading dimensions.

        ```mlir
        %y = stablehlo.broadcast %x, sizes = [2, 3] : (tensor<4xf32>) -> tensor<2x3x4xf32>
        ```
        """,
        Form(_FUNCTION, (Integers("sizes", "broadcast_sizes"),)),
        attributes={"broadcast_sizes": INTS},
    ),
    hlo_op(
        "stablehlo.broadcast_in_dim",
        "input",
        "result",
        """Copies along dimensions: `dims` says which of the result the operand's dimensions are,
        those of size 1 are repeated.

        ```mlir
        %y = stablehlo.broadcast_in_dim %x, dims = [1] : (tensor<4xf32>) -> tensor<2x4xf32>
        ```
        """,
        Form(_FUNCTION, (Integers("dims", "broadcast_dimensions"),)),
        attributes={"broadcast_dimensions": INTS},
    ),
    hlo_op(
        "stablehlo.dynamic_broadcast_in_dim",
        "input, output_dimensions",
        "result",
        """Copies along dimensions, to a shape that is computed.

        ```mlir
        %y = stablehlo.dynamic_broadcast_in_dim %x, %shape, dims = [1] : (tensor<4xf32>, tensor<2xi32>) -> tensor<?x4xf32>
        ```
        """,
        Form(_FUNCTION, (Integers("dims", "broadcast_dimensions"),)),
        attributes={
            "broadcast_dimensions": INTS,
            "known_expanding_dimensions": SOME_INTS,
            "known_nonexpanding_dimensions": SOME_INTS,
        },
    ),
    hlo_op(
        "stablehlo.concatenate",
        "inputs*",
        "result",
        """Tensors one behind the other.

        ```mlir
        %z = stablehlo.concatenate %x, %y, dim = 0 : (tensor<4xf32>, tensor<2xf32>) -> tensor<6xf32>
        ```
        """,
        Form(_FUNCTION, (Integer("dim", "dimension"),)),
        attributes={"dimension": INT},
    ),
    hlo_op(
        "stablehlo.reshape",
        "input",
        "result",
        """The same elements in another shape.

        ```mlir
        %y = stablehlo.reshape %x : (tensor<2x4xf32>) -> tensor<8xf32>
        ```
        """,
        Form(_FUNCTION),
    ),
    hlo_op(
        "stablehlo.dynamic_reshape",
        "input, output_shape",
        "result",
        """The same elements in a shape that is computed.

        ```mlir
        %y = stablehlo.dynamic_reshape %x, %shape : (tensor<?x4xf32>, tensor<1xi32>) -> tensor<?xf32>
        ```
        """,
        Form(_FUNCTION),
    ),
    hlo_op(
        "stablehlo.transpose",
        "input",
        "result",
        """The dimensions in another order.

        ```mlir
        %y = stablehlo.transpose %x, dims = [1, 0] : (tensor<2x4xf32>) -> tensor<4x2xf32>
        ```
        """,
        Form(_FUNCTION, (Integers("dims", "permutation"),)),
        attributes={"permutation": INTS},
    ),
    hlo_op(
        "stablehlo.reverse",
        "input",
        "result",
        """The elements backwards along dimensions.

        ```mlir
        %y = stablehlo.reverse %x, dims = [0] : tensor<4xf32>
        ```
        """,
        Form(TypesText.SAME, (Integers("dims", "dimensions"),)),
        attributes={"dimensions": INTS},
    ),
    hlo_op(
        "stablehlo.slice",
        "input",
        "result",
        """A part: `first:limit:step` for each dimension.

        ```mlir
        %y = stablehlo.slice %x [0:1, 2:8:2] : (tensor<2x8xf32>) -> tensor<1x3xf32>
        ```
        """,
        SLICE,
        attributes={"start_indices": INTS, "limit_indices": INTS, "strides": INTS},
    ),
    hlo_op(
        "stablehlo.real_dynamic_slice",
        "input, start_indices, limit_indices, strides",
        "result",
        """A part whose bounds are computed.

        ```mlir
        %y = stablehlo.real_dynamic_slice %x, %first, %limit, %step : (tensor<?xf32>, tensor<1xi32>, tensor<1xi32>, tensor<1xi32>) -> tensor<?xf32>
        ```
        """,
        Form(_FUNCTION),
    ),
    hlo_op(
        "stablehlo.dynamic_slice",
        "input, start_indices*",
        "result",
        """A part of a fixed size at a place that is computed; it is moved so that it fits.

        ```mlir
        %y = stablehlo.dynamic_slice %x, %i, %j, sizes = [1, 4] : (tensor<2x8xf32>, tensor<i32>, tensor<i32>) -> tensor<1x4xf32>
        ```
        """,
        Form(_FUNCTION, (Integers("sizes", "slice_sizes"),)),
        attributes={"slice_sizes": INTS},
    ),
    hlo_op(
        "stablehlo.dynamic_update_slice",
        "input, update, start_indices*",
        "result",
        """A tensor with a part replaced, at a place that is computed and moved so that it fits.

        ```mlir
        %y = stablehlo.dynamic_update_slice %x, %u, %i, %j : (tensor<2x8xf32>, tensor<1x4xf32>, tensor<i32>, tensor<i32>) -> tensor<2x8xf32>
        ```
        """,
        Form(_FUNCTION),
    ),
    hlo_op(
        "stablehlo.pad",
        "input, padding_value",
        "result",
        """A number around the elements and between them; what is negative is cut off.

        ```mlir
        %y = stablehlo.pad %x, %zero, low = [1], high = [-1], interior = [2] : (tensor<4xf32>, tensor<f32>) -> tensor<10xf32>
        ```
        """,
        Form(
            _FUNCTION,
            (
                Integers("low", "edge_padding_low"),
                Integers("high", "edge_padding_high"),
                Integers("interior", "interior_padding"),
            ),
        ),
        attributes={
            "edge_padding_low": INTS,
            "edge_padding_high": INTS,
            "interior_padding": INTS,
        },
    ),
    hlo_op(
        "stablehlo.dynamic_pad",
        "input, padding_value, edge_padding_low, edge_padding_high, interior_padding",
        "result",
        """A number around the elements and between them, by pads that are computed.

        ```mlir
        %y = stablehlo.dynamic_pad %x, %zero, %low, %high, %between : (tensor<?xf32>, tensor<f32>, tensor<1xi32>, tensor<1xi32>, tensor<1xi32>) -> tensor<?xf32>
        ```
        """,
        Form(_FUNCTION),
    ),
    hlo_op(
        "stablehlo.get_dimension_size",
        "input",
        "result",
        """The size of a dimension.

        ```mlir
        %n = stablehlo.get_dimension_size %x, dim = 0 : (tensor<?x4xf32>) -> tensor<i32>
        ```
        """,
        Form(_FUNCTION, (Integer("dim", "dimension"),)),
        attributes={"dimension": INT},
    ),
    hlo_op(
        "stablehlo.set_dimension_size",
        "input, size",
        "result",
        """A tensor of which only so much of a dimension counts.

        ```mlir
        %y = stablehlo.set_dimension_size %x, %n, dim = 0 : (tensor<4xf32>, tensor<i32>) -> tensor<?xf32>
        ```
        """,
        Form(_FUNCTION, (Integer("dim", "dimension"),)),
        attributes={"dimension": INT},
    ),
)
