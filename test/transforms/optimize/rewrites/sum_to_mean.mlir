// RUN: opt-tool %s --split-input-file -p 'optimize{only=sum-to-mean exactness=rounding}' --check-numerics | filecheck %s

func.func @times_reciprocal(%x: tensor<2x3x8xf32>) -> tensor<2x3x1xf32> {
  %s = engine.reduce ins(%x : tensor<2x3x8xf32>) {nodes = ["/s"], kind = "sum", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32> {
    ^bb0(%e_x: f32):
      %z1_1 = arith.mulf %e_x, %e_x : f32
      engine.yield %z1_1 : f32
  }
  %y = engine.map ins(%s : tensor<2x3x1xf32>) attributes {nodes = ["/y"]} -> tensor<2x3x1xf32> {
    ^bb0(%e_s: f32):
      %z2_1 = arith.constant 1.250000e-01 : f32
      %z2_2 = arith.mulf %e_s, %z2_1 : f32
      engine.yield %z2_2 : f32
  }
  func.return %y : tensor<2x3x1xf32>
}

// CHECK-LABEL: func.func @times_reciprocal
// CHECK-NEXT:     %{{.*}} = engine.reduce ins(%{{.*}} : tensor<2x3x8xf32>) {nodes = ["/s", "/y"], rewrites = ["sum-to-mean"], kind = "mean", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}} : tensor<2x3x1xf32>) attributes {nodes = ["/s", "/y"], rewrites = ["sum-to-mean"]} -> tensor<2x3x1xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32):
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<2x3x1xf32>
// CHECK-NEXT:   }

// -----

func.func @near_miss_another_count(%x: tensor<2x3x8xf32>) -> tensor<2x3x1xf32> {
  %s = engine.reduce ins(%x : tensor<2x3x8xf32>) {nodes = ["/s"], kind = "sum", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32>
  %y = engine.map ins(%s : tensor<2x3x1xf32>) attributes {nodes = ["/y"]} -> tensor<2x3x1xf32> {
    ^bb0(%e_s: f32):
      %z1_1 = arith.constant 2.500000e-01 : f32
      %z1_2 = arith.mulf %e_s, %z1_1 : f32
      engine.yield %z1_2 : f32
  }
  func.return %y : tensor<2x3x1xf32>
}

// CHECK-LABEL: func.func @near_miss_another_count
// CHECK-NEXT:     %{{.*}} = engine.reduce ins(%{{.*}} : tensor<2x3x8xf32>) {nodes = ["/s"], kind = "sum", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32>
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}} : tensor<2x3x1xf32>) attributes {nodes = ["/y"]} -> tensor<2x3x1xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.constant 2.500000e-01 : f32
// CHECK-NEXT:       %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<2x3x1xf32>
// CHECK-NEXT:   }

// -----

func.func @near_miss_second_use(%x: tensor<2x3x8xf32>) -> (tensor<2x3x1xf32>, tensor<2x3x1xf32>) {
  %s = engine.reduce ins(%x : tensor<2x3x8xf32>) {nodes = ["/s"], kind = "sum", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32>
  %y = engine.map ins(%s : tensor<2x3x1xf32>) attributes {nodes = ["/y"]} -> tensor<2x3x1xf32> {
    ^bb0(%e_s: f32):
      %z1_1 = arith.constant 1.250000e-01 : f32
      %z1_2 = arith.mulf %e_s, %z1_1 : f32
      engine.yield %z1_2 : f32
  }
  func.return %y, %s : tensor<2x3x1xf32>, tensor<2x3x1xf32>
}

// CHECK-LABEL: func.func @near_miss_second_use
// CHECK-NEXT:     %{{.*}} = engine.reduce ins(%{{.*}} : tensor<2x3x8xf32>) {nodes = ["/s"], kind = "sum", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32>
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}} : tensor<2x3x1xf32>) attributes {nodes = ["/y"]} -> tensor<2x3x1xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.constant 1.250000e-01 : f32
// CHECK-NEXT:       %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}}, %{{.*}} : tensor<2x3x1xf32>, tensor<2x3x1xf32>
// CHECK-NEXT:   }

// -----

func.func @near_miss_rounded(%x: tensor<2x3x8xf32>) -> tensor<2x3x1xf32> {
  %s = engine.reduce ins(%x : tensor<2x3x8xf32>) {nodes = ["/s"], kind = "sum", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32>
  %y = engine.map ins(%s : tensor<2x3x1xf32>) attributes {nodes = ["/y"]} -> tensor<2x3x1xf32> {
    ^bb0(%e_s: f32):
      %z1_1 = arith.constant 1.250000e-01 : f32
      %z1_2 = arith.mulf %e_s, %z1_1 : f32
      %z1_3 = math.floor %z1_2 : f32
      engine.yield %z1_3 : f32
  }
  func.return %y : tensor<2x3x1xf32>
}

// CHECK-LABEL: func.func @near_miss_rounded
// CHECK-NEXT:     %{{.*}} = engine.reduce ins(%{{.*}} : tensor<2x3x8xf32>) {nodes = ["/s"], kind = "sum", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32>
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}} : tensor<2x3x1xf32>) attributes {nodes = ["/y"]} -> tensor<2x3x1xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.constant 1.250000e-01 : f32
// CHECK-NEXT:       %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = math.floor %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<2x3x1xf32>
// CHECK-NEXT:   }
