// RUN: opt-tool %s --split-input-file -p 'optimize{only=merge-transposes exactness=bitwise}' --check-numerics | filecheck %s

// Two transposes in a row become one.
//
//     transpose{q}(transpose{p}(x)) => transpose{p[q]}(x).

func.func @merged(%x: tensor<2x3x4xf32>) -> tensor<3x4x2xf32> {
  %0 = engine.transpose %x {nodes = ["/a"], perm = array<i64: 0, 2, 1>} : tensor<2x3x4xf32> -> tensor<2x4x3xf32>
  %1 = engine.transpose %0 {nodes = ["/b"], perm = array<i64: 2, 1, 0>} : tensor<2x4x3xf32> -> tensor<3x4x2xf32>
  func.return %1 : tensor<3x4x2xf32>
}

// CHECK-LABEL: func.func @merged
// CHECK-NEXT:      %{{.*}} = engine.transpose %{{.*}} {nodes = ["/a", "/b"], rewrites = ["merge-transposes"], perm = array<i64: 1, 2, 0>} : tensor<2x3x4xf32> -> tensor<3x4x2xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<3x4x2xf32>
// CHECK-NEXT:    }

// -----

// The inner one stays where something else reads it.
func.func @second_use(%x: tensor<2x3x4xf32>) -> (tensor<2x4x3xf32>, tensor<3x4x2xf32>) {
  %0 = engine.transpose %x {perm = array<i64: 0, 2, 1>} : tensor<2x3x4xf32> -> tensor<2x4x3xf32>
  %1 = engine.transpose %0 {perm = array<i64: 2, 1, 0>} : tensor<2x4x3xf32> -> tensor<3x4x2xf32>
  func.return %0, %1 : tensor<2x4x3xf32>, tensor<3x4x2xf32>
}

// CHECK-LABEL: func.func @second_use
// CHECK-NEXT:      %{{.*}} = engine.transpose %{{.*}} {perm = array<i64: 0, 2, 1>} : tensor<2x3x4xf32> -> tensor<2x4x3xf32>
// CHECK-NEXT:      %{{.*}} = engine.transpose %{{.*}} {rewrites = ["merge-transposes"], perm = array<i64: 1, 2, 0>} : tensor<2x3x4xf32> -> tensor<3x4x2xf32>
// CHECK-NEXT:      func.return %{{.*}}, %{{.*}} : tensor<2x4x3xf32>, tensor<3x4x2xf32>
// CHECK-NEXT:    }

// -----

// A reshape between them keeps them apart.
func.func @near_miss_reshape_between(%x: tensor<2x6xf32>) -> tensor<3x4xf32> {
  %0 = engine.transpose %x {perm = array<i64: 1, 0>} : tensor<2x6xf32> -> tensor<6x2xf32>
  %1 = engine.reshape %0 : tensor<6x2xf32> -> tensor<4x3xf32>
  %2 = engine.transpose %1 {perm = array<i64: 1, 0>} : tensor<4x3xf32> -> tensor<3x4xf32>
  func.return %2 : tensor<3x4xf32>
}

// CHECK-LABEL: func.func @near_miss_reshape_between
// CHECK-NEXT:      %{{.*}} = engine.transpose %{{.*}} {perm = array<i64: 1, 0>} : tensor<2x6xf32> -> tensor<6x2xf32>
// CHECK-NEXT:      %{{.*}} = engine.reshape %{{.*}} : tensor<6x2xf32> -> tensor<4x3xf32>
// CHECK-NEXT:      %{{.*}} = engine.transpose %{{.*}} {perm = array<i64: 1, 0>} : tensor<4x3xf32> -> tensor<3x4xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<3x4xf32>
// CHECK-NEXT:    }
