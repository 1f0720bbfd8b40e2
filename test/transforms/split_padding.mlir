// RUN: opt-tool %s --split-input-file -p 'split-padding' | filecheck %s

// The zero padding of a convolution becomes a pad in front of it; begins and ends may differ.

func.func @padded(%x: tensor<1x3x8x8xf32>, %w: tensor<4x3x3x3xf32>) -> tensor<1x4x8x9xf32> {
  %y = engine.conv %x, %w {strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 2>, dilations = array<i64: 1, 1>, groups = 1 : i64, nodes = ["/conv"]} : tensor<1x3x8x8xf32>, tensor<4x3x3x3xf32> -> tensor<1x4x8x9xf32>
  func.return %y : tensor<1x4x8x9xf32>
}

// CHECK-LABEL: func.func @padded
// CHECK-NEXT:    %{{.*}} = engine.pad %{{.*}} {nodes = ["/conv"], low = array<i64: 0, 0, 1, 1>, high = array<i64: 0, 0, 1, 2>, mode = "constant", value = 0.000000e+00 : f32} : tensor<1x3x8x8xf32> -> tensor<1x3x10x11xf32>
// CHECK-NEXT:    %{{.*}} = engine.conv %{{.*}}, %{{.*}} {nodes = ["/conv"], strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x3x10x11xf32>, tensor<4x3x3x3xf32> -> tensor<1x4x8x9xf32>
// CHECK-NEXT:    func.return %{{.*}} : tensor<1x4x8x9xf32>
// CHECK-NEXT:  }

// -----

// Nothing to split.
func.func @plain(%x: tensor<1x3x8x8xf32>, %w: tensor<4x3x3x3xf32>) -> tensor<1x4x6x6xf32> {
  %y = engine.conv %x, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64, nodes = ["/conv"]} : tensor<1x3x8x8xf32>, tensor<4x3x3x3xf32> -> tensor<1x4x6x6xf32>
  func.return %y : tensor<1x4x6x6xf32>
}

// CHECK-LABEL: func.func @plain
// CHECK-NEXT:    %{{.*}} = engine.conv %{{.*}}, %{{.*}} {nodes = ["/conv"], strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x3x8x8xf32>, tensor<4x3x3x3xf32> -> tensor<1x4x6x6xf32>
// CHECK-NEXT:    func.return %{{.*}} : tensor<1x4x6x6xf32>
// CHECK-NEXT:  }
