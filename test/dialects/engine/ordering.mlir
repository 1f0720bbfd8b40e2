// RUN: %roundtrip
// RUN: %generic_roundtrip

// Running sums, and the positions of the best elements.

// CHECK-LABEL:  func.func @scan(%x: tensor<4x10xf32>) -> tensor<4x10xf32> {
// CHECK-NEXT:    %y = engine.scan %x {kind = "sum", axis = 1 : i64} : tensor<4x10xf32> -> tensor<4x10xf32>
// CHECK-NEXT:    %z = engine.scan %y {kind = "prod", axis = 0 : i64, exclusive, reverse} : tensor<4x10xf32> -> tensor<4x10xf32>
func.func @scan(%x: tensor<4x10xf32>) -> tensor<4x10xf32> {
  %y = engine.scan %x {kind = "sum", axis = 1 : i64} : tensor<4x10xf32> -> tensor<4x10xf32>
  %z = engine.scan %y {kind = "prod", axis = 0 : i64, exclusive, reverse} : tensor<4x10xf32> -> tensor<4x10xf32>
  func.return %z : tensor<4x10xf32>
}

// CHECK-LABEL:  func.func @top_k(%x: tensor<4x10xf32>) -> tensor<4x3xi64> {
// CHECK-NEXT:    %i = engine.top_k %x {axis = 1 : i64, count = 3 : i64, smallest} : tensor<4x10xf32> -> tensor<4x3xi64>
func.func @top_k(%x: tensor<4x10xf32>) -> tensor<4x3xi64> {
  %i = engine.top_k %x {axis = 1 : i64, count = 3 : i64, smallest} : tensor<4x10xf32> -> tensor<4x3xi64>
  func.return %i : tensor<4x3xi64>
}
