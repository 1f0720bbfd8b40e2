// RUN: opt-tool %s --split-input-file --verify-diagnostics

func.func @word(%x: tensor<4xf32>) -> tensor<4xi1> {
  // expected-error @below {{'LESS' is unknown; expected one of EQ, NE, GE, GT, LE, LT}}
  %y = stablehlo.compare LESS, %x, %x, FLOAT : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xi1>
  return %y : tensor<4xi1>
}

// -----

func.func @attribute(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @below {{unknown attribute 'dimension'; did you mean 'dimensions'?}}
  %y = stablehlo.reverse %x, dims = [0] {dimension = 1 : i64} : tensor<4xf32>
  return %y : tensor<4xf32>
}

// -----

func.func @reducer(%x: tensor<4xf32>, %z: tensor<f32>) -> tensor<f32> {
  // expected-error @below {{'stablehlo.median' is not an operation of two values}}
  %y = stablehlo.reduce(%x init: %z) applies stablehlo.median across dimensions = [0] : (tensor<4xf32>, tensor<f32>) -> tensor<f32>
  return %y : tensor<f32>
}

// -----

func.func @numbers(%x: tensor<2x8x3xf32>, %w: tensor<3x3x4xf32>) -> tensor<2x8x4xf32> {
  // expected-error @below {{the input of a convolution is [b, 0, 0]; expected each of b, f, 0 once}}
  %y = stablehlo.convolution(%x, %w) dim_numbers = [b, 0, 0]x[0, i, o]->[b, 0, f], window = {} {batch_group_count = 1 : i64, feature_group_count = 1 : i64} : (tensor<2x8x3xf32>, tensor<3x3x4xf32>) -> tensor<2x8x4xf32>
  return %y : tensor<2x8x4xf32>
}
