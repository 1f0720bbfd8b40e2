// RUN: opt-tool %s --split-input-file -p 'plan-memory,convert-engine-to-kernels{target=x86-64-v3}' | filecheck %s

// A softmax is a maximum, exponentials and their sum, and a division for each row.

// A short row is loaded once and stays in registers.
func.func @main(%x: tensor<4x24xf32>) -> tensor<4x24xf32> {
  %y = engine.softmax %x {axis = 1 : i64} : tensor<4x24xf32> -> tensor<4x24xf32>
  func.return %y : tensor<4x24xf32>
}

// CHECK-LABEL: func.func @softmax_4x24_{{[0-9a-f]+}}(
// CHECK-SAME:    plan = {chunks = 1 : i64, estimated_us = {{[0-9]+}} : i64, folded = 24 : i64, lanes = "8 along the row", passes = 1 : i64}
// CHECK:         scf.for
// CHECK-COUNT-3:   vector.load %{{.*}} : memref<4x24xf32>, vector<8xf32>
// CHECK-NOT:       vector.load
// CHECK:           vector.reduction <add>
// CHECK-COUNT-3:   vector.store %{{.*}} : memref<4x24xf32>, vector<8xf32>

// -----

// A longer one is gone over three times.
func.func @main(%x: tensor<4x96xf32>) -> tensor<4x96xf32> {
  %y = engine.softmax %x {axis = 1 : i64} : tensor<4x96xf32> -> tensor<4x96xf32>
  func.return %y : tensor<4x96xf32>
}

// CHECK-LABEL: func.func @softmax_4x96_{{[0-9a-f]+}}(
// CHECK-SAME:    passes = 3 : i64
// CHECK:         scf.for %{{.*}} = %c0 to %c4 step %c1 {
// CHECK:           scf.for %{{.*}} = %c0 to %c96 step %c32
// CHECK:           scf.for %{{.*}} = %c0 to %c96 step %c32
// CHECK:           vector.reduction <add>
// CHECK:           scf.for %{{.*}} = %c0 to %c96 step %c16

// -----

// An axis that is not contiguous has one row in each lane.
func.func @main(%x: tensor<6x16xf32>) -> tensor<6x16xf32> {
  %y = engine.softmax %x {axis = 0 : i64} : tensor<6x16xf32> -> tensor<6x16xf32>
  func.return %y : tensor<6x16xf32>
}

// CHECK-LABEL: func.func @softmax_6x16_{{[0-9a-f]+}}(
// CHECK-SAME:    folded = 6 : i64, lanes = "16 along neighbouring rows", passes = 3 : i64
// CHECK-NOT:     vector.reduction
// CHECK:       func.func @main

// -----

// Contiguous rows of a few numbers fill no vector: they lie side by side, and stay in registers.
func.func @main(%x: tensor<40x3xf32>) -> tensor<40x3xf32> {
  %y = engine.softmax %x {axis = 1 : i64} : tensor<40x3xf32> -> tensor<40x3xf32>
  func.return %y : tensor<40x3xf32>
}

// CHECK-LABEL: func.func @softmax_40x3_{{[0-9a-f]+}}(
// CHECK-SAME:    folded = 3 : i64, lanes = "8 along neighbouring rows", passes = 1 : i64
// CHECK-NOT:     vector.reduction
// CHECK:       func.func @main

// -----

// Too few rows for a vector of them.
func.func @main(%x: tensor<6x3xf32>) -> tensor<6x3xf32> {
  %y = engine.softmax %x {axis = 1 : i64} : tensor<6x3xf32> -> tensor<6x3xf32>
  func.return %y : tensor<6x3xf32>
}

// CHECK-LABEL: func.func @softmax_6x3_{{[0-9a-f]+}}(
// CHECK-SAME:    folded = 3 : i64, lanes = "8 along the row", passes = 1 : i64
