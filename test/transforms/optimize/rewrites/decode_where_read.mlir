// RUN: opt-tool %s --split-input-file -p 'optimize{only=decode-where-read exactness=bitwise}' --check-numerics | filecheck %s

// Codes are decoded where they are read: numbers of them are four times the bytes.

func.func @residual(%x: tensor<2x4xui8>, %q: tensor<2x3xui8>) -> (tensor<2x3xf32>, tensor<2x3xf32>) {
  %w = engine.constant dense<[[1, -128, 127], [2, 3, 4], [-5, 6, 7], [8, 9, -10]]> : tensor<4x3xi8> -> tensor<4x3xi8>
  %d = engine.map ins(%q : tensor<2x3xui8>) -> tensor<2x3xf32> {
  ^bb0(%ad: i8):
    %zd = arith.constant 7 : i8
    %sd = arith.constant 0.5 : f32
    %v0d = arith.uitofp %ad : i8 to f32
    %v1d = arith.uitofp %zd : i8 to f32
    %v2d = arith.subf %v0d, %v1d : f32
    %v3d = arith.mulf %v2d, %sd : f32
    engine.yield %v3d : f32
  }
  %y = engine.matmul %x, %w epilogue(%d : tensor<2x3xf32>) {accumulator = i32} : tensor<2x4xui8>, tensor<4x3xi8> -> tensor<2x3xf32> {
  ^bb0(%acc: i32, %r: f32):
    %n = arith.sitofp %acc : i32 to f32
    %s = arith.addf %n, %r : f32
    engine.yield %s : f32
  }
  func.return %y, %d : tensor<2x3xf32>, tensor<2x3xf32>
}

// CHECK-LABEL: func.func @residual
// CHECK: engine.matmul %x, %w epilogue(%q : tensor<2x3xui8>)

// -----

func.func @twice(%q: tensor<2x3xui8>, %z: tensor<2x3xf32>) -> (tensor<2x3xf32>, tensor<2x3xf32>) {
  %d = engine.map ins(%q : tensor<2x3xui8>) -> tensor<2x3xf32> {
  ^bb0(%ad: i8):
    %zd = arith.constant 7 : i8
    %sd = arith.constant 0.5 : f32
    %v0d = arith.uitofp %ad : i8 to f32
    %v1d = arith.uitofp %zd : i8 to f32
    %v2d = arith.subf %v0d, %v1d : f32
    %v3d = arith.mulf %v2d, %sd : f32
    engine.yield %v3d : f32
  }
  %y = engine.map ins(%d, %z : tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x3xf32> {
  ^bb0(%a: f32, %b: f32):
    %s = arith.addf %a, %b : f32
    engine.yield %s : f32
  }
  func.return %y, %d : tensor<2x3xf32>, tensor<2x3xf32>
}

// CHECK-LABEL: func.func @twice
// CHECK: engine.map ins(%q, %z : tensor<2x3xui8>, tensor<2x3xf32>)

// -----

// The codes are a constant: numbers of it are made once.
func.func @near_miss_constant(%z: tensor<4x3xf32>) -> tensor<4x3xf32> {
  %q = engine.constant dense<[[1, 128, 127], [2, 3, 4], [5, 6, 7], [8, 9, 10]]> : tensor<4x3xui8> -> tensor<4x3xui8>
  %d = engine.map ins(%q : tensor<4x3xui8>) -> tensor<4x3xf32> {
  ^bb0(%ad: i8):
    %zd = arith.constant 7 : i8
    %sd = arith.constant 0.5 : f32
    %v0d = arith.uitofp %ad : i8 to f32
    %v1d = arith.uitofp %zd : i8 to f32
    %v2d = arith.subf %v0d, %v1d : f32
    %v3d = arith.mulf %v2d, %sd : f32
    engine.yield %v3d : f32
  }
  %y = engine.map ins(%d, %z : tensor<4x3xf32>, tensor<4x3xf32>) -> tensor<4x3xf32> {
  ^bb0(%a: f32, %b: f32):
    %s = arith.addf %a, %b : f32
    engine.yield %s : f32
  }
  func.return %y : tensor<4x3xf32>
}

// CHECK-LABEL: func.func @near_miss_constant
// CHECK: engine.map ins(%d, %z : tensor<4x3xf32>, tensor<4x3xf32>)
