// RUN: %roundtrip
// RUN: %generic_roundtrip

// Scaled dot-product attention.

// CHECK-LABEL:  func.func @attention(%q: tensor<2x4x5x8xf32>, %k: tensor<2x2x7x8xf32>, %v: tensor<2x2x7x6xf32>, %m: tensor<5x7xf32>) -> (tensor<2x4x5x6xf32>, tensor<2x4x5x6xf32>) {
// CHECK-NEXT:    %0 = engine.attention %q, %k, %v {scale = 1.250000e-01 : f64} : tensor<2x4x5x8xf32>, tensor<2x2x7x8xf32>, tensor<2x2x7x6xf32> -> tensor<2x4x5x6xf32>
// CHECK-NEXT:    %1 = engine.attention %q, %k, %v mask(%m : tensor<5x7xf32>) {scale = 1.250000e-01 : f64, causal, choosing, guarded, clears_nan} : tensor<2x4x5x8xf32>, tensor<2x2x7x8xf32>, tensor<2x2x7x6xf32> -> tensor<2x4x5x6xf32>
// CHECK-NEXT:    func.return %0, %1 : tensor<2x4x5x6xf32>, tensor<2x4x5x6xf32>
// CHECK-NEXT:    }
func.func @attention(%q: tensor<2x4x5x8xf32>, %k: tensor<2x2x7x8xf32>, %v: tensor<2x2x7x6xf32>, %m: tensor<5x7xf32>) -> (tensor<2x4x5x6xf32>, tensor<2x4x5x6xf32>) {
  %0 = engine.attention %q, %k, %v {scale = 1.250000e-01 : f64} : tensor<2x4x5x8xf32>, tensor<2x2x7x8xf32>, tensor<2x2x7x6xf32> -> tensor<2x4x5x6xf32>
  %1 = engine.attention %q, %k, %v mask(%m : tensor<5x7xf32>) {scale = 1.250000e-01 : f64, causal, choosing, guarded, clears_nan} : tensor<2x4x5x8xf32>, tensor<2x2x7x8xf32>, tensor<2x2x7x6xf32> -> tensor<2x4x5x6xf32>
  func.return %0, %1 : tensor<2x4x5x6xf32>, tensor<2x4x5x6xf32>
}

// CHECK-LABEL:  func.func @attention_planned(%q: memref<4x5x8xf32>, %k: memref<4x7x8xf32>, %v: memref<4x7x8xf32>, %y: memref<4x5x8xf32>) {
// CHECK-NEXT:    engine.attention %q, %k, %v outs(%y : memref<4x5x8xf32>) {scale = 1.000000e+00 : f64} : memref<4x5x8xf32>, memref<4x7x8xf32>, memref<4x7x8xf32>
// CHECK-NEXT:    func.return
// CHECK-NEXT:    }
func.func @attention_planned(%q: memref<4x5x8xf32>, %k: memref<4x7x8xf32>, %v: memref<4x7x8xf32>, %y: memref<4x5x8xf32>) {
  engine.attention %q, %k, %v outs(%y : memref<4x5x8xf32>) {scale = 1.000000e+00 : f64} : memref<4x5x8xf32>, memref<4x7x8xf32>, memref<4x7x8xf32>
  func.return
}
