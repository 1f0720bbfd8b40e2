// RUN: opt-tool %s --split-input-file -p 'optimize{only=slice-before-conv exactness=rounding}' --check-numerics | filecheck %s

func.func @channels(%x: tensor<1x2x3x3xf32>, %b: tensor<4x1x1xf32>) -> tensor<1x2x3x3xf32> {
  %w = engine.constant dense<[[[[1.0]], [[2.0]]], [[[3.0]], [[4.0]]], [[[5.0]], [[-6.0]]], [[[7.0]], [[8.0]]]]> : tensor<4x2x1x1xf32> -> tensor<4x2x1x1xf32>
  %a = engine.conv %x, %w epilogue(%b : tensor<4x1x1xf32>) {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x2x3x3xf32>, tensor<4x2x1x1xf32> -> tensor<1x4x3x3xf32> {
  ^bb0(%p: f32, %q: f32):
    %n = arith.addf %p, %q : f32
    engine.yield %n : f32
  }
  %c = engine.slice %a {starts = array<i64: 0, 1, 0, 0>, sizes = array<i64: 1, 2, 3, 3>, steps = array<i64: 1, 1, 1, 1>} : tensor<1x4x3x3xf32> -> tensor<1x2x3x3xf32>
  func.return %c : tensor<1x2x3x3xf32>
}

// CHECK-LABEL: func.func @channels
// CHECK-NEXT:      %{{.*}} = engine.constant dense<[[[[1.000000e+00]], [[2.000000e+00]]], [[[3.000000e+00]], [[4.000000e+00]]], [[[5.000000e+00]], [[-6.000000e+00]]], [[[7.000000e+00]], [[8.000000e+00]]]]> : tensor<4x2x1x1xf32> -> tensor<4x2x1x1xf32>
// CHECK-NEXT:      %{{.*}} = engine.slice %{{.*}} {rewrites = ["slice-before-conv"], starts = array<i64: 1, 0, 0, 0>, sizes = array<i64: 2, 2, 1, 1>, steps = array<i64: 1, 1, 1, 1>} : tensor<4x2x1x1xf32> -> tensor<2x2x1x1xf32>
// CHECK-NEXT:      %{{.*}} = engine.slice %{{.*}} {rewrites = ["slice-before-conv"], starts = array<i64: 1, 0, 0>, sizes = array<i64: 2, 1, 1>, steps = array<i64: 1, 1, 1>} : tensor<4x1x1xf32> -> tensor<2x1x1xf32>
// CHECK-NEXT:      %{{.*}} = engine.conv %{{.*}}, %{{.*}} epilogue(%{{.*}} : tensor<2x1x1xf32>) {rewrites = ["slice-before-conv"], strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x2x3x3xf32>, tensor<2x2x1x1xf32> -> tensor<1x2x3x3xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<1x2x3x3xf32>
// CHECK-NEXT:    }

// -----

func.func @open_images(%x: tensor<?x2x3x3xf32, #engine.sizes<"N">>) -> tensor<1x4x3x3xf32> attributes {sizes = #engine.names<N in 1>} {
  %w = engine.constant dense<[[[[1.0]], [[2.0]]], [[[3.0]], [[4.0]]], [[[5.0]], [[-6.0]]], [[[7.0]], [[8.0]]]]> : tensor<4x2x1x1xf32> -> tensor<4x2x1x1xf32>
  %a = engine.conv %x, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<?x2x3x3xf32, #engine.sizes<"N">>, tensor<4x2x1x1xf32> -> tensor<?x4x3x3xf32, #engine.sizes<"N">>
  %c = engine.slice %a {starts = array<i64: 0, 0, 0, 0>, sizes = array<i64: 1, 4, 3, 3>, steps = array<i64: 1, 1, 1, 1>} : tensor<?x4x3x3xf32, #engine.sizes<"N">> -> tensor<1x4x3x3xf32>
  func.return %c : tensor<1x4x3x3xf32>
}

// CHECK-LABEL: func.func @open_images
// CHECK-NEXT:      %{{.*}} = engine.constant dense<[[[[1.000000e+00]], [[2.000000e+00]]], [[[3.000000e+00]], [[4.000000e+00]]], [[[5.000000e+00]], [[-6.000000e+00]]], [[[7.000000e+00]], [[8.000000e+00]]]]> : tensor<4x2x1x1xf32> -> tensor<4x2x1x1xf32>
// CHECK-NEXT:      %{{.*}} = engine.slice %{{.*}} {rewrites = ["slice-before-conv"], starts = array<i64: 0, 0, 0, 0>, sizes = array<i64: 1, 2, 3, 3>, steps = array<i64: 1, 1, 1, 1>} : tensor<?x2x3x3xf32, #engine.sizes<"N">> -> tensor<1x2x3x3xf32>
// CHECK-NEXT:      %{{.*}} = engine.conv %{{.*}}, %{{.*}} {rewrites = ["slice-before-conv"], strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x2x3x3xf32>, tensor<4x2x1x1xf32> -> tensor<1x4x3x3xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<1x4x3x3xf32>
// CHECK-NEXT:    }

// -----

// A window reads beyond a row.
func.func @near_miss_rows(%x: tensor<1x2x3x3xf32>) -> tensor<1x4x1x3xf32> {
  %w = engine.constant dense<[[[[1.0]], [[2.0]]], [[[3.0]], [[4.0]]], [[[5.0]], [[-6.0]]], [[[7.0]], [[8.0]]]]> : tensor<4x2x1x1xf32> -> tensor<4x2x1x1xf32>
  %a = engine.conv %x, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x2x3x3xf32>, tensor<4x2x1x1xf32> -> tensor<1x4x3x3xf32>
  %c = engine.slice %a {starts = array<i64: 0, 0, 1, 0>, sizes = array<i64: 1, 4, 1, 3>, steps = array<i64: 1, 1, 1, 1>} : tensor<1x4x3x3xf32> -> tensor<1x4x1x3xf32>
  func.return %c : tensor<1x4x1x3xf32>
}

// CHECK-LABEL: func.func @near_miss_rows
// CHECK-NEXT:      %{{.*}} = engine.constant dense<[[[[1.000000e+00]], [[2.000000e+00]]], [[[3.000000e+00]], [[4.000000e+00]]], [[[5.000000e+00]], [[-6.000000e+00]]], [[[7.000000e+00]], [[8.000000e+00]]]]> : tensor<4x2x1x1xf32> -> tensor<4x2x1x1xf32>
// CHECK-NEXT:      %{{.*}} = engine.conv %{{.*}}, %{{.*}} {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x2x3x3xf32>, tensor<4x2x1x1xf32> -> tensor<1x4x3x3xf32>
// CHECK-NEXT:      %{{.*}} = engine.slice %{{.*}} {starts = array<i64: 0, 0, 1, 0>, sizes = array<i64: 1, 4, 1, 3>, steps = array<i64: 1, 1, 1, 1>} : tensor<1x4x3x3xf32> -> tensor<1x4x1x3xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<1x4x1x3xf32>
// CHECK-NEXT:    }

// -----

// Each group reads other channels.
func.func @near_miss_groups(%x: tensor<1x4x3x3xf32>) -> tensor<1x2x3x3xf32> {
  %w = engine.constant dense<[[[[1.0]], [[2.0]]], [[[3.0]], [[4.0]]], [[[5.0]], [[-6.0]]], [[[7.0]], [[8.0]]]]> : tensor<4x2x1x1xf32> -> tensor<4x2x1x1xf32>
  %a = engine.conv %x, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 2 : i64} : tensor<1x4x3x3xf32>, tensor<4x2x1x1xf32> -> tensor<1x4x3x3xf32>
  %c = engine.slice %a {starts = array<i64: 0, 0, 0, 0>, sizes = array<i64: 1, 2, 3, 3>, steps = array<i64: 1, 1, 1, 1>} : tensor<1x4x3x3xf32> -> tensor<1x2x3x3xf32>
  func.return %c : tensor<1x2x3x3xf32>
}

