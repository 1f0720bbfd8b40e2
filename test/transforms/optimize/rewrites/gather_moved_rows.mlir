// RUN: opt-tool %s --split-input-file -p 'optimize{only=gather-moved-rows exactness=bitwise}' --check-numerics | filecheck %s

// A cyclic shift in two directions is one copy.

func.func @shift(%x: tensor<1x4x4x32xf32>) -> tensor<1x4x4x32xf32> {
  %a = engine.slice %x {starts = array<i64: 0, 1, 0, 0>, sizes = array<i64: 1, 3, 4, 32>, steps = array<i64: 1, 1, 1, 1>} : tensor<1x4x4x32xf32> -> tensor<1x3x4x32xf32>
  %b = engine.slice %x {starts = array<i64: 0, 0, 0, 0>, sizes = array<i64: 1, 1, 4, 32>, steps = array<i64: 1, 1, 1, 1>} : tensor<1x4x4x32xf32> -> tensor<1x1x4x32xf32>
  %c = engine.concat %a, %b {axis = 1 : i64} : tensor<1x3x4x32xf32>, tensor<1x1x4x32xf32> -> tensor<1x4x4x32xf32>
  %d = engine.slice %c {starts = array<i64: 0, 0, 1, 0>, sizes = array<i64: 1, 4, 3, 32>, steps = array<i64: 1, 1, 1, 1>} : tensor<1x4x4x32xf32> -> tensor<1x4x3x32xf32>
  %e = engine.slice %c {starts = array<i64: 0, 0, 0, 0>, sizes = array<i64: 1, 4, 1, 32>, steps = array<i64: 1, 1, 1, 1>} : tensor<1x4x4x32xf32> -> tensor<1x4x1x32xf32>
  %f = engine.concat %d, %e {axis = 2 : i64} : tensor<1x4x3x32xf32>, tensor<1x4x1x32xf32> -> tensor<1x4x4x32xf32>
  func.return %f : tensor<1x4x4x32xf32>
}

// CHECK-LABEL: func.func @shift
// CHECK-NEXT:      %{{.*}} = engine.reshape %{{.*}} {rewrites = ["gather-moved-rows"]} : tensor<1x4x4x32xf32> -> tensor<16x32xf32>
// CHECK-NEXT:      %{{.*}} = engine.constant dense<[5, 6, 7, 4, 9, 10, 11, 8, 13, 14, 15, 12, 1, 2, 3, 0]> : tensor<16xi64> -> tensor<16xi64>
// CHECK-NEXT:      %{{.*}} = engine.gather %{{.*}}, %{{.*}} {rewrites = ["gather-moved-rows"], axis = 0 : i64} : tensor<16x32xf32>, tensor<16xi64> -> tensor<16x32xf32>
// CHECK-NEXT:      %{{.*}} = engine.reshape %{{.*}} {rewrites = ["gather-moved-rows"]} : tensor<16x32xf32> -> tensor<1x4x4x32xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<1x4x4x32xf32>
// CHECK-NEXT:    }

// -----

// A shift, then windows.
func.func @windows(%x: tensor<1x4x6x16xf32>) -> tensor<6x4x16xf32> {
  %a = engine.slice %x {starts = array<i64: 0, 0, 4, 0>, sizes = array<i64: 1, 4, 2, 16>, steps = array<i64: 1, 1, 1, 1>} : tensor<1x4x6x16xf32> -> tensor<1x4x2x16xf32>
  %b = engine.slice %x {starts = array<i64: 0, 0, 0, 0>, sizes = array<i64: 1, 4, 4, 16>, steps = array<i64: 1, 1, 1, 1>} : tensor<1x4x6x16xf32> -> tensor<1x4x4x16xf32>
  %c = engine.concat %a, %b {axis = 2 : i64} : tensor<1x4x2x16xf32>, tensor<1x4x4x16xf32> -> tensor<1x4x6x16xf32>
  %d = engine.reshape %c : tensor<1x4x6x16xf32> -> tensor<1x2x2x3x2x16xf32>
  %e = engine.transpose %d {perm = array<i64: 0, 1, 3, 2, 4, 5>} : tensor<1x2x2x3x2x16xf32> -> tensor<1x2x3x2x2x16xf32>
  %f = engine.reshape %e : tensor<1x2x3x2x2x16xf32> -> tensor<6x4x16xf32>
  func.return %f : tensor<6x4x16xf32>
}

