// RUN: opt-tool %s --split-input-file -p 'optimize{only=recompose-plain-softmax exactness=rounding}' --check-numerics | filecheck %s

func.func @shared(%x: tensor<2x3x8xf32>) -> tensor<2x3x8xf32> {
  %e = engine.map ins(%x : tensor<2x3x8xf32>) attributes {nodes = ["/e"]} -> tensor<2x3x8xf32> {
    ^bb0(%e_x: f32):
      %z1_1 = math.exp %e_x : f32
      engine.yield %z1_1 : f32
  }
  %s = engine.reduce ins(%e : tensor<2x3x8xf32>) {nodes = ["/s"], kind = "sum", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32>
  %y = engine.map ins(%e, %s : tensor<2x3x8xf32>, tensor<2x3x1xf32>) attributes {nodes = ["/y"]} -> tensor<2x3x8xf32> {
    ^bb0(%e_e: f32, %e_s: f32):
      %z2_1 = arith.divf %e_e, %e_s : f32
      engine.yield %z2_1 : f32
  }
  func.return %y : tensor<2x3x8xf32>
}

// CHECK-LABEL: func.func @shared
// CHECK-NEXT:     %{{.*}} = engine.softmax %{{.*}} {nodes = ["/s", "/y"], rewrites = ["recompose-plain-softmax"], axis = 2 : i64} : tensor<2x3x8xf32> -> tensor<2x3x8xf32>
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}} : tensor<2x3x8xf32>) attributes {nodes = ["/s", "/y"], rewrites = ["recompose-plain-softmax"]} -> tensor<2x3x8xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32):
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<2x3x8xf32>
// CHECK-NEXT:   }

// -----

func.func @computed_twice(%x: tensor<2x3x8xf32>) -> tensor<2x3x8xf32> {
  %s = engine.reduce ins(%x : tensor<2x3x8xf32>) {nodes = ["/s"], kind = "sum", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32> {
    ^bb0(%e_x: f32):
      %z1_1 = math.exp %e_x : f32
      engine.yield %z1_1 : f32
  }
  %y = engine.map ins(%x, %s : tensor<2x3x8xf32>, tensor<2x3x1xf32>) attributes {nodes = ["/y"]} -> tensor<2x3x8xf32> {
    ^bb0(%e_x: f32, %e_s: f32):
      %z2_1 = math.exp %e_x : f32
      %z2_2 = arith.divf %z2_1, %e_s : f32
      engine.yield %z2_2 : f32
  }
  func.return %y : tensor<2x3x8xf32>
}

// CHECK-LABEL: func.func @computed_twice
// CHECK-NEXT:     %{{.*}} = engine.softmax %{{.*}} {nodes = ["/s", "/y"], rewrites = ["recompose-plain-softmax"], axis = 2 : i64} : tensor<2x3x8xf32> -> tensor<2x3x8xf32>
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}} : tensor<2x3x8xf32>) attributes {nodes = ["/s", "/y"], rewrites = ["recompose-plain-softmax"]} -> tensor<2x3x8xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32):
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<2x3x8xf32>
// CHECK-NEXT:   }

// -----

func.func @near_miss_two_axes(%x: tensor<2x3x8xf32>) -> tensor<2x3x8xf32> {
  %s = engine.reduce ins(%x : tensor<2x3x8xf32>) {nodes = ["/s"], kind = "sum", axes = array<i64: 1, 2>, keepdims} -> tensor<2x1x1xf32> {
    ^bb0(%e_x: f32):
      %z1_1 = math.exp %e_x : f32
      engine.yield %z1_1 : f32
  }
  %y = engine.map ins(%x, %s : tensor<2x3x8xf32>, tensor<2x1x1xf32>) attributes {nodes = ["/y"]} -> tensor<2x3x8xf32> {
    ^bb0(%e_x: f32, %e_s: f32):
      %z2_1 = math.exp %e_x : f32
      %z2_2 = arith.divf %z2_1, %e_s : f32
      engine.yield %z2_2 : f32
  }
  func.return %y : tensor<2x3x8xf32>
}

// CHECK-LABEL: func.func @near_miss_two_axes
// CHECK-NEXT:     %{{.*}} = engine.reduce ins(%{{.*}} : tensor<2x3x8xf32>) {nodes = ["/s"], kind = "sum", axes = array<i64: 1, 2>, keepdims} -> tensor<2x1x1xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = math.exp %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<2x3x8xf32>, tensor<2x1x1xf32>) attributes {nodes = ["/y"]} -> tensor<2x3x8xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = math.exp %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.divf %{{.*}}, %{{.*}} : f32
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
      %z2_1 = math.exp %e_x : f32
      %z2_2 = arith.divf %z2_1, %e_s : f32
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
// CHECK-NEXT:       %{{.*}} = math.exp %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.divf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<2x3x8xf32>
// CHECK-NEXT:   }

// -----

func.func @near_miss_maximum(%x: tensor<2x3x8xf32>) -> tensor<2x3x8xf32> {
  %s = engine.reduce ins(%x : tensor<2x3x8xf32>) {nodes = ["/s"], kind = "max", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32> {
    ^bb0(%e_x: f32):
      %z1_1 = math.exp %e_x : f32
      engine.yield %z1_1 : f32
  }
  %y = engine.map ins(%x, %s : tensor<2x3x8xf32>, tensor<2x3x1xf32>) attributes {nodes = ["/y"]} -> tensor<2x3x8xf32> {
    ^bb0(%e_x: f32, %e_s: f32):
      %z2_1 = math.exp %e_x : f32
      %z2_2 = arith.divf %z2_1, %e_s : f32
      engine.yield %z2_2 : f32
  }
  func.return %y : tensor<2x3x8xf32>
}

// CHECK-LABEL: func.func @near_miss_maximum
// CHECK-NEXT:     %{{.*}} = engine.reduce ins(%{{.*}} : tensor<2x3x8xf32>) {nodes = ["/s"], kind = "max", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = math.exp %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<2x3x8xf32>, tensor<2x3x1xf32>) attributes {nodes = ["/y"]} -> tensor<2x3x8xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = math.exp %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.divf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<2x3x8xf32>
// CHECK-NEXT:   }
