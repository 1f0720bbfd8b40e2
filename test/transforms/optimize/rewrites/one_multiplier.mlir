// RUN: opt-tool %s --split-input-file -p 'optimize{only=one-multiplier exactness=rounding}' --check-numerics | filecheck %s

// One factor for each channel, and one number to add, between the sum of codes and what is rounded.

func.func @scales_and_bias(%x: tensor<2x4xui8>) -> tensor<2x3xf32> {
  %w = engine.constant dense<[[1, -128, 127], [2, 3, 4], [-5, 6, 7], [8, 9, -10]]> : tensor<4x3xi8> -> tensor<4x3xi8>
  %s = engine.constant dense<[0.01, 0.02, 0.03]> : tensor<3xf32> -> tensor<3xf32>
  %y = engine.matmul %x, %w epilogue(%s : tensor<3xf32>) {nodes = ["/mm"], accumulator = i32} : tensor<2x4xui8>, tensor<4x3xi8> -> tensor<2x3xf32> {
  ^bb0(%acc: i32, %sc: f32):
    %n = arith.sitofp %acc : i32 to f32
    %0 = arith.mulf %n, %sc : f32
    %b = arith.constant 0.5 : f32
    %1 = arith.addf %0, %b : f32
    %c = arith.constant 2.0 : f32
    %2 = arith.mulf %1, %c : f32
    %r = math.roundeven %2 : f32
    engine.yield %r : f32
  }
  func.return %y : tensor<2x3xf32>
}

// CHECK-LABEL: func.func @scales_and_bias
// CHECK: engine.constant dense<[2.000000e-02, 4.000000e-02, 6.000000e-02]> : tensor<3xf32>
// CHECK: arith.sitofp
// CHECK-NEXT: arith.mulf
// CHECK-NEXT: arith.constant 1.000000e+00 : f32
// CHECK-NEXT: arith.addf
// CHECK-NEXT: math.roundeven

// -----

// One factor already.
func.func @near_miss_one(%x: tensor<2x4xui8>) -> tensor<2x3xf32> {
  %w = engine.constant dense<[[1, -128, 127], [2, 3, 4], [-5, 6, 7], [8, 9, -10]]> : tensor<4x3xi8> -> tensor<4x3xi8>
  %s = engine.constant dense<[0.01, 0.02, 0.03]> : tensor<3xf32> -> tensor<3xf32>
  %y = engine.matmul %x, %w epilogue(%s : tensor<3xf32>) {nodes = ["/mm"], accumulator = i32} : tensor<2x4xui8>, tensor<4x3xi8> -> tensor<2x3xf32> {
  ^bb0(%acc: i32, %sc: f32):
    %n = arith.sitofp %acc : i32 to f32
    %0 = arith.mulf %n, %sc : f32
    %r = math.roundeven %0 : f32
    engine.yield %r : f32
  }
  func.return %y : tensor<2x3xf32>
}

// CHECK-LABEL: func.func @near_miss_one
// CHECK: arith.mulf

// -----

// The sum is read twice.
func.func @near_miss_twice(%x: tensor<2x4xui8>) -> tensor<2x3xf32> {
  %w = engine.constant dense<[[1, -128, 127], [2, 3, 4], [-5, 6, 7], [8, 9, -10]]> : tensor<4x3xi8> -> tensor<4x3xi8>
  %s = engine.constant dense<[0.01, 0.02, 0.03]> : tensor<3xf32> -> tensor<3xf32>
  %y = engine.matmul %x, %w epilogue(%s : tensor<3xf32>) {nodes = ["/mm"], accumulator = i32} : tensor<2x4xui8>, tensor<4x3xi8> -> tensor<2x3xf32> {
  ^bb0(%acc: i32, %sc: f32):
    %n = arith.sitofp %acc : i32 to f32
    %0 = arith.mulf %n, %sc : f32
    %m = arith.sitofp %acc : i32 to f32
    %c = arith.constant 2.0 : f32
    %1 = arith.mulf %0, %c : f32
    %r = arith.addf %1, %m : f32
    engine.yield %r : f32
  }
  func.return %y : tensor<2x3xf32>
}

// CHECK-LABEL: func.func @near_miss_twice
// CHECK: arith.mulf
// CHECK: arith.mulf
