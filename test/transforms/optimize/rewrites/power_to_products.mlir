// RUN: opt-tool %s --split-input-file -p 'optimize{only=power-to-products exactness=rounding}' --check-numerics | filecheck %s

// Small whole powers are products.

// The tanh form of GELU has one.
func.func @cube(%t0: tensor<3xf32>) -> tensor<3xf32> {
  %r = engine.map ins(%t0 : tensor<3xf32>) attributes {nodes = ["/map"]} -> tensor<3xf32> {
  ^bb0(%x: f32):
    %a = arith.constant 3.0 : f32
    %0 = math.powf %x, %a : f32
    engine.yield %0 : f32
  }
  func.return %r : tensor<3xf32>
}

// CHECK-LABEL: func.func @cube
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}} : tensor<3xf32>) attributes {nodes = ["/map"], rewrites = ["power-to-products"]} -> tensor<3xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<3xf32>
// CHECK-NEXT:    }

// -----

// A square root of -inf is NaN, the power is inf.
func.func @near_miss_half(%t0: tensor<3xf32>) -> tensor<3xf32> {
  %r = engine.map ins(%t0 : tensor<3xf32>) attributes {nodes = ["/map"]} -> tensor<3xf32> {
  ^bb0(%x: f32):
    %a = arith.constant 0.5 : f32
    %0 = math.powf %x, %a : f32
    engine.yield %0 : f32
  }
  func.return %r : tensor<3xf32>
}

// CHECK-LABEL: func.func @near_miss_half
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}} : tensor<3xf32>) attributes {nodes = ["/map"]} -> tensor<3xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.constant 5.000000e-01 : f32
// CHECK-NEXT:        %{{.*}} = math.powf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<3xf32>
// CHECK-NEXT:    }

// -----

func.func @near_miss_argument(%t0: tensor<3xf32>, %t1: tensor<3xf32>) -> tensor<3xf32> {
  %r = engine.map ins(%t0, %t1 : tensor<3xf32>, tensor<3xf32>) attributes {nodes = ["/map"]} -> tensor<3xf32> {
  ^bb0(%x: f32, %y: f32):
    %0 = math.powf %x, %y : f32
    engine.yield %0 : f32
  }
  func.return %r : tensor<3xf32>
}

// CHECK-LABEL: func.func @near_miss_argument
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<3xf32>, tensor<3xf32>) attributes {nodes = ["/map"]} -> tensor<3xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = math.powf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<3xf32>
// CHECK-NEXT:    }

// -----

// The last digit decides what the integer is.
func.func @near_miss_rounded(%t0: tensor<3xf32>) -> tensor<3xf32> {
  %r = engine.map ins(%t0 : tensor<3xf32>) -> tensor<3xf32> {
  ^bb0(%x: f32):
    %a = arith.constant 3.0 : f32
    %0 = math.powf %x, %a : f32
    %1 = math.roundeven %0 : f32
    engine.yield %1 : f32
  }
  func.return %r : tensor<3xf32>
}

// CHECK-LABEL: func.func @near_miss_rounded
// CHECK-NEXT:        %{{.*}} = engine.map ins(%{{.*}} : tensor<3xf32>) -> tensor<3xf32> {
// CHECK-NEXT:        ^bb0(%{{.*}}: f32):
// CHECK-NEXT:          %{{.*}} = arith.constant 3.000000e+00 : f32
// CHECK-NEXT:          %{{.*}} = math.powf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:          %{{.*}} = math.roundeven %{{.*}} : f32
// CHECK-NEXT:          engine.yield %{{.*}} : f32
// CHECK-NEXT:        }
// CHECK-NEXT:        func.return %{{.*}} : tensor<3xf32>
// CHECK-NEXT:      }
