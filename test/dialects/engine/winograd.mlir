// RUN: %roundtrip
// RUN: %generic_roundtrip

// Winograd's convolution: plain, with an epilogue, and planned.

// CHECK-LABEL:  func.func @winograd(%x: tensor<1x64x58x58xf32>, %u: tensor<36x32x64xf32>, %w: tensor<32x64x3x3xf32>, %b: tensor<32x1x1xf32>) -> tensor<1x32x56x56xf32> {
// CHECK-NEXT:    %0 = engine.winograd %x, %u, %w : tensor<1x64x58x58xf32>, tensor<36x32x64xf32>, tensor<32x64x3x3xf32> -> tensor<1x32x56x56xf32>
// CHECK-NEXT:    %1 = engine.winograd %x, %u, %w epilogue(%b : tensor<32x1x1xf32>) : tensor<1x64x58x58xf32>, tensor<36x32x64xf32>, tensor<32x64x3x3xf32> -> tensor<1x32x56x56xf32> {
// CHECK-NEXT:    ^bb0(%acc: f32, %bias: f32):
// CHECK-NEXT:      %2 = arith.addf %acc, %bias : f32
// CHECK-NEXT:      engine.yield %2 : f32
// CHECK-NEXT:    }
// CHECK-NEXT:    func.return %1 : tensor<1x32x56x56xf32>
// CHECK-NEXT:  }
func.func @winograd(%x: tensor<1x64x58x58xf32>, %u: tensor<36x32x64xf32>, %w: tensor<32x64x3x3xf32>, %b: tensor<32x1x1xf32>) -> tensor<1x32x56x56xf32> {
  %0 = engine.winograd %x, %u, %w : tensor<1x64x58x58xf32>, tensor<36x32x64xf32>, tensor<32x64x3x3xf32> -> tensor<1x32x56x56xf32>
  %1 = engine.winograd %x, %u, %w epilogue(%b : tensor<32x1x1xf32>) : tensor<1x64x58x58xf32>, tensor<36x32x64xf32>, tensor<32x64x3x3xf32> -> tensor<1x32x56x56xf32> {
  ^bb0(%acc: f32, %bias: f32):
    %2 = arith.addf %acc, %bias : f32
    engine.yield %2 : f32
  }
  func.return %1 : tensor<1x32x56x56xf32>
}

// CHECK-LABEL:  func.func @planned(%x: memref<1x64x58x58xf32>, %u: memref<36x32x64xf32>, %w: memref<32x64x3x3xf32>, %y: memref<1x32x56x56xf32>) {
// CHECK-NEXT:    engine.winograd %x, %u, %w outs(%y : memref<1x32x56x56xf32>) : memref<1x64x58x58xf32>, memref<36x32x64xf32>, memref<32x64x3x3xf32>
// CHECK-NEXT:    func.return
// CHECK-NEXT:  }
func.func @planned(%x: memref<1x64x58x58xf32>, %u: memref<36x32x64xf32>, %w: memref<32x64x3x3xf32>, %y: memref<1x32x56x56xf32>) {
  engine.winograd %x, %u, %w outs(%y : memref<1x32x56x56xf32>) : memref<1x64x58x58xf32>, memref<36x32x64xf32>, memref<32x64x3x3xf32>
  func.return
}
