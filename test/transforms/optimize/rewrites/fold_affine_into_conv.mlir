// RUN: opt-tool %s --split-input-file -p 'optimize{only=fold-affine-into-conv exactness=rounding}' --check-numerics | filecheck %s

func.func @scale_and_shift(%x: tensor<1x2x3x3xf32>) -> tensor<1x3x3x3xf32> {
  %s = engine.constant dense<[[[2.0]], [[0.5]]]> : tensor<2x1x1xf32> -> tensor<2x1x1xf32>
  %t = engine.constant dense<[[[0.5]], [[-1.0]]]> : tensor<2x1x1xf32> -> tensor<2x1x1xf32>
  %w = engine.constant dense<[[[[0.5]], [[1.0]]], [[[1.5]], [[2.0]]], [[[-0.5]], [[0.25]]]]> : tensor<3x2x1x1xf32> -> tensor<3x2x1x1xf32>
  %a = engine.map ins(%x, %s, %t : tensor<1x2x3x3xf32>, tensor<2x1x1xf32>, tensor<2x1x1xf32>) attributes {nodes = ["/a"]} -> tensor<1x2x3x3xf32> {
    ^bb0(%e_x: f32, %e_s: f32, %e_t: f32):
      %z1_1 = arith.mulf %e_x, %e_s : f32
      %z1_2 = arith.addf %z1_1, %e_t : f32
      engine.yield %z1_2 : f32
  }
  %y = engine.conv %a, %w {nodes = ["/y"], strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x2x3x3xf32>, tensor<3x2x1x1xf32> -> tensor<1x3x3x3xf32>
  func.return %y : tensor<1x3x3x3xf32>
}

// CHECK-LABEL: func.func @scale_and_shift
// CHECK-NEXT:     %{{.*}} = engine.constant dense<{{\[\[}}{{\[\[}}1.000000e+00{{\]\]}}, {{\[\[}}5.000000e-01{{\]\]}}], {{\[\[}}[3.000000e+00{{\]\]}}, {{\[\[}}1.000000e+00{{\]\]}}], {{\[\[}}[-1.000000e+00{{\]\]}}, {{\[\[}}1.250000e-01{{\]\]}}{{\]\]}}> : tensor<3x2x1x1xf32> -> tensor<3x2x1x1xf32>
// CHECK-NEXT:     %{{.*}} = engine.constant dense<{{\[\[}}[-7.500000e-01{{\]\]}}, {{\[\[}}-1.250000e+00{{\]\]}}, {{\[\[}}-5.000000e-01{{\]\]}}]> : tensor<3x1x1xf32> -> tensor<3x1x1xf32>
// CHECK-NEXT:     %{{.*}} = engine.conv %{{.*}}, %{{.*}} epilogue(%{{.*}} : tensor<3x1x1xf32>) {nodes = ["/a", "/y"], rewrites = ["fold-affine-into-conv"], strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x2x3x3xf32>, tensor<3x2x1x1xf32> -> tensor<1x3x3x3xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<1x3x3x3xf32>
// CHECK-NEXT:   }

// -----

// Zeros stay zeros.
func.func @padded_scale(%x: tensor<1x2x3x3xf32>) -> tensor<1x2x4x4xf32> {
  %w = engine.constant dense<0.5> : tensor<2x2x2x2xf32> -> tensor<2x2x2x2xf32>
  %a = engine.map ins(%x : tensor<1x2x3x3xf32>) attributes {nodes = ["/a"]} -> tensor<1x2x3x3xf32> {
    ^bb0(%e_x: f32):
      %z1_1 = arith.constant 3.000000e+00 : f32
      %z1_2 = arith.mulf %e_x, %z1_1 : f32
      engine.yield %z1_2 : f32
  }
  %y = engine.conv %a, %w {nodes = ["/y"], strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x2x3x3xf32>, tensor<2x2x2x2xf32> -> tensor<1x2x4x4xf32>
  func.return %y : tensor<1x2x4x4xf32>
}

// CHECK-LABEL: func.func @padded_scale
// CHECK-NEXT:     %{{.*}} = engine.constant dense<1.500000e+00> : tensor<2x2x2x2xf32> -> tensor<2x2x2x2xf32>
// CHECK-NEXT:     %{{.*}} = engine.conv %{{.*}}, %{{.*}} {nodes = ["/a", "/y"], rewrites = ["fold-affine-into-conv"], strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x2x3x3xf32>, tensor<2x2x2x2xf32> -> tensor<1x2x4x4xf32>
// CHECK-NEXT:     func.return %{{.*}} : tensor<1x2x4x4xf32>
// CHECK-NEXT:   }

// -----

func.func @groups(%x: tensor<1x2x3x3xf32>) -> tensor<1x4x3x3xf32> {
  %w = engine.constant dense<[[[[0.5]]], [[[1.5]]], [[[2.5]]], [[[3.5]]]]> : tensor<4x1x1x1xf32> -> tensor<4x1x1x1xf32>
  %s = engine.constant dense<[[[2.0]], [[0.5]]]> : tensor<2x1x1xf32> -> tensor<2x1x1xf32>
  %a = engine.map ins(%x, %s : tensor<1x2x3x3xf32>, tensor<2x1x1xf32>) attributes {nodes = ["/a"]} -> tensor<1x2x3x3xf32> {
    ^bb0(%e_x: f32, %e_s: f32):
      %z1_1 = arith.mulf %e_x, %e_s : f32
      engine.yield %z1_1 : f32
  }
  %y = engine.conv %a, %w {nodes = ["/y"], strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 2 : i64} : tensor<1x2x3x3xf32>, tensor<4x1x1x1xf32> -> tensor<1x4x3x3xf32>
  func.return %y : tensor<1x4x3x3xf32>
}

// CHECK-LABEL: func.func @groups
// CHECK-NEXT:     %{{.*}} = engine.constant dense<{{\[\[}}{{\[\[}}1.000000e+00{{\]\]}}], {{\[\[}}[3.000000e+00{{\]\]}}], {{\[\[}}[1.250000e+00{{\]\]}}], {{\[\[}}[1.750000e+00{{\]\]}}{{\]\]}}> : tensor<4x1x1x1xf32> -> tensor<4x1x1x1xf32>
// CHECK-NEXT:     %{{.*}} = engine.conv %{{.*}}, %{{.*}} {nodes = ["/a", "/y"], rewrites = ["fold-affine-into-conv"], strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 2 : i64} : tensor<1x2x3x3xf32>, tensor<4x1x1x1xf32> -> tensor<1x4x3x3xf32>
// CHECK-NEXT:     func.return %{{.*}} : tensor<1x4x3x3xf32>
// CHECK-NEXT:   }

// -----

// The zeros around are not shifted.
func.func @near_miss_padded_shift(%x: tensor<1x2x3x3xf32>) -> tensor<1x2x4x4xf32> {
  %w = engine.constant dense<0.5> : tensor<2x2x2x2xf32> -> tensor<2x2x2x2xf32>
  %a = engine.map ins(%x : tensor<1x2x3x3xf32>) attributes {nodes = ["/a"]} -> tensor<1x2x3x3xf32> {
    ^bb0(%e_x: f32):
      %z1_1 = arith.constant 3.000000e+00 : f32
      %z1_2 = arith.addf %e_x, %z1_1 : f32
      engine.yield %z1_2 : f32
  }
  %y = engine.conv %a, %w {nodes = ["/y"], strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x2x3x3xf32>, tensor<2x2x2x2xf32> -> tensor<1x2x4x4xf32>
  func.return %y : tensor<1x2x4x4xf32>
}

// CHECK-LABEL: func.func @near_miss_padded_shift
// CHECK-NEXT:     %{{.*}} = engine.constant dense<5.000000e-01> : tensor<2x2x2x2xf32> -> tensor<2x2x2x2xf32>
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}} : tensor<1x2x3x3xf32>) attributes {nodes = ["/a"]} -> tensor<1x2x3x3xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.constant 3.000000e+00 : f32
// CHECK-NEXT:       %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     %{{.*}} = engine.conv %{{.*}}, %{{.*}} {nodes = ["/y"], strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x2x3x3xf32>, tensor<2x2x2x2xf32> -> tensor<1x2x4x4xf32>
// CHECK-NEXT:     func.return %{{.*}} : tensor<1x2x4x4xf32>
// CHECK-NEXT:   }

