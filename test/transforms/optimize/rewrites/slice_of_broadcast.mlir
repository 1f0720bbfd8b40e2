// RUN: opt-tool %s --split-input-file -p 'optimize{only=slice-of-broadcast exactness=bitwise}' --check-numerics | filecheck %s

func.func @repeated_and_not(%x: tensor<5x1xf32>) -> tensor<2x3x4xf32> {
  %a = engine.broadcast %x : tensor<5x1xf32> -> tensor<6x5x7xf32>
  %b = engine.slice %a {starts = array<i64: 1, 0, 2>, sizes = array<i64: 2, 3, 4>, steps = array<i64: 1, 2, 1>} : tensor<6x5x7xf32> -> tensor<2x3x4xf32>
  func.return %b : tensor<2x3x4xf32>
}

// CHECK-LABEL: func.func @repeated_and_not
// CHECK-NEXT:      %{{.*}} = engine.slice %{{.*}} {rewrites = ["slice-of-broadcast"], starts = array<i64: 0, 0>, sizes = array<i64: 3, 1>, steps = array<i64: 2, 1>} : tensor<5x1xf32> -> tensor<3x1xf32>
// CHECK-NEXT:      %{{.*}} = engine.broadcast %{{.*}} {rewrites = ["slice-of-broadcast"]} : tensor<3x1xf32> -> tensor<2x3x4xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<2x3x4xf32>
// CHECK-NEXT:    }

// -----

// Only what is repeated is taken in part.
func.func @open(%x: tensor<1x4xf32>) -> tensor<?x4xf32, #engine.sizes<"S">> attributes {sizes = #engine.names<S in 1>} {
  %a = engine.broadcast %x : tensor<1x4xf32> -> tensor<?x4xf32, #engine.sizes<"S + 2">>
  %b = engine.slice %a {starts = array<i64: 2, 0>, sizes = #engine.extents<["S", 4]>, steps = array<i64: 1, 1>} : tensor<?x4xf32, #engine.sizes<"S + 2">> -> tensor<?x4xf32, #engine.sizes<"S">>
  func.return %b : tensor<?x4xf32, #engine.sizes<"S">>
}

// CHECK-LABEL: func.func @open
// CHECK-NEXT:      %{{.*}} = engine.broadcast %{{.*}} {rewrites = ["slice-of-broadcast"]} : tensor<1x4xf32> -> tensor<?x4xf32, #engine.sizes<"S">>
// CHECK-NEXT:      func.return %{{.*}} : tensor<?x4xf32, #engine.sizes<"S">>
// CHECK-NEXT:    }

// -----

// A pad is no broadcast.
func.func @near_miss_pad(%x: tensor<1x4xf32>) -> tensor<2x4xf32> {
  %a = engine.pad %x {low = array<i64: 0, 0>, high = array<i64: 2, 0>, mode = "edge", value = 0.000000e+00 : f32} : tensor<1x4xf32> -> tensor<3x4xf32>
  %b = engine.slice %a {starts = array<i64: 1, 0>, sizes = array<i64: 2, 4>, steps = array<i64: 1, 1>} : tensor<3x4xf32> -> tensor<2x4xf32>
  func.return %b : tensor<2x4xf32>
}

// CHECK-LABEL: func.func @near_miss_pad
// CHECK-NEXT:      %{{.*}} = engine.pad %{{.*}} {low = array<i64: 0, 0>, high = array<i64: 2, 0>, mode = "edge", value = 0.000000e+00 : f32} : tensor<1x4xf32> -> tensor<3x4xf32>
// CHECK-NEXT:      %{{.*}} = engine.slice %{{.*}} {starts = array<i64: 1, 0>, sizes = array<i64: 2, 4>, steps = array<i64: 1, 1>} : tensor<3x4xf32> -> tensor<2x4xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<2x4xf32>
// CHECK-NEXT:    }

// -----

// It is there anyway, and a slice of it is a view.
func.func @near_miss_read(%x: tensor<1x4xf32>) -> (tensor<2x4xf32>, tensor<3x4xf32>) {
  %a = engine.broadcast %x : tensor<1x4xf32> -> tensor<3x4xf32>
  %b = engine.slice %a {starts = array<i64: 1, 0>, sizes = array<i64: 2, 4>, steps = array<i64: 1, 1>} : tensor<3x4xf32> -> tensor<2x4xf32>
  func.return %b, %a : tensor<2x4xf32>, tensor<3x4xf32>
}

// CHECK-LABEL: func.func @near_miss_read
// CHECK-NEXT:      %{{.*}} = engine.broadcast %{{.*}} : tensor<1x4xf32> -> tensor<3x4xf32>
// CHECK-NEXT:      %{{.*}} = engine.slice %{{.*}} {starts = array<i64: 1, 0>, sizes = array<i64: 2, 4>, steps = array<i64: 1, 1>} : tensor<3x4xf32> -> tensor<2x4xf32>
// CHECK-NEXT:      func.return %{{.*}}, %{{.*}} : tensor<2x4xf32>, tensor<3x4xf32>
// CHECK-NEXT:    }
