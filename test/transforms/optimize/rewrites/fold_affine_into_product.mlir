// RUN: opt-tool %s --split-input-file -p 'optimize{only=fold-affine-into-product exactness=rounding}' --check-numerics | filecheck %s

func.func @scale_and_shift(%x: tensor<4x3xf32>) -> tensor<4x2xf32> {
  %s = engine.constant dense<[1.0, 2.0, 0.5]> : tensor<3xf32> -> tensor<3xf32>
  %t = engine.constant dense<[0.5, -1.0, 2.0]> : tensor<3xf32> -> tensor<3xf32>
  %w = engine.constant dense<[[0.5, 1.0], [1.5, 2.0], [2.5, -1.0]]> : tensor<3x2xf32> -> tensor<3x2xf32>
  %a = engine.map ins(%x, %s, %t : tensor<4x3xf32>, tensor<3xf32>, tensor<3xf32>) attributes {nodes = ["/a"]} -> tensor<4x3xf32> {
    ^bb0(%e_x: f32, %e_s: f32, %e_t: f32):
      %z1_1 = arith.mulf %e_x, %e_s : f32
      %z1_2 = arith.addf %z1_1, %e_t : f32
      engine.yield %z1_2 : f32
  }
  %y = engine.matmul %a, %w {nodes = ["/y"]} : tensor<4x3xf32>, tensor<3x2xf32> -> tensor<4x2xf32>
  func.return %y : tensor<4x2xf32>
}

// CHECK-LABEL: func.func @scale_and_shift
// CHECK-NEXT:     %{{.*}} = engine.constant dense<{{\[\[}}5.000000e-01, 1.000000e+00], [3.000000e+00, 4.000000e+00], [1.250000e+00, -5.000000e-01{{\]\]}}> : tensor<3x2xf32> -> tensor<3x2xf32>
// CHECK-NEXT:     %{{.*}} = engine.constant dense<[3.750000e+00, -3.500000e+00]> : tensor<2xf32> -> tensor<2xf32>
// CHECK-NEXT:     %{{.*}} = engine.matmul %{{.*}}, %{{.*}} epilogue(%{{.*}} : tensor<2xf32>) {nodes = ["/a", "/y"], rewrites = ["fold-affine-into-product"]} : tensor<4x3xf32>, tensor<3x2xf32> -> tensor<4x2xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<4x2xf32>
// CHECK-NEXT:   }

// -----

func.func @transposed_with_bias(%x: tensor<4x3xf32>, %b: tensor<2xf32>) -> tensor<4x2xf32> {
  %w = engine.constant dense<[[0.5, 1.0, 1.5], [2.0, 2.5, -1.0]]> : tensor<2x3xf32> -> tensor<2x3xf32>
  %a = engine.map ins(%x : tensor<4x3xf32>) attributes {nodes = ["/a"]} -> tensor<4x3xf32> {
    ^bb0(%e_x: f32):
      %z1_1 = arith.constant 5.000000e-01 : f32
      %z1_2 = arith.subf %e_x, %z1_1 : f32
      %z1_3 = arith.constant 3.000000e+00 : f32
      %z1_4 = arith.mulf %z1_2, %z1_3 : f32
      engine.yield %z1_4 : f32
  }
  %y = engine.matmul %a, %w epilogue(%b : tensor<2xf32>) {nodes = ["/y"], trans_rhs} : tensor<4x3xf32>, tensor<2x3xf32> -> tensor<4x2xf32> {
    ^bb0(%e_acc: f32, %e_b: f32):
      %z2_1 = arith.addf %e_acc, %e_b : f32
      %z2_2 = arith.constant 0.000000e+00 : f32
      %z2_3 = arith.maximumf %z2_1, %z2_2 : f32
      engine.yield %z2_3 : f32
  }
  func.return %y : tensor<4x2xf32>
}

// CHECK-LABEL: func.func @transposed_with_bias
// CHECK-NEXT:     %{{.*}} = engine.constant dense<{{\[\[}}1.500000e+00, 3.000000e+00, 4.500000e+00], [6.000000e+00, 7.500000e+00, -3.000000e+00{{\]\]}}> : tensor<2x3xf32> -> tensor<2x3xf32>
// CHECK-NEXT:     %{{.*}} = engine.constant dense<[-4.500000e+00, -5.250000e+00]> : tensor<2xf32> -> tensor<2xf32>
// CHECK-NEXT:     %{{.*}} = engine.matmul %{{.*}}, %{{.*}} epilogue(%{{.*}}, %{{.*}} : tensor<2xf32>, tensor<2xf32>) {nodes = ["/a", "/y"], rewrites = ["fold-affine-into-product"], trans_rhs} : tensor<4x3xf32>, tensor<2x3xf32> -> tensor<4x2xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32, %{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.constant 0.000000e+00 : f32
// CHECK-NEXT:       %{{.*}} = arith.maximumf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<4x2xf32>
// CHECK-NEXT:   }

