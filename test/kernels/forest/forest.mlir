// RUN: opt-tool %s --split-input-file -p 'plan-memory,convert-engine-to-kernels{target=x86-64-v3}' | filecheck %s

// Sixteen walks go on side by side: no step branches, and all look together whether they have ended.

// With sixteen rows and more they are those of rows in one tree. The result of a row lies in memory
// from tree to tree.
func.func @main(%x: tensor<16x3xf32>) -> tensor<16x2xf32> {
  %features = engine.constant dense<[1, 0, 0]> : tensor<3xi32> -> tensor<3xi32>
  %thresholds = engine.constant dense<[5.000000e-01, 0x7fc00000, 0x7fc00000]> : tensor<3xf32> -> tensor<3xf32>
  %children = engine.constant dense<[1, 0, 1]> : tensor<3xi32> -> tensor<3xi32>
  %leaves = engine.constant dense<[0, 0, 1]> : tensor<3xi32> -> tensor<3xi32>
  %trees = engine.constant dense<0> : tensor<1x2xi32> -> tensor<1x2xi32>
  %weights = engine.constant dense<[[9.000000e-01, 1.000000e-01], [2.000000e-01, 8.000000e-01]]> : tensor<2x2xf32> -> tensor<2x2xf32>
  %y = engine.tree_ensemble %x, %features, %thresholds, %children, %leaves, %trees, %weights {targets = 2 : i64, aggregate = "sum"} : tensor<16x3xf32>, tensor<3xi32>, tensor<3xf32>, tensor<3xi32>, tensor<3xi32>, tensor<1x2xi32>, tensor<2x2xf32> -> tensor<16x2xf32>
  func.return %y : tensor<16x2xf32>
}

// CHECK-LABEL: func.func @tree_ensemble_16x2_{{[0-9a-f]+}}(
// CHECK-SAME:    plan = {block = 16 : i64, chunks = 1 : i64, estimated_us = {{[0-9]+}} : i64, side_by_side = "rows", walks = 16 : i64}
// CHECK:         vector.maskedstore
// CHECK:         memref.subview %x
// CHECK:         scf.while
// CHECK:           arith.cmpi ne
// CHECK:         } do {
// CHECK:           memref.load %features
// CHECK-NEXT:      arith.index_cast
// CHECK-NEXT:      memref.load %{{.*}} : memref<16x3xf32{{.*}}>
// CHECK-NEXT:      memref.load %thresholds
// CHECK-NEXT:      arith.cmpf ugt
// CHECK-NOT:       scf.if
// CHECK:           arith.xori
// CHECK:         memref.load %leaves
// CHECK:         vector.maskedload
// CHECK:         arith.addf %{{.*}} : vector<8xf32>

// -----

// Of one row they are those of its trees; the last one is walked again where there are too few. A
// sum alone is carried along in a register.
func.func @main(%x: tensor<1x3xf32>) -> tensor<1x1xf32> {
  %features = engine.constant dense<[1, 0, 0]> : tensor<3xi32> -> tensor<3xi32>
  %thresholds = engine.constant dense<[5.000000e-01, 0x7fc00000, 0x7fc00000]> : tensor<3xf32> -> tensor<3xf32>
  %children = engine.constant dense<[1, 0, 1]> : tensor<3xi32> -> tensor<3xi32>
  %leaves = engine.constant dense<[0, 0, 1]> : tensor<3xi32> -> tensor<3xi32>
  %trees = engine.constant dense<0> : tensor<11x2xi32> -> tensor<11x2xi32>
  %weights = engine.constant dense<[[9.000000e-01], [2.000000e-01]]> : tensor<2x1xf32> -> tensor<2x1xf32>
  %y = engine.tree_ensemble %x, %features, %thresholds, %children, %leaves, %trees, %weights {targets = 1 : i64, aggregate = "sum"} : tensor<1x3xf32>, tensor<3xi32>, tensor<3xf32>, tensor<3xi32>, tensor<3xi32>, tensor<11x2xi32>, tensor<2x1xf32> -> tensor<1x1xf32>
  func.return %y : tensor<1x1xf32>
}

// CHECK-LABEL: func.func @tree_ensemble_1x1_{{[0-9a-f]+}}(
// CHECK-SAME:    side_by_side = "trees"
// CHECK:         memref.load %trees[%c10, %c0]
// CHECK:         scf.while
// CHECK:         scf.for %{{.*}} = %c0 to %c11 step %c1 iter_args
// CHECK:           arith.addf %{{.*}} : f32
// CHECK:         memref.store %{{.*}}, %y
