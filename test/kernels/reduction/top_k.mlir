// RUN: opt-tool %s --split-input-file -p 'plan-memory,convert-engine-to-kernels{target=x86-64-v3}' | filecheck %s

// The best of a row are a heap in the result, the worst of them on top.

// Elements of a contiguous row are compared with the worst a vector at a time.
func.func @main(%x: tensor<4x40xf32>) -> tensor<4x3xi64> {
  %y = engine.top_k %x {axis = 1 : i64, count = 3 : i64} : tensor<4x40xf32> -> tensor<4x3xi64>
  func.return %y : tensor<4x3xi64>
}

// CHECK-LABEL: func.func @top_k_4x3_{{[0-9a-f]+}}(
// CHECK-SAME:    plan = {chunks = 1 : i64, estimated_us = {{[0-9]+}} : i64, heap = 3 : i64, lanes = 8 : i64}
// CHECK:         scf.for %{{.*}} = %c3 to %c35 step %c8 {
// CHECK:           arith.cmpi sgt, %{{.*}} : vector<8xi32>
// CHECK:           vector.reduction <or>
// CHECK:           scf.if
// CHECK:         scf.for %{{.*}} = %c35 to %c40 step %c1 {

// -----

// Along another axis one after the other.
func.func @main(%x: tensor<40x4xf32>) -> tensor<3x4xi64> {
  %y = engine.top_k %x {axis = 0 : i64, count = 3 : i64, smallest} : tensor<40x4xf32> -> tensor<3x4xi64>
  func.return %y : tensor<3x4xi64>
}

// CHECK-LABEL: func.func @top_k_3x4_{{[0-9a-f]+}}(
// CHECK-SAME:    plan = {chunks = 1 : i64, estimated_us = {{[0-9]+}} : i64, heap = 3 : i64, lanes = 1 : i64}
// CHECK-NOT:     vector
// CHECK:       func.func @main
