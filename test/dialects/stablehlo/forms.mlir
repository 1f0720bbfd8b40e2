// RUN: opt-tool %s | filecheck %s
// RUN: opt-tool %s --print-op-generic | opt-tool | filecheck %s

// The text is what JAX prints; MLIR's generic form is read as well.

// The short form of a reduction is one operation on its two arguments.
// CHECK-LABEL: @reduce
// CHECK: stablehlo.reduce(%x init: %zero) applies stablehlo.add across dimensions = [1] : (tensor<2x4xf32>, tensor<f32>) -> tensor<2xf32>
func.func @reduce(%x: tensor<2x4xf32>) -> tensor<2xf32> {
  %zero = stablehlo.constant dense<0.000000e+00> : tensor<f32>
  %y = stablehlo.reduce(%x init: %zero) applies stablehlo.add across dimensions = [1] : (tensor<2x4xf32>, tensor<f32>) -> tensor<2xf32>
  return %y : tensor<2xf32>
}

// Of two tensors, arguments come in pairs: of the first, then of the second.
// CHECK-LABEL: @two
// CHECK: stablehlo.reduce(%x init: %a), (%y init: %b) across dimensions = [0]
// CHECK-SAME: reducer(%p: tensor<f32>, %r: tensor<f32>) (%q: tensor<i32>, %s: tensor<i32>) {
func.func @two(%x: tensor<4xf32>, %y: tensor<4xi32>, %a: tensor<f32>, %b: tensor<i32>) -> tensor<f32> {
  %0:2 = stablehlo.reduce(%x init: %a), (%y init: %b) across dimensions = [0] : (tensor<4xf32>, tensor<4xi32>, tensor<f32>, tensor<i32>) -> (tensor<f32>, tensor<i32>)
   reducer(%p: tensor<f32>, %r: tensor<f32>) (%q: tensor<i32>, %s: tensor<i32>) {
    %2 = stablehlo.maximum %p, %r : tensor<f32>
    %3 = stablehlo.minimum %q, %s : tensor<i32>
    stablehlo.return %2, %3 : tensor<f32>, tensor<i32>
  }
  return %0#0 : tensor<f32>
}

// Both regions of a loop call what they carry the same.
// CHECK-LABEL: @loop
// CHECK: stablehlo.while(%i = %n) : tensor<i32> cond {
// CHECK-NEXT: stablehlo.compare LT, %i, %limit, SIGNED
// CHECK: } do {
// CHECK-NEXT: stablehlo.add %i, %i : tensor<i32>
func.func @loop(%n: tensor<i32>, %limit: tensor<i32>) -> tensor<i32> {
  %0 = stablehlo.while(%i = %n) : tensor<i32>
  cond {
    %1 = stablehlo.compare LT, %i, %limit, SIGNED : (tensor<i32>, tensor<i32>) -> tensor<i1>
    stablehlo.return %1 : tensor<i1>
  } do {
    %1 = stablehlo.add %i, %i : tensor<i32>
    stablehlo.return %1 : tensor<i32>
  }
  return %0 : tensor<i32>
}

// CHECK-LABEL: @convolution
// CHECK: stablehlo.convolution(%x, %w) dim_numbers = [b, 0, f]x[0, i, o]->[b, 0, f], window = {stride = [2], pad = {{\[\[}}1, 0]], reverse = [true]} {batch_group_count = 1 : i64, feature_group_count = 1 : i64}
func.func @convolution(%x: tensor<2x8x3xf32>, %w: tensor<3x3x4xf32>) -> tensor<2x4x4xf32> {
  %y = stablehlo.convolution(%x, %w) dim_numbers = [b, 0, f]x[0, i, o]->[b, 0, f], window = {stride = [2], pad = [[1, 0]], reverse = [true]} {batch_group_count = 1 : i64, feature_group_count = 1 : i64} : (tensor<2x8x3xf32>, tensor<3x3x4xf32>) -> tensor<2x4x4xf32>
  return %y : tensor<2x4x4xf32>
}

// A repeated number is one number, however large the constant is.
// CHECK-LABEL: @splat
// CHECK: stablehlo.constant dense<1.5> : tensor<100000x100000xf32>
func.func @splat() -> tensor<100000x100000xf32> {
  %c = stablehlo.constant dense<1.5> : tensor<100000x100000xf32>
  return %c : tensor<100000x100000xf32>
}
