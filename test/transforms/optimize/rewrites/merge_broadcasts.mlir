// RUN: opt-tool %s --split-input-file -p 'optimize{only=merge-broadcasts exactness=bitwise}' --check-numerics | filecheck %s

// A broadcast of a broadcast is one broadcast.

func.func @twice(%x: tensor<3x1xf32>) -> tensor<2x3x4xf32> {
  %a = engine.broadcast %x : tensor<3x1xf32> -> tensor<3x4xf32>
  %b = engine.broadcast %a : tensor<3x4xf32> -> tensor<2x3x4xf32>
  func.return %b : tensor<2x3x4xf32>
}

// CHECK-LABEL: func.func @twice
// CHECK-NEXT:      %{{.*}} = engine.broadcast %{{.*}} {rewrites = ["merge-broadcasts"]} : tensor<3x1xf32> -> tensor<2x3x4xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<2x3x4xf32>
// CHECK-NEXT:    }

// -----

func.func @near_miss_reshape(%x: tensor<3xf32>) -> tensor<2x3x4xf32> {
  %a = engine.reshape %x : tensor<3xf32> -> tensor<3x1xf32>
  %b = engine.broadcast %a : tensor<3x1xf32> -> tensor<2x3x4xf32>
  func.return %b : tensor<2x3x4xf32>
}

// CHECK-LABEL: func.func @near_miss_reshape
// CHECK-NEXT:      %{{.*}} = engine.reshape %{{.*}} : tensor<3xf32> -> tensor<3x1xf32>
// CHECK-NEXT:      %{{.*}} = engine.broadcast %{{.*}} : tensor<3x1xf32> -> tensor<2x3x4xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<2x3x4xf32>
// CHECK-NEXT:    }