// -----

// Both take it in.
func.func @two_readers(%x: tensor<4x3xf32>) -> (tensor<4x2xf32>, tensor<4x1xf32>) {
  %v = engine.constant dense<[[0.25], [1.0], [2.0]]> : tensor<3x1xf32> -> tensor<3x1xf32>
  %w = engine.constant dense<[[0.5, 1.0], [1.5, 2.0], [2.5, -1.0]]> : tensor<3x2xf32> -> tensor<3x2xf32>
  %a = engine.map ins(%x : tensor<4x3xf32>) attributes {nodes = ["/a"]} -> tensor<4x3xf32> {
    ^bb0(%e_x: f32):
      %z1_1 = arith.constant 2.500000e-01 : f32
      %z1_2 = arith.mulf %e_x, %z1_1 : f32
      engine.yield %z1_2 : f32
  }
  %y = engine.matmul %a, %w {nodes = ["/y"]} : tensor<4x3xf32>, tensor<3x2xf32> -> tensor<4x2xf32>
  %z = engine.matmul %a, %v {nodes = ["/z"]} : tensor<4x3xf32>, tensor<3x1xf32> -> tensor<4x1xf32>
  func.return %y, %z : tensor<4x2xf32>, tensor<4x1xf32>
}

// CHECK-LABEL: func.func @two_readers
// CHECK-NEXT:     %{{.*}} = engine.constant dense<{{\[\[}}1.250000e-01, 2.500000e-01], [3.750000e-01, 5.000000e-01], [6.250000e-01, -2.500000e-01{{\]\]}}> : tensor<3x2xf32> -> tensor<3x2xf32>
// CHECK-NEXT:     %{{.*}} = engine.matmul %{{.*}}, %{{.*}} {nodes = ["/a", "/y"], rewrites = ["fold-affine-into-product"]} : tensor<4x3xf32>, tensor<3x2xf32> -> tensor<4x2xf32>
// CHECK-NEXT:     %{{.*}} = engine.constant dense<{{\[\[}}6.250000e-02], [2.500000e-01], [5.000000e-01{{\]\]}}> : tensor<3x1xf32> -> tensor<3x1xf32>
// CHECK-NEXT:     %{{.*}} = engine.matmul %{{.*}}, %{{.*}} {nodes = ["/a", "/z"], rewrites = ["fold-affine-into-product"]} : tensor<4x3xf32>, tensor<3x1xf32> -> tensor<4x1xf32>
// CHECK-NEXT:     func.return %{{.*}}, %{{.*}} : tensor<4x2xf32>, tensor<4x1xf32>
// CHECK-NEXT:   }

// -----

func.func @near_miss_rows(%x: tensor<4x3xf32>) -> tensor<4x2xf32> {
  %s = engine.constant dense<[[1.0], [2.0], [0.5], [4.0]]> : tensor<4x1xf32> -> tensor<4x1xf32>
  %w = engine.constant dense<[[0.5, 1.0], [1.5, 2.0], [2.5, -1.0]]> : tensor<3x2xf32> -> tensor<3x2xf32>
  %a = engine.map ins(%x, %s : tensor<4x3xf32>, tensor<4x1xf32>) attributes {nodes = ["/a"]} -> tensor<4x3xf32> {
    ^bb0(%e_x: f32, %e_s: f32):
      %z1_1 = arith.mulf %e_x, %e_s : f32
      engine.yield %z1_1 : f32
  }
  %y = engine.matmul %a, %w {nodes = ["/y"]} : tensor<4x3xf32>, tensor<3x2xf32> -> tensor<4x2xf32>
  func.return %y : tensor<4x2xf32>
}

// CHECK-LABEL: func.func @near_miss_rows
// CHECK-NEXT:     %{{.*}} = engine.constant dense<{{\[\[}}1.000000e+00], [2.000000e+00], [5.000000e-01], [4.000000e+00{{\]\]}}> : tensor<4x1xf32> -> tensor<4x1xf32>
// CHECK-NEXT:     %{{.*}} = engine.constant dense<{{\[\[}}5.000000e-01, 1.000000e+00], [1.500000e+00, 2.000000e+00], [2.500000e+00, -1.000000e+00{{\]\]}}> : tensor<3x2xf32> -> tensor<3x2xf32>
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<4x3xf32>, tensor<4x1xf32>) attributes {nodes = ["/a"]} -> tensor<4x3xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     %{{.*}} = engine.matmul %{{.*}}, %{{.*}} {nodes = ["/y"]} : tensor<4x3xf32>, tensor<3x2xf32> -> tensor<4x2xf32>
// CHECK-NEXT:     func.return %{{.*}} : tensor<4x2xf32>
// CHECK-NEXT:   }

