// RUN: opt-tool %s --split-input-file -p 'optimize{only=drop-needless-abs exactness=bitwise}' --check-numerics | filecheck %s

func.func @square(%t_x: tensor<3x4xf32>) -> tensor<3x4xf32> {
  %r = engine.map ins(%t_x : tensor<3x4xf32>) attributes {nodes = ["/map"]} -> tensor<3x4xf32> {
  ^bb0(%x: f32):
    %v1 = arith.mulf %x, %x : f32
    %v2 = math.absf %v1 : f32
    engine.yield %v2 : f32
  }
  func.return %r : tensor<3x4xf32>
}

// CHECK-LABEL: func.func @square
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}} : tensor<3x4xf32>) attributes {nodes = ["/map"], rewrites = ["drop-needless-abs"]} -> tensor<3x4xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<3x4xf32>
// CHECK-NEXT:   }

// -----

func.func @quotient(%t_x: tensor<3x4xf32>, %t_y: tensor<3x4xf32>) -> tensor<3x4xf32> {
  %r = engine.map ins(%t_x, %t_y : tensor<3x4xf32>, tensor<3x4xf32>) attributes {nodes = ["/map"]} -> tensor<3x4xf32> {
  ^bb0(%x: f32, %y: f32):
    %v1 = math.exp %x : f32
    %v2 = math.absf %y : f32
    %v3 = arith.constant 1.0 : f32
    %v4 = arith.addf %v2, %v3 : f32
    %v5 = arith.divf %v1, %v4 : f32
    %v6 = math.absf %v5 : f32
    engine.yield %v6 : f32
  }
  func.return %r : tensor<3x4xf32>
}

// CHECK-LABEL: func.func @quotient
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<3x4xf32>, tensor<3x4xf32>) attributes {nodes = ["/map"], rewrites = ["drop-needless-abs"]} -> tensor<3x4xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = math.exp %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = math.absf %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.constant 1.000000e+00 : f32
// CHECK-NEXT:       %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.divf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<3x4xf32>
// CHECK-NEXT:   }

// -----

func.func @near_miss_product(%t_x: tensor<3x4xf32>, %t_y: tensor<3x4xf32>) -> tensor<3x4xf32> {
  %r = engine.map ins(%t_x, %t_y : tensor<3x4xf32>, tensor<3x4xf32>) attributes {nodes = ["/map"]} -> tensor<3x4xf32> {
  ^bb0(%x: f32, %y: f32):
    %v1 = arith.mulf %x, %y : f32
    %v2 = math.absf %v1 : f32
    engine.yield %v2 : f32
  }
  func.return %r : tensor<3x4xf32>
}

// CHECK-LABEL: func.func @near_miss_product
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<3x4xf32>, tensor<3x4xf32>) attributes {nodes = ["/map"]} -> tensor<3x4xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = math.absf %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<3x4xf32>
// CHECK-NEXT:   }

// -----

// The root of -0.0 is -0.0.
func.func @near_miss_root(%t_x: tensor<3x4xf32>) -> tensor<3x4xf32> {
  %r = engine.map ins(%t_x : tensor<3x4xf32>) attributes {nodes = ["/map"]} -> tensor<3x4xf32> {
  ^bb0(%x: f32):
    %v1 = math.sqrt %x : f32
    %v2 = math.absf %v1 : f32
    engine.yield %v2 : f32
  }
  func.return %r : tensor<3x4xf32>
}

// CHECK-LABEL: func.func @near_miss_root
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}} : tensor<3x4xf32>) attributes {nodes = ["/map"]} -> tensor<3x4xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = math.sqrt %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = math.absf %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<3x4xf32>
// CHECK-NEXT:   }
