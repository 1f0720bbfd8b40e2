// RUN: opt-tool %s --split-input-file -p 'optimize{only=channel-order-into-conv exactness=rounding}' --check-numerics | filecheck %s

// Blue, green and red.

func.func @backwards(%x: tensor<1x3x2x2xf32>) -> tensor<1x2x2x2xf32> {
  %w = engine.constant dense<[[[[1.0]], [[2.0]], [[-3.0]]], [[[4.0]], [[5.0]], [[6.0]]]]> : tensor<2x3x1x1xf32> -> tensor<2x3x1x1xf32>
  %a = engine.slice %x {starts = array<i64: 0, 2, 0, 0>, sizes = array<i64: 1, 3, 2, 2>, steps = array<i64: 1, -1, 1, 1>} : tensor<1x3x2x2xf32> -> tensor<1x3x2x2xf32>
  %y = engine.conv %a, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x3x2x2xf32>, tensor<2x3x1x1xf32> -> tensor<1x2x2x2xf32>
  func.return %y : tensor<1x2x2x2xf32>
}

// CHECK-LABEL: func.func @backwards
// CHECK-NEXT:      %{{.*}} = engine.constant dense<[[[[-3.000000e+00]], [[2.000000e+00]], [[1.000000e+00]]], [[[6.000000e+00]], [[5.000000e+00]], [[4.000000e+00]]]]> : tensor<2x3x1x1xf32> -> tensor<2x3x1x1xf32>
// CHECK-NEXT:      %{{.*}} = engine.conv %{{.*}}, %{{.*}} {rewrites = ["channel-order-into-conv"], strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x3x2x2xf32>, tensor<2x3x1x1xf32> -> tensor<1x2x2x2xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<1x2x2x2xf32>
// CHECK-NEXT:    }

// -----

func.func @turned(%x: tensor<1x3x2x2xf32>) -> tensor<1x2x2x2xf32> {
  %w = engine.constant dense<[[[[1.0]], [[2.0]], [[-3.0]]], [[[4.0]], [[5.0]], [[6.0]]]]> : tensor<2x3x1x1xf32> -> tensor<2x3x1x1xf32>
  %i = engine.constant dense<[1, -1, 0]> : tensor<3xi64> -> tensor<3xi64>
  %a = engine.gather %x, %i {axis = 1 : i64} : tensor<1x3x2x2xf32>, tensor<3xi64> -> tensor<1x3x2x2xf32>
  %y = engine.conv %a, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x3x2x2xf32>, tensor<2x3x1x1xf32> -> tensor<1x2x2x2xf32>
  func.return %y : tensor<1x2x2x2xf32>
}

// CHECK-LABEL: func.func @turned
// CHECK-NEXT:      %{{.*}} = engine.constant dense<[[[[-3.000000e+00]], [[1.000000e+00]], [[2.000000e+00]]], [[[6.000000e+00]], [[4.000000e+00]], [[5.000000e+00]]]]> : tensor<2x3x1x1xf32> -> tensor<2x3x1x1xf32>
// CHECK-NEXT:      %{{.*}} = engine.conv %{{.*}}, %{{.*}} {rewrites = ["channel-order-into-conv"], strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x3x2x2xf32>, tensor<2x3x1x1xf32> -> tensor<1x2x2x2xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<1x2x2x2xf32>
// CHECK-NEXT:    }

// -----

