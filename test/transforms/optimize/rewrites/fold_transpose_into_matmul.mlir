// RUN: opt-tool %s --split-input-file -p 'optimize{only=fold-transpose-into-matmul exactness=bitwise}' --check-numerics | filecheck %s

// A transpose of the last two dimensions is read through by matmul.
//
//     matmul(transpose(a), b) => matmul{trans_lhs}(a, b), and the same for b if the transpose
//     swaps the last two dimensions only.

func.func @rhs(%x: tensor<4x2x3xf32>, %w: tensor<4x5x3xf32>) -> tensor<4x2x5xf32> {
  %t = engine.transpose %w {nodes = ["/t"], perm = array<i64: 0, 2, 1>} : tensor<4x5x3xf32> -> tensor<4x3x5xf32>
  %0 = engine.matmul %x, %t {nodes = ["/mm"]} : tensor<4x2x3xf32>, tensor<4x3x5xf32> -> tensor<4x2x5xf32>
  func.return %0 : tensor<4x2x5xf32>
}

// CHECK-LABEL: func.func @rhs
// CHECK-NEXT:      %{{.*}} = engine.matmul %{{.*}}, %{{.*}} {nodes = ["/t", "/mm"], rewrites = ["fold-transpose-into-matmul"], trans_rhs} : tensor<4x2x3xf32>, tensor<4x5x3xf32> -> tensor<4x2x5xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<4x2x5xf32>
// CHECK-NEXT:    }

// -----

// Both operands, an epilogue that stays, and a flag that is undone.
func.func @both(%x: tensor<3x2xf32>, %w: tensor<3x5xf32>, %b: tensor<5xf32>) -> tensor<2x5xf32> {
  %s = engine.transpose %x {perm = array<i64: 1, 0>} : tensor<3x2xf32> -> tensor<2x3xf32>
  %t = engine.transpose %w {perm = array<i64: 1, 0>} : tensor<3x5xf32> -> tensor<5x3xf32>
  %0 = engine.matmul %s, %t epilogue(%b : tensor<5xf32>) {trans_rhs} : tensor<2x3xf32>, tensor<5x3xf32> -> tensor<2x5xf32> {
  ^bb0(%acc: f32, %bias: f32):
    %1 = arith.addf %acc, %bias : f32
    engine.yield %1 : f32
  }
  func.return %0 : tensor<2x5xf32>
}

// CHECK-LABEL: func.func @both
// CHECK-NEXT:      %{{.*}} = engine.matmul %{{.*}}, %{{.*}} epilogue(%{{.*}} : tensor<5xf32>) {rewrites = ["fold-transpose-into-matmul"], trans_lhs} : tensor<3x2xf32>, tensor<3x5xf32> -> tensor<2x5xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<2x5xf32>
// CHECK-NEXT:    }

// -----

// This transpose moves a batch dimension.
func.func @near_miss_batch(%x: tensor<3x2x2xf32>, %w: tensor<2x2x3xf32>) -> tensor<3x2x2xf32> {
  %t = engine.transpose %w {perm = array<i64: 2, 0, 1>} : tensor<2x2x3xf32> -> tensor<3x2x2xf32>
  %0 = engine.matmul %x, %t : tensor<3x2x2xf32>, tensor<3x2x2xf32> -> tensor<3x2x2xf32>
  func.return %0 : tensor<3x2x2xf32>
}

// CHECK-LABEL: func.func @near_miss_batch
// CHECK-NEXT:      %{{.*}} = engine.transpose %{{.*}} {perm = array<i64: 2, 0, 1>} : tensor<2x2x3xf32> -> tensor<3x2x2xf32>
// CHECK-NEXT:      %{{.*}} = engine.matmul %{{.*}}, %{{.*}} : tensor<3x2x2xf32>, tensor<3x2x2xf32> -> tensor<3x2x2xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<3x2x2xf32>
// CHECK-NEXT:    }
