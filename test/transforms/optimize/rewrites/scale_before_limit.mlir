// RUN: opt-tool %s --split-input-file -p 'optimize{only=scale-before-limit exactness=bitwise}' --check-numerics | filecheck %s

// A ReLU in front of a scale goes behind it, where it meets the limits of codes.

func.func @relu(%x: tensor<40xf32>) -> tensor<40xf32> {
  %y = engine.map ins(%x : tensor<40xf32>) attributes {nodes = ["/q"]} -> tensor<40xf32> {
  ^bb0(%a: f32):
    %z = arith.constant 0.0 : f32
    %c = arith.constant 33.0 : f32
    %0 = arith.maximumf %a, %z : f32
    %1 = arith.mulf %0, %c : f32
    %r = math.roundeven %1 : f32
    engine.yield %r : f32
  }
  func.return %y : tensor<40xf32>
}

// CHECK-LABEL: func.func @relu
// CHECK: arith.mulf
// CHECK: arith.maximumf
// CHECK: math.roundeven

// -----

// The order turns around.
func.func @near_miss_negative(%x: tensor<40xf32>) -> tensor<40xf32> {
  %y = engine.map ins(%x : tensor<40xf32>) attributes {nodes = ["/q"]} -> tensor<40xf32> {
  ^bb0(%a: f32):
    %z = arith.constant 0.0 : f32
    %c = arith.constant -33.0 : f32
    %0 = arith.maximumf %a, %z : f32
    %1 = arith.mulf %0, %c : f32
    %r = math.roundeven %1 : f32
    engine.yield %r : f32
  }
  func.return %y : tensor<40xf32>
}

// CHECK-LABEL: func.func @near_miss_negative
// CHECK: arith.maximumf
// CHECK: arith.mulf

// -----

// Another limit would have to be scaled, and rounded.
func.func @near_miss_limit(%x: tensor<40xf32>) -> tensor<40xf32> {
  %y = engine.map ins(%x : tensor<40xf32>) attributes {nodes = ["/q"]} -> tensor<40xf32> {
  ^bb0(%a: f32):
    %z = arith.constant 0.1 : f32
    %c = arith.constant 33.0 : f32
    %0 = arith.maximumf %a, %z : f32
    %1 = arith.mulf %0, %c : f32
    %r = math.roundeven %1 : f32
    engine.yield %r : f32
  }
  func.return %y : tensor<40xf32>
}

// CHECK-LABEL: func.func @near_miss_limit
// CHECK: arith.maximumf
// CHECK: arith.mulf
