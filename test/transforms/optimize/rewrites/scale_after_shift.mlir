// RUN: opt-tool %s --split-input-file -p 'optimize{only=scale-after-shift exactness=rounding}' --check-numerics | filecheck %s

// Multiply, add, multiply is multiply, add.

func.func @scaled(%t_x: tensor<3x4xf32>) -> tensor<3x4xf32> {
  %r = engine.map ins(%t_x : tensor<3x4xf32>) attributes {nodes = ["/map"]} -> tensor<3x4xf32> {
  ^bb0(%x: f32):
    %v1 = arith.constant 2.500000e+00 : f32
    %v2 = arith.mulf %x, %v1 : f32
    %v3 = arith.constant 5.000000e-01 : f32
    %v4 = arith.addf %v2, %v3 : f32
    %v5 = arith.constant 3.000000e+00 : f32
    %v6 = arith.mulf %v4, %v5 : f32
    engine.yield %v6 : f32
  }
  func.return %r : tensor<3x4xf32>
}

// CHECK-LABEL: func.func @scaled
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}} : tensor<3x4xf32>) attributes {nodes = ["/map"], rewrites = ["scale-after-shift"]} -> tensor<3x4xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.constant 7.500000e+00 : f32
// CHECK-NEXT:       %{{.*}} = arith.constant 1.500000e+00 : f32
// CHECK-NEXT:       %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<3x4xf32>
// CHECK-NEXT:   }

// -----

func.func @near_miss_no_factor(%t_x: tensor<3x4xf32>) -> tensor<3x4xf32> {
  %r = engine.map ins(%t_x : tensor<3x4xf32>) attributes {nodes = ["/map"]} -> tensor<3x4xf32> {
  ^bb0(%x: f32):
    %v1 = arith.constant 5.000000e-01 : f32
    %v2 = arith.addf %x, %v1 : f32
    %v3 = arith.constant 3.000000e+00 : f32
    %v4 = arith.mulf %v2, %v3 : f32
    engine.yield %v4 : f32
  }
  func.return %r : tensor<3x4xf32>
}

// CHECK-LABEL: func.func @near_miss_no_factor
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}} : tensor<3x4xf32>) attributes {nodes = ["/map"]} -> tensor<3x4xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.constant 5.000000e-01 : f32
// CHECK-NEXT:       %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.constant 3.000000e+00 : f32
// CHECK-NEXT:       %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<3x4xf32>
// CHECK-NEXT:   }

// -----

func.func @near_miss_second_use(%t_x: tensor<3x4xf32>) -> tensor<3x4xf32> {
  %r = engine.map ins(%t_x : tensor<3x4xf32>) attributes {nodes = ["/map"]} -> tensor<3x4xf32> {
  ^bb0(%x: f32):
    %v1 = arith.constant 2.500000e+00 : f32
    %v2 = arith.mulf %x, %v1 : f32
    %v3 = arith.constant 5.000000e-01 : f32
    %v4 = arith.addf %v2, %v3 : f32
    %v5 = arith.constant 3.000000e+00 : f32
    %v6 = arith.mulf %v4, %v5 : f32
    %v7 = arith.addf %v6, %v4 : f32
    engine.yield %v7 : f32
  }
  func.return %r : tensor<3x4xf32>
}

// CHECK-LABEL: func.func @near_miss_second_use
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}} : tensor<3x4xf32>) attributes {nodes = ["/map"]} -> tensor<3x4xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.constant 2.500000e+00 : f32
// CHECK-NEXT:       %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.constant 5.000000e-01 : f32
// CHECK-NEXT:       %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.constant 3.000000e+00 : f32
// CHECK-NEXT:       %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<3x4xf32>
// CHECK-NEXT:   }

// -----

func.func @near_miss_rounded(%t_x: tensor<3x4xf32>) -> tensor<3x4xf32> {
  %r = engine.map ins(%t_x : tensor<3x4xf32>) attributes {nodes = ["/map"]} -> tensor<3x4xf32> {
  ^bb0(%x: f32):
    %v1 = arith.constant 2.500000e+00 : f32
    %v2 = arith.mulf %x, %v1 : f32
    %v3 = arith.constant 5.000000e-01 : f32
    %v4 = arith.addf %v2, %v3 : f32
    %v5 = arith.constant 3.000000e+00 : f32
    %v6 = arith.mulf %v4, %v5 : f32
    %v7 = math.floor %v6 : f32
    engine.yield %v7 : f32
  }
  func.return %r : tensor<3x4xf32>
}

// CHECK-LABEL: func.func @near_miss_rounded
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}} : tensor<3x4xf32>) attributes {nodes = ["/map"]} -> tensor<3x4xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.constant 2.500000e+00 : f32
// CHECK-NEXT:       %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.constant 5.000000e-01 : f32
// CHECK-NEXT:       %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.constant 3.000000e+00 : f32
// CHECK-NEXT:       %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = math.floor %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<3x4xf32>
// CHECK-NEXT:   }

// -----

func.func @near_miss_huge(%t_x: tensor<3x4xf32>) -> tensor<3x4xf32> {
  %r = engine.map ins(%t_x : tensor<3x4xf32>) attributes {nodes = ["/map"]} -> tensor<3x4xf32> {
  ^bb0(%x: f32):
    %v1 = arith.constant 1.000000e+30 : f32
    %v2 = arith.mulf %x, %v1 : f32
    %v3 = arith.constant 5.000000e-01 : f32
    %v4 = arith.addf %v2, %v3 : f32
    %v5 = arith.constant 1.000000e+20 : f32
    %v6 = arith.mulf %v4, %v5 : f32
    engine.yield %v6 : f32
  }
  func.return %r : tensor<3x4xf32>
}

// CHECK-LABEL: func.func @near_miss_huge
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}} : tensor<3x4xf32>) attributes {nodes = ["/map"]} -> tensor<3x4xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.constant 1.000000e+30 : f32
// CHECK-NEXT:       %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.constant 5.000000e-01 : f32
// CHECK-NEXT:       %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.constant 1.000000e+20 : f32
// CHECK-NEXT:       %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<3x4xf32>
// CHECK-NEXT:   }
