// RUN: opt-tool %s --verify-diagnostics

func.func @none(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error@+1 {{'poly.horner' has no coefficients}}
  %y = poly.horner %x {coefficients = array<f64>} : tensor<4xf32> -> tensor<4xf32>
  func.return %y : tensor<4xf32>
}
