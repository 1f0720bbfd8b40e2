// RUN: opt-tool %s --split-input-file -p 'optimize{only=drop-identity-map exactness=bitwise}' --check-numerics | filecheck %s

// A map that gives one operand back disappears.
//
//     map{x -> x}(x) => x if the type does not change.

func.func @identity(%x: tensor<2x3xf32>, %y: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %0 = engine.map ins(%x, %y : tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x3xf32> {
  ^bb0(%a: f32, %b: f32):
    engine.yield %b : f32
  }
  func.return %0 : tensor<2x3xf32>
}

// CHECK-LABEL: func.func @identity
// CHECK-NEXT:      func.return %{{.*}} : tensor<2x3xf32>
// CHECK-NEXT:    }

// -----

// The map broadcasts.
func.func @near_miss_broadcast(%x: tensor<3xf32>, %y: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %0 = engine.map ins(%x, %y : tensor<3xf32>, tensor<2x3xf32>) -> tensor<2x3xf32> {
  ^bb0(%a: f32, %b: f32):
    engine.yield %a : f32
  }
  func.return %0 : tensor<2x3xf32>
}

// CHECK-LABEL: func.func @near_miss_broadcast
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<3xf32>, tensor<2x3xf32>) -> tensor<2x3xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<2x3xf32>
// CHECK-NEXT:    }

// -----

func.func @near_miss_negation(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %0 = engine.map ins(%x : tensor<2x3xf32>) -> tensor<2x3xf32> {
  ^bb0(%a: f32):
    %1 = arith.negf %a : f32
    engine.yield %1 : f32
  }
  func.return %0 : tensor<2x3xf32>
}

// CHECK-LABEL: func.func @near_miss_negation
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}} : tensor<2x3xf32>) -> tensor<2x3xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.negf %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<2x3xf32>
// CHECK-NEXT:    }
