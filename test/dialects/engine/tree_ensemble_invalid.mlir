// RUN: opt-tool %s --split-input-file --verify-diagnostics

func.func @aggregate(%x: tensor<4x3xf32>) -> tensor<4x2xf32> {
  %features = engine.constant dense<[1, 0, 0]> : tensor<3xi32> -> tensor<3xi32>
  %thresholds = engine.constant dense<[5.000000e-01, 0x7fc00000, 0x7fc00000]> : tensor<3xf32> -> tensor<3xf32>
  %children = engine.constant dense<[1, 0, 1]> : tensor<3xi32> -> tensor<3xi32>
  %leaves = engine.constant dense<[0, 0, 1]> : tensor<3xi32> -> tensor<3xi32>
  %trees = engine.constant dense<0> : tensor<1x2xi32> -> tensor<1x2xi32>
  %weights = engine.constant dense<[[9.000000e-01, 1.000000e-01], [2.000000e-01, 8.000000e-01]]> : tensor<2x2xf32> -> tensor<2x2xf32>
  // expected-error@below {{aggregate 'median' is none of sum, min, max}}
  %y = engine.tree_ensemble %x, %features, %thresholds, %children, %leaves, %trees, %weights {targets = 2 : i64, aggregate = "median"} : tensor<4x3xf32>, tensor<3xi32>, tensor<3xf32>, tensor<3xi32>, tensor<3xi32>, tensor<1x2xi32>, tensor<2x2xf32> -> tensor<4x2xf32>
  func.return %y : tensor<4x2xf32>
}

// -----

func.func @targets(%x: tensor<4x3xf32>) -> tensor<4x1xf32> {
  %features = engine.constant dense<[1, 0, 0]> : tensor<3xi32> -> tensor<3xi32>
  %thresholds = engine.constant dense<[5.000000e-01, 0x7fc00000, 0x7fc00000]> : tensor<3xf32> -> tensor<3xf32>
  %children = engine.constant dense<[1, 0, 1]> : tensor<3xi32> -> tensor<3xi32>
  %leaves = engine.constant dense<[0, 0, 1]> : tensor<3xi32> -> tensor<3xi32>
  %trees = engine.constant dense<0> : tensor<1x2xi32> -> tensor<1x2xi32>
  %weights = engine.constant dense<[[9.000000e-01, 1.000000e-01], [2.000000e-01, 8.000000e-01]]> : tensor<2x2xf32> -> tensor<2x2xf32>
  // expected-error@below {{has weights for 2 of 1 targets}}
  %y = engine.tree_ensemble %x, %features, %thresholds, %children, %leaves, %trees, %weights {targets = 1 : i64, aggregate = "sum"} : tensor<4x3xf32>, tensor<3xi32>, tensor<3xf32>, tensor<3xi32>, tensor<3xi32>, tensor<1x2xi32>, tensor<2x2xf32> -> tensor<4x1xf32>
  func.return %y : tensor<4x1xf32>
}

// -----

func.func @no_constant(%x: tensor<4x3xf32>, %f: tensor<3xi32>) -> tensor<4x2xf32> {
  %features = engine.constant dense<[1, 0, 0]> : tensor<3xi32> -> tensor<3xi32>
  %thresholds = engine.constant dense<[5.000000e-01, 0x7fc00000, 0x7fc00000]> : tensor<3xf32> -> tensor<3xf32>
  %children = engine.constant dense<[1, 0, 1]> : tensor<3xi32> -> tensor<3xi32>
  %leaves = engine.constant dense<[0, 0, 1]> : tensor<3xi32> -> tensor<3xi32>
  %trees = engine.constant dense<0> : tensor<1x2xi32> -> tensor<1x2xi32>
  %weights = engine.constant dense<[[9.000000e-01, 1.000000e-01], [2.000000e-01, 8.000000e-01]]> : tensor<2x2xf32> -> tensor<2x2xf32>
  // expected-error@below {{features must be a constant}}
  %y = engine.tree_ensemble %x, %f, %thresholds, %children, %leaves, %trees, %weights {targets = 2 : i64, aggregate = "sum"} : tensor<4x3xf32>, tensor<3xi32>, tensor<3xf32>, tensor<3xi32>, tensor<3xi32>, tensor<1x2xi32>, tensor<2x2xf32> -> tensor<4x2xf32>
  func.return %y : tensor<4x2xf32>
}

// -----

func.func @nodes(%x: tensor<4x3xf32>) -> tensor<4x2xf32> {
  %features = engine.constant dense<[1, 0, 0]> : tensor<3xi32> -> tensor<3xi32>
  %thresholds = engine.constant dense<[5.000000e-01, 0x7fc00000, 0x7fc00000]> : tensor<3xf32> -> tensor<3xf32>
  %children = engine.constant dense<[1, 0, 1]> : tensor<3xi32> -> tensor<3xi32>
  %leaves = engine.constant dense<[0, 0]> : tensor<2xi32> -> tensor<2xi32>
  %trees = engine.constant dense<0> : tensor<1x2xi32> -> tensor<1x2xi32>
  %weights = engine.constant dense<[[9.000000e-01, 1.000000e-01], [2.000000e-01, 8.000000e-01]]> : tensor<2x2xf32> -> tensor<2x2xf32>
  // expected-error@below {{has nodes of shapes}}
  %y = engine.tree_ensemble %x, %features, %thresholds, %children, %leaves, %trees, %weights {targets = 2 : i64, aggregate = "sum"} : tensor<4x3xf32>, tensor<3xi32>, tensor<3xf32>, tensor<3xi32>, tensor<2xi32>, tensor<1x2xi32>, tensor<2x2xf32> -> tensor<4x2xf32>
  func.return %y : tensor<4x2xf32>
}

