// RUN: opt-tool %s --split-input-file -p 'optimize{only=reduce-of-broadcast exactness=rounding}' --check-numerics | filecheck %s

func.func @maximum(%x: tensor<2x1x3xf32>) -> tensor<2x3xf32> {
  %b = engine.broadcast %x {nodes = ["/b"]} : tensor<2x1x3xf32> -> tensor<2x4x3xf32>
  %y = engine.reduce ins(%b : tensor<2x4x3xf32>) {nodes = ["/y"], kind = "max", axes = array<i64: 1>} -> tensor<2x3xf32>
  func.return %y : tensor<2x3xf32>
}

// CHECK-LABEL: func.func @maximum
// CHECK-NEXT:     %{{.*}} = engine.reduce ins(%{{.*}} : tensor<2x1x3xf32>) {nodes = ["/b", "/y"], rewrites = ["reduce-of-broadcast"], kind = "max", axes = array<i64: 1>} -> tensor<2x3xf32>
// CHECK-NEXT:     func.return %{{.*}} : tensor<2x3xf32>
// CHECK-NEXT:   }

// -----

func.func @sum_of_both(%x: tensor<2x1x3xf32>) -> tensor<2x1x1xf32> {
  %b = engine.broadcast %x {nodes = ["/b"]} : tensor<2x1x3xf32> -> tensor<2x4x3xf32>
  %y = engine.reduce ins(%b : tensor<2x4x3xf32>) {nodes = ["/y"], kind = "sum", axes = array<i64: 1, 2>, keepdims} -> tensor<2x1x1xf32>
  func.return %y : tensor<2x1x1xf32>
}

// CHECK-LABEL: func.func @sum_of_both
// CHECK-NEXT:     %{{.*}} = engine.reduce ins(%{{.*}} : tensor<2x1x3xf32>) {nodes = ["/b", "/y"], rewrites = ["reduce-of-broadcast"], kind = "sum", axes = array<i64: 1, 2>, keepdims} -> tensor<2x1x1xf32>
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}} : tensor<2x1x1xf32>) attributes {nodes = ["/b", "/y"], rewrites = ["reduce-of-broadcast"]} -> tensor<2x1x1xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.constant 4.000000e+00 : f32
// CHECK-NEXT:       %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<2x1x1xf32>
// CHECK-NEXT:   }

// -----

// What is repeated along another axis stays so.
func.func @partly(%x: tensor<1x1x3xf32>) -> tensor<2x1x3xf32> {
  %b = engine.broadcast %x {nodes = ["/b"]} : tensor<1x1x3xf32> -> tensor<2x4x3xf32>
  %y = engine.reduce ins(%b : tensor<2x4x3xf32>) {nodes = ["/y"], kind = "mean", axes = array<i64: 1>, keepdims} -> tensor<2x1x3xf32>
  func.return %y : tensor<2x1x3xf32>
}

// CHECK-LABEL: func.func @partly
// CHECK-NEXT:     %{{.*}} = engine.broadcast %{{.*}} {nodes = ["/b", "/y"], rewrites = ["reduce-of-broadcast"]} : tensor<1x1x3xf32> -> tensor<2x1x3xf32>
// CHECK-NEXT:     %{{.*}} = engine.reduce ins(%{{.*}} : tensor<2x1x3xf32>) {nodes = ["/b", "/y"], rewrites = ["reduce-of-broadcast"], kind = "mean", axes = array<i64: 1>, keepdims} -> tensor<2x1x3xf32>
// CHECK-NEXT:     func.return %{{.*}} : tensor<2x1x3xf32>
// CHECK-NEXT:   }

// -----

func.func @near_miss_another_axis(%x: tensor<2x1x3xf32>) -> tensor<2x4x1xf32> {
  %b = engine.broadcast %x {nodes = ["/b"]} : tensor<2x1x3xf32> -> tensor<2x4x3xf32>
  %y = engine.reduce ins(%b : tensor<2x4x3xf32>) {nodes = ["/y"], kind = "max", axes = array<i64: 2>, keepdims} -> tensor<2x4x1xf32>
  func.return %y : tensor<2x4x1xf32>
}

// CHECK-LABEL: func.func @near_miss_another_axis
// CHECK-NEXT:     %{{.*}} = engine.broadcast %{{.*}} {nodes = ["/b"]} : tensor<2x1x3xf32> -> tensor<2x4x3xf32>
// CHECK-NEXT:     %{{.*}} = engine.reduce ins(%{{.*}} : tensor<2x4x3xf32>) {nodes = ["/y"], kind = "max", axes = array<i64: 2>, keepdims} -> tensor<2x4x1xf32>
// CHECK-NEXT:     func.return %{{.*}} : tensor<2x4x1xf32>
// CHECK-NEXT:   }

// -----

func.func @near_miss_product(%x: tensor<2x1x3xf32>) -> tensor<2x1x3xf32> {
  %b = engine.broadcast %x {nodes = ["/b"]} : tensor<2x1x3xf32> -> tensor<2x4x3xf32>
  %y = engine.reduce ins(%b : tensor<2x4x3xf32>) {nodes = ["/y"], kind = "prod", axes = array<i64: 1>, keepdims} -> tensor<2x1x3xf32>
  func.return %y : tensor<2x1x3xf32>
}

// CHECK-LABEL: func.func @near_miss_product
// CHECK-NEXT:     %{{.*}} = engine.broadcast %{{.*}} {nodes = ["/b"]} : tensor<2x1x3xf32> -> tensor<2x4x3xf32>
// CHECK-NEXT:     %{{.*}} = engine.reduce ins(%{{.*}} : tensor<2x4x3xf32>) {nodes = ["/y"], kind = "prod", axes = array<i64: 1>, keepdims} -> tensor<2x1x3xf32>
// CHECK-NEXT:     func.return %{{.*}} : tensor<2x1x3xf32>
// CHECK-NEXT:   }