func.func @open(%x: tensor<?x3x2x2xf32, #engine.sizes<"N">>) -> tensor<?x2x2x2xf32, #engine.sizes<"N">> attributes {sizes = #engine.names<N in 1>} {
  %w = engine.constant dense<[[[[1.0]], [[2.0]], [[-3.0]]], [[[4.0]], [[5.0]], [[6.0]]]]> : tensor<2x3x1x1xf32> -> tensor<2x3x1x1xf32>
  %a = engine.slice %x {starts = array<i64: 0, 2, 0, 0>, sizes = #engine.extents<["N", 3, 2, 2]>, steps = array<i64: 1, -1, 1, 1>} : tensor<?x3x2x2xf32, #engine.sizes<"N">> -> tensor<?x3x2x2xf32, #engine.sizes<"N">>
  %y = engine.conv %a, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<?x3x2x2xf32, #engine.sizes<"N">>, tensor<2x3x1x1xf32> -> tensor<?x2x2x2xf32, #engine.sizes<"N">>
  func.return %y : tensor<?x2x2x2xf32, #engine.sizes<"N">>
}

// CHECK-LABEL: func.func @open
// CHECK-NEXT:      %{{.*}} = engine.constant dense<[[[[-3.000000e+00]], [[2.000000e+00]], [[1.000000e+00]]], [[[6.000000e+00]], [[5.000000e+00]], [[4.000000e+00]]]]> : tensor<2x3x1x1xf32> -> tensor<2x3x1x1xf32>
// CHECK-NEXT:      %{{.*}} = engine.conv %{{.*}}, %{{.*}} {rewrites = ["channel-order-into-conv"], strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<?x3x2x2xf32, #engine.sizes<"N">>, tensor<2x3x1x1xf32> -> tensor<?x2x2x2xf32, #engine.sizes<"N">>
// CHECK-NEXT:      func.return %{{.*}} : tensor<?x2x2x2xf32, #engine.sizes<"N">>
// CHECK-NEXT:    }

// -----

// A channel comes twice.
func.func @near_miss_twice(%x: tensor<1x3x2x2xf32>) -> tensor<1x2x2x2xf32> {
  %w = engine.constant dense<[[[[1.0]], [[2.0]], [[-3.0]]], [[[4.0]], [[5.0]], [[6.0]]]]> : tensor<2x3x1x1xf32> -> tensor<2x3x1x1xf32>
  %i = engine.constant dense<[1, 1, 0]> : tensor<3xi64> -> tensor<3xi64>
  %a = engine.gather %x, %i {axis = 1 : i64} : tensor<1x3x2x2xf32>, tensor<3xi64> -> tensor<1x3x2x2xf32>
  %y = engine.conv %a, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x3x2x2xf32>, tensor<2x3x1x1xf32> -> tensor<1x2x2x2xf32>
  func.return %y : tensor<1x2x2x2xf32>
}

// CHECK-LABEL: func.func @near_miss_twice
// CHECK-NEXT:      %{{.*}} = engine.constant dense<[[[[1.000000e+00]], [[2.000000e+00]], [[-3.000000e+00]]], [[[4.000000e+00]], [[5.000000e+00]], [[6.000000e+00]]]]> : tensor<2x3x1x1xf32> -> tensor<2x3x1x1xf32>
// CHECK-NEXT:      %{{.*}} = engine.constant dense<[1, 1, 0]> : tensor<3xi64> -> tensor<3xi64>
// CHECK-NEXT:      %{{.*}} = engine.gather %{{.*}}, %{{.*}} {axis = 1 : i64} : tensor<1x3x2x2xf32>, tensor<3xi64> -> tensor<1x3x2x2xf32>
// CHECK-NEXT:      %{{.*}} = engine.conv %{{.*}}, %{{.*}} {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x3x2x2xf32>, tensor<2x3x1x1xf32> -> tensor<1x2x2x2xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<1x2x2x2xf32>
// CHECK-NEXT:    }

// -----

// Rows are turned, not channels.
func.func @near_miss_rows(%x: tensor<1x3x2x2xf32>) -> tensor<1x2x2x2xf32> {
  %w = engine.constant dense<[[[[1.0]], [[2.0]], [[-3.0]]], [[[4.0]], [[5.0]], [[6.0]]]]> : tensor<2x3x1x1xf32> -> tensor<2x3x1x1xf32>
  %a = engine.slice %x {starts = array<i64: 0, 0, 1, 0>, sizes = array<i64: 1, 3, 2, 2>, steps = array<i64: 1, 1, -1, 1>} : tensor<1x3x2x2xf32> -> tensor<1x3x2x2xf32>
  %y = engine.conv %a, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x3x2x2xf32>, tensor<2x3x1x1xf32> -> tensor<1x2x2x2xf32>
  func.return %y : tensor<1x2x2x2xf32>
}

// CHECK-LABEL: func.func @near_miss_rows
// CHECK-NEXT:      %{{.*}} = engine.constant dense<[[[[1.000000e+00]], [[2.000000e+00]], [[-3.000000e+00]]], [[[4.000000e+00]], [[5.000000e+00]], [[6.000000e+00]]]]> : tensor<2x3x1x1xf32> -> tensor<2x3x1x1xf32>
// CHECK-NEXT:      %{{.*}} = engine.slice %{{.*}} {starts = array<i64: 0, 0, 1, 0>, sizes = array<i64: 1, 3, 2, 2>, steps = array<i64: 1, 1, -1, 1>} : tensor<1x3x2x2xf32> -> tensor<1x3x2x2xf32>
// CHECK-NEXT:      %{{.*}} = engine.conv %{{.*}}, %{{.*}} {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x3x2x2xf32>, tensor<2x3x1x1xf32> -> tensor<1x2x2x2xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<1x2x2x2xf32>
// CHECK-NEXT:    }

// -----

func.func @near_miss_weights(%x: tensor<1x3x2x2xf32>, %w: tensor<2x3x1x1xf32>) -> tensor<1x2x2x2xf32> {
  %a = engine.slice %x {starts = array<i64: 0, 2, 0, 0>, sizes = array<i64: 1, 3, 2, 2>, steps = array<i64: 1, -1, 1, 1>} : tensor<1x3x2x2xf32> -> tensor<1x3x2x2xf32>
  %y = engine.conv %a, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x3x2x2xf32>, tensor<2x3x1x1xf32> -> tensor<1x2x2x2xf32>
  func.return %y : tensor<1x2x2x2xf32>
}

// CHECK-LABEL: func.func @near_miss_weights
// CHECK-NEXT:      %{{.*}} = engine.slice %{{.*}} {starts = array<i64: 0, 2, 0, 0>, sizes = array<i64: 1, 3, 2, 2>, steps = array<i64: 1, -1, 1, 1>} : tensor<1x3x2x2xf32> -> tensor<1x3x2x2xf32>
// CHECK-NEXT:      %{{.*}} = engine.conv %{{.*}}, %{{.*}} {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x3x2x2xf32>, tensor<2x3x1x1xf32> -> tensor<1x2x2x2xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<1x2x2x2xf32>
// CHECK-NEXT:    }

// -----

// Each channel has a filter of its own.
func.func @near_miss_groups(%x: tensor<1x3x2x2xf32>) -> tensor<1x3x2x2xf32> {
  %w = engine.constant dense<[[[[1.0]]], [[[2.0]]], [[[3.0]]]]> : tensor<3x1x1x1xf32> -> tensor<3x1x1x1xf32>
  %a = engine.slice %x {starts = array<i64: 0, 2, 0, 0>, sizes = array<i64: 1, 3, 2, 2>, steps = array<i64: 1, -1, 1, 1>} : tensor<1x3x2x2xf32> -> tensor<1x3x2x2xf32>
  %y = engine.conv %a, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 3 : i64} : tensor<1x3x2x2xf32>, tensor<3x1x1x1xf32> -> tensor<1x3x2x2xf32>
  func.return %y : tensor<1x3x2x2xf32>
}

// CHECK-LABEL: func.func @near_miss_groups
// CHECK-NEXT:      %{{.*}} = engine.constant dense<[[[[1.000000e+00]]], [[[2.000000e+00]]], [[[3.000000e+00]]]]> : tensor<3x1x1x1xf32> -> tensor<3x1x1x1xf32>
// CHECK-NEXT:      %{{.*}} = engine.slice %{{.*}} {starts = array<i64: 0, 2, 0, 0>, sizes = array<i64: 1, 3, 2, 2>, steps = array<i64: 1, -1, 1, 1>} : tensor<1x3x2x2xf32> -> tensor<1x3x2x2xf32>
// CHECK-NEXT:      %{{.*}} = engine.conv %{{.*}}, %{{.*}} {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 3 : i64} : tensor<1x3x2x2xf32>, tensor<3x1x1x1xf32> -> tensor<1x3x2x2xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<1x3x2x2xf32>
// CHECK-NEXT:    }
