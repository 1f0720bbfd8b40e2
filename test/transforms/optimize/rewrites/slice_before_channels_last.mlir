// RUN: opt-tool %s --split-input-file -p 'optimize{only=slice-before-channels-last exactness=bitwise}' --check-numerics | filecheck %s

// A part of images is taken before a transpose moves their channels last, if they are moved back.

// CHECK-LABEL: func.func @moved_back
// CHECK-NEXT:   %{{.*}} = engine.slice %x {rewrites = ["slice-before-channels-last"], starts = array<i64: 0, 2, 1, 5>, sizes = array<i64: 2, 2, 3, 6>, steps = array<i64: 1, 1, 1, -1>} : tensor<2x4x5x6xf32> -> tensor<2x2x3x6xf32>
// CHECK-NEXT:   %{{.*}} = engine.transpose %{{.*}} {rewrites = ["slice-before-channels-last"], perm = array<i64: 0, 2, 3, 1>} : tensor<2x2x3x6xf32> -> tensor<2x3x6x2xf32>
// CHECK-NEXT:   %{{.*}} = engine.transpose %{{.*}} {perm = array<i64: 0, 3, 1, 2>} : tensor<2x3x6x2xf32> -> tensor<2x2x3x6xf32>
func.func @moved_back(%x: tensor<2x4x5x6xf32>) -> tensor<2x2x3x6xf32> {
  %a = engine.transpose %x {perm = array<i64: 0, 2, 3, 1>} : tensor<2x4x5x6xf32> -> tensor<2x5x6x4xf32>
  %o = engine.slice %a {starts = array<i64: 0, 1, 5, 2>, sizes = array<i64: 2, 3, 6, 2>, steps = array<i64: 1, 1, -1, 1>} : tensor<2x5x6x4xf32> -> tensor<2x3x6x2xf32>
  %r = engine.transpose %o {perm = array<i64: 0, 3, 1, 2>} : tensor<2x3x6x2xf32> -> tensor<2x2x3x6xf32>
  func.return %r : tensor<2x2x3x6xf32>
}

// -----

// One transpose would become another one.
// CHECK-LABEL: func.func @near_miss_not_moved_back
// CHECK-NEXT:   %a = engine.transpose %x
func.func @near_miss_not_moved_back(%x: tensor<2x4x5x6xf32>) -> tensor<2x3x6x2xf32> {
  %a = engine.transpose %x {perm = array<i64: 0, 2, 3, 1>} : tensor<2x4x5x6xf32> -> tensor<2x5x6x4xf32>
  %o = engine.slice %a {starts = array<i64: 0, 1, 5, 2>, sizes = array<i64: 2, 3, 6, 2>, steps = array<i64: 1, 1, -1, 1>} : tensor<2x5x6x4xf32> -> tensor<2x3x6x2xf32>
  func.return %o : tensor<2x3x6x2xf32>
}

// -----

// What is read has its channels last from the start.
// CHECK-LABEL: func.func @near_miss_channels_first
// CHECK-NOT:    rewrites
func.func @near_miss_channels_first(%a: tensor<2x5x6x4xf32>) -> tensor<2x2x3x6xf32> {
  %o = engine.slice %a {starts = array<i64: 0, 1, 5, 2>, sizes = array<i64: 2, 3, 6, 2>, steps = array<i64: 1, 1, -1, 1>} : tensor<2x5x6x4xf32> -> tensor<2x3x6x2xf32>
  %r = engine.transpose %o {perm = array<i64: 0, 3, 1, 2>} : tensor<2x3x6x2xf32> -> tensor<2x2x3x6xf32>
  func.return %r : tensor<2x2x3x6xf32>
}
