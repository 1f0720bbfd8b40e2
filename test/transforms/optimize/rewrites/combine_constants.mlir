// RUN: opt-tool %s --split-input-file -p 'optimize{only=combine-constants exactness=rounding}' --check-numerics | filecheck %s

// Two constants in a row become one.

func.func @scales(%t0: tensor<3xf32>) -> tensor<3xf32> {
  %r = engine.map ins(%t0 : tensor<3xf32>) attributes {nodes = ["/map"]} -> tensor<3xf32> {
  ^bb0(%x: f32):
    %a = arith.constant 0.3 : f32
    %b = arith.constant 0.7 : f32
    %c = arith.mulf %x, %a : f32
    %0 = arith.mulf %c, %b : f32
    engine.yield %0 : f32
  }
  func.return %r : tensor<3xf32>
}

// CHECK-LABEL: func.func @scales
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}} : tensor<3xf32>) attributes {nodes = ["/map"], rewrites = ["combine-constants"]} -> tensor<3xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.constant 0.210000008 : f32
// CHECK-NEXT:        %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<3xf32>
// CHECK-NEXT:    }

// -----

func.func @shifts(%t0: tensor<3xf32>) -> tensor<3xf32> {
  %r = engine.map ins(%t0 : tensor<3xf32>) attributes {nodes = ["/map"]} -> tensor<3xf32> {
  ^bb0(%x: f32):
    %a = arith.constant 0.3 : f32
    %b = arith.constant 0.7 : f32
    %c = arith.addf %x, %a : f32
    %0 = arith.addf %c, %b : f32
    engine.yield %0 : f32
  }
  func.return %r : tensor<3xf32>
}

// CHECK-LABEL: func.func @shifts
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}} : tensor<3xf32>) attributes {nodes = ["/map"], rewrites = ["combine-constants"]} -> tensor<3xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.constant 1.000000e+00 : f32
// CHECK-NEXT:        %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<3xf32>
// CHECK-NEXT:    }

// -----

// x * 0.3 is needed anyway.
func.func @near_miss_second_use(%t0: tensor<3xf32>) -> tensor<3xf32> {
  %r = engine.map ins(%t0 : tensor<3xf32>) attributes {nodes = ["/map"]} -> tensor<3xf32> {
  ^bb0(%x: f32):
    %a = arith.constant 0.3 : f32
    %b = arith.constant 0.7 : f32
    %c = arith.mulf %x, %a : f32
    %d = arith.mulf %c, %b : f32
    %0 = arith.addf %c, %d : f32
    engine.yield %0 : f32
  }
  func.return %r : tensor<3xf32>
}

// CHECK-LABEL: func.func @near_miss_second_use
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}} : tensor<3xf32>) attributes {nodes = ["/map"]} -> tensor<3xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.constant 3.000000e-01 : f32
// CHECK-NEXT:        %{{.*}} = arith.constant 7.000000e-01 : f32
// CHECK-NEXT:        %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<3xf32>
// CHECK-NEXT:    }

// -----

// The product of the constants is infinite, x * c * d need not be.
func.func @near_miss_overflow(%t0: tensor<3xf32>) -> tensor<3xf32> {
  %r = engine.map ins(%t0 : tensor<3xf32>) attributes {nodes = ["/map"]} -> tensor<3xf32> {
  ^bb0(%x: f32):
    %a = arith.constant 1.0e30 : f32
    %b = arith.constant 1.0e30 : f32
    %c = arith.mulf %x, %a : f32
    %0 = arith.mulf %c, %b : f32
    engine.yield %0 : f32
  }
  func.return %r : tensor<3xf32>
}

// CHECK-LABEL: func.func @near_miss_overflow
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}} : tensor<3xf32>) attributes {nodes = ["/map"]} -> tensor<3xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.constant 1.000000e+30 : f32
// CHECK-NEXT:        %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<3xf32>
// CHECK-NEXT:    }

// -----

// A sum and a product.
func.func @near_miss_mixed(%t0: tensor<3xf32>) -> tensor<3xf32> {
  %r = engine.map ins(%t0 : tensor<3xf32>) attributes {nodes = ["/map"]} -> tensor<3xf32> {
  ^bb0(%x: f32):
    %a = arith.constant 0.3 : f32
    %b = arith.constant 0.7 : f32
    %c = arith.addf %x, %a : f32
    %0 = arith.mulf %c, %b : f32
    engine.yield %0 : f32
  }
  func.return %r : tensor<3xf32>
}

// CHECK-LABEL: func.func @near_miss_mixed
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}} : tensor<3xf32>) attributes {nodes = ["/map"]} -> tensor<3xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.constant 3.000000e-01 : f32
// CHECK-NEXT:        %{{.*}} = arith.constant 7.000000e-01 : f32
// CHECK-NEXT:        %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<3xf32>
// CHECK-NEXT:    }

// -----

func.func @near_miss_rounded(%t0: tensor<3xf32>) -> tensor<3xf32> {
  %r = engine.map ins(%t0 : tensor<3xf32>) -> tensor<3xf32> {
  ^bb0(%x: f32):
    %a = arith.constant 3.0 : f32
    %b = arith.constant 0.1 : f32
    %0 = arith.mulf %x, %a : f32
    %1 = arith.mulf %0, %b : f32
    %2 = math.floor %1 : f32
    engine.yield %2 : f32
  }
  func.return %r : tensor<3xf32>
}

// CHECK-LABEL: func.func @near_miss_rounded
// CHECK-NEXT:        %{{.*}} = engine.map ins(%{{.*}} : tensor<3xf32>) -> tensor<3xf32> {
// CHECK-NEXT:        ^bb0(%{{.*}}: f32):
// CHECK-NEXT:          %{{.*}} = arith.constant 3.000000e+00 : f32
// CHECK-NEXT:          %{{.*}} = arith.constant 1.000000e-01 : f32
// CHECK-NEXT:          %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:          %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:          %{{.*}} = math.floor %{{.*}} : f32
// CHECK-NEXT:          engine.yield %{{.*}} : f32
// CHECK-NEXT:        }
// CHECK-NEXT:        func.return %{{.*}} : tensor<3xf32>
// CHECK-NEXT:      }
