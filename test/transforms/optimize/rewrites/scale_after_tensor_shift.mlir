// RUN: opt-tool %s --split-input-file -p 'optimize{only=scale-after-tensor-shift exactness=rounding}' --check-numerics | filecheck %s

// Two normalisations in a row.

func.func @twice(%x: tensor<2x3x8xf32>) -> tensor<2x3x8xf32> {
  %c = engine.constant dense<[1.0, 2.0, 0.5, -1.0, 1.5, 2.5, 3.0, 0.25]> : tensor<8xf32> -> tensor<8xf32>
  %d = engine.constant dense<[0.5, 1.0, 1.5, 2.0, -0.5, 1.0, 0.25, 4.0]> : tensor<8xf32> -> tensor<8xf32>
  %y = engine.map ins(%x, %c, %d : tensor<2x3x8xf32>, tensor<8xf32>, tensor<8xf32>) attributes {nodes = ["/y"]} -> tensor<2x3x8xf32> {
    ^bb0(%e_x: f32, %e_c: f32, %e_d: f32):
      %z1_1 = arith.mulf %e_x, %e_c : f32
      %z1_2 = arith.addf %z1_1, %e_d : f32
      %z1_3 = arith.mulf %z1_2, %e_c : f32
      %z1_4 = arith.addf %z1_3, %e_d : f32
      engine.yield %z1_4 : f32
  }
  func.return %y : tensor<2x3x8xf32>
}

