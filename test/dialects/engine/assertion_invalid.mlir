// RUN: opt-tool %s --split-input-file --verify-diagnostics

func.func @f(%x: tensor<4xf32>, %c: tensor<2xi64>) {
  // expected-error@below {{'engine.assert' condition has elements of i64, expected i1}}
  %0 = engine.assert %x, %c {message = "no"} : tensor<4xf32>, tensor<2xi64> -> tensor<4xf32>
  func.return
}
