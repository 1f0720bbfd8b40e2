// RUN: opt-tool %s --split-input-file -p 'optimize{only=drop-unit-axes-of-reduce exactness=rounding}' --check-numerics | filecheck %s

func.func @all_units(%x: tensor<2x1x3xf32>) -> tensor<2x3xf32> {
  %y = engine.reduce ins(%x : tensor<2x1x3xf32>) {nodes = ["/y"], kind = "sum", axes = array<i64: 1>} -> tensor<2x3xf32>
  func.return %y : tensor<2x3xf32>
}

// CHECK-LABEL: func.func @all_units
// CHECK-NEXT:     %{{.*}} = engine.reshape %{{.*}} {nodes = ["/y"], rewrites = ["drop-unit-axes-of-reduce"]} : tensor<2x1x3xf32> -> tensor<2x3xf32>
// CHECK-NEXT:     func.return %{{.*}} : tensor<2x3xf32>
// CHECK-NEXT:   }

// -----

func.func @one_of_two(%x: tensor<2x1x3xf32>) -> tensor<2x1x1xf32> {
  %y = engine.reduce ins(%x : tensor<2x1x3xf32>) {nodes = ["/y"], kind = "max", axes = array<i64: 1, 2>, keepdims} -> tensor<2x1x1xf32>
  func.return %y : tensor<2x1x1xf32>
}

// CHECK-LABEL: func.func @one_of_two
// CHECK-NEXT:     %{{.*}} = engine.reduce ins(%{{.*}} : tensor<2x1x3xf32>) {nodes = ["/y"], rewrites = ["drop-unit-axes-of-reduce"], kind = "max", axes = array<i64: 2>, keepdims} -> tensor<2x1x1xf32>
// CHECK-NEXT:     func.return %{{.*}} : tensor<2x1x1xf32>
// CHECK-NEXT:   }

// -----

func.func @near_miss_extent(%x: tensor<2x2x3xf32>) -> tensor<2x1x3xf32> {
  %y = engine.reduce ins(%x : tensor<2x2x3xf32>) {nodes = ["/y"], kind = "sum", axes = array<i64: 1>, keepdims} -> tensor<2x1x3xf32>
  func.return %y : tensor<2x1x3xf32>
}

// CHECK-LABEL: func.func @near_miss_extent
// CHECK-NEXT:     %{{.*}} = engine.reduce ins(%{{.*}} : tensor<2x2x3xf32>) {nodes = ["/y"], kind = "sum", axes = array<i64: 1>, keepdims} -> tensor<2x1x3xf32>
// CHECK-NEXT:     func.return %{{.*}} : tensor<2x1x3xf32>
// CHECK-NEXT:   }

// -----

// It would take a reshape more.
func.func @near_miss_left_out(%x: tensor<2x1x3xf32>) -> tensor<2xf32> {
  %y = engine.reduce ins(%x : tensor<2x1x3xf32>) {nodes = ["/y"], kind = "max", axes = array<i64: 1, 2>} -> tensor<2xf32>
  func.return %y : tensor<2xf32>
}

// CHECK-LABEL: func.func @near_miss_left_out
// CHECK-NEXT:     %{{.*}} = engine.reduce ins(%{{.*}} : tensor<2x1x3xf32>) {nodes = ["/y"], kind = "max", axes = array<i64: 1, 2>} -> tensor<2xf32>
// CHECK-NEXT:     func.return %{{.*}} : tensor<2xf32>
// CHECK-NEXT:   }

// -----

func.func @near_miss_region(%x: tensor<2x1x3xf32>) -> tensor<2x1x3xf32> {
  %y = engine.reduce ins(%x : tensor<2x1x3xf32>) {nodes = ["/y"], kind = "sum", axes = array<i64: 1>, keepdims} -> tensor<2x1x3xf32> {
    ^bb0(%e_x: f32):
      %z1_1 = arith.mulf %e_x, %e_x : f32
      engine.yield %z1_1 : f32
  }
  func.return %y : tensor<2x1x3xf32>
}

// CHECK-LABEL: func.func @near_miss_region
// CHECK-NEXT:     %{{.*}} = engine.reduce ins(%{{.*}} : tensor<2x1x3xf32>) {nodes = ["/y"], kind = "sum", axes = array<i64: 1>, keepdims} -> tensor<2x1x3xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<2x1x3xf32>
// CHECK-NEXT:   }
