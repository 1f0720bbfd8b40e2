// RUN: opt-tool %s --split-input-file -p 'optimize{only=transpose-to-reshape exactness=bitwise}' --check-numerics | filecheck %s

// A transpose that only moves dimensions of extent 1 is a reshape.
//
//     transpose{p}(x) => reshape(x) if only dimensions of extent 1 change their order.

func.func @unit_dimensions(%x: tensor<1x128x1x64xf32>) -> tensor<1x1x128x64xf32> {
  %0 = engine.transpose %x {perm = array<i64: 0, 2, 1, 3>} : tensor<1x128x1x64xf32> -> tensor<1x1x128x64xf32>
  func.return %0 : tensor<1x1x128x64xf32>
}

// CHECK-LABEL: func.func @unit_dimensions
// CHECK-NEXT:      %{{.*}} = engine.reshape %{{.*}} {rewrites = ["transpose-to-reshape"]} : tensor<1x128x1x64xf32> -> tensor<1x1x128x64xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<1x1x128x64xf32>
// CHECK-NEXT:    }

// -----

func.func @near_miss_real_move(%x: tensor<1x128x2x64xf32>) -> tensor<1x2x128x64xf32> {
  %0 = engine.transpose %x {perm = array<i64: 0, 2, 1, 3>} : tensor<1x128x2x64xf32> -> tensor<1x2x128x64xf32>
  func.return %0 : tensor<1x2x128x64xf32>
}

// CHECK-LABEL: func.func @near_miss_real_move
// CHECK-NEXT:      %{{.*}} = engine.transpose %{{.*}} {perm = array<i64: 0, 2, 1, 3>} : tensor<1x128x2x64xf32> -> tensor<1x2x128x64xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<1x2x128x64xf32>
// CHECK-NEXT:    }
