// RUN: opt-tool %s --split-input-file -p 'optimize{only=add-conv-weights exactness=rounding}' --check-numerics | filecheck %s

// Branches that are summed, as RepVGG has in training.

func.func @three_and_one(%x: tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32> {
  %a = engine.constant dense<0.5> : tensor<2x2x3x3xf32> -> tensor<2x2x3x3xf32>
  %b = engine.constant dense<[[[[0.5]], [[1.0]]], [[[1.5]], [[-1.0]]]]> : tensor<2x2x1x1xf32> -> tensor<2x2x1x1xf32>
  %c = engine.constant dense<[[[0.5]], [[1.0]]]> : tensor<2x1x1xf32> -> tensor<2x1x1xf32>
  %h = engine.conv %x, %b epilogue(%c : tensor<2x1x1xf32>) {nodes = ["/h"], strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x2x4x4xf32>, tensor<2x2x1x1xf32> -> tensor<1x2x4x4xf32> {
    ^bb0(%e_acc: f32, %e_c: f32):
      %z1_1 = arith.addf %e_acc, %e_c : f32
      engine.yield %z1_1 : f32
  }
  %y = engine.conv %x, %a epilogue(%h : tensor<1x2x4x4xf32>) {nodes = ["/y"], strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x2x4x4xf32>, tensor<2x2x3x3xf32> -> tensor<1x2x4x4xf32> {
    ^bb0(%e_acc: f32, %e_h: f32):
      %z2_1 = arith.addf %e_acc, %e_h : f32
      %z2_2 = arith.constant 0.000000e+00 : f32
      %z2_3 = arith.maximumf %z2_1, %z2_2 : f32
      engine.yield %z2_3 : f32
  }
  func.return %y : tensor<1x2x4x4xf32>
}

// CHECK-LABEL: func.func @three_and_one
// CHECK-NEXT:     %{{.*}} = engine.constant dense<{{\[\[}}[5.000000e-01{{\]\]}}, {{\[\[}}1.000000e+00{{\]\]}}]> : tensor<2x1x1xf32> -> tensor<2x1x1xf32>
// CHECK-NEXT:     %{{.*}} = engine.constant dense<{{\[\[}}{{\[\[}}5.000000e-01, 5.000000e-01, 5.000000e-01], [5.000000e-01, 1.000000e+00, 5.000000e-01], [5.000000e-01, 5.000000e-01, 5.000000e-01{{\]\]}}, {{\[\[}}5.000000e-01, 5.000000e-01, 5.000000e-01], [5.000000e-01, 1.500000e+00, 5.000000e-01], [5.000000e-01, 5.000000e-01, 5.000000e-01{{\]\]}}], {{\[\[}}[5.000000e-01, 5.000000e-01, 5.000000e-01], [5.000000e-01, 2.000000e+00, 5.000000e-01], [5.000000e-01, 5.000000e-01, 5.000000e-01{{\]\]}}, {{\[\[}}5.000000e-01, 5.000000e-01, 5.000000e-01], [5.000000e-01, -5.000000e-01, 5.000000e-01], [5.000000e-01, 5.000000e-01, 5.000000e-01{{\]\]}}{{\]\]}}> : tensor<2x2x3x3xf32> -> tensor<2x2x3x3xf32>
// CHECK-NEXT:     %{{.*}} = engine.conv %{{.*}}, %{{.*}} epilogue(%{{.*}} : tensor<2x1x1xf32>) {nodes = ["/h", "/y"], rewrites = ["add-conv-weights"], strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x2x4x4xf32>, tensor<2x2x3x3xf32> -> tensor<1x2x4x4xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.constant 0.000000e+00 : f32
// CHECK-NEXT:       %{{.*}} = arith.maximumf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<1x2x4x4xf32>
// CHECK-NEXT:   }

// -----

func.func @both_biases(%x: tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32> {
  %a = engine.constant dense<0.5> : tensor<2x2x3x3xf32> -> tensor<2x2x3x3xf32>
  %b = engine.constant dense<[[[[0.5]], [[1.0]]], [[[1.5]], [[-1.0]]]]> : tensor<2x2x1x1xf32> -> tensor<2x2x1x1xf32>
  %c = engine.constant dense<[[[0.5]], [[1.0]]]> : tensor<2x1x1xf32> -> tensor<2x1x1xf32>
  %h = engine.conv %x, %b {nodes = ["/h"], strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x2x4x4xf32>, tensor<2x2x1x1xf32> -> tensor<1x2x4x4xf32>
  %y = engine.conv %x, %a epilogue(%c, %h : tensor<2x1x1xf32>, tensor<1x2x4x4xf32>) {nodes = ["/y"], strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x2x4x4xf32>, tensor<2x2x3x3xf32> -> tensor<1x2x4x4xf32> {
    ^bb0(%e_acc: f32, %e_c: f32, %e_h: f32):
      %z1_1 = arith.addf %e_acc, %e_c : f32
      %z1_2 = arith.addf %z1_1, %e_h : f32
      engine.yield %z1_2 : f32
  }
  func.return %y : tensor<1x2x4x4xf32>
}

// CHECK-LABEL: func.func @both_biases
// CHECK-NEXT:     %{{.*}} = engine.constant dense<{{\[\[}}[5.000000e-01{{\]\]}}, {{\[\[}}1.000000e+00{{\]\]}}]> : tensor<2x1x1xf32> -> tensor<2x1x1xf32>
// CHECK-NEXT:     %{{.*}} = engine.constant dense<{{\[\[}}{{\[\[}}5.000000e-01, 5.000000e-01, 5.000000e-01], [5.000000e-01, 1.000000e+00, 5.000000e-01], [5.000000e-01, 5.000000e-01, 5.000000e-01{{\]\]}}, {{\[\[}}5.000000e-01, 5.000000e-01, 5.000000e-01], [5.000000e-01, 1.500000e+00, 5.000000e-01], [5.000000e-01, 5.000000e-01, 5.000000e-01{{\]\]}}], {{\[\[}}[5.000000e-01, 5.000000e-01, 5.000000e-01], [5.000000e-01, 2.000000e+00, 5.000000e-01], [5.000000e-01, 5.000000e-01, 5.000000e-01{{\]\]}}, {{\[\[}}5.000000e-01, 5.000000e-01, 5.000000e-01], [5.000000e-01, -5.000000e-01, 5.000000e-01], [5.000000e-01, 5.000000e-01, 5.000000e-01{{\]\]}}{{\]\]}}> : tensor<2x2x3x3xf32> -> tensor<2x2x3x3xf32>
// CHECK-NEXT:     %{{.*}} = engine.conv %{{.*}}, %{{.*}} epilogue(%{{.*}} : tensor<2x1x1xf32>) {nodes = ["/h", "/y"], rewrites = ["add-conv-weights"], strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x2x4x4xf32>, tensor<2x2x3x3xf32> -> tensor<1x2x4x4xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<1x2x4x4xf32>
// CHECK-NEXT:   }

// -----

func.func @near_miss_another_input(%x: tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32> {
  %a = engine.constant dense<0.5> : tensor<2x2x3x3xf32> -> tensor<2x2x3x3xf32>
  %b = engine.constant dense<[[[[0.5]], [[1.0]]], [[[1.5]], [[-1.0]]]]> : tensor<2x2x1x1xf32> -> tensor<2x2x1x1xf32>
  %c = engine.constant dense<[[[0.5]], [[1.0]]]> : tensor<2x1x1xf32> -> tensor<2x1x1xf32>
  %z = engine.map ins(%x : tensor<1x2x4x4xf32>) attributes {nodes = ["/z"]} -> tensor<1x2x4x4xf32> {
    ^bb0(%e_x: f32):
      %z1_1 = arith.constant 0.000000e+00 : f32
      %z1_2 = arith.maximumf %e_x, %z1_1 : f32
      engine.yield %z1_2 : f32
  }
  %h = engine.conv %z, %b {nodes = ["/h"], strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x2x4x4xf32>, tensor<2x2x1x1xf32> -> tensor<1x2x4x4xf32>
  %y = engine.conv %x, %a epilogue(%h : tensor<1x2x4x4xf32>) {nodes = ["/y"], strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x2x4x4xf32>, tensor<2x2x3x3xf32> -> tensor<1x2x4x4xf32> {
    ^bb0(%e_acc: f32, %e_h: f32):
      %z2_1 = arith.addf %e_acc, %e_h : f32
      engine.yield %z2_1 : f32
  }
  func.return %y : tensor<1x2x4x4xf32>
}

// CHECK-LABEL: func.func @near_miss_another_input
// CHECK-NEXT:     %{{.*}} = engine.constant dense<5.000000e-01> : tensor<2x2x3x3xf32> -> tensor<2x2x3x3xf32>
// CHECK-NEXT:     %{{.*}} = engine.constant dense<{{\[\[}}{{\[\[}}5.000000e-01{{\]\]}}, {{\[\[}}1.000000e+00{{\]\]}}], {{\[\[}}[1.500000e+00{{\]\]}}, {{\[\[}}-1.000000e+00{{\]\]}}{{\]\]}}> : tensor<2x2x1x1xf32> -> tensor<2x2x1x1xf32>
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}} : tensor<1x2x4x4xf32>) attributes {nodes = ["/z"]} -> tensor<1x2x4x4xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.constant 0.000000e+00 : f32
// CHECK-NEXT:       %{{.*}} = arith.maximumf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     %{{.*}} = engine.conv %{{.*}}, %{{.*}} {nodes = ["/h"], strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x2x4x4xf32>, tensor<2x2x1x1xf32> -> tensor<1x2x4x4xf32>
// CHECK-NEXT:     %{{.*}} = engine.conv %{{.*}}, %{{.*}} epilogue(%{{.*}} : tensor<1x2x4x4xf32>) {nodes = ["/y"], strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x2x4x4xf32>, tensor<2x2x3x3xf32> -> tensor<1x2x4x4xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<1x2x4x4xf32>
// CHECK-NEXT:   }

// -----

func.func @near_miss_product(%x: tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32> {
  %a = engine.constant dense<0.5> : tensor<2x2x3x3xf32> -> tensor<2x2x3x3xf32>
  %b = engine.constant dense<[[[[0.5]], [[1.0]]], [[[1.5]], [[-1.0]]]]> : tensor<2x2x1x1xf32> -> tensor<2x2x1x1xf32>
  %c = engine.constant dense<[[[0.5]], [[1.0]]]> : tensor<2x1x1xf32> -> tensor<2x1x1xf32>
  %h = engine.conv %x, %b {nodes = ["/h"], strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x2x4x4xf32>, tensor<2x2x1x1xf32> -> tensor<1x2x4x4xf32>
  %y = engine.conv %x, %a epilogue(%h : tensor<1x2x4x4xf32>) {nodes = ["/y"], strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x2x4x4xf32>, tensor<2x2x3x3xf32> -> tensor<1x2x4x4xf32> {
    ^bb0(%e_acc: f32, %e_h: f32):
      %z1_1 = arith.mulf %e_acc, %e_h : f32
      engine.yield %z1_1 : f32
  }
  func.return %y : tensor<1x2x4x4xf32>
}

// CHECK-LABEL: func.func @near_miss_product
// CHECK-NEXT:     %{{.*}} = engine.constant dense<5.000000e-01> : tensor<2x2x3x3xf32> -> tensor<2x2x3x3xf32>
// CHECK-NEXT:     %{{.*}} = engine.constant dense<{{\[\[}}{{\[\[}}5.000000e-01{{\]\]}}, {{\[\[}}1.000000e+00{{\]\]}}], {{\[\[}}[1.500000e+00{{\]\]}}, {{\[\[}}-1.000000e+00{{\]\]}}{{\]\]}}> : tensor<2x2x1x1xf32> -> tensor<2x2x1x1xf32>
// CHECK-NEXT:     %{{.*}} = engine.conv %{{.*}}, %{{.*}} {nodes = ["/h"], strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x2x4x4xf32>, tensor<2x2x1x1xf32> -> tensor<1x2x4x4xf32>
// CHECK-NEXT:     %{{.*}} = engine.conv %{{.*}}, %{{.*}} epilogue(%{{.*}} : tensor<1x2x4x4xf32>) {nodes = ["/y"], strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x2x4x4xf32>, tensor<2x2x3x3xf32> -> tensor<1x2x4x4xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<1x2x4x4xf32>
// CHECK-NEXT:   }

// -----

func.func @near_miss_activation(%x: tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32> {
  %a = engine.constant dense<0.5> : tensor<2x2x3x3xf32> -> tensor<2x2x3x3xf32>
  %b = engine.constant dense<[[[[0.5]], [[1.0]]], [[[1.5]], [[-1.0]]]]> : tensor<2x2x1x1xf32> -> tensor<2x2x1x1xf32>
  %c = engine.constant dense<[[[0.5]], [[1.0]]]> : tensor<2x1x1xf32> -> tensor<2x1x1xf32>
  %h = engine.conv %x, %b {nodes = ["/h"], strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x2x4x4xf32>, tensor<2x2x1x1xf32> -> tensor<1x2x4x4xf32> {
    ^bb0(%e_acc: f32):
      %z1_1 = arith.constant 0.000000e+00 : f32
      %z1_2 = arith.maximumf %e_acc, %z1_1 : f32
      engine.yield %z1_2 : f32
  }
  %y = engine.conv %x, %a epilogue(%h : tensor<1x2x4x4xf32>) {nodes = ["/y"], strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x2x4x4xf32>, tensor<2x2x3x3xf32> -> tensor<1x2x4x4xf32> {
    ^bb0(%e_acc: f32, %e_h: f32):
      %z2_1 = arith.addf %e_acc, %e_h : f32
      engine.yield %z2_1 : f32
  }
  func.return %y : tensor<1x2x4x4xf32>
}

// CHECK-LABEL: func.func @near_miss_activation
// CHECK-NEXT:     %{{.*}} = engine.constant dense<5.000000e-01> : tensor<2x2x3x3xf32> -> tensor<2x2x3x3xf32>
// CHECK-NEXT:     %{{.*}} = engine.constant dense<{{\[\[}}{{\[\[}}5.000000e-01{{\]\]}}, {{\[\[}}1.000000e+00{{\]\]}}], {{\[\[}}[1.500000e+00{{\]\]}}, {{\[\[}}-1.000000e+00{{\]\]}}{{\]\]}}> : tensor<2x2x1x1xf32> -> tensor<2x2x1x1xf32>
// CHECK-NEXT:     %{{.*}} = engine.conv %{{.*}}, %{{.*}} {nodes = ["/h"], strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x2x4x4xf32>, tensor<2x2x1x1xf32> -> tensor<1x2x4x4xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.constant 0.000000e+00 : f32
// CHECK-NEXT:       %{{.*}} = arith.maximumf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     %{{.*}} = engine.conv %{{.*}}, %{{.*}} epilogue(%{{.*}} : tensor<1x2x4x4xf32>) {nodes = ["/y"], strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x2x4x4xf32>, tensor<2x2x3x3xf32> -> tensor<1x2x4x4xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<1x2x4x4xf32>
// CHECK-NEXT:   }

// -----

func.func @near_miss_second_use(%x: tensor<1x2x4x4xf32>) -> (tensor<1x2x4x4xf32>, tensor<1x2x4x4xf32>) {
  %a = engine.constant dense<0.5> : tensor<2x2x3x3xf32> -> tensor<2x2x3x3xf32>
  %b = engine.constant dense<[[[[0.5]], [[1.0]]], [[[1.5]], [[-1.0]]]]> : tensor<2x2x1x1xf32> -> tensor<2x2x1x1xf32>
  %c = engine.constant dense<[[[0.5]], [[1.0]]]> : tensor<2x1x1xf32> -> tensor<2x1x1xf32>
  %h = engine.conv %x, %b {nodes = ["/h"], strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x2x4x4xf32>, tensor<2x2x1x1xf32> -> tensor<1x2x4x4xf32>
  %y = engine.conv %x, %a epilogue(%h : tensor<1x2x4x4xf32>) {nodes = ["/y"], strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x2x4x4xf32>, tensor<2x2x3x3xf32> -> tensor<1x2x4x4xf32> {
    ^bb0(%e_acc: f32, %e_h: f32):
      %z1_1 = arith.addf %e_acc, %e_h : f32
      engine.yield %z1_1 : f32
  }
  func.return %y, %h : tensor<1x2x4x4xf32>, tensor<1x2x4x4xf32>
}

// CHECK-LABEL: func.func @near_miss_second_use
// CHECK-NEXT:     %{{.*}} = engine.constant dense<5.000000e-01> : tensor<2x2x3x3xf32> -> tensor<2x2x3x3xf32>
// CHECK-NEXT:     %{{.*}} = engine.constant dense<{{\[\[}}{{\[\[}}5.000000e-01{{\]\]}}, {{\[\[}}1.000000e+00{{\]\]}}], {{\[\[}}[1.500000e+00{{\]\]}}, {{\[\[}}-1.000000e+00{{\]\]}}{{\]\]}}> : tensor<2x2x1x1xf32> -> tensor<2x2x1x1xf32>
// CHECK-NEXT:     %{{.*}} = engine.conv %{{.*}}, %{{.*}} {nodes = ["/h"], strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x2x4x4xf32>, tensor<2x2x1x1xf32> -> tensor<1x2x4x4xf32>
// CHECK-NEXT:     %{{.*}} = engine.conv %{{.*}}, %{{.*}} epilogue(%{{.*}} : tensor<1x2x4x4xf32>) {nodes = ["/y"], strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x2x4x4xf32>, tensor<2x2x3x3xf32> -> tensor<1x2x4x4xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}}, %{{.*}} : tensor<1x2x4x4xf32>, tensor<1x2x4x4xf32>
// CHECK-NEXT:   }

// -----

func.func @near_miss_after_activation(%x: tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32> {
  %a = engine.constant dense<0.5> : tensor<2x2x3x3xf32> -> tensor<2x2x3x3xf32>
  %b = engine.constant dense<[[[[0.5]], [[1.0]]], [[[1.5]], [[-1.0]]]]> : tensor<2x2x1x1xf32> -> tensor<2x2x1x1xf32>
  %c = engine.constant dense<[[[0.5]], [[1.0]]]> : tensor<2x1x1xf32> -> tensor<2x1x1xf32>
  %h = engine.conv %x, %b {nodes = ["/h"], strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x2x4x4xf32>, tensor<2x2x1x1xf32> -> tensor<1x2x4x4xf32>
  %y = engine.conv %x, %a epilogue(%h : tensor<1x2x4x4xf32>) {nodes = ["/y"], strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x2x4x4xf32>, tensor<2x2x3x3xf32> -> tensor<1x2x4x4xf32> {
    ^bb0(%e_acc: f32, %e_h: f32):
      %z1_1 = arith.constant 0.000000e+00 : f32
      %z1_2 = arith.maximumf %e_acc, %z1_1 : f32
      %z1_3 = arith.addf %z1_2, %e_h : f32
      engine.yield %z1_3 : f32
  }
  func.return %y : tensor<1x2x4x4xf32>
}

// CHECK-LABEL: func.func @near_miss_after_activation
// CHECK-NEXT:     %{{.*}} = engine.constant dense<5.000000e-01> : tensor<2x2x3x3xf32> -> tensor<2x2x3x3xf32>
// CHECK-NEXT:     %{{.*}} = engine.constant dense<{{\[\[}}{{\[\[}}5.000000e-01{{\]\]}}, {{\[\[}}1.000000e+00{{\]\]}}], {{\[\[}}[1.500000e+00{{\]\]}}, {{\[\[}}-1.000000e+00{{\]\]}}{{\]\]}}> : tensor<2x2x1x1xf32> -> tensor<2x2x1x1xf32>
// CHECK-NEXT:     %{{.*}} = engine.conv %{{.*}}, %{{.*}} {nodes = ["/h"], strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x2x4x4xf32>, tensor<2x2x1x1xf32> -> tensor<1x2x4x4xf32>
// CHECK-NEXT:     %{{.*}} = engine.conv %{{.*}}, %{{.*}} epilogue(%{{.*}} : tensor<1x2x4x4xf32>) {nodes = ["/y"], strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x2x4x4xf32>, tensor<2x2x3x3xf32> -> tensor<1x2x4x4xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.constant 0.000000e+00 : f32
// CHECK-NEXT:       %{{.*}} = arith.maximumf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<1x2x4x4xf32>
// CHECK-NEXT:   }
