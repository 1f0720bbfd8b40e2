// RUN: %roundtrip
// RUN: %generic_roundtrip

// A forest is constants beside the rows; on memrefs its sums go to `outs`.

// CHECK-LABEL: func.func @probabilities
// CHECK:         %y = engine.tree_ensemble %x, %features, %thresholds, %children, %leaves, %trees, %weights {targets = 2 : i64, aggregate = "sum"} : tensor<4x3xf32>, tensor<3xi32>, tensor<3xf32>, tensor<3xi32>, tensor<3xi32>, tensor<1x2xi32>, tensor<2x2xf32> -> tensor<4x2xf32>
func.func @probabilities(%x: tensor<4x3xf32>) -> tensor<4x2xf32> {
  %features = engine.constant dense<[1, 0, 0]> : tensor<3xi32> -> tensor<3xi32>
  %thresholds = engine.constant dense<[5.000000e-01, 0x7fc00000, 0x7fc00000]> : tensor<3xf32> -> tensor<3xf32>
  %children = engine.constant dense<[1, 0, 1]> : tensor<3xi32> -> tensor<3xi32>
  %leaves = engine.constant dense<[0, 0, 1]> : tensor<3xi32> -> tensor<3xi32>
  %trees = engine.constant dense<0> : tensor<1x2xi32> -> tensor<1x2xi32>
  %weights = engine.constant dense<[[9.000000e-01, 1.000000e-01], [2.000000e-01, 8.000000e-01]]> : tensor<2x2xf32> -> tensor<2x2xf32>
  %y = engine.tree_ensemble %x, %features, %thresholds, %children, %leaves, %trees, %weights {targets = 2 : i64, aggregate = "sum"} : tensor<4x3xf32>, tensor<3xi32>, tensor<3xf32>, tensor<3xi32>, tensor<3xi32>, tensor<1x2xi32>, tensor<2x2xf32> -> tensor<4x2xf32>
  func.return %y : tensor<4x2xf32>
}

// Two of five targets get something.
// CHECK-LABEL: func.func @some_targets
// CHECK:         {targets = 5 : i64, aggregate = "max"}
func.func @some_targets(%x: tensor<4x3xf32>) -> tensor<4x5xf32> {
  %features = engine.constant dense<[1, 0, 0]> : tensor<3xi32> -> tensor<3xi32>
  %thresholds = engine.constant dense<[5.000000e-01, 0x7fc00000, 0x7fc00000]> : tensor<3xf32> -> tensor<3xf32>
  %children = engine.constant dense<[1, 0, 1]> : tensor<3xi32> -> tensor<3xi32>
  %leaves = engine.constant dense<[0, 0, 1]> : tensor<3xi32> -> tensor<3xi32>
  %trees = engine.constant dense<0> : tensor<1x2xi32> -> tensor<1x2xi32>
  %weights = engine.constant dense<[[9.000000e-01, 1.000000e-01], [2.000000e-01, 8.000000e-01]]> : tensor<2x2xf32> -> tensor<2x2xf32>
  %y = engine.tree_ensemble %x, %features, %thresholds, %children, %leaves, %trees, %weights {targets = 5 : i64, aggregate = "max"} : tensor<4x3xf32>, tensor<3xi32>, tensor<3xf32>, tensor<3xi32>, tensor<3xi32>, tensor<1x2xi32>, tensor<2x2xf32> -> tensor<4x5xf32>
  func.return %y : tensor<4x5xf32>
}

// CHECK-LABEL: func.func @planned
// CHECK:         engine.tree_ensemble %x, %features, %thresholds, %children, %leaves, %trees, %weights outs(%y : memref<4x2xf32>) {targets = 2 : i64, aggregate = "sum"} : memref<4x3xf32>, memref<3xi32>, memref<3xf32>, memref<3xi32>, memref<3xi32>, memref<1x2xi32>, memref<2x2xf32>
func.func @planned(%x: memref<4x3xf32>, %y: memref<4x2xf32>) {
  %features = engine.constant dense<[1, 0, 0]> : tensor<3xi32> -> memref<3xi32>
  %thresholds = engine.constant dense<[5.000000e-01, 0x7fc00000, 0x7fc00000]> : tensor<3xf32> -> memref<3xf32>
  %children = engine.constant dense<[1, 0, 1]> : tensor<3xi32> -> memref<3xi32>
  %leaves = engine.constant dense<[0, 0, 1]> : tensor<3xi32> -> memref<3xi32>
  %trees = engine.constant dense<0> : tensor<1x2xi32> -> memref<1x2xi32>
  %weights = engine.constant dense<[[9.000000e-01, 1.000000e-01], [2.000000e-01, 8.000000e-01]]> : tensor<2x2xf32> -> memref<2x2xf32>
  engine.tree_ensemble %x, %features, %thresholds, %children, %leaves, %trees, %weights outs(%y : memref<4x2xf32>) {targets = 2 : i64, aggregate = "sum"} : memref<4x3xf32>, memref<3xi32>, memref<3xf32>, memref<3xi32>, memref<3xi32>, memref<1x2xi32>, memref<2x2xf32>
  func.return
}