// -----

func.func @near_miss_second_use(%x: tensor<4x3xf32>) -> (tensor<4x2xf32>, tensor<4x3xf32>) {
  %w = engine.constant dense<[[0.5, 1.0], [1.5, 2.0], [2.5, -1.0]]> : tensor<3x2xf32> -> tensor<3x2xf32>
  %a = engine.map ins(%x : tensor<4x3xf32>) attributes {nodes = ["/a"]} -> tensor<4x3xf32> {
    ^bb0(%e_x: f32):
      %z1_1 = arith.constant 2.500000e-01 : f32
      %z1_2 = arith.mulf %e_x, %z1_1 : f32
      engine.yield %z1_2 : f32
  }
  %y = engine.matmul %a, %w {nodes = ["/y"]} : tensor<4x3xf32>, tensor<3x2xf32> -> tensor<4x2xf32>
  func.return %y, %a : tensor<4x2xf32>, tensor<4x3xf32>
}

// CHECK-LABEL: func.func @near_miss_second_use
// CHECK-NEXT:     %{{.*}} = engine.constant dense<{{\[\[}}5.000000e-01, 1.000000e+00], [1.500000e+00, 2.000000e+00], [2.500000e+00, -1.000000e+00{{\]\]}}> : tensor<3x2xf32> -> tensor<3x2xf32>
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}} : tensor<4x3xf32>) attributes {nodes = ["/a"]} -> tensor<4x3xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.constant 2.500000e-01 : f32
// CHECK-NEXT:       %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     %{{.*}} = engine.matmul %{{.*}}, %{{.*}} {nodes = ["/y"]} : tensor<4x3xf32>, tensor<3x2xf32> -> tensor<4x2xf32>
// CHECK-NEXT:     func.return %{{.*}}, %{{.*}} : tensor<4x2xf32>, tensor<4x3xf32>
// CHECK-NEXT:   }

// -----

func.func @near_miss_computed_weights(%x: tensor<4x3xf32>, %w: tensor<3x2xf32>) -> tensor<4x2xf32> {
  %a = engine.map ins(%x : tensor<4x3xf32>) attributes {nodes = ["/a"]} -> tensor<4x3xf32> {
    ^bb0(%e_x: f32):
      %z1_1 = arith.constant 2.500000e-01 : f32
      %z1_2 = arith.mulf %e_x, %z1_1 : f32
      engine.yield %z1_2 : f32
  }
  %y = engine.matmul %a, %w {nodes = ["/y"]} : tensor<4x3xf32>, tensor<3x2xf32> -> tensor<4x2xf32>
  func.return %y : tensor<4x2xf32>
}

// CHECK-LABEL: func.func @near_miss_computed_weights
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}} : tensor<4x3xf32>) attributes {nodes = ["/a"]} -> tensor<4x3xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.constant 2.500000e-01 : f32
// CHECK-NEXT:       %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     %{{.*}} = engine.matmul %{{.*}}, %{{.*}} {nodes = ["/y"]} : tensor<4x3xf32>, tensor<3x2xf32> -> tensor<4x2xf32>
// CHECK-NEXT:     func.return %{{.*}} : tensor<4x2xf32>
// CHECK-NEXT:   }

// -----

func.func @near_miss_activation(%x: tensor<4x3xf32>) -> tensor<4x2xf32> {
  %w = engine.constant dense<[[0.5, 1.0], [1.5, 2.0], [2.5, -1.0]]> : tensor<3x2xf32> -> tensor<3x2xf32>
  %a = engine.map ins(%x : tensor<4x3xf32>) attributes {nodes = ["/a"]} -> tensor<4x3xf32> {
    ^bb0(%e_x: f32):
      %z1_1 = arith.constant 2.500000e-01 : f32
      %z1_2 = arith.mulf %e_x, %z1_1 : f32
      %z1_3 = arith.constant 0.000000e+00 : f32
      %z1_4 = arith.maximumf %z1_2, %z1_3 : f32
      engine.yield %z1_4 : f32
  }
  %y = engine.matmul %a, %w {nodes = ["/y"]} : tensor<4x3xf32>, tensor<3x2xf32> -> tensor<4x2xf32>
  func.return %y : tensor<4x2xf32>
}

