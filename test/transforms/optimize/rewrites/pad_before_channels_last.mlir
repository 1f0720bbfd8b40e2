// RUN: opt-tool %s --split-input-file -p 'optimize{only=pad-before-channels-last exactness=bitwise}' --check-numerics | filecheck %s

// Images are padded before a transpose moves their channels last, if they are moved back.

// CHECK-LABEL: func.func @moved_back
// CHECK-NEXT:   %{{.*}} = engine.pad %x {rewrites = ["pad-before-channels-last"], low = array<i64: 0, 0, 1, 0>, high = array<i64: 0, 1, 2, 1>, mode = "edge", value = 0.000000e+00 : f32} : tensor<2x4x5x6xf32> -> tensor<2x5x8x7xf32>
// CHECK-NEXT:   %{{.*}} = engine.transpose %{{.*}} {rewrites = ["pad-before-channels-last"], perm = array<i64: 0, 2, 3, 1>} : tensor<2x5x8x7xf32> -> tensor<2x8x7x5xf32>
// CHECK-NEXT:   %{{.*}} = engine.transpose %{{.*}} {perm = array<i64: 0, 3, 1, 2>} : tensor<2x8x7x5xf32> -> tensor<2x5x8x7xf32>
func.func @moved_back(%x: tensor<2x4x5x6xf32>) -> tensor<2x5x8x7xf32> {
  %a = engine.transpose %x {perm = array<i64: 0, 2, 3, 1>} : tensor<2x4x5x6xf32> -> tensor<2x5x6x4xf32>
  %o = engine.pad %a {low = array<i64: 0, 1, 0, 0>, high = array<i64: 0, 2, 1, 1>, mode = "edge", value = 0.0 : f32} : tensor<2x5x6x4xf32> -> tensor<2x8x7x5xf32>
  %r = engine.transpose %o {perm = array<i64: 0, 3, 1, 2>} : tensor<2x8x7x5xf32> -> tensor<2x5x8x7xf32>
  func.return %r : tensor<2x5x8x7xf32>
}

// -----

// One transpose would become another one.
// CHECK-LABEL: func.func @near_miss_not_moved_back
// CHECK-NEXT:   %a = engine.transpose %x
func.func @near_miss_not_moved_back(%x: tensor<2x4x5x6xf32>) -> tensor<2x8x7x5xf32> {
  %a = engine.transpose %x {perm = array<i64: 0, 2, 3, 1>} : tensor<2x4x5x6xf32> -> tensor<2x5x6x4xf32>
  %o = engine.pad %a {low = array<i64: 0, 1, 0, 0>, high = array<i64: 0, 2, 1, 1>, mode = "edge", value = 0.0 : f32} : tensor<2x5x6x4xf32> -> tensor<2x8x7x5xf32>
  func.return %o : tensor<2x8x7x5xf32>
}

// -----

// What is read has its channels last from the start.
// CHECK-LABEL: func.func @near_miss_channels_first
// CHECK-NOT:    rewrites
func.func @near_miss_channels_first(%a: tensor<2x5x6x4xf32>) -> tensor<2x5x8x7xf32> {
  %o = engine.pad %a {low = array<i64: 0, 1, 0, 0>, high = array<i64: 0, 2, 1, 1>, mode = "edge", value = 0.0 : f32} : tensor<2x5x6x4xf32> -> tensor<2x8x7x5xf32>
  %r = engine.transpose %o {perm = array<i64: 0, 3, 1, 2>} : tensor<2x8x7x5xf32> -> tensor<2x5x8x7xf32>
  func.return %r : tensor<2x5x8x7xf32>
}
