// RUN: opt-tool %s --split-input-file -p 'optimize{only=slice-of-concat exactness=bitwise}' --check-numerics | filecheck %s

// What a slice takes from one operand of a concat it takes there.

func.func @second(%x: tensor<2x3xf32>, %y: tensor<4x3xf32>) -> tensor<2x3xf32> {
  %a = engine.concat %x, %y {axis = 0 : i64} : tensor<2x3xf32>, tensor<4x3xf32> -> tensor<6x3xf32>
  %b = engine.slice %a {starts = array<i64: 3, 0>, sizes = array<i64: 2, 3>, steps = array<i64: 1, 1>} : tensor<6x3xf32> -> tensor<2x3xf32>
  func.return %b : tensor<2x3xf32>
}

// CHECK-LABEL: func.func @second
// CHECK-NEXT:      %{{.*}} = engine.slice %{{.*}} {rewrites = ["slice-of-concat"], starts = array<i64: 1, 0>, sizes = array<i64: 2, 3>, steps = array<i64: 1, 1>} : tensor<4x3xf32> -> tensor<2x3xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<2x3xf32>
// CHECK-NEXT:    }

// -----

func.func @backwards(%x: tensor<2x3xf32>, %y: tensor<4x3xf32>) -> tensor<2x3xf32> {
  %a = engine.concat %x, %y {axis = 0 : i64} : tensor<2x3xf32>, tensor<4x3xf32> -> tensor<6x3xf32>
  %b = engine.slice %a {starts = array<i64: 1, 0>, sizes = array<i64: 2, 3>, steps = array<i64: -1, 1>} : tensor<6x3xf32> -> tensor<2x3xf32>
  func.return %b : tensor<2x3xf32>
}

// CHECK-LABEL: func.func @backwards
// CHECK-NEXT:      %{{.*}} = engine.slice %{{.*}} {rewrites = ["slice-of-concat"], starts = array<i64: 1, 0>, sizes = array<i64: 2, 3>, steps = array<i64: -1, 1>} : tensor<2x3xf32> -> tensor<2x3xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<2x3xf32>
// CHECK-NEXT:    }

// -----

// The slice crosses from one operand to the other.
func.func @near_miss_both(%x: tensor<2x3xf32>, %y: tensor<4x3xf32>) -> tensor<2x3xf32> {
  %a = engine.concat %x, %y {axis = 0 : i64} : tensor<2x3xf32>, tensor<4x3xf32> -> tensor<6x3xf32>
  %b = engine.slice %a {starts = array<i64: 1, 0>, sizes = array<i64: 2, 3>, steps = array<i64: 1, 1>} : tensor<6x3xf32> -> tensor<2x3xf32>
  func.return %b : tensor<2x3xf32>
}

// CHECK-LABEL: func.func @near_miss_both
// CHECK-NEXT:      %{{.*}} = engine.concat %{{.*}}, %{{.*}} {axis = 0 : i64} : tensor<2x3xf32>, tensor<4x3xf32> -> tensor<6x3xf32>
// CHECK-NEXT:      %{{.*}} = engine.slice %{{.*}} {starts = array<i64: 1, 0>, sizes = array<i64: 2, 3>, steps = array<i64: 1, 1>} : tensor<6x3xf32> -> tensor<2x3xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<2x3xf32>
// CHECK-NEXT:    }

// -----

// It takes a part of both.
func.func @near_miss_other_axis(%x: tensor<2x3xf32>, %y: tensor<2x3xf32>) -> tensor<4x2xf32> {
  %a = engine.concat %x, %y {axis = 0 : i64} : tensor<2x3xf32>, tensor<2x3xf32> -> tensor<4x3xf32>
  %b = engine.slice %a {starts = array<i64: 0, 1>, sizes = array<i64: 4, 2>, steps = array<i64: 1, 1>} : tensor<4x3xf32> -> tensor<4x2xf32>
  func.return %b : tensor<4x2xf32>
}

// CHECK-LABEL: func.func @near_miss_other_axis
// CHECK-NEXT:      %{{.*}} = engine.concat %{{.*}}, %{{.*}} {axis = 0 : i64} : tensor<2x3xf32>, tensor<2x3xf32> -> tensor<4x3xf32>
// CHECK-NEXT:      %{{.*}} = engine.slice %{{.*}} {starts = array<i64: 0, 1>, sizes = array<i64: 4, 2>, steps = array<i64: 1, 1>} : tensor<4x3xf32> -> tensor<4x2xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<4x2xf32>
// CHECK-NEXT:    }
