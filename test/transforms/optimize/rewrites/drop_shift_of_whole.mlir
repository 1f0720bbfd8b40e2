// RUN: opt-tool %s --split-input-file -p 'optimize{only=drop-shift-of-whole exactness=rounding}' --check-numerics | filecheck %s

// A zero point that is added to a whole number and taken off it again.

func.func @whole(%x: tensor<40xf32>) -> tensor<40xf32> {
  %y = engine.map ins(%x : tensor<40xf32>) attributes {nodes = ["/q"]} -> tensor<40xf32> {
  ^bb0(%a: f32):
    %l = arith.constant -7.0 : f32
    %h = arith.constant 248.0 : f32
    %p = arith.maximumf %a, %l : f32
    %q = arith.minimumf %p, %h : f32
    %w = math.roundeven %q : f32
    %z = arith.constant 7.0 : f32
    %0 = arith.addf %w, %z : f32
    %r = arith.subf %0, %z : f32
    engine.yield %r : f32
  }
  func.return %y : tensor<40xf32>
}

// CHECK-LABEL: func.func @whole
// CHECK: %[[W:.*]] = math.roundeven
// CHECK-NEXT: engine.yield %[[W]]

// -----

// Of a number that is not whole, digits are lost.
func.func @near_miss_fraction(%x: tensor<40xf32>) -> tensor<40xf32> {
  %y = engine.map ins(%x : tensor<40xf32>) attributes {nodes = ["/q"]} -> tensor<40xf32> {
  ^bb0(%a: f32):
    %z = arith.constant 7.0 : f32
    %0 = arith.addf %a, %z : f32
    %r = arith.subf %0, %z : f32
    engine.yield %r : f32
  }
  func.return %y : tensor<40xf32>
}

// CHECK-LABEL: func.func @near_miss_fraction
// CHECK: arith.subf

// -----

// Another number is taken off.
func.func @near_miss_other(%x: tensor<40xf32>) -> tensor<40xf32> {
  %y = engine.map ins(%x : tensor<40xf32>) attributes {nodes = ["/q"]} -> tensor<40xf32> {
  ^bb0(%a: f32):
    %l = arith.constant -7.0 : f32
    %h = arith.constant 248.0 : f32
    %p = arith.maximumf %a, %l : f32
    %q = arith.minimumf %p, %h : f32
    %w = math.roundeven %q : f32
    %z = arith.constant 7.0 : f32
    %y = arith.constant 6.0 : f32
    %0 = arith.addf %w, %z : f32
    %r = arith.subf %0, %y : f32
    engine.yield %r : f32
  }
  func.return %y : tensor<40xf32>
}

// CHECK-LABEL: func.func @near_miss_other
// CHECK: arith.subf
