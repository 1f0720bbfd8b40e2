// RUN: opt-tool %s --split-input-file -p 'optimize{only=merge-reductions exactness=rounding}' --check-numerics | filecheck %s

// Two reductions of one kind are one reduction.
func.func @global_pool(%x: tensor<1x4x5x6xf32>) -> tensor<1x4x1x1xf32> {
  %a = engine.reduce ins(%x : tensor<1x4x5x6xf32>) {nodes = ["/a"], kind = "mean", axes = array<i64: 3>, keepdims} -> tensor<1x4x5x1xf32>
  %b = engine.reduce ins(%a : tensor<1x4x5x1xf32>) {nodes = ["/b"], kind = "mean", axes = array<i64: 2>, keepdims} -> tensor<1x4x1x1xf32>
  func.return %b : tensor<1x4x1x1xf32>
}

// CHECK-LABEL: func.func @global_pool
// CHECK-NEXT:     %{{.*}} = engine.reduce ins(%{{.*}} : tensor<1x4x5x6xf32>) {nodes = ["/a", "/b"], rewrites = ["merge-reductions"], kind = "mean", axes = array<i64: 2, 3>, keepdims} -> tensor<1x4x1x1xf32>
// CHECK-NEXT:     func.return %{{.*}} : tensor<1x4x1x1xf32>
// CHECK-NEXT:   }

// -----

func.func @dropped(%x: tensor<4x5x6xf32>) -> tensor<5xf32> {
  %a = engine.reduce ins(%x : tensor<4x5x6xf32>) {nodes = ["/a"], kind = "max", axes = array<i64: 0>} -> tensor<5x6xf32>
  %b = engine.reduce ins(%a : tensor<5x6xf32>) {nodes = ["/b"], kind = "max", axes = array<i64: 1>} -> tensor<5xf32>
  func.return %b : tensor<5xf32>
}

// CHECK-LABEL: func.func @dropped
// CHECK-NEXT:     %{{.*}} = engine.reduce ins(%{{.*}} : tensor<4x5x6xf32>) {nodes = ["/a", "/b"], rewrites = ["merge-reductions"], kind = "max", axes = array<i64: 0, 2>} -> tensor<5xf32>
// CHECK-NEXT:     func.return %{{.*}} : tensor<5xf32>
// CHECK-NEXT:   }

// -----

func.func @near_miss_kind(%x: tensor<4x5xf32>) -> tensor<1x1xf32> {
  %a = engine.reduce ins(%x : tensor<4x5xf32>) {nodes = ["/a"], kind = "sum", axes = array<i64: 1>, keepdims} -> tensor<4x1xf32>
  %b = engine.reduce ins(%a : tensor<4x1xf32>) {nodes = ["/b"], kind = "max", axes = array<i64: 0>, keepdims} -> tensor<1x1xf32>
  func.return %b : tensor<1x1xf32>
}

// CHECK-LABEL: func.func @near_miss_kind
// CHECK-NEXT:     %{{.*}} = engine.reduce ins(%{{.*}} : tensor<4x5xf32>) {nodes = ["/a"], kind = "sum", axes = array<i64: 1>, keepdims} -> tensor<4x1xf32>
// CHECK-NEXT:     %{{.*}} = engine.reduce ins(%{{.*}} : tensor<4x1xf32>) {nodes = ["/b"], kind = "max", axes = array<i64: 0>, keepdims} -> tensor<1x1xf32>
// CHECK-NEXT:     func.return %{{.*}} : tensor<1x1xf32>
// CHECK-NEXT:   }

// -----

func.func @near_miss_second_use(%x: tensor<4x5xf32>) -> (tensor<1x1xf32>, tensor<4x1xf32>) {
  %a = engine.reduce ins(%x : tensor<4x5xf32>) {nodes = ["/a"], kind = "sum", axes = array<i64: 1>, keepdims} -> tensor<4x1xf32>
  %b = engine.reduce ins(%a : tensor<4x1xf32>) {nodes = ["/b"], kind = "sum", axes = array<i64: 0>, keepdims} -> tensor<1x1xf32>
  func.return %b, %a : tensor<1x1xf32>, tensor<4x1xf32>
}

// CHECK-LABEL: func.func @near_miss_second_use
// CHECK-NEXT:     %{{.*}} = engine.reduce ins(%{{.*}} : tensor<4x5xf32>) {nodes = ["/a"], kind = "sum", axes = array<i64: 1>, keepdims} -> tensor<4x1xf32>
// CHECK-NEXT:     %{{.*}} = engine.reduce ins(%{{.*}} : tensor<4x1xf32>) {nodes = ["/b"], kind = "sum", axes = array<i64: 0>, keepdims} -> tensor<1x1xf32>
// CHECK-NEXT:     func.return %{{.*}}, %{{.*}} : tensor<1x1xf32>, tensor<4x1xf32>
// CHECK-NEXT:   }

// -----

// One keeps the reduced dimension, the other does not.
func.func @mixture(%x: tensor<4x5xf32>) -> tensor<1xf32> {
  %a = engine.reduce ins(%x : tensor<4x5xf32>) {nodes = ["/a"], kind = "sum", axes = array<i64: 1>, keepdims} -> tensor<4x1xf32>
  %b = engine.reduce ins(%a : tensor<4x1xf32>) {nodes = ["/b"], kind = "sum", axes = array<i64: 0>} -> tensor<1xf32>
  func.return %b : tensor<1xf32>
}

// CHECK-LABEL: func.func @mixture
// CHECK-NEXT:     %{{.*}} = engine.reduce ins(%{{.*}} : tensor<4x5xf32>) {nodes = ["/a", "/b"], rewrites = ["merge-reductions"], kind = "sum", axes = array<i64: 0, 1>, keepdims} -> tensor<1x1xf32>
// CHECK-NEXT:     %{{.*}} = engine.reshape %{{.*}} {nodes = ["/a", "/b"], rewrites = ["merge-reductions"]} : tensor<1x1xf32> -> tensor<1xf32>
// CHECK-NEXT:     func.return %{{.*}} : tensor<1xf32>
// CHECK-NEXT:   }
