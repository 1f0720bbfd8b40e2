// RUN: opt-tool %s --split-input-file -p 'optimize{only=contraction-with-zeros exactness=approximate}' --check-numerics | filecheck %s

func.func @product(%x: tensor<4x3xf32>) -> tensor<4x2xf32> {
  %w = engine.constant dense<0.0> : tensor<3x2xf32> -> tensor<3x2xf32>
  %y = engine.matmul %x, %w {nodes = ["/y"]} : tensor<4x3xf32>, tensor<3x2xf32> -> tensor<4x2xf32>
  func.return %y : tensor<4x2xf32>
}

// CHECK-LABEL: func.func @product
// CHECK-NEXT:     %{{.*}} = engine.constant dense<0.000000e+00> : tensor<4x2xf32> -> tensor<4x2xf32>
// CHECK-NEXT:     func.return %{{.*}} : tensor<4x2xf32>
// CHECK-NEXT:   }

// -----

func.func @near_miss_one(%x: tensor<4x3xf32>) -> tensor<4x1xf32> {
  %w = engine.constant dense<[[0.0], [0.0], [1.0]]> : tensor<3x1xf32> -> tensor<3x1xf32>
  %y = engine.matmul %x, %w {nodes = ["/y"]} : tensor<4x3xf32>, tensor<3x1xf32> -> tensor<4x1xf32>
  func.return %y : tensor<4x1xf32>
}

// CHECK-LABEL: func.func @near_miss_one
// CHECK-NEXT:     %{{.*}} = engine.constant dense<{{\[\[}}0.000000e+00], [0.000000e+00], [1.000000e+00{{\]\]}}> : tensor<3x1xf32> -> tensor<3x1xf32>
// CHECK-NEXT:     %{{.*}} = engine.matmul %{{.*}}, %{{.*}} {nodes = ["/y"]} : tensor<4x3xf32>, tensor<3x1xf32> -> tensor<4x1xf32>
// CHECK-NEXT:     func.return %{{.*}} : tensor<4x1xf32>
// CHECK-NEXT:   }

// -----

func.func @near_miss_epilogue(%x: tensor<4x3xf32>) -> tensor<4x2xf32> {
  %w = engine.constant dense<0.0> : tensor<3x2xf32> -> tensor<3x2xf32>
  %y = engine.matmul %x, %w {nodes = ["/y"]} : tensor<4x3xf32>, tensor<3x2xf32> -> tensor<4x2xf32> {
    ^bb0(%e_acc: f32):
      %z1_1 = math.exp %e_acc : f32
      engine.yield %z1_1 : f32
  }
  func.return %y : tensor<4x2xf32>
}

// CHECK-LABEL: func.func @near_miss_epilogue
// CHECK-NEXT:     %{{.*}} = engine.constant dense<0.000000e+00> : tensor<3x2xf32> -> tensor<3x2xf32>
// CHECK-NEXT:     %{{.*}} = engine.matmul %{{.*}}, %{{.*}} {nodes = ["/y"]} : tensor<4x3xf32>, tensor<3x2xf32> -> tensor<4x2xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = math.exp %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<4x2xf32>
// CHECK-NEXT:   }
