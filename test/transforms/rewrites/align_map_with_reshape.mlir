// RUN: opt-tool %s --split-input-file -p 'optimize{only=align-map-with-reshape exactness=bitwise}' --check-numerics | filecheck %s

// A map over a reshape that only adds leading dimensions of extent 1 works on the unshaped value.
//
//     map{f}(reshape(x), y) => reshape(map{f}(x, y')) if x is a contraction's result, reshaped
//     only by dimensions of extent 1 in front, and y' is y without them.

func.func @aligned(%x: tensor<2x3xf32>, %b: tensor<3xf32>) -> tensor<1x2x3xf32> {
  %r = engine.reshape %x : tensor<2x3xf32> -> tensor<1x2x3xf32>
  %0 = engine.map ins(%r, %b : tensor<1x2x3xf32>, tensor<3xf32>) -> tensor<1x2x3xf32> {
  ^bb0(%p: f32, %q: f32):
    %1 = arith.addf %p, %q : f32
    engine.yield %1 : f32
  }
  func.return %0 : tensor<1x2x3xf32>
}

// CHECK-LABEL: func.func @aligned
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<2x3xf32>, tensor<3xf32>) attributes {rewrites = ["align-map-with-reshape"]} -> tensor<2x3xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      %{{.*}} = engine.reshape %{{.*}} {rewrites = ["align-map-with-reshape"]} : tensor<2x3xf32> -> tensor<1x2x3xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<1x2x3xf32>
// CHECK-NEXT:    }

// -----

// The other operand has the added dimension, too.
func.func @near_miss_other_operand(%x: tensor<2x3xf32>, %b: tensor<1x2x3xf32>) -> tensor<1x2x3xf32> {
  %r = engine.reshape %x : tensor<2x3xf32> -> tensor<1x2x3xf32>
  %0 = engine.map ins(%r, %b : tensor<1x2x3xf32>, tensor<1x2x3xf32>) -> tensor<1x2x3xf32> {
  ^bb0(%p: f32, %q: f32):
    %1 = arith.addf %p, %q : f32
    engine.yield %1 : f32
  }
  func.return %0 : tensor<1x2x3xf32>
}

// CHECK-LABEL: func.func @near_miss_other_operand
// CHECK-NEXT:      %{{.*}} = engine.reshape %{{.*}} : tensor<2x3xf32> -> tensor<1x2x3xf32>
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<1x2x3xf32>, tensor<1x2x3xf32>) -> tensor<1x2x3xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<1x2x3xf32>
// CHECK-NEXT:    }

// -----

func.func @near_miss_trailing(%x: tensor<2x3xf32>, %b: tensor<3x1xf32>) -> tensor<2x3x1xf32> {
  %r = engine.reshape %x : tensor<2x3xf32> -> tensor<2x3x1xf32>
  %0 = engine.map ins(%r, %b : tensor<2x3x1xf32>, tensor<3x1xf32>) -> tensor<2x3x1xf32> {
  ^bb0(%p: f32, %q: f32):
    %1 = arith.addf %p, %q : f32
    engine.yield %1 : f32
  }
  func.return %0 : tensor<2x3x1xf32>
}

// CHECK-LABEL: func.func @near_miss_trailing
// CHECK-NEXT:      %{{.*}} = engine.reshape %{{.*}} : tensor<2x3xf32> -> tensor<2x3x1xf32>
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<2x3x1xf32>, tensor<3x1xf32>) -> tensor<2x3x1xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<2x3x1xf32>
// CHECK-NEXT:    }
