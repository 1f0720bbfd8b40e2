// RUN: opt-tool %s --split-input-file -p 'optimize{only=concat-of-slices exactness=bitwise}' --check-numerics | filecheck %s

// Adjacent slices joined are one slice.

func.func @halves(%x: tensor<6x4xf32>, %y: tensor<6x1xf32>) -> tensor<6x4xf32> {
  %a = engine.slice %x {starts = array<i64: 0, 0>, sizes = array<i64: 6, 1>, steps = array<i64: 1, 1>} : tensor<6x4xf32> -> tensor<6x1xf32>
  %b = engine.slice %x {starts = array<i64: 0, 1>, sizes = array<i64: 6, 2>, steps = array<i64: 1, 1>} : tensor<6x4xf32> -> tensor<6x2xf32>
  %c = engine.concat %a, %b, %y {axis = 1 : i64} : tensor<6x1xf32>, tensor<6x2xf32>, tensor<6x1xf32> -> tensor<6x4xf32>
  func.return %c : tensor<6x4xf32>
}

// CHECK-LABEL: func.func @halves
// CHECK-NEXT:      %{{.*}} = engine.slice %{{.*}} {rewrites = ["concat-of-slices"], starts = array<i64: 0, 0>, sizes = array<i64: 6, 3>, steps = array<i64: 1, 1>} : tensor<6x4xf32> -> tensor<6x3xf32>
// CHECK-NEXT:      %{{.*}} = engine.concat %{{.*}}, %{{.*}} {rewrites = ["concat-of-slices"], axis = 1 : i64} : tensor<6x3xf32>, tensor<6x1xf32> -> tensor<6x4xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<6x4xf32>
// CHECK-NEXT:    }

// -----

func.func @near_miss_gap(%x: tensor<6x4xf32>) -> tensor<6x2xf32> {
  %a = engine.slice %x {starts = array<i64: 0, 0>, sizes = array<i64: 6, 1>, steps = array<i64: 1, 1>} : tensor<6x4xf32> -> tensor<6x1xf32>
  %b = engine.slice %x {starts = array<i64: 0, 2>, sizes = array<i64: 6, 1>, steps = array<i64: 1, 1>} : tensor<6x4xf32> -> tensor<6x1xf32>
  %c = engine.concat %a, %b {axis = 1 : i64} : tensor<6x1xf32>, tensor<6x1xf32> -> tensor<6x2xf32>
  func.return %c : tensor<6x2xf32>
}

// CHECK-LABEL: func.func @near_miss_gap
// CHECK-NEXT:      %{{.*}} = engine.slice %{{.*}} {starts = array<i64: 0, 0>, sizes = array<i64: 6, 1>, steps = array<i64: 1, 1>} : tensor<6x4xf32> -> tensor<6x1xf32>
// CHECK-NEXT:      %{{.*}} = engine.slice %{{.*}} {starts = array<i64: 0, 2>, sizes = array<i64: 6, 1>, steps = array<i64: 1, 1>} : tensor<6x4xf32> -> tensor<6x1xf32>
// CHECK-NEXT:      %{{.*}} = engine.concat %{{.*}}, %{{.*}} {axis = 1 : i64} : tensor<6x1xf32>, tensor<6x1xf32> -> tensor<6x2xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<6x2xf32>
// CHECK-NEXT:    }

// -----

// The halves change places.
func.func @near_miss_swapped(%x: tensor<6x4xf32>) -> tensor<6x4xf32> {
  %a = engine.slice %x {starts = array<i64: 0, 2>, sizes = array<i64: 6, 2>, steps = array<i64: 1, 1>} : tensor<6x4xf32> -> tensor<6x2xf32>
  %b = engine.slice %x {starts = array<i64: 0, 0>, sizes = array<i64: 6, 2>, steps = array<i64: 1, 1>} : tensor<6x4xf32> -> tensor<6x2xf32>
  %c = engine.concat %a, %b {axis = 1 : i64} : tensor<6x2xf32>, tensor<6x2xf32> -> tensor<6x4xf32>
  func.return %c : tensor<6x4xf32>
}

// CHECK-LABEL: func.func @near_miss_swapped
// CHECK-NEXT:      %{{.*}} = engine.slice %{{.*}} {starts = array<i64: 0, 2>, sizes = array<i64: 6, 2>, steps = array<i64: 1, 1>} : tensor<6x4xf32> -> tensor<6x2xf32>
// CHECK-NEXT:      %{{.*}} = engine.slice %{{.*}} {starts = array<i64: 0, 0>, sizes = array<i64: 6, 2>, steps = array<i64: 1, 1>} : tensor<6x4xf32> -> tensor<6x2xf32>
// CHECK-NEXT:      %{{.*}} = engine.concat %{{.*}}, %{{.*}} {axis = 1 : i64} : tensor<6x2xf32>, tensor<6x2xf32> -> tensor<6x4xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<6x4xf32>
// CHECK-NEXT:    }

// -----

func.func @near_miss_two_tensors(%x: tensor<6x4xf32>, %y: tensor<6x4xf32>) -> tensor<6x4xf32> {
  %a = engine.slice %x {starts = array<i64: 0, 0>, sizes = array<i64: 6, 2>, steps = array<i64: 1, 1>} : tensor<6x4xf32> -> tensor<6x2xf32>
  %b = engine.slice %y {starts = array<i64: 0, 2>, sizes = array<i64: 6, 2>, steps = array<i64: 1, 1>} : tensor<6x4xf32> -> tensor<6x2xf32>
  %c = engine.concat %a, %b {axis = 1 : i64} : tensor<6x2xf32>, tensor<6x2xf32> -> tensor<6x4xf32>
  func.return %c : tensor<6x4xf32>
}

// CHECK-LABEL: func.func @near_miss_two_tensors
// CHECK-NEXT:      %{{.*}} = engine.slice %{{.*}} {starts = array<i64: 0, 0>, sizes = array<i64: 6, 2>, steps = array<i64: 1, 1>} : tensor<6x4xf32> -> tensor<6x2xf32>
// CHECK-NEXT:      %{{.*}} = engine.slice %{{.*}} {starts = array<i64: 0, 2>, sizes = array<i64: 6, 2>, steps = array<i64: 1, 1>} : tensor<6x4xf32> -> tensor<6x2xf32>
// CHECK-NEXT:      %{{.*}} = engine.concat %{{.*}}, %{{.*}} {axis = 1 : i64} : tensor<6x2xf32>, tensor<6x2xf32> -> tensor<6x4xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<6x4xf32>
// CHECK-NEXT:    }