// CHECK-LABEL: func.func @near_miss_groups
// CHECK-NEXT:      %{{.*}} = engine.constant dense<[[[[1.000000e+00]], [[2.000000e+00]]], [[[3.000000e+00]], [[4.000000e+00]]], [[[5.000000e+00]], [[-6.000000e+00]]], [[[7.000000e+00]], [[8.000000e+00]]]]> : tensor<4x2x1x1xf32> -> tensor<4x2x1x1xf32>
// CHECK-NEXT:      %{{.*}} = engine.conv %{{.*}}, %{{.*}} {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 2 : i64} : tensor<1x4x3x3xf32>, tensor<4x2x1x1xf32> -> tensor<1x4x3x3xf32>
// CHECK-NEXT:      %{{.*}} = engine.slice %{{.*}} {starts = array<i64: 0, 0, 0, 0>, sizes = array<i64: 1, 2, 3, 3>, steps = array<i64: 1, 1, 1, 1>} : tensor<1x4x3x3xf32> -> tensor<1x2x3x3xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<1x2x3x3xf32>
// CHECK-NEXT:    }

// -----

func.func @near_miss_read(%x: tensor<1x2x3x3xf32>) -> (tensor<1x2x3x3xf32>, tensor<1x4x3x3xf32>) {
  %w = engine.constant dense<[[[[1.0]], [[2.0]]], [[[3.0]], [[4.0]]], [[[5.0]], [[-6.0]]], [[[7.0]], [[8.0]]]]> : tensor<4x2x1x1xf32> -> tensor<4x2x1x1xf32>
  %a = engine.conv %x, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x2x3x3xf32>, tensor<4x2x1x1xf32> -> tensor<1x4x3x3xf32>
  %c = engine.slice %a {starts = array<i64: 0, 0, 0, 0>, sizes = array<i64: 1, 2, 3, 3>, steps = array<i64: 1, 1, 1, 1>} : tensor<1x4x3x3xf32> -> tensor<1x2x3x3xf32>
  func.return %c, %a : tensor<1x2x3x3xf32>, tensor<1x4x3x3xf32>
}

// CHECK-LABEL: func.func @near_miss_read
// CHECK-NEXT:      %{{.*}} = engine.constant dense<[[[[1.000000e+00]], [[2.000000e+00]]], [[[3.000000e+00]], [[4.000000e+00]]], [[[5.000000e+00]], [[-6.000000e+00]]], [[[7.000000e+00]], [[8.000000e+00]]]]> : tensor<4x2x1x1xf32> -> tensor<4x2x1x1xf32>
// CHECK-NEXT:      %{{.*}} = engine.conv %{{.*}}, %{{.*}} {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x2x3x3xf32>, tensor<4x2x1x1xf32> -> tensor<1x4x3x3xf32>
// CHECK-NEXT:      %{{.*}} = engine.slice %{{.*}} {starts = array<i64: 0, 0, 0, 0>, sizes = array<i64: 1, 2, 3, 3>, steps = array<i64: 1, 1, 1, 1>} : tensor<1x4x3x3xf32> -> tensor<1x2x3x3xf32>
// CHECK-NEXT:      func.return %{{.*}}, %{{.*}} : tensor<1x2x3x3xf32>, tensor<1x4x3x3xf32>
// CHECK-NEXT:    }