// -----

func.func @near_miss_columns(%x: tensor<1x2x3x3xf32>) -> tensor<1x3x3x3xf32> {
  %s = engine.constant dense<[2.0, 0.5, 1.0]> : tensor<3xf32> -> tensor<3xf32>
  %w = engine.constant dense<[[[[0.5]], [[1.0]]], [[[1.5]], [[2.0]]], [[[-0.5]], [[0.25]]]]> : tensor<3x2x1x1xf32> -> tensor<3x2x1x1xf32>
  %a = engine.map ins(%x, %s : tensor<1x2x3x3xf32>, tensor<3xf32>) attributes {nodes = ["/a"]} -> tensor<1x2x3x3xf32> {
    ^bb0(%e_x: f32, %e_s: f32):
      %z1_1 = arith.mulf %e_x, %e_s : f32
      engine.yield %z1_1 : f32
  }
  %y = engine.conv %a, %w {nodes = ["/y"], strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x2x3x3xf32>, tensor<3x2x1x1xf32> -> tensor<1x3x3x3xf32>
  func.return %y : tensor<1x3x3x3xf32>
}

// CHECK-LABEL: func.func @near_miss_columns
// CHECK-NEXT:     %{{.*}} = engine.constant dense<[2.000000e+00, 5.000000e-01, 1.000000e+00]> : tensor<3xf32> -> tensor<3xf32>
// CHECK-NEXT:     %{{.*}} = engine.constant dense<{{\[\[}}{{\[\[}}5.000000e-01{{\]\]}}, {{\[\[}}1.000000e+00{{\]\]}}], {{\[\[}}[1.500000e+00{{\]\]}}, {{\[\[}}2.000000e+00{{\]\]}}], {{\[\[}}[-5.000000e-01{{\]\]}}, {{\[\[}}2.500000e-01{{\]\]}}{{\]\]}}> : tensor<3x2x1x1xf32> -> tensor<3x2x1x1xf32>
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<1x2x3x3xf32>, tensor<3xf32>) attributes {nodes = ["/a"]} -> tensor<1x2x3x3xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     %{{.*}} = engine.conv %{{.*}}, %{{.*}} {nodes = ["/y"], strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x2x3x3xf32>, tensor<3x2x1x1xf32> -> tensor<1x3x3x3xf32>
// CHECK-NEXT:     func.return %{{.*}} : tensor<1x3x3x3xf32>
// CHECK-NEXT:   }

// -----

func.func @near_miss_second_use(%x: tensor<1x2x3x3xf32>) -> (tensor<1x3x3x3xf32>, tensor<1x2x3x3xf32>) {
  %w = engine.constant dense<[[[[0.5]], [[1.0]]], [[[1.5]], [[2.0]]], [[[-0.5]], [[0.25]]]]> : tensor<3x2x1x1xf32> -> tensor<3x2x1x1xf32>
  %a = engine.map ins(%x : tensor<1x2x3x3xf32>) attributes {nodes = ["/a"]} -> tensor<1x2x3x3xf32> {
    ^bb0(%e_x: f32):
      %z1_1 = arith.constant 3.000000e+00 : f32
      %z1_2 = arith.mulf %e_x, %z1_1 : f32
      engine.yield %z1_2 : f32
  }
  %y = engine.conv %a, %w {nodes = ["/y"], strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x2x3x3xf32>, tensor<3x2x1x1xf32> -> tensor<1x3x3x3xf32>
  func.return %y, %a : tensor<1x3x3x3xf32>, tensor<1x2x3x3xf32>
}

// CHECK-LABEL: func.func @near_miss_second_use
// CHECK-NEXT:     %{{.*}} = engine.constant dense<{{\[\[}}{{\[\[}}5.000000e-01{{\]\]}}, {{\[\[}}1.000000e+00{{\]\]}}], {{\[\[}}[1.500000e+00{{\]\]}}, {{\[\[}}2.000000e+00{{\]\]}}], {{\[\[}}[-5.000000e-01{{\]\]}}, {{\[\[}}2.500000e-01{{\]\]}}{{\]\]}}> : tensor<3x2x1x1xf32> -> tensor<3x2x1x1xf32>
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}} : tensor<1x2x3x3xf32>) attributes {nodes = ["/a"]} -> tensor<1x2x3x3xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.constant 3.000000e+00 : f32
// CHECK-NEXT:       %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     %{{.*}} = engine.conv %{{.*}}, %{{.*}} {nodes = ["/y"], strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x2x3x3xf32>, tensor<3x2x1x1xf32> -> tensor<1x3x3x3xf32>
// CHECK-NEXT:     func.return %{{.*}}, %{{.*}} : tensor<1x3x3x3xf32>, tensor<1x2x3x3xf32>
// CHECK-NEXT:   }

