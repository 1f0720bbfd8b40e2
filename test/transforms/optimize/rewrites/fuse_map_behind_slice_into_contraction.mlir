// RUN: opt-tool %s --split-input-file -p 'optimize{only=fuse-map-behind-slice-into-contraction exactness=bitwise}' --check-numerics | filecheck %s

// Elementwise work on nearly all of what a contraction gives moves into its epilogue.
//
//     map{f}(slice(contraction{e}(x, w)), y) => slice(contraction{f . e}(x, w, y)) if only the slice
//     reads the contraction and only the map the slice, an eighth at most is cut off, and y has one
//     element along what is cut.

// A convolution with one element too many, as in front of a GELU.
func.func @one_less(%x: tensor<1x2x18xf32>, %w: tensor<3x2x3xf32>, %b: tensor<3x1xf32>) -> tensor<1x3x15xf32> {
  %y = engine.conv %x, %w {strides = array<i64: 1>, pads = array<i64: 0, 0>, dilations = array<i64: 1>, groups = 1 : i64} : tensor<1x2x18xf32>, tensor<3x2x3xf32> -> tensor<1x3x16xf32>
  %s = engine.slice %y {starts = array<i64: 0, 0, 0>, sizes = array<i64: 1, 3, 15>, steps = array<i64: 1, 1, 1>} : tensor<1x3x16xf32> -> tensor<1x3x15xf32>
  %m = engine.map ins(%s, %b : tensor<1x3x15xf32>, tensor<3x1xf32>) -> tensor<1x3x15xf32> {
  ^bb0(%p: f32, %q: f32):
    %0 = arith.mulf %p, %q : f32
    %1 = math.tanh %0 : f32
    engine.yield %1 : f32
  }
  func.return %m : tensor<1x3x15xf32>
}

// CHECK-LABEL: func.func @one_less
// CHECK:         %[[Y:.*]] = engine.conv %x, %w epilogue(%b : tensor<3x1xf32>)
// CHECK-NEXT:    ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:      arith.mulf
// CHECK-NEXT:      math.tanh
// CHECK-NEXT:      engine.yield
// CHECK:         engine.slice %[[Y]] {rewrites = ["fuse-map-behind-slice-into-contraction"], starts = array<i64: 0, 0, 0>, sizes = array<i64: 1, 3, 15>
// CHECK-NOT:     engine.map

// -----

// Half of it is cut off.
func.func @near_miss_half(%x: tensor<1x2x18xf32>, %w: tensor<3x2x3xf32>, %b: tensor<3x1xf32>) -> tensor<1x3x8xf32> {
  %y = engine.conv %x, %w {strides = array<i64: 1>, pads = array<i64: 0, 0>, dilations = array<i64: 1>, groups = 1 : i64} : tensor<1x2x18xf32>, tensor<3x2x3xf32> -> tensor<1x3x16xf32>
  %s = engine.slice %y {starts = array<i64: 0, 0, 0>, sizes = array<i64: 1, 3, 8>, steps = array<i64: 1, 1, 1>} : tensor<1x3x16xf32> -> tensor<1x3x8xf32>
  %m = engine.map ins(%s, %b : tensor<1x3x8xf32>, tensor<3x1xf32>) -> tensor<1x3x8xf32> {
  ^bb0(%p: f32, %q: f32):
    %0 = arith.mulf %p, %q : f32
    %1 = math.tanh %0 : f32
    engine.yield %1 : f32
  }
  func.return %m : tensor<1x3x8xf32>
}

// CHECK-LABEL: func.func @near_miss_half
// CHECK-NOT:     rewrites

// -----

// The whole is an output.
func.func @near_miss_second_use(%x: tensor<1x2x18xf32>, %w: tensor<3x2x3xf32>, %b: tensor<3x1xf32>) -> (tensor<1x3x15xf32>, tensor<1x3x16xf32>) {
  %y = engine.conv %x, %w {strides = array<i64: 1>, pads = array<i64: 0, 0>, dilations = array<i64: 1>, groups = 1 : i64} : tensor<1x2x18xf32>, tensor<3x2x3xf32> -> tensor<1x3x16xf32>
  %s = engine.slice %y {starts = array<i64: 0, 0, 0>, sizes = array<i64: 1, 3, 15>, steps = array<i64: 1, 1, 1>} : tensor<1x3x16xf32> -> tensor<1x3x15xf32>
  %m = engine.map ins(%s, %b : tensor<1x3x15xf32>, tensor<3x1xf32>) -> tensor<1x3x15xf32> {
  ^bb0(%p: f32, %q: f32):
    %0 = arith.mulf %p, %q : f32
    %1 = math.tanh %0 : f32
    engine.yield %1 : f32
  }
  func.return %m, %y : tensor<1x3x15xf32>, tensor<1x3x16xf32>
}

