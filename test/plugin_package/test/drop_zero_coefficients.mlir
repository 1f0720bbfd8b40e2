// RUN: opt-tool %s -p 'optimize{only=drop-zero-coefficients}' --check-numerics | filecheck %s

// CHECK: func.func @zeros
func.func @zeros(%x: tensor<4xf32>) -> tensor<4xf32> {
  // CHECK-NEXT: %y = poly.horner %x {rewrites = ["drop-zero-coefficients"], coefficients = array<f64: 1.000000e+00, 2.000000e+00>}
  %y = poly.horner %x {coefficients = array<f64: 1.0, 2.0, 0.0, 0.0>} : tensor<4xf32> -> tensor<4xf32>
  func.return %y : tensor<4xf32>
}

// The zero is not the last one.
// CHECK: func.func @near_miss
func.func @near_miss(%x: tensor<4xf32>) -> tensor<4xf32> {
  // CHECK-NEXT: %y = poly.horner %x {coefficients = array<f64: 0.000000e+00, 2.000000e+00>}
  %y = poly.horner %x {coefficients = array<f64: 0.0, 2.0>} : tensor<4xf32> -> tensor<4xf32>
  func.return %y : tensor<4xf32>
}
