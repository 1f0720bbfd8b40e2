// RUN: opt-tool %s --split-input-file -p 'optimize{only=broadcast-into-matmul exactness=bitwise}' --check-numerics | filecheck %s

// A product broadcasts batch dimensions by itself.

func.func @batch(%x: tensor<2x3x4xf32>, %w: tensor<4x5xf32>) -> tensor<2x3x5xf32> {
  %a = engine.broadcast %w : tensor<4x5xf32> -> tensor<2x4x5xf32>
  %y = engine.matmul %x, %a {nodes = ["/y"]} : tensor<2x3x4xf32>, tensor<2x4x5xf32> -> tensor<2x3x5xf32>
  func.return %y : tensor<2x3x5xf32>
}

// CHECK-LABEL: func.func @batch
// CHECK-NEXT:      %{{.*}} = engine.matmul %{{.*}}, %{{.*}} {nodes = ["/y"], rewrites = ["broadcast-into-matmul"]} : tensor<2x3x4xf32>, tensor<4x5xf32> -> tensor<2x3x5xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<2x3x5xf32>
// CHECK-NEXT:    }

// -----

// The matrix itself is broadcast.
func.func @near_miss_matrix(%x: tensor<2x3x4xf32>, %w: tensor<1x5xf32>) -> tensor<2x3x5xf32> {
  %a = engine.broadcast %w : tensor<1x5xf32> -> tensor<2x4x5xf32>
  %y = engine.matmul %x, %a {nodes = ["/y"]} : tensor<2x3x4xf32>, tensor<2x4x5xf32> -> tensor<2x3x5xf32>
  func.return %y : tensor<2x3x5xf32>
}

// CHECK-LABEL: func.func @near_miss_matrix
// CHECK-NEXT:      %{{.*}} = engine.broadcast %{{.*}} : tensor<1x5xf32> -> tensor<2x4x5xf32>
// CHECK-NEXT:      %{{.*}} = engine.matmul %{{.*}}, %{{.*}} {nodes = ["/y"]} : tensor<2x3x4xf32>, tensor<2x4x5xf32> -> tensor<2x3x5xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<2x3x5xf32>
// CHECK-NEXT:    }

// -----

// The other operand has no batch.
func.func @near_miss_needed(%x: tensor<3x4xf32>, %w: tensor<4x5xf32>) -> tensor<2x3x5xf32> {
  %a = engine.broadcast %w : tensor<4x5xf32> -> tensor<2x4x5xf32>
  %y = engine.matmul %x, %a {nodes = ["/y"]} : tensor<3x4xf32>, tensor<2x4x5xf32> -> tensor<2x3x5xf32>
  func.return %y : tensor<2x3x5xf32>
}

// CHECK-LABEL: func.func @near_miss_needed
// CHECK-NEXT:      %{{.*}} = engine.broadcast %{{.*}} : tensor<4x5xf32> -> tensor<2x4x5xf32>
// CHECK-NEXT:      %{{.*}} = engine.matmul %{{.*}}, %{{.*}} {nodes = ["/y"]} : tensor<3x4xf32>, tensor<2x4x5xf32> -> tensor<2x3x5xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<2x3x5xf32>
// CHECK-NEXT:    }
