// RUN: opt-tool %s --split-input-file -p 'optimize{only=scalar-constant-into-map exactness=bitwise}' --check-numerics | filecheck %s

// A constant with equal elements becomes an arith.constant of the region.
//
//     map{f}(x, c) => map{x -> f(x, c)}(x) if all elements of the constant c are equal.

func.func @scalar(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %c = engine.constant dense<2.0> : tensor<f32> -> tensor<f32>
  %0 = engine.map ins(%x, %c : tensor<2x3xf32>, tensor<f32>) -> tensor<2x3xf32> {
  ^bb0(%p: f32, %q: f32):
    %1 = arith.mulf %p, %q : f32
    engine.yield %1 : f32
  }
  func.return %0 : tensor<2x3xf32>
}

// CHECK-LABEL: func.func @scalar
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}} : tensor<2x3xf32>) attributes {rewrites = ["scalar-constant-into-map"]} -> tensor<2x3xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.constant 2.000000e+00 : f32
// CHECK-NEXT:        %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<2x3xf32>
// CHECK-NEXT:    }

// -----

// Integers, and a constant that is used by the map twice.
func.func @integers(%x: tensor<2x3xi64>) -> tensor<2x3xi64> {
  %c = engine.constant dense<-3> : tensor<1x3xi64> -> tensor<1x3xi64>
  %0 = engine.map ins(%x, %c, %c : tensor<2x3xi64>, tensor<1x3xi64>, tensor<1x3xi64>) -> tensor<2x3xi64> {
  ^bb0(%p: i64, %q: i64, %r: i64):
    %1 = arith.muli %p, %q : i64
    %2 = arith.addi %1, %r : i64
    engine.yield %2 : i64
  }
  func.return %0 : tensor<2x3xi64>
}

// CHECK-LABEL: func.func @integers
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}} : tensor<2x3xi64>) attributes {rewrites = ["scalar-constant-into-map"]} -> tensor<2x3xi64> {
// CHECK-NEXT:      ^bb0(%{{.*}}: i64):
// CHECK-NEXT:        %{{.*}} = arith.constant -3 : i64
// CHECK-NEXT:        %{{.*}} = arith.muli %{{.*}}, %{{.*}} : i64
// CHECK-NEXT:        %{{.*}} = arith.addi %{{.*}}, %{{.*}} : i64
// CHECK-NEXT:        engine.yield %{{.*}} : i64
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<2x3xi64>
// CHECK-NEXT:    }

// -----

func.func @near_miss_different_elements(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %c = engine.constant dense<[1.0, 2.0, 3.0]> : tensor<3xf32> -> tensor<3xf32>
  %0 = engine.map ins(%x, %c : tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xf32> {
  ^bb0(%p: f32, %q: f32):
    %1 = arith.mulf %p, %q : f32
    engine.yield %1 : f32
  }
  func.return %0 : tensor<2x3xf32>
}

// CHECK-LABEL: func.func @near_miss_different_elements
// CHECK-NEXT:      %{{.*}} = engine.constant dense<[1.000000e+00, 2.000000e+00, 3.000000e+00]> : tensor<3xf32> -> tensor<3xf32>
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<2x3xf32>
// CHECK-NEXT:    }

// -----

// 0.0 and -0.0 are equal numbers, but not equal elements.
func.func @near_miss_signed_zero(%x: tensor<2xf32>) -> tensor<2xf32> {
  %c = engine.constant dense<[0.0, -0.0]> : tensor<2xf32> -> tensor<2xf32>
  %0 = engine.map ins(%x, %c : tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32> {
  ^bb0(%p: f32, %q: f32):
    %1 = math.copysign %p, %q : f32
    engine.yield %1 : f32
  }
  func.return %0 : tensor<2xf32>
}

// CHECK-LABEL: func.func @near_miss_signed_zero
// CHECK-NEXT:      %{{.*}} = engine.constant dense<0.000000e+00> : tensor<2xf32> -> tensor<2xf32>
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = math.copysign %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<2xf32>
// CHECK-NEXT:    }

// -----

// The constant gives the result its shape.
func.func @near_miss_shape(%x: tensor<f32>) -> tensor<2xf32> {
  %c = engine.constant dense<1.0> : tensor<2xf32> -> tensor<2xf32>
  %0 = engine.map ins(%x, %c : tensor<f32>, tensor<2xf32>) -> tensor<2xf32> {
  ^bb0(%p: f32, %q: f32):
    %1 = arith.addf %p, %q : f32
    engine.yield %1 : f32
  }
  func.return %0 : tensor<2xf32>
}

// CHECK-LABEL: func.func @near_miss_shape
// CHECK-NEXT:      %{{.*}} = engine.constant dense<1.000000e+00> : tensor<2xf32> -> tensor<2xf32>
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<f32>, tensor<2xf32>) -> tensor<2xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<2xf32>
// CHECK-NEXT:    }
