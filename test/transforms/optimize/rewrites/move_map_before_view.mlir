// RUN: opt-tool %s --split-input-file -p 'optimize{only=move-map-before-view exactness=bitwise}' --check-numerics | filecheck %s

// A map of one operand moves in front of the transpose or reshape that it reads.
//
//     map{f}(view(x)) => view(map{f}(x)) if the map has one operand and view, a transpose or a
//     reshape, is read by it alone.

func.func @before_transpose(%x: tensor<2x3xf32>) -> tensor<3x2xf32> {
  %s = engine.softmax %x {axis = 1 : i64} : tensor<2x3xf32> -> tensor<2x3xf32>
  %t = engine.transpose %s {perm = array<i64: 1, 0>} : tensor<2x3xf32> -> tensor<3x2xf32>
  %0 = engine.map ins(%t : tensor<3x2xf32>) -> tensor<3x2xf32> {
  ^bb0(%p: f32):
    %1 = arith.negf %p : f32
    engine.yield %1 : f32
  }
  func.return %0 : tensor<3x2xf32>
}

// CHECK-LABEL: func.func @before_transpose
// CHECK-NEXT:      %{{.*}} = engine.softmax %{{.*}} {axis = 1 : i64} : tensor<2x3xf32> -> tensor<2x3xf32>
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}} : tensor<2x3xf32>) attributes {rewrites = ["move-map-before-view"]} -> tensor<2x3xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.negf %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      %{{.*}} = engine.transpose %{{.*}} {rewrites = ["move-map-before-view"], perm = array<i64: 1, 0>} : tensor<2x3xf32> -> tensor<3x2xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<3x2xf32>
// CHECK-NEXT:    }

// -----

func.func @before_reshape(%x: tensor<2x3xf32>) -> tensor<6xf32> {
  %s = engine.softmax %x {axis = 1 : i64} : tensor<2x3xf32> -> tensor<2x3xf32>
  %t = engine.reshape %s : tensor<2x3xf32> -> tensor<6xf32>
  %0 = engine.map ins(%t : tensor<6xf32>) -> tensor<6xf32> {
  ^bb0(%p: f32):
    %1 = arith.negf %p : f32
    engine.yield %1 : f32
  }
  func.return %0 : tensor<6xf32>
}

// CHECK-LABEL: func.func @before_reshape
// CHECK-NEXT:      %{{.*}} = engine.softmax %{{.*}} {axis = 1 : i64} : tensor<2x3xf32> -> tensor<2x3xf32>
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}} : tensor<2x3xf32>) attributes {rewrites = ["move-map-before-view"]} -> tensor<2x3xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.negf %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      %{{.*}} = engine.reshape %{{.*}} {rewrites = ["move-map-before-view"]} : tensor<2x3xf32> -> tensor<6xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<6xf32>
// CHECK-NEXT:    }

// -----

// The transposed value is needed as it is, too.
func.func @near_miss_second_use(%x: tensor<2x3xf32>) -> (tensor<3x2xf32>, tensor<3x2xf32>) {
  %s = engine.softmax %x {axis = 1 : i64} : tensor<2x3xf32> -> tensor<2x3xf32>
  %t = engine.transpose %s {perm = array<i64: 1, 0>} : tensor<2x3xf32> -> tensor<3x2xf32>
  %0 = engine.map ins(%t : tensor<3x2xf32>) -> tensor<3x2xf32> {
  ^bb0(%p: f32):
    %1 = arith.negf %p : f32
    engine.yield %1 : f32
  }
  func.return %t, %0 : tensor<3x2xf32>, tensor<3x2xf32>
}

// CHECK-LABEL: func.func @near_miss_second_use
// CHECK-NEXT:      %{{.*}} = engine.softmax %{{.*}} {axis = 1 : i64} : tensor<2x3xf32> -> tensor<2x3xf32>
// CHECK-NEXT:      %{{.*}} = engine.transpose %{{.*}} {perm = array<i64: 1, 0>} : tensor<2x3xf32> -> tensor<3x2xf32>
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}} : tensor<3x2xf32>) -> tensor<3x2xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.negf %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}}, %{{.*}} : tensor<3x2xf32>, tensor<3x2xf32>
// CHECK-NEXT:    }

// -----

// Another operand would have to be transposed, too.
func.func @near_miss_two_operands(%x: tensor<2x3xf32>, %y: tensor<3x2xf32>) -> tensor<3x2xf32> {
  %s = engine.softmax %x {axis = 1 : i64} : tensor<2x3xf32> -> tensor<2x3xf32>
  %t = engine.transpose %s {perm = array<i64: 1, 0>} : tensor<2x3xf32> -> tensor<3x2xf32>
  %0 = engine.map ins(%t, %y : tensor<3x2xf32>, tensor<3x2xf32>) -> tensor<3x2xf32> {
  ^bb0(%p: f32, %q: f32):
    %1 = arith.addf %p, %q : f32
    engine.yield %1 : f32
  }
  func.return %0 : tensor<3x2xf32>
}

// CHECK-LABEL: func.func @near_miss_two_operands
// CHECK-NEXT:      %{{.*}} = engine.softmax %{{.*}} {axis = 1 : i64} : tensor<2x3xf32> -> tensor<2x3xf32>
// CHECK-NEXT:      %{{.*}} = engine.transpose %{{.*}} {perm = array<i64: 1, 0>} : tensor<2x3xf32> -> tensor<3x2xf32>
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<3x2xf32>, tensor<3x2xf32>) -> tensor<3x2xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<3x2xf32>
// CHECK-NEXT:    }
