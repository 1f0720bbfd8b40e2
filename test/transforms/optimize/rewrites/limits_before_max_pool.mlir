// RUN: opt-tool %s --split-input-file -p 'optimize{only=limits-before-max-pool exactness=bitwise}' --check-numerics | filecheck %s

func.func @relu(%x: tensor<1x2x4x4xf32>) -> tensor<1x3x2x2xf32> {
  %w = engine.constant dense<[[[[0.5]], [[1.0]]], [[[1.5]], [[2.0]]], [[[-0.5]], [[0.25]]]]> : tensor<3x2x1x1xf32> -> tensor<3x2x1x1xf32>
  %c = engine.conv %x, %w {nodes = ["/c"], strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x2x4x4xf32>, tensor<3x2x1x1xf32> -> tensor<1x3x4x4xf32>
  %p = engine.pool %c {nodes = ["/p"], kind = "max", kernel = array<i64: 2, 2>, strides = array<i64: 2, 2>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : tensor<1x3x4x4xf32> -> tensor<1x3x2x2xf32>
  %y = engine.map ins(%p : tensor<1x3x2x2xf32>) attributes {nodes = ["/y"]} -> tensor<1x3x2x2xf32> {
    ^bb0(%e_p: f32):
      %z1_1 = arith.constant 0.000000e+00 : f32
      %z1_2 = arith.maximumf %e_p, %z1_1 : f32
      engine.yield %z1_2 : f32
  }
  func.return %y : tensor<1x3x2x2xf32>
}

// CHECK-LABEL: func.func @relu
// CHECK-NEXT:     %{{.*}} = engine.constant dense<{{\[\[}}{{\[\[}}5.000000e-01{{\]\]}}, {{\[\[}}1.000000e+00{{\]\]}}], {{\[\[}}[1.500000e+00{{\]\]}}, {{\[\[}}2.000000e+00{{\]\]}}], {{\[\[}}[-5.000000e-01{{\]\]}}, {{\[\[}}2.500000e-01{{\]\]}}{{\]\]}}> : tensor<3x2x1x1xf32> -> tensor<3x2x1x1xf32>
// CHECK-NEXT:     %{{.*}} = engine.conv %{{.*}}, %{{.*}} {nodes = ["/c"], strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x2x4x4xf32>, tensor<3x2x1x1xf32> -> tensor<1x3x4x4xf32>
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}} : tensor<1x3x4x4xf32>) attributes {nodes = ["/p", "/y"], rewrites = ["limits-before-max-pool"]} -> tensor<1x3x4x4xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.constant 0.000000e+00 : f32
// CHECK-NEXT:       %{{.*}} = arith.maximumf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     %{{.*}} = engine.pool %{{.*}} {nodes = ["/p", "/y"], rewrites = ["limits-before-max-pool"], kind = "max", kernel = array<i64: 2, 2>, strides = array<i64: 2, 2>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : tensor<1x3x4x4xf32> -> tensor<1x3x2x2xf32>
// CHECK-NEXT:     func.return %{{.*}} : tensor<1x3x2x2xf32>
// CHECK-NEXT:   }

// -----

