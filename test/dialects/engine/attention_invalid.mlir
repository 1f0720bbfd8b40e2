// RUN: opt-tool %s --split-input-file --verify-diagnostics

// What attention checks.

func.func @f(%q: tensor<4x5x8xf32>, %k: tensor<1x4x7x8xf32>) {
  // expected-error@below {{'engine.attention' operands must have the same rank, 3 or more}}
  %0 = engine.attention %q, %k, %k {scale = 1.0 : f64} : tensor<4x5x8xf32>, tensor<1x4x7x8xf32>, tensor<1x4x7x8xf32> -> tensor<4x5x8xf32>
  func.return
}

// -----

func.func @f(%q: tensor<4x5x8xf32>, %k: tensor<4x7x6xf32>) {
  // expected-error@below {{'engine.attention' query [4, 5, 8], key [4, 7, 6] and value [4, 7, 6] do not fit}}
  %0 = engine.attention %q, %k, %k {scale = 1.0 : f64} : tensor<4x5x8xf32>, tensor<4x7x6xf32>, tensor<4x7x6xf32> -> tensor<4x5x6xf32>
  func.return
}

// -----

func.func @f(%q: tensor<4x5x8xf32>, %k: tensor<3x7x8xf32>) {
  // expected-error@below {{'engine.attention' 4 heads over 3 key heads}}
  %0 = engine.attention %q, %k, %k {scale = 1.0 : f64} : tensor<4x5x8xf32>, tensor<3x7x8xf32>, tensor<3x7x8xf32> -> tensor<4x5x8xf32>
  func.return
}

// -----

func.func @f(%q: tensor<4x5x8xf32>, %k: tensor<4x7x8xf32>, %m: tensor<2x4x5x7xf32>) {
  // expected-error@below {{'engine.attention' mask [2, 4, 5, 7] does not broadcast to [4, 5, 7]}}
  %0 = engine.attention %q, %k, %k mask(%m : tensor<2x4x5x7xf32>) {scale = 1.0 : f64} : tensor<4x5x8xf32>, tensor<4x7x8xf32>, tensor<4x7x8xf32> -> tensor<4x5x8xf32>
  func.return
}
