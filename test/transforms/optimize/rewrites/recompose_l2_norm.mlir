// RUN: opt-tool %s --split-input-file -p 'optimize{only=recompose-l2-norm exactness=rounding}' --check-numerics | filecheck %s

func.func @root(%x: tensor<2x3x8xf32>) -> tensor<2x3x8xf32> {
  %q = engine.reduce ins(%x : tensor<2x3x8xf32>) {nodes = ["/q"], kind = "sum", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32> {
    ^bb0(%e_x: f32):
      %z1_1 = arith.mulf %e_x, %e_x : f32
      engine.yield %z1_1 : f32
  }
  %y = engine.map ins(%x, %q : tensor<2x3x8xf32>, tensor<2x3x1xf32>) attributes {nodes = ["/y"]} -> tensor<2x3x8xf32> {
    ^bb0(%e_x: f32, %e_q: f32):
      %z2_1 = arith.constant 1.000000e-03 : f32
      %z2_2 = arith.addf %e_q, %z2_1 : f32
      %z2_3 = math.sqrt %z2_2 : f32
      %z2_4 = arith.divf %e_x, %z2_3 : f32
      engine.yield %z2_4 : f32
  }
  func.return %y : tensor<2x3x8xf32>
}

// CHECK-LABEL: func.func @root
// CHECK-NEXT:     %{{.*}} = engine.constant dense<0.353553385> : tensor<1xf32> -> tensor<1xf32>
// CHECK-NEXT:     %{{.*}} = engine.norm %{{.*}} scale(%{{.*}} : tensor<1xf32>) {nodes = ["/q", "/y"], rewrites = ["recompose-l2-norm"], kind = "rms", axes = array<i64: 2>, epsilon = 0.00012500000593718141 : f64} : tensor<2x3x8xf32> -> tensor<2x3x8xf32>
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}} : tensor<2x3x8xf32>) attributes {nodes = ["/q", "/y"], rewrites = ["recompose-l2-norm"]} -> tensor<2x3x8xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32):
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<2x3x8xf32>
// CHECK-NEXT:   }

// -----

// Of zeros the left side is NaN.
func.func @near_miss_no_epsilon(%x: tensor<2x3x8xf32>) -> tensor<2x3x8xf32> {
  %q = engine.reduce ins(%x : tensor<2x3x8xf32>) {nodes = ["/q"], kind = "sum", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32> {
    ^bb0(%e_x: f32):
      %z1_1 = arith.mulf %e_x, %e_x : f32
      engine.yield %z1_1 : f32
  }
  %y = engine.map ins(%x, %q : tensor<2x3x8xf32>, tensor<2x3x1xf32>) attributes {nodes = ["/y"]} -> tensor<2x3x8xf32> {
    ^bb0(%e_x: f32, %e_q: f32):
      %z2_1 = arith.constant 0.000000e+00 : f32
      %z2_2 = arith.addf %e_q, %z2_1 : f32
      %z2_3 = math.sqrt %z2_2 : f32
      %z2_4 = arith.divf %e_x, %z2_3 : f32
      engine.yield %z2_4 : f32
  }
  func.return %y : tensor<2x3x8xf32>
}

// CHECK-LABEL: func.func @near_miss_no_epsilon
// CHECK-NEXT:     %{{.*}} = engine.reduce ins(%{{.*}} : tensor<2x3x8xf32>) {nodes = ["/q"], kind = "sum", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<2x3x8xf32>, tensor<2x3x1xf32>) attributes {nodes = ["/y"]} -> tensor<2x3x8xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.constant 0.000000e+00 : f32
// CHECK-NEXT:       %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = math.sqrt %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.divf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<2x3x8xf32>
// CHECK-NEXT:   }

// -----

func.func @near_miss_second_use(%x: tensor<2x3x8xf32>) -> (tensor<2x3x8xf32>, tensor<2x3x1xf32>) {
  %q = engine.reduce ins(%x : tensor<2x3x8xf32>) {nodes = ["/q"], kind = "sum", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32> {
    ^bb0(%e_x: f32):
      %z1_1 = arith.mulf %e_x, %e_x : f32
      engine.yield %z1_1 : f32
  }
  %y = engine.map ins(%x, %q : tensor<2x3x8xf32>, tensor<2x3x1xf32>) attributes {nodes = ["/y"]} -> tensor<2x3x8xf32> {
    ^bb0(%e_x: f32, %e_q: f32):
      %z2_1 = arith.constant 1.000000e-03 : f32
      %z2_2 = arith.addf %e_q, %z2_1 : f32
      %z2_3 = math.sqrt %z2_2 : f32
      %z2_4 = arith.divf %e_x, %z2_3 : f32
      engine.yield %z2_4 : f32
  }
  func.return %y, %q : tensor<2x3x8xf32>, tensor<2x3x1xf32>
}

// CHECK-LABEL: func.func @near_miss_second_use
// CHECK-NEXT:     %{{.*}} = engine.reduce ins(%{{.*}} : tensor<2x3x8xf32>) {nodes = ["/q"], kind = "sum", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<2x3x8xf32>, tensor<2x3x1xf32>) attributes {nodes = ["/y"]} -> tensor<2x3x8xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.constant 1.000000e-03 : f32
// CHECK-NEXT:       %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = math.sqrt %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.divf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}}, %{{.*}} : tensor<2x3x8xf32>, tensor<2x3x1xf32>
// CHECK-NEXT:   }

// -----

func.func @near_miss_another_tensor(%x: tensor<2x3x8xf32>, %z: tensor<2x3x8xf32>) -> tensor<2x3x8xf32> {
  %q = engine.reduce ins(%x : tensor<2x3x8xf32>) {nodes = ["/q"], kind = "sum", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32> {
    ^bb0(%e_x: f32):
      %z1_1 = arith.mulf %e_x, %e_x : f32
      engine.yield %z1_1 : f32
  }
  %y = engine.map ins(%z, %q : tensor<2x3x8xf32>, tensor<2x3x1xf32>) attributes {nodes = ["/y"]} -> tensor<2x3x8xf32> {
    ^bb0(%e_z: f32, %e_q: f32):
      %z2_1 = arith.constant 1.000000e-03 : f32
      %z2_2 = arith.addf %e_q, %z2_1 : f32
      %z2_3 = math.sqrt %z2_2 : f32
      %z2_4 = arith.divf %e_z, %z2_3 : f32
      engine.yield %z2_4 : f32
  }
  func.return %y : tensor<2x3x8xf32>
}

// CHECK-LABEL: func.func @near_miss_another_tensor
// CHECK-NEXT:     %{{.*}} = engine.reduce ins(%{{.*}} : tensor<2x3x8xf32>) {nodes = ["/q"], kind = "sum", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<2x3x8xf32>, tensor<2x3x1xf32>) attributes {nodes = ["/y"]} -> tensor<2x3x8xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.constant 1.000000e-03 : f32
// CHECK-NEXT:       %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = math.sqrt %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.divf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<2x3x8xf32>
// CHECK-NEXT:   }
