// RUN: opt-tool %s --split-input-file -p 'optimize{only=clamp-before-rounding exactness=bitwise}' --check-numerics | filecheck %s

// Limits of codes come before the rounding, which then gives an integer at once.

func.func @zero_point(%x: tensor<40xf32>) -> tensor<40xui8> {
  %y = engine.map ins(%x : tensor<40xf32>) attributes {nodes = ["/q"]} -> tensor<40xui8> {
  ^bb0(%a: f32):
    %l = arith.constant 0.0 : f32
    %h = arith.constant 255.0 : f32
    %z = arith.constant 7.0 : f32
    %s = arith.constant 90.0 : f32
    %m = arith.mulf %a, %s : f32
    %0 = math.roundeven %m : f32
    %1 = arith.addf %0, %z : f32
    %2 = arith.maximumf %1, %l : f32
    %3 = arith.minimumf %2, %h : f32
    %r = arith.fptoui %3 : f32 to i8
    engine.yield %r : i8
  }
  func.return %y : tensor<40xui8>
}

// CHECK-LABEL: func.func @zero_point
// CHECK: arith.constant -7.000000e+00 : f32
// CHECK: arith.maximumf
// CHECK: arith.constant 2.480000e+02 : f32
// CHECK: arith.minimumf
// CHECK: math.roundeven
// CHECK-NEXT: arith.fptosi {{.*}} : f32 to i32
// CHECK: arith.addi
// CHECK: arith.trunci

// -----

func.func @no_zero_point(%x: tensor<40xf32>) -> tensor<40xui8> {
  %y = engine.map ins(%x : tensor<40xf32>) attributes {nodes = ["/q"]} -> tensor<40xui8> {
  ^bb0(%a: f32):
    %l = arith.constant 0.0 : f32
    %h = arith.constant 255.0 : f32
    %s = arith.constant 90.0 : f32
    %m = arith.mulf %a, %s : f32
    %0 = math.roundeven %m : f32
    %2 = arith.maximumf %0, %l : f32
    %3 = arith.minimumf %2, %h : f32
    %r = arith.fptoui %3 : f32 to i8
    engine.yield %r : i8
  }
  func.return %y : tensor<40xui8>
}

// CHECK-LABEL: func.func @no_zero_point
// CHECK: arith.minimumf
// CHECK: math.roundeven
// CHECK-NEXT: arith.fptoui {{.*}} : f32 to i8

// -----

// Half a code more than a whole number of them.
func.func @near_miss_half(%x: tensor<40xf32>) -> tensor<40xui8> {
  %y = engine.map ins(%x : tensor<40xf32>) attributes {nodes = ["/q"]} -> tensor<40xui8> {
  ^bb0(%a: f32):
    %l = arith.constant 0.0 : f32
    %h = arith.constant 255.0 : f32
    %z = arith.constant 7.5 : f32
    %0 = math.roundeven %a : f32
    %1 = arith.addf %0, %z : f32
    %2 = arith.maximumf %1, %l : f32
    %3 = arith.minimumf %2, %h : f32
    %r = arith.fptoui %3 : f32 to i8
    engine.yield %r : i8
  }
  func.return %y : tensor<40xui8>
}

// CHECK-LABEL: func.func @near_miss_half
// CHECK: math.roundeven
// CHECK: arith.addf

// -----

// No lower limit: nothing says that the sum fits.
func.func @near_miss_one_limit(%x: tensor<40xf32>) -> tensor<40xi8> {
  %y = engine.map ins(%x : tensor<40xf32>) attributes {nodes = ["/q"]} -> tensor<40xi8> {
  ^bb0(%a: f32):
    %h = arith.constant 255.0 : f32
    %0 = math.roundeven %a : f32
    %3 = arith.minimumf %0, %h : f32
    %r = arith.fptosi %3 : f32 to i8
    engine.yield %r : i8
  }
  func.return %y : tensor<40xi8>
}

// CHECK-LABEL: func.func @near_miss_one_limit
// CHECK: math.roundeven
// CHECK: arith.minimumf
