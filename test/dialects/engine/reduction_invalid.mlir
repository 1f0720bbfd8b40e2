// RUN: opt-tool %s --split-input-file --verify-diagnostics

// What reductions, softmax, norms and pools check.

func.func @f(%x: tensor<2x3xf32>) {
  // expected-error@below {{'engine.reduce' kind 'median' is none of sum, mean, prod, max, min}}
  %0 = engine.reduce ins(%x : tensor<2x3xf32>) {kind = "median", axes = array<i64: 0>} -> tensor<3xf32>
  func.return
}

// -----

func.func @f(%x: tensor<2x3xf32>) {
  // expected-error@below {{'engine.reduce' axes [2] must be distinct and within 0..1}}
  %0 = engine.reduce ins(%x : tensor<2x3xf32>) {kind = "sum", axes = array<i64: 2>} -> tensor<3xf32>
  func.return
}

// -----

func.func @f(%x: tensor<2x3xf32>) {
  // expected-error@below {{'engine.reduce' axes [0, 0] must be distinct and within 0..1}}
  %0 = engine.reduce ins(%x : tensor<2x3xf32>) {kind = "sum", axes = array<i64: 0, 0>} -> tensor<3xf32>
  func.return
}

// -----

func.func @f(%x: tensor<2x3xf32>) {
  // expected-error@below {{'engine.reduce' without a region takes one input}}
  %0 = engine.reduce ins(%x, %x : tensor<2x3xf32>, tensor<2x3xf32>) {kind = "sum", axes = array<i64: 0>} -> tensor<3xf32>
  func.return
}

// -----

func.func @f(%x: tensor<2x3xf32>) {
  // expected-error@below {{'engine.softmax' axes [-1] must be distinct and within 0..1}}
  %0 = engine.softmax %x {axis = -1 : i64} : tensor<2x3xf32> -> tensor<2x3xf32>
  func.return
}

// -----

func.func @f(%x: tensor<2x4xf32>) {
  // expected-error@below {{'engine.norm' kind 'batch' is none of layer, rms}}
  %0 = engine.norm %x {kind = "batch", axes = array<i64: 1>, epsilon = 1.0e-05 : f64} : tensor<2x4xf32> -> tensor<2x4xf32>
  func.return
}

// -----

func.func @f(%x: tensor<2x4xf32>, %s: tensor<3xf32>) {
  // expected-error@below {{'engine.norm' scale [3] does not broadcast to [2, 4]}}
  %0 = engine.norm %x scale(%s : tensor<3xf32>) {kind = "layer", axes = array<i64: 1>, epsilon = 1.0e-05 : f64} : tensor<2x4xf32> -> tensor<2x4xf32>
  func.return
}

// -----

func.func @f(%x: tensor<2x4xf32>, %s: tensor<5x2x4xf32>) {
  // expected-error@below {{'engine.norm' bias [5, 2, 4] does not broadcast to [2, 4]}}
  %0 = engine.norm %x bias(%s : tensor<5x2x4xf32>) {kind = "layer", axes = array<i64: 1>, epsilon = 1.0e-05 : f64} : tensor<2x4xf32> -> tensor<2x4xf32>
  func.return
}

// -----

func.func @f(%x: tensor<2x4x3xf32>) {
  // expected-error@below {{'engine.norm' with groups must normalise dimension 1}}
  %0 = engine.norm %x {kind = "layer", axes = array<i64: 2>, epsilon = 1.0e-05 : f64, groups = 2 : i64} : tensor<2x4x3xf32> -> tensor<2x4x3xf32>
  func.return
}

// -----

func.func @f(%x: tensor<2x4x3xf32>) {
  // expected-error@below {{'engine.norm' 4 channels in 3 groups}}
  %0 = engine.norm %x {kind = "layer", axes = array<i64: 1, 2>, epsilon = 1.0e-05 : f64, groups = 3 : i64} : tensor<2x4x3xf32> -> tensor<2x4x3xf32>
  func.return
}

// -----

func.func @f(%x: tensor<1x2x6x6xf32>) {
  // expected-error@below {{'engine.pool' kind 'sum' is none of max, average}}
  %0 = engine.pool %x {kind = "sum", kernel = array<i64: 2, 2>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : tensor<1x2x6x6xf32> -> tensor<1x2x5x5xf32>
  func.return
}

// -----

func.func @f(%x: tensor<1x2x6x6xf32>) {
  // expected-error@below {{'engine.pool' kernel has 1 entries, expected 2}}
  %0 = engine.pool %x {kind = "max", kernel = array<i64: 2>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : tensor<1x2x6x6xf32> -> tensor<1x2x5x5xf32>
  func.return
}
