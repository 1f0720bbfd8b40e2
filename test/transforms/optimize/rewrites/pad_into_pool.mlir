// RUN: opt-tool %s --split-input-file -p 'optimize{only=pad-into-pool exactness=bitwise}' --check-numerics | filecheck %s

func.func @lowest(%x: tensor<1x2x3x3xf32>) -> tensor<1x2x4x4xf32> {
  %p = engine.pad %x {nodes = ["/p"], low = array<i64: 0, 0, 1, 1>, high = array<i64: 0, 0, 1, 1>, mode = "constant", value = 0xFF800000 : f32} : tensor<1x2x3x3xf32> -> tensor<1x2x5x5xf32>
  %y = engine.pool %p {nodes = ["/y"], kind = "max", kernel = array<i64: 2, 2>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : tensor<1x2x5x5xf32> -> tensor<1x2x4x4xf32>
  func.return %y : tensor<1x2x4x4xf32>
}

// CHECK-LABEL: func.func @lowest
// CHECK-NEXT:     %{{.*}} = engine.pool %{{.*}} {nodes = ["/p", "/y"], rewrites = ["pad-into-pool"], kind = "max", kernel = array<i64: 2, 2>, strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>} : tensor<1x2x3x3xf32> -> tensor<1x2x4x4xf32>
// CHECK-NEXT:     func.return %{{.*}} : tensor<1x2x4x4xf32>
// CHECK-NEXT:   }

// -----

func.func @zeros_around_positive(%x: tensor<1x2x3x3xf32>) -> tensor<1x2x2x2xf32> {
  %a = engine.map ins(%x : tensor<1x2x3x3xf32>) attributes {nodes = ["/a"]} -> tensor<1x2x3x3xf32> {
    ^bb0(%e_x: f32):
      %z1_1 = arith.constant 0.000000e+00 : f32
      %z1_2 = arith.maximumf %e_x, %z1_1 : f32
      engine.yield %z1_2 : f32
  }
  %p = engine.pad %a {nodes = ["/p"], low = array<i64: 0, 0, 1, 1>, high = array<i64: 0, 0, 1, 1>, mode = "constant", value = 0.000000e+00 : f32} : tensor<1x2x3x3xf32> -> tensor<1x2x5x5xf32>
  %y = engine.pool %p {nodes = ["/y"], kind = "max", kernel = array<i64: 3, 3>, strides = array<i64: 2, 2>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : tensor<1x2x5x5xf32> -> tensor<1x2x2x2xf32>
  func.return %y : tensor<1x2x2x2xf32>
}

// CHECK-LABEL: func.func @zeros_around_positive
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}} : tensor<1x2x3x3xf32>) attributes {nodes = ["/a"]} -> tensor<1x2x3x3xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.constant 0.000000e+00 : f32
// CHECK-NEXT:       %{{.*}} = arith.maximumf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     %{{.*}} = engine.pool %{{.*}} {nodes = ["/p", "/y"], rewrites = ["pad-into-pool"], kind = "max", kernel = array<i64: 3, 3>, strides = array<i64: 2, 2>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>} : tensor<1x2x3x3xf32> -> tensor<1x2x2x2xf32>
// CHECK-NEXT:     func.return %{{.*}} : tensor<1x2x2x2xf32>
// CHECK-NEXT:   }

// -----