func.func @clamp(%x: tensor<1x2x4x4xf32>) -> tensor<1x3x4x4xf32> {
  %w = engine.constant dense<[[[[0.5]], [[1.0]]], [[[1.5]], [[2.0]]], [[[-0.5]], [[0.25]]]]> : tensor<3x2x1x1xf32> -> tensor<3x2x1x1xf32>
  %c = engine.conv %x, %w {nodes = ["/c"], strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x2x4x4xf32>, tensor<3x2x1x1xf32> -> tensor<1x3x4x4xf32>
  %p = engine.pool %c {nodes = ["/p"], kind = "max", kernel = array<i64: 3, 3>, strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>} : tensor<1x3x4x4xf32> -> tensor<1x3x4x4xf32>
  %y = engine.map ins(%p : tensor<1x3x4x4xf32>) attributes {nodes = ["/y"]} -> tensor<1x3x4x4xf32> {
    ^bb0(%e_p: f32):
      %z1_1 = arith.constant 0.000000e+00 : f32
      %z1_2 = arith.maximumf %e_p, %z1_1 : f32
      %z1_3 = arith.constant 6.000000e+00 : f32
      %z1_4 = arith.minimumf %z1_2, %z1_3 : f32
      engine.yield %z1_4 : f32
  }
  func.return %y : tensor<1x3x4x4xf32>
}

// CHECK-LABEL: func.func @clamp
// CHECK-NEXT:     %{{.*}} = engine.constant dense<{{\[\[}}{{\[\[}}5.000000e-01{{\]\]}}, {{\[\[}}1.000000e+00{{\]\]}}], {{\[\[}}[1.500000e+00{{\]\]}}, {{\[\[}}2.000000e+00{{\]\]}}], {{\[\[}}[-5.000000e-01{{\]\]}}, {{\[\[}}2.500000e-01{{\]\]}}{{\]\]}}> : tensor<3x2x1x1xf32> -> tensor<3x2x1x1xf32>
// CHECK-NEXT:     %{{.*}} = engine.conv %{{.*}}, %{{.*}} {nodes = ["/c"], strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x2x4x4xf32>, tensor<3x2x1x1xf32> -> tensor<1x3x4x4xf32>
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}} : tensor<1x3x4x4xf32>) attributes {nodes = ["/p", "/y"], rewrites = ["limits-before-max-pool"]} -> tensor<1x3x4x4xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.constant 0.000000e+00 : f32
// CHECK-NEXT:       %{{.*}} = arith.maximumf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.constant 6.000000e+00 : f32
// CHECK-NEXT:       %{{.*}} = arith.minimumf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     %{{.*}} = engine.pool %{{.*}} {nodes = ["/p", "/y"], rewrites = ["limits-before-max-pool"], kind = "max", kernel = array<i64: 3, 3>, strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>} : tensor<1x3x4x4xf32> -> tensor<1x3x4x4xf32>
// CHECK-NEXT:     func.return %{{.*}} : tensor<1x3x4x4xf32>
// CHECK-NEXT:   }

// -----

func.func @near_miss_average(%x: tensor<1x2x4x4xf32>) -> tensor<1x3x2x2xf32> {
  %w = engine.constant dense<[[[[0.5]], [[1.0]]], [[[1.5]], [[2.0]]], [[[-0.5]], [[0.25]]]]> : tensor<3x2x1x1xf32> -> tensor<3x2x1x1xf32>
  %c = engine.conv %x, %w {nodes = ["/c"], strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x2x4x4xf32>, tensor<3x2x1x1xf32> -> tensor<1x3x4x4xf32>
  %p = engine.pool %c {nodes = ["/p"], kind = "average", kernel = array<i64: 2, 2>, strides = array<i64: 2, 2>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : tensor<1x3x4x4xf32> -> tensor<1x3x2x2xf32>
  %y = engine.map ins(%p : tensor<1x3x2x2xf32>) attributes {nodes = ["/y"]} -> tensor<1x3x2x2xf32> {
    ^bb0(%e_p: f32):
      %z1_1 = arith.constant 0.000000e+00 : f32
      %z1_2 = arith.maximumf %e_p, %z1_1 : f32
      engine.yield %z1_2 : f32
  }
  func.return %y : tensor<1x3x2x2xf32>
}

// CHECK-LABEL: func.func @near_miss_average
// CHECK-NEXT:     %{{.*}} = engine.constant dense<{{\[\[}}{{\[\[}}5.000000e-01{{\]\]}}, {{\[\[}}1.000000e+00{{\]\]}}], {{\[\[}}[1.500000e+00{{\]\]}}, {{\[\[}}2.000000e+00{{\]\]}}], {{\[\[}}[-5.000000e-01{{\]\]}}, {{\[\[}}2.500000e-01{{\]\]}}{{\]\]}}> : tensor<3x2x1x1xf32> -> tensor<3x2x1x1xf32>
// CHECK-NEXT:     %{{.*}} = engine.conv %{{.*}}, %{{.*}} {nodes = ["/c"], strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x2x4x4xf32>, tensor<3x2x1x1xf32> -> tensor<1x3x4x4xf32>
// CHECK-NEXT:     %{{.*}} = engine.pool %{{.*}} {nodes = ["/p"], kind = "average", kernel = array<i64: 2, 2>, strides = array<i64: 2, 2>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : tensor<1x3x4x4xf32> -> tensor<1x3x2x2xf32>
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}} : tensor<1x3x2x2xf32>) attributes {nodes = ["/y"]} -> tensor<1x3x2x2xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.constant 0.000000e+00 : f32
// CHECK-NEXT:       %{{.*}} = arith.maximumf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<1x3x2x2xf32>
// CHECK-NEXT:   }

