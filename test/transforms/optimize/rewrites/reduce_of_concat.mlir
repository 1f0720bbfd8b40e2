// RUN: opt-tool %s --split-input-file -p 'optimize{only=reduce-of-concat exactness=rounding}' --check-numerics | filecheck %s

func.func @maximum(%a: tensor<2x1x3xf32>, %b: tensor<2x1x3xf32>) -> tensor<2x3xf32> {
  %c = engine.concat %a, %b {nodes = ["/c"], axis = 1 : i64} : tensor<2x1x3xf32>, tensor<2x1x3xf32> -> tensor<2x2x3xf32>
  %y = engine.reduce ins(%c : tensor<2x2x3xf32>) {nodes = ["/y"], kind = "max", axes = array<i64: 1>} -> tensor<2x3xf32>
  func.return %y : tensor<2x3xf32>
}

// CHECK-LABEL: func.func @maximum
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<2x1x3xf32>, tensor<2x1x3xf32>) attributes {nodes = ["/c", "/y"], rewrites = ["reduce-of-concat"]} -> tensor<2x1x3xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.maximumf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     %{{.*}} = engine.reshape %{{.*}} {nodes = ["/c", "/y"], rewrites = ["reduce-of-concat"]} : tensor<2x1x3xf32> -> tensor<2x3xf32>
// CHECK-NEXT:     func.return %{{.*}} : tensor<2x3xf32>
// CHECK-NEXT:   }

// -----

func.func @mean(%a: tensor<2x1x3xf32>, %b: tensor<2x1x3xf32>) -> tensor<2x1x3xf32> {
  %c = engine.concat %a, %b {nodes = ["/c"], axis = 1 : i64} : tensor<2x1x3xf32>, tensor<2x1x3xf32> -> tensor<2x2x3xf32>
  %y = engine.reduce ins(%c : tensor<2x2x3xf32>) {nodes = ["/y"], kind = "mean", axes = array<i64: 1>, keepdims} -> tensor<2x1x3xf32>
  func.return %y : tensor<2x1x3xf32>
}

// CHECK-LABEL: func.func @mean
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<2x1x3xf32>, tensor<2x1x3xf32>) attributes {nodes = ["/c", "/y"], rewrites = ["reduce-of-concat"]} -> tensor<2x1x3xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.constant 2.000000e+00 : f32
// CHECK-NEXT:       %{{.*}} = arith.divf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<2x1x3xf32>
// CHECK-NEXT:   }

// -----

func.func @near_miss_longer(%a: tensor<2x2x3xf32>, %b: tensor<2x1x3xf32>) -> tensor<2x1x3xf32> {
  %c = engine.concat %a, %b {nodes = ["/c"], axis = 1 : i64} : tensor<2x2x3xf32>, tensor<2x1x3xf32> -> tensor<2x3x3xf32>
  %y = engine.reduce ins(%c : tensor<2x3x3xf32>) {nodes = ["/y"], kind = "max", axes = array<i64: 1>, keepdims} -> tensor<2x1x3xf32>
  func.return %y : tensor<2x1x3xf32>
}

// CHECK-LABEL: func.func @near_miss_longer
// CHECK-NEXT:     %{{.*}} = engine.concat %{{.*}}, %{{.*}} {nodes = ["/c"], axis = 1 : i64} : tensor<2x2x3xf32>, tensor<2x1x3xf32> -> tensor<2x3x3xf32>
// CHECK-NEXT:     %{{.*}} = engine.reduce ins(%{{.*}} : tensor<2x3x3xf32>) {nodes = ["/y"], kind = "max", axes = array<i64: 1>, keepdims} -> tensor<2x1x3xf32>
// CHECK-NEXT:     func.return %{{.*}} : tensor<2x1x3xf32>
// CHECK-NEXT:   }

// -----

func.func @near_miss_second_use(%a: tensor<2x1x3xf32>, %b: tensor<2x1x3xf32>) -> (tensor<2x1x3xf32>, tensor<2x2x3xf32>) {
  %c = engine.concat %a, %b {nodes = ["/c"], axis = 1 : i64} : tensor<2x1x3xf32>, tensor<2x1x3xf32> -> tensor<2x2x3xf32>
  %y = engine.reduce ins(%c : tensor<2x2x3xf32>) {nodes = ["/y"], kind = "max", axes = array<i64: 1>, keepdims} -> tensor<2x1x3xf32>
  func.return %y, %c : tensor<2x1x3xf32>, tensor<2x2x3xf32>
}

// CHECK-LABEL: func.func @near_miss_second_use
// CHECK-NEXT:     %{{.*}} = engine.concat %{{.*}}, %{{.*}} {nodes = ["/c"], axis = 1 : i64} : tensor<2x1x3xf32>, tensor<2x1x3xf32> -> tensor<2x2x3xf32>
// CHECK-NEXT:     %{{.*}} = engine.reduce ins(%{{.*}} : tensor<2x2x3xf32>) {nodes = ["/y"], kind = "max", axes = array<i64: 1>, keepdims} -> tensor<2x1x3xf32>
// CHECK-NEXT:     func.return %{{.*}}, %{{.*}} : tensor<2x1x3xf32>, tensor<2x2x3xf32>
// CHECK-NEXT:   }

// -----

func.func @near_miss_another_axis(%a: tensor<2x1x3xf32>, %b: tensor<2x1x3xf32>) -> tensor<2x2x1xf32> {
  %c = engine.concat %a, %b {nodes = ["/c"], axis = 1 : i64} : tensor<2x1x3xf32>, tensor<2x1x3xf32> -> tensor<2x2x3xf32>
  %y = engine.reduce ins(%c : tensor<2x2x3xf32>) {nodes = ["/y"], kind = "max", axes = array<i64: 2>, keepdims} -> tensor<2x2x1xf32>
  func.return %y : tensor<2x2x1xf32>
}

// CHECK-LABEL: func.func @near_miss_another_axis
// CHECK-NEXT:     %{{.*}} = engine.concat %{{.*}}, %{{.*}} {nodes = ["/c"], axis = 1 : i64} : tensor<2x1x3xf32>, tensor<2x1x3xf32> -> tensor<2x2x3xf32>
// CHECK-NEXT:     %{{.*}} = engine.reduce ins(%{{.*}} : tensor<2x2x3xf32>) {nodes = ["/y"], kind = "max", axes = array<i64: 2>, keepdims} -> tensor<2x2x1xf32>
// CHECK-NEXT:     func.return %{{.*}} : tensor<2x2x1xf32>
// CHECK-NEXT:   }
