// RUN: opt-tool %s --split-input-file --verify-diagnostics

func.func @numbers(%x: tensor<4xf32>, %c: tensor<f32>) {
  // expected-error@+1 {{condition has elements of f32, expected i1}}
  %y = framework.assert %x, %c {message = "not so"} : tensor<4xf32>, tensor<f32>
  func.return
}
