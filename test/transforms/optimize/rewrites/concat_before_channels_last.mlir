// RUN: opt-tool %s --split-input-file -p 'optimize{only=concat-before-channels-last exactness=bitwise}' --check-numerics | filecheck %s

// Images are joined before a transpose moves their channels last.

// CHECK-LABEL: func.func @channels
// CHECK-NEXT:   %{{.*}} = engine.concat %x, %y {rewrites = ["concat-before-channels-last"], axis = 1 : i64} : tensor<2x4x5x6xf32>, tensor<2x4x5x6xf32> -> tensor<2x8x5x6xf32>
// CHECK-NEXT:   %{{.*}} = engine.transpose %{{.*}} {rewrites = ["concat-before-channels-last"], perm = array<i64: 0, 2, 3, 1>} : tensor<2x8x5x6xf32> -> tensor<2x5x6x8xf32>
func.func @channels(%x: tensor<2x4x5x6xf32>, %y: tensor<2x4x5x6xf32>) -> tensor<2x5x6x8xf32> {
  %a = engine.transpose %x {perm = array<i64: 0, 2, 3, 1>} : tensor<2x4x5x6xf32> -> tensor<2x5x6x4xf32>
  %b = engine.transpose %y {perm = array<i64: 0, 2, 3, 1>} : tensor<2x4x5x6xf32> -> tensor<2x5x6x4xf32>
  %c = engine.concat %a, %b {axis = 3 : i64} : tensor<2x5x6x4xf32>, tensor<2x5x6x4xf32> -> tensor<2x5x6x8xf32>
  func.return %c : tensor<2x5x6x8xf32>
}

// -----

// CHECK-LABEL: func.func @rows
// CHECK-NEXT:   %{{.*}} = engine.concat %x, %y {rewrites = ["concat-before-channels-last"], axis = 2 : i64} : tensor<2x4x5x6xf32>, tensor<2x4x5x6xf32> -> tensor<2x4x10x6xf32>
func.func @rows(%x: tensor<2x4x5x6xf32>, %y: tensor<2x4x5x6xf32>) -> tensor<2x10x6x4xf32> {
  %a = engine.transpose %x {perm = array<i64: 0, 2, 3, 1>} : tensor<2x4x5x6xf32> -> tensor<2x5x6x4xf32>
  %b = engine.transpose %y {perm = array<i64: 0, 2, 3, 1>} : tensor<2x4x5x6xf32> -> tensor<2x5x6x4xf32>
  %c = engine.concat %a, %b {axis = 1 : i64} : tensor<2x5x6x4xf32>, tensor<2x5x6x4xf32> -> tensor<2x10x6x4xf32>
  func.return %c : tensor<2x10x6x4xf32>
}

// -----

// A constant is transposed once, when the model is compiled.
// CHECK-LABEL: func.func @a_constant
// CHECK:        engine.concat %x, %{{.*}} {rewrites = ["concat-before-channels-last"], axis = 3 : i64}
func.func @a_constant(%x: tensor<2x4x5x6xf32>) -> tensor<2x4x5x7xf32> {
  %a = engine.transpose %x {perm = array<i64: 0, 2, 3, 1>} : tensor<2x4x5x6xf32> -> tensor<2x5x6x4xf32>
  %k = engine.constant dense<1.0> : tensor<2x5x1x4xf32> -> tensor<2x5x1x4xf32>
  %c = engine.concat %a, %k {axis = 2 : i64} : tensor<2x5x6x4xf32>, tensor<2x5x1x4xf32> -> tensor<2x5x7x4xf32>
  %r = engine.transpose %c {perm = array<i64: 0, 3, 1, 2>} : tensor<2x5x7x4xf32> -> tensor<2x4x5x7xf32>
  func.return %r : tensor<2x4x5x7xf32>
}

// -----

// An operand has its channels last from the start.
// CHECK-LABEL: func.func @near_miss_as_it_comes
// CHECK-NEXT:   %a = engine.transpose %x
func.func @near_miss_as_it_comes(%x: tensor<2x4x5x6xf32>, %y: tensor<2x5x6x4xf32>) -> tensor<2x5x6x8xf32> {
  %a = engine.transpose %x {perm = array<i64: 0, 2, 3, 1>} : tensor<2x4x5x6xf32> -> tensor<2x5x6x4xf32>
  %c = engine.concat %a, %y {axis = 3 : i64} : tensor<2x5x6x4xf32>, tensor<2x5x6x4xf32> -> tensor<2x5x6x8xf32>
  func.return %c : tensor<2x5x6x8xf32>
}

// -----

// One transpose would become another one.
// CHECK-LABEL: func.func @near_miss_one_that_stays
// CHECK:        engine.concat %a, %k {axis = 2 : i64}
func.func @near_miss_one_that_stays(%x: tensor<2x4x5x6xf32>) -> tensor<2x5x7x4xf32> {
  %a = engine.transpose %x {perm = array<i64: 0, 2, 3, 1>} : tensor<2x4x5x6xf32> -> tensor<2x5x6x4xf32>
  %k = engine.constant dense<1.0> : tensor<2x5x1x4xf32> -> tensor<2x5x1x4xf32>
  %c = engine.concat %a, %k {axis = 2 : i64} : tensor<2x5x6x4xf32>, tensor<2x5x1x4xf32> -> tensor<2x5x7x4xf32>
  func.return %c : tensor<2x5x7x4xf32>
}
