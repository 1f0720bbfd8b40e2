// RUN: opt-tool %s --split-input-file -p 'optimize{only=map-before-channels-last exactness=bitwise}' --check-numerics | filecheck %s

// A map of images whose channels a transpose has moved last takes the images as they were before.

// CHECK-LABEL: func.func @two
// CHECK-NEXT:   %{{.*}} = engine.map ins(%x, %y : tensor<2x4x5x6xf32>, tensor<2x4x5x6xf32>) attributes {rewrites = ["map-before-channels-last"]} -> tensor<2x4x5x6xf32> {
// CHECK:        %{{.*}} = engine.transpose %{{.*}} {rewrites = ["map-before-channels-last"], perm = array<i64: 0, 2, 3, 1>} : tensor<2x4x5x6xf32> -> tensor<2x5x6x4xf32>
func.func @two(%x: tensor<2x4x5x6xf32>, %y: tensor<2x4x5x6xf32>) -> tensor<2x5x6x4xf32> {
  %a = engine.transpose %x {perm = array<i64: 0, 2, 3, 1>} : tensor<2x4x5x6xf32> -> tensor<2x5x6x4xf32>
  %b = engine.transpose %y {perm = array<i64: 0, 2, 3, 1>} : tensor<2x4x5x6xf32> -> tensor<2x5x6x4xf32>
  %m = engine.map ins(%a, %b : tensor<2x5x6x4xf32>, tensor<2x5x6x4xf32>) -> tensor<2x5x6x4xf32> {
  ^bb0(%p: f32, %q: f32):
    %s = arith.addf %p, %q : f32
    engine.yield %s : f32
  }
  func.return %m : tensor<2x5x6x4xf32>
}

// -----

// What a convolution can take over: one operand is enough.
// CHECK-LABEL: func.func @bias_of_a_convolution
// CHECK:        %{{.*}} = engine.transpose %{{.*}} {rewrites = ["map-before-channels-last"], perm = array<i64: 0, 3, 1, 2>} : tensor<1x1x1x4xf32> -> tensor<1x4x1x1xf32>
// CHECK-NEXT:   %{{.*}} = engine.map ins(%c, %{{.*}} : tensor<1x4x5x6xf32>, tensor<1x4x1x1xf32>)
func.func @bias_of_a_convolution(%x: tensor<1x3x5x6xf32>, %w: tensor<4x3x1x1xf32>, %z: tensor<4xf32>) -> tensor<1x5x6x4xf32> {
  %c = engine.conv %x, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x3x5x6xf32>, tensor<4x3x1x1xf32> -> tensor<1x4x5x6xf32>
  %a = engine.transpose %c {perm = array<i64: 0, 2, 3, 1>} : tensor<1x4x5x6xf32> -> tensor<1x5x6x4xf32>
  %m = engine.map ins(%a, %z : tensor<1x5x6x4xf32>, tensor<4xf32>) -> tensor<1x5x6x4xf32> {
  ^bb0(%p: f32, %q: f32):
    %s = arith.addf %p, %q : f32
    engine.yield %s : f32
  }
  func.return %m : tensor<1x5x6x4xf32>
}

// -----

// What is read is moved back behind a pad.
// CHECK-LABEL: func.func @moved_back_later
// CHECK:        engine.map ins(%x, %{{.*}} : tensor<2x4x5x6xf32>, tensor<1x1x1x6xf32>)
func.func @moved_back_later(%x: tensor<2x4x5x6xf32>, %z: tensor<6x1xf32>) -> tensor<2x4x5x8xf32> {
  %a = engine.transpose %x {perm = array<i64: 0, 2, 3, 1>} : tensor<2x4x5x6xf32> -> tensor<2x5x6x4xf32>
  %m = engine.map ins(%a, %z : tensor<2x5x6x4xf32>, tensor<6x1xf32>) -> tensor<2x5x6x4xf32> {
  ^bb0(%p: f32, %q: f32):
    %s = arith.addf %p, %q : f32
    engine.yield %s : f32
  }
  %p = engine.pad %m {low = array<i64: 0, 0, 1, 0>, high = array<i64: 0, 0, 1, 0>, mode = "constant", value = 0.0 : f32} : tensor<2x5x6x4xf32> -> tensor<2x5x8x4xf32>
  %r = engine.transpose %p {perm = array<i64: 0, 3, 1, 2>} : tensor<2x5x8x4xf32> -> tensor<2x4x5x8xf32>
  func.return %r : tensor<2x4x5x8xf32>
}

