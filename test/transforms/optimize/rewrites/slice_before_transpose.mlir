// RUN: opt-tool %s --split-input-file -p 'optimize{only=slice-before-transpose exactness=bitwise}' --check-numerics | filecheck %s

// Queries, keys and values out of one product are views of it.

func.func @one_of_three(%x: tensor<4x5x3x2x8xf32>) -> tensor<4x2x5x8xf32> {
  %a = engine.transpose %x {perm = array<i64: 2, 0, 3, 1, 4>} : tensor<4x5x3x2x8xf32> -> tensor<3x4x2x5x8xf32>
  %b = engine.slice %a {starts = array<i64: 1, 0, 0, 0, 0>, sizes = array<i64: 1, 4, 2, 5, 8>, steps = array<i64: 1, 1, 1, 1, 1>} : tensor<3x4x2x5x8xf32> -> tensor<1x4x2x5x8xf32>
  %c = engine.reshape %b : tensor<1x4x2x5x8xf32> -> tensor<4x2x5x8xf32>
  func.return %c : tensor<4x2x5x8xf32>
}

// CHECK-LABEL: func.func @one_of_three
// CHECK-NEXT:      %{{.*}} = engine.reshape %{{.*}} {rewrites = ["slice-before-transpose"]} : tensor<4x5x3x2x8xf32> -> tensor<4x5x6x8xf32>
// CHECK-NEXT:      %{{.*}} = engine.slice %{{.*}} {rewrites = ["slice-before-transpose"], starts = array<i64: 0, 0, 2, 0>, sizes = array<i64: 4, 5, 2, 8>, steps = array<i64: 1, 1, 1, 1>} : tensor<4x5x6x8xf32> -> tensor<4x5x2x8xf32>
// CHECK-NEXT:      %{{.*}} = engine.transpose %{{.*}} {rewrites = ["slice-before-transpose"], perm = array<i64: 0, 2, 1, 3>} : tensor<4x5x2x8xf32> -> tensor<4x2x5x8xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<4x2x5x8xf32>
// CHECK-NEXT:    }

// -----

