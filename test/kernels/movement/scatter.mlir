// RUN: opt-tool %s --split-input-file -p 'plan-memory,convert-engine-to-kernels{target=x86-64-v3}' | filecheck %s

// A scatter is a copy of its input and then its rows, one after the other.

// Rows replaced.
func.func @main(%x: tensor<8x16xf32>, %i: tensor<2x1xi64>, %u: tensor<2x16xf32>) -> tensor<8x16xf32> {
  %y = engine.scatter %x, %i, %u {reduction = "none"} : tensor<8x16xf32>, tensor<2x1xi64>, tensor<2x16xf32> -> tensor<8x16xf32>
  func.return %y : tensor<8x16xf32>
}

// CHECK-LABEL: func.func @scatter_8x16_{{[0-9a-f]+}}(
// CHECK-SAME:    plan = {chunks = 1 : i64, copies = "vectors", lanes = 8 : i64, row = 16 : i64, rows = 2 : i64}
// CHECK:         scf.for %{{.*}} = %c0 to %c128 step %c32 {
// CHECK:         scf.for %{{.*}} = %c0 to %c2 step %c1 {
// CHECK:           %[[FIRST:.*]] = arith.select %{{.*}}, %code, %{{.*}} : i64
// CHECK-NEXT:      memref.store %[[FIRST]], %status[%c0]
// CHECK:           scf.for %{{.*}} = %c0 to %c16 step %c8 {
// CHECK-NEXT:        %[[NEW:.*]] = vector.load
// CHECK-NEXT:        vector.store %[[NEW]]

// -----

// Rows added to what is there.
func.func @main(%x: tensor<8x16xf32>, %i: tensor<2x1xi64>, %u: tensor<2x16xf32>) -> tensor<8x16xf32> {
  %y = engine.scatter %x, %i, %u {reduction = "add"} : tensor<8x16xf32>, tensor<2x1xi64>, tensor<2x16xf32> -> tensor<8x16xf32>
  func.return %y : tensor<8x16xf32>
}

// CHECK-LABEL: func.func @scatter_8x16_{{[0-9a-f]+}}(
// CHECK:           scf.for %{{.*}} = %c0 to %c16 step %c8 {
// CHECK-NEXT:        %[[NEW:.*]] = vector.load
// CHECK-NEXT:        %[[OLD:.*]] = vector.load
// CHECK-NEXT:        %[[SUM:.*]] = arith.addf %[[OLD]], %[[NEW]] : vector<8xf32>
// CHECK-NEXT:        vector.store %[[SUM]]
