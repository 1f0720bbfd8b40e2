// RUN: opt-tool %s -p convert-to-engine | filecheck %s

// Images have their channels last: the convolution stands between two transposes, and SAME is
// worked out.
// CHECK: func.func @float
func.func @float(%x: tensor<1x8x8x3xf32>, %w: tensor<4x3x3x3xf32>, %b: tensor<4xf32>) -> tensor<1x4x4x4xf32> {
  // CHECK: engine.transpose %x {perm = array<i64: 0, 3, 1, 2>}
  // CHECK: engine.conv {{.*}} {strides = array<i64: 2, 2>, pads = array<i64: 0, 0, 1, 1>
  // CHECK: arith.maximumf
  // CHECK: arith.minimumf
  // CHECK: %y = engine.transpose {{.*}} {perm = array<i64: 0, 2, 3, 1>}
  %y = tfl.CONV_2D(%x, %w, %b) {fused_activation_function = "RELU6", padding = "SAME", stride_h = 2, stride_w = 2} : (tensor<1x8x8x3xf32>, tensor<4x3x3x3xf32>, tensor<4xf32>) -> tensor<1x4x4x4xf32>
  func.return %y : tensor<1x4x4x4xf32>
}

// Of bytes: integers less their zero points, summed in i32; a factor for each channel, rounded once,
// within the limits that the activation leaves.
// CHECK: func.func @quantised(%x: tensor<1x4x4x3xi8>
func.func @quantised(%x: tensor<1x4x4x3x!tfl.quantized<i8, 0.5, -3>>, %w: tensor<2x1x1x3x!tfl.quantized<i8, axis 0, [0.5, 0.25], [0, 0]>>) -> tensor<1x4x4x2x!tfl.quantized<i8, 0.125, -3>> {
  // CHECK: arith.constant -3 : i32
  // CHECK: engine.conv {{.*}} -> tensor<1x2x4x4xi32>
  // CHECK: engine.constant dense<{{.*}}2.000000e+00{{.*}}1.000000e+00
  // CHECK: arith.constant 1.300000e+02 : f32
  // CHECK: arith.constant 0.000000e+00 : f32
  // CHECK: math.roundeven
  // CHECK: arith.constant -3.000000e+00 : f32
  // CHECK: %y = engine.transpose {{.*}} -> tensor<1x4x4x2xi8>
  %y = tfl.CONV_2D(%x, %w) {fused_activation_function = "RELU", stride_h = 1, stride_w = 1} : (tensor<1x4x4x3x!tfl.quantized<i8, 0.5, -3>>, tensor<2x1x1x3x!tfl.quantized<i8, axis 0, [0.5, 0.25], [0, 0]>>) -> tensor<1x4x4x2x!tfl.quantized<i8, 0.125, -3>>
  func.return %y : tensor<1x4x4x2x!tfl.quantized<i8, 0.125, -3>>
}

// What is moved stays what is stored.
// CHECK: func.func @moved(%x: tensor<2x3xui8>) -> tensor<3x2xui8> {
// CHECK-NEXT: %y = engine.transpose %x
func.func @moved(%x: tensor<2x3x!tfl.quantized<ui8, 0.5, 7>>) -> tensor<3x2x!tfl.quantized<ui8, 0.5, 7>> {
  %p = tfl.Constant dense<[1, 0]> : tensor<2xi32>
  %y = tfl.TRANSPOSE(%x, %p) : (tensor<2x3x!tfl.quantized<ui8, 0.5, 7>>, tensor<2xi32>) -> tensor<3x2x!tfl.quantized<ui8, 0.5, 7>>
  func.return %y : tensor<3x2x!tfl.quantized<ui8, 0.5, 7>>
}

// Operands of unlike types are left to the reference, which refuses them when it runs.
// CHECK: func.func @unlike
func.func @unlike(%x: tensor<3xf32>, %n: tensor<3xi32>) -> tensor<3xf32> {
  // CHECK: engine.reference
  // CHECK-SAME: reason = "ADD of f32 and i32"
  %y = tfl.ADD(%x, %n) : (tensor<3xf32>, tensor<3xi32>) -> tensor<3xf32>
  func.return %y : tensor<3xf32>
}