// -----

func.func @near_miss_not_monotone(%x: tensor<1x2x4x4xf32>) -> tensor<1x3x2x2xf32> {
  %w = engine.constant dense<[[[[0.5]], [[1.0]]], [[[1.5]], [[2.0]]], [[[-0.5]], [[0.25]]]]> : tensor<3x2x1x1xf32> -> tensor<3x2x1x1xf32>
  %c = engine.conv %x, %w {nodes = ["/c"], strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x2x4x4xf32>, tensor<3x2x1x1xf32> -> tensor<1x3x4x4xf32>
  %p = engine.pool %c {nodes = ["/p"], kind = "max", kernel = array<i64: 2, 2>, strides = array<i64: 2, 2>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : tensor<1x3x4x4xf32> -> tensor<1x3x2x2xf32>
  %y = engine.map ins(%p : tensor<1x3x2x2xf32>) attributes {nodes = ["/y"]} -> tensor<1x3x2x2xf32> {
    ^bb0(%e_p: f32):
      %z1_1 = math.absf %e_p : f32
      engine.yield %z1_1 : f32
  }
  func.return %y : tensor<1x3x2x2xf32>
}

// CHECK-LABEL: func.func @near_miss_not_monotone
// CHECK-NEXT:     %{{.*}} = engine.constant dense<{{\[\[}}{{\[\[}}5.000000e-01{{\]\]}}, {{\[\[}}1.000000e+00{{\]\]}}], {{\[\[}}[1.500000e+00{{\]\]}}, {{\[\[}}2.000000e+00{{\]\]}}], {{\[\[}}[-5.000000e-01{{\]\]}}, {{\[\[}}2.500000e-01{{\]\]}}{{\]\]}}> : tensor<3x2x1x1xf32> -> tensor<3x2x1x1xf32>
// CHECK-NEXT:     %{{.*}} = engine.conv %{{.*}}, %{{.*}} {nodes = ["/c"], strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x2x4x4xf32>, tensor<3x2x1x1xf32> -> tensor<1x3x4x4xf32>
// CHECK-NEXT:     %{{.*}} = engine.pool %{{.*}} {nodes = ["/p"], kind = "max", kernel = array<i64: 2, 2>, strides = array<i64: 2, 2>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : tensor<1x3x4x4xf32> -> tensor<1x3x2x2xf32>
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}} : tensor<1x3x2x2xf32>) attributes {nodes = ["/y"]} -> tensor<1x3x2x2xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = math.absf %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<1x3x2x2xf32>
// CHECK-NEXT:   }

// -----

