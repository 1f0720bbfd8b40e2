// RUN: opt-tool %s --split-input-file -p 'plan-memory,convert-engine-to-kernels{target=x86-64-v3}' | filecheck %s

// A map is its region on vectors: several side by side, then one, then the masked rest.

// Rows of 40: four vectors side by side and one more. The second operand has no rows.
func.func @main(%x: tensor<4x40xf32>, %b: tensor<40xf32>) -> tensor<4x40xf32> {
  %y = engine.map ins(%x, %b : tensor<4x40xf32>, tensor<40xf32>) -> tensor<4x40xf32> {
  ^bb0(%p: f32, %q: f32):
    %s = arith.addf %p, %q : f32
    engine.yield %s : f32
  }
  func.return %y : tensor<4x40xf32>
}

// CHECK-LABEL: func.func @map_4x40_{{[0-9a-f]+}}(
// CHECK-SAME:    lanes = 8 : i64, nests = "4x40", unroll = 4 : i64
// CHECK:         scf.for %[[ROW:.*]] = %c0 to %c4 step %c1 {
// CHECK-NEXT:      vector.load %[[X:.*]][%[[ROW]], %c0] : memref<4x40xf32>, vector<8xf32>
// CHECK-NEXT:      vector.load %[[B:.*]][%c0] : memref<40xf32>, vector<8xf32>
// CHECK-COUNT-4:   arith.addf
// CHECK-COUNT-4:   vector.store
// CHECK-NEXT:      vector.load %[[X]][%[[ROW]], %c32]
// CHECK-NEXT:      vector.load %[[B]][%c32]
// CHECK-NEXT:      arith.addf
// CHECK-NEXT:      vector.store
// CHECK-NEXT:    }

// -----

// Operands that lie alike run flat, whatever their shape. A long region has fewer vectors side by
// side; its functions are polynomials.
func.func @main(%x: tensor<100x100xf32>) -> tensor<100x100xf32> {
  %y = engine.map ins(%x : tensor<100x100xf32>) -> tensor<100x100xf32> {
  ^bb0(%p: f32):
    %s = math.exp %p : f32
    engine.yield %s : f32
  }
  func.return %y : tensor<100x100xf32>
}

// CHECK-LABEL: func.func @map_100x100_{{[0-9a-f]+}}(
// CHECK-SAME:    lanes = 8 : i64, nests = "10000", unroll = 2 : i64
// CHECK-NOT:     math.exp
// CHECK:         scf.for %{{.*}} = %c0 to %c10000 step %c16 {
// CHECK:           vector.fma

// -----

// An integer that may be divided by zero: one element at a time, and the error code is
// stored, unless there is one already.
func.func @main(%x: tensor<5x5xi32>, %d: tensor<5x5xi32>) -> tensor<5x5xi32> {
  %y = engine.map ins(%x, %d : tensor<5x5xi32>, tensor<5x5xi32>) -> tensor<5x5xi32> {
  ^bb0(%p: i32, %q: i32):
    %s = arith.divsi %p, %q : i32
    engine.yield %s : i32
  }
  func.return %y : tensor<5x5xi32>
}

// CHECK-LABEL: func.func @map_5x5_{{[0-9a-f]+}}(
// CHECK-SAME:    %[[STATUS:[0-9]+]]: memref<1xi64>, %[[CODE:[0-9]+]]: i64)
// CHECK-SAME:    lanes = 1 : i64, nests = "25", unroll = 1 : i64
// CHECK:         scf.for %{{.*}} = %c0 to %c25 step %c1 {
// CHECK:           %[[ZERO:.*]] = arith.cmpi eq
// CHECK:           arith.divsi %{{.*}} : vector<1xi32>
// CHECK-NEXT:      %[[FAILED:.*]] = vector.extract %[[ZERO]][0]
// CHECK-NEXT:      scf.if %[[FAILED]] {
// CHECK-NEXT:        %[[FOUND:.*]] = memref.load %[[STATUS]][%c0]
// CHECK-NEXT:        %[[NONE:.*]] = arith.cmpi eq, %[[FOUND]], %{{.*}} : i64
// CHECK-NEXT:        %[[FIRST:.*]] = arith.select %[[NONE]], %[[CODE]], %[[FOUND]] : i64
// CHECK-NEXT:        memref.store %[[FIRST]], %[[STATUS]][%c0]
