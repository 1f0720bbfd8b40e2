// RUN: opt-tool %s --split-input-file -p 'optimize{only=group-convolutions exactness=rounding}' --check-numerics | filecheck %s

// Convolutions of slices are one with groups.
//
//     concat(conv(slice(x), v), conv(slice(x), w)) => conv{groups}(x, concat(v, w)) if the slices
//     are all channels of x in order, each as many as the convolution gives, 1, 2, 4 or 8, the
//     windows and the code behind them are the same, the filters are constants, and nobody else
//     reads a part.

// Filters and biases are joined.
func.func @joined(%x: tensor<2x4x5x6xf32>) -> tensor<2x4x5x6xf32> {
  %v = engine.constant dense<0.5> : tensor<2x2x3x3xf32> -> tensor<2x2x3x3xf32>
  %w = engine.constant dense<0.25> : tensor<2x2x3x3xf32> -> tensor<2x2x3x3xf32>
  %a = engine.constant dense<[[[1.0]], [[-1.0]]]> : tensor<2x1x1xf32> -> tensor<2x1x1xf32>
  %b = engine.constant dense<[[[2.0]], [[-2.0]]]> : tensor<2x1x1xf32> -> tensor<2x1x1xf32>
  %s = engine.slice %x {starts = array<i64: 0, 0, 0, 0>, sizes = array<i64: 2, 2, 5, 6>, steps = array<i64: 1, 1, 1, 1>} : tensor<2x4x5x6xf32> -> tensor<2x2x5x6xf32>
  %t = engine.slice %x {starts = array<i64: 0, 2, 0, 0>, sizes = array<i64: 2, 2, 5, 6>, steps = array<i64: 1, 1, 1, 1>} : tensor<2x4x5x6xf32> -> tensor<2x2x5x6xf32>
  %c = engine.conv %s, %v epilogue(%a : tensor<2x1x1xf32>) {strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<2x2x5x6xf32>, tensor<2x2x3x3xf32> -> tensor<2x2x5x6xf32> {
  ^bb0(%p: f32, %q: f32):
    %0 = arith.addf %p, %q : f32
    engine.yield %0 : f32
  }
  %d = engine.conv %t, %w epilogue(%b : tensor<2x1x1xf32>) {strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<2x2x5x6xf32>, tensor<2x2x3x3xf32> -> tensor<2x2x5x6xf32> {
  ^bb0(%p: f32, %q: f32):
    %0 = arith.addf %p, %q : f32
    engine.yield %0 : f32
  }
  %y = engine.concat %c, %d {axis = 1 : i64} : tensor<2x2x5x6xf32>, tensor<2x2x5x6xf32> -> tensor<2x4x5x6xf32>
  func.return %y : tensor<2x4x5x6xf32>
}

// CHECK-LABEL: func.func @joined
// CHECK:         %[[W:.*]] = engine.concat %v, %w {rewrites = ["group-convolutions"], axis = 0 : i64}
// CHECK:         %[[B:.*]] = engine.concat %a, %b {rewrites = ["group-convolutions"], axis = 0 : i64}
// CHECK:         engine.conv %x, %[[W]] epilogue(%[[B]] : tensor<4x1x1xf32>) {rewrites = ["group-convolutions"], strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, groups = 2 : i64}

// -----

// The channels come in another order.
func.func @near_miss_order(%x: tensor<2x4x5x6xf32>) -> tensor<2x4x5x6xf32> {
  %v = engine.constant dense<0.5> : tensor<2x2x3x3xf32> -> tensor<2x2x3x3xf32>
  %w = engine.constant dense<0.25> : tensor<2x2x3x3xf32> -> tensor<2x2x3x3xf32>
  %s = engine.slice %x {starts = array<i64: 0, 0, 0, 0>, sizes = array<i64: 2, 2, 5, 6>, steps = array<i64: 1, 1, 1, 1>} : tensor<2x4x5x6xf32> -> tensor<2x2x5x6xf32>
  %t = engine.slice %x {starts = array<i64: 0, 2, 0, 0>, sizes = array<i64: 2, 2, 5, 6>, steps = array<i64: 1, 1, 1, 1>} : tensor<2x4x5x6xf32> -> tensor<2x2x5x6xf32>
  %c = engine.conv %t, %v {strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<2x2x5x6xf32>, tensor<2x2x3x3xf32> -> tensor<2x2x5x6xf32>
  %d = engine.conv %s, %w {strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<2x2x5x6xf32>, tensor<2x2x3x3xf32> -> tensor<2x2x5x6xf32>
  %y = engine.concat %c, %d {axis = 1 : i64} : tensor<2x2x5x6xf32>, tensor<2x2x5x6xf32> -> tensor<2x4x5x6xf32>
  func.return %y : tensor<2x4x5x6xf32>
}

// CHECK-LABEL: func.func @near_miss_order
// CHECK-NOT:     groups = 2

// -----

// Some channels are not taken.
func.func @near_miss_some(%x: tensor<2x6x5x6xf32>) -> tensor<2x4x5x6xf32> {
  %v = engine.constant dense<0.5> : tensor<2x2x3x3xf32> -> tensor<2x2x3x3xf32>
  %w = engine.constant dense<0.25> : tensor<2x2x3x3xf32> -> tensor<2x2x3x3xf32>
  %s = engine.slice %x {starts = array<i64: 0, 0, 0, 0>, sizes = array<i64: 2, 2, 5, 6>, steps = array<i64: 1, 1, 1, 1>} : tensor<2x6x5x6xf32> -> tensor<2x2x5x6xf32>
  %t = engine.slice %x {starts = array<i64: 0, 2, 0, 0>, sizes = array<i64: 2, 2, 5, 6>, steps = array<i64: 1, 1, 1, 1>} : tensor<2x6x5x6xf32> -> tensor<2x2x5x6xf32>
  %c = engine.conv %s, %v {strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<2x2x5x6xf32>, tensor<2x2x3x3xf32> -> tensor<2x2x5x6xf32>
  %d = engine.conv %t, %w {strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<2x2x5x6xf32>, tensor<2x2x3x3xf32> -> tensor<2x2x5x6xf32>
  %y = engine.concat %c, %d {axis = 1 : i64} : tensor<2x2x5x6xf32>, tensor<2x2x5x6xf32> -> tensor<2x4x5x6xf32>
  func.return %y : tensor<2x4x5x6xf32>
}

// CHECK-LABEL: func.func @near_miss_some
// CHECK-NOT:     groups = 2

// -----

// One is padded otherwise.
func.func @near_miss_window(%x: tensor<2x4x5x6xf32>) -> tensor<2x4x5x6xf32> {
  %v = engine.constant dense<0.5> : tensor<2x2x3x3xf32> -> tensor<2x2x3x3xf32>
  %w = engine.constant dense<0.25> : tensor<2x2x3x3xf32> -> tensor<2x2x3x3xf32>
  %s = engine.slice %x {starts = array<i64: 0, 0, 0, 0>, sizes = array<i64: 2, 2, 5, 6>, steps = array<i64: 1, 1, 1, 1>} : tensor<2x4x5x6xf32> -> tensor<2x2x5x6xf32>
  %t = engine.slice %x {starts = array<i64: 0, 2, 0, 0>, sizes = array<i64: 2, 2, 5, 6>, steps = array<i64: 1, 1, 1, 1>} : tensor<2x4x5x6xf32> -> tensor<2x2x5x6xf32>
  %c = engine.conv %s, %v {strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<2x2x5x6xf32>, tensor<2x2x3x3xf32> -> tensor<2x2x5x6xf32>
  %d = engine.conv %t, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 2, 2, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<2x2x5x6xf32>, tensor<2x2x3x3xf32> -> tensor<2x2x5x6xf32>
  %y = engine.concat %c, %d {axis = 1 : i64} : tensor<2x2x5x6xf32>, tensor<2x2x5x6xf32> -> tensor<2x4x5x6xf32>
  func.return %y : tensor<2x4x5x6xf32>
}

// CHECK-LABEL: func.func @near_miss_window
// CHECK-NOT:     groups = 2

// -----

// One has a bias.
func.func @near_miss_bias(%x: tensor<2x4x5x6xf32>) -> tensor<2x4x5x6xf32> {
  %v = engine.constant dense<0.5> : tensor<2x2x3x3xf32> -> tensor<2x2x3x3xf32>
  %w = engine.constant dense<0.25> : tensor<2x2x3x3xf32> -> tensor<2x2x3x3xf32>
  %a = engine.constant dense<[[[1.0]], [[-1.0]]]> : tensor<2x1x1xf32> -> tensor<2x1x1xf32>
  %s = engine.slice %x {starts = array<i64: 0, 0, 0, 0>, sizes = array<i64: 2, 2, 5, 6>, steps = array<i64: 1, 1, 1, 1>} : tensor<2x4x5x6xf32> -> tensor<2x2x5x6xf32>
  %t = engine.slice %x {starts = array<i64: 0, 2, 0, 0>, sizes = array<i64: 2, 2, 5, 6>, steps = array<i64: 1, 1, 1, 1>} : tensor<2x4x5x6xf32> -> tensor<2x2x5x6xf32>
  %c = engine.conv %s, %v epilogue(%a : tensor<2x1x1xf32>) {strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<2x2x5x6xf32>, tensor<2x2x3x3xf32> -> tensor<2x2x5x6xf32> {
  ^bb0(%p: f32, %q: f32):
    %0 = arith.addf %p, %q : f32
    engine.yield %0 : f32
  }
  %d = engine.conv %t, %w {strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<2x2x5x6xf32>, tensor<2x2x3x3xf32> -> tensor<2x2x5x6xf32>
  %y = engine.concat %c, %d {axis = 1 : i64} : tensor<2x2x5x6xf32>, tensor<2x2x5x6xf32> -> tensor<2x4x5x6xf32>
  func.return %y : tensor<2x4x5x6xf32>
}

// CHECK-LABEL: func.func @near_miss_bias
// CHECK-NOT:     groups = 2

// -----

// A part is an output.
func.func @near_miss_second_use(%x: tensor<2x4x5x6xf32>) -> (tensor<2x4x5x6xf32>, tensor<2x2x5x6xf32>) {
  %v = engine.constant dense<0.5> : tensor<2x2x3x3xf32> -> tensor<2x2x3x3xf32>
  %w = engine.constant dense<0.25> : tensor<2x2x3x3xf32> -> tensor<2x2x3x3xf32>
  %s = engine.slice %x {starts = array<i64: 0, 0, 0, 0>, sizes = array<i64: 2, 2, 5, 6>, steps = array<i64: 1, 1, 1, 1>} : tensor<2x4x5x6xf32> -> tensor<2x2x5x6xf32>
  %t = engine.slice %x {starts = array<i64: 0, 2, 0, 0>, sizes = array<i64: 2, 2, 5, 6>, steps = array<i64: 1, 1, 1, 1>} : tensor<2x4x5x6xf32> -> tensor<2x2x5x6xf32>
  %c = engine.conv %s, %v {strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<2x2x5x6xf32>, tensor<2x2x3x3xf32> -> tensor<2x2x5x6xf32>
  %d = engine.conv %t, %w {strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<2x2x5x6xf32>, tensor<2x2x3x3xf32> -> tensor<2x2x5x6xf32>
  %y = engine.concat %c, %d {axis = 1 : i64} : tensor<2x2x5x6xf32>, tensor<2x2x5x6xf32> -> tensor<2x4x5x6xf32>
  func.return %y, %c : tensor<2x4x5x6xf32>, tensor<2x2x5x6xf32>
}

// CHECK-LABEL: func.func @near_miss_second_use
// CHECK-NOT:     groups = 2

// -----

// Filters are those of the call.
func.func @near_miss_filters(%x: tensor<2x4x5x6xf32>, %v: tensor<2x2x3x3xf32>) -> tensor<2x4x5x6xf32> {
  %w = engine.constant dense<0.25> : tensor<2x2x3x3xf32> -> tensor<2x2x3x3xf32>
  %s = engine.slice %x {starts = array<i64: 0, 0, 0, 0>, sizes = array<i64: 2, 2, 5, 6>, steps = array<i64: 1, 1, 1, 1>} : tensor<2x4x5x6xf32> -> tensor<2x2x5x6xf32>
  %t = engine.slice %x {starts = array<i64: 0, 2, 0, 0>, sizes = array<i64: 2, 2, 5, 6>, steps = array<i64: 1, 1, 1, 1>} : tensor<2x4x5x6xf32> -> tensor<2x2x5x6xf32>
  %c = engine.conv %s, %v {strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<2x2x5x6xf32>, tensor<2x2x3x3xf32> -> tensor<2x2x5x6xf32>
  %d = engine.conv %t, %w {strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<2x2x5x6xf32>, tensor<2x2x3x3xf32> -> tensor<2x2x5x6xf32>
  %y = engine.concat %c, %d {axis = 1 : i64} : tensor<2x2x5x6xf32>, tensor<2x2x5x6xf32> -> tensor<2x4x5x6xf32>
  func.return %y : tensor<2x4x5x6xf32>
}

// CHECK-LABEL: func.func @near_miss_filters
// CHECK-NOT:     groups = 2

// -----

// Groups of three channels do not share a vector.
func.func @near_miss_three_channels(%x: tensor<2x6x5x6xf32>) -> tensor<2x6x5x6xf32> {
  %v = engine.constant dense<0.5> : tensor<3x3x3x3xf32> -> tensor<3x3x3x3xf32>
  %w = engine.constant dense<0.25> : tensor<3x3x3x3xf32> -> tensor<3x3x3x3xf32>
  %s = engine.slice %x {starts = array<i64: 0, 0, 0, 0>, sizes = array<i64: 2, 3, 5, 6>, steps = array<i64: 1, 1, 1, 1>} : tensor<2x6x5x6xf32> -> tensor<2x3x5x6xf32>
  %t = engine.slice %x {starts = array<i64: 0, 3, 0, 0>, sizes = array<i64: 2, 3, 5, 6>, steps = array<i64: 1, 1, 1, 1>} : tensor<2x6x5x6xf32> -> tensor<2x3x5x6xf32>
  %c = engine.conv %s, %v {strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<2x3x5x6xf32>, tensor<3x3x3x3xf32> -> tensor<2x3x5x6xf32>
  %d = engine.conv %t, %w {strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<2x3x5x6xf32>, tensor<3x3x3x3xf32> -> tensor<2x3x5x6xf32>
  %y = engine.concat %c, %d {axis = 1 : i64} : tensor<2x3x5x6xf32>, tensor<2x3x5x6xf32> -> tensor<2x6x5x6xf32>
  func.return %y : tensor<2x6x5x6xf32>
}

// CHECK-LABEL: func.func @near_miss_three_channels
// CHECK-NOT:     groups = 2
