// RUN: opt-tool %s --split-input-file -p 'optimize{only=pool-to-reduce exactness=rounding}' --check-numerics | filecheck %s

func.func @average(%x: tensor<1x2x3x3xf32>) -> tensor<1x2x1x1xf32> {
  %y = engine.pool %x {nodes = ["/y"], kind = "average", kernel = array<i64: 3, 3>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : tensor<1x2x3x3xf32> -> tensor<1x2x1x1xf32>
  func.return %y : tensor<1x2x1x1xf32>
}

// CHECK-LABEL: func.func @average
// CHECK-NEXT:     %{{.*}} = engine.reduce ins(%{{.*}} : tensor<1x2x3x3xf32>) {nodes = ["/y"], rewrites = ["pool-to-reduce"], kind = "mean", axes = array<i64: 2, 3>, keepdims} -> tensor<1x2x1x1xf32>
// CHECK-NEXT:     func.return %{{.*}} : tensor<1x2x1x1xf32>
// CHECK-NEXT:   }

// -----

func.func @maximum(%x: tensor<1x2x3x4xf32>) -> tensor<1x2x1x1xf32> {
  %y = engine.pool %x {nodes = ["/y"], kind = "max", kernel = array<i64: 3, 4>, strides = array<i64: 2, 2>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : tensor<1x2x3x4xf32> -> tensor<1x2x1x1xf32>
  func.return %y : tensor<1x2x1x1xf32>
}

// CHECK-LABEL: func.func @maximum
// CHECK-NEXT:     %{{.*}} = engine.reduce ins(%{{.*}} : tensor<1x2x3x4xf32>) {nodes = ["/y"], rewrites = ["pool-to-reduce"], kind = "max", axes = array<i64: 2, 3>, keepdims} -> tensor<1x2x1x1xf32>
// CHECK-NEXT:     func.return %{{.*}} : tensor<1x2x1x1xf32>
// CHECK-NEXT:   }

// -----

func.func @near_miss_part(%x: tensor<1x2x3x3xf32>) -> tensor<1x2x2x1xf32> {
  %y = engine.pool %x {nodes = ["/y"], kind = "average", kernel = array<i64: 2, 3>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : tensor<1x2x3x3xf32> -> tensor<1x2x2x1xf32>
  func.return %y : tensor<1x2x2x1xf32>
}

// CHECK-LABEL: func.func @near_miss_part
// CHECK-NEXT:     %{{.*}} = engine.pool %{{.*}} {nodes = ["/y"], kind = "average", kernel = array<i64: 2, 3>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : tensor<1x2x3x3xf32> -> tensor<1x2x2x1xf32>
// CHECK-NEXT:     func.return %{{.*}} : tensor<1x2x2x1xf32>
// CHECK-NEXT:   }

// -----

func.func @near_miss_padded(%x: tensor<1x2x3x3xf32>) -> tensor<1x2x2x2xf32> {
  %y = engine.pool %x {nodes = ["/y"], kind = "average", kernel = array<i64: 3, 3>, strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 0, 0>, dilations = array<i64: 1, 1>} : tensor<1x2x3x3xf32> -> tensor<1x2x2x2xf32>
  func.return %y : tensor<1x2x2x2xf32>
}

// CHECK-LABEL: func.func @near_miss_padded
// CHECK-NEXT:     %{{.*}} = engine.pool %{{.*}} {nodes = ["/y"], kind = "average", kernel = array<i64: 3, 3>, strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 0, 0>, dilations = array<i64: 1, 1>} : tensor<1x2x3x3xf32> -> tensor<1x2x2x2xf32>
// CHECK-NEXT:     func.return %{{.*}} : tensor<1x2x2x2xf32>
// CHECK-NEXT:   }
