// RUN: %roundtrip
// RUN: %generic_roundtrip

// Reductions, softmax, norms and pools.

// Dimensions that are reduced vanish, or stay with extent 1.
// CHECK-LABEL:  func.func @reduce(%x: tensor<2x3x4xf32>) -> (tensor<3xf32>, tensor<2x1x4xf32>) {
// CHECK-NEXT:    %a = engine.reduce ins(%x : tensor<2x3x4xf32>) {kind = "sum", axes = array<i64: 0, 2>} -> tensor<3xf32>
// CHECK-NEXT:    %b = engine.reduce ins(%x : tensor<2x3x4xf32>) {kind = "max", axes = array<i64: 1>, keepdims} -> tensor<2x1x4xf32>
// CHECK-NEXT:    func.return %a, %b : tensor<3xf32>, tensor<2x1x4xf32>
// CHECK-NEXT:    }
func.func @reduce(%x: tensor<2x3x4xf32>) -> (tensor<3xf32>, tensor<2x1x4xf32>) {
  %a = engine.reduce ins(%x : tensor<2x3x4xf32>) {kind = "sum", axes = array<i64: 0, 2>} -> tensor<3xf32>
  %b = engine.reduce ins(%x : tensor<2x3x4xf32>) {kind = "max", axes = array<i64: 1>, keepdims} -> tensor<2x1x4xf32>
  func.return %a, %b : tensor<3xf32>, tensor<2x1x4xf32>
}

// A region computes what is reduced.
// CHECK-LABEL:  func.func @reduce_products(%x: tensor<2x3xf32>, %z: tensor<3xf32>) -> tensor<2xf32> {
// CHECK-NEXT:    %y = engine.reduce ins(%x, %z : tensor<2x3xf32>, tensor<3xf32>) {kind = "sum", axes = array<i64: 1>} -> tensor<2xf32> {
// CHECK-NEXT:    ^bb0(%a: f32, %b: f32):
// CHECK-NEXT:      %0 = arith.mulf %a, %b : f32
// CHECK-NEXT:      engine.yield %0 : f32
// CHECK-NEXT:    }
// CHECK-NEXT:    func.return %y : tensor<2xf32>
// CHECK-NEXT:    }
func.func @reduce_products(%x: tensor<2x3xf32>, %z: tensor<3xf32>) -> tensor<2xf32> {
  %y = engine.reduce ins(%x, %z : tensor<2x3xf32>, tensor<3xf32>) {kind = "sum", axes = array<i64: 1>} -> tensor<2xf32> {
  ^bb0(%a: f32, %b: f32):
    %0 = arith.mulf %a, %b : f32
    engine.yield %0 : f32
  }
  func.return %y : tensor<2xf32>
}

// CHECK-LABEL:  func.func @reduce_planned(%x: memref<2x3xf32>, %y: memref<2x1xf32>) {
// CHECK-NEXT:    engine.reduce ins(%x : memref<2x3xf32>) outs(%y : memref<2x1xf32>) {kind = "mean", axes = array<i64: 1>, keepdims}
// CHECK-NEXT:    func.return
// CHECK-NEXT:    }
func.func @reduce_planned(%x: memref<2x3xf32>, %y: memref<2x1xf32>) {
  engine.reduce ins(%x : memref<2x3xf32>) outs(%y : memref<2x1xf32>) {kind = "mean", axes = array<i64: 1>, keepdims}
  func.return
}

// CHECK-LABEL:  func.func @softmax(%x: tensor<4x10xf32>) -> (tensor<4x10xf32>, tensor<4x10xf32>) {
// CHECK-NEXT:    %a = engine.softmax %x {axis = 1 : i64} : tensor<4x10xf32> -> tensor<4x10xf32>
// CHECK-NEXT:    %b = engine.softmax %x {axis = 0 : i64, log} : tensor<4x10xf32> -> tensor<4x10xf32>
// CHECK-NEXT:    func.return %a, %b : tensor<4x10xf32>, tensor<4x10xf32>
// CHECK-NEXT:    }
func.func @softmax(%x: tensor<4x10xf32>) -> (tensor<4x10xf32>, tensor<4x10xf32>) {
  %a = engine.softmax %x {axis = 1 : i64} : tensor<4x10xf32> -> tensor<4x10xf32>
  %b = engine.softmax %x {axis = 0 : i64, log} : tensor<4x10xf32> -> tensor<4x10xf32>
  func.return %a, %b : tensor<4x10xf32>, tensor<4x10xf32>
}