// -----

func.func @near_miss_relu(%x: tensor<1x2x3x3xf32>) -> tensor<1x3x3x3xf32> {
  %w = engine.constant dense<[[[[0.5]], [[1.0]]], [[[1.5]], [[2.0]]], [[[-0.5]], [[0.25]]]]> : tensor<3x2x1x1xf32> -> tensor<3x2x1x1xf32>
  %a = engine.map ins(%x : tensor<1x2x3x3xf32>) attributes {nodes = ["/a"]} -> tensor<1x2x3x3xf32> {
    ^bb0(%e_x: f32):
      %z1_1 = arith.constant 3.000000e+00 : f32
      %z1_2 = arith.mulf %e_x, %z1_1 : f32
      %z1_3 = arith.constant 0.000000e+00 : f32
      %z1_4 = arith.maximumf %z1_2, %z1_3 : f32
      engine.yield %z1_4 : f32
  }
  %y = engine.conv %a, %w {nodes = ["/y"], strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x2x3x3xf32>, tensor<3x2x1x1xf32> -> tensor<1x3x3x3xf32>
  func.return %y : tensor<1x3x3x3xf32>
}

// CHECK-LABEL: func.func @near_miss_relu
// CHECK-NEXT:     %{{.*}} = engine.constant dense<{{\[\[}}{{\[\[}}5.000000e-01{{\]\]}}, {{\[\[}}1.000000e+00{{\]\]}}], {{\[\[}}[1.500000e+00{{\]\]}}, {{\[\[}}2.000000e+00{{\]\]}}], {{\[\[}}[-5.000000e-01{{\]\]}}, {{\[\[}}2.500000e-01{{\]\]}}{{\]\]}}> : tensor<3x2x1x1xf32> -> tensor<3x2x1x1xf32>
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}} : tensor<1x2x3x3xf32>) attributes {nodes = ["/a"]} -> tensor<1x2x3x3xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.constant 3.000000e+00 : f32
// CHECK-NEXT:       %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.constant 0.000000e+00 : f32
// CHECK-NEXT:       %{{.*}} = arith.maximumf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     %{{.*}} = engine.conv %{{.*}}, %{{.*}} {nodes = ["/y"], strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x2x3x3xf32>, tensor<3x2x1x1xf32> -> tensor<1x3x3x3xf32>
// CHECK-NEXT:     func.return %{{.*}} : tensor<1x3x3x3xf32>
// CHECK-NEXT:   }
