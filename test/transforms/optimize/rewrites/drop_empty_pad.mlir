// RUN: opt-tool %s --split-input-file -p 'optimize{only=drop-empty-pad exactness=bitwise}' --check-numerics | filecheck %s

// A pad that adds nothing disappears.
//
//     pad{low, high}(x) => x if all counts are zero.

func.func @empty(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %0 = engine.pad %x {low = array<i64: 0, 0>, high = array<i64: 0, 0>, mode = "constant", value = 1.0 : f32} : tensor<2x3xf32> -> tensor<2x3xf32>
  func.return %0 : tensor<2x3xf32>
}

// CHECK-LABEL: func.func @empty
// CHECK-NEXT:      func.return %{{.*}} : tensor<2x3xf32>
// CHECK-NEXT:    }

// -----

// One in front and one cropped at the end: the shape stays, the elements do not.
func.func @near_miss_same_shape(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %0 = engine.pad %x {low = array<i64: 0, 1>, high = array<i64: 0, -1>, mode = "constant", value = 1.0 : f32} : tensor<2x3xf32> -> tensor<2x3xf32>
  func.return %0 : tensor<2x3xf32>
}

// CHECK-LABEL: func.func @near_miss_same_shape
// CHECK-NEXT:      %{{.*}} = engine.pad %{{.*}} {low = array<i64: 0, 1>, high = array<i64: 0, -1>, mode = "constant", value = 1.000000e+00 : f32} : tensor<2x3xf32> -> tensor<2x3xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<2x3xf32>
// CHECK-NEXT:    }
