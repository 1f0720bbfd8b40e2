// RUN: opt-tool %s --split-input-file -p 'optimize{only=drop-code-of-whole exactness=rounding}' --check-numerics | filecheck %s

// A whole number that becomes a code, and the number of that code.

func.func @code(%x: tensor<40xf32>) -> tensor<40xf32> {
  %y = engine.map ins(%x : tensor<40xf32>) attributes {nodes = ["/q"]} -> tensor<40xf32> {
  ^bb0(%a: f32):
    %l = arith.constant 0.0 : f32
    %h = arith.constant 255.0 : f32
    %p = arith.maximumf %a, %l : f32
    %q = arith.minimumf %p, %h : f32
    %w = math.roundeven %q : f32
    %0 = arith.fptoui %w : f32 to i8
    %r = arith.uitofp %0 : i8 to f32
    engine.yield %r : f32
  }
  func.return %y : tensor<40xf32>
}

// CHECK-LABEL: func.func @code
// CHECK: %[[W:.*]] = math.roundeven
// CHECK-NEXT: engine.yield %[[W]]

// -----

func.func @code_with_zero_point(%x: tensor<40xf32>) -> tensor<40xf32> {
  %y = engine.map ins(%x : tensor<40xf32>) attributes {nodes = ["/q"]} -> tensor<40xf32> {
  ^bb0(%a: f32):
    %l = arith.constant -7.0 : f32
    %h = arith.constant 248.0 : f32
    %p = arith.maximumf %a, %l : f32
    %q = arith.minimumf %p, %h : f32
    %w = math.roundeven %q : f32
    %0 = arith.fptosi %w : f32 to i32
    %z = arith.constant 7 : i32
    %1 = arith.addi %0, %z : i32
    %2 = arith.trunci %1 : i32 to i8
    %r = arith.uitofp %2 : i8 to f32
    engine.yield %r : f32
  }
  func.return %y : tensor<40xf32>
}

// CHECK-LABEL: func.func @code_with_zero_point
// CHECK: math.roundeven
// CHECK: arith.constant 7.000000e+00 : f32
// CHECK: arith.addf

// -----

// 300 is the code 44.
func.func @near_miss_room(%x: tensor<40xf32>) -> tensor<40xf32> {
  %y = engine.map ins(%x : tensor<40xf32>) attributes {nodes = ["/q"]} -> tensor<40xf32> {
  ^bb0(%a: f32):
    %l = arith.constant 0.0 : f32
    %h = arith.constant 300.0 : f32
    %p = arith.maximumf %a, %l : f32
    %q = arith.minimumf %p, %h : f32
    %w = math.roundeven %q : f32
    %0 = arith.fptoui %w : f32 to i8
    %r = arith.uitofp %0 : i8 to f32
    engine.yield %r : f32
  }
  func.return %y : tensor<40xf32>
}

// CHECK-LABEL: func.func @near_miss_room
// CHECK: arith.fptoui

// -----

// 200 is the code -56 of signed ones.
func.func @near_miss_sign(%x: tensor<40xf32>) -> tensor<40xf32> {
  %y = engine.map ins(%x : tensor<40xf32>) attributes {nodes = ["/q"]} -> tensor<40xf32> {
  ^bb0(%a: f32):
    %l = arith.constant 0.0 : f32
    %h = arith.constant 255.0 : f32
    %p = arith.maximumf %a, %l : f32
    %q = arith.minimumf %p, %h : f32
    %w = math.roundeven %q : f32
    %0 = arith.fptoui %w : f32 to i8
    %r = arith.sitofp %0 : i8 to f32
    engine.yield %r : f32
  }
  func.return %y : tensor<40xf32>
}

// CHECK-LABEL: func.func @near_miss_sign
// CHECK: arith.fptoui
