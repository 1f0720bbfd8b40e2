// RUN: %roundtrip
// RUN: %generic_roundtrip

// CHECK: func.func @pick
func.func @pick(%a: tensor<1x4x8x8xf32>, %b: tensor<1x2x8x8xf32>) -> tensor<1x4x8x8xf32> {
  // CHECK-NEXT: %y = engine.pick %a, %b {channels = array<i64: 0, 4, 1, 5>} : tensor<1x4x8x8xf32>, tensor<1x2x8x8xf32> -> tensor<1x4x8x8xf32>
  %y = engine.pick %a, %b {channels = array<i64: 0, 4, 1, 5>} : tensor<1x4x8x8xf32>, tensor<1x2x8x8xf32> -> tensor<1x4x8x8xf32>
  func.return %y : tensor<1x4x8x8xf32>
}
