// RUN: opt-tool %s --split-input-file -p 'optimize{only=slice-before-softmax exactness=rounding}' --check-numerics | filecheck %s

func.func @some_rows(%x: tensor<2x5x8xf32>) -> tensor<2x2x8xf32> {
  %a = engine.softmax %x {axis = 2 : i64} : tensor<2x5x8xf32> -> tensor<2x5x8xf32>
  %c = engine.slice %a {starts = array<i64: 0, 1, 0>, sizes = array<i64: 2, 2, 8>, steps = array<i64: 1, 2, 1>} : tensor<2x5x8xf32> -> tensor<2x2x8xf32>
  func.return %c : tensor<2x2x8xf32>
}

// CHECK-LABEL: func.func @some_rows
// CHECK-NEXT:      %{{.*}} = engine.slice %{{.*}} {rewrites = ["slice-before-softmax"], starts = array<i64: 0, 1, 0>, sizes = array<i64: 2, 2, 8>, steps = array<i64: 1, 2, 1>} : tensor<2x5x8xf32> -> tensor<2x2x8xf32>
// CHECK-NEXT:      %{{.*}} = engine.softmax %{{.*}} {rewrites = ["slice-before-softmax"], axis = 2 : i64} : tensor<2x2x8xf32> -> tensor<2x2x8xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<2x2x8xf32>
// CHECK-NEXT:    }

// -----

func.func @open(%x: tensor<?x8xf32, #engine.sizes<"S">>) -> tensor<1x8xf32> attributes {sizes = #engine.names<S in 1>} {
  %a = engine.softmax %x {axis = 1 : i64} : tensor<?x8xf32, #engine.sizes<"S">> -> tensor<?x8xf32, #engine.sizes<"S">>
  %c = engine.slice %a {starts = #engine.extents<["S - 1", 0]>, sizes = array<i64: 1, 8>, steps = array<i64: 1, 1>} : tensor<?x8xf32, #engine.sizes<"S">> -> tensor<1x8xf32>
  func.return %c : tensor<1x8xf32>
}

// CHECK-LABEL: func.func @open
// CHECK-NEXT:      %{{.*}} = engine.slice %{{.*}} {rewrites = ["slice-before-softmax"], starts = #engine.extents<["S - 1", 0]>, sizes = array<i64: 1, 8>, steps = array<i64: 1, 1>} : tensor<?x8xf32, #engine.sizes<"S">> -> tensor<1x8xf32>
// CHECK-NEXT:      %{{.*}} = engine.softmax %{{.*}} {rewrites = ["slice-before-softmax"], axis = 1 : i64} : tensor<1x8xf32> -> tensor<1x8xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<1x8xf32>
// CHECK-NEXT:    }

// -----

// The sum is that of the whole row.
func.func @near_miss_summed(%x: tensor<5x8xf32>) -> tensor<5x4xf32> {
  %a = engine.softmax %x {axis = 1 : i64} : tensor<5x8xf32> -> tensor<5x8xf32>
  %c = engine.slice %a {starts = array<i64: 0, 0>, sizes = array<i64: 5, 4>, steps = array<i64: 1, 1>} : tensor<5x8xf32> -> tensor<5x4xf32>
  func.return %c : tensor<5x4xf32>
}

// CHECK-LABEL: func.func @near_miss_summed
// CHECK-NEXT:      %{{.*}} = engine.softmax %{{.*}} {axis = 1 : i64} : tensor<5x8xf32> -> tensor<5x8xf32>
// CHECK-NEXT:      %{{.*}} = engine.slice %{{.*}} {starts = array<i64: 0, 0>, sizes = array<i64: 5, 4>, steps = array<i64: 1, 1>} : tensor<5x8xf32> -> tensor<5x4xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<5x4xf32>
// CHECK-NEXT:    }

// -----

func.func @near_miss_read(%x: tensor<5x8xf32>) -> (tensor<1x8xf32>, tensor<5x8xf32>) {
  %a = engine.softmax %x {axis = 1 : i64} : tensor<5x8xf32> -> tensor<5x8xf32>
  %c = engine.slice %a {starts = array<i64: 4, 0>, sizes = array<i64: 1, 8>, steps = array<i64: 1, 1>} : tensor<5x8xf32> -> tensor<1x8xf32>
  func.return %c, %a : tensor<1x8xf32>, tensor<5x8xf32>
}

// CHECK-LABEL: func.func @near_miss_read
// CHECK-NEXT:      %{{.*}} = engine.softmax %{{.*}} {axis = 1 : i64} : tensor<5x8xf32> -> tensor<5x8xf32>
// CHECK-NEXT:      %{{.*}} = engine.slice %{{.*}} {starts = array<i64: 4, 0>, sizes = array<i64: 1, 8>, steps = array<i64: 1, 1>} : tensor<5x8xf32> -> tensor<1x8xf32>
// CHECK-NEXT:      func.return %{{.*}}, %{{.*}} : tensor<1x8xf32>, tensor<5x8xf32>
// CHECK-NEXT:    }
