// RUN: opt-tool %s --split-input-file -p 'optimize{only=drop-single-concat exactness=bitwise}' --check-numerics | filecheck %s

// A concat of one operand disappears.
//
//     concat(x) => x.

func.func @single(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %0 = engine.concat %x {axis = 0 : i64} : tensor<2x3xf32> -> tensor<2x3xf32>
  func.return %0 : tensor<2x3xf32>
}

// CHECK-LABEL: func.func @single
// CHECK-NEXT:      func.return %{{.*}} : tensor<2x3xf32>
// CHECK-NEXT:    }

// -----

func.func @near_miss_twice(%x: tensor<2x3xf32>) -> tensor<4x3xf32> {
  %0 = engine.concat %x, %x {axis = 0 : i64} : tensor<2x3xf32>, tensor<2x3xf32> -> tensor<4x3xf32>
  func.return %0 : tensor<4x3xf32>
}

// CHECK-LABEL: func.func @near_miss_twice
// CHECK-NEXT:      %{{.*}} = engine.concat %{{.*}}, %{{.*}} {axis = 0 : i64} : tensor<2x3xf32>, tensor<2x3xf32> -> tensor<4x3xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<4x3xf32>
// CHECK-NEXT:    }
