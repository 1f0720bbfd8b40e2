// RUN: opt-tool %s --split-input-file -p 'optimize{only=fold-size-numbers exactness=bitwise}' --check-numerics | filecheck %s

// What counts along a dimension, and what holds sizes, is a constant where sizes are numbers.
//
//     iota, size_values => constant if sizes are numbers.

func.func @positions(%x: tensor<4xi32>) -> tensor<4xi32> {
  %p = engine.iota : tensor<4xi32>
  %y = engine.map ins(%x, %p : tensor<4xi32>, tensor<4xi32>) -> tensor<4xi32> {
  ^bb0(%a: i32, %b: i32):
    %0 = arith.addi %a, %b : i32
    engine.yield %0 : i32
  }
  func.return %y : tensor<4xi32>
}

// CHECK-LABEL: func.func @positions
// CHECK-NEXT:      %{{.*}} = engine.constant dense<[0, 1, 2, 3]> : tensor<4xi32> -> tensor<4xi32>
// CHECK-NEXT:      %{{.*}} = engine.map

// -----

func.func @sizes() -> tensor<2xi64> {
  %p = engine.size_values {sizes = array<i64: 7, -1>} : tensor<2xi64>
  func.return %p : tensor<2xi64>
}

// CHECK-LABEL: func.func @sizes
// CHECK-NEXT:      %{{.*}} = engine.constant dense<[7, -1]> : tensor<2xi64> -> tensor<2xi64>
// CHECK-NEXT:      func.return

// -----

func.func @near_miss_name(%x: tensor<?xi64, #engine.sizes<"S">>) -> (tensor<?xi64, #engine.sizes<"S">>, tensor<2xi64>) {
  %p = engine.iota : tensor<?xi64, #engine.sizes<"S">>
  %q = engine.size_values {sizes = #engine.extents<[7, "S + 1"]>} : tensor<2xi64>
  func.return %p, %q : tensor<?xi64, #engine.sizes<"S">>, tensor<2xi64>
}

// CHECK-LABEL: func.func @near_miss_name
// CHECK-NEXT:      %{{.*}} = engine.iota : tensor<?xi64, #engine.sizes<"S">>
// CHECK-NEXT:      %{{.*}} = engine.size_values {sizes = #engine.extents<[7, "S + 1"]>} : tensor<2xi64>
// CHECK-NEXT:      func.return

// -----

// Positions that nobody would want to keep.
func.func @near_miss_large() -> tensor<1000000xi64> {
  %p = engine.iota : tensor<1000000xi64>
  func.return %p : tensor<1000000xi64>
}

// CHECK-LABEL: func.func @near_miss_large
// CHECK-NEXT:      %{{.*}} = engine.iota : tensor<1000000xi64>
// CHECK-NEXT:      func.return