// CHECK-LABEL: func.func @near_miss_activation
// CHECK-NEXT:     %{{.*}} = engine.constant dense<{{\[\[}}5.000000e-01, 1.000000e+00], [1.500000e+00, 2.000000e+00], [2.500000e+00, -1.000000e+00{{\]\]}}> : tensor<3x2xf32> -> tensor<3x2xf32>
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}} : tensor<4x3xf32>) attributes {nodes = ["/a"]} -> tensor<4x3xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.constant 2.500000e-01 : f32
// CHECK-NEXT:       %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.constant 0.000000e+00 : f32
// CHECK-NEXT:       %{{.*}} = arith.maximumf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     %{{.*}} = engine.matmul %{{.*}}, %{{.*}} {nodes = ["/y"]} : tensor<4x3xf32>, tensor<3x2xf32> -> tensor<4x2xf32>
// CHECK-NEXT:     func.return %{{.*}} : tensor<4x2xf32>
// CHECK-NEXT:   }

// -----

func.func @near_miss_tiny(%x: tensor<4x3xf32>) -> tensor<4x2xf32> {
  %w = engine.constant dense<[[0.5, 1.0], [1.5, 2.0], [2.5, -1.0]]> : tensor<3x2xf32> -> tensor<3x2xf32>
  %a = engine.map ins(%x : tensor<4x3xf32>) attributes {nodes = ["/a"]} -> tensor<4x3xf32> {
    ^bb0(%e_x: f32):
      %z1_1 = arith.constant 1.000000e-38 : f32
      %z1_2 = arith.mulf %e_x, %z1_1 : f32
      engine.yield %z1_2 : f32
  }
  %y = engine.matmul %a, %w {nodes = ["/y"]} : tensor<4x3xf32>, tensor<3x2xf32> -> tensor<4x2xf32>
  func.return %y : tensor<4x2xf32>
}

// CHECK-LABEL: func.func @near_miss_tiny
// CHECK-NEXT:     %{{.*}} = engine.constant dense<{{\[\[}}5.000000e-01, 1.000000e+00], [1.500000e+00, 2.000000e+00], [2.500000e+00, -1.000000e+00{{\]\]}}> : tensor<3x2xf32> -> tensor<3x2xf32>
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}} : tensor<4x3xf32>) attributes {nodes = ["/a"]} -> tensor<4x3xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.constant 1.000000e-38 : f32
// CHECK-NEXT:       %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     %{{.*}} = engine.matmul %{{.*}}, %{{.*}} {nodes = ["/y"]} : tensor<4x3xf32>, tensor<3x2xf32> -> tensor<4x2xf32>
// CHECK-NEXT:     func.return %{{.*}} : tensor<4x2xf32>
// CHECK-NEXT:   }

// -----

func.func @near_miss_rounded(%x: tensor<4x3xf32>) -> tensor<4x2xf32> {
  %w = engine.constant dense<[[0.5, 1.0], [1.5, 2.0], [2.5, -1.0]]> : tensor<3x2xf32> -> tensor<3x2xf32>
  %a = engine.map ins(%x : tensor<4x3xf32>) attributes {nodes = ["/a"]} -> tensor<4x3xf32> {
    ^bb0(%e_x: f32):
      %z1_1 = arith.constant 2.500000e-01 : f32
      %z1_2 = arith.mulf %e_x, %z1_1 : f32
      engine.yield %z1_2 : f32
  }
  %y = engine.matmul %a, %w {nodes = ["/y"]} : tensor<4x3xf32>, tensor<3x2xf32> -> tensor<4x2xf32> {
    ^bb0(%e_acc: f32):
      %z2_1 = math.floor %e_acc : f32
      engine.yield %z2_1 : f32
  }
  func.return %y : tensor<4x2xf32>
}

// CHECK-LABEL: func.func @near_miss_rounded
// CHECK-NEXT:     %{{.*}} = engine.constant dense<{{\[\[}}5.000000e-01, 1.000000e+00], [1.500000e+00, 2.000000e+00], [2.500000e+00, -1.000000e+00{{\]\]}}> : tensor<3x2xf32> -> tensor<3x2xf32>
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}} : tensor<4x3xf32>) attributes {nodes = ["/a"]} -> tensor<4x3xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.constant 2.500000e-01 : f32
// CHECK-NEXT:       %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     %{{.*}} = engine.matmul %{{.*}}, %{{.*}} {nodes = ["/y"]} : tensor<4x3xf32>, tensor<3x2xf32> -> tensor<4x2xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = math.floor %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<4x2xf32>
// CHECK-NEXT:   }