// -----

// One transpose would become another one.
// CHECK-LABEL: func.func @near_miss_not_moved_back
// CHECK-NEXT:   %a = engine.transpose %x {perm = array<i64: 0, 2, 3, 1>}
func.func @near_miss_not_moved_back(%x: tensor<2x4x5x6xf32>, %z: tensor<4xf32>) -> tensor<2x5x6x4xf32> {
  %a = engine.transpose %x {perm = array<i64: 0, 2, 3, 1>} : tensor<2x4x5x6xf32> -> tensor<2x5x6x4xf32>
  %m = engine.map ins(%a, %z : tensor<2x5x6x4xf32>, tensor<4xf32>) -> tensor<2x5x6x4xf32> {
  ^bb0(%p: f32, %q: f32):
    %s = arith.addf %p, %q : f32
    engine.yield %s : f32
  }
  func.return %m : tensor<2x5x6x4xf32>
}

// -----

// Heads of attention are no channels of images.
// CHECK-LABEL: func.func @near_miss_another_order
// CHECK-NEXT:   %a = engine.transpose %x {perm = array<i64: 0, 2, 1, 3>}
func.func @near_miss_another_order(%x: tensor<2x4x5x6xf32>, %y: tensor<2x4x5x6xf32>) -> tensor<2x5x4x6xf32> {
  %a = engine.transpose %x {perm = array<i64: 0, 2, 1, 3>} : tensor<2x4x5x6xf32> -> tensor<2x5x4x6xf32>
  %b = engine.transpose %y {perm = array<i64: 0, 2, 1, 3>} : tensor<2x4x5x6xf32> -> tensor<2x5x4x6xf32>
  %m = engine.map ins(%a, %b : tensor<2x5x4x6xf32>, tensor<2x5x4x6xf32>) -> tensor<2x5x4x6xf32> {
  ^bb0(%p: f32, %q: f32):
    %s = arith.addf %p, %q : f32
    engine.yield %s : f32
  }
  func.return %m : tensor<2x5x4x6xf32>
}

// -----

// The other operand would need a transpose of its own.
// CHECK-LABEL: func.func @near_miss_a_large_operand
// CHECK-NEXT:   %a = engine.transpose %x {perm = array<i64: 0, 2, 3, 1>}
func.func @near_miss_a_large_operand(%x: tensor<2x4x5x6xf32>, %y: tensor<2x5x6x4xf32>) -> tensor<2x4x5x6xf32> {
  %a = engine.transpose %x {perm = array<i64: 0, 2, 3, 1>} : tensor<2x4x5x6xf32> -> tensor<2x5x6x4xf32>
  %m = engine.map ins(%a, %y : tensor<2x5x6x4xf32>, tensor<2x5x6x4xf32>) -> tensor<2x5x6x4xf32> {
  ^bb0(%p: f32, %q: f32):
    %s = arith.addf %p, %q : f32
    engine.yield %s : f32
  }
  %r = engine.transpose %m {perm = array<i64: 0, 3, 1, 2>} : tensor<2x5x6x4xf32> -> tensor<2x4x5x6xf32>
  func.return %r : tensor<2x4x5x6xf32>
}

// -----

// Of images of one pixel the transpose has become a reshape.
// CHECK-LABEL: func.func @one_pixel
// CHECK:        engine.map ins(%c, %{{.*}} : tensor<1x4x1x1xf32>, tensor<1x4x1x1xf32>)
func.func @one_pixel(%x: tensor<1x3x1x1xf32>, %w: tensor<4x3x1x1xf32>, %z: tensor<4xf32>) -> tensor<1x1x1x4xf32> {
  %c = engine.conv %x, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x3x1x1xf32>, tensor<4x3x1x1xf32> -> tensor<1x4x1x1xf32>
  %a = engine.reshape %c : tensor<1x4x1x1xf32> -> tensor<1x1x1x4xf32>
  %m = engine.map ins(%a, %z : tensor<1x1x1x4xf32>, tensor<4xf32>) -> tensor<1x1x1x4xf32> {
  ^bb0(%p: f32, %q: f32):
    %s = arith.addf %p, %q : f32
    engine.yield %s : f32
  }
  func.return %m : tensor<1x1x1x4xf32>
}
