// RUN: opt-tool %s --split-input-file -p 'optimize{only=drop-whole-slice exactness=bitwise}' --check-numerics | filecheck %s

// A slice that takes every element in order disappears.
//
//     slice(x) => x if it takes every element in order.

func.func @whole(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %0 = engine.slice %x {starts = array<i64: 0, 0>, sizes = array<i64: 4, 8>, steps = array<i64: 1, 1>} : tensor<4x8xf32> -> tensor<4x8xf32>
  func.return %0 : tensor<4x8xf32>
}

// CHECK-LABEL: func.func @whole
// CHECK-NEXT:      func.return %{{.*}} : tensor<4x8xf32>
// CHECK-NEXT:    }

// -----

// A dimension of extent 1 may be walked in any step.
func.func @unit_dimension(%x: tensor<1x8xf32>) -> tensor<1x8xf32> {
  %0 = engine.slice %x {starts = array<i64: 0, 0>, sizes = array<i64: 1, 8>, steps = array<i64: -1, 1>} : tensor<1x8xf32> -> tensor<1x8xf32>
  func.return %0 : tensor<1x8xf32>
}

// CHECK-LABEL: func.func @unit_dimension
// CHECK-NEXT:      func.return %{{.*}} : tensor<1x8xf32>
// CHECK-NEXT:    }

// -----

// Starting at 0 is not enough: the slice must also reach the end.
func.func @near_miss_prefix(%x: tensor<4x8xf32>) -> tensor<4x7xf32> {
  %0 = engine.slice %x {starts = array<i64: 0, 0>, sizes = array<i64: 4, 7>, steps = array<i64: 1, 1>} : tensor<4x8xf32> -> tensor<4x7xf32>
  func.return %0 : tensor<4x7xf32>
}

// CHECK-LABEL: func.func @near_miss_prefix
// CHECK-NEXT:      %{{.*}} = engine.slice %{{.*}} {starts = array<i64: 0, 0>, sizes = array<i64: 4, 7>, steps = array<i64: 1, 1>} : tensor<4x8xf32> -> tensor<4x7xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<4x7xf32>
// CHECK-NEXT:    }

// -----

// All elements, but backwards.
func.func @near_miss_reversed(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %0 = engine.slice %x {starts = array<i64: 0, 7>, sizes = array<i64: 4, 8>, steps = array<i64: 1, -1>} : tensor<4x8xf32> -> tensor<4x8xf32>
  func.return %0 : tensor<4x8xf32>
}

// CHECK-LABEL: func.func @near_miss_reversed
// CHECK-NEXT:      %{{.*}} = engine.slice %{{.*}} {starts = array<i64: 0, 7>, sizes = array<i64: 4, 8>, steps = array<i64: 1, -1>} : tensor<4x8xf32> -> tensor<4x8xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<4x8xf32>
// CHECK-NEXT:    }