// CHECK-LABEL: func.func @windows
// CHECK-NEXT:      %{{.*}} = engine.reshape %{{.*}} {rewrites = ["gather-moved-rows"]} : tensor<1x4x6x16xf32> -> tensor<24x16xf32>
// CHECK-NEXT:      %{{.*}} = engine.constant dense<[4, 5, 10, 11, 0, 1, 6, 7, 2, 3, 8, 9, 16, 17, 22, 23, 12, 13, 18, 19, 14, 15, 20, 21]> : tensor<24xi64> -> tensor<24xi64>
// CHECK-NEXT:      %{{.*}} = engine.gather %{{.*}}, %{{.*}} {rewrites = ["gather-moved-rows"], axis = 0 : i64} : tensor<24x16xf32>, tensor<24xi64> -> tensor<24x16xf32>
// CHECK-NEXT:      %{{.*}} = engine.reshape %{{.*}} {rewrites = ["gather-moved-rows"]} : tensor<24x16xf32> -> tensor<6x4x16xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<6x4x16xf32>
// CHECK-NEXT:    }

// -----

// One of the operations is a copy anyway.
func.func @near_miss_one_copy(%x: tensor<1x4x4x32xf32>) -> tensor<4x4x32xf32> {
  %a = engine.reshape %x : tensor<1x4x4x32xf32> -> tensor<1x2x2x2x2x32xf32>
  %b = engine.transpose %a {perm = array<i64: 0, 1, 3, 2, 4, 5>} : tensor<1x2x2x2x2x32xf32> -> tensor<1x2x2x2x2x32xf32>
  %c = engine.reshape %b : tensor<1x2x2x2x2x32xf32> -> tensor<4x4x32xf32>
  func.return %c : tensor<4x4x32xf32>
}

// CHECK-LABEL: func.func @near_miss_one_copy
// CHECK-NEXT:      %{{.*}} = engine.reshape %{{.*}} : tensor<1x4x4x32xf32> -> tensor<1x2x2x2x2x32xf32>
// CHECK-NEXT:      %{{.*}} = engine.transpose %{{.*}} {perm = array<i64: 0, 1, 3, 2, 4, 5>} : tensor<1x2x2x2x2x32xf32> -> tensor<1x2x2x2x2x32xf32>
// CHECK-NEXT:      %{{.*}} = engine.reshape %{{.*}} : tensor<1x2x2x2x2x32xf32> -> tensor<4x4x32xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<4x4x32xf32>
// CHECK-NEXT:    }

// -----

// The columns of a row change places.
func.func @near_miss_rows(%x: tensor<4x4x32xf32>) -> tensor<4x4x32xf32> {
  %a = engine.slice %x {starts = array<i64: 1, 0, 0>, sizes = array<i64: 3, 4, 32>, steps = array<i64: 1, 1, 1>} : tensor<4x4x32xf32> -> tensor<3x4x32xf32>
  %b = engine.slice %x {starts = array<i64: 0, 0, 0>, sizes = array<i64: 1, 4, 32>, steps = array<i64: 1, 1, 1>} : tensor<4x4x32xf32> -> tensor<1x4x32xf32>
  %c = engine.concat %a, %b {axis = 0 : i64} : tensor<3x4x32xf32>, tensor<1x4x32xf32> -> tensor<4x4x32xf32>
  %d = engine.slice %c {starts = array<i64: 0, 0, 8>, sizes = array<i64: 4, 4, 24>, steps = array<i64: 1, 1, 1>} : tensor<4x4x32xf32> -> tensor<4x4x24xf32>
  %e = engine.slice %c {starts = array<i64: 0, 0, 0>, sizes = array<i64: 4, 4, 8>, steps = array<i64: 1, 1, 1>} : tensor<4x4x32xf32> -> tensor<4x4x8xf32>
  %f = engine.concat %d, %e {axis = 2 : i64} : tensor<4x4x24xf32>, tensor<4x4x8xf32> -> tensor<4x4x32xf32>
  func.return %f : tensor<4x4x32xf32>
}

// CHECK-LABEL: func.func @near_miss_rows
// CHECK-NEXT:      %{{.*}} = engine.slice %{{.*}} {starts = array<i64: 1, 0, 0>, sizes = array<i64: 3, 4, 32>, steps = array<i64: 1, 1, 1>} : tensor<4x4x32xf32> -> tensor<3x4x32xf32>
// CHECK-NEXT:      %{{.*}} = engine.slice %{{.*}} {starts = array<i64: 0, 0, 0>, sizes = array<i64: 1, 4, 32>, steps = array<i64: 1, 1, 1>} : tensor<4x4x32xf32> -> tensor<1x4x32xf32>
// CHECK-NEXT:      %{{.*}} = engine.concat %{{.*}}, %{{.*}} {axis = 0 : i64} : tensor<3x4x32xf32>, tensor<1x4x32xf32> -> tensor<4x4x32xf32>
// CHECK-NEXT:      %{{.*}} = engine.slice %{{.*}} {starts = array<i64: 0, 0, 8>, sizes = array<i64: 4, 4, 24>, steps = array<i64: 1, 1, 1>} : tensor<4x4x32xf32> -> tensor<4x4x24xf32>
// CHECK-NEXT:      %{{.*}} = engine.slice %{{.*}} {starts = array<i64: 0, 0, 0>, sizes = array<i64: 4, 4, 8>, steps = array<i64: 1, 1, 1>} : tensor<4x4x32xf32> -> tensor<4x4x8xf32>
// CHECK-NEXT:      %{{.*}} = engine.concat %{{.*}}, %{{.*}} {axis = 2 : i64} : tensor<4x4x24xf32>, tensor<4x4x8xf32> -> tensor<4x4x32xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<4x4x32xf32>
// CHECK-NEXT:    }

