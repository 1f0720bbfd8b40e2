// RUN: opt-tool %s --split-input-file -p 'optimize{only=drop-shift-before-softmax exactness=rounding}' --check-numerics | filecheck %s

func.func @maximum(%x: tensor<2x3x8xf32>) -> tensor<2x3x8xf32> {
  %t = engine.reduce ins(%x : tensor<2x3x8xf32>) {nodes = ["/t"], kind = "max", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32>
  %d = engine.map ins(%x, %t : tensor<2x3x8xf32>, tensor<2x3x1xf32>) attributes {nodes = ["/d"]} -> tensor<2x3x8xf32> {
    ^bb0(%e_x: f32, %e_t: f32):
      %z1_1 = arith.subf %e_x, %e_t : f32
      engine.yield %z1_1 : f32
  }
  %y = engine.softmax %d {nodes = ["/y"], axis = 2 : i64} : tensor<2x3x8xf32> -> tensor<2x3x8xf32>
  func.return %y : tensor<2x3x8xf32>
}

// CHECK-LABEL: func.func @maximum
// CHECK-NEXT:     %{{.*}} = engine.softmax %{{.*}} {nodes = ["/d", "/y"], rewrites = ["drop-shift-before-softmax"], axis = 2 : i64} : tensor<2x3x8xf32> -> tensor<2x3x8xf32>
// CHECK-NEXT:     func.return %{{.*}} : tensor<2x3x8xf32>
// CHECK-NEXT:   }

// -----

func.func @number(%x: tensor<2x3x8xf32>) -> tensor<2x3x8xf32> {
  %d = engine.map ins(%x : tensor<2x3x8xf32>) attributes {nodes = ["/d"]} -> tensor<2x3x8xf32> {
    ^bb0(%e_x: f32):
      %z1_1 = arith.constant 2.000000e+00 : f32
      %z1_2 = arith.mulf %e_x, %z1_1 : f32
      %z1_3 = arith.constant 3.000000e+00 : f32
      %z1_4 = arith.addf %z1_2, %z1_3 : f32
      engine.yield %z1_4 : f32
  }
  %y = engine.softmax %d {nodes = ["/y"], axis = 2 : i64, log} : tensor<2x3x8xf32> -> tensor<2x3x8xf32>
  func.return %y : tensor<2x3x8xf32>
}

// CHECK-LABEL: func.func @number
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}} : tensor<2x3x8xf32>) attributes {nodes = ["/d", "/y"], rewrites = ["drop-shift-before-softmax"]} -> tensor<2x3x8xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.constant 2.000000e+00 : f32
// CHECK-NEXT:       %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     %{{.*}} = engine.softmax %{{.*}} {nodes = ["/d", "/y"], rewrites = ["drop-shift-before-softmax"], axis = 2 : i64, log} : tensor<2x3x8xf32> -> tensor<2x3x8xf32>
// CHECK-NEXT:     func.return %{{.*}} : tensor<2x3x8xf32>
// CHECK-NEXT:   }

// -----

func.func @near_miss_bias(%x: tensor<2x3x8xf32>, %b: tensor<8xf32>) -> tensor<2x3x8xf32> {
  %d = engine.map ins(%x, %b : tensor<2x3x8xf32>, tensor<8xf32>) attributes {nodes = ["/d"]} -> tensor<2x3x8xf32> {
    ^bb0(%e_x: f32, %e_b: f32):
      %z1_1 = arith.addf %e_x, %e_b : f32
      engine.yield %z1_1 : f32
  }
  %y = engine.softmax %d {nodes = ["/y"], axis = 2 : i64} : tensor<2x3x8xf32> -> tensor<2x3x8xf32>
  func.return %y : tensor<2x3x8xf32>
}

// CHECK-LABEL: func.func @near_miss_bias
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<2x3x8xf32>, tensor<8xf32>) attributes {nodes = ["/d"]} -> tensor<2x3x8xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     %{{.*}} = engine.softmax %{{.*}} {nodes = ["/y"], axis = 2 : i64} : tensor<2x3x8xf32> -> tensor<2x3x8xf32>
// CHECK-NEXT:     func.return %{{.*}} : tensor<2x3x8xf32>
// CHECK-NEXT:   }

