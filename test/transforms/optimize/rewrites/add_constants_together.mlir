// RUN: opt-tool %s --split-input-file -p 'optimize{only=add-constants-together exactness=rounding}' --check-numerics | filecheck %s

func.func @biases(%x: tensor<2x3x8xf32>, %z: tensor<2x3x8xf32>) -> tensor<2x3x8xf32> {
  %c = engine.constant dense<[1.0, 2.0, 0.5, -1.0, 1.5, 2.5, 3.0, 0.25]> : tensor<8xf32> -> tensor<8xf32>
  %d = engine.constant dense<[0.5, 1.0, 1.5, 2.0, -0.5, 1.0, 0.25, 4.0]> : tensor<8xf32> -> tensor<8xf32>
  %y = engine.map ins(%x, %z, %c, %d : tensor<2x3x8xf32>, tensor<2x3x8xf32>, tensor<8xf32>, tensor<8xf32>) attributes {nodes = ["/y"]} -> tensor<2x3x8xf32> {
    ^bb0(%e_x: f32, %e_z: f32, %e_c: f32, %e_d: f32):
      %z1_1 = arith.addf %e_x, %e_c : f32
      %z1_2 = arith.addf %e_z, %e_d : f32
      %z1_3 = arith.addf %z1_1, %z1_2 : f32
      engine.yield %z1_3 : f32
  }
  func.return %y : tensor<2x3x8xf32>
}

