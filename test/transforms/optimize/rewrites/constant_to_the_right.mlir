// RUN: opt-tool %s --split-input-file -p 'optimize{only=constant-to-the-right exactness=bitwise}' --check-numerics | filecheck %s

// Constants stand to the right of operations that commute: one spelling for all that follows.

func.func @product(%t0: tensor<3xf32>) -> tensor<3xf32> {
  %r = engine.map ins(%t0 : tensor<3xf32>) attributes {nodes = ["/map"]} -> tensor<3xf32> {
  ^bb0(%x: f32):
    %a = arith.constant 0.5 : f32
    %0 = arith.mulf %a, %x : f32
    engine.yield %0 : f32
  }
  func.return %r : tensor<3xf32>
}

// CHECK-LABEL: func.func @product
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}} : tensor<3xf32>) attributes {nodes = ["/map"], rewrites = ["constant-to-the-right"]} -> tensor<3xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.constant 5.000000e-01 : f32
// CHECK-NEXT:        %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<3xf32>
// CHECK-NEXT:    }

// -----

func.func @limit(%t0: tensor<3xi64>) -> tensor<3xi64> {
  %r = engine.map ins(%t0 : tensor<3xi64>) attributes {nodes = ["/map"]} -> tensor<3xi64> {
  ^bb0(%x: i64):
    %a = arith.constant 5 : i64
    %0 = arith.maxsi %a, %x : i64
    engine.yield %0 : i64
  }
  func.return %r : tensor<3xi64>
}

// CHECK-LABEL: func.func @limit
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}} : tensor<3xi64>) attributes {nodes = ["/map"], rewrites = ["constant-to-the-right"]} -> tensor<3xi64> {
// CHECK-NEXT:      ^bb0(%{{.*}}: i64):
// CHECK-NEXT:        %{{.*}} = arith.constant 5 : i64
// CHECK-NEXT:        %{{.*}} = arith.maxsi %{{.*}}, %{{.*}} : i64
// CHECK-NEXT:        engine.yield %{{.*}} : i64
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<3xi64>
// CHECK-NEXT:    }

// -----

// A subtraction does not commute.
func.func @near_miss_difference(%t0: tensor<3xf32>) -> tensor<3xf32> {
  %r = engine.map ins(%t0 : tensor<3xf32>) attributes {nodes = ["/map"]} -> tensor<3xf32> {
  ^bb0(%x: f32):
    %a = arith.constant 0.5 : f32
    %0 = arith.subf %a, %x : f32
    engine.yield %0 : f32
  }
  func.return %r : tensor<3xf32>
}

// CHECK-LABEL: func.func @near_miss_difference
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}} : tensor<3xf32>) attributes {nodes = ["/map"]} -> tensor<3xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.constant 5.000000e-01 : f32
// CHECK-NEXT:        %{{.*}} = arith.subf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<3xf32>
// CHECK-NEXT:    }

// -----

// Both are constants: folding's work.
func.func @near_miss_both(%t0: tensor<3xf32>) -> tensor<3xf32> {
  %r = engine.map ins(%t0 : tensor<3xf32>) attributes {nodes = ["/map"]} -> tensor<3xf32> {
  ^bb0(%x: f32):
    %a = arith.constant 0.5 : f32
    %b = arith.constant 0.25 : f32
    %c = arith.addf %a, %b : f32
    %0 = arith.subf %c, %x : f32
    engine.yield %0 : f32
  }
  func.return %r : tensor<3xf32>
}

// CHECK-LABEL: func.func @near_miss_both
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}} : tensor<3xf32>) attributes {nodes = ["/map"]} -> tensor<3xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.constant 5.000000e-01 : f32
// CHECK-NEXT:        %{{.*}} = arith.constant 2.500000e-01 : f32
// CHECK-NEXT:        %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        %{{.*}} = arith.subf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<3xf32>
// CHECK-NEXT:    }
