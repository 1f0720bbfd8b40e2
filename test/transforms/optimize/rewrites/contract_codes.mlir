// RUN: opt-tool %s --split-input-file -p 'optimize{only=contract-codes exactness=rounding}' --check-numerics | filecheck %s

// Codes are multiplied instead of what they stand for; scales and zero points come after the sum.

func.func @product(%x: tensor<2x4xui8>) -> tensor<2x3xf32> {
  %w = engine.constant dense<[[1, -128, 127], [2, 3, 4], [-5, 6, 7], [8, 9, -10]]> : tensor<4x3xi8> -> tensor<4x3xi8>
  %d = engine.map ins(%x : tensor<2x4xui8>) -> tensor<2x4xf32> {
  ^bb0(%ad: i8):
    %zd = arith.constant 7 : i8
    %sd = arith.constant 0.5 : f32
    %v0d = arith.uitofp %ad : i8 to f32
    %v1d = arith.uitofp %zd : i8 to f32
    %v2d = arith.subf %v0d, %v1d : f32
    %v3d = arith.mulf %v2d, %sd : f32
    engine.yield %v3d : f32
  }
  %sc = engine.constant dense<[0.01, 0.02, 0.03]> : tensor<3xf32> -> tensor<3xf32>
  %v = engine.map ins(%w, %sc : tensor<4x3xi8>, tensor<3xf32>) -> tensor<4x3xf32> {
  ^bb0(%aw: i8, %sw: f32):
    %v0w = arith.sitofp %aw : i8 to f32
    %v1w = arith.mulf %v0w, %sw : f32
    engine.yield %v1w : f32
  }
  %y = engine.matmul %d, %v {nodes = ["/mm"]} : tensor<2x4xf32>, tensor<4x3xf32> -> tensor<2x3xf32>
  func.return %y : tensor<2x3xf32>
}

// CHECK-LABEL: func.func @product
// CHECK: engine.constant dense<[42, -770, 896]> : tensor<3xi32>
// CHECK: engine.constant dense<[5.000000e-03, 1.000000e-02, 1.500000e-02]> : tensor<3xf32>
// CHECK: engine.matmul %x, %{{.*}} epilogue(%{{.*}} : tensor<3xi32>, tensor<3xf32>) {nodes = ["/mm"], rewrites = ["contract-codes"], accumulator = i32} : tensor<2x4xui8>, tensor<4x3xi8>
// CHECK: arith.subi
// CHECK: arith.sitofp
// CHECK: arith.mulf

// -----

