// RUN: opt-tool %s -p 'poly-expand{max-degree=1}' --check-numerics | filecheck %s

// CHECK: func.func @line
func.func @line(%x: tensor<4xf32>) -> tensor<4xf32> {
  // CHECK-NEXT: engine.map ins(%x : tensor<4xf32>) -> tensor<4xf32> {
  // CHECK: arith.mulf
  // CHECK-NEXT: arith.addf
  %y = poly.horner %x {coefficients = array<f64: 1.0, 2.0>} : tensor<4xf32> -> tensor<4xf32>
  func.return %y : tensor<4xf32>
}

// CHECK: func.func @degree
func.func @degree(%x: tensor<4xf32>) -> tensor<4xf32> {
  // CHECK-NEXT: poly.horner
  %y = poly.horner %x {coefficients = array<f64: 1.0, 2.0, 3.0>} : tensor<4xf32> -> tensor<4xf32>
  func.return %y : tensor<4xf32>
}
