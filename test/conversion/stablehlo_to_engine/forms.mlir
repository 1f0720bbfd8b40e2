// RUN: opt-tool %s -p convert-to-engine --split-input-file | filecheck %s

// What operations of stablehlo become.

// Functions of elements repeat their operands themselves.
// CHECK-LABEL: @repeated
// CHECK-NOT: engine.broadcast
// CHECK: engine.map ins(%x, %{{.*}} : tensor<2x4xf32>, tensor<2x1xf32>)
// CHECK-NOT: engine.broadcast
// CHECK: func.return
func.func @repeated(%x: tensor<2x4xf32>, %y: tensor<2xf32>) -> tensor<2x4xf32> {
  %0 = stablehlo.broadcast_in_dim %y, dims = [0] : (tensor<2xf32>) -> tensor<2x4xf32>
  %1 = stablehlo.multiply %x, %0 : tensor<2x4xf32>
  return %1 : tensor<2x4xf32>
}

// -----

// The place of the largest element is told from what the region computes.
// CHECK-LABEL: @place
// CHECK-NOT: engine.reference
// CHECK: engine.reduce
// CHECK-NOT: engine.reference
// CHECK: func.return
func.func @place(%x: tensor<2x4xf32>) -> tensor<2xi32> {
  %i = stablehlo.iota dim = 1 : tensor<2x4xi32>
  %low = stablehlo.constant dense<0xFF800000> : tensor<f32>
  %zero = stablehlo.constant dense<0> : tensor<i32>
  %0:2 = stablehlo.reduce(%x init: %low), (%i init: %zero) across dimensions = [1] : (tensor<2x4xf32>, tensor<2x4xi32>, tensor<f32>, tensor<i32>) -> (tensor<2xf32>, tensor<2xi32>)
   reducer(%a: tensor<f32>, %b: tensor<f32>) (%m: tensor<i32>, %n: tensor<i32>) {
    %2 = stablehlo.compare GT, %a, %b, FLOAT : (tensor<f32>, tensor<f32>) -> tensor<i1>
    %3 = stablehlo.compare NE, %a, %a, FLOAT : (tensor<f32>, tensor<f32>) -> tensor<i1>
    %4 = stablehlo.or %2, %3 : tensor<i1>
    %5 = stablehlo.compare EQ, %a, %b, FLOAT : (tensor<f32>, tensor<f32>) -> tensor<i1>
    %6 = stablehlo.compare LT, %m, %n, SIGNED : (tensor<i32>, tensor<i32>) -> tensor<i1>
    %7 = stablehlo.and %5, %6 : tensor<i1>
    %8 = stablehlo.or %4, %7 : tensor<i1>
    %9 = stablehlo.select %4, %a, %b : tensor<i1>, tensor<f32>
    %10 = stablehlo.select %8, %m, %n : tensor<i1>, tensor<i32>
    stablehlo.return %9, %10 : tensor<f32>, tensor<i32>
  }
  return %0#1 : tensor<2xi32>
}

// -----

// A near miss: the last of equal elements.
// CHECK-LABEL: @last
// CHECK: engine.reference
// CHECK-SAME: by a function that is not one operation
func.func @last(%x: tensor<2x4xf32>) -> tensor<2xi32> {
  %i = stablehlo.iota dim = 1 : tensor<2x4xi32>
  %low = stablehlo.constant dense<0xFF800000> : tensor<f32>
  %zero = stablehlo.constant dense<0> : tensor<i32>
  %0:2 = stablehlo.reduce(%x init: %low), (%i init: %zero) across dimensions = [1] : (tensor<2x4xf32>, tensor<2x4xi32>, tensor<f32>, tensor<i32>) -> (tensor<2xf32>, tensor<2xi32>)
   reducer(%a: tensor<f32>, %b: tensor<f32>) (%m: tensor<i32>, %n: tensor<i32>) {
    %2 = stablehlo.compare GT, %a, %b, FLOAT : (tensor<f32>, tensor<f32>) -> tensor<i1>
    %9 = stablehlo.select %2, %a, %b : tensor<i1>, tensor<f32>
    %10 = stablehlo.select %2, %m, %n : tensor<i1>, tensor<i32>
    stablehlo.return %9, %10 : tensor<f32>, tensor<i32>
  }
  return %0#1 : tensor<2xi32>
}

// -----

// Zeros between the elements of the input are the strides of a transposed convolution.
// CHECK-LABEL: @transposed
// CHECK: engine.conv_transpose
// CHECK-SAME: strides = array<i64: 2>
func.func @transposed(%x: tensor<1x3x5xf32>, %w: tensor<4x3x2xf32>) -> tensor<1x4x8xf32> {
  %y = stablehlo.convolution(%x, %w) dim_numbers = [b, f, 0]x[o, i, 0]->[b, f, 0], window = {lhs_dilate = [2]} {batch_group_count = 1 : i64, feature_group_count = 1 : i64} : (tensor<1x3x5xf32>, tensor<4x3x2xf32>) -> tensor<1x4x8xf32>
  return %y : tensor<1x4x8xf32>
}
