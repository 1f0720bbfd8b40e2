// RUN: opt-tool %s --split-input-file -p 'optimize{only=fold-scalar-arithmetic exactness=bitwise}' --check-numerics | filecheck %s

// Arithmetic on constants inside a region is done when compiling.

func.func @sum(%t0: tensor<3xf32>) -> tensor<3xf32> {
  %r = engine.map ins(%t0 : tensor<3xf32>) attributes {nodes = ["/map"]} -> tensor<3xf32> {
  ^bb0(%x: f32):
    %a = arith.constant 0.5 : f32
    %b = arith.constant 0.25 : f32
    %c = arith.addf %a, %b : f32
    %0 = arith.mulf %x, %c : f32
    engine.yield %0 : f32
  }
  func.return %r : tensor<3xf32>
}

// CHECK-LABEL: func.func @sum
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}} : tensor<3xf32>) attributes {nodes = ["/map"], rewrites = ["fold-scalar-arithmetic"]} -> tensor<3xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.constant 7.500000e-01 : f32
// CHECK-NEXT:        %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<3xf32>
// CHECK-NEXT:    }

// -----

// Casts and integers, too.
func.func @cast(%t0: tensor<3xi64>) -> tensor<3xi64> {
  %r = engine.map ins(%t0 : tensor<3xi64>) attributes {nodes = ["/map"]} -> tensor<3xi64> {
  ^bb0(%x: i64):
    %a = arith.constant 3 : i32
    %b = arith.extsi %a : i32 to i64
    %c = arith.muli %b, %b : i64
    %0 = arith.addi %x, %c : i64
    engine.yield %0 : i64
  }
  func.return %r : tensor<3xi64>
}

// CHECK-LABEL: func.func @cast
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}} : tensor<3xi64>) attributes {nodes = ["/map"], rewrites = ["fold-scalar-arithmetic"]} -> tensor<3xi64> {
// CHECK-NEXT:      ^bb0(%{{.*}}: i64):
// CHECK-NEXT:        %{{.*}} = arith.constant 9 : i64
// CHECK-NEXT:        %{{.*}} = arith.addi %{{.*}}, %{{.*}} : i64
// CHECK-NEXT:        engine.yield %{{.*}} : i64
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<3xi64>
// CHECK-NEXT:    }

// -----

// One operand is an argument.
func.func @near_miss_argument(%t0: tensor<3xf32>) -> tensor<3xf32> {
  %r = engine.map ins(%t0 : tensor<3xf32>) attributes {nodes = ["/map"]} -> tensor<3xf32> {
  ^bb0(%x: f32):
    %a = arith.constant 0.5 : f32
    %0 = arith.addf %x, %a : f32
    engine.yield %0 : f32
  }
  func.return %r : tensor<3xf32>
}

// CHECK-LABEL: func.func @near_miss_argument
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}} : tensor<3xf32>) attributes {nodes = ["/map"]} -> tensor<3xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.constant 5.000000e-01 : f32
// CHECK-NEXT:        %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<3xf32>
// CHECK-NEXT:    }

// -----

// The quotient is infinite, which no literal should hide.
func.func @near_miss_infinite(%t0: tensor<3xf32>) -> tensor<3xf32> {
  %r = engine.map ins(%t0 : tensor<3xf32>) attributes {nodes = ["/map"]} -> tensor<3xf32> {
  ^bb0(%x: f32):
    %a = arith.constant 1.0 : f32
    %b = arith.constant 0.0 : f32
    %c = arith.divf %a, %b : f32
    %0 = arith.minimumf %x, %c : f32
    engine.yield %0 : f32
  }
  func.return %r : tensor<3xf32>
}

// CHECK-LABEL: func.func @near_miss_infinite
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}} : tensor<3xf32>) attributes {nodes = ["/map"]} -> tensor<3xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.constant 1.000000e+00 : f32
// CHECK-NEXT:        %{{.*}} = arith.constant 0.000000e+00 : f32
// CHECK-NEXT:        %{{.*}} = arith.divf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        %{{.*}} = arith.minimumf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<3xf32>
// CHECK-NEXT:    }
