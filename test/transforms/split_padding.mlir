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

// -----

// Two convolutions of one value share its padding, where it is the same.
func.func @shared(%x: tensor<1x3x8x8xf32>, %v: tensor<4x3x3x3xf32>, %w: tensor<2x3x3x3xf32>) -> (tensor<1x4x8x8xf32>, tensor<1x2x4x4xf32>, tensor<1x2x9x8xf32>) {
  %y = engine.conv %x, %v {strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, groups = 1 : i64, nodes = ["/a"]} : tensor<1x3x8x8xf32>, tensor<4x3x3x3xf32> -> tensor<1x4x8x8xf32>
  %z = engine.conv %x, %w {strides = array<i64: 2, 2>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, groups = 1 : i64, nodes = ["/b"]} : tensor<1x3x8x8xf32>, tensor<2x3x3x3xf32> -> tensor<1x2x4x4xf32>
  %u = engine.conv %x, %w {strides = array<i64: 1, 1>, pads = array<i64: 2, 1, 1, 1>, dilations = array<i64: 1, 1>, groups = 1 : i64, nodes = ["/c"]} : tensor<1x3x8x8xf32>, tensor<2x3x3x3xf32> -> tensor<1x2x9x8xf32>
  func.return %y, %z, %u : tensor<1x4x8x8xf32>, tensor<1x2x4x4xf32>, tensor<1x2x9x8xf32>
}

// CHECK-LABEL: func.func @shared
// CHECK-NEXT:    %[[PAD:.*]] = engine.pad %x {nodes = ["/a", "/b"], low = array<i64: 0, 0, 1, 1>
// CHECK-NEXT:    engine.conv %[[PAD]], %v
// CHECK-NEXT:    engine.conv %[[PAD]], %w
// CHECK-NEXT:    %[[OTHER:.*]] = engine.pad %x {nodes = ["/c"], low = array<i64: 0, 0, 2, 1>
// CHECK-NEXT:    engine.conv %[[OTHER]], %w
