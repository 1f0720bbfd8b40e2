// RUN: opt-tool %s --split-input-file -p 'plan-memory,convert-engine-to-kernels{target=x86-64-v3}' | filecheck %s

// Norms take two passes for the statistics, the second of squared differences, and one for the
// result.

func.func @main(%x: tensor<4x24xf32>, %g: tensor<24xf32>) -> tensor<4x24xf32> {
  %y = engine.norm %x scale(%g : tensor<24xf32>) bias(%g : tensor<24xf32>) {kind = "layer", axes = array<i64: 1>, epsilon = 1.0e-05 : f64} : tensor<4x24xf32> -> tensor<4x24xf32>
  func.return %y : tensor<4x24xf32>
}

// CHECK-LABEL: func.func @norm_4x24_{{[0-9a-f]+}}(
// CHECK-SAME:    plan = {chunks = 1 : i64, estimated_us = {{[0-9]+}} : i64, folded = 24 : i64, lanes = "8 along the row"}
// CHECK:         vector.reduction <add>
// CHECK:         arith.subf
// CHECK:         vector.reduction <add>
// CHECK:         math.sqrt
// CHECK:         vector.fma
// CHECK-NEXT:    vector.store

// -----

// Without a mean there is one pass less, and channels in front go side by side.
func.func @main(%x: tensor<2x8x40xf32>) -> tensor<2x8x40xf32> {
  %y = engine.norm %x {kind = "rms", axes = array<i64: 1>, epsilon = 1.0e-06 : f64} : tensor<2x8x40xf32> -> tensor<2x8x40xf32>
  func.return %y : tensor<2x8x40xf32>
}

// CHECK-LABEL: func.func @norm_2x8x40_{{[0-9a-f]+}}(
// CHECK-SAME:    folded = 8 : i64, lanes = "32 along neighbouring rows"
// CHECK-NOT:     arith.subf
// CHECK:         math.sqrt %{{.*}} : vector<32xf32>
