// RUN: %roundtrip
// RUN: %generic_roundtrip

// CHECK: func.func @rotary
func.func @rotary(%x: tensor<1x8x16x64xf32>, %c: tensor<16x64xf32>, %s: tensor<1x1x16x32xf32>) -> tensor<1x8x16x64xf32> {
  // CHECK-NEXT: %y = engine.rotary %x, %c, %s : tensor<1x8x16x64xf32>, tensor<16x64xf32>, tensor<1x1x16x32xf32> -> tensor<1x8x16x64xf32>
  %y = engine.rotary %x, %c, %s : tensor<1x8x16x64xf32>, tensor<16x64xf32>, tensor<1x1x16x32xf32> -> tensor<1x8x16x64xf32>
  // CHECK-NEXT: %z = engine.rotary %y, %c, %s {interleaved} : tensor<1x8x16x64xf32>, tensor<16x64xf32>, tensor<1x1x16x32xf32> -> tensor<1x8x16x64xf32>
  %z = engine.rotary %y, %c, %s {interleaved} : tensor<1x8x16x64xf32>, tensor<16x64xf32>, tensor<1x1x16x32xf32> -> tensor<1x8x16x64xf32>
  func.return %z : tensor<1x8x16x64xf32>
}
