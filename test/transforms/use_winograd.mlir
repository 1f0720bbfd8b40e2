// RUN: opt-tool %s --split-input-file -p 'use-winograd{target=x86-64-v4}' | filecheck %s
// RUN: opt-tool %s --split-input-file -p 'use-winograd{target=x86-64-v4 exactness=bitwise}' | filecheck %s --check-prefix=BITWISE

// A 3x3 convolution over a large map is computed in tiles; the weight is transformed.

func.func @taken(%x: tensor<1x64x58x58xf32>, %b: tensor<64x1x1xf32>) -> tensor<1x64x56x56xf32> {
  %w = engine.constant dense<5.000000e-01> : tensor<64x64x3x3xf32> -> tensor<64x64x3x3xf32>
  %y = engine.conv %x, %w epilogue(%b : tensor<64x1x1xf32>) {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64, nodes = ["/conv"]} : tensor<1x64x58x58xf32>, tensor<64x64x3x3xf32> -> tensor<1x64x56x56xf32> {
  ^bb0(%acc: f32, %bias: f32):
    %0 = arith.addf %acc, %bias : f32
    engine.yield %0 : f32
  }
  func.return %y : tensor<1x64x56x56xf32>
}

// CHECK-LABEL: func.func @taken
// CHECK-NEXT:    %[[W:.*]] = engine.constant dense<5.000000e-01>
// CHECK-NEXT:    %[[U:.*]] = engine.constant #engine.weight<{{.*}}tensor<36x64x64xf32>> -> tensor<36x64x64xf32>
// CHECK-NEXT:    %{{.*}} = engine.winograd %{{.*}}, %[[U]], %[[W]] epilogue(%{{.*}} : tensor<64x1x1xf32>) {nodes = ["/conv"], rewrites = ["use-winograd"]} : tensor<1x64x58x58xf32>, tensor<36x64x64xf32>, tensor<64x64x3x3xf32> -> tensor<1x64x56x56xf32> {
// CHECK-NEXT:    ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:      %{{.*}} = arith.addf
// BITWISE-LABEL: func.func @taken
// BITWISE-NOT: engine.winograd

// -----

// Near miss: stride 2.
func.func @stride(%x: tensor<1x64x58x58xf32>) -> tensor<1x64x28x28xf32> {
  %w = engine.constant dense<5.000000e-01> : tensor<64x64x3x3xf32> -> tensor<64x64x3x3xf32>
  %y = engine.conv %x, %w {strides = array<i64: 2, 2>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x64x58x58xf32>, tensor<64x64x3x3xf32> -> tensor<1x64x28x28xf32>
  func.return %y : tensor<1x64x28x28xf32>
}

// CHECK-LABEL: func.func @stride
// CHECK-NOT: engine.winograd
// CHECK: func.return

// -----

// Near miss: the weight is not a constant.
func.func @weight(%x: tensor<1x64x58x58xf32>, %w: tensor<64x64x3x3xf32>) -> tensor<1x64x56x56xf32> {
  %y = engine.conv %x, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x64x58x58xf32>, tensor<64x64x3x3xf32> -> tensor<1x64x56x56xf32>
  func.return %y : tensor<1x64x56x56xf32>
}

// CHECK-LABEL: func.func @weight
// CHECK-NOT: engine.winograd
// CHECK: func.return

// -----

// Near miss: so few pixels that reading four times the weight costs more than it saves.
func.func @small(%x: tensor<1x64x8x8xf32>) -> tensor<1x512x6x6xf32> {
  %w = engine.constant dense<5.000000e-01> : tensor<512x64x3x3xf32> -> tensor<512x64x3x3xf32>
  %y = engine.conv %x, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x64x8x8xf32>, tensor<512x64x3x3xf32> -> tensor<1x512x6x6xf32>
  func.return %y : tensor<1x512x6x6xf32>
}

// CHECK-LABEL: func.func @small
// CHECK-NOT: engine.winograd
// CHECK: func.return
