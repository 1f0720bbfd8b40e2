// RUN: opt-tool %s --split-input-file -p 'optimize{only=position-before-monotone exactness=approximate}' --check-numerics | filecheck %s

func.func @softmax(%x: tensor<2x3x8xf32>) -> tensor<2x3x1xi32> {
  %s = engine.softmax %x {nodes = ["/s"], axis = 2 : i64} : tensor<2x3x8xf32> -> tensor<2x3x8xf32>
  %t = engine.reduce ins(%s : tensor<2x3x8xf32>) {nodes = ["/t"], kind = "max", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32>
  %i = engine.constant dense<[[[0, 1, 2, 3, 4, 5, 6, 7]]]> : tensor<1x1x8xi32> -> tensor<1x1x8xi32>
  %y = engine.reduce ins(%s, %t, %i : tensor<2x3x8xf32>, tensor<2x3x1xf32>, tensor<1x1x8xi32>) {nodes = ["/y"], kind = "min", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xi32> {
    ^bb0(%e_s: f32, %e_t: f32, %e_i: i32):
      %z1_1 = arith.cmpf oeq, %e_s, %e_t : f32
      %z1_2 = arith.constant 8 : i32
      %z1_3 = arith.select %z1_1, %e_i, %z1_2 : i32
      engine.yield %z1_3 : i32
  }
  func.return %y : tensor<2x3x1xi32>
}

// CHECK-LABEL: func.func @softmax
// CHECK-NEXT:     %{{.*}} = engine.constant dense<{{\[\[}}[0, 1, 2, 3, 4, 5, 6, 7{{\]\]}}]> : tensor<1x1x8xi32> -> tensor<1x1x8xi32>
// CHECK-NEXT:     %{{.*}} = engine.reduce ins(%{{.*}} : tensor<2x3x8xf32>) {nodes = ["/t", "/y"], rewrites = ["position-before-monotone"], kind = "max", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32>
// CHECK-NEXT:     %{{.*}} = engine.reduce ins(%{{.*}}, %{{.*}}, %{{.*}} : tensor<2x3x8xf32>, tensor<2x3x1xf32>, tensor<1x1x8xi32>) {nodes = ["/t", "/y"], rewrites = ["position-before-monotone"], kind = "min", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xi32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32, %{{.*}}: f32, %{{.*}}: i32):
// CHECK-NEXT:       %{{.*}} = arith.cmpf oeq, %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.constant 8 : i32
// CHECK-NEXT:       %{{.*}} = arith.select %{{.*}}, %{{.*}}, %{{.*}} : i32
// CHECK-NEXT:       engine.yield %{{.*}} : i32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<2x3x1xi32>
// CHECK-NEXT:   }

// -----

func.func @sigmoid(%x: tensor<2x3x8xf32>) -> tensor<2x3x1xi32> {
  %s = engine.map ins(%x : tensor<2x3x8xf32>) attributes {nodes = ["/s"]} -> tensor<2x3x8xf32> {
    ^bb0(%e_x: f32):
      %z1_1 = arith.constant 1.000000e+00 : f32
      %z1_2 = arith.negf %e_x : f32
      %z1_3 = math.exp %z1_2 : f32
      %z1_4 = arith.constant 1.000000e+00 : f32
      %z1_5 = arith.addf %z1_3, %z1_4 : f32
      %z1_6 = arith.divf %z1_1, %z1_5 : f32
      engine.yield %z1_6 : f32
  }
  %t = engine.reduce ins(%s : tensor<2x3x8xf32>) {nodes = ["/t"], kind = "max", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32>
  %i = engine.constant dense<[[[0, 1, 2, 3, 4, 5, 6, 7]]]> : tensor<1x1x8xi32> -> tensor<1x1x8xi32>
  %y = engine.reduce ins(%s, %t, %i : tensor<2x3x8xf32>, tensor<2x3x1xf32>, tensor<1x1x8xi32>) {nodes = ["/y"], kind = "min", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xi32> {
    ^bb0(%e_s: f32, %e_t: f32, %e_i: i32):
      %z2_1 = arith.cmpf oeq, %e_s, %e_t : f32
      %z2_2 = arith.constant 8 : i32
      %z2_3 = arith.select %z2_1, %e_i, %z2_2 : i32
      engine.yield %z2_3 : i32
  }
  func.return %y : tensor<2x3x1xi32>
}

// CHECK-LABEL: func.func @sigmoid
// CHECK-NEXT:     %{{.*}} = engine.constant dense<{{\[\[}}[0, 1, 2, 3, 4, 5, 6, 7{{\]\]}}]> : tensor<1x1x8xi32> -> tensor<1x1x8xi32>
// CHECK-NEXT:     %{{.*}} = engine.reduce ins(%{{.*}} : tensor<2x3x8xf32>) {nodes = ["/t", "/y"], rewrites = ["position-before-monotone"], kind = "max", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32>
// CHECK-NEXT:     %{{.*}} = engine.reduce ins(%{{.*}}, %{{.*}}, %{{.*}} : tensor<2x3x8xf32>, tensor<2x3x1xf32>, tensor<1x1x8xi32>) {nodes = ["/t", "/y"], rewrites = ["position-before-monotone"], kind = "min", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xi32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32, %{{.*}}: f32, %{{.*}}: i32):
// CHECK-NEXT:       %{{.*}} = arith.cmpf oeq, %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.constant 8 : i32
// CHECK-NEXT:       %{{.*}} = arith.select %{{.*}}, %{{.*}}, %{{.*}} : i32
// CHECK-NEXT:       engine.yield %{{.*}} : i32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<2x3x1xi32>
// CHECK-NEXT:   }

// -----

func.func @near_miss_decreasing(%x: tensor<2x3x8xf32>) -> tensor<2x3x1xi32> {
  %s = engine.map ins(%x : tensor<2x3x8xf32>) attributes {nodes = ["/s"]} -> tensor<2x3x8xf32> {
    ^bb0(%e_x: f32):
      %z1_1 = arith.constant -2.000000e+00 : f32
      %z1_2 = arith.mulf %e_x, %z1_1 : f32
      engine.yield %z1_2 : f32
  }
  %t = engine.reduce ins(%s : tensor<2x3x8xf32>) {nodes = ["/t"], kind = "max", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32>
  %i = engine.constant dense<[[[0, 1, 2, 3, 4, 5, 6, 7]]]> : tensor<1x1x8xi32> -> tensor<1x1x8xi32>
  %y = engine.reduce ins(%s, %t, %i : tensor<2x3x8xf32>, tensor<2x3x1xf32>, tensor<1x1x8xi32>) {nodes = ["/y"], kind = "min", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xi32> {
    ^bb0(%e_s: f32, %e_t: f32, %e_i: i32):
      %z2_1 = arith.cmpf oeq, %e_s, %e_t : f32
      %z2_2 = arith.constant 8 : i32
      %z2_3 = arith.select %z2_1, %e_i, %z2_2 : i32
      engine.yield %z2_3 : i32
  }
  func.return %y : tensor<2x3x1xi32>
}

// CHECK-LABEL: func.func @near_miss_decreasing
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}} : tensor<2x3x8xf32>) attributes {nodes = ["/s"]} -> tensor<2x3x8xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.constant -2.000000e+00 : f32
// CHECK-NEXT:       %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     %{{.*}} = engine.reduce ins(%{{.*}} : tensor<2x3x8xf32>) {nodes = ["/t"], kind = "max", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32>
// CHECK-NEXT:     %{{.*}} = engine.constant dense<{{\[\[}}[0, 1, 2, 3, 4, 5, 6, 7{{\]\]}}]> : tensor<1x1x8xi32> -> tensor<1x1x8xi32>
// CHECK-NEXT:     %{{.*}} = engine.reduce ins(%{{.*}}, %{{.*}}, %{{.*}} : tensor<2x3x8xf32>, tensor<2x3x1xf32>, tensor<1x1x8xi32>) {nodes = ["/y"], kind = "min", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xi32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32, %{{.*}}: f32, %{{.*}}: i32):
// CHECK-NEXT:       %{{.*}} = arith.cmpf oeq, %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.constant 8 : i32
// CHECK-NEXT:       %{{.*}} = arith.select %{{.*}}, %{{.*}}, %{{.*}} : i32
// CHECK-NEXT:       engine.yield %{{.*}} : i32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<2x3x1xi32>
// CHECK-NEXT:   }

// -----

func.func @near_miss_square(%x: tensor<2x3x8xf32>) -> tensor<2x3x1xi32> {
  %s = engine.map ins(%x : tensor<2x3x8xf32>) attributes {nodes = ["/s"]} -> tensor<2x3x8xf32> {
    ^bb0(%e_x: f32):
      %z1_1 = arith.mulf %e_x, %e_x : f32
      engine.yield %z1_1 : f32
  }
  %t = engine.reduce ins(%s : tensor<2x3x8xf32>) {nodes = ["/t"], kind = "max", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32>
  %i = engine.constant dense<[[[0, 1, 2, 3, 4, 5, 6, 7]]]> : tensor<1x1x8xi32> -> tensor<1x1x8xi32>
  %y = engine.reduce ins(%s, %t, %i : tensor<2x3x8xf32>, tensor<2x3x1xf32>, tensor<1x1x8xi32>) {nodes = ["/y"], kind = "min", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xi32> {
    ^bb0(%e_s: f32, %e_t: f32, %e_i: i32):
      %z2_1 = arith.cmpf oeq, %e_s, %e_t : f32
      %z2_2 = arith.constant 8 : i32
      %z2_3 = arith.select %z2_1, %e_i, %z2_2 : i32
      engine.yield %z2_3 : i32
  }
  func.return %y : tensor<2x3x1xi32>
}

// CHECK-LABEL: func.func @near_miss_square
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}} : tensor<2x3x8xf32>) attributes {nodes = ["/s"]} -> tensor<2x3x8xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     %{{.*}} = engine.reduce ins(%{{.*}} : tensor<2x3x8xf32>) {nodes = ["/t"], kind = "max", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32>
// CHECK-NEXT:     %{{.*}} = engine.constant dense<{{\[\[}}[0, 1, 2, 3, 4, 5, 6, 7{{\]\]}}]> : tensor<1x1x8xi32> -> tensor<1x1x8xi32>
// CHECK-NEXT:     %{{.*}} = engine.reduce ins(%{{.*}}, %{{.*}}, %{{.*}} : tensor<2x3x8xf32>, tensor<2x3x1xf32>, tensor<1x1x8xi32>) {nodes = ["/y"], kind = "min", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xi32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32, %{{.*}}: f32, %{{.*}}: i32):
// CHECK-NEXT:       %{{.*}} = arith.cmpf oeq, %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.constant 8 : i32
// CHECK-NEXT:       %{{.*}} = arith.select %{{.*}}, %{{.*}}, %{{.*}} : i32
// CHECK-NEXT:       engine.yield %{{.*}} : i32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<2x3x1xi32>
// CHECK-NEXT:   }

// -----

func.func @near_miss_another_axis(%x: tensor<2x3x8xf32>) -> tensor<2x3x1xi32> {
  %s = engine.softmax %x {nodes = ["/s"], axis = 1 : i64} : tensor<2x3x8xf32> -> tensor<2x3x8xf32>
  %t = engine.reduce ins(%s : tensor<2x3x8xf32>) {nodes = ["/t"], kind = "max", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32>
  %i = engine.constant dense<[[[0, 1, 2, 3, 4, 5, 6, 7]]]> : tensor<1x1x8xi32> -> tensor<1x1x8xi32>
  %y = engine.reduce ins(%s, %t, %i : tensor<2x3x8xf32>, tensor<2x3x1xf32>, tensor<1x1x8xi32>) {nodes = ["/y"], kind = "min", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xi32> {
    ^bb0(%e_s: f32, %e_t: f32, %e_i: i32):
      %z1_1 = arith.cmpf oeq, %e_s, %e_t : f32
      %z1_2 = arith.constant 8 : i32
      %z1_3 = arith.select %z1_1, %e_i, %z1_2 : i32
      engine.yield %z1_3 : i32
  }
  func.return %y : tensor<2x3x1xi32>
}

// CHECK-LABEL: func.func @near_miss_another_axis
// CHECK-NEXT:     %{{.*}} = engine.softmax %{{.*}} {nodes = ["/s"], axis = 1 : i64} : tensor<2x3x8xf32> -> tensor<2x3x8xf32>
// CHECK-NEXT:     %{{.*}} = engine.reduce ins(%{{.*}} : tensor<2x3x8xf32>) {nodes = ["/t"], kind = "max", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32>
// CHECK-NEXT:     %{{.*}} = engine.constant dense<{{\[\[}}[0, 1, 2, 3, 4, 5, 6, 7{{\]\]}}]> : tensor<1x1x8xi32> -> tensor<1x1x8xi32>
// CHECK-NEXT:     %{{.*}} = engine.reduce ins(%{{.*}}, %{{.*}}, %{{.*}} : tensor<2x3x8xf32>, tensor<2x3x1xf32>, tensor<1x1x8xi32>) {nodes = ["/y"], kind = "min", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xi32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32, %{{.*}}: f32, %{{.*}}: i32):
// CHECK-NEXT:       %{{.*}} = arith.cmpf oeq, %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.constant 8 : i32
// CHECK-NEXT:       %{{.*}} = arith.select %{{.*}}, %{{.*}}, %{{.*}} : i32
// CHECK-NEXT:       engine.yield %{{.*}} : i32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<2x3x1xi32>
// CHECK-NEXT:   }

// -----

func.func @near_miss_second_use(%x: tensor<2x3x8xf32>) -> (tensor<2x3x1xi32>, tensor<2x3x8xf32>) {
  %s = engine.softmax %x {nodes = ["/s"], axis = 2 : i64} : tensor<2x3x8xf32> -> tensor<2x3x8xf32>
  %t = engine.reduce ins(%s : tensor<2x3x8xf32>) {nodes = ["/t"], kind = "max", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32>
  %i = engine.constant dense<[[[0, 1, 2, 3, 4, 5, 6, 7]]]> : tensor<1x1x8xi32> -> tensor<1x1x8xi32>
  %y = engine.reduce ins(%s, %t, %i : tensor<2x3x8xf32>, tensor<2x3x1xf32>, tensor<1x1x8xi32>) {nodes = ["/y"], kind = "min", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xi32> {
    ^bb0(%e_s: f32, %e_t: f32, %e_i: i32):
      %z1_1 = arith.cmpf oeq, %e_s, %e_t : f32
      %z1_2 = arith.constant 8 : i32
      %z1_3 = arith.select %z1_1, %e_i, %z1_2 : i32
      engine.yield %z1_3 : i32
  }
  func.return %y, %s : tensor<2x3x1xi32>, tensor<2x3x8xf32>
}

// CHECK-LABEL: func.func @near_miss_second_use
// CHECK-NEXT:     %{{.*}} = engine.softmax %{{.*}} {nodes = ["/s"], axis = 2 : i64} : tensor<2x3x8xf32> -> tensor<2x3x8xf32>
// CHECK-NEXT:     %{{.*}} = engine.reduce ins(%{{.*}} : tensor<2x3x8xf32>) {nodes = ["/t"], kind = "max", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32>
// CHECK-NEXT:     %{{.*}} = engine.constant dense<{{\[\[}}[0, 1, 2, 3, 4, 5, 6, 7{{\]\]}}]> : tensor<1x1x8xi32> -> tensor<1x1x8xi32>
// CHECK-NEXT:     %{{.*}} = engine.reduce ins(%{{.*}}, %{{.*}}, %{{.*}} : tensor<2x3x8xf32>, tensor<2x3x1xf32>, tensor<1x1x8xi32>) {nodes = ["/y"], kind = "min", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xi32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32, %{{.*}}: f32, %{{.*}}: i32):
// CHECK-NEXT:       %{{.*}} = arith.cmpf oeq, %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.constant 8 : i32
// CHECK-NEXT:       %{{.*}} = arith.select %{{.*}}, %{{.*}}, %{{.*}} : i32
// CHECK-NEXT:       engine.yield %{{.*}} : i32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}}, %{{.*}} : tensor<2x3x1xi32>, tensor<2x3x8xf32>
// CHECK-NEXT:   }
