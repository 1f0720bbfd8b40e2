// RUN: opt-tool %s --split-input-file -p 'optimize{only=root-of-square exactness=rounding}' --check-numerics | filecheck %s

// The root of a square is the number without sign.

func.func @root(%t_x: tensor<3x4xf32>) -> tensor<3x4xf32> {
  %r = engine.map ins(%t_x : tensor<3x4xf32>) attributes {nodes = ["/map"]} -> tensor<3x4xf32> {
  ^bb0(%x: f32):
    %v1 = arith.mulf %x, %x : f32
    %v2 = math.sqrt %v1 : f32
    engine.yield %v2 : f32
  }
  func.return %r : tensor<3x4xf32>
}

// CHECK-LABEL: func.func @root
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}} : tensor<3x4xf32>) attributes {nodes = ["/map"], rewrites = ["root-of-square"]} -> tensor<3x4xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = math.absf %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<3x4xf32>
// CHECK-NEXT:   }

// -----

func.func @near_miss_second_use(%t_x: tensor<3x4xf32>) -> tensor<3x4xf32> {
  %r = engine.map ins(%t_x : tensor<3x4xf32>) attributes {nodes = ["/map"]} -> tensor<3x4xf32> {
  ^bb0(%x: f32):
    %v1 = arith.mulf %x, %x : f32
    %v2 = math.sqrt %v1 : f32
    %v3 = arith.addf %v2, %v1 : f32
    engine.yield %v3 : f32
  }
  func.return %r : tensor<3x4xf32>
}

// CHECK-LABEL: func.func @near_miss_second_use
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}} : tensor<3x4xf32>) attributes {nodes = ["/map"]} -> tensor<3x4xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = math.sqrt %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<3x4xf32>
// CHECK-NEXT:   }

// -----

func.func @near_miss_product(%t_x: tensor<3x4xf32>, %t_y: tensor<3x4xf32>) -> tensor<3x4xf32> {
  %r = engine.map ins(%t_x, %t_y : tensor<3x4xf32>, tensor<3x4xf32>) attributes {nodes = ["/map"]} -> tensor<3x4xf32> {
  ^bb0(%x: f32, %y: f32):
    %v1 = arith.mulf %x, %y : f32
    %v2 = math.sqrt %v1 : f32
    engine.yield %v2 : f32
  }
  func.return %r : tensor<3x4xf32>
}

// CHECK-LABEL: func.func @near_miss_product
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<3x4xf32>, tensor<3x4xf32>) attributes {nodes = ["/map"]} -> tensor<3x4xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = math.sqrt %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<3x4xf32>
// CHECK-NEXT:   }
