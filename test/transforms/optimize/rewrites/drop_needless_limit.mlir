// RUN: opt-tool %s --split-input-file -p 'optimize{only=drop-needless-limit exactness=bitwise}' --check-numerics | filecheck %s

// What is never negative needs no limit at 0.

func.func @exponential(%t_x: tensor<3x4xf32>) -> tensor<3x4xf32> {
  %r = engine.map ins(%t_x : tensor<3x4xf32>) attributes {nodes = ["/map"]} -> tensor<3x4xf32> {
  ^bb0(%x: f32):
    %v1 = math.exp %x : f32
    %v2 = arith.constant 0.0 : f32
    %v3 = arith.maximumf %v1, %v2 : f32
    engine.yield %v3 : f32
  }
  func.return %r : tensor<3x4xf32>
}

// CHECK-LABEL: func.func @exponential
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}} : tensor<3x4xf32>) attributes {nodes = ["/map"], rewrites = ["drop-needless-limit"]} -> tensor<3x4xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = math.exp %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<3x4xf32>
// CHECK-NEXT:   }

// -----

func.func @clamped(%t_x: tensor<3x4xf32>) -> tensor<3x4xf32> {
  %r = engine.map ins(%t_x : tensor<3x4xf32>) attributes {nodes = ["/map"]} -> tensor<3x4xf32> {
  ^bb0(%x: f32):
    %v1 = arith.constant 2.0 : f32
    %v2 = arith.minimumf %x, %v1 : f32
    %v3 = arith.constant -1.0 : f32
    %v4 = arith.maximumf %v2, %v3 : f32
    %v5 = arith.constant 3.0 : f32
    %v6 = arith.minimumf %v4, %v5 : f32
    engine.yield %v6 : f32
  }
  func.return %r : tensor<3x4xf32>
}

// CHECK-LABEL: func.func @clamped
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}} : tensor<3x4xf32>) attributes {nodes = ["/map"], rewrites = ["drop-needless-limit"]} -> tensor<3x4xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.constant 2.000000e+00 : f32
// CHECK-NEXT:       %{{.*}} = arith.minimumf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.constant -1.000000e+00 : f32
// CHECK-NEXT:       %{{.*}} = arith.maximumf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<3x4xf32>
// CHECK-NEXT:   }

// -----

func.func @square(%t_x: tensor<3x4xf32>, %t_y: tensor<3x4xf32>) -> tensor<3x4xf32> {
  %r = engine.map ins(%t_x, %t_y : tensor<3x4xf32>, tensor<3x4xf32>) attributes {nodes = ["/map"]} -> tensor<3x4xf32> {
  ^bb0(%x: f32, %y: f32):
    %v1 = arith.mulf %x, %x : f32
    %v2 = math.absf %y : f32
    %v3 = arith.addf %v1, %v2 : f32
    %v4 = arith.constant 0.0 : f32
    %v5 = arith.maximumf %v3, %v4 : f32
    engine.yield %v5 : f32
  }
  func.return %r : tensor<3x4xf32>
}

// CHECK-LABEL: func.func @square
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<3x4xf32>, tensor<3x4xf32>) attributes {nodes = ["/map"], rewrites = ["drop-needless-limit"]} -> tensor<3x4xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = math.absf %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<3x4xf32>
// CHECK-NEXT:   }

// -----

func.func @near_miss_above(%t_x: tensor<3x4xf32>) -> tensor<3x4xf32> {
  %r = engine.map ins(%t_x : tensor<3x4xf32>) attributes {nodes = ["/map"]} -> tensor<3x4xf32> {
  ^bb0(%x: f32):
    %v1 = math.exp %x : f32
    %v2 = arith.constant 1.0 : f32
    %v3 = arith.maximumf %v1, %v2 : f32
    engine.yield %v3 : f32
  }
  func.return %r : tensor<3x4xf32>
}

// CHECK-LABEL: func.func @near_miss_above
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}} : tensor<3x4xf32>) attributes {nodes = ["/map"]} -> tensor<3x4xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = math.exp %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.constant 1.000000e+00 : f32
// CHECK-NEXT:       %{{.*}} = arith.maximumf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<3x4xf32>
// CHECK-NEXT:   }

// -----

// An approximation may be a little more.
func.func @near_miss_tanh(%t_x: tensor<3x4xf32>) -> tensor<3x4xf32> {
  %r = engine.map ins(%t_x : tensor<3x4xf32>) attributes {nodes = ["/map"]} -> tensor<3x4xf32> {
  ^bb0(%x: f32):
    %v1 = math.tanh %x : f32
    %v2 = arith.constant 1.0 : f32
    %v3 = arith.minimumf %v1, %v2 : f32
    engine.yield %v3 : f32
  }
  func.return %r : tensor<3x4xf32>
}

// CHECK-LABEL: func.func @near_miss_tanh
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}} : tensor<3x4xf32>) attributes {nodes = ["/map"]} -> tensor<3x4xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = math.tanh %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.constant 1.000000e+00 : f32
// CHECK-NEXT:       %{{.*}} = arith.minimumf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<3x4xf32>
// CHECK-NEXT:   }

// -----

// The root of -0.0 has a sign.
func.func @near_miss_negative_zero(%t_x: tensor<3x4xf32>) -> tensor<3x4xf32> {
  %r = engine.map ins(%t_x : tensor<3x4xf32>) attributes {nodes = ["/map"]} -> tensor<3x4xf32> {
  ^bb0(%x: f32):
    %v1 = math.sqrt %x : f32
    %v2 = arith.constant 0.0 : f32
    %v3 = arith.maximumf %v1, %v2 : f32
    engine.yield %v3 : f32
  }
  func.return %r : tensor<3x4xf32>
}

// CHECK-LABEL: func.func @near_miss_negative_zero
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}} : tensor<3x4xf32>) attributes {nodes = ["/map"]} -> tensor<3x4xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = math.sqrt %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.constant 0.000000e+00 : f32
// CHECK-NEXT:       %{{.*}} = arith.maximumf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<3x4xf32>
// CHECK-NEXT:   }