func.func @open(%x: tensor<?x3x2x8xf32, #engine.sizes<"S">>) -> tensor<2x?x8xf32, #engine.sizes<"S">> attributes {sizes = #engine.names<S in 1>} {
  %a = engine.transpose %x {perm = array<i64: 1, 2, 0, 3>} : tensor<?x3x2x8xf32, #engine.sizes<"S">> -> tensor<3x2x?x8xf32, #engine.sizes<"S">>
  %b = engine.slice %a {starts = array<i64: 2, 0, 0, 0>, sizes = #engine.extents<[1, 2, "S", 8]>, steps = array<i64: 1, 1, 1, 1>} : tensor<3x2x?x8xf32, #engine.sizes<"S">> -> tensor<1x2x?x8xf32, #engine.sizes<"S">>
  %c = engine.reshape %b : tensor<1x2x?x8xf32, #engine.sizes<"S">> -> tensor<2x?x8xf32, #engine.sizes<"S">>
  func.return %c : tensor<2x?x8xf32, #engine.sizes<"S">>
}

// CHECK-LABEL: func.func @open
// CHECK-NEXT:      %{{.*}} = engine.reshape %{{.*}} {rewrites = ["slice-before-transpose"]} : tensor<?x3x2x8xf32, #engine.sizes<"S">> -> tensor<?x6x8xf32, #engine.sizes<"S">>
// CHECK-NEXT:      %{{.*}} = engine.slice %{{.*}} {rewrites = ["slice-before-transpose"], starts = array<i64: 0, 4, 0>, sizes = #engine.extents<["S", 2, 8]>, steps = array<i64: 1, 1, 1>} : tensor<?x6x8xf32, #engine.sizes<"S">> -> tensor<?x2x8xf32, #engine.sizes<"S">>
// CHECK-NEXT:      %{{.*}} = engine.transpose %{{.*}} {rewrites = ["slice-before-transpose"], perm = array<i64: 1, 0, 2>} : tensor<?x2x8xf32, #engine.sizes<"S">> -> tensor<2x?x8xf32, #engine.sizes<"S">>
// CHECK-NEXT:      func.return %{{.*}} : tensor<2x?x8xf32, #engine.sizes<"S">>
// CHECK-NEXT:    }

// -----

// Nothing is behind the dimension.
func.func @near_miss_last(%x: tensor<4x5x3xf32>) -> tensor<4x5xf32> {
  %a = engine.transpose %x {perm = array<i64: 2, 0, 1>} : tensor<4x5x3xf32> -> tensor<3x4x5xf32>
  %b = engine.slice %a {starts = array<i64: 1, 0, 0>, sizes = array<i64: 1, 4, 5>, steps = array<i64: 1, 1, 1>} : tensor<3x4x5xf32> -> tensor<1x4x5xf32>
  %c = engine.reshape %b : tensor<1x4x5xf32> -> tensor<4x5xf32>
  func.return %c : tensor<4x5xf32>
}

// CHECK-LABEL: func.func @near_miss_last
// CHECK-NEXT:      %{{.*}} = engine.transpose %{{.*}} {perm = array<i64: 2, 0, 1>} : tensor<4x5x3xf32> -> tensor<3x4x5xf32>
// CHECK-NEXT:      %{{.*}} = engine.slice %{{.*}} {starts = array<i64: 1, 0, 0>, sizes = array<i64: 1, 4, 5>, steps = array<i64: 1, 1, 1>} : tensor<3x4x5xf32> -> tensor<1x4x5xf32>
// CHECK-NEXT:      %{{.*}} = engine.reshape %{{.*}} : tensor<1x4x5xf32> -> tensor<4x5xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<4x5xf32>
// CHECK-NEXT:    }

// -----

// Two indices are taken.
func.func @near_miss_two(%x: tensor<4x3x5xf32>) -> tensor<8x5xf32> {
  %a = engine.transpose %x {perm = array<i64: 1, 0, 2>} : tensor<4x3x5xf32> -> tensor<3x4x5xf32>
  %b = engine.slice %a {starts = array<i64: 1, 0, 0>, sizes = array<i64: 2, 4, 5>, steps = array<i64: 1, 1, 1>} : tensor<3x4x5xf32> -> tensor<2x4x5xf32>
  %c = engine.reshape %b : tensor<2x4x5xf32> -> tensor<8x5xf32>
  func.return %c : tensor<8x5xf32>
}

// CHECK-LABEL: func.func @near_miss_two
// CHECK-NEXT:      %{{.*}} = engine.transpose %{{.*}} {perm = array<i64: 1, 0, 2>} : tensor<4x3x5xf32> -> tensor<3x4x5xf32>
// CHECK-NEXT:      %{{.*}} = engine.slice %{{.*}} {starts = array<i64: 1, 0, 0>, sizes = array<i64: 2, 4, 5>, steps = array<i64: 1, 1, 1>} : tensor<3x4x5xf32> -> tensor<2x4x5xf32>
// CHECK-NEXT:      %{{.*}} = engine.reshape %{{.*}} : tensor<2x4x5xf32> -> tensor<8x5xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<8x5xf32>
// CHECK-NEXT:    }

// -----

// The reshape drops another dimension.
func.func @near_miss_other(%x: tensor<4x3x1x5xf32>) -> tensor<1x4x5xf32> {
  %a = engine.transpose %x {perm = array<i64: 1, 0, 2, 3>} : tensor<4x3x1x5xf32> -> tensor<3x4x1x5xf32>
  %b = engine.slice %a {starts = array<i64: 1, 1, 0, 0>, sizes = array<i64: 1, 2, 1, 5>, steps = array<i64: 1, 1, 1, 1>} : tensor<3x4x1x5xf32> -> tensor<1x2x1x5xf32>
  %c = engine.reshape %b : tensor<1x2x1x5xf32> -> tensor<1x2x5xf32>
  %d = engine.concat %c, %c {axis = 1 : i64} : tensor<1x2x5xf32>, tensor<1x2x5xf32> -> tensor<1x4x5xf32>
  func.return %d : tensor<1x4x5xf32>
}

// CHECK-LABEL: func.func @near_miss_other
// CHECK-NEXT:      %{{.*}} = engine.transpose %{{.*}} {perm = array<i64: 1, 0, 2, 3>} : tensor<4x3x1x5xf32> -> tensor<3x4x1x5xf32>
// CHECK-NEXT:      %{{.*}} = engine.slice %{{.*}} {starts = array<i64: 1, 1, 0, 0>, sizes = array<i64: 1, 2, 1, 5>, steps = array<i64: 1, 1, 1, 1>} : tensor<3x4x1x5xf32> -> tensor<1x2x1x5xf32>
// CHECK-NEXT:      %{{.*}} = engine.reshape %{{.*}} : tensor<1x2x1x5xf32> -> tensor<1x2x5xf32>
// CHECK-NEXT:      %{{.*}} = engine.concat %{{.*}}, %{{.*}} {axis = 1 : i64} : tensor<1x2x5xf32>, tensor<1x2x5xf32> -> tensor<1x4x5xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<1x4x5xf32>
// CHECK-NEXT:    }
