// RUN: opt-tool %s --split-input-file -p 'optimize{only=drop-identity-transpose exactness=bitwise}' --check-numerics | filecheck %s

// A transpose that leaves every dimension in its place disappears.
//
//     transpose{p}(x) => x if p is the identity.

func.func @identity(%x: tensor<2x3x4xf32>) -> tensor<2x3x4xf32> {
  %0 = engine.transpose %x {perm = array<i64: 0, 1, 2>} : tensor<2x3x4xf32> -> tensor<2x3x4xf32>
  func.return %0 : tensor<2x3x4xf32>
}

// CHECK-LABEL: func.func @identity
// CHECK-NEXT:      func.return %{{.*}} : tensor<2x3x4xf32>
// CHECK-NEXT:    }

// -----

// Equal extents do not make a permutation the identity.
func.func @near_miss_equal_extents(%x: tensor<3x3xf32>) -> tensor<3x3xf32> {
  %0 = engine.transpose %x {perm = array<i64: 1, 0>} : tensor<3x3xf32> -> tensor<3x3xf32>
  func.return %0 : tensor<3x3xf32>
}

// CHECK-LABEL: func.func @near_miss_equal_extents
// CHECK-NEXT:      %{{.*}} = engine.transpose %{{.*}} {perm = array<i64: 1, 0>} : tensor<3x3xf32> -> tensor<3x3xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<3x3xf32>
// CHECK-NEXT:    }