// -----

// What is in between is an output, too.
func.func @near_miss_read(%x: tensor<4x4x32xf32>) -> (tensor<4x4x32xf32>, tensor<4x4x32xf32>) {
  %a = engine.slice %x {starts = array<i64: 1, 0, 0>, sizes = array<i64: 3, 4, 32>, steps = array<i64: 1, 1, 1>} : tensor<4x4x32xf32> -> tensor<3x4x32xf32>
  %b = engine.slice %x {starts = array<i64: 0, 0, 0>, sizes = array<i64: 1, 4, 32>, steps = array<i64: 1, 1, 1>} : tensor<4x4x32xf32> -> tensor<1x4x32xf32>
  %c = engine.concat %a, %b {axis = 0 : i64} : tensor<3x4x32xf32>, tensor<1x4x32xf32> -> tensor<4x4x32xf32>
  %d = engine.transpose %c {perm = array<i64: 1, 0, 2>} : tensor<4x4x32xf32> -> tensor<4x4x32xf32>
  %e = engine.reshape %d : tensor<4x4x32xf32> -> tensor<4x4x32xf32>
  func.return %c, %e : tensor<4x4x32xf32>, tensor<4x4x32xf32>
}

// CHECK-LABEL: func.func @near_miss_read
// CHECK-NEXT:      %{{.*}} = engine.slice %{{.*}} {starts = array<i64: 1, 0, 0>, sizes = array<i64: 3, 4, 32>, steps = array<i64: 1, 1, 1>} : tensor<4x4x32xf32> -> tensor<3x4x32xf32>
// CHECK-NEXT:      %{{.*}} = engine.slice %{{.*}} {starts = array<i64: 0, 0, 0>, sizes = array<i64: 1, 4, 32>, steps = array<i64: 1, 1, 1>} : tensor<4x4x32xf32> -> tensor<1x4x32xf32>
// CHECK-NEXT:      %{{.*}} = engine.concat %{{.*}}, %{{.*}} {axis = 0 : i64} : tensor<3x4x32xf32>, tensor<1x4x32xf32> -> tensor<4x4x32xf32>
// CHECK-NEXT:      %{{.*}} = engine.transpose %{{.*}} {perm = array<i64: 1, 0, 2>} : tensor<4x4x32xf32> -> tensor<4x4x32xf32>
// CHECK-NEXT:      %{{.*}} = engine.reshape %{{.*}} : tensor<4x4x32xf32> -> tensor<4x4x32xf32>
// CHECK-NEXT:      func.return %{{.*}}, %{{.*}} : tensor<4x4x32xf32>, tensor<4x4x32xf32>
// CHECK-NEXT:    }

// -----

// Two tensors are joined.
func.func @near_miss_two(%x: tensor<2x4x32xf32>, %y: tensor<2x4x32xf32>) -> tensor<16x32xf32> {
  %a = engine.concat %x, %y {axis = 0 : i64} : tensor<2x4x32xf32>, tensor<2x4x32xf32> -> tensor<4x4x32xf32>
  %b = engine.transpose %a {perm = array<i64: 1, 0, 2>} : tensor<4x4x32xf32> -> tensor<4x4x32xf32>
  %c = engine.reshape %b : tensor<4x4x32xf32> -> tensor<16x32xf32>
  func.return %c : tensor<16x32xf32>
}

// CHECK-LABEL: func.func @near_miss_two
// CHECK-NEXT:      %{{.*}} = engine.concat %{{.*}}, %{{.*}} {axis = 0 : i64} : tensor<2x4x32xf32>, tensor<2x4x32xf32> -> tensor<4x4x32xf32>
// CHECK-NEXT:      %{{.*}} = engine.transpose %{{.*}} {perm = array<i64: 1, 0, 2>} : tensor<4x4x32xf32> -> tensor<4x4x32xf32>
// CHECK-NEXT:      %{{.*}} = engine.reshape %{{.*}} : tensor<4x4x32xf32> -> tensor<16x32xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<16x32xf32>
// CHECK-NEXT:    }

