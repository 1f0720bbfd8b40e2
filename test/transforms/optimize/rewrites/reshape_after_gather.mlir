// RUN: opt-tool %s --split-input-file -p 'optimize{only=reshape-after-gather exactness=bitwise}' --check-numerics | filecheck %s

// A gather reads its indices in any shape; the result is reshaped instead.

func.func @column(%x: tensor<5x3xf32>) -> tensor<4x3xf32> {
  %j = engine.constant dense<[[0, 1], [2, 3], [4, 0], [1, 2]]> : tensor<4x2xi64> -> tensor<4x2xi64>
  %a = engine.slice %j {starts = array<i64: 0, 1>, sizes = array<i64: 4, 1>, steps = array<i64: 1, 1>} : tensor<4x2xi64> -> tensor<4x1xi64>
  %b = engine.reshape %a {nodes = ["/squeeze"]} : tensor<4x1xi64> -> tensor<4xi64>
  %r = engine.gather %x, %b {nodes = ["/gather"], axis = 0 : i64} : tensor<5x3xf32>, tensor<4xi64> -> tensor<4x3xf32>
  func.return %r : tensor<4x3xf32>
}

// CHECK-LABEL: func.func @column
// CHECK-NEXT:      %{{.*}} = engine.constant dense<{{\[\[}}0, 1], [2, 3], [4, 0], [1, 2{{\]\]}}> : tensor<4x2xi64> -> tensor<4x2xi64>
// CHECK-NEXT:      %{{.*}} = engine.slice %{{.*}} {starts = array<i64: 0, 1>, sizes = array<i64: 4, 1>, steps = array<i64: 1, 1>} : tensor<4x2xi64> -> tensor<4x1xi64>
// CHECK-NEXT:      %{{.*}} = engine.gather %{{.*}}, %{{.*}} {nodes = ["/squeeze", "/gather"], rewrites = ["reshape-after-gather"], axis = 0 : i64} : tensor<5x3xf32>, tensor<4x1xi64> -> tensor<4x1x3xf32>
// CHECK-NEXT:      %{{.*}} = engine.reshape %{{.*}} {nodes = ["/squeeze", "/gather"], rewrites = ["reshape-after-gather"]} : tensor<4x1x3xf32> -> tensor<4x3xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<4x3xf32>
// CHECK-NEXT:    }

// -----

// The data is reshaped, which says where slices begin.
func.func @near_miss_data(%x: tensor<15xf32>) -> tensor<2x3xf32> {
  %i = engine.constant dense<[0, 4]> : tensor<2xi64> -> tensor<2xi64>
  %a = engine.reshape %x : tensor<15xf32> -> tensor<5x3xf32>
  %r = engine.gather %a, %i {axis = 0 : i64} : tensor<5x3xf32>, tensor<2xi64> -> tensor<2x3xf32>
  func.return %r : tensor<2x3xf32>
}

// CHECK-LABEL: func.func @near_miss_data
// CHECK-NEXT:      %{{.*}} = engine.constant dense<[0, 4]> : tensor<2xi64> -> tensor<2xi64>
// CHECK-NEXT:      %{{.*}} = engine.reshape %{{.*}} : tensor<15xf32> -> tensor<5x3xf32>
// CHECK-NEXT:      %{{.*}} = engine.gather %{{.*}}, %{{.*}} {axis = 0 : i64} : tensor<5x3xf32>, tensor<2xi64> -> tensor<2x3xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<2x3xf32>
// CHECK-NEXT:    }