// Layer, root-mean-square and group normalisation, with and without affine operands.
// CHECK-LABEL:  func.func @norm(%x: tensor<2x4x6xf32>, %g: tensor<6xf32>, %c: tensor<4x1xf32>) -> (tensor<2x4x6xf32>, tensor<2x4x6xf32>, tensor<2x4x6xf32>) {
// CHECK-NEXT:    %0 = engine.norm %x scale(%g : tensor<6xf32>) bias(%g : tensor<6xf32>) {kind = "layer", axes = array<i64: 2>, epsilon = 1.000000e-05 : f64} : tensor<2x4x6xf32> -> tensor<2x4x6xf32>
// CHECK-NEXT:    %1 = engine.norm %x {kind = "rms", axes = array<i64: 2>, epsilon = 1.000000e-06 : f64} : tensor<2x4x6xf32> -> tensor<2x4x6xf32>
// CHECK-NEXT:    %2 = engine.norm %x scale(%c : tensor<4x1xf32>) {kind = "layer", axes = array<i64: 1, 2>, epsilon = 1.000000e-05 : f64, groups = 2 : i64} : tensor<2x4x6xf32> -> tensor<2x4x6xf32>
// CHECK-NEXT:    func.return %0, %1, %2 : tensor<2x4x6xf32>, tensor<2x4x6xf32>, tensor<2x4x6xf32>
// CHECK-NEXT:    }
func.func @norm(%x: tensor<2x4x6xf32>, %g: tensor<6xf32>, %c: tensor<4x1xf32>) -> (tensor<2x4x6xf32>, tensor<2x4x6xf32>, tensor<2x4x6xf32>) {
  %0 = engine.norm %x scale(%g : tensor<6xf32>) bias(%g : tensor<6xf32>) {kind = "layer", axes = array<i64: 2>, epsilon = 1.000000e-05 : f64} : tensor<2x4x6xf32> -> tensor<2x4x6xf32>
  %1 = engine.norm %x {kind = "rms", axes = array<i64: 2>, epsilon = 1.000000e-06 : f64} : tensor<2x4x6xf32> -> tensor<2x4x6xf32>
  %2 = engine.norm %x scale(%c : tensor<4x1xf32>) {kind = "layer", axes = array<i64: 1, 2>, epsilon = 1.000000e-05 : f64, groups = 2 : i64} : tensor<2x4x6xf32> -> tensor<2x4x6xf32>
  func.return %0, %1, %2 : tensor<2x4x6xf32>, tensor<2x4x6xf32>, tensor<2x4x6xf32>
}

// ceil_mode rounds 2.5 windows up to 3.
// CHECK-LABEL:  func.func @pool(%x: tensor<1x2x6x6xf32>) -> (tensor<1x2x2x2xf32>, tensor<1x2x3x3xf32>, tensor<1x2x6x6xf32>) {
// CHECK-NEXT:    %0 = engine.pool %x {kind = "max", kernel = array<i64: 3, 3>, strides = array<i64: 2, 2>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : tensor<1x2x6x6xf32> -> tensor<1x2x2x2xf32>
// CHECK-NEXT:    %1 = engine.pool %x {kind = "max", kernel = array<i64: 3, 3>, strides = array<i64: 2, 2>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, ceil_mode} : tensor<1x2x6x6xf32> -> tensor<1x2x3x3xf32>
// CHECK-NEXT:    %2 = engine.pool %x {kind = "average", kernel = array<i64: 3, 3>, strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, count_include_pad} : tensor<1x2x6x6xf32> -> tensor<1x2x6x6xf32>
// CHECK-NEXT:    func.return %0, %1, %2 : tensor<1x2x2x2xf32>, tensor<1x2x3x3xf32>, tensor<1x2x6x6xf32>
// CHECK-NEXT:    }
func.func @pool(%x: tensor<1x2x6x6xf32>) -> (tensor<1x2x2x2xf32>, tensor<1x2x3x3xf32>, tensor<1x2x6x6xf32>) {
  %0 = engine.pool %x {kind = "max", kernel = array<i64: 3, 3>, strides = array<i64: 2, 2>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : tensor<1x2x6x6xf32> -> tensor<1x2x2x2xf32>
  %1 = engine.pool %x {kind = "max", kernel = array<i64: 3, 3>, strides = array<i64: 2, 2>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, ceil_mode} : tensor<1x2x6x6xf32> -> tensor<1x2x3x3xf32>
  %2 = engine.pool %x {kind = "average", kernel = array<i64: 3, 3>, strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, count_include_pad} : tensor<1x2x6x6xf32> -> tensor<1x2x6x6xf32>
  func.return %0, %1, %2 : tensor<1x2x2x2xf32>, tensor<1x2x3x3xf32>, tensor<1x2x6x6xf32>
}
