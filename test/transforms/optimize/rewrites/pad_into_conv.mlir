// RUN: opt-tool %s --split-input-file -p 'optimize{only=pad-into-conv exactness=bitwise}' --check-numerics | filecheck %s

// Zeros around a convolution's input become its own padding.

func.func @zeros(%x: tensor<1x2x3x3xf32>, %w: tensor<3x2x3x3xf32>) -> tensor<1x3x3x4xf32> {
  %a = engine.pad %x {low = array<i64: 0, 0, 1, 1>, high = array<i64: 0, 0, 1, 1>, mode = "constant", value = 0.000000e+00 : f32} : tensor<1x2x3x3xf32> -> tensor<1x2x5x5xf32>
  %y = engine.conv %a, %w {nodes = ["/conv"], strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 1>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x2x5x5xf32>, tensor<3x2x3x3xf32> -> tensor<1x3x3x4xf32>
  func.return %y : tensor<1x3x3x4xf32>
}

// CHECK-LABEL: func.func @zeros
// CHECK-NEXT:      %{{.*}} = engine.conv %{{.*}}, %{{.*}} {nodes = ["/conv"], rewrites = ["pad-into-conv"], strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 2>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x2x3x3xf32>, tensor<3x2x3x3xf32> -> tensor<1x3x3x4xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<1x3x3x4xf32>
// CHECK-NEXT:    }

// -----

func.func @near_miss_ones(%x: tensor<1x2x3x3xf32>, %w: tensor<3x2x3x3xf32>) -> tensor<1x3x3x3xf32> {
  %a = engine.pad %x {low = array<i64: 0, 0, 1, 1>, high = array<i64: 0, 0, 1, 1>, mode = "constant", value = 1.000000e+00 : f32} : tensor<1x2x3x3xf32> -> tensor<1x2x5x5xf32>
  %y = engine.conv %a, %w {nodes = ["/conv"], strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x2x5x5xf32>, tensor<3x2x3x3xf32> -> tensor<1x3x3x3xf32>
  func.return %y : tensor<1x3x3x3xf32>
}

// CHECK-LABEL: func.func @near_miss_ones
// CHECK-NEXT:      %{{.*}} = engine.pad %{{.*}} {low = array<i64: 0, 0, 1, 1>, high = array<i64: 0, 0, 1, 1>, mode = "constant", value = 1.000000e+00 : f32} : tensor<1x2x3x3xf32> -> tensor<1x2x5x5xf32>
// CHECK-NEXT:      %{{.*}} = engine.conv %{{.*}}, %{{.*}} {nodes = ["/conv"], strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x2x5x5xf32>, tensor<3x2x3x3xf32> -> tensor<1x3x3x3xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<1x3x3x3xf32>
// CHECK-NEXT:    }

// -----

func.func @near_miss_edge(%x: tensor<1x2x3x3xf32>, %w: tensor<3x2x3x3xf32>) -> tensor<1x3x3x3xf32> {
  %a = engine.pad %x {low = array<i64: 0, 0, 1, 1>, high = array<i64: 0, 0, 1, 1>, mode = "edge", value = 0.000000e+00 : f32} : tensor<1x2x3x3xf32> -> tensor<1x2x5x5xf32>
  %y = engine.conv %a, %w {nodes = ["/conv"], strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x2x5x5xf32>, tensor<3x2x3x3xf32> -> tensor<1x3x3x3xf32>
  func.return %y : tensor<1x3x3x3xf32>
}

// CHECK-LABEL: func.func @near_miss_edge
// CHECK-NEXT:      %{{.*}} = engine.pad %{{.*}} {low = array<i64: 0, 0, 1, 1>, high = array<i64: 0, 0, 1, 1>, mode = "edge", value = 0.000000e+00 : f32} : tensor<1x2x3x3xf32> -> tensor<1x2x5x5xf32>
// CHECK-NEXT:      %{{.*}} = engine.conv %{{.*}}, %{{.*}} {nodes = ["/conv"], strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x2x5x5xf32>, tensor<3x2x3x3xf32> -> tensor<1x3x3x3xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<1x3x3x3xf32>
// CHECK-NEXT:    }

// -----

func.func @near_miss_channels(%x: tensor<1x1x5x5xf32>, %w: tensor<3x2x3x3xf32>) -> tensor<1x3x3x3xf32> {
  %a = engine.pad %x {low = array<i64: 0, 0, 0, 0>, high = array<i64: 0, 1, 0, 0>, mode = "constant", value = 0.000000e+00 : f32} : tensor<1x1x5x5xf32> -> tensor<1x2x5x5xf32>
  %y = engine.conv %a, %w {nodes = ["/conv"], strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x2x5x5xf32>, tensor<3x2x3x3xf32> -> tensor<1x3x3x3xf32>
  func.return %y : tensor<1x3x3x3xf32>
}

// CHECK-LABEL: func.func @near_miss_channels
// CHECK-NEXT:      %{{.*}} = engine.pad %{{.*}} {low = array<i64: 0, 0, 0, 0>, high = array<i64: 0, 1, 0, 0>, mode = "constant", value = 0.000000e+00 : f32} : tensor<1x1x5x5xf32> -> tensor<1x2x5x5xf32>
// CHECK-NEXT:      %{{.*}} = engine.conv %{{.*}}, %{{.*}} {nodes = ["/conv"], strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x2x5x5xf32>, tensor<3x2x3x3xf32> -> tensor<1x3x3x3xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<1x3x3x3xf32>
// CHECK-NEXT:    }

// -----

func.func @near_miss_second_use(%x: tensor<1x2x3x3xf32>, %w: tensor<3x2x3x3xf32>) -> (tensor<1x3x3x3xf32>, tensor<1x2x5x5xf32>) {
  %a = engine.pad %x {low = array<i64: 0, 0, 1, 1>, high = array<i64: 0, 0, 1, 1>, mode = "constant", value = 0.000000e+00 : f32} : tensor<1x2x3x3xf32> -> tensor<1x2x5x5xf32>
  %y = engine.conv %a, %w {nodes = ["/conv"], strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x2x5x5xf32>, tensor<3x2x3x3xf32> -> tensor<1x3x3x3xf32>
  func.return %y, %a : tensor<1x3x3x3xf32>, tensor<1x2x5x5xf32>
}

// CHECK-LABEL: func.func @near_miss_second_use
// CHECK-NEXT:      %{{.*}} = engine.pad %{{.*}} {low = array<i64: 0, 0, 1, 1>, high = array<i64: 0, 0, 1, 1>, mode = "constant", value = 0.000000e+00 : f32} : tensor<1x2x3x3xf32> -> tensor<1x2x5x5xf32>
// CHECK-NEXT:      %{{.*}} = engine.conv %{{.*}}, %{{.*}} {nodes = ["/conv"], strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x2x5x5xf32>, tensor<3x2x3x3xf32> -> tensor<1x3x3x3xf32>
// CHECK-NEXT:      func.return %{{.*}}, %{{.*}} : tensor<1x3x3x3xf32>, tensor<1x2x5x5xf32>
// CHECK-NEXT:    }
