// RUN: opt-tool %s --split-input-file -p 'optimize{only=softmax-before-channels-last exactness=rounding}' --check-numerics | filecheck %s

// The softmax of the classes of each pixel, before a transpose moves them last, if they are moved
// back.

// CHECK-LABEL: func.func @moved_back
// CHECK-NEXT:   %{{.*}} = engine.softmax %x {rewrites = ["softmax-before-channels-last"], axis = 1 : i64} : tensor<2x4x5x6xf32> -> tensor<2x4x5x6xf32>
// CHECK-NEXT:   %{{.*}} = engine.transpose %{{.*}} {rewrites = ["softmax-before-channels-last"], perm = array<i64: 0, 2, 3, 1>} : tensor<2x4x5x6xf32> -> tensor<2x5x6x4xf32>
// CHECK-NEXT:   %{{.*}} = engine.transpose %{{.*}} {perm = array<i64: 0, 3, 1, 2>} : tensor<2x5x6x4xf32> -> tensor<2x4x5x6xf32>
func.func @moved_back(%x: tensor<2x4x5x6xf32>) -> tensor<2x4x5x6xf32> {
  %a = engine.transpose %x {perm = array<i64: 0, 2, 3, 1>} : tensor<2x4x5x6xf32> -> tensor<2x5x6x4xf32>
  %o = engine.softmax %a {axis = 3 : i64} : tensor<2x5x6x4xf32> -> tensor<2x5x6x4xf32>
  %r = engine.transpose %o {perm = array<i64: 0, 3, 1, 2>} : tensor<2x5x6x4xf32> -> tensor<2x4x5x6xf32>
  func.return %r : tensor<2x4x5x6xf32>
}

// -----

// One transpose would become another one.
// CHECK-LABEL: func.func @near_miss_not_moved_back
// CHECK-NEXT:   %a = engine.transpose %x
func.func @near_miss_not_moved_back(%x: tensor<2x4x5x6xf32>) -> tensor<2x5x6x4xf32> {
  %a = engine.transpose %x {perm = array<i64: 0, 2, 3, 1>} : tensor<2x4x5x6xf32> -> tensor<2x5x6x4xf32>
  %o = engine.softmax %a {axis = 3 : i64} : tensor<2x5x6x4xf32> -> tensor<2x5x6x4xf32>
  func.return %o : tensor<2x5x6x4xf32>
}

// -----

// What is read has its channels last from the start.
// CHECK-LABEL: func.func @near_miss_channels_first
// CHECK-NOT:    rewrites
func.func @near_miss_channels_first(%a: tensor<2x5x6x4xf32>) -> tensor<2x4x5x6xf32> {
  %o = engine.softmax %a {axis = 3 : i64} : tensor<2x5x6x4xf32> -> tensor<2x5x6x4xf32>
  %r = engine.transpose %o {perm = array<i64: 0, 3, 1, 2>} : tensor<2x5x6x4xf32> -> tensor<2x4x5x6xf32>
  func.return %r : tensor<2x4x5x6xf32>
}
