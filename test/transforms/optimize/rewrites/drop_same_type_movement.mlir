// RUN: opt-tool %s --split-input-file -p 'optimize{only=drop-same-type-movement exactness=bitwise}' --check-numerics | filecheck %s

// A reshape, broadcast or relayout to the type its operand already has disappears.
//
//     reshape(x), broadcast(x), relayout(x) => x if the type does not change.

// The reshape to the same shape goes; the one to another stays.
func.func @reshape(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %0 = engine.reshape %x {nodes = ["/r"]} : tensor<2x3xf32> -> tensor<2x3xf32>
  func.return %0 : tensor<2x3xf32>
}

// CHECK-LABEL: func.func @reshape
// CHECK-NEXT:      func.return %{{.*}} : tensor<2x3xf32>
// CHECK-NEXT:    }

// -----

func.func @broadcast(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %0 = engine.broadcast %x : tensor<2x3xf32> -> tensor<2x3xf32>
  %1 = engine.softmax %0 {axis = 1 : i64} : tensor<2x3xf32> -> tensor<2x3xf32>
  func.return %1 : tensor<2x3xf32>
}

// CHECK-LABEL: func.func @broadcast
// CHECK-NEXT:      %{{.*}} = engine.softmax %{{.*}} {axis = 1 : i64} : tensor<2x3xf32> -> tensor<2x3xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<2x3xf32>
// CHECK-NEXT:    }

// -----

// Another shape, and another layout, are not the same type.
func.func @near_miss_shape(%x: tensor<2x3xf32>) -> tensor<3x2xf32> {
  %0 = engine.reshape %x : tensor<2x3xf32> -> tensor<3x2xf32>
  func.return %0 : tensor<3x2xf32>
}

// CHECK-LABEL: func.func @near_miss_shape
// CHECK-NEXT:      %{{.*}} = engine.reshape %{{.*}} : tensor<2x3xf32> -> tensor<3x2xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<3x2xf32>
// CHECK-NEXT:    }

// -----

func.func @near_miss_layout(%x: tensor<1x16x2x2xf32>) -> tensor<1x16x2x2xf32, #engine.layout<"aBcd16b">> {
  %0 = engine.relayout %x : tensor<1x16x2x2xf32> -> tensor<1x16x2x2xf32, #engine.layout<"aBcd16b">>
  func.return %0 : tensor<1x16x2x2xf32, #engine.layout<"aBcd16b">>
}

// CHECK-LABEL: func.func @near_miss_layout
// CHECK-NEXT:      %{{.*}} = engine.relayout %{{.*}} : tensor<1x16x2x2xf32> -> tensor<1x16x2x2xf32, #engine.layout<"aBcd16b">>
// CHECK-NEXT:      func.return %{{.*}} : tensor<1x16x2x2xf32, #engine.layout<"aBcd16b">>
// CHECK-NEXT:    }