// -----

func.func @elements(%x: tensor<4x3xf64>) -> tensor<4x2xf32> {
  %features = engine.constant dense<[1, 0, 0]> : tensor<3xi32> -> tensor<3xi32>
  %thresholds = engine.constant dense<[5.000000e-01, 0x7fc00000, 0x7fc00000]> : tensor<3xf32> -> tensor<3xf32>
  %children = engine.constant dense<[1, 0, 1]> : tensor<3xi32> -> tensor<3xi32>
  %leaves = engine.constant dense<[0, 0, 1]> : tensor<3xi32> -> tensor<3xi32>
  %trees = engine.constant dense<0> : tensor<1x2xi32> -> tensor<1x2xi32>
  %weights = engine.constant dense<[[9.000000e-01, 1.000000e-01], [2.000000e-01, 8.000000e-01]]> : tensor<2x2xf32> -> tensor<2x2xf32>
  // expected-error@below {{compares elements of f64 with thresholds of f32}}
  %y = engine.tree_ensemble %x, %features, %thresholds, %children, %leaves, %trees, %weights {targets = 2 : i64, aggregate = "sum"} : tensor<4x3xf64>, tensor<3xi32>, tensor<3xf32>, tensor<3xi32>, tensor<3xi32>, tensor<1x2xi32>, tensor<2x2xf32> -> tensor<4x2xf32>
  func.return %y : tensor<4x2xf32>
}

// -----

func.func @indices(%x: tensor<4x3xf32>) -> tensor<4x2xf32> {
  %features = engine.constant dense<[1, 0, 0]> : tensor<3xi32> -> tensor<3xi32>
  %thresholds = engine.constant dense<[5.000000e-01, 0x7fc00000, 0x7fc00000]> : tensor<3xf32> -> tensor<3xf32>
  %children = engine.constant dense<[1, 0, 1]> : tensor<3xi32> -> tensor<3xi32>
  %leaves = engine.constant dense<[0, 0, 1]> : tensor<3xi32> -> tensor<3xi32>
  %trees = engine.constant dense<0> : tensor<1x2xi64> -> tensor<1x2xi64>
  %weights = engine.constant dense<[[9.000000e-01, 1.000000e-01], [2.000000e-01, 8.000000e-01]]> : tensor<2x2xf32> -> tensor<2x2xf32>
  // expected-error@below {{has indices of i64, not i32}}
  %y = engine.tree_ensemble %x, %features, %thresholds, %children, %leaves, %trees, %weights {targets = 2 : i64, aggregate = "sum"} : tensor<4x3xf32>, tensor<3xi32>, tensor<3xf32>, tensor<3xi32>, tensor<3xi32>, tensor<1x2xi64>, tensor<2x2xf32> -> tensor<4x2xf32>
  func.return %y : tensor<4x2xf32>
}

// -----

func.func @trees(%x: tensor<4x3xf32>) -> tensor<4x2xf32> {
  %features = engine.constant dense<[1, 0, 0]> : tensor<3xi32> -> tensor<3xi32>
  %thresholds = engine.constant dense<[5.000000e-01, 0x7fc00000, 0x7fc00000]> : tensor<3xf32> -> tensor<3xf32>
  %children = engine.constant dense<[1, 0, 1]> : tensor<3xi32> -> tensor<3xi32>
  %leaves = engine.constant dense<[0, 0, 1]> : tensor<3xi32> -> tensor<3xi32>
  %trees = engine.constant dense<0> : tensor<1x3xi32> -> tensor<1x3xi32>
  %weights = engine.constant dense<[[9.000000e-01, 1.000000e-01], [2.000000e-01, 8.000000e-01]]> : tensor<2x2xf32> -> tensor<2x2xf32>
  // expected-error@below {{must be [rows, columns], [trees, 2] and [leaves, width]}}
  %y = engine.tree_ensemble %x, %features, %thresholds, %children, %leaves, %trees, %weights {targets = 2 : i64, aggregate = "sum"} : tensor<4x3xf32>, tensor<3xi32>, tensor<3xf32>, tensor<3xi32>, tensor<3xi32>, tensor<1x3xi32>, tensor<2x2xf32> -> tensor<4x2xf32>
  func.return %y : tensor<4x2xf32>
}

// -----

func.func @result(%x: tensor<4x3xf32>) -> tensor<4x3xf32> {
  %features = engine.constant dense<[1, 0, 0]> : tensor<3xi32> -> tensor<3xi32>
  %thresholds = engine.constant dense<[5.000000e-01, 0x7fc00000, 0x7fc00000]> : tensor<3xf32> -> tensor<3xf32>
  %children = engine.constant dense<[1, 0, 1]> : tensor<3xi32> -> tensor<3xi32>
  %leaves = engine.constant dense<[0, 0, 1]> : tensor<3xi32> -> tensor<3xi32>
  %trees = engine.constant dense<0> : tensor<1x2xi32> -> tensor<1x2xi32>
  %weights = engine.constant dense<[[9.000000e-01, 1.000000e-01], [2.000000e-01, 8.000000e-01]]> : tensor<2x2xf32> -> tensor<2x2xf32>
  // expected-error@below {{result has shape [4, 3], operands and attributes give [4, 2]}}
  %y = engine.tree_ensemble %x, %features, %thresholds, %children, %leaves, %trees, %weights {targets = 2 : i64, aggregate = "sum"} : tensor<4x3xf32>, tensor<3xi32>, tensor<3xf32>, tensor<3xi32>, tensor<3xi32>, tensor<1x2xi32>, tensor<2x2xf32> -> tensor<4x3xf32>
  func.return %y : tensor<4x3xf32>
}
