// RUN: opt-tool %s --split-input-file -p 'optimize{only=quantise-by-reciprocal exactness=rounding}' --check-numerics | filecheck %s

// What a sum of codes becomes is multiplied by the reciprocal of a scale: a division takes ten times as long.

func.func @scale(%x: tensor<2x4xui8>) -> tensor<2x3xf32> {
  %w = engine.constant dense<[[1, -128, 127], [2, 3, 4], [-5, 6, 7], [8, 9, -10]]> : tensor<4x3xi8> -> tensor<4x3xi8>
  %s = engine.constant dense<[0.01, 0.02, 0.03]> : tensor<3xf32> -> tensor<3xf32>
  %y = engine.matmul %x, %w epilogue(%s : tensor<3xf32>) {nodes = ["/mm"], accumulator = i32} : tensor<2x4xui8>, tensor<4x3xi8> -> tensor<2x3xf32> {
  ^bb0(%acc: i32, %sc: f32):
    %n = arith.sitofp %acc : i32 to f32
    %0 = arith.mulf %n, %sc : f32
    %c = arith.constant 0.03 : f32
    %1 = arith.divf %0, %c : f32
    %r = math.roundeven %1 : f32
    engine.yield %r : f32
  }
  func.return %y : tensor<2x3xf32>
}

// CHECK-LABEL: func.func @scale
// CHECK: arith.constant 33.3333359 : f32
// CHECK: arith.mulf
// CHECK: math.roundeven

// -----

// Nothing is rounded: the last digit is as the model has it.
func.func @near_miss_number(%x: tensor<2x4xui8>) -> tensor<2x3xf32> {
  %w = engine.constant dense<[[1, -128, 127], [2, 3, 4], [-5, 6, 7], [8, 9, -10]]> : tensor<4x3xi8> -> tensor<4x3xi8>
  %s = engine.constant dense<[0.01, 0.02, 0.03]> : tensor<3xf32> -> tensor<3xf32>
  %y = engine.matmul %x, %w epilogue(%s : tensor<3xf32>) {nodes = ["/mm"], accumulator = i32} : tensor<2x4xui8>, tensor<4x3xi8> -> tensor<2x3xf32> {
  ^bb0(%acc: i32, %sc: f32):
    %n = arith.sitofp %acc : i32 to f32
    %c = arith.constant 0.03 : f32
    %r = arith.divf %n, %c : f32
    engine.yield %r : f32
  }
  func.return %y : tensor<2x3xf32>
}

// CHECK-LABEL: func.func @near_miss_number
// CHECK: arith.divf

// -----

// The reciprocal is no normal number.
func.func @near_miss_huge(%x: tensor<2x4xui8>) -> tensor<2x3xf32> {
  %w = engine.constant dense<[[1, -128, 127], [2, 3, 4], [-5, 6, 7], [8, 9, -10]]> : tensor<4x3xi8> -> tensor<4x3xi8>
  %s = engine.constant dense<[0.01, 0.02, 0.03]> : tensor<3xf32> -> tensor<3xf32>
  %y = engine.matmul %x, %w epilogue(%s : tensor<3xf32>) {nodes = ["/mm"], accumulator = i32} : tensor<2x4xui8>, tensor<4x3xi8> -> tensor<2x3xf32> {
  ^bb0(%acc: i32, %sc: f32):
    %n = arith.sitofp %acc : i32 to f32
    %c = arith.constant 2.0e38 : f32
    %0 = arith.divf %n, %c : f32
    %r = math.roundeven %0 : f32
    engine.yield %r : f32
  }
  func.return %y : tensor<2x3xf32>
}

// CHECK-LABEL: func.func @near_miss_huge
// CHECK: arith.divf

// -----

// Codes of numbers that are no sums of codes are those of the division, all of them.
func.func @near_miss_map(%x: tensor<40xf32>) -> tensor<40xf32> {
  %y = engine.map ins(%x : tensor<40xf32>) attributes {nodes = ["/q"]} -> tensor<40xf32> {
  ^bb0(%a: f32):
    %c = arith.constant 0.03 : f32
    %0 = arith.divf %a, %c : f32
    %r = math.roundeven %0 : f32
    engine.yield %r : f32
  }
  func.return %y : tensor<40xf32>
}

// CHECK-LABEL: func.func @near_miss_map
// CHECK: arith.divf
