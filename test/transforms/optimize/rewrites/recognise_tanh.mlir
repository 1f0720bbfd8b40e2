// RUN: opt-tool %s --split-input-file -p 'optimize{only=recognise-tanh exactness=rounding}' --check-numerics | filecheck %s

func.func @exponentials(%t_x: tensor<3x4xf32>) -> tensor<3x4xf32> {
  %r = engine.map ins(%t_x : tensor<3x4xf32>) attributes {nodes = ["/map"]} -> tensor<3x4xf32> {
  ^bb0(%x: f32):
    %v1 = math.exp %x : f32
    %v2 = arith.negf %x : f32
    %v3 = math.exp %v2 : f32
    %v4 = arith.subf %v1, %v3 : f32
    %v5 = arith.addf %v1, %v3 : f32
    %v6 = arith.divf %v4, %v5 : f32
    engine.yield %v6 : f32
  }
  func.return %r : tensor<3x4xf32>
}

// CHECK-LABEL: func.func @exponentials
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}} : tensor<3x4xf32>) attributes {nodes = ["/map"], rewrites = ["recognise-tanh"]} -> tensor<3x4xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = math.tanh %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<3x4xf32>
// CHECK-NEXT:   }

// -----

func.func @twice_the_sigmoid(%t_x: tensor<3x4xf32>) -> tensor<3x4xf32> {
  %r = engine.map ins(%t_x : tensor<3x4xf32>) attributes {nodes = ["/map"]} -> tensor<3x4xf32> {
  ^bb0(%x: f32):
    %v1 = arith.constant 1.0 : f32
    %v2 = arith.constant -2.0 : f32
    %v3 = arith.mulf %x, %v2 : f32
    %v4 = math.exp %v3 : f32
    %v5 = arith.constant 1.0 : f32
    %v6 = arith.addf %v4, %v5 : f32
    %v7 = arith.divf %v1, %v6 : f32
    %v8 = arith.constant 2.0 : f32
    %v9 = arith.mulf %v7, %v8 : f32
    %v10 = arith.constant 1.0 : f32
    %v11 = arith.subf %v9, %v10 : f32
    engine.yield %v11 : f32
  }
  func.return %r : tensor<3x4xf32>
}

// CHECK-LABEL: func.func @twice_the_sigmoid
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}} : tensor<3x4xf32>) attributes {nodes = ["/map"], rewrites = ["recognise-tanh"]} -> tensor<3x4xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = math.tanh %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<3x4xf32>
// CHECK-NEXT:   }

// -----

func.func @near_miss_two_numbers(%t_x: tensor<3x4xf32>, %t_y: tensor<3x4xf32>) -> tensor<3x4xf32> {
  %r = engine.map ins(%t_x, %t_y : tensor<3x4xf32>, tensor<3x4xf32>) attributes {nodes = ["/map"]} -> tensor<3x4xf32> {
  ^bb0(%x: f32, %y: f32):
    %v1 = math.exp %x : f32
    %v2 = arith.negf %y : f32
    %v3 = math.exp %v2 : f32
    %v4 = arith.subf %v1, %v3 : f32
    %v5 = math.exp %x : f32
    %v6 = arith.negf %y : f32
    %v7 = math.exp %v6 : f32
    %v8 = arith.addf %v5, %v7 : f32
    %v9 = arith.divf %v4, %v8 : f32
    engine.yield %v9 : f32
  }
  func.return %r : tensor<3x4xf32>
}

// CHECK-LABEL: func.func @near_miss_two_numbers
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<3x4xf32>, tensor<3x4xf32>) attributes {nodes = ["/map"]} -> tensor<3x4xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = math.exp %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.negf %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = math.exp %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.subf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.divf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<3x4xf32>
// CHECK-NEXT:   }

// -----

func.func @near_miss_sigmoid(%t_x: tensor<3x4xf32>) -> tensor<3x4xf32> {
  %r = engine.map ins(%t_x : tensor<3x4xf32>) attributes {nodes = ["/map"]} -> tensor<3x4xf32> {
  ^bb0(%x: f32):
    %v1 = arith.constant 1.0 : f32
    %v2 = arith.constant -1.0 : f32
    %v3 = arith.mulf %x, %v2 : f32
    %v4 = math.exp %v3 : f32
    %v5 = arith.constant 1.0 : f32
    %v6 = arith.addf %v4, %v5 : f32
    %v7 = arith.divf %v1, %v6 : f32
    %v8 = arith.constant 2.0 : f32
    %v9 = arith.mulf %v7, %v8 : f32
    %v10 = arith.constant 1.0 : f32
    %v11 = arith.subf %v9, %v10 : f32
    engine.yield %v11 : f32
  }
  func.return %r : tensor<3x4xf32>
}

// CHECK-LABEL: func.func @near_miss_sigmoid
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}} : tensor<3x4xf32>) attributes {nodes = ["/map"]} -> tensor<3x4xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.constant 1.000000e+00 : f32
// CHECK-NEXT:       %{{.*}} = arith.constant -1.000000e+00 : f32
// CHECK-NEXT:       %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = math.exp %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.divf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.constant 2.000000e+00 : f32
// CHECK-NEXT:       %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.subf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<3x4xf32>
// CHECK-NEXT:   }
