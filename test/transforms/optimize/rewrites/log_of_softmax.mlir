// RUN: opt-tool %s --split-input-file -p 'optimize{only=log-of-softmax exactness=rounding}' --check-numerics | filecheck %s

func.func @logarithm(%x: tensor<2x3x8xf32>) -> tensor<2x3x8xf32> {
  %s = engine.softmax %x {nodes = ["/s"], axis = 2 : i64} : tensor<2x3x8xf32> -> tensor<2x3x8xf32>
  %y = engine.map ins(%s : tensor<2x3x8xf32>) attributes {nodes = ["/y"]} -> tensor<2x3x8xf32> {
    ^bb0(%e_s: f32):
      %z1_1 = math.log %e_s : f32
      %z1_2 = arith.constant 2.000000e+00 : f32
      %z1_3 = arith.mulf %z1_1, %z1_2 : f32
      engine.yield %z1_3 : f32
  }
  func.return %y : tensor<2x3x8xf32>
}

// CHECK-LABEL: func.func @logarithm
// CHECK-NEXT:     %{{.*}} = engine.softmax %{{.*}} {nodes = ["/s", "/y"], rewrites = ["log-of-softmax"], axis = 2 : i64, log} : tensor<2x3x8xf32> -> tensor<2x3x8xf32>
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}} : tensor<2x3x8xf32>) attributes {nodes = ["/s", "/y"], rewrites = ["log-of-softmax"]} -> tensor<2x3x8xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.constant 2.000000e+00 : f32
// CHECK-NEXT:       %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<2x3x8xf32>
// CHECK-NEXT:   }

// -----

func.func @exponential(%x: tensor<2x3x8xf32>) -> tensor<2x3x8xf32> {
  %s = engine.softmax %x {nodes = ["/s"], axis = 2 : i64, log} : tensor<2x3x8xf32> -> tensor<2x3x8xf32>
  %y = engine.map ins(%s : tensor<2x3x8xf32>) attributes {nodes = ["/y"]} -> tensor<2x3x8xf32> {
    ^bb0(%e_s: f32):
      %z1_1 = math.exp %e_s : f32
      engine.yield %z1_1 : f32
  }
  func.return %y : tensor<2x3x8xf32>
}

// CHECK-LABEL: func.func @exponential
// CHECK-NEXT:     %{{.*}} = engine.softmax %{{.*}} {nodes = ["/s", "/y"], rewrites = ["log-of-softmax"], axis = 2 : i64} : tensor<2x3x8xf32> -> tensor<2x3x8xf32>
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}} : tensor<2x3x8xf32>) attributes {nodes = ["/s", "/y"], rewrites = ["log-of-softmax"]} -> tensor<2x3x8xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32):
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<2x3x8xf32>
// CHECK-NEXT:   }

// -----

func.func @near_miss_second_use(%x: tensor<2x3x8xf32>) -> (tensor<2x3x8xf32>, tensor<2x3x8xf32>) {
  %s = engine.softmax %x {nodes = ["/s"], axis = 2 : i64} : tensor<2x3x8xf32> -> tensor<2x3x8xf32>
  %y = engine.map ins(%s : tensor<2x3x8xf32>) attributes {nodes = ["/y"]} -> tensor<2x3x8xf32> {
    ^bb0(%e_s: f32):
      %z1_1 = math.log %e_s : f32
      engine.yield %z1_1 : f32
  }
  func.return %y, %s : tensor<2x3x8xf32>, tensor<2x3x8xf32>
}

// CHECK-LABEL: func.func @near_miss_second_use
// CHECK-NEXT:     %{{.*}} = engine.softmax %{{.*}} {nodes = ["/s"], axis = 2 : i64} : tensor<2x3x8xf32> -> tensor<2x3x8xf32>
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}} : tensor<2x3x8xf32>) attributes {nodes = ["/y"]} -> tensor<2x3x8xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = math.log %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}}, %{{.*}} : tensor<2x3x8xf32>, tensor<2x3x8xf32>
// CHECK-NEXT:   }

// -----

func.func @near_miss_of_logarithm(%x: tensor<2x3x8xf32>) -> tensor<2x3x8xf32> {
  %s = engine.softmax %x {nodes = ["/s"], axis = 2 : i64, log} : tensor<2x3x8xf32> -> tensor<2x3x8xf32>
  %y = engine.map ins(%s : tensor<2x3x8xf32>) attributes {nodes = ["/y"]} -> tensor<2x3x8xf32> {
    ^bb0(%e_s: f32):
      %z1_1 = math.tanh %e_s : f32
      engine.yield %z1_1 : f32
  }
  func.return %y : tensor<2x3x8xf32>
}

// CHECK-LABEL: func.func @near_miss_of_logarithm
// CHECK-NEXT:     %{{.*}} = engine.softmax %{{.*}} {nodes = ["/s"], axis = 2 : i64, log} : tensor<2x3x8xf32> -> tensor<2x3x8xf32>
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}} : tensor<2x3x8xf32>) attributes {nodes = ["/y"]} -> tensor<2x3x8xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = math.tanh %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<2x3x8xf32>
// CHECK-NEXT:   }
