// RUN: opt-tool %s --split-input-file -p 'optimize{only=slice-across-concat exactness=bitwise}' --check-numerics | filecheck %s

func.func @two_of_three(%x: tensor<2x3xf32>, %y: tensor<4x3xf32>, %z: tensor<3x3xf32>) -> tensor<5x3xf32> {
  %a = engine.concat %x, %y, %z {axis = 0 : i64} : tensor<2x3xf32>, tensor<4x3xf32>, tensor<3x3xf32> -> tensor<9x3xf32>
  %b = engine.slice %a {starts = array<i64: 3, 0>, sizes = array<i64: 5, 3>, steps = array<i64: 1, 1>} : tensor<9x3xf32> -> tensor<5x3xf32>
  func.return %b : tensor<5x3xf32>
}

// CHECK-LABEL: func.func @two_of_three
// CHECK-NEXT:      %{{.*}} = engine.slice %{{.*}} {rewrites = ["slice-across-concat"], starts = array<i64: 1, 0>, sizes = array<i64: 3, 3>, steps = array<i64: 1, 1>} : tensor<4x3xf32> -> tensor<3x3xf32>
// CHECK-NEXT:      %{{.*}} = engine.slice %{{.*}} {rewrites = ["slice-across-concat"], starts = array<i64: 0, 0>, sizes = array<i64: 2, 3>, steps = array<i64: 1, 1>} : tensor<3x3xf32> -> tensor<2x3xf32>
// CHECK-NEXT:      %{{.*}} = engine.concat %{{.*}}, %{{.*}} {rewrites = ["slice-across-concat"], axis = 0 : i64} : tensor<3x3xf32>, tensor<2x3xf32> -> tensor<5x3xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<5x3xf32>
// CHECK-NEXT:    }

// -----

func.func @open_rows(%x: tensor<?x2xf32, #engine.sizes<"S">>, %y: tensor<?x3xf32, #engine.sizes<"S">>, %z: tensor<?x4xf32, #engine.sizes<"S">>) -> tensor<?x5xf32, #engine.sizes<"S">> attributes {sizes = #engine.names<S in 1>} {
  %a = engine.concat %x, %y, %z {axis = 1 : i64} : tensor<?x2xf32, #engine.sizes<"S">>, tensor<?x3xf32, #engine.sizes<"S">>, tensor<?x4xf32, #engine.sizes<"S">> -> tensor<?x9xf32, #engine.sizes<"S">>
  %b = engine.slice %a {starts = array<i64: 0, 0>, sizes = #engine.extents<["S", 5]>, steps = array<i64: 1, 1>} : tensor<?x9xf32, #engine.sizes<"S">> -> tensor<?x5xf32, #engine.sizes<"S">>
  func.return %b : tensor<?x5xf32, #engine.sizes<"S">>
}

// CHECK-LABEL: func.func @open_rows
// CHECK-NEXT:      %{{.*}} = engine.concat %{{.*}}, %{{.*}} {rewrites = ["slice-across-concat"], axis = 1 : i64} : tensor<?x2xf32, #engine.sizes<"S">>, tensor<?x3xf32, #engine.sizes<"S">> -> tensor<?x5xf32, #engine.sizes<"S">>
// CHECK-NEXT:      func.return %{{.*}} : tensor<?x5xf32, #engine.sizes<"S">>
// CHECK-NEXT:    }

// -----

// It takes of all operands.
func.func @near_miss_all(%x: tensor<2x3xf32>, %y: tensor<4x3xf32>) -> tensor<4x3xf32> {
  %a = engine.concat %x, %y {axis = 0 : i64} : tensor<2x3xf32>, tensor<4x3xf32> -> tensor<6x3xf32>
  %b = engine.slice %a {starts = array<i64: 1, 0>, sizes = array<i64: 4, 3>, steps = array<i64: 1, 1>} : tensor<6x3xf32> -> tensor<4x3xf32>
  func.return %b : tensor<4x3xf32>
}

// CHECK-LABEL: func.func @near_miss_all
// CHECK-NEXT:      %{{.*}} = engine.concat %{{.*}}, %{{.*}} {axis = 0 : i64} : tensor<2x3xf32>, tensor<4x3xf32> -> tensor<6x3xf32>
// CHECK-NEXT:      %{{.*}} = engine.slice %{{.*}} {starts = array<i64: 1, 0>, sizes = array<i64: 4, 3>, steps = array<i64: 1, 1>} : tensor<6x3xf32> -> tensor<4x3xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<4x3xf32>
// CHECK-NEXT:    }

// -----

// The whole is read as well.
func.func @near_miss_read(%x: tensor<2x3xf32>, %y: tensor<4x3xf32>, %z: tensor<3x3xf32>) -> (tensor<5x3xf32>, tensor<9x3xf32>) {
  %a = engine.concat %x, %y, %z {axis = 0 : i64} : tensor<2x3xf32>, tensor<4x3xf32>, tensor<3x3xf32> -> tensor<9x3xf32>
  %b = engine.slice %a {starts = array<i64: 0, 0>, sizes = array<i64: 5, 3>, steps = array<i64: 1, 1>} : tensor<9x3xf32> -> tensor<5x3xf32>
  func.return %b, %a : tensor<5x3xf32>, tensor<9x3xf32>
}

// CHECK-LABEL: func.func @near_miss_read
// CHECK-NEXT:      %{{.*}} = engine.concat %{{.*}}, %{{.*}}, %{{.*}} {axis = 0 : i64} : tensor<2x3xf32>, tensor<4x3xf32>, tensor<3x3xf32> -> tensor<9x3xf32>
// CHECK-NEXT:      %{{.*}} = engine.slice %{{.*}} {starts = array<i64: 0, 0>, sizes = array<i64: 5, 3>, steps = array<i64: 1, 1>} : tensor<9x3xf32> -> tensor<5x3xf32>
// CHECK-NEXT:      func.return %{{.*}}, %{{.*}} : tensor<5x3xf32>, tensor<9x3xf32>
// CHECK-NEXT:    }

// -----

// It leaves every second row out.
func.func @near_miss_steps(%x: tensor<2x3xf32>, %y: tensor<4x3xf32>, %z: tensor<3x3xf32>) -> tensor<3x3xf32> {
  %a = engine.concat %x, %y, %z {axis = 0 : i64} : tensor<2x3xf32>, tensor<4x3xf32>, tensor<3x3xf32> -> tensor<9x3xf32>
  %b = engine.slice %a {starts = array<i64: 0, 0>, sizes = array<i64: 3, 3>, steps = array<i64: 2, 1>} : tensor<9x3xf32> -> tensor<3x3xf32>
  func.return %b : tensor<3x3xf32>
}

// CHECK-LABEL: func.func @near_miss_steps
// CHECK-NEXT:      %{{.*}} = engine.concat %{{.*}}, %{{.*}}, %{{.*}} {axis = 0 : i64} : tensor<2x3xf32>, tensor<4x3xf32>, tensor<3x3xf32> -> tensor<9x3xf32>
// CHECK-NEXT:      %{{.*}} = engine.slice %{{.*}} {starts = array<i64: 0, 0>, sizes = array<i64: 3, 3>, steps = array<i64: 2, 1>} : tensor<9x3xf32> -> tensor<3x3xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<3x3xf32>
// CHECK-NEXT:    }
