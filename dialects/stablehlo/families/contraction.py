"""Products, convolutions, transforms and solvers."""

from __future__ import annotations

from ..classes import (
    FLAG,
    FLOAT,
    INT,
    INTS,
    SOME_INTS,
    SOME_STRUCT,
    SOME_TENSOR,
    STRING,
    STRUCT,
    hlo_op,
)
from ..clauses import Algorithm, Flag, Integers, Pair, Precision, Text, Word
from ..form import Form
from ..op import HloOp
from ..region_forms import CONVOLUTION
from ..types_text import TypesText
from ..word_attributes import FftTypeAttr

_FUNCTION = TypesText.FUNCTION
_CONVOLUTION = {
    "window_strides": SOME_INTS,
    "padding": SOME_TENSOR,
    "lhs_dilation": SOME_INTS,
    "rhs_dilation": SOME_INTS,
    "window_reversal": SOME_INTS,
    "dimension_numbers": STRUCT,
    "feature_group_count": INT,
    "batch_group_count": INT,
    "precision_config": SOME_STRUCT,
}

OPERATIONS: tuple[type[HloOp], ...] = (
    hlo_op(
        "stablehlo.dot",
        "lhs, rhs",
        "result",
        """The product of matrices and vectors.

        ```mlir
        %z = stablehlo.dot %x, %y : (tensor<2x4xf32>, tensor<4x3xf32>) -> tensor<2x3xf32>
        ```
        """,
        Form(_FUNCTION, (Precision(),)),
        attributes={"precision_config": SOME_STRUCT},
    ),
    hlo_op(
        "stablehlo.dot_general",
        "lhs, rhs",
        "result",
        """Sums of products over contracting dimensions, for each of the batching ones. The result
        has the batching dimensions, then the others of the left and of the right operand.

        ```mlir
        %z = stablehlo.dot_general %x, %y, batching_dims = [0] x [0], contracting_dims = [2] x [1] : (tensor<2x3x4xf32>, tensor<2x4x5xf32>) -> tensor<2x3x5xf32>
        ```
        """,
        Form(
            _FUNCTION,
            (
                Pair("batching_dims", "batching_dimensions"),
                Pair("contracting_dims", "contracting_dimensions"),
                Precision(),
                Algorithm(),
            ),
        ),
        attributes={
            "dot_dimension_numbers": STRUCT,
            "precision_config": SOME_STRUCT,
            "algorithm": SOME_STRUCT,
        },
    ),
    hlo_op(
        "stablehlo.einsum",
        "lhs, rhs",
        "result",
        """Sums of products as an equation says.

        ```mlir
        %z = stablehlo.einsum %x, %y, config = "ij,jk->ik" : (tensor<2x4xf32>, tensor<4x3xf32>) -> tensor<2x3xf32>
        ```
        """,
        Form(_FUNCTION, (Text("config", "einsum_config"),)),
        attributes={"einsum_config": STRING},
    ),
    hlo_op(
        "stablehlo.unary_einsum",
        "input",
        "result",
        """Sums as an equation says.

        ```mlir
        %z = stablehlo.unary_einsum %x, config = "ij->j" : (tensor<2x4xf32>) -> tensor<4xf32>
        ```
        """,
        Form(_FUNCTION, (Text("config", "einsum_config"),)),
        attributes={"einsum_config": STRING},
    ),
    hlo_op(
        "stablehlo.convolution",
        "lhs, rhs",
        "result",
        """A convolution with dimensions in any order; of the input, zeros may stand between the
        elements (`lhs_dilate`), of the filter as well (`rhs_dilate`).

        ```mlir
        %z = stablehlo.convolution(%x, %w) dim_numbers = [b, 0, 1, f]x[0, 1, i, o]->[b, 0, 1, f], window = {stride = [2, 1], pad = [[1, 1], [0, 0]]} {batch_group_count = 1 : i64, feature_group_count = 1 : i64} : (tensor<2x8x8x3xf32>, tensor<3x1x3x4xf32>) -> tensor<2x4x8x4xf32>
        ```
        """,
        CONVOLUTION,
        attributes=_CONVOLUTION,
    ),
    hlo_op(
        "stablehlo.dynamic_conv",
        "lhs, rhs, d_padding",
        "result",
        """A convolution whose pads are computed.

        ```mlir
        %z = "stablehlo.dynamic_conv"(%x, %w, %pads) <{batch_group_count = 1 : i64, dimension_numbers = #stablehlo.conv<[b, f, 0]x[o, i, 0]->[b, f, 0]>, feature_group_count = 1 : i64}> : (tensor<2x3x?xf32>, tensor<4x3x3xf32>, tensor<1x2xi32>) -> tensor<2x4x?xf32>
        ```
        """,
        None,
        attributes={name: spec for name, spec in _CONVOLUTION.items() if name != "padding"},
    ),
    hlo_op(
        "stablehlo.fft",
        "input",
        "result",
        """A Fourier transform of the last dimensions.

        ```mlir
        %y = stablehlo.fft %x, type = RFFT, length = [8] : (tensor<8xf32>) -> tensor<5xcomplex<f32>>
        ```
        """,
        Form(_FUNCTION, (Word("type", "fft_type", FftTypeAttr), Integers("length", "fft_length"))),
        attributes={"fft_type": STRUCT, "fft_length": INTS},
    ),
    hlo_op(
        "stablehlo.cholesky",
        "a",
        "result",
        """The triangular factor of positive definite matrices, lower or upper.

        ```mlir
        %l = stablehlo.cholesky %a, lower = true : tensor<3x3xf32>
        ```
        """,
        Form(TypesText.SAME, (Flag("lower", "lower"),)),
        attributes={"lower": FLAG},
    ),
    hlo_op(
        "stablehlo.triangular_solve",
        "a, b",
        "result",
        """Solves equations with triangular matrices.

        ```mlir
        %x = "stablehlo.triangular_solve"(%a, %b) <{left_side = true, lower = true, transpose_a = #stablehlo<transpose NO_TRANSPOSE>, unit_diagonal = false}> : (tensor<3x3xf32>, tensor<3x2xf32>) -> tensor<3x2xf32>
        ```
        """,
        None,
        attributes={
            "left_side": FLAG,
            "lower": FLAG,
            "unit_diagonal": FLAG,
            "transpose_a": STRUCT,
        },
    ),
    hlo_op(
        "stablehlo.batch_norm_inference",
        "input, scale, offset, mean, variance",
        "result",
        """`(x - mean) / sqrt(variance + epsilon) * scale + offset` for each feature.

        ```mlir
        %y = "stablehlo.batch_norm_inference"(%x, %scale, %offset, %mean, %variance) <{epsilon = 1.000000e-03 : f32, feature_index = 1 : i64}> : (tensor<2x4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<2x4xf32>
        ```
        """,
        None,
        attributes={"epsilon": FLOAT, "feature_index": INT},
    ),
    hlo_op(
        "stablehlo.batch_norm_training",
        "input, scale, offset",
        "output, batch_mean, batch_var",
        """The same by the mean and the variance of the operand itself, which are results, too.

        ```mlir
        %y, %mean, %variance = "stablehlo.batch_norm_training"(%x, %scale, %offset) <{epsilon = 1.000000e-03 : f32, feature_index = 1 : i64}> : (tensor<2x4xf32>, tensor<4xf32>, tensor<4xf32>) -> (tensor<2x4xf32>, tensor<4xf32>, tensor<4xf32>)
        ```
        """,
        None,
        attributes={"epsilon": FLOAT, "feature_index": INT},
    ),
    hlo_op(
        "stablehlo.batch_norm_grad",
        "input, scale, mean, variance, grad_output",
        "grad_input, grad_scale, grad_offset",
        """The gradients of a batch normalisation.

        ```mlir
        %g, %s, %o = "stablehlo.batch_norm_grad"(%x, %scale, %mean, %variance, %dy) <{epsilon = 1.000000e-03 : f32, feature_index = 1 : i64}> : (tensor<2x4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<2x4xf32>) -> (tensor<2x4xf32>, tensor<4xf32>, tensor<4xf32>)
        ```
        """,
        None,
        attributes={"epsilon": FLOAT, "feature_index": INT},
    ),
)