func.func @near_miss_no_contraction(%x: tensor<1x3x4x4xf32>) -> tensor<1x3x2x2xf32> {
  %p = engine.pool %x {nodes = ["/p"], kind = "max", kernel = array<i64: 2, 2>, strides = array<i64: 2, 2>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : tensor<1x3x4x4xf32> -> tensor<1x3x2x2xf32>
  %y = engine.map ins(%p : tensor<1x3x2x2xf32>) attributes {nodes = ["/y"]} -> tensor<1x3x2x2xf32> {
    ^bb0(%e_p: f32):
      %z1_1 = arith.constant 0.000000e+00 : f32
      %z1_2 = arith.maximumf %e_p, %z1_1 : f32
      engine.yield %z1_2 : f32
  }
  func.return %y : tensor<1x3x2x2xf32>
}

// CHECK-LABEL: func.func @near_miss_no_contraction
// CHECK-NEXT:     %{{.*}} = engine.pool %{{.*}} {nodes = ["/p"], kind = "max", kernel = array<i64: 2, 2>, strides = array<i64: 2, 2>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : tensor<1x3x4x4xf32> -> tensor<1x3x2x2xf32>
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}} : tensor<1x3x2x2xf32>) attributes {nodes = ["/y"]} -> tensor<1x3x2x2xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.constant 0.000000e+00 : f32
// CHECK-NEXT:       %{{.*}} = arith.maximumf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<1x3x2x2xf32>
// CHECK-NEXT:   }

// -----

func.func @near_miss_second_use(%x: tensor<1x2x4x4xf32>) -> (tensor<1x3x2x2xf32>, tensor<1x3x2x2xf32>) {
  %w = engine.constant dense<[[[[0.5]], [[1.0]]], [[[1.5]], [[2.0]]], [[[-0.5]], [[0.25]]]]> : tensor<3x2x1x1xf32> -> tensor<3x2x1x1xf32>
  %c = engine.conv %x, %w {nodes = ["/c"], strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x2x4x4xf32>, tensor<3x2x1x1xf32> -> tensor<1x3x4x4xf32>
  %p = engine.pool %c {nodes = ["/p"], kind = "max", kernel = array<i64: 2, 2>, strides = array<i64: 2, 2>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : tensor<1x3x4x4xf32> -> tensor<1x3x2x2xf32>
  %y = engine.map ins(%p : tensor<1x3x2x2xf32>) attributes {nodes = ["/y"]} -> tensor<1x3x2x2xf32> {
    ^bb0(%e_p: f32):
      %z1_1 = arith.constant 0.000000e+00 : f32
      %z1_2 = arith.maximumf %e_p, %z1_1 : f32
      engine.yield %z1_2 : f32
  }
  func.return %y, %p : tensor<1x3x2x2xf32>, tensor<1x3x2x2xf32>
}

// CHECK-LABEL: func.func @near_miss_second_use
// CHECK-NEXT:     %{{.*}} = engine.constant dense<{{\[\[}}{{\[\[}}5.000000e-01{{\]\]}}, {{\[\[}}1.000000e+00{{\]\]}}], {{\[\[}}[1.500000e+00{{\]\]}}, {{\[\[}}2.000000e+00{{\]\]}}], {{\[\[}}[-5.000000e-01{{\]\]}}, {{\[\[}}2.500000e-01{{\]\]}}{{\]\]}}> : tensor<3x2x1x1xf32> -> tensor<3x2x1x1xf32>
// CHECK-NEXT:     %{{.*}} = engine.conv %{{.*}}, %{{.*}} {nodes = ["/c"], strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x2x4x4xf32>, tensor<3x2x1x1xf32> -> tensor<1x3x4x4xf32>
// CHECK-NEXT:     %{{.*}} = engine.pool %{{.*}} {nodes = ["/p"], kind = "max", kernel = array<i64: 2, 2>, strides = array<i64: 2, 2>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : tensor<1x3x4x4xf32> -> tensor<1x3x2x2xf32>
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}} : tensor<1x3x2x2xf32>) attributes {nodes = ["/y"]} -> tensor<1x3x2x2xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.constant 0.000000e+00 : f32
// CHECK-NEXT:       %{{.*}} = arith.maximumf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}}, %{{.*}} : tensor<1x3x2x2xf32>, tensor<1x3x2x2xf32>
// CHECK-NEXT:   }
