// RUN: opt-tool %s --split-input-file -p 'optimize{only=merge-reshapes exactness=bitwise}' --check-numerics | filecheck %s

// Two reshapes in a row become one.
//
//     reshape{t}(reshape{s}(x)) => reshape{t}(x).

func.func @merged(%x: tensor<2x6xf32>) -> tensor<4x3xf32> {
  %0 = engine.reshape %x {nodes = ["/a"]} : tensor<2x6xf32> -> tensor<12xf32>
  %1 = engine.reshape %0 {nodes = ["/b"]} : tensor<12xf32> -> tensor<4x3xf32>
  func.return %1 : tensor<4x3xf32>
}

// CHECK-LABEL: func.func @merged
// CHECK-NEXT:      %{{.*}} = engine.reshape %{{.*}} {nodes = ["/a", "/b"], rewrites = ["merge-reshapes"]} : tensor<2x6xf32> -> tensor<4x3xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<4x3xf32>
// CHECK-NEXT:    }

// -----

// There and back again leaves nothing for drop-same-type-movement but one reshape.
func.func @second_use(%x: tensor<2x6xf32>) -> (tensor<12xf32>, tensor<2x6xf32>) {
  %0 = engine.reshape %x : tensor<2x6xf32> -> tensor<12xf32>
  %1 = engine.reshape %0 : tensor<12xf32> -> tensor<2x6xf32>
  func.return %0, %1 : tensor<12xf32>, tensor<2x6xf32>
}

// CHECK-LABEL: func.func @second_use
// CHECK-NEXT:      %{{.*}} = engine.reshape %{{.*}} : tensor<2x6xf32> -> tensor<12xf32>
// CHECK-NEXT:      %{{.*}} = engine.reshape %{{.*}} {rewrites = ["merge-reshapes"]} : tensor<2x6xf32> -> tensor<2x6xf32>
// CHECK-NEXT:      func.return %{{.*}}, %{{.*}} : tensor<12xf32>, tensor<2x6xf32>
// CHECK-NEXT:    }

// -----

func.func @near_miss_transpose_between(%x: tensor<2x6xf32>) -> tensor<12xf32> {
  %0 = engine.reshape %x : tensor<2x6xf32> -> tensor<4x3xf32>
  %1 = engine.transpose %0 {perm = array<i64: 1, 0>} : tensor<4x3xf32> -> tensor<3x4xf32>
  %2 = engine.reshape %1 : tensor<3x4xf32> -> tensor<12xf32>
  func.return %2 : tensor<12xf32>
}

// CHECK-LABEL: func.func @near_miss_transpose_between
// CHECK-NEXT:      %{{.*}} = engine.reshape %{{.*}} : tensor<2x6xf32> -> tensor<4x3xf32>
// CHECK-NEXT:      %{{.*}} = engine.transpose %{{.*}} {perm = array<i64: 1, 0>} : tensor<4x3xf32> -> tensor<3x4xf32>
// CHECK-NEXT:      %{{.*}} = engine.reshape %{{.*}} : tensor<3x4xf32> -> tensor<12xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<12xf32>
// CHECK-NEXT:    }
