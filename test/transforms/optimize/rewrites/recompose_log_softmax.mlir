// RUN: opt-tool %s --split-input-file -p 'optimize{only=recompose-log-softmax exactness=rounding}' --check-numerics | filecheck %s

func.func @plain(%x: tensor<2x3x8xf32>) -> tensor<2x3x8xf32> {
  %s = engine.reduce ins(%x : tensor<2x3x8xf32>) {nodes = ["/s"], kind = "sum", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32> {
    ^bb0(%e_x: f32):
      %z1_1 = math.exp %e_x : f32
      engine.yield %z1_1 : f32
  }
  %y = engine.map ins(%x, %s : tensor<2x3x8xf32>, tensor<2x3x1xf32>) attributes {nodes = ["/y"]} -> tensor<2x3x8xf32> {
    ^bb0(%e_x: f32, %e_s: f32):
      %z2_1 = math.log %e_s : f32
      %z2_2 = arith.subf %e_x, %z2_1 : f32
      engine.yield %z2_2 : f32
  }
  func.return %y : tensor<2x3x8xf32>
}

// CHECK-LABEL: func.func @plain
// CHECK-NEXT:     %{{.*}} = engine.softmax %{{.*}} {nodes = ["/s", "/y"], rewrites = ["recompose-log-softmax"], axis = 2 : i64, log} : tensor<2x3x8xf32> -> tensor<2x3x8xf32>
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}} : tensor<2x3x8xf32>) attributes {nodes = ["/s", "/y"], rewrites = ["recompose-log-softmax"]} -> tensor<2x3x8xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32):
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<2x3x8xf32>
// CHECK-NEXT:   }

// -----

func.func @shifted(%x: tensor<2x3x8xf32>) -> tensor<2x3x8xf32> {
  %t = engine.reduce ins(%x : tensor<2x3x8xf32>) {nodes = ["/t"], kind = "max", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32>
  %s = engine.reduce ins(%x, %t : tensor<2x3x8xf32>, tensor<2x3x1xf32>) {nodes = ["/s"], kind = "sum", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32> {
    ^bb0(%e_x: f32, %e_t: f32):
      %z1_1 = arith.subf %e_x, %e_t : f32
      %z1_2 = math.exp %z1_1 : f32
      engine.yield %z1_2 : f32
  }
  %y = engine.map ins(%x, %t, %s : tensor<2x3x8xf32>, tensor<2x3x1xf32>, tensor<2x3x1xf32>) attributes {nodes = ["/y"]} -> tensor<2x3x8xf32> {
    ^bb0(%e_x: f32, %e_t: f32, %e_s: f32):
      %z2_1 = arith.subf %e_x, %e_t : f32
      %z2_2 = math.log %e_s : f32
      %z2_3 = arith.subf %z2_1, %z2_2 : f32
      engine.yield %z2_3 : f32
  }
  func.return %y : tensor<2x3x8xf32>
}

// CHECK-LABEL: func.func @shifted
// CHECK-NEXT:     %{{.*}} = engine.reduce ins(%{{.*}} : tensor<2x3x8xf32>) {nodes = ["/t"], kind = "max", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32>
// CHECK-NEXT:     %{{.*}} = engine.reduce ins(%{{.*}}, %{{.*}} : tensor<2x3x8xf32>, tensor<2x3x1xf32>) {nodes = ["/s"], kind = "sum", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.subf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = math.exp %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}}, %{{.*}}, %{{.*}} : tensor<2x3x8xf32>, tensor<2x3x1xf32>, tensor<2x3x1xf32>) attributes {nodes = ["/s", "/y"], rewrites = ["recompose-log-softmax"]} -> tensor<2x3x8xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32, %{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.subf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     %{{.*}} = engine.softmax %{{.*}} {nodes = ["/s", "/y"], rewrites = ["recompose-log-softmax"], axis = 2 : i64, log} : tensor<2x3x8xf32> -> tensor<2x3x8xf32>
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}} : tensor<2x3x8xf32>) attributes {nodes = ["/s", "/y"], rewrites = ["recompose-log-softmax"]} -> tensor<2x3x8xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32):
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<2x3x8xf32>
// CHECK-NEXT:   }

// -----

func.func @near_miss_another_tensor(%x: tensor<2x3x8xf32>, %z: tensor<2x3x8xf32>) -> tensor<2x3x8xf32> {
  %s = engine.reduce ins(%z : tensor<2x3x8xf32>) {nodes = ["/s"], kind = "sum", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32> {
    ^bb0(%e_z: f32):
      %z1_1 = math.exp %e_z : f32
      engine.yield %z1_1 : f32
  }
  %y = engine.map ins(%x, %s : tensor<2x3x8xf32>, tensor<2x3x1xf32>) attributes {nodes = ["/y"]} -> tensor<2x3x8xf32> {
    ^bb0(%e_x: f32, %e_s: f32):
      %z2_1 = math.log %e_s : f32
      %z2_2 = arith.subf %e_x, %z2_1 : f32
      engine.yield %z2_2 : f32
  }
  func.return %y : tensor<2x3x8xf32>
}

// CHECK-LABEL: func.func @near_miss_another_tensor
// CHECK-NEXT:     %{{.*}} = engine.reduce ins(%{{.*}} : tensor<2x3x8xf32>) {nodes = ["/s"], kind = "sum", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = math.exp %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<2x3x8xf32>, tensor<2x3x1xf32>) attributes {nodes = ["/y"]} -> tensor<2x3x8xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = math.log %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.subf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<2x3x8xf32>
// CHECK-NEXT:   }

// -----

func.func @near_miss_mean(%x: tensor<2x3x8xf32>) -> tensor<2x3x8xf32> {
  %s = engine.reduce ins(%x : tensor<2x3x8xf32>) {nodes = ["/s"], kind = "mean", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32> {
    ^bb0(%e_x: f32):
      %z1_1 = math.exp %e_x : f32
      engine.yield %z1_1 : f32
  }
  %y = engine.map ins(%x, %s : tensor<2x3x8xf32>, tensor<2x3x1xf32>) attributes {nodes = ["/y"]} -> tensor<2x3x8xf32> {
    ^bb0(%e_x: f32, %e_s: f32):
      %z2_1 = math.log %e_s : f32
      %z2_2 = arith.subf %e_x, %z2_1 : f32
      engine.yield %z2_2 : f32
  }
  func.return %y : tensor<2x3x8xf32>
}

// CHECK-LABEL: func.func @near_miss_mean
// CHECK-NEXT:     %{{.*}} = engine.reduce ins(%{{.*}} : tensor<2x3x8xf32>) {nodes = ["/s"], kind = "mean", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = math.exp %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<2x3x8xf32>, tensor<2x3x1xf32>) attributes {nodes = ["/y"]} -> tensor<2x3x8xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = math.log %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.subf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<2x3x8xf32>
// CHECK-NEXT:   }
