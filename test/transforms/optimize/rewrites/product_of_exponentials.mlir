// RUN: opt-tool %s --split-input-file -p 'optimize{only=product-of-exponentials exactness=approximate}' --check-numerics | filecheck %s

func.func @powers(%x: tensor<2x3x8xf32>) -> tensor<2x3x1xf32> {
  %y = engine.reduce ins(%x : tensor<2x3x8xf32>) {nodes = ["/y"], kind = "prod", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32> {
    ^bb0(%e_x: f32):
      %z1_1 = arith.constant 5.000000e-01 : f32
      %z1_2 = arith.mulf %e_x, %z1_1 : f32
      %z1_3 = math.exp %z1_2 : f32
      engine.yield %z1_3 : f32
  }
  func.return %y : tensor<2x3x1xf32>
}

// CHECK-LABEL: func.func @powers
// CHECK-NEXT:     %{{.*}} = engine.reduce ins(%{{.*}} : tensor<2x3x8xf32>) {nodes = ["/y"], rewrites = ["product-of-exponentials"], kind = "sum", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.constant 5.000000e-01 : f32
// CHECK-NEXT:       %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}} : tensor<2x3x1xf32>) attributes {nodes = ["/y"], rewrites = ["product-of-exponentials"]} -> tensor<2x3x1xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = math.exp %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<2x3x1xf32>
// CHECK-NEXT:   }

// -----

func.func @near_miss_sum(%x: tensor<2x3x8xf32>) -> tensor<2x3x1xf32> {
  %y = engine.reduce ins(%x : tensor<2x3x8xf32>) {nodes = ["/y"], kind = "sum", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32> {
    ^bb0(%e_x: f32):
      %z1_1 = math.exp %e_x : f32
      engine.yield %z1_1 : f32
  }
  func.return %y : tensor<2x3x1xf32>
}

// CHECK-LABEL: func.func @near_miss_sum
// CHECK-NEXT:     %{{.*}} = engine.reduce ins(%{{.*}} : tensor<2x3x8xf32>) {nodes = ["/y"], kind = "sum", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = math.exp %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<2x3x1xf32>
// CHECK-NEXT:   }

// -----

func.func @near_miss_shifted(%x: tensor<2x3x8xf32>) -> tensor<2x3x1xf32> {
  %y = engine.reduce ins(%x : tensor<2x3x8xf32>) {nodes = ["/y"], kind = "prod", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32> {
    ^bb0(%e_x: f32):
      %z1_1 = math.exp %e_x : f32
      %z1_2 = arith.constant 1.000000e+00 : f32
      %z1_3 = arith.addf %z1_1, %z1_2 : f32
      engine.yield %z1_3 : f32
  }
  func.return %y : tensor<2x3x1xf32>
}

// CHECK-LABEL: func.func @near_miss_shifted
// CHECK-NEXT:     %{{.*}} = engine.reduce ins(%{{.*}} : tensor<2x3x8xf32>) {nodes = ["/y"], kind = "prod", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = math.exp %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.constant 1.000000e+00 : f32
// CHECK-NEXT:       %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<2x3x1xf32>
// CHECK-NEXT:   }
