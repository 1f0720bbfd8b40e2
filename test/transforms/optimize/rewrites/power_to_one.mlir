// RUN: opt-tool %s --split-input-file -p 'optimize{only=power-to-one exactness=bitwise}' --check-numerics | filecheck %s

// Everything to the power of zero is 1, NaN too.

func.func @zero(%t_y: tensor<3x4xf32>, %t_x: tensor<3x4xf32>) -> tensor<3x4xf32> {
  %r = engine.map ins(%t_y, %t_x : tensor<3x4xf32>, tensor<3x4xf32>) attributes {nodes = ["/map"]} -> tensor<3x4xf32> {
  ^bb0(%y: f32, %x: f32):
    %v1 = arith.constant 0.0 : f32
    %v2 = math.powf %x, %v1 : f32
    %v3 = arith.addf %y, %v2 : f32
    engine.yield %v3 : f32
  }
  func.return %r : tensor<3x4xf32>
}

// CHECK-LABEL: func.func @zero
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<3x4xf32>, tensor<3x4xf32>) attributes {nodes = ["/map"], rewrites = ["power-to-one"]} -> tensor<3x4xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.constant 1.000000e+00 : f32
// CHECK-NEXT:       %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<3x4xf32>
// CHECK-NEXT:   }

// -----

func.func @near_miss_power(%t_y: tensor<3x4xf32>, %t_x: tensor<3x4xf32>) -> tensor<3x4xf32> {
  %r = engine.map ins(%t_y, %t_x : tensor<3x4xf32>, tensor<3x4xf32>) attributes {nodes = ["/map"]} -> tensor<3x4xf32> {
  ^bb0(%y: f32, %x: f32):
    %v1 = arith.constant 0.25 : f32
    %v2 = math.powf %x, %v1 : f32
    %v3 = arith.addf %y, %v2 : f32
    engine.yield %v3 : f32
  }
  func.return %r : tensor<3x4xf32>
}

// CHECK-LABEL: func.func @near_miss_power
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<3x4xf32>, tensor<3x4xf32>) attributes {nodes = ["/map"]} -> tensor<3x4xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.constant 2.500000e-01 : f32
// CHECK-NEXT:       %{{.*}} = math.powf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<3x4xf32>
// CHECK-NEXT:   }
