// RUN: opt-tool %s --split-input-file --verify-diagnostics

// What sizes as data check.

func.func @floats() -> tensor<3xf32> {
  // expected-error@below {{'engine.iota' counts in f32, expected i32 or i64}}
  %y = engine.iota : tensor<3xf32>
  func.return %y : tensor<3xf32>
}

// -----

func.func @rank() -> tensor<2x3xi64> {
  // expected-error@below {{'engine.iota' counts along one dimension, the result has shape [2, 3]}}
  %y = engine.iota : tensor<2x3xi64>
  func.return %y : tensor<2x3xi64>
}

// -----

func.func @nothing() {
  // expected-error@below {{'engine.iota' has 0 results, expected 1}}
  engine.iota
  func.return
}

// -----

func.func @count() -> tensor<3xi64> {
  // expected-error@below {{'engine.size_values' result has shape [3], operands and attributes give [2]}}
  %y = engine.size_values {sizes = array<i64: 2, 4>} : tensor<3xi64>
  func.return %y : tensor<3xi64>
}
