// RUN: opt-tool %s --split-input-file -p 'optimize{only=fold-affine-epilogue exactness=rounding}' --check-numerics | filecheck %s

// Constant scales of the output channels go into the weights, constant shifts into one bias.
//
//     contraction(x, w) * s + t => contraction(x, w * s) + t if w, s and t are constants and s and
//     t vary along the output channels only.

// BatchNorm: the scale is folded, the shift stays.
func.func @scale_and_shift(%x: tensor<1x2x4x4xf32>) -> tensor<1x3x2x2xf32> {
  %w = engine.constant dense<0.5> : tensor<3x2x3x3xf32> -> tensor<3x2x3x3xf32>
  %s = engine.constant dense<[[[1.0]], [[2.0]], [[3.0]]]> : tensor<3x1x1xf32> -> tensor<3x1x1xf32>
  %t = engine.constant dense<[[[4.0]], [[5.0]], [[6.0]]]> : tensor<3x1x1xf32> -> tensor<3x1x1xf32>
  %y = engine.conv %x, %w epilogue(%s, %t : tensor<3x1x1xf32>, tensor<3x1x1xf32>) {nodes = ["/conv"], strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x2x4x4xf32>, tensor<3x2x3x3xf32> -> tensor<1x3x2x2xf32> {
  ^bb0(%acc: f32, %a: f32, %b: f32):
    %0 = arith.mulf %acc, %a : f32
    %1 = arith.addf %0, %b : f32
    engine.yield %1 : f32
  }
  func.return %y : tensor<1x3x2x2xf32>
}

// CHECK-LABEL: func.func @scale_and_shift
// CHECK-NEXT:      %{{.*}} = engine.constant dense<{{\[\[}}[4.000000e+00{{\]\]}}, {{\[\[}}5.000000e+00{{\]\]}}, {{\[\[}}6.000000e+00{{\]\]}}]> : tensor<3x1x1xf32> -> tensor<3x1x1xf32>
// CHECK-NEXT:      %{{.*}} = engine.constant dense<{{\[\[}}{{\[\[}}5.000000e-01, 5.000000e-01, 5.000000e-01], [5.000000e-01, 5.000000e-01, 5.000000e-01], [5.000000e-01, 5.000000e-01, 5.000000e-01{{\]\]}}, {{\[\[}}5.000000e-01, 5.000000e-01, 5.000000e-01], [5.000000e-01, 5.000000e-01, 5.000000e-01], [5.000000e-01, 5.000000e-01, 5.000000e-01{{\]\]}}], {{\[\[}}[1.000000e+00, 1.000000e+00, 1.000000e+00], [1.000000e+00, 1.000000e+00, 1.000000e+00], [1.000000e+00, 1.000000e+00, 1.000000e+00{{\]\]}}, {{\[\[}}1.000000e+00, 1.000000e+00, 1.000000e+00], [1.000000e+00, 1.000000e+00, 1.000000e+00], [1.000000e+00, 1.000000e+00, 1.000000e+00{{\]\]}}], {{\[\[}}[1.500000e+00, 1.500000e+00, 1.500000e+00], [1.500000e+00, 1.500000e+00, 1.500000e+00], [1.500000e+00, 1.500000e+00, 1.500000e+00{{\]\]}}, {{\[\[}}1.500000e+00, 1.500000e+00, 1.500000e+00], [1.500000e+00, 1.500000e+00, 1.500000e+00], [1.500000e+00, 1.500000e+00, 1.500000e+00{{\]\]}}{{\]\]}}> : tensor<3x2x3x3xf32> -> tensor<3x2x3x3xf32>
// CHECK-NEXT:      %{{.*}} = engine.conv %{{.*}}, %{{.*}} epilogue(%{{.*}} : tensor<3x1x1xf32>) {nodes = ["/conv"], rewrites = ["fold-affine-epilogue"], strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x2x4x4xf32>, tensor<3x2x3x3xf32> -> tensor<1x3x2x2xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<1x3x2x2xf32>
// CHECK-NEXT:    }

// -----

// A bias in front of the scale is scaled, too, and joins the shift; the residual stays.
func.func @bias_scale_residual(%x: tensor<1x2x4x4xf32>, %r: tensor<1x3x2x2xf32>) -> tensor<1x3x2x2xf32> {
  %w = engine.constant dense<0.5> : tensor<3x2x3x3xf32> -> tensor<3x2x3x3xf32>
  %s = engine.constant dense<[[[1.0]], [[2.0]], [[3.0]]]> : tensor<3x1x1xf32> -> tensor<3x1x1xf32>
  %t = engine.constant dense<[[[4.0]], [[5.0]], [[6.0]]]> : tensor<3x1x1xf32> -> tensor<3x1x1xf32>
  %y = engine.conv %x, %w epilogue(%t, %s, %r : tensor<3x1x1xf32>, tensor<3x1x1xf32>, tensor<1x3x2x2xf32>) {nodes = ["/conv"], strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x2x4x4xf32>, tensor<3x2x3x3xf32> -> tensor<1x3x2x2xf32> {
  ^bb0(%acc: f32, %a: f32, %b: f32, %c: f32):
    %0 = arith.addf %acc, %a : f32
    %1 = arith.divf %0, %b : f32
    %2 = arith.addf %1, %c : f32
    engine.yield %2 : f32
  }
  func.return %y : tensor<1x3x2x2xf32>
}

// CHECK-LABEL: func.func @bias_scale_residual
// CHECK-NEXT:      %{{.*}} = engine.constant dense<{{\[\[}}[4.000000e+00{{\]\]}}, {{\[\[}}2.500000e+00{{\]\]}}, {{\[\[}}2.000000e+00{{\]\]}}]> : tensor<3x1x1xf32> -> tensor<3x1x1xf32>
// CHECK-NEXT:      %{{.*}} = engine.constant dense<{{\[\[}}{{\[\[}}5.000000e-01, 5.000000e-01, 5.000000e-01], [5.000000e-01, 5.000000e-01, 5.000000e-01], [5.000000e-01, 5.000000e-01, 5.000000e-01{{\]\]}}, {{\[\[}}5.000000e-01, 5.000000e-01, 5.000000e-01], [5.000000e-01, 5.000000e-01, 5.000000e-01], [5.000000e-01, 5.000000e-01, 5.000000e-01{{\]\]}}], {{\[\[}}[2.500000e-01, 2.500000e-01, 2.500000e-01], [2.500000e-01, 2.500000e-01, 2.500000e-01], [2.500000e-01, 2.500000e-01, 2.500000e-01{{\]\]}}, {{\[\[}}2.500000e-01, 2.500000e-01, 2.500000e-01], [2.500000e-01, 2.500000e-01, 2.500000e-01], [2.500000e-01, 2.500000e-01, 2.500000e-01{{\]\]}}], {{\[\[}}[0.166666672, 0.166666672, 0.166666672], [0.166666672, 0.166666672, 0.166666672], [0.166666672, 0.166666672, 0.166666672{{\]\]}}, {{\[\[}}0.166666672, 0.166666672, 0.166666672], [0.166666672, 0.166666672, 0.166666672], [0.166666672, 0.166666672, 0.166666672{{\]\]}}{{\]\]}}> : tensor<3x2x3x3xf32> -> tensor<3x2x3x3xf32>
// CHECK-NEXT:      %{{.*}} = engine.conv %{{.*}}, %{{.*}} epilogue(%{{.*}}, %{{.*}} : tensor<3x1x1xf32>, tensor<1x3x2x2xf32>) {nodes = ["/conv"], rewrites = ["fold-affine-epilogue"], strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x2x4x4xf32>, tensor<3x2x3x3xf32> -> tensor<1x3x2x2xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32, %{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<1x3x2x2xf32>
// CHECK-NEXT:    }

// -----

// The columns of a matmul, and a scalar.
func.func @matmul(%x: tensor<2x3xf32>) -> tensor<2x2xf32> {
  %w = engine.constant dense<[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]> : tensor<3x2xf32> -> tensor<3x2xf32>
  %s = engine.constant dense<[0.5, 2.0]> : tensor<2xf32> -> tensor<2xf32>
  %y = engine.matmul %x, %w epilogue(%s : tensor<2xf32>) : tensor<2x3xf32>, tensor<3x2xf32> -> tensor<2x2xf32> {
  ^bb0(%acc: f32, %a: f32):
    %0 = arith.mulf %acc, %a : f32
    %c = arith.constant 3.0 : f32
    %1 = arith.subf %c, %0 : f32
    engine.yield %1 : f32
  }
  func.return %y : tensor<2x2xf32>
}

// CHECK-LABEL: func.func @matmul
// CHECK-NEXT:      %{{.*}} = engine.constant dense<3.000000e+00> : tensor<f32> -> tensor<f32>
// CHECK-NEXT:      %{{.*}} = engine.constant dense<{{\[\[}}-5.000000e-01, -4.000000e+00], [-1.500000e+00, -8.000000e+00], [-2.500000e+00, -1.200000e+01{{\]\]}}> : tensor<3x2xf32> -> tensor<3x2xf32>
// CHECK-NEXT:      %{{.*}} = engine.matmul %{{.*}}, %{{.*}} epilogue(%{{.*}} : tensor<f32>) {rewrites = ["fold-affine-epilogue"]} : tensor<2x3xf32>, tensor<3x2xf32> -> tensor<2x2xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<2x2xf32>
// CHECK-NEXT:    }

// -----

// A scale that is not constant.
func.func @near_miss_input_scale(%x: tensor<1x2x4x4xf32>, %s: tensor<3x1x1xf32>) -> tensor<1x3x2x2xf32> {
  %w = engine.constant dense<0.5> : tensor<3x2x3x3xf32> -> tensor<3x2x3x3xf32>
  %y = engine.conv %x, %w epilogue(%s : tensor<3x1x1xf32>) {nodes = ["/conv"], strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x2x4x4xf32>, tensor<3x2x3x3xf32> -> tensor<1x3x2x2xf32> {
  ^bb0(%acc: f32, %a: f32):
    %0 = arith.mulf %acc, %a : f32
    engine.yield %0 : f32
  }
  func.return %y : tensor<1x3x2x2xf32>
}

// CHECK-LABEL: func.func @near_miss_input_scale
// CHECK-NEXT:      %{{.*}} = engine.constant dense<5.000000e-01> : tensor<3x2x3x3xf32> -> tensor<3x2x3x3xf32>
// CHECK-NEXT:      %{{.*}} = engine.conv %{{.*}}, %{{.*}} epilogue(%{{.*}} : tensor<3x1x1xf32>) {nodes = ["/conv"], strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x2x4x4xf32>, tensor<3x2x3x3xf32> -> tensor<1x3x2x2xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<1x3x2x2xf32>
// CHECK-NEXT:    }

// -----

// A scale along the width is not along the output channels.
func.func @near_miss_other_axis(%x: tensor<1x2x4x4xf32>) -> tensor<1x3x2x2xf32> {
  %w = engine.constant dense<0.5> : tensor<3x2x3x3xf32> -> tensor<3x2x3x3xf32>
  %s = engine.constant dense<[1.0, 2.0]> : tensor<2xf32> -> tensor<2xf32>
  %y = engine.conv %x, %w epilogue(%s : tensor<2xf32>) {nodes = ["/conv"], strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x2x4x4xf32>, tensor<3x2x3x3xf32> -> tensor<1x3x2x2xf32> {
  ^bb0(%acc: f32, %a: f32):
    %0 = arith.mulf %acc, %a : f32
    engine.yield %0 : f32
  }
  func.return %y : tensor<1x3x2x2xf32>
}

// CHECK-LABEL: func.func @near_miss_other_axis
// CHECK-NEXT:      %{{.*}} = engine.constant dense<5.000000e-01> : tensor<3x2x3x3xf32> -> tensor<3x2x3x3xf32>
// CHECK-NEXT:      %{{.*}} = engine.constant dense<[1.000000e+00, 2.000000e+00]> : tensor<2xf32> -> tensor<2xf32>
// CHECK-NEXT:      %{{.*}} = engine.conv %{{.*}}, %{{.*}} epilogue(%{{.*}} : tensor<2xf32>) {nodes = ["/conv"], strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x2x4x4xf32>, tensor<3x2x3x3xf32> -> tensor<1x3x2x2xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<1x3x2x2xf32>
// CHECK-NEXT:    }

// -----

// The activation stands before the scale.
func.func @near_miss_relu_first(%x: tensor<1x2x4x4xf32>) -> tensor<1x3x2x2xf32> {
  %w = engine.constant dense<0.5> : tensor<3x2x3x3xf32> -> tensor<3x2x3x3xf32>
  %s = engine.constant dense<[[[1.0]], [[2.0]], [[3.0]]]> : tensor<3x1x1xf32> -> tensor<3x1x1xf32>
  %y = engine.conv %x, %w epilogue(%s : tensor<3x1x1xf32>) {nodes = ["/conv"], strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x2x4x4xf32>, tensor<3x2x3x3xf32> -> tensor<1x3x2x2xf32> {
  ^bb0(%acc: f32, %a: f32):
    %z = arith.constant 0.0 : f32
    %0 = arith.maximumf %acc, %z : f32
    %1 = arith.mulf %0, %a : f32
    engine.yield %1 : f32
  }
  func.return %y : tensor<1x3x2x2xf32>
}

// CHECK-LABEL: func.func @near_miss_relu_first
// CHECK-NEXT:      %{{.*}} = engine.constant dense<5.000000e-01> : tensor<3x2x3x3xf32> -> tensor<3x2x3x3xf32>
// CHECK-NEXT:      %{{.*}} = engine.constant dense<{{\[\[}}[1.000000e+00{{\]\]}}, {{\[\[}}2.000000e+00{{\]\]}}, {{\[\[}}3.000000e+00{{\]\]}}]> : tensor<3x1x1xf32> -> tensor<3x1x1xf32>
// CHECK-NEXT:      %{{.*}} = engine.conv %{{.*}}, %{{.*}} epilogue(%{{.*}} : tensor<3x1x1xf32>) {nodes = ["/conv"], strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x2x4x4xf32>, tensor<3x2x3x3xf32> -> tensor<1x3x2x2xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.constant 0.000000e+00 : f32
// CHECK-NEXT:        %{{.*}} = arith.maximumf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<1x3x2x2xf32>
// CHECK-NEXT:    }

// -----

// The accumulator is needed without the scale, too.
func.func @near_miss_second_use(%x: tensor<1x2x4x4xf32>) -> tensor<1x3x2x2xf32> {
  %w = engine.constant dense<0.5> : tensor<3x2x3x3xf32> -> tensor<3x2x3x3xf32>
  %s = engine.constant dense<[[[1.0]], [[2.0]], [[3.0]]]> : tensor<3x1x1xf32> -> tensor<3x1x1xf32>
  %t = engine.constant dense<[[[4.0]], [[5.0]], [[6.0]]]> : tensor<3x1x1xf32> -> tensor<3x1x1xf32>
  %y = engine.conv %x, %w epilogue(%s : tensor<3x1x1xf32>) {nodes = ["/conv"], strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x2x4x4xf32>, tensor<3x2x3x3xf32> -> tensor<1x3x2x2xf32> {
  ^bb0(%acc: f32, %a: f32):
    %0 = arith.mulf %acc, %a : f32
    %1 = arith.addf %0, %acc : f32
    engine.yield %1 : f32
  }
  func.return %y : tensor<1x3x2x2xf32>
}

// CHECK-LABEL: func.func @near_miss_second_use
// CHECK-NEXT:      %{{.*}} = engine.constant dense<5.000000e-01> : tensor<3x2x3x3xf32> -> tensor<3x2x3x3xf32>
// CHECK-NEXT:      %{{.*}} = engine.constant dense<{{\[\[}}[1.000000e+00{{\]\]}}, {{\[\[}}2.000000e+00{{\]\]}}, {{\[\[}}3.000000e+00{{\]\]}}]> : tensor<3x1x1xf32> -> tensor<3x1x1xf32>
// CHECK-NEXT:      %{{.*}} = engine.conv %{{.*}}, %{{.*}} epilogue(%{{.*}} : tensor<3x1x1xf32>) {nodes = ["/conv"], strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x2x4x4xf32>, tensor<3x2x3x3xf32> -> tensor<1x3x2x2xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<1x3x2x2xf32>
// CHECK-NEXT:    }

// -----

// Weights that are not constant cannot be scaled.
func.func @near_miss_input_weight(%x: tensor<1x2x4x4xf32>, %w: tensor<3x2x3x3xf32>) -> tensor<1x3x2x2xf32> {
  %s = engine.constant dense<[[[1.0]], [[2.0]], [[3.0]]]> : tensor<3x1x1xf32> -> tensor<3x1x1xf32>
  %t = engine.constant dense<[[[4.0]], [[5.0]], [[6.0]]]> : tensor<3x1x1xf32> -> tensor<3x1x1xf32>
  %y = engine.conv %x, %w epilogue(%s : tensor<3x1x1xf32>) {nodes = ["/conv"], strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x2x4x4xf32>, tensor<3x2x3x3xf32> -> tensor<1x3x2x2xf32> {
  ^bb0(%acc: f32, %a: f32):
    %0 = arith.mulf %acc, %a : f32
    engine.yield %0 : f32
  }
  func.return %y : tensor<1x3x2x2xf32>
}

// CHECK-LABEL: func.func @near_miss_input_weight
// CHECK-NEXT:      %{{.*}} = engine.constant dense<{{\[\[}}[1.000000e+00{{\]\]}}, {{\[\[}}2.000000e+00{{\]\]}}, {{\[\[}}3.000000e+00{{\]\]}}]> : tensor<3x1x1xf32> -> tensor<3x1x1xf32>
// CHECK-NEXT:      %{{.*}} = engine.conv %{{.*}}, %{{.*}} epilogue(%{{.*}} : tensor<3x1x1xf32>) {nodes = ["/conv"], strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x2x4x4xf32>, tensor<3x2x3x3xf32> -> tensor<1x3x2x2xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<1x3x2x2xf32>
// CHECK-NEXT:    }

// -----

// Dividing by zero gives infinity whatever the weights are.
func.func @near_miss_zero(%x: tensor<1x2x4x4xf32>) -> tensor<1x3x2x2xf32> {
  %w = engine.constant dense<0.5> : tensor<3x2x3x3xf32> -> tensor<3x2x3x3xf32>
  %s = engine.constant dense<[[[1.0]], [[0.0]], [[3.0]]]> : tensor<3x1x1xf32> -> tensor<3x1x1xf32>
  %y = engine.conv %x, %w epilogue(%s : tensor<3x1x1xf32>) {nodes = ["/conv"], strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x2x4x4xf32>, tensor<3x2x3x3xf32> -> tensor<1x3x2x2xf32> {
  ^bb0(%acc: f32, %a: f32):
    %0 = arith.divf %acc, %a : f32
    engine.yield %0 : f32
  }
  func.return %y : tensor<1x3x2x2xf32>
}

// CHECK-LABEL: func.func @near_miss_zero
// CHECK-NEXT:      %{{.*}} = engine.constant dense<5.000000e-01> : tensor<3x2x3x3xf32> -> tensor<3x2x3x3xf32>
// CHECK-NEXT:      %{{.*}} = engine.constant dense<{{\[\[}}[1.000000e+00{{\]\]}}, {{\[\[}}0.000000e+00{{\]\]}}, {{\[\[}}3.000000e+00{{\]\]}}]> : tensor<3x1x1xf32> -> tensor<3x1x1xf32>
// CHECK-NEXT:      %{{.*}} = engine.conv %{{.*}}, %{{.*}} epilogue(%{{.*}} : tensor<3x1x1xf32>) {nodes = ["/conv"], strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x2x4x4xf32>, tensor<3x2x3x3xf32> -> tensor<1x3x2x2xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.divf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<1x3x2x2xf32>
// CHECK-NEXT:    }

// -----

func.func @transposed(%x: tensor<1x2x3x3xf32>) -> tensor<1x2x4x4xf32> {
  %w = engine.constant dense<0.5> : tensor<2x2x2x2xf32> -> tensor<2x2x2x2xf32>
  %s = engine.constant dense<0.25> : tensor<2x1x1xf32> -> tensor<2x1x1xf32>
  %y = engine.conv_transpose %x, %w epilogue(%s : tensor<2x1x1xf32>) {nodes = ["/conv"], strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, output_padding = array<i64: 0, 0>, groups = 1 : i64} : tensor<1x2x3x3xf32>, tensor<2x2x2x2xf32> -> tensor<1x2x4x4xf32> {
  ^bb0(%acc: f32, %a: f32):
    %0 = arith.mulf %acc, %a : f32
    engine.yield %0 : f32
  }
  func.return %y : tensor<1x2x4x4xf32>
}

// CHECK-LABEL: func.func @transposed
// CHECK-NEXT:      %{{.*}} = engine.constant dense<1.250000e-01> : tensor<2x2x2x2xf32> -> tensor<2x2x2x2xf32>
// CHECK-NEXT:      %{{.*}} = engine.conv_transpose %{{.*}}, %{{.*}} {nodes = ["/conv"], rewrites = ["fold-affine-epilogue"], strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, output_padding = array<i64: 0, 0>, groups = 1 : i64} : tensor<1x2x3x3xf32>, tensor<2x2x2x2xf32> -> tensor<1x2x4x4xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32):
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<1x2x4x4xf32>
// CHECK-NEXT:    }

// -----

// Two output channels share a place in the weight.
func.func @near_miss_transposed_groups(%x: tensor<1x2x3x3xf32>) -> tensor<1x4x4x4xf32> {
  %w = engine.constant dense<0.5> : tensor<2x2x2x2xf32> -> tensor<2x2x2x2xf32>
  %s = engine.constant dense<0.25> : tensor<4x1x1xf32> -> tensor<4x1x1xf32>
  %y = engine.conv_transpose %x, %w epilogue(%s : tensor<4x1x1xf32>) {nodes = ["/conv"], strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, output_padding = array<i64: 0, 0>, groups = 2 : i64} : tensor<1x2x3x3xf32>, tensor<2x2x2x2xf32> -> tensor<1x4x4x4xf32> {
  ^bb0(%acc: f32, %a: f32):
    %0 = arith.mulf %acc, %a : f32
    engine.yield %0 : f32
  }
  func.return %y : tensor<1x4x4x4xf32>
}

// CHECK-LABEL: func.func @near_miss_transposed_groups
// CHECK-NEXT:      %{{.*}} = engine.constant dense<5.000000e-01> : tensor<2x2x2x2xf32> -> tensor<2x2x2x2xf32>
// CHECK-NEXT:      %{{.*}} = engine.constant dense<2.500000e-01> : tensor<4x1x1xf32> -> tensor<4x1x1xf32>
// CHECK-NEXT:      %{{.*}} = engine.conv_transpose %{{.*}}, %{{.*}} epilogue(%{{.*}} : tensor<4x1x1xf32>) {nodes = ["/conv"], strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, output_padding = array<i64: 0, 0>, groups = 2 : i64} : tensor<1x2x3x3xf32>, tensor<2x2x2x2xf32> -> tensor<1x4x4x4xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<1x4x4x4xf32>
// CHECK-NEXT:    }

// -----

// One weight of four would overflow.
func.func @near_miss_overflow(%x: tensor<2x2xf32>) -> tensor<2x2xf32> {
  %w = engine.constant dense<[[1.0, 2.0], [3.0, 1.0e+20]]> : tensor<2x2xf32> -> tensor<2x2xf32>
  %y = engine.matmul %x, %w : tensor<2x2xf32>, tensor<2x2xf32> -> tensor<2x2xf32> {
  ^bb0(%acc: f32):
    %s = arith.constant 1.0e+20 : f32
    %0 = arith.mulf %acc, %s : f32
    engine.yield %0 : f32
  }
  func.return %y : tensor<2x2xf32>
}

// CHECK-LABEL: func.func @near_miss_overflow
// CHECK-NEXT:        %{{.*}} = engine.constant dense<[[1.000000e+00, 2.000000e+00], [3.000000e+00, 1.000000e+20]]> : tensor<2x2xf32> -> tensor<2x2xf32>
// CHECK-NEXT:        %{{.*}} = engine.matmul %{{.*}}, %{{.*}} : tensor<2x2xf32>, tensor<2x2xf32> -> tensor<2x2xf32> {
// CHECK-NEXT:        ^bb0(%{{.*}}: f32):
// CHECK-NEXT:          %{{.*}} = arith.constant 1.000000e+20 : f32
// CHECK-NEXT:          %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:          engine.yield %{{.*}} : f32
// CHECK-NEXT:        }
// CHECK-NEXT:        func.return %{{.*}} : tensor<2x2xf32>
// CHECK-NEXT:      }

// -----

// One weight would lose digits below the smallest normal number.
func.func @near_miss_underflow(%x: tensor<2x2xf32>) -> tensor<2x2xf32> {
  %w = engine.constant dense<[[1.0, 2.0], [3.0, 1.0e-20]]> : tensor<2x2xf32> -> tensor<2x2xf32>
  %y = engine.matmul %x, %w : tensor<2x2xf32>, tensor<2x2xf32> -> tensor<2x2xf32> {
  ^bb0(%acc: f32):
    %s = arith.constant 1.0e-20 : f32
    %0 = arith.mulf %acc, %s : f32
    engine.yield %0 : f32
  }
  func.return %y : tensor<2x2xf32>
}

// CHECK-LABEL: func.func @near_miss_underflow
// CHECK-NEXT:        %{{.*}} = engine.constant dense<[[1.000000e+00, 2.000000e+00], [3.000000e+00, 1.000000e-20]]> : tensor<2x2xf32> -> tensor<2x2xf32>
// CHECK-NEXT:        %{{.*}} = engine.matmul %{{.*}}, %{{.*}} : tensor<2x2xf32>, tensor<2x2xf32> -> tensor<2x2xf32> {
// CHECK-NEXT:        ^bb0(%{{.*}}: f32):
// CHECK-NEXT:          %{{.*}} = arith.constant 1.000000e-20 : f32
// CHECK-NEXT:          %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:          engine.yield %{{.*}} : f32
// CHECK-NEXT:        }
// CHECK-NEXT:        func.return %{{.*}} : tensor<2x2xf32>
// CHECK-NEXT:      }

// -----

// Two factors that overflow together, the other one a quotient.
func.func @near_miss_two_factors(%x: tensor<2x2xf32>) -> tensor<2x2xf32> {
  %w = engine.constant dense<2.0> : tensor<2x2xf32> -> tensor<2x2xf32>
  %y = engine.matmul %x, %w : tensor<2x2xf32>, tensor<2x2xf32> -> tensor<2x2xf32> {
  ^bb0(%acc: f32):
    %s = arith.constant 1.0e+20 : f32
    %0 = arith.mulf %acc, %s : f32
    %t = arith.constant 1.0e-19 : f32
    %1 = arith.divf %0, %t : f32
    engine.yield %1 : f32
  }
  func.return %y : tensor<2x2xf32>
}

// CHECK-LABEL: func.func @near_miss_two_factors
// CHECK-NEXT:        %{{.*}} = engine.constant dense<2.000000e+00> : tensor<2x2xf32> -> tensor<2x2xf32>
// CHECK-NEXT:        %{{.*}} = engine.matmul %{{.*}}, %{{.*}} : tensor<2x2xf32>, tensor<2x2xf32> -> tensor<2x2xf32> {
// CHECK-NEXT:        ^bb0(%{{.*}}: f32):
// CHECK-NEXT:          %{{.*}} = arith.constant 1.000000e+20 : f32
// CHECK-NEXT:          %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:          %{{.*}} = arith.constant 1.000000e-19 : f32
// CHECK-NEXT:          %{{.*}} = arith.divf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:          engine.yield %{{.*}} : f32
// CHECK-NEXT:        }
// CHECK-NEXT:        func.return %{{.*}} : tensor<2x2xf32>
// CHECK-NEXT:      }

// -----

// A channel that is scaled by 0, as pruning leaves them, is no underflow; nor is a weight of 0.
func.func @zero_factor(%x: tensor<2x2xf32>) -> tensor<2x2xf32> {
  %w = engine.constant dense<[[0.0, 2.0], [3.0, 1.0]]> : tensor<2x2xf32> -> tensor<2x2xf32>
  %s = engine.constant dense<[0.5, 0.0]> : tensor<2xf32> -> tensor<2xf32>
  %y = engine.matmul %x, %w epilogue(%s : tensor<2xf32>) : tensor<2x2xf32>, tensor<2x2xf32> -> tensor<2x2xf32> {
  ^bb0(%acc: f32, %f: f32):
    %0 = arith.mulf %acc, %f : f32
    engine.yield %0 : f32
  }
  func.return %y : tensor<2x2xf32>
}

// CHECK-LABEL: func.func @zero_factor
// CHECK-NEXT:        %{{.*}} = engine.constant dense<[[0.000000e+00, 0.000000e+00], [1.500000e+00, 0.000000e+00]]> : tensor<2x2xf32> -> tensor<2x2xf32>
// CHECK-NEXT:        %{{.*}} = engine.matmul %{{.*}}, %{{.*}} {rewrites = ["fold-affine-epilogue"]} : tensor<2x2xf32>, tensor<2x2xf32> -> tensor<2x2xf32> {
// CHECK-NEXT:        ^bb0(%{{.*}}: f32):
// CHECK-NEXT:          engine.yield %{{.*}} : f32
// CHECK-NEXT:        }
// CHECK-NEXT:        func.return %{{.*}} : tensor<2x2xf32>
// CHECK-NEXT:      }

// -----

// A requantised product: its scale stays apart from the weight.
func.func @near_miss_requantized(%x: tensor<2x2xf32>) -> tensor<2x2xi8> {
  %w = engine.constant dense<[[1.0, 2.0], [3.0, 1.0]]> : tensor<2x2xf32> -> tensor<2x2xf32>
  %y = engine.matmul %x, %w : tensor<2x2xf32>, tensor<2x2xf32> -> tensor<2x2xi8> {
  ^bb0(%acc: f32):
    %s = arith.constant 0.1 : f32
    %0 = arith.mulf %acc, %s : f32
    %1 = math.roundeven %0 : f32
    %2 = arith.fptosi %1 : f32 to i8
    engine.yield %2 : i8
  }
  func.return %y : tensor<2x2xi8>
}

// CHECK-LABEL: func.func @near_miss_requantized
// CHECK-NEXT:        %{{.*}} = engine.constant dense<[[1.000000e+00, 2.000000e+00], [3.000000e+00, 1.000000e+00]]> : tensor<2x2xf32> -> tensor<2x2xf32>
// CHECK-NEXT:        %{{.*}} = engine.matmul %{{.*}}, %{{.*}} : tensor<2x2xf32>, tensor<2x2xf32> -> tensor<2x2xi8> {
// CHECK-NEXT:        ^bb0(%{{.*}}: f32):
// CHECK-NEXT:          %{{.*}} = arith.constant 1.000000e-01 : f32
// CHECK-NEXT:          %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:          %{{.*}} = math.roundeven %{{.*}} : f32
// CHECK-NEXT:          %{{.*}} = arith.fptosi %{{.*}} : f32 to i8
// CHECK-NEXT:          engine.yield %{{.*}} : i8
// CHECK-NEXT:        }
// CHECK-NEXT:        func.return %{{.*}} : tensor<2x2xi8>
// CHECK-NEXT:      }
