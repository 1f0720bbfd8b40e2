// RUN: opt-tool %s --split-input-file --verify-diagnostics

func.func @kind(%x: tensor<4xf32>) {
  // expected-error@below {{'engine.scan' kind 'mean' is none of sum, prod, max, min}}
  %0 = engine.scan %x {kind = "mean", axis = 0 : i64} : tensor<4xf32> -> tensor<4xf32>
  func.return
}

// -----

func.func @axis(%x: tensor<4xf32>) {
  // expected-error@below {{'engine.scan' axes [1] must be distinct and within 0..0}}
  %0 = engine.scan %x {kind = "sum", axis = 1 : i64} : tensor<4xf32> -> tensor<4xf32>
  func.return
}

// -----

func.func @count(%x: tensor<4xf32>) {
  // expected-error@below {{'engine.top_k' takes 5 of 4 elements}}
  %0 = engine.top_k %x {axis = 0 : i64, count = 5 : i64} : tensor<4xf32> -> tensor<5xi64>
  func.return
}
