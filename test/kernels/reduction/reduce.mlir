// RUN: opt-tool %s --split-input-file -p 'plan-memory,convert-engine-to-kernels{target=x86-64-v3}' | filecheck %s

// Reductions have their vectors along the row that is folded, or take rows side by side.

// A contiguous row: lanes are added at the end.
func.func @main(%x: tensor<4x40xf32>) -> tensor<4xf32> {
  %y = engine.reduce ins(%x : tensor<4x40xf32>) {kind = "sum", axes = array<i64: 1>} -> tensor<4xf32>
  func.return %y : tensor<4xf32>
}

// CHECK-LABEL: func.func @reduce_4_{{[0-9a-f]+}}(
// CHECK-SAME:    plan = {chunks = 1 : i64, estimated_us = {{[0-9]+}} : i64, folded = 40 : i64, lanes = "8 along the row"}
// CHECK:         scf.for %{{.*}} = %c0 to %c4 step %c1 {
// CHECK:           arith.addf %{{.*}}, %{{.*}} : vector<8xf32>
// CHECK:           vector.reduction <add>

// -----

// Rows that lie side by side: each lane is a row of its own, several registers of them.
func.func @main(%x: tensor<4x40xf32>) -> tensor<40xf32> {
  %y = engine.reduce ins(%x : tensor<4x40xf32>) {kind = "max", axes = array<i64: 0>} -> tensor<40xf32>
  func.return %y : tensor<40xf32>
}

// CHECK-LABEL: func.func @reduce_40_{{[0-9a-f]+}}(
// CHECK-SAME:    plan = {chunks = 1 : i64, estimated_us = {{[0-9]+}} : i64, folded = 4 : i64, lanes = "32 along neighbouring rows"}
// CHECK-NOT:     vector.reduction
// CHECK:         -> (vector<32xf32>)
// CHECK:       func.func @main

// -----

// Much to read is cut into chunks.
func.func @main(%x: tensor<512x4096xf32>) -> tensor<512xf32> {
  %y = engine.reduce ins(%x : tensor<512x4096xf32>) {kind = "sum", axes = array<i64: 1>} -> tensor<512xf32>
  func.return %y : tensor<512xf32>
}

// CHECK-LABEL: func.func @reduce_512_{{[0-9a-f]+}}(%chunk: index,
// CHECK-SAME:    plan = {chunks = 20 : i64, estimated_us = {{[0-9]+}} : i64, folded = 4096 : i64, lanes = "8 along the row"}
// CHECK:         arith.muli %chunk, %c512

// -----

// Distances of all rows to all points: the first operand is the same along the lanes.
func.func @main(%x: tensor<5x12x1xf32>, %points: tensor<1x12x40xf32>) -> tensor<5x40xf32> {
  %y = engine.reduce ins(%x, %points : tensor<5x12x1xf32>, tensor<1x12x40xf32>) {kind = "sum", axes = array<i64: 1>} -> tensor<5x40xf32> {
  ^bb0(%a: f32, %b: f32):
    %0 = arith.subf %a, %b : f32
    %1 = arith.mulf %0, %0 : f32
    engine.yield %1 : f32
  }
  func.return %y : tensor<5x40xf32>
}

// CHECK-LABEL: func.func @reduce_5x40_{{[0-9a-f]+}}(
// CHECK-SAME:    folded = 12 : i64, lanes = "32 along neighbouring rows"
// CHECK:         vector.broadcast %{{.*}} : f32 to vector<32xf32>
// CHECK:       func.func @main
