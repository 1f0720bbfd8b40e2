// RUN: opt-tool %s --split-input-file -p 'optimize{only=merge-concats exactness=bitwise}' --check-numerics | filecheck %s

// A concat of a concat is one concat.

func.func @nested(%x: tensor<2x3xf32>, %y: tensor<4x3xf32>) -> tensor<8x3xf32> {
  %a = engine.concat %x, %y {axis = 0 : i64} : tensor<2x3xf32>, tensor<4x3xf32> -> tensor<6x3xf32>
  %b = engine.concat %x, %a {axis = 0 : i64} : tensor<2x3xf32>, tensor<6x3xf32> -> tensor<8x3xf32>
  func.return %b : tensor<8x3xf32>
}

// CHECK-LABEL: func.func @nested
// CHECK-NEXT:      %{{.*}} = engine.concat %{{.*}}, %{{.*}}, %{{.*}} {rewrites = ["merge-concats"], axis = 0 : i64} : tensor<2x3xf32>, tensor<2x3xf32>, tensor<4x3xf32> -> tensor<8x3xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<8x3xf32>
// CHECK-NEXT:    }

// -----

// Along another axis, and twice.
func.func @near_miss_axis(%x: tensor<2x3xf32>, %y: tensor<2x3xf32>) -> tensor<2x12xf32> {
  %a = engine.concat %x, %y {axis = 1 : i64} : tensor<2x3xf32>, tensor<2x3xf32> -> tensor<2x6xf32>
  %b = engine.concat %a, %a {axis = 0 : i64} : tensor<2x6xf32>, tensor<2x6xf32> -> tensor<4x6xf32>
  %c = engine.reshape %b : tensor<4x6xf32> -> tensor<2x12xf32>
  func.return %c : tensor<2x12xf32>
}

// CHECK-LABEL: func.func @near_miss_axis
// CHECK-NEXT:      %{{.*}} = engine.concat %{{.*}}, %{{.*}} {axis = 1 : i64} : tensor<2x3xf32>, tensor<2x3xf32> -> tensor<2x6xf32>
// CHECK-NEXT:      %{{.*}} = engine.concat %{{.*}}, %{{.*}} {axis = 0 : i64} : tensor<2x6xf32>, tensor<2x6xf32> -> tensor<4x6xf32>
// CHECK-NEXT:      %{{.*}} = engine.reshape %{{.*}} : tensor<4x6xf32> -> tensor<2x12xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<2x12xf32>
// CHECK-NEXT:    }

// -----

// The inner concat is needed anyway.
func.func @near_miss_second_use(%x: tensor<2x3xf32>, %y: tensor<4x3xf32>) -> (tensor<8x3xf32>, tensor<6x3xf32>) {
  %a = engine.concat %x, %y {axis = 0 : i64} : tensor<2x3xf32>, tensor<4x3xf32> -> tensor<6x3xf32>
  %b = engine.concat %x, %a {axis = 0 : i64} : tensor<2x3xf32>, tensor<6x3xf32> -> tensor<8x3xf32>
  func.return %b, %a : tensor<8x3xf32>, tensor<6x3xf32>
}

// CHECK-LABEL: func.func @near_miss_second_use
// CHECK-NEXT:      %{{.*}} = engine.concat %{{.*}}, %{{.*}} {axis = 0 : i64} : tensor<2x3xf32>, tensor<4x3xf32> -> tensor<6x3xf32>
// CHECK-NEXT:      %{{.*}} = engine.concat %{{.*}}, %{{.*}} {axis = 0 : i64} : tensor<2x3xf32>, tensor<6x3xf32> -> tensor<8x3xf32>
// CHECK-NEXT:      func.return %{{.*}}, %{{.*}} : tensor<8x3xf32>, tensor<6x3xf32>
// CHECK-NEXT:    }