// Padding is the zero point; an epilogue comes after the scales.
func.func @convolution(%x: tensor<1x1x4x4xui8>) -> tensor<1x2x5x5xf32> {
  %w = engine.constant dense<[[[[1, -2], [3, 4]]], [[[-5, 6], [127, -128]]]]> : tensor<2x1x2x2xi8> -> tensor<2x1x2x2xi8>
  %sc = engine.constant dense<[[[[0.01]]], [[[0.02]]]]> : tensor<2x1x1x1xf32> -> tensor<2x1x1x1xf32>
  %v = engine.map ins(%w, %sc : tensor<2x1x2x2xi8>, tensor<2x1x1x1xf32>) -> tensor<2x1x2x2xf32> {
  ^bb0(%aw: i8, %sw: f32):
    %v0w = arith.sitofp %aw : i8 to f32
    %v1w = arith.mulf %v0w, %sw : f32
    engine.yield %v1w : f32
  }
  %d = engine.map ins(%x : tensor<1x1x4x4xui8>) -> tensor<1x1x4x4xf32> {
  ^bb0(%ad: i8):
    %zd = arith.constant 7 : i8
    %sd = arith.constant 0.5 : f32
    %v0d = arith.uitofp %ad : i8 to f32
    %v1d = arith.uitofp %zd : i8 to f32
    %v2d = arith.subf %v0d, %v1d : f32
    %v3d = arith.mulf %v2d, %sd : f32
    engine.yield %v3d : f32
  }
  %y = engine.conv %d, %v {strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x1x4x4xf32>, tensor<2x1x2x2xf32> -> tensor<1x2x5x5xf32> {
  ^bb0(%acc: f32):
    %n = arith.negf %acc : f32
    engine.yield %n : f32
  }
  func.return %y : tensor<1x2x5x5xf32>
}

// CHECK-LABEL: func.func @convolution
// CHECK: engine.pad %x {rewrites = ["contract-codes"], low = array<i64: 0, 0, 1, 1>, high = array<i64: 0, 0, 1, 1>, mode = "constant", value = 7 : i8}
// CHECK: engine.conv {{.*}} pads = array<i64: 0, 0, 0, 0>
// CHECK: arith.mulf
// CHECK-NEXT: arith.negf

// -----

// Scores of attention: both sides are computed, and have zero points.
func.func @scores(%x: tensor<2x5x8xui8>, %w: tensor<2x3x8xi8>) -> tensor<2x5x3xf32> {
  %d = engine.map ins(%x : tensor<2x5x8xui8>) -> tensor<2x5x8xf32> {
  ^bb0(%ad: i8):
    %zd = arith.constant 7 : i8
    %sd = arith.constant 0.5 : f32
    %v0d = arith.uitofp %ad : i8 to f32
    %v1d = arith.uitofp %zd : i8 to f32
    %v2d = arith.subf %v0d, %v1d : f32
    %v3d = arith.mulf %v2d, %sd : f32
    engine.yield %v3d : f32
  }
  %v = engine.map ins(%w : tensor<2x3x8xi8>) -> tensor<2x3x8xf32> {
  ^bb0(%aw: i8):
    %zw = arith.constant -3 : i8
    %sw = arith.constant 0.25 : f32
    %v0w = arith.sitofp %aw : i8 to f32
    %v1w = arith.sitofp %zw : i8 to f32
    %v2w = arith.subf %v0w, %v1w : f32
    %v3w = arith.mulf %v2w, %sw : f32
    engine.yield %v3w : f32
  }
  %y = engine.matmul %d, %v {trans_rhs} : tensor<2x5x8xf32>, tensor<2x3x8xf32> -> tensor<2x5x3xf32>
  func.return %y : tensor<2x5x3xf32>
}

// CHECK-LABEL: func.func @scores
// CHECK: %[[C:.*]] = engine.matmul %{{.*}}, %w {rewrites = ["contract-codes"], trans_rhs, accumulator = i32} : tensor<1x8xui8>, tensor<2x3x8xi8> -> tensor<2x1x3xi32>
// CHECK: %[[R:.*]] = engine.matmul %x, %{{.*}} {rewrites = ["contract-codes"], trans_rhs, accumulator = i32} : tensor<2x5x8xui8>, tensor<1x8xi8> -> tensor<2x5x1xi32>
// CHECK: engine.matmul %x, %w epilogue(%[[C]], %[[R]] :
// CHECK: arith.constant 1.250000e-01 : f32

// -----

// A scale that varies along the sum cannot leave it.
func.func @near_miss_scales_of_rows(%x: tensor<2x4xui8>) -> tensor<2x3xf32> {
  %w = engine.constant dense<[[1, -128, 127], [2, 3, 4], [-5, 6, 7], [8, 9, -10]]> : tensor<4x3xi8> -> tensor<4x3xi8>
  %d = engine.map ins(%x : tensor<2x4xui8>) -> tensor<2x4xf32> {
  ^bb0(%ad: i8):
    %zd = arith.constant 7 : i8
    %sd = arith.constant 0.5 : f32
    %v0d = arith.uitofp %ad : i8 to f32
    %v1d = arith.uitofp %zd : i8 to f32
    %v2d = arith.subf %v0d, %v1d : f32
    %v3d = arith.mulf %v2d, %sd : f32
    engine.yield %v3d : f32
  }
  %sc = engine.constant dense<[[0.01], [0.02], [0.03], [0.04]]> : tensor<4x1xf32> -> tensor<4x1xf32>
  %v = engine.map ins(%w, %sc : tensor<4x3xi8>, tensor<4x1xf32>) -> tensor<4x3xf32> {
  ^bb0(%aw: i8, %sw: f32):
    %v0w = arith.sitofp %aw : i8 to f32
    %v1w = arith.mulf %v0w, %sw : f32
    engine.yield %v1w : f32
  }
  %y = engine.matmul %d, %v : tensor<2x4xf32>, tensor<4x3xf32> -> tensor<2x3xf32>
  func.return %y : tensor<2x3xf32>
}

// CHECK-LABEL: func.func @near_miss_scales_of_rows
// CHECK: engine.matmul %{{.*}} : tensor<2x4xf32>, tensor<4x3xf32>

// -----

// One side is no codes.
func.func @near_miss_float(%d: tensor<2x4xf32>) -> tensor<2x3xf32> {
  %w = engine.constant dense<[[1, -128, 127], [2, 3, 4], [-5, 6, 7], [8, 9, -10]]> : tensor<4x3xi8> -> tensor<4x3xi8>
  %sc = engine.constant dense<[0.01, 0.02, 0.03]> : tensor<3xf32> -> tensor<3xf32>
  %v = engine.map ins(%w, %sc : tensor<4x3xi8>, tensor<3xf32>) -> tensor<4x3xf32> {
  ^bb0(%aw: i8, %sw: f32):
    %v0w = arith.sitofp %aw : i8 to f32
    %v1w = arith.mulf %v0w, %sw : f32
    engine.yield %v1w : f32
  }
  %y = engine.matmul %d, %v : tensor<2x4xf32>, tensor<4x3xf32> -> tensor<2x3xf32>
  func.return %y : tensor<2x3xf32>
}

// CHECK-LABEL: func.func @near_miss_float
// CHECK: engine.matmul %{{.*}} : tensor<2x4xf32>, tensor<4x3xf32>

// -----

// So many terms that a sum of codes less their zero points may not fit.
func.func @near_miss_deep(%x: tensor<1x40000xui8>, %w: tensor<1x40000xi8>) -> tensor<1x1xf32> {
  %d = engine.map ins(%x : tensor<1x40000xui8>) -> tensor<1x40000xf32> {
  ^bb0(%ad: i8):
    %sd = arith.constant 0.5 : f32
    %v0d = arith.uitofp %ad : i8 to f32
    %v3d = arith.mulf %v0d, %sd : f32
    engine.yield %v3d : f32
  }
  %v = engine.map ins(%w : tensor<1x40000xi8>) -> tensor<1x40000xf32> {
  ^bb0(%aw: i8):
    %sw = arith.constant 0.25 : f32
    %v0w = arith.sitofp %aw : i8 to f32
    %v3w = arith.mulf %v0w, %sw : f32
    engine.yield %v3w : f32
  }
  %y = engine.matmul %d, %v {trans_rhs} : tensor<1x40000xf32>, tensor<1x40000xf32> -> tensor<1x1xf32>
  func.return %y : tensor<1x1xf32>
}

// CHECK-LABEL: func.func @near_miss_deep
// CHECK: engine.matmul %{{.*}} : tensor<1x40000xf32>, tensor<1x40000xf32>
