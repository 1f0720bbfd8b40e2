// RUN: opt-tool %s --split-input-file -p 'plan-memory,convert-engine-to-kernels{target=x86-64-v3}' | filecheck %s

// A check is a copy of its input; the first chunk looks at the condition.

// What is false stores the error code, unless there is one already, and changes nothing else.
func.func @main(%x: tensor<64xf32>, %c: tensor<2xi1>) -> tensor<64xf32> {
  %y = engine.assert %x, %c {message = "sizes differ"} : tensor<64xf32>, tensor<2xi1> -> tensor<64xf32>
  func.return %y : tensor<64xf32>
}

// CHECK-LABEL: func.func @assert_64_{{[0-9a-f]+}}(
// CHECK-SAME:    %[[STATUS:[0-9]+]]: memref<1xi64>, %[[CODE:[0-9]+]]: i64)
// CHECK-SAME:    plan = {chunks = 1 : i64, copies = "vectors"}
// CHECK:         scf.for %{{.*}} = %c0 to %c64 step %c32 {
// CHECK-COUNT-4:   vector.store
// CHECK:         arith.cmpi eq, %chunk, %c0 : index
// CHECK-NEXT:    scf.if
// CHECK-NEXT:      scf.for %{{.*}} = %c0 to %c2 step %c1 {
// CHECK:             scf.if
// CHECK-NEXT:          %[[FOUND:.*]] = memref.load %[[STATUS]][%c0]
// CHECK-NEXT:          %[[NONE:.*]] = arith.cmpi eq, %[[FOUND]], %{{.*}} : i64
// CHECK-NEXT:          %[[FIRST:.*]] = arith.select %[[NONE]], %[[CODE]], %[[FOUND]] : i64
// CHECK-NEXT:          memref.store %[[FIRST]], %[[STATUS]][%c0]