// -----

func.func @near_miss_another_axis(%x: tensor<2x3x8xf32>, %t: tensor<2x3x1xf32>) -> tensor<2x3x8xf32> {
  %d = engine.map ins(%x, %t : tensor<2x3x8xf32>, tensor<2x3x1xf32>) attributes {nodes = ["/d"]} -> tensor<2x3x8xf32> {
    ^bb0(%e_x: f32, %e_t: f32):
      %z1_1 = arith.subf %e_x, %e_t : f32
      engine.yield %z1_1 : f32
  }
  %y = engine.softmax %d {nodes = ["/y"], axis = 1 : i64} : tensor<2x3x8xf32> -> tensor<2x3x8xf32>
  func.return %y : tensor<2x3x8xf32>
}

// CHECK-LABEL: func.func @near_miss_another_axis
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<2x3x8xf32>, tensor<2x3x1xf32>) attributes {nodes = ["/d"]} -> tensor<2x3x8xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.subf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     %{{.*}} = engine.softmax %{{.*}} {nodes = ["/y"], axis = 1 : i64} : tensor<2x3x8xf32> -> tensor<2x3x8xf32>
// CHECK-NEXT:     func.return %{{.*}} : tensor<2x3x8xf32>
// CHECK-NEXT:   }

// -----

func.func @near_miss_second_use(%x: tensor<2x3x8xf32>, %t: tensor<2x3x1xf32>) -> (tensor<2x3x8xf32>, tensor<2x3x8xf32>) {
  %d = engine.map ins(%x, %t : tensor<2x3x8xf32>, tensor<2x3x1xf32>) attributes {nodes = ["/d"]} -> tensor<2x3x8xf32> {
    ^bb0(%e_x: f32, %e_t: f32):
      %z1_1 = arith.subf %e_x, %e_t : f32
      engine.yield %z1_1 : f32
  }
  %y = engine.softmax %d {nodes = ["/y"], axis = 2 : i64} : tensor<2x3x8xf32> -> tensor<2x3x8xf32>
  func.return %y, %d : tensor<2x3x8xf32>, tensor<2x3x8xf32>
}

// CHECK-LABEL: func.func @near_miss_second_use
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<2x3x8xf32>, tensor<2x3x1xf32>) attributes {nodes = ["/d"]} -> tensor<2x3x8xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.subf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     %{{.*}} = engine.softmax %{{.*}} {nodes = ["/y"], axis = 2 : i64} : tensor<2x3x8xf32> -> tensor<2x3x8xf32>
// CHECK-NEXT:     func.return %{{.*}}, %{{.*}} : tensor<2x3x8xf32>, tensor<2x3x8xf32>
// CHECK-NEXT:   }

// -----

func.func @near_miss_taken_from(%x: tensor<2x3x8xf32>, %t: tensor<2x3x1xf32>) -> tensor<2x3x8xf32> {
  %d = engine.map ins(%x, %t : tensor<2x3x8xf32>, tensor<2x3x1xf32>) attributes {nodes = ["/d"]} -> tensor<2x3x8xf32> {
    ^bb0(%e_x: f32, %e_t: f32):
      %z1_1 = arith.subf %e_t, %e_x : f32
      engine.yield %z1_1 : f32
  }
  %y = engine.softmax %d {nodes = ["/y"], axis = 2 : i64} : tensor<2x3x8xf32> -> tensor<2x3x8xf32>
  func.return %y : tensor<2x3x8xf32>
}

// CHECK-LABEL: func.func @near_miss_taken_from
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<2x3x8xf32>, tensor<2x3x1xf32>) attributes {nodes = ["/d"]} -> tensor<2x3x8xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.subf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     %{{.*}} = engine.softmax %{{.*}} {nodes = ["/y"], axis = 2 : i64} : tensor<2x3x8xf32> -> tensor<2x3x8xf32>
// CHECK-NEXT:     func.return %{{.*}} : tensor<2x3x8xf32>
// CHECK-NEXT:   }
