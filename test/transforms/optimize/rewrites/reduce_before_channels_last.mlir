// RUN: opt-tool %s --split-input-file -p 'optimize{only=reduce-before-channels-last exactness=rounding}' --check-numerics | filecheck %s

// Images are reduced before a transpose moves their channels last, if nothing is left of the
// transpose, or they are moved back.

// CHECK-LABEL: func.func @moved_back
// CHECK-NEXT:   %{{.*}} = engine.reduce ins(%x : tensor<2x4x5x6xf32>) {rewrites = ["reduce-before-channels-last"], kind = "mean", axes = array<i64: 2>, keepdims} -> tensor<2x4x1x6xf32>
// CHECK-NEXT:   %{{.*}} = engine.transpose %{{.*}} {rewrites = ["reduce-before-channels-last"], perm = array<i64: 0, 2, 3, 1>} : tensor<2x4x1x6xf32> -> tensor<2x1x6x4xf32>
// CHECK-NEXT:   %{{.*}} = engine.transpose %{{.*}} {perm = array<i64: 0, 3, 1, 2>} : tensor<2x1x6x4xf32> -> tensor<2x4x1x6xf32>
func.func @moved_back(%x: tensor<2x4x5x6xf32>) -> tensor<2x4x1x6xf32> {
  %a = engine.transpose %x {perm = array<i64: 0, 2, 3, 1>} : tensor<2x4x5x6xf32> -> tensor<2x5x6x4xf32>
  %o = engine.reduce ins(%a : tensor<2x5x6x4xf32>) {kind = "mean", axes = array<i64: 1>, keepdims} -> tensor<2x1x6x4xf32>
  %r = engine.transpose %o {perm = array<i64: 0, 3, 1, 2>} : tensor<2x1x6x4xf32> -> tensor<2x4x1x6xf32>
  func.return %r : tensor<2x4x1x6xf32>
}

// -----

// Nothing is left whose order changes.
// CHECK-LABEL: func.func @pooled
// CHECK-NEXT:   %{{.*}} = engine.reduce ins(%x : tensor<2x4x5x6xf32>) {rewrites = ["reduce-before-channels-last"], kind = "mean", axes = array<i64: 2, 3>} -> tensor<2x4xf32>
// CHECK-NEXT:   func.return
func.func @pooled(%x: tensor<2x4x5x6xf32>) -> tensor<2x4xf32> {
  %a = engine.transpose %x {perm = array<i64: 0, 2, 3, 1>} : tensor<2x4x5x6xf32> -> tensor<2x5x6x4xf32>
  %o = engine.reduce ins(%a : tensor<2x5x6x4xf32>) {kind = "mean", axes = array<i64: 1, 2>} -> tensor<2x4xf32>
  func.return %o : tensor<2x4xf32>
}

// -----

// One transpose would become another one.
// CHECK-LABEL: func.func @near_miss_not_moved_back
// CHECK-NEXT:   %a = engine.transpose %x
func.func @near_miss_not_moved_back(%x: tensor<2x4x5x6xf32>) -> tensor<2x1x6x4xf32> {
  %a = engine.transpose %x {perm = array<i64: 0, 2, 3, 1>} : tensor<2x4x5x6xf32> -> tensor<2x5x6x4xf32>
  %o = engine.reduce ins(%a : tensor<2x5x6x4xf32>) {kind = "mean", axes = array<i64: 1>, keepdims} -> tensor<2x1x6x4xf32>
  func.return %o : tensor<2x1x6x4xf32>
}

// -----

// What is read has its channels last from the start.
// CHECK-LABEL: func.func @near_miss_channels_first
// CHECK-NOT:    rewrites
func.func @near_miss_channels_first(%a: tensor<2x5x6x4xf32>) -> tensor<2x4x1x6xf32> {
  %o = engine.reduce ins(%a : tensor<2x5x6x4xf32>) {kind = "mean", axes = array<i64: 1>, keepdims} -> tensor<2x1x6x4xf32>
  %r = engine.transpose %o {perm = array<i64: 0, 3, 1, 2>} : tensor<2x1x6x4xf32> -> tensor<2x4x1x6xf32>
  func.return %r : tensor<2x4x1x6xf32>
}

// -----

// The order of what is left would change.
// CHECK-LABEL: func.func @near_miss_two_are_left
// CHECK-NEXT:   %a = engine.transpose %x
func.func @near_miss_two_are_left(%x: tensor<2x4x5x6xf32>) -> tensor<2x6x4xf32> {
  %a = engine.transpose %x {perm = array<i64: 0, 2, 3, 1>} : tensor<2x4x5x6xf32> -> tensor<2x5x6x4xf32>
  %o = engine.reduce ins(%a : tensor<2x5x6x4xf32>) {kind = "sum", axes = array<i64: 1>} -> tensor<2x6x4xf32>
  func.return %o : tensor<2x6x4xf32>
}