// CHECK-LABEL: func.func @twice
// CHECK-NEXT:     %{{.*}} = engine.constant dense<[1.000000e+00, 2.000000e+00, 5.000000e-01, -1.000000e+00, 1.500000e+00, 2.500000e+00, 3.000000e+00, 2.500000e-01]> : tensor<8xf32> -> tensor<8xf32>
// CHECK-NEXT:     %{{.*}} = engine.constant dense<[5.000000e-01, 1.000000e+00, 1.500000e+00, 2.000000e+00, -5.000000e-01, 1.000000e+00, 2.500000e-01, 4.000000e+00]> : tensor<8xf32> -> tensor<8xf32>
// CHECK-NEXT:     %{{.*}} = engine.constant dense<[1.000000e+00, 4.000000e+00, 2.500000e-01, 1.000000e+00, 2.250000e+00, 6.250000e+00, 9.000000e+00, 6.250000e-02]> : tensor<8xf32> -> tensor<8xf32>
// CHECK-NEXT:     %{{.*}} = engine.constant dense<[5.000000e-01, 2.000000e+00, 7.500000e-01, -2.000000e+00, -7.500000e-01, 2.500000e+00, 7.500000e-01, 1.000000e+00]> : tensor<8xf32> -> tensor<8xf32>
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}} : tensor<2x3x8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>) attributes {nodes = ["/y"], rewrites = ["scale-after-tensor-shift"]} -> tensor<2x3x8xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32, %{{.*}}: f32, %{{.*}}: f32, %{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<2x3x8xf32>
// CHECK-NEXT:   }

// -----

func.func @by_number(%x: tensor<2x3x8xf32>) -> tensor<2x3x8xf32> {
  %c = engine.constant dense<[1.0, 2.0, 0.5, -1.0, 1.5, 2.5, 3.0, 0.25]> : tensor<8xf32> -> tensor<8xf32>
  %d = engine.constant dense<[0.5, 1.0, 1.5, 2.0, -0.5, 1.0, 0.25, 4.0]> : tensor<8xf32> -> tensor<8xf32>
  %y = engine.map ins(%x, %c, %d : tensor<2x3x8xf32>, tensor<8xf32>, tensor<8xf32>) attributes {nodes = ["/y"]} -> tensor<2x3x8xf32> {
    ^bb0(%e_x: f32, %e_c: f32, %e_d: f32):
      %z1_1 = arith.mulf %e_x, %e_c : f32
      %z1_2 = arith.addf %z1_1, %e_d : f32
      %z1_3 = arith.constant 5.000000e-01 : f32
      %z1_4 = arith.mulf %z1_2, %z1_3 : f32
      engine.yield %z1_4 : f32
  }
  func.return %y : tensor<2x3x8xf32>
}

// CHECK-LABEL: func.func @by_number
// CHECK-NEXT:     %{{.*}} = engine.constant dense<[1.000000e+00, 2.000000e+00, 5.000000e-01, -1.000000e+00, 1.500000e+00, 2.500000e+00, 3.000000e+00, 2.500000e-01]> : tensor<8xf32> -> tensor<8xf32>
// CHECK-NEXT:     %{{.*}} = engine.constant dense<[5.000000e-01, 1.000000e+00, 1.500000e+00, 2.000000e+00, -5.000000e-01, 1.000000e+00, 2.500000e-01, 4.000000e+00]> : tensor<8xf32> -> tensor<8xf32>
// CHECK-NEXT:     %{{.*}} = engine.constant dense<[5.000000e-01, 1.000000e+00, 2.500000e-01, -5.000000e-01, 7.500000e-01, 1.250000e+00, 1.500000e+00, 1.250000e-01]> : tensor<8xf32> -> tensor<8xf32>
// CHECK-NEXT:     %{{.*}} = engine.constant dense<[2.500000e-01, 5.000000e-01, 7.500000e-01, 1.000000e+00, -2.500000e-01, 5.000000e-01, 1.250000e-01, 2.000000e+00]> : tensor<8xf32> -> tensor<8xf32>
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}} : tensor<2x3x8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>) attributes {nodes = ["/y"], rewrites = ["scale-after-tensor-shift"]} -> tensor<2x3x8xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32, %{{.*}}: f32, %{{.*}}: f32, %{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<2x3x8xf32>
// CHECK-NEXT:   }

// -----

func.func @near_miss_no_factor(%x: tensor<2x3x8xf32>) -> tensor<2x3x8xf32> {
  %c = engine.constant dense<[1.0, 2.0, 0.5, -1.0, 1.5, 2.5, 3.0, 0.25]> : tensor<8xf32> -> tensor<8xf32>
  %d = engine.constant dense<[0.5, 1.0, 1.5, 2.0, -0.5, 1.0, 0.25, 4.0]> : tensor<8xf32> -> tensor<8xf32>
  %y = engine.map ins(%x, %c, %d : tensor<2x3x8xf32>, tensor<8xf32>, tensor<8xf32>) attributes {nodes = ["/y"]} -> tensor<2x3x8xf32> {
    ^bb0(%e_x: f32, %e_c: f32, %e_d: f32):
      %z1_1 = arith.addf %e_x, %e_c : f32
      %z1_2 = arith.mulf %z1_1, %e_d : f32
      engine.yield %z1_2 : f32
  }
  func.return %y : tensor<2x3x8xf32>
}

// CHECK-LABEL: func.func @near_miss_no_factor
// CHECK-NEXT:     %{{.*}} = engine.constant dense<[1.000000e+00, 2.000000e+00, 5.000000e-01, -1.000000e+00, 1.500000e+00, 2.500000e+00, 3.000000e+00, 2.500000e-01]> : tensor<8xf32> -> tensor<8xf32>
// CHECK-NEXT:     %{{.*}} = engine.constant dense<[5.000000e-01, 1.000000e+00, 1.500000e+00, 2.000000e+00, -5.000000e-01, 1.000000e+00, 2.500000e-01, 4.000000e+00]> : tensor<8xf32> -> tensor<8xf32>
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}}, %{{.*}}, %{{.*}} : tensor<2x3x8xf32>, tensor<8xf32>, tensor<8xf32>) attributes {nodes = ["/y"]} -> tensor<2x3x8xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32, %{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<2x3x8xf32>
// CHECK-NEXT:   }

// -----

func.func @near_miss_second_use(%x: tensor<2x3x8xf32>) -> tensor<2x3x8xf32> {
  %c = engine.constant dense<[1.0, 2.0, 0.5, -1.0, 1.5, 2.5, 3.0, 0.25]> : tensor<8xf32> -> tensor<8xf32>
  %d = engine.constant dense<[0.5, 1.0, 1.5, 2.0, -0.5, 1.0, 0.25, 4.0]> : tensor<8xf32> -> tensor<8xf32>
  %y = engine.map ins(%x, %c, %d : tensor<2x3x8xf32>, tensor<8xf32>, tensor<8xf32>) attributes {nodes = ["/y"]} -> tensor<2x3x8xf32> {
    ^bb0(%e_x: f32, %e_c: f32, %e_d: f32):
      %z1_1 = arith.mulf %e_x, %e_c : f32
      %z1_2 = arith.addf %z1_1, %e_d : f32
      %z1_3 = arith.mulf %z1_2, %e_d : f32
      %z1_4 = arith.addf %z1_3, %z1_2 : f32
      engine.yield %z1_4 : f32
  }
  func.return %y : tensor<2x3x8xf32>
}

// CHECK-LABEL: func.func @near_miss_second_use
// CHECK-NEXT:     %{{.*}} = engine.constant dense<[1.000000e+00, 2.000000e+00, 5.000000e-01, -1.000000e+00, 1.500000e+00, 2.500000e+00, 3.000000e+00, 2.500000e-01]> : tensor<8xf32> -> tensor<8xf32>
// CHECK-NEXT:     %{{.*}} = engine.constant dense<[5.000000e-01, 1.000000e+00, 1.500000e+00, 2.000000e+00, -5.000000e-01, 1.000000e+00, 2.500000e-01, 4.000000e+00]> : tensor<8xf32> -> tensor<8xf32>
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}}, %{{.*}}, %{{.*}} : tensor<2x3x8xf32>, tensor<8xf32>, tensor<8xf32>) attributes {nodes = ["/y"]} -> tensor<2x3x8xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32, %{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<2x3x8xf32>
// CHECK-NEXT:   }

// -----

func.func @near_miss_rounded(%x: tensor<2x3x8xf32>) -> tensor<2x3x8xf32> {
  %c = engine.constant dense<[1.0, 2.0, 0.5, -1.0, 1.5, 2.5, 3.0, 0.25]> : tensor<8xf32> -> tensor<8xf32>
  %d = engine.constant dense<[0.5, 1.0, 1.5, 2.0, -0.5, 1.0, 0.25, 4.0]> : tensor<8xf32> -> tensor<8xf32>
  %y = engine.map ins(%x, %c, %d : tensor<2x3x8xf32>, tensor<8xf32>, tensor<8xf32>) attributes {nodes = ["/y"]} -> tensor<2x3x8xf32> {
    ^bb0(%e_x: f32, %e_c: f32, %e_d: f32):
      %z1_1 = arith.mulf %e_x, %e_c : f32
      %z1_2 = arith.addf %z1_1, %e_d : f32
      %z1_3 = arith.mulf %z1_2, %e_c : f32
      %z1_4 = math.roundeven %z1_3 : f32
      engine.yield %z1_4 : f32
  }
  func.return %y : tensor<2x3x8xf32>
}

// CHECK-LABEL: func.func @near_miss_rounded
// CHECK-NEXT:     %{{.*}} = engine.constant dense<[1.000000e+00, 2.000000e+00, 5.000000e-01, -1.000000e+00, 1.500000e+00, 2.500000e+00, 3.000000e+00, 2.500000e-01]> : tensor<8xf32> -> tensor<8xf32>
// CHECK-NEXT:     %{{.*}} = engine.constant dense<[5.000000e-01, 1.000000e+00, 1.500000e+00, 2.000000e+00, -5.000000e-01, 1.000000e+00, 2.500000e-01, 4.000000e+00]> : tensor<8xf32> -> tensor<8xf32>
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}}, %{{.*}}, %{{.*}} : tensor<2x3x8xf32>, tensor<8xf32>, tensor<8xf32>) attributes {nodes = ["/y"]} -> tensor<2x3x8xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32, %{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = math.roundeven %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<2x3x8xf32>
// CHECK-NEXT:   }
