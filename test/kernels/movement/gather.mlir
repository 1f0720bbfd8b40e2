// RUN: opt-tool %s --split-input-file -p 'plan-memory,convert-engine-to-kernels{target=x86-64-v3}' | filecheck %s

// A gather moves rows of a table in vectors.

// Negative indices count from the end; one outside stores the error code, unless there is one
// already, and leaves its row alone.
func.func @main(%t: tensor<100x72xf32>, %i: tensor<1x4xi64>) -> tensor<1x4x72xf32> {
  %y = engine.gather %t, %i {axis = 0 : i64} : tensor<100x72xf32>, tensor<1x4xi64> -> tensor<1x4x72xf32>
  func.return %y : tensor<1x4x72xf32>
}

// CHECK-LABEL: func.func @gather_1x4x72_{{[0-9a-f]+}}(
// CHECK-SAME:    plan = {chunks = 1 : i64, lanes = 8 : i64, row = 72 : i64, rows = 4 : i64}
// CHECK:         scf.for
// CHECK:           arith.cmpi slt
// CHECK:           arith.select
// CHECK-NEXT:      %[[INSIDE:.*]] = arith.cmpi ult, %{{.*}}, %c100 : index
// CHECK:           scf.if %[[INSIDE]] {
// CHECK-NEXT:        scf.for %{{.*}} = %c0 to %c64 step %c32 {
// CHECK-COUNT-4:       vector.store
// CHECK-NEXT:        }
// CHECK-NEXT:        vector.load
// CHECK-NEXT:        vector.store
// CHECK-NEXT:      } else {
// CHECK:             %[[FOUND:.*]] = memref.load %status[%c0]
// CHECK-NEXT:        %[[NONE:.*]] = arith.cmpi eq, %[[FOUND]], %{{.*}} : i64
// CHECK-NEXT:        %[[FIRST:.*]] = arith.select %[[NONE]], %code, %[[FOUND]] : i64
// CHECK-NEXT:        memref.store %[[FIRST]], %status[%c0]
