// RUN: opt-tool %s --split-input-file --verify-diagnostics

// What picked channels check.

func.func @f(%a: tensor<1x4x8xf32>, %b: tensor<1x2x8xf32>) {
  // expected-error@below {{'engine.pick' takes channel 6 of 6}}
  %0 = engine.pick %a, %b {channels = array<i64: 0, 6>} : tensor<1x4x8xf32>, tensor<1x2x8xf32> -> tensor<1x2x8xf32>
  func.return
}

// -----

func.func @f(%a: tensor<1x4x8xf32>, %b: tensor<1x2x7xf32>) {
  // expected-error@below {{'engine.pick' inputs [1, 4, 8] and [1, 2, 7] differ in more than channels}}
  %0 = engine.pick %a, %b {channels = array<i64: 0>} : tensor<1x4x8xf32>, tensor<1x2x7xf32> -> tensor<1x1x8xf32>
  func.return
}

// -----

func.func @f(%a: tensor<4xf32>) {
  // expected-error@below {{'engine.pick' needs inputs of one rank, 2 or more, with a number of channels, not [4]}}
  %0 = engine.pick %a {channels = array<i64: 0>} : tensor<4xf32> -> tensor<1xf32>
  func.return
}
