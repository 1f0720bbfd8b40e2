// RUN: opt-tool %s --split-input-file -p 'optimize{only=multiply-conv-weights exactness=rounding}' --check-numerics | filecheck %s

func.func @pointwise(%x: tensor<1x1x4x4xf32>) -> tensor<1x1x4x3xf32> {
  %a = engine.constant dense<[[[[0.5, 1.0]]], [[[2.0, -1.0]]], [[[0.25, 1.5]]]]> : tensor<3x1x1x2xf32> -> tensor<3x1x1x2xf32>
  %c = engine.constant dense<[[[0.5]], [[1.0]], [[-1.0]]]> : tensor<3x1x1xf32> -> tensor<3x1x1xf32>
  %b = engine.constant dense<[[[[0.5]], [[2.0]], [[1.0]]]]> : tensor<1x3x1x1xf32> -> tensor<1x3x1x1xf32>
  %h = engine.conv %x, %a epilogue(%c : tensor<3x1x1xf32>) {nodes = ["/h"], strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x1x4x4xf32>, tensor<3x1x1x2xf32> -> tensor<1x3x4x3xf32> {
    ^bb0(%e_acc: f32, %e_c: f32):
      %z1_1 = arith.addf %e_acc, %e_c : f32
      engine.yield %z1_1 : f32
  }
  %y = engine.conv %h, %b {nodes = ["/y"], strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x3x4x3xf32>, tensor<1x3x1x1xf32> -> tensor<1x1x4x3xf32>
  func.return %y : tensor<1x1x4x3xf32>
}

// CHECK-LABEL: func.func @pointwise
// CHECK-NEXT:     %{{.*}} = engine.constant dense<{{\[\[}}{{\[\[}}4.500000e+00, 0.000000e+00{{\]\]}}{{\]\]}}> : tensor<1x1x1x2xf32> -> tensor<1x1x1x2xf32>
// CHECK-NEXT:     %{{.*}} = engine.constant dense<1.250000e+00> : tensor<1x1x1xf32> -> tensor<1x1x1xf32>
// CHECK-NEXT:     %{{.*}} = engine.conv %{{.*}}, %{{.*}} epilogue(%{{.*}} : tensor<1x1x1xf32>) {nodes = ["/h", "/y"], rewrites = ["multiply-conv-weights"], strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x1x4x4xf32>, tensor<1x1x1x2xf32> -> tensor<1x1x4x3xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<1x1x4x3xf32>
// CHECK-NEXT:   }

// -----

func.func @without_bias(%x: tensor<1x1x4x4xf32>) -> tensor<1x1x4x5xf32> {
  %a = engine.constant dense<[[[[0.5, 1.0]]], [[[2.0, -1.0]]], [[[0.25, 1.5]]]]> : tensor<3x1x1x2xf32> -> tensor<3x1x1x2xf32>
  %c = engine.constant dense<[[[0.5]], [[1.0]], [[-1.0]]]> : tensor<3x1x1xf32> -> tensor<3x1x1xf32>
  %b = engine.constant dense<[[[[0.5]], [[2.0]], [[1.0]]]]> : tensor<1x3x1x1xf32> -> tensor<1x3x1x1xf32>
  %h = engine.conv %x, %a {nodes = ["/h"], strides = array<i64: 1, 1>, pads = array<i64: 0, 1, 0, 1>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x1x4x4xf32>, tensor<3x1x1x2xf32> -> tensor<1x3x4x5xf32>
  %y = engine.conv %h, %b {nodes = ["/y"], strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x3x4x5xf32>, tensor<1x3x1x1xf32> -> tensor<1x1x4x5xf32> {
    ^bb0(%e_acc: f32):
      %z1_1 = arith.constant 0.000000e+00 : f32
      %z1_2 = arith.maximumf %e_acc, %z1_1 : f32
      engine.yield %z1_2 : f32
  }
  func.return %y : tensor<1x1x4x5xf32>
}

// CHECK-LABEL: func.func @without_bias
// CHECK-NEXT:     %{{.*}} = engine.constant dense<{{\[\[}}{{\[\[}}4.500000e+00, 0.000000e+00{{\]\]}}{{\]\]}}> : tensor<1x1x1x2xf32> -> tensor<1x1x1x2xf32>
// CHECK-NEXT:     %{{.*}} = engine.conv %{{.*}}, %{{.*}} {nodes = ["/h", "/y"], rewrites = ["multiply-conv-weights"], strides = array<i64: 1, 1>, pads = array<i64: 0, 1, 0, 1>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x1x4x4xf32>, tensor<1x1x1x2xf32> -> tensor<1x1x4x5xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.constant 0.000000e+00 : f32
// CHECK-NEXT:       %{{.*}} = arith.maximumf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<1x1x4x5xf32>
// CHECK-NEXT:   }

// -----

func.func @near_miss_activation(%x: tensor<1x1x4x4xf32>) -> tensor<1x1x4x3xf32> {
  %a = engine.constant dense<[[[[0.5, 1.0]]], [[[2.0, -1.0]]], [[[0.25, 1.5]]]]> : tensor<3x1x1x2xf32> -> tensor<3x1x1x2xf32>
  %c = engine.constant dense<[[[0.5]], [[1.0]], [[-1.0]]]> : tensor<3x1x1xf32> -> tensor<3x1x1xf32>
  %b = engine.constant dense<[[[[0.5]], [[2.0]], [[1.0]]]]> : tensor<1x3x1x1xf32> -> tensor<1x3x1x1xf32>
  %h = engine.conv %x, %a epilogue(%c : tensor<3x1x1xf32>) {nodes = ["/h"], strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x1x4x4xf32>, tensor<3x1x1x2xf32> -> tensor<1x3x4x3xf32> {
    ^bb0(%e_acc: f32, %e_c: f32):
      %z1_1 = arith.addf %e_acc, %e_c : f32
      %z1_2 = arith.constant 0.000000e+00 : f32
      %z1_3 = arith.maximumf %z1_1, %z1_2 : f32
      engine.yield %z1_3 : f32
  }
  %y = engine.conv %h, %b {nodes = ["/y"], strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x3x4x3xf32>, tensor<1x3x1x1xf32> -> tensor<1x1x4x3xf32>
  func.return %y : tensor<1x1x4x3xf32>
}

// CHECK-LABEL: func.func @near_miss_activation
// CHECK-NEXT:     %{{.*}} = engine.constant dense<{{\[\[}}{{\[\[}}5.000000e-01, 1.000000e+00{{\]\]}}], {{\[\[}}[2.000000e+00, -1.000000e+00{{\]\]}}], {{\[\[}}[2.500000e-01, 1.500000e+00{{\]\]}}{{\]\]}}> : tensor<3x1x1x2xf32> -> tensor<3x1x1x2xf32>
// CHECK-NEXT:     %{{.*}} = engine.constant dense<{{\[\[}}[5.000000e-01{{\]\]}}, {{\[\[}}1.000000e+00{{\]\]}}, {{\[\[}}-1.000000e+00{{\]\]}}]> : tensor<3x1x1xf32> -> tensor<3x1x1xf32>
// CHECK-NEXT:     %{{.*}} = engine.constant dense<{{\[\[}}{{\[\[}}5.000000e-01{{\]\]}}, {{\[\[}}2.000000e+00{{\]\]}}, {{\[\[}}1.000000e+00{{\]\]}}{{\]\]}}> : tensor<1x3x1x1xf32> -> tensor<1x3x1x1xf32>
// CHECK-NEXT:     %{{.*}} = engine.conv %{{.*}}, %{{.*}} epilogue(%{{.*}} : tensor<3x1x1xf32>) {nodes = ["/h"], strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x1x4x4xf32>, tensor<3x1x1x2xf32> -> tensor<1x3x4x3xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.constant 0.000000e+00 : f32
// CHECK-NEXT:       %{{.*}} = arith.maximumf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     %{{.*}} = engine.conv %{{.*}}, %{{.*}} {nodes = ["/y"], strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x3x4x3xf32>, tensor<1x3x1x1xf32> -> tensor<1x1x4x3xf32>
// CHECK-NEXT:     func.return %{{.*}} : tensor<1x1x4x3xf32>
// CHECK-NEXT:   }

// -----

// Of the border the bias is not 0.
func.func @near_miss_padded(%x: tensor<1x1x4x4xf32>) -> tensor<1x1x6x5xf32> {
  %a = engine.constant dense<[[[[0.5, 1.0]]], [[[2.0, -1.0]]], [[[0.25, 1.5]]]]> : tensor<3x1x1x2xf32> -> tensor<3x1x1x2xf32>
  %c = engine.constant dense<[[[0.5]], [[1.0]], [[-1.0]]]> : tensor<3x1x1xf32> -> tensor<3x1x1xf32>
  %b = engine.constant dense<[[[[0.5]], [[2.0]], [[1.0]]]]> : tensor<1x3x1x1xf32> -> tensor<1x3x1x1xf32>
  %h = engine.conv %x, %a epilogue(%c : tensor<3x1x1xf32>) {nodes = ["/h"], strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x1x4x4xf32>, tensor<3x1x1x2xf32> -> tensor<1x3x4x3xf32> {
    ^bb0(%e_acc: f32, %e_c: f32):
      %z1_1 = arith.addf %e_acc, %e_c : f32
      engine.yield %z1_1 : f32
  }
  %y = engine.conv %h, %b {nodes = ["/y"], strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x3x4x3xf32>, tensor<1x3x1x1xf32> -> tensor<1x1x6x5xf32>
  func.return %y : tensor<1x1x6x5xf32>
}

// CHECK-LABEL: func.func @near_miss_padded
// CHECK-NEXT:     %{{.*}} = engine.constant dense<{{\[\[}}{{\[\[}}5.000000e-01, 1.000000e+00{{\]\]}}], {{\[\[}}[2.000000e+00, -1.000000e+00{{\]\]}}], {{\[\[}}[2.500000e-01, 1.500000e+00{{\]\]}}{{\]\]}}> : tensor<3x1x1x2xf32> -> tensor<3x1x1x2xf32>
// CHECK-NEXT:     %{{.*}} = engine.constant dense<{{\[\[}}[5.000000e-01{{\]\]}}, {{\[\[}}1.000000e+00{{\]\]}}, {{\[\[}}-1.000000e+00{{\]\]}}]> : tensor<3x1x1xf32> -> tensor<3x1x1xf32>
// CHECK-NEXT:     %{{.*}} = engine.constant dense<{{\[\[}}{{\[\[}}5.000000e-01{{\]\]}}, {{\[\[}}2.000000e+00{{\]\]}}, {{\[\[}}1.000000e+00{{\]\]}}{{\]\]}}> : tensor<1x3x1x1xf32> -> tensor<1x3x1x1xf32>
// CHECK-NEXT:     %{{.*}} = engine.conv %{{.*}}, %{{.*}} epilogue(%{{.*}} : tensor<3x1x1xf32>) {nodes = ["/h"], strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x1x4x4xf32>, tensor<3x1x1x2xf32> -> tensor<1x3x4x3xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     %{{.*}} = engine.conv %{{.*}}, %{{.*}} {nodes = ["/y"], strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x3x4x3xf32>, tensor<1x3x1x1xf32> -> tensor<1x1x6x5xf32>
// CHECK-NEXT:     func.return %{{.*}} : tensor<1x1x6x5xf32>
// CHECK-NEXT:   }

// -----

func.func @near_miss_second_use(%x: tensor<1x1x4x4xf32>) -> (tensor<1x1x4x3xf32>, tensor<1x3x4x3xf32>) {
  %a = engine.constant dense<[[[[0.5, 1.0]]], [[[2.0, -1.0]]], [[[0.25, 1.5]]]]> : tensor<3x1x1x2xf32> -> tensor<3x1x1x2xf32>
  %c = engine.constant dense<[[[0.5]], [[1.0]], [[-1.0]]]> : tensor<3x1x1xf32> -> tensor<3x1x1xf32>
  %b = engine.constant dense<[[[[0.5]], [[2.0]], [[1.0]]]]> : tensor<1x3x1x1xf32> -> tensor<1x3x1x1xf32>
  %h = engine.conv %x, %a {nodes = ["/h"], strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x1x4x4xf32>, tensor<3x1x1x2xf32> -> tensor<1x3x4x3xf32>
  %y = engine.conv %h, %b {nodes = ["/y"], strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x3x4x3xf32>, tensor<1x3x1x1xf32> -> tensor<1x1x4x3xf32>
  func.return %y, %h : tensor<1x1x4x3xf32>, tensor<1x3x4x3xf32>
}

// CHECK-LABEL: func.func @near_miss_second_use
// CHECK-NEXT:     %{{.*}} = engine.constant dense<{{\[\[}}{{\[\[}}5.000000e-01, 1.000000e+00{{\]\]}}], {{\[\[}}[2.000000e+00, -1.000000e+00{{\]\]}}], {{\[\[}}[2.500000e-01, 1.500000e+00{{\]\]}}{{\]\]}}> : tensor<3x1x1x2xf32> -> tensor<3x1x1x2xf32>
// CHECK-NEXT:     %{{.*}} = engine.constant dense<{{\[\[}}{{\[\[}}5.000000e-01{{\]\]}}, {{\[\[}}2.000000e+00{{\]\]}}, {{\[\[}}1.000000e+00{{\]\]}}{{\]\]}}> : tensor<1x3x1x1xf32> -> tensor<1x3x1x1xf32>
// CHECK-NEXT:     %{{.*}} = engine.conv %{{.*}}, %{{.*}} {nodes = ["/h"], strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x1x4x4xf32>, tensor<3x1x1x2xf32> -> tensor<1x3x4x3xf32>
// CHECK-NEXT:     %{{.*}} = engine.conv %{{.*}}, %{{.*}} {nodes = ["/y"], strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x3x4x3xf32>, tensor<1x3x1x1xf32> -> tensor<1x1x4x3xf32>
// CHECK-NEXT:     func.return %{{.*}}, %{{.*}} : tensor<1x1x4x3xf32>, tensor<1x3x4x3xf32>
// CHECK-NEXT:   }

// -----

// Two thin ones cost less.
func.func @near_miss_bottleneck(%x: tensor<1x4x3x3xf32>) -> tensor<1x4x3x3xf32> {
  %a = engine.constant dense<0.5> : tensor<1x4x1x1xf32> -> tensor<1x4x1x1xf32>
  %b = engine.constant dense<0.25> : tensor<4x1x1x1xf32> -> tensor<4x1x1x1xf32>
  %h = engine.conv %x, %a {nodes = ["/h"], strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x4x3x3xf32>, tensor<1x4x1x1xf32> -> tensor<1x1x3x3xf32>
  %y = engine.conv %h, %b {nodes = ["/y"], strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x1x3x3xf32>, tensor<4x1x1x1xf32> -> tensor<1x4x3x3xf32>
  func.return %y : tensor<1x4x3x3xf32>
}

// CHECK-LABEL: func.func @near_miss_bottleneck
// CHECK-NEXT:     %{{.*}} = engine.constant dense<5.000000e-01> : tensor<1x4x1x1xf32> -> tensor<1x4x1x1xf32>
// CHECK-NEXT:     %{{.*}} = engine.constant dense<2.500000e-01> : tensor<4x1x1x1xf32> -> tensor<4x1x1x1xf32>
// CHECK-NEXT:     %{{.*}} = engine.conv %{{.*}}, %{{.*}} {nodes = ["/h"], strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x4x3x3xf32>, tensor<1x4x1x1xf32> -> tensor<1x1x3x3xf32>
// CHECK-NEXT:     %{{.*}} = engine.conv %{{.*}}, %{{.*}} {nodes = ["/y"], strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x1x3x3xf32>, tensor<4x1x1x1xf32> -> tensor<1x4x3x3xf32>
// CHECK-NEXT:     func.return %{{.*}} : tensor<1x4x3x3xf32>
// CHECK-NEXT:   }