func.func @average(%x: tensor<1x2x3x3xf32>) -> tensor<1x2x3x3xf32> {
  %p = engine.pad %x {nodes = ["/p"], low = array<i64: 0, 0, 1, 1>, high = array<i64: 0, 0, 1, 1>, mode = "constant", value = 0.000000e+00 : f32} : tensor<1x2x3x3xf32> -> tensor<1x2x5x5xf32>
  %y = engine.pool %p {nodes = ["/y"], kind = "average", kernel = array<i64: 3, 3>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : tensor<1x2x5x5xf32> -> tensor<1x2x3x3xf32>
  func.return %y : tensor<1x2x3x3xf32>
}

// CHECK-LABEL: func.func @average
// CHECK-NEXT:     %{{.*}} = engine.pool %{{.*}} {nodes = ["/p", "/y"], rewrites = ["pad-into-pool"], kind = "average", kernel = array<i64: 3, 3>, strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, count_include_pad} : tensor<1x2x3x3xf32> -> tensor<1x2x3x3xf32>
// CHECK-NEXT:     func.return %{{.*}} : tensor<1x2x3x3xf32>
// CHECK-NEXT:   }

// -----

// Of negative numbers 0 would be the largest.
func.func @near_miss_zeros(%x: tensor<1x2x3x3xf32>) -> tensor<1x2x4x4xf32> {
  %p = engine.pad %x {nodes = ["/p"], low = array<i64: 0, 0, 1, 1>, high = array<i64: 0, 0, 1, 1>, mode = "constant", value = 0.000000e+00 : f32} : tensor<1x2x3x3xf32> -> tensor<1x2x5x5xf32>
  %y = engine.pool %p {nodes = ["/y"], kind = "max", kernel = array<i64: 2, 2>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : tensor<1x2x5x5xf32> -> tensor<1x2x4x4xf32>
  func.return %y : tensor<1x2x4x4xf32>
}

// CHECK-LABEL: func.func @near_miss_zeros
// CHECK-NEXT:     %{{.*}} = engine.pad %{{.*}} {nodes = ["/p"], low = array<i64: 0, 0, 1, 1>, high = array<i64: 0, 0, 1, 1>, mode = "constant", value = 0.000000e+00 : f32} : tensor<1x2x3x3xf32> -> tensor<1x2x5x5xf32>
// CHECK-NEXT:     %{{.*}} = engine.pool %{{.*}} {nodes = ["/y"], kind = "max", kernel = array<i64: 2, 2>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : tensor<1x2x5x5xf32> -> tensor<1x2x4x4xf32>
// CHECK-NEXT:     func.return %{{.*}} : tensor<1x2x4x4xf32>
// CHECK-NEXT:   }

// -----

func.func @near_miss_window_of_padding(%x: tensor<1x2x3x3xf32>) -> tensor<1x2x5x5xf32> {
  %p = engine.pad %x {nodes = ["/p"], low = array<i64: 0, 0, 1, 1>, high = array<i64: 0, 0, 1, 1>, mode = "constant", value = 0xFF800000 : f32} : tensor<1x2x3x3xf32> -> tensor<1x2x5x5xf32>
  %y = engine.pool %p {nodes = ["/y"], kind = "max", kernel = array<i64: 1, 1>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : tensor<1x2x5x5xf32> -> tensor<1x2x5x5xf32>
  func.return %y : tensor<1x2x5x5xf32>
}

// CHECK-LABEL: func.func @near_miss_window_of_padding
// CHECK-NEXT:     %{{.*}} = engine.pad %{{.*}} {nodes = ["/p"], low = array<i64: 0, 0, 1, 1>, high = array<i64: 0, 0, 1, 1>, mode = "constant", value = 0xff800000 : f32} : tensor<1x2x3x3xf32> -> tensor<1x2x5x5xf32>
// CHECK-NEXT:     %{{.*}} = engine.pool %{{.*}} {nodes = ["/y"], kind = "max", kernel = array<i64: 1, 1>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : tensor<1x2x5x5xf32> -> tensor<1x2x5x5xf32>
// CHECK-NEXT:     func.return %{{.*}} : tensor<1x2x5x5xf32>
// CHECK-NEXT:   }

// -----

func.func @near_miss_ones(%x: tensor<1x2x3x3xf32>) -> tensor<1x2x3x3xf32> {
  %p = engine.pad %x {nodes = ["/p"], low = array<i64: 0, 0, 1, 1>, high = array<i64: 0, 0, 1, 1>, mode = "constant", value = 1.000000e+00 : f32} : tensor<1x2x3x3xf32> -> tensor<1x2x5x5xf32>
  %y = engine.pool %p {nodes = ["/y"], kind = "average", kernel = array<i64: 3, 3>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : tensor<1x2x5x5xf32> -> tensor<1x2x3x3xf32>
  func.return %y : tensor<1x2x3x3xf32>
}

// CHECK-LABEL: func.func @near_miss_ones
// CHECK-NEXT:     %{{.*}} = engine.pad %{{.*}} {nodes = ["/p"], low = array<i64: 0, 0, 1, 1>, high = array<i64: 0, 0, 1, 1>, mode = "constant", value = 1.000000e+00 : f32} : tensor<1x2x3x3xf32> -> tensor<1x2x5x5xf32>
// CHECK-NEXT:     %{{.*}} = engine.pool %{{.*}} {nodes = ["/y"], kind = "average", kernel = array<i64: 3, 3>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : tensor<1x2x5x5xf32> -> tensor<1x2x3x3xf32>
// CHECK-NEXT:     func.return %{{.*}} : tensor<1x2x3x3xf32>
// CHECK-NEXT:   }

// -----

func.func @near_miss_second_use(%x: tensor<1x2x3x3xf32>) -> (tensor<1x2x3x3xf32>, tensor<1x2x5x5xf32>) {
  %p = engine.pad %x {nodes = ["/p"], low = array<i64: 0, 0, 1, 1>, high = array<i64: 0, 0, 1, 1>, mode = "constant", value = 0.000000e+00 : f32} : tensor<1x2x3x3xf32> -> tensor<1x2x5x5xf32>
  %y = engine.pool %p {nodes = ["/y"], kind = "average", kernel = array<i64: 3, 3>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : tensor<1x2x5x5xf32> -> tensor<1x2x3x3xf32>
  func.return %y, %p : tensor<1x2x3x3xf32>, tensor<1x2x5x5xf32>
}

// CHECK-LABEL: func.func @near_miss_second_use
// CHECK-NEXT:     %{{.*}} = engine.pad %{{.*}} {nodes = ["/p"], low = array<i64: 0, 0, 1, 1>, high = array<i64: 0, 0, 1, 1>, mode = "constant", value = 0.000000e+00 : f32} : tensor<1x2x3x3xf32> -> tensor<1x2x5x5xf32>
// CHECK-NEXT:     %{{.*}} = engine.pool %{{.*}} {nodes = ["/y"], kind = "average", kernel = array<i64: 3, 3>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : tensor<1x2x5x5xf32> -> tensor<1x2x3x3xf32>
// CHECK-NEXT:     func.return %{{.*}}, %{{.*}} : tensor<1x2x3x3xf32>, tensor<1x2x5x5xf32>
// CHECK-NEXT:   }