// CHECK-LABEL: func.func @biases
// CHECK-NEXT:     %{{.*}} = engine.constant dense<[1.000000e+00, 2.000000e+00, 5.000000e-01, -1.000000e+00, 1.500000e+00, 2.500000e+00, 3.000000e+00, 2.500000e-01]> : tensor<8xf32> -> tensor<8xf32>
// CHECK-NEXT:     %{{.*}} = engine.constant dense<[5.000000e-01, 1.000000e+00, 1.500000e+00, 2.000000e+00, -5.000000e-01, 1.000000e+00, 2.500000e-01, 4.000000e+00]> : tensor<8xf32> -> tensor<8xf32>
// CHECK-NEXT:     %{{.*}} = engine.constant dense<[1.500000e+00, 3.000000e+00, 2.000000e+00, 1.000000e+00, 1.000000e+00, 3.500000e+00, 3.250000e+00, 4.250000e+00]> : tensor<8xf32> -> tensor<8xf32>
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}} : tensor<2x3x8xf32>, tensor<2x3x8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>) attributes {nodes = ["/y"], rewrites = ["add-constants-together"]} -> tensor<2x3x8xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32, %{{.*}}: f32, %{{.*}}: f32, %{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<2x3x8xf32>
// CHECK-NEXT:   }

// -----

func.func @number(%x: tensor<2x3x8xf32>, %z: tensor<2x3x8xf32>) -> tensor<2x3x8xf32> {
  %c = engine.constant dense<[1.0, 2.0, 0.5, -1.0, 1.5, 2.5, 3.0, 0.25]> : tensor<8xf32> -> tensor<8xf32>
  %d = engine.constant dense<[0.5, 1.0, 1.5, 2.0, -0.5, 1.0, 0.25, 4.0]> : tensor<8xf32> -> tensor<8xf32>
  %y = engine.map ins(%x, %z, %c : tensor<2x3x8xf32>, tensor<2x3x8xf32>, tensor<8xf32>) attributes {nodes = ["/y"]} -> tensor<2x3x8xf32> {
    ^bb0(%e_x: f32, %e_z: f32, %e_c: f32):
      %z1_1 = arith.addf %e_x, %e_c : f32
      %z1_2 = arith.constant 2.000000e+00 : f32
      %z1_3 = arith.addf %e_z, %z1_2 : f32
      %z1_4 = arith.addf %z1_1, %z1_3 : f32
      engine.yield %z1_4 : f32
  }
  func.return %y : tensor<2x3x8xf32>
}

// CHECK-LABEL: func.func @number
// CHECK-NEXT:     %{{.*}} = engine.constant dense<[1.000000e+00, 2.000000e+00, 5.000000e-01, -1.000000e+00, 1.500000e+00, 2.500000e+00, 3.000000e+00, 2.500000e-01]> : tensor<8xf32> -> tensor<8xf32>
// CHECK-NEXT:     %{{.*}} = engine.constant dense<[3.000000e+00, 4.000000e+00, 2.500000e+00, 1.000000e+00, 3.500000e+00, 4.500000e+00, 5.000000e+00, 2.250000e+00]> : tensor<8xf32> -> tensor<8xf32>
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}}, %{{.*}}, %{{.*}}, %{{.*}} : tensor<2x3x8xf32>, tensor<2x3x8xf32>, tensor<8xf32>, tensor<8xf32>) attributes {nodes = ["/y"], rewrites = ["add-constants-together"]} -> tensor<2x3x8xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32, %{{.*}}: f32, %{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<2x3x8xf32>
// CHECK-NEXT:   }

// -----

func.func @near_miss_one_constant(%x: tensor<2x3x8xf32>, %z: tensor<2x3x8xf32>) -> tensor<2x3x8xf32> {
  %c = engine.constant dense<[1.0, 2.0, 0.5, -1.0, 1.5, 2.5, 3.0, 0.25]> : tensor<8xf32> -> tensor<8xf32>
  %d = engine.constant dense<[0.5, 1.0, 1.5, 2.0, -0.5, 1.0, 0.25, 4.0]> : tensor<8xf32> -> tensor<8xf32>
  %y = engine.map ins(%x, %z, %c : tensor<2x3x8xf32>, tensor<2x3x8xf32>, tensor<8xf32>) attributes {nodes = ["/y"]} -> tensor<2x3x8xf32> {
    ^bb0(%e_x: f32, %e_z: f32, %e_c: f32):
      %z1_1 = arith.addf %e_x, %e_c : f32
      %z1_2 = arith.addf %z1_1, %e_z : f32
      engine.yield %z1_2 : f32
  }
  func.return %y : tensor<2x3x8xf32>
}

// CHECK-LABEL: func.func @near_miss_one_constant
// CHECK-NEXT:     %{{.*}} = engine.constant dense<[1.000000e+00, 2.000000e+00, 5.000000e-01, -1.000000e+00, 1.500000e+00, 2.500000e+00, 3.000000e+00, 2.500000e-01]> : tensor<8xf32> -> tensor<8xf32>
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}}, %{{.*}}, %{{.*}} : tensor<2x3x8xf32>, tensor<2x3x8xf32>, tensor<8xf32>) attributes {nodes = ["/y"]} -> tensor<2x3x8xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32, %{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<2x3x8xf32>
// CHECK-NEXT:   }

// -----

func.func @near_miss_second_use(%x: tensor<2x3x8xf32>, %z: tensor<2x3x8xf32>) -> tensor<2x3x8xf32> {
  %c = engine.constant dense<[1.0, 2.0, 0.5, -1.0, 1.5, 2.5, 3.0, 0.25]> : tensor<8xf32> -> tensor<8xf32>
  %d = engine.constant dense<[0.5, 1.0, 1.5, 2.0, -0.5, 1.0, 0.25, 4.0]> : tensor<8xf32> -> tensor<8xf32>
  %y = engine.map ins(%x, %z, %c, %d : tensor<2x3x8xf32>, tensor<2x3x8xf32>, tensor<8xf32>, tensor<8xf32>) attributes {nodes = ["/y"]} -> tensor<2x3x8xf32> {
    ^bb0(%e_x: f32, %e_z: f32, %e_c: f32, %e_d: f32):
      %z1_1 = arith.addf %e_x, %e_c : f32
      %z1_2 = arith.addf %e_z, %e_d : f32
      %z1_3 = arith.addf %z1_1, %z1_2 : f32
      %z1_4 = arith.mulf %z1_3, %z1_1 : f32
      engine.yield %z1_4 : f32
  }
  func.return %y : tensor<2x3x8xf32>
}

// CHECK-LABEL: func.func @near_miss_second_use
// CHECK-NEXT:     %{{.*}} = engine.constant dense<[1.000000e+00, 2.000000e+00, 5.000000e-01, -1.000000e+00, 1.500000e+00, 2.500000e+00, 3.000000e+00, 2.500000e-01]> : tensor<8xf32> -> tensor<8xf32>
// CHECK-NEXT:     %{{.*}} = engine.constant dense<[5.000000e-01, 1.000000e+00, 1.500000e+00, 2.000000e+00, -5.000000e-01, 1.000000e+00, 2.500000e-01, 4.000000e+00]> : tensor<8xf32> -> tensor<8xf32>
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}}, %{{.*}}, %{{.*}}, %{{.*}} : tensor<2x3x8xf32>, tensor<2x3x8xf32>, tensor<8xf32>, tensor<8xf32>) attributes {nodes = ["/y"]} -> tensor<2x3x8xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32, %{{.*}}: f32, %{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<2x3x8xf32>
// CHECK-NEXT:   }

// -----

func.func @near_miss_rounded(%x: tensor<2x3x8xf32>, %z: tensor<2x3x8xf32>) -> tensor<2x3x8xf32> {
  %c = engine.constant dense<[1.0, 2.0, 0.5, -1.0, 1.5, 2.5, 3.0, 0.25]> : tensor<8xf32> -> tensor<8xf32>
  %d = engine.constant dense<[0.5, 1.0, 1.5, 2.0, -0.5, 1.0, 0.25, 4.0]> : tensor<8xf32> -> tensor<8xf32>
  %y = engine.map ins(%x, %z, %c, %d : tensor<2x3x8xf32>, tensor<2x3x8xf32>, tensor<8xf32>, tensor<8xf32>) attributes {nodes = ["/y"]} -> tensor<2x3x8xf32> {
    ^bb0(%e_x: f32, %e_z: f32, %e_c: f32, %e_d: f32):
      %z1_1 = arith.addf %e_x, %e_c : f32
      %z1_2 = arith.addf %e_z, %e_d : f32
      %z1_3 = arith.addf %z1_1, %z1_2 : f32
      %z1_4 = math.floor %z1_3 : f32
      engine.yield %z1_4 : f32
  }
  func.return %y : tensor<2x3x8xf32>
}

// CHECK-LABEL: func.func @near_miss_rounded
// CHECK-NEXT:     %{{.*}} = engine.constant dense<[1.000000e+00, 2.000000e+00, 5.000000e-01, -1.000000e+00, 1.500000e+00, 2.500000e+00, 3.000000e+00, 2.500000e-01]> : tensor<8xf32> -> tensor<8xf32>
// CHECK-NEXT:     %{{.*}} = engine.constant dense<[5.000000e-01, 1.000000e+00, 1.500000e+00, 2.000000e+00, -5.000000e-01, 1.000000e+00, 2.500000e-01, 4.000000e+00]> : tensor<8xf32> -> tensor<8xf32>
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}}, %{{.*}}, %{{.*}}, %{{.*}} : tensor<2x3x8xf32>, tensor<2x3x8xf32>, tensor<8xf32>, tensor<8xf32>) attributes {nodes = ["/y"]} -> tensor<2x3x8xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32, %{{.*}}: f32, %{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = math.floor %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<2x3x8xf32>
// CHECK-NEXT:   }
