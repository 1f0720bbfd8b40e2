// RUN: opt-tool %s --split-input-file -p 'optimize{only=drop-unit-pool exactness=bitwise}' --check-numerics | filecheck %s

// A pool with a window of one element disappears.
//
//     pool{kernel=1}(x) => x if strides are 1 and there is no padding.

func.func @unit(%x: tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32> {
  %0 = engine.pool %x {kind = "max", kernel = array<i64: 1, 1>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : tensor<1x2x4x4xf32> -> tensor<1x2x4x4xf32>
  func.return %0 : tensor<1x2x4x4xf32>
}

// CHECK-LABEL: func.func @unit
// CHECK-NEXT:      func.return %{{.*}} : tensor<1x2x4x4xf32>
// CHECK-NEXT:    }

// -----

// A stride takes every second element.
func.func @near_miss_stride(%x: tensor<1x2x4x4xf32>) -> tensor<1x2x2x2xf32> {
  %0 = engine.pool %x {kind = "max", kernel = array<i64: 1, 1>, strides = array<i64: 2, 2>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : tensor<1x2x4x4xf32> -> tensor<1x2x2x2xf32>
  func.return %0 : tensor<1x2x2x2xf32>
}

// CHECK-LABEL: func.func @near_miss_stride
// CHECK-NEXT:      %{{.*}} = engine.pool %{{.*}} {kind = "max", kernel = array<i64: 1, 1>, strides = array<i64: 2, 2>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : tensor<1x2x4x4xf32> -> tensor<1x2x2x2xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<1x2x2x2xf32>
// CHECK-NEXT:    }

// -----

func.func @near_miss_window(%x: tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32> {
  %0 = engine.pool %x {kind = "max", kernel = array<i64: 3, 3>, strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>} : tensor<1x2x4x4xf32> -> tensor<1x2x4x4xf32>
  func.return %0 : tensor<1x2x4x4xf32>
}

// CHECK-LABEL: func.func @near_miss_window
// CHECK-NEXT:      %{{.*}} = engine.pool %{{.*}} {kind = "max", kernel = array<i64: 3, 3>, strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>} : tensor<1x2x4x4xf32> -> tensor<1x2x4x4xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<1x2x4x4xf32>
// CHECK-NEXT:    }
