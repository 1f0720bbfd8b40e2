// RUN: opt-tool %s --split-input-file --verify-diagnostics

// What turned pairs check.

func.func @f(%x: tensor<4x7xf32>, %c: tensor<7xf32>) {
  // expected-error@below {{'engine.rotary' needs an even number of elements in the last dimension of [4, 7]}}
  %0 = engine.rotary %x, %c, %c : tensor<4x7xf32>, tensor<7xf32>, tensor<7xf32> -> tensor<4x7xf32>
  func.return
}

// -----

func.func @f(%x: tensor<4x8xf32>, %c: tensor<8xf32>, %s: tensor<2xf32>) {
  // expected-error@below {{'engine.rotary' sin of shape [2] does not fit rows of [4, 8]: the last dimension must be 8 or 4}}
  %0 = engine.rotary %x, %c, %s : tensor<4x8xf32>, tensor<8xf32>, tensor<2xf32> -> tensor<4x8xf32>
  func.return
}

// -----

func.func @f(%x: tensor<4x8xf32>, %c: tensor<3x8xf32>, %s: tensor<8xf32>) {
  // expected-error@below {{'engine.rotary' cos of shape [3, 8] does not fit rows of [4, 8]}}
  %0 = engine.rotary %x, %c, %s : tensor<4x8xf32>, tensor<3x8xf32>, tensor<8xf32> -> tensor<4x8xf32>
  func.return
}

// -----

func.func @f(%x: tensor<4x8xf32>, %c: tensor<8xf64>, %s: tensor<8xf32>) {
  // expected-error@below {{'engine.rotary'}}
  %0 = engine.rotary %x, %c, %s : tensor<4x8xf32>, tensor<8xf64>, tensor<8xf32> -> tensor<4x8xf32>
  func.return
}
