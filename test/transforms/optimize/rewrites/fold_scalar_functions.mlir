// RUN: opt-tool %s --split-input-file -p 'optimize{only=fold-scalar-functions exactness=rounding}' --check-numerics | filecheck %s

// Functions of constants inside a region are computed when compiling.

func.func @square_root(%t0: tensor<3xf32>) -> tensor<3xf32> {
  %r = engine.map ins(%t0 : tensor<3xf32>) attributes {nodes = ["/map"]} -> tensor<3xf32> {
  ^bb0(%x: f32):
    %a = arith.constant 2.0 : f32
    %b = math.sqrt %a : f32
    %0 = arith.divf %x, %b : f32
    engine.yield %0 : f32
  }
  func.return %r : tensor<3xf32>
}

// CHECK-LABEL: func.func @square_root
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}} : tensor<3xf32>) attributes {nodes = ["/map"], rewrites = ["fold-scalar-functions"]} -> tensor<3xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.constant 1.41421354 : f32
// CHECK-NEXT:        %{{.*}} = arith.divf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<3xf32>
// CHECK-NEXT:    }

// -----

func.func @near_miss_argument(%t0: tensor<3xf32>) -> tensor<3xf32> {
  %r = engine.map ins(%t0 : tensor<3xf32>) attributes {nodes = ["/map"]} -> tensor<3xf32> {
  ^bb0(%x: f32):
    %0 = math.exp %x : f32
    engine.yield %0 : f32
  }
  func.return %r : tensor<3xf32>
}

// CHECK-LABEL: func.func @near_miss_argument
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}} : tensor<3xf32>) attributes {nodes = ["/map"]} -> tensor<3xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = math.exp %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<3xf32>
// CHECK-NEXT:    }

// -----

// The logarithm of a negative number is NaN.
func.func @near_miss_not_finite(%t0: tensor<3xf32>) -> tensor<3xf32> {
  %r = engine.map ins(%t0 : tensor<3xf32>) attributes {nodes = ["/map"]} -> tensor<3xf32> {
  ^bb0(%x: f32):
    %a = arith.constant -1.0 : f32
    %b = math.log %a : f32
    %0 = arith.addf %x, %b : f32
    engine.yield %0 : f32
  }
  func.return %r : tensor<3xf32>
}

// CHECK-LABEL: func.func @near_miss_not_finite
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}} : tensor<3xf32>) attributes {nodes = ["/map"]} -> tensor<3xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.constant -1.000000e+00 : f32
// CHECK-NEXT:        %{{.*}} = math.log %{{.*}} : f32
// CHECK-NEXT:        %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<3xf32>
// CHECK-NEXT:    }
