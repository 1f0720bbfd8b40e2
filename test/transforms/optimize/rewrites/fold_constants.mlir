// RUN: opt-tool %s --split-input-file -p 'optimize{only=fold-constants exactness=bitwise}' --check-numerics | filecheck %s

// An operation on constants is computed when compiling, unless its result is much larger.
//
//     op(constants) => constant if the artifact does not grow by more than the work is worth.

func.func @sum(%x: tensor<3xf32>) -> tensor<3xf32> {
  %a = engine.constant dense<[1.0, 2.0, 3.0]> : tensor<3xf32> -> tensor<3xf32>
  %b = engine.constant dense<0.5> : tensor<f32> -> tensor<f32>
  %c = engine.map ins(%a, %b : tensor<3xf32>, tensor<f32>) -> tensor<3xf32> {
  ^bb0(%p: f32, %q: f32):
    %0 = arith.mulf %p, %q : f32
    engine.yield %0 : f32
  }
  %r = engine.map ins(%x, %c : tensor<3xf32>, tensor<3xf32>) -> tensor<3xf32> {
  ^bb0(%p: f32, %q: f32):
    %0 = arith.addf %p, %q : f32
    engine.yield %0 : f32
  }
  func.return %r : tensor<3xf32>
}

// CHECK-LABEL: func.func @sum
// CHECK-NEXT:      %{{.*}} = engine.constant dense<[5.000000e-01, 1.000000e+00, 1.500000e+00]> : tensor<3xf32> -> tensor<3xf32>
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<3xf32>, tensor<3xf32>) -> tensor<3xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<3xf32>
// CHECK-NEXT:    }

// -----

// Folding goes on from one operation to the next.
func.func @cascade() -> tensor<2x2xf32> {
  %a = engine.constant dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf32> -> tensor<4xf32>
  %b = engine.reshape %a : tensor<4xf32> -> tensor<2x2xf32>
  %c = engine.transpose %b {perm = array<i64: 1, 0>} : tensor<2x2xf32> -> tensor<2x2xf32>
  func.return %c : tensor<2x2xf32>
}

// CHECK-LABEL: func.func @cascade
// CHECK-NEXT:      %{{.*}} = engine.constant dense<{{\[\[}}1.000000e+00, 3.000000e+00], [2.000000e+00, 4.000000e+00{{\]\]}}> : tensor<2x2xf32> -> tensor<2x2xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<2x2xf32>
// CHECK-NEXT:    }

// -----

// The broadcast would add 400 KB to the artifact to save a copy.
func.func @near_miss_growth() -> tensor<100x1000xf32> {
  %a = engine.constant dense<1.0> : tensor<1x1000xf32> -> tensor<1x1000xf32>
  %b = engine.broadcast %a : tensor<1x1000xf32> -> tensor<100x1000xf32>
  func.return %b : tensor<100x1000xf32>
}

// CHECK-LABEL: func.func @near_miss_growth
// CHECK-NEXT:      %{{.*}} = engine.constant dense<1.000000e+00> : tensor<1x1000xf32> -> tensor<1x1000xf32>
// CHECK-NEXT:      %{{.*}} = engine.broadcast %{{.*}} : tensor<1x1000xf32> -> tensor<100x1000xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<100x1000xf32>
// CHECK-NEXT:    }

// -----

func.func @near_miss_input(%x: tensor<2xf32>) -> tensor<4xf32> {
  %a = engine.constant dense<[1.0, 2.0]> : tensor<2xf32> -> tensor<2xf32>
  %b = engine.concat %a, %x {axis = 0 : i64} : tensor<2xf32>, tensor<2xf32> -> tensor<4xf32>
  func.return %b : tensor<4xf32>
}

// CHECK-LABEL: func.func @near_miss_input
// CHECK-NEXT:      %{{.*}} = engine.constant dense<[1.000000e+00, 2.000000e+00]> : tensor<2xf32> -> tensor<2xf32>
// CHECK-NEXT:      %{{.*}} = engine.concat %{{.*}}, %{{.*}} {axis = 0 : i64} : tensor<2xf32>, tensor<2xf32> -> tensor<4xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<4xf32>
// CHECK-NEXT:    }
