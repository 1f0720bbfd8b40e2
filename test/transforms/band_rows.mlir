// RUN: opt-tool %s --split-input-file -p 'band-rows' --check-numerics | filecheck %s

// Two convolutions and a pool: what is between is larger than what they give.
func.func @chain(%x: tensor<1x3x64x64xf32>, %w: tensor<16x3x3x3xf32>, %v: tensor<16x16x3x3xf32>, %s: tensor<1x16x64x64xf32>) -> tensor<1x16x16x16xf32> {
  %0 = engine.conv %x, %w {nodes = ["/a"], strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x3x64x64xf32>, tensor<16x3x3x3xf32> -> tensor<1x16x64x64xf32>
  %1 = engine.conv %0, %v epilogue(%s : tensor<1x16x64x64xf32>) {nodes = ["/b"], strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x16x64x64xf32>, tensor<16x16x3x3xf32> -> tensor<1x16x64x64xf32> {
  ^bb0(%acc: f32, %t: f32):
    %2 = arith.addf %acc, %t : f32
    engine.yield %2 : f32
  }
  %3 = engine.pool %1 {nodes = ["/c"], kind = "max", kernel = array<i64: 5, 5>, strides = array<i64: 4, 4>, pads = array<i64: 2, 2, 1, 1>, dilations = array<i64: 1, 1>} : tensor<1x16x64x64xf32> -> tensor<1x16x16x16xf32>
  func.return %3 : tensor<1x16x16x16xf32>
}

// The first band has the padding above, the others rows instead; the sum takes its own rows.
// CHECK-LABEL: func.func @chain
// CHECK-NEXT:      %{{.*}} = engine.slice %{{.*}} {nodes = ["/a"], starts = array<i64: 0, 0, 0, 0>, sizes = array<i64: 1, 3, 9, 64>, steps = array<i64: 1, 1, 1, 1>} : tensor<1x3x64x64xf32> -> tensor<1x3x9x64xf32>
// CHECK-NEXT:      %{{.*}} = engine.conv %{{.*}}, %{{.*}} {nodes = ["/a"], strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 0, 1>, {{.*}} : tensor<1x3x9x64xf32>, tensor<16x3x3x3xf32> -> tensor<1x16x8x64xf32>
// CHECK-NEXT:      %{{.*}} = engine.slice %{{.*}} {nodes = ["/a"], starts = array<i64: 0, 0, 0, 0>, sizes = array<i64: 1, 16, 7, 64>, steps = array<i64: 1, 1, 1, 1>} : tensor<1x16x64x64xf32> -> tensor<1x16x7x64xf32>
// CHECK-NEXT:      %{{.*}} = engine.conv %{{.*}}, %{{.*}} epilogue(%{{.*}} : tensor<1x16x7x64xf32>) {nodes = ["/b"], strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 0, 1>, {{.*}} -> tensor<1x16x7x64xf32> {
// CHECK:           %{{.*}} = engine.pool %{{.*}} {nodes = ["/c"], kind = "max", kernel = array<i64: 5, 5>, strides = array<i64: 4, 4>, pads = array<i64: 2, 2, 0, 1>, dilations = array<i64: 1, 1>} : tensor<1x16x7x64xf32> -> tensor<1x16x2x16xf32>
// CHECK:           %{{.*}} = engine.conv %{{.*}}, %{{.*}} {nodes = ["/a"], strides = array<i64: 1, 1>, pads = array<i64: 0, 1, 0, 1>,
// CHECK-COUNT-7:   engine.pool
// CHECK-NEXT:      %{{.*}} = engine.concat {{.*}} {nodes = ["/c"], axis = 2 : i64}
// CHECK-NEXT:      func.return

// -----

// What is between is read by somebody else as well.
func.func @near_miss_read(%x: tensor<1x3x64x64xf32>, %w: tensor<16x3x3x3xf32>) -> (tensor<1x16x32x32xf32>, tensor<1x16x64x64xf32>) {
  %0 = engine.conv %x, %w {strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x3x64x64xf32>, tensor<16x3x3x3xf32> -> tensor<1x16x64x64xf32>
  %1 = engine.pool %0 {kind = "max", kernel = array<i64: 2, 2>, strides = array<i64: 2, 2>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : tensor<1x16x64x64xf32> -> tensor<1x16x32x32xf32>
  func.return %1, %0 : tensor<1x16x32x32xf32>, tensor<1x16x64x64xf32>
}

// CHECK-LABEL: func.func @near_miss_read
// CHECK-NOT:       engine.slice
// CHECK:           func.return

// -----

// What is given is larger than all between.
func.func @near_miss_growing(%x: tensor<1x3x64x64xf32>, %w: tensor<16x3x1x1xf32>, %v: tensor<32x16x1x1xf32>) -> tensor<1x32x64x64xf32> {
  %0 = engine.conv %x, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x3x64x64xf32>, tensor<16x3x1x1xf32> -> tensor<1x16x64x64xf32>
  %1 = engine.conv %0, %v {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x16x64x64xf32>, tensor<32x16x1x1xf32> -> tensor<1x32x64x64xf32>
  func.return %1 : tensor<1x32x64x64xf32>
}

// CHECK-LABEL: func.func @near_miss_growing
// CHECK-NOT:       engine.slice
// CHECK:           func.return

// -----

// Sizes are rounded up, or open.
func.func @near_miss_sizes(%x: tensor<1x16x63x63xf32>, %w: tensor<16x16x1x1xf32>) -> tensor<1x16x32x32xf32> {
  %0 = engine.conv %x, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x16x63x63xf32>, tensor<16x16x1x1xf32> -> tensor<1x16x63x63xf32>
  %1 = engine.pool %0 {kind = "average", kernel = array<i64: 2, 2>, strides = array<i64: 2, 2>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, ceil_mode} : tensor<1x16x63x63xf32> -> tensor<1x16x32x32xf32>
  func.return %1 : tensor<1x16x32x32xf32>
}

// CHECK-LABEL: func.func @near_miss_sizes
// CHECK-NOT:       engine.slice
// CHECK:           func.return
