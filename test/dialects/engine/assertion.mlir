// RUN: %roundtrip
// RUN: %generic_roundtrip

// A condition on data: the input, provided that the condition holds.

// CHECK-LABEL:  func.func @check(%x: tensor<4xf32>, %c: tensor<2xi1>) -> tensor<4xf32> {
// CHECK-NEXT:    %y = engine.assert %x, %c {message = "not so"} : tensor<4xf32>, tensor<2xi1> -> tensor<4xf32>
func.func @check(%x: tensor<4xf32>, %c: tensor<2xi1>) -> tensor<4xf32> {
  %y = engine.assert %x, %c {message = "not so"} : tensor<4xf32>, tensor<2xi1> -> tensor<4xf32>
  func.return %y : tensor<4xf32>
}