// CHECK-LABEL: func.func @near_miss_second_use
// CHECK-NOT:     rewrites

// -----

// The slice is an output.
func.func @near_miss_slice_read(%x: tensor<1x2x18xf32>, %w: tensor<3x2x3xf32>, %b: tensor<3x1xf32>) -> (tensor<1x3x15xf32>, tensor<1x3x15xf32>) {
  %y = engine.conv %x, %w {strides = array<i64: 1>, pads = array<i64: 0, 0>, dilations = array<i64: 1>, groups = 1 : i64} : tensor<1x2x18xf32>, tensor<3x2x3xf32> -> tensor<1x3x16xf32>
  %s = engine.slice %y {starts = array<i64: 0, 0, 0>, sizes = array<i64: 1, 3, 15>, steps = array<i64: 1, 1, 1>} : tensor<1x3x16xf32> -> tensor<1x3x15xf32>
  %m = engine.map ins(%s, %b : tensor<1x3x15xf32>, tensor<3x1xf32>) -> tensor<1x3x15xf32> {
  ^bb0(%p: f32, %q: f32):
    %0 = arith.mulf %p, %q : f32
    %1 = math.tanh %0 : f32
    engine.yield %1 : f32
  }
  func.return %m, %s : tensor<1x3x15xf32>, tensor<1x3x15xf32>
}

// CHECK-LABEL: func.func @near_miss_slice_read
// CHECK-NOT:     rewrites

// -----

// The other operand has a number for each element that is left.
func.func @near_miss_along_the_cut(%x: tensor<1x2x18xf32>, %w: tensor<3x2x3xf32>, %b: tensor<15xf32>) -> tensor<1x3x15xf32> {
  %y = engine.conv %x, %w {strides = array<i64: 1>, pads = array<i64: 0, 0>, dilations = array<i64: 1>, groups = 1 : i64} : tensor<1x2x18xf32>, tensor<3x2x3xf32> -> tensor<1x3x16xf32>
  %s = engine.slice %y {starts = array<i64: 0, 0, 0>, sizes = array<i64: 1, 3, 15>, steps = array<i64: 1, 1, 1>} : tensor<1x3x16xf32> -> tensor<1x3x15xf32>
  %m = engine.map ins(%s, %b : tensor<1x3x15xf32>, tensor<15xf32>) -> tensor<1x3x15xf32> {
  ^bb0(%p: f32, %q: f32):
    %0 = arith.mulf %p, %q : f32
    %1 = math.tanh %0 : f32
    engine.yield %1 : f32
  }
  func.return %m : tensor<1x3x15xf32>
}

// CHECK-LABEL: func.func @near_miss_along_the_cut
// CHECK-NOT:     rewrites

// -----

// A softmax takes no map.
func.func @near_miss_norm(%x: tensor<1x3x16xf32>, %b: tensor<3x1xf32>) -> tensor<1x3x15xf32> {
  %y = engine.softmax %x {axis = 1 : i64} : tensor<1x3x16xf32> -> tensor<1x3x16xf32>
  %s = engine.slice %y {starts = array<i64: 0, 0, 0>, sizes = array<i64: 1, 3, 15>, steps = array<i64: 1, 1, 1>} : tensor<1x3x16xf32> -> tensor<1x3x15xf32>
  %m = engine.map ins(%s, %b : tensor<1x3x15xf32>, tensor<3x1xf32>) -> tensor<1x3x15xf32> {
  ^bb0(%p: f32, %q: f32):
    %0 = arith.mulf %p, %q : f32
    %1 = math.tanh %0 : f32
    engine.yield %1 : f32
  }
  func.return %m : tensor<1x3x15xf32>
}

// CHECK-LABEL: func.func @near_miss_norm
// CHECK-NOT:     rewrites
