// RUN: opt-tool %s --split-input-file --verify-diagnostics

// What Winograd's convolution checks.

func.func @f(%x: tensor<1x8x8x8xf32>, %u: tensor<16x4x8xf32>, %w: tensor<4x8x3x3xf32>) {
  // expected-error@below {{'engine.winograd' takes an input of rank 4 and a weight [36, outputs, channels], got [1, 8, 8, 8] and [16, 4, 8]}}
  %0 = engine.winograd %x, %u, %w : tensor<1x8x8x8xf32>, tensor<16x4x8xf32>, tensor<4x8x3x3xf32> -> tensor<1x4x6x6xf32>
  func.return
}

// -----

func.func @f(%x: tensor<1x8x8x8xf32>, %u: tensor<36x4x9xf32>, %w: tensor<4x9x3x3xf32>) {
  // expected-error@below {{'engine.winograd' weight has 9 input channels, input has 8}}
  %0 = engine.winograd %x, %u, %w : tensor<1x8x8x8xf32>, tensor<36x4x9xf32>, tensor<4x9x3x3xf32> -> tensor<1x4x6x6xf32>
  func.return
}

// -----

func.func @f(%x: tensor<1x8x2x8xf32>, %u: tensor<36x4x8xf32>, %w: tensor<4x8x3x3xf32>) {
  // expected-error@below {{'engine.winograd' filter 3x3 is larger than input [1, 8, 2, 8]}}
  %0 = engine.winograd %x, %u, %w : tensor<1x8x2x8xf32>, tensor<36x4x8xf32>, tensor<4x8x3x3xf32> -> tensor<1x4x0x6xf32>
  func.return
}

// -----

func.func @f(%x: tensor<1x8x8x8xf32>, %u: tensor<36x4x8xf32>, %w: tensor<8x4x3x3xf32>) {
  // expected-error@below {{'engine.winograd' filters have shape [8, 4, 3, 3], expected [4, 8, 3, 3]}}
  %0 = engine.winograd %x, %u, %w : tensor<1x8x8x8xf32>, tensor<36x4x8xf32>, tensor<8x4x3x3xf32> -> tensor<1x4x6x6xf32>
  func.return
}
