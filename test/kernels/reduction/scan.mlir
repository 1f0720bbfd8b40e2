// RUN: opt-tool %s --split-input-file -p 'plan-memory,convert-engine-to-kernels{target=x86-64-v3}' | filecheck %s

// Running sums wait for the sum before, so that others go side by side.

// Along the last axis: four rows.
func.func @main(%x: tensor<8x10xf32>) -> tensor<8x10xf32> {
  %y = engine.scan %x {kind = "sum", axis = 1 : i64} : tensor<8x10xf32> -> tensor<8x10xf32>
  func.return %y : tensor<8x10xf32>
}

// CHECK-LABEL: func.func @scan_8x10_{{[0-9a-f]+}}(
// CHECK-SAME:    plan = {chunks = 1 : i64, estimated_us = {{[0-9]+}} : i64, lanes = "4 rows side by side", steps = 10 : i64}
// CHECK:         scf.for %{{.*}} = %c0 to %c10 step %c1 iter_args({{.*}}) -> (f32, f32, f32, f32) {
// CHECK-COUNT-4:   arith.addf

// -----

// Along another axis: vectors of neighbours; the last one has two of its lanes.
func.func @main(%x: tensor<8x10xf32>) -> tensor<8x10xf32> {
  %y = engine.scan %x {kind = "prod", axis = 0 : i64, reverse} : tensor<8x10xf32> -> tensor<8x10xf32>
  func.return %y : tensor<8x10xf32>
}

// CHECK-LABEL: func.func @scan_8x10_{{[0-9a-f]+}}(
// CHECK-SAME:    plan = {chunks = 1 : i64, estimated_us = {{[0-9]+}} : i64, lanes = "8 along neighbours", steps = 8 : i64}
// CHECK:         -> (vector<8xf32>) {
// CHECK:           arith.subi %c7
// CHECK:           arith.mulf %{{.*}}, %{{.*}} : vector<8xf32>
// CHECK:         -> (vector<8xf32>) {
// CHECK:           vector.maskedload