// -----

// Indices of rows need a number of rows.
func.func @near_miss_open(%x: tensor<?x4x32xf32, #engine.sizes<"N">>) -> tensor<?x4x32xf32, #engine.sizes<"N">> attributes {sizes = #engine.names<N in 2 to 64 hint 8>} {
  %a = engine.slice %x {starts = array<i64: 0, 1, 0>, sizes = #engine.extents<["N", 3, 32]>, steps = array<i64: 1, 1, 1>} : tensor<?x4x32xf32, #engine.sizes<"N">> -> tensor<?x3x32xf32, #engine.sizes<"N">>
  %b = engine.slice %x {starts = array<i64: 0, 0, 0>, sizes = #engine.extents<["N", 1, 32]>, steps = array<i64: 1, 1, 1>} : tensor<?x4x32xf32, #engine.sizes<"N">> -> tensor<?x1x32xf32, #engine.sizes<"N">>
  %c = engine.concat %a, %b {axis = 1 : i64} : tensor<?x3x32xf32, #engine.sizes<"N">>, tensor<?x1x32xf32, #engine.sizes<"N">> -> tensor<?x4x32xf32, #engine.sizes<"N">>
  %d = engine.slice %c {starts = array<i64: 0, 2, 0>, sizes = #engine.extents<["N", 2, 32]>, steps = array<i64: 1, 1, 1>} : tensor<?x4x32xf32, #engine.sizes<"N">> -> tensor<?x2x32xf32, #engine.sizes<"N">>
  %e = engine.slice %c {starts = array<i64: 0, 0, 0>, sizes = #engine.extents<["N", 2, 32]>, steps = array<i64: 1, 1, 1>} : tensor<?x4x32xf32, #engine.sizes<"N">> -> tensor<?x2x32xf32, #engine.sizes<"N">>
  %f = engine.concat %d, %e {axis = 1 : i64} : tensor<?x2x32xf32, #engine.sizes<"N">>, tensor<?x2x32xf32, #engine.sizes<"N">> -> tensor<?x4x32xf32, #engine.sizes<"N">>
  func.return %f : tensor<?x4x32xf32, #engine.sizes<"N">>
}

// CHECK-LABEL: func.func @near_miss_open
// CHECK-NEXT:      %{{.*}} = engine.slice %{{.*}} {starts = array<i64: 0, 1, 0>, sizes = #engine.extents<["N", 3, 32]>, steps = array<i64: 1, 1, 1>} : tensor<?x4x32xf32, #engine.sizes<"N">> -> tensor<?x3x32xf32, #engine.sizes<"N">>
// CHECK-NEXT:      %{{.*}} = engine.slice %{{.*}} {starts = array<i64: 0, 0, 0>, sizes = #engine.extents<["N", 1, 32]>, steps = array<i64: 1, 1, 1>} : tensor<?x4x32xf32, #engine.sizes<"N">> -> tensor<?x1x32xf32, #engine.sizes<"N">>
// CHECK-NEXT:      %{{.*}} = engine.concat %{{.*}}, %{{.*}} {axis = 1 : i64} : tensor<?x3x32xf32, #engine.sizes<"N">>, tensor<?x1x32xf32, #engine.sizes<"N">> -> tensor<?x4x32xf32, #engine.sizes<"N">>
// CHECK-NEXT:      %{{.*}} = engine.slice %{{.*}} {starts = array<i64: 0, 2, 0>, sizes = #engine.extents<["N", 2, 32]>, steps = array<i64: 1, 1, 1>} : tensor<?x4x32xf32, #engine.sizes<"N">> -> tensor<?x2x32xf32, #engine.sizes<"N">>
// CHECK-NEXT:      %{{.*}} = engine.slice %{{.*}} {starts = array<i64: 0, 0, 0>, sizes = #engine.extents<["N", 2, 32]>, steps = array<i64: 1, 1, 1>} : tensor<?x4x32xf32, #engine.sizes<"N">> -> tensor<?x2x32xf32, #engine.sizes<"N">>
// CHECK-NEXT:      %{{.*}} = engine.concat %{{.*}}, %{{.*}} {axis = 1 : i64} : tensor<?x2x32xf32, #engine.sizes<"N">>, tensor<?x2x32xf32, #engine.sizes<"N">> -> tensor<?x4x32xf32, #engine.sizes<"N">>
// CHECK-NEXT:      func.return %{{.*}} : tensor<?x4x32xf32, #engine.sizes<"N">>
// CHECK-NEXT:    }
