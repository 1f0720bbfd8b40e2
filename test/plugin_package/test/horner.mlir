// RUN: %roundtrip
// RUN: %generic_roundtrip

// CHECK: func.func @horner
func.func @horner(%x: tensor<4xf32>) -> tensor<4xf32> {
  // CHECK-NEXT: %y = poly.horner %x {coefficients = array<f64: 1.000000e+00, 5.000000e-01>} : tensor<4xf32> -> tensor<4xf32>
  %y = poly.horner %x {coefficients = array<f64: 1.0, 0.5>} : tensor<4xf32> -> tensor<4xf32>
  func.return %y : tensor<4xf32>
}
