// RUN: opt-tool %s --split-input-file -p 'optimize{only=concat-codes exactness=bitwise}' --check-numerics | filecheck %s

// Codes of one scale and zero point are joined as they are.

func.func @same(%x: tensor<2x3xui8>, %y: tensor<2x4xui8>) -> tensor<2x7xf32> {
  %d = engine.map ins(%x : tensor<2x3xui8>) -> tensor<2x3xf32> {
  ^bb0(%ad: i8):
    %zd = arith.constant 7 : i8
    %sd = arith.constant 0.5 : f32
    %v0d = arith.uitofp %ad : i8 to f32
    %v1d = arith.uitofp %zd : i8 to f32
    %v2d = arith.subf %v0d, %v1d : f32
    %v3d = arith.mulf %v2d, %sd : f32
    engine.yield %v3d : f32
  }
  %e = engine.map ins(%y : tensor<2x4xui8>) -> tensor<2x4xf32> {
  ^bb0(%ae: i8):
    %ze = arith.constant 7 : i8
    %se = arith.constant 0.5 : f32
    %v0e = arith.uitofp %ae : i8 to f32
    %v1e = arith.uitofp %ze : i8 to f32
    %v2e = arith.subf %v0e, %v1e : f32
    %v3e = arith.mulf %v2e, %se : f32
    engine.yield %v3e : f32
  }
  %c = engine.concat %d, %e {axis = 1 : i64} : tensor<2x3xf32>, tensor<2x4xf32> -> tensor<2x7xf32>
  func.return %c : tensor<2x7xf32>
}

// CHECK-LABEL: func.func @same
// CHECK: %[[C:.*]] = engine.concat %x, %y {{.*}} : tensor<2x3xui8>, tensor<2x4xui8> -> tensor<2x7xui8>
// CHECK: engine.map ins(%[[C]] : tensor<2x7xui8>) {{.*}}-> tensor<2x7xf32>

// -----

// Another zero point.
func.func @near_miss_zero(%x: tensor<2x3xui8>, %y: tensor<2x4xui8>) -> tensor<2x7xf32> {
  %d = engine.map ins(%x : tensor<2x3xui8>) -> tensor<2x3xf32> {
  ^bb0(%ad: i8):
    %zd = arith.constant 7 : i8
    %sd = arith.constant 0.5 : f32
    %v0d = arith.uitofp %ad : i8 to f32
    %v1d = arith.uitofp %zd : i8 to f32
    %v2d = arith.subf %v0d, %v1d : f32
    %v3d = arith.mulf %v2d, %sd : f32
    engine.yield %v3d : f32
  }
  %e = engine.map ins(%y : tensor<2x4xui8>) -> tensor<2x4xf32> {
  ^bb0(%ae: i8):
    %ze = arith.constant 8 : i8
    %se = arith.constant 0.5 : f32
    %v0e = arith.uitofp %ae : i8 to f32
    %v1e = arith.uitofp %ze : i8 to f32
    %v2e = arith.subf %v0e, %v1e : f32
    %v3e = arith.mulf %v2e, %se : f32
    engine.yield %v3e : f32
  }
  %c = engine.concat %d, %e {axis = 1 : i64} : tensor<2x3xf32>, tensor<2x4xf32> -> tensor<2x7xf32>
  func.return %c : tensor<2x7xf32>
}

// CHECK-LABEL: func.func @near_miss_zero
// CHECK: engine.concat %{{.*}} : tensor<2x3xf32>, tensor<2x4xf32>

// -----

// One part is numbers.
func.func @near_miss_numbers(%x: tensor<2x3xui8>, %e: tensor<2x4xf32>) -> tensor<2x7xf32> {
  %d = engine.map ins(%x : tensor<2x3xui8>) -> tensor<2x3xf32> {
  ^bb0(%ad: i8):
    %zd = arith.constant 7 : i8
    %sd = arith.constant 0.5 : f32
    %v0d = arith.uitofp %ad : i8 to f32
    %v1d = arith.uitofp %zd : i8 to f32
    %v2d = arith.subf %v0d, %v1d : f32
    %v3d = arith.mulf %v2d, %sd : f32
    engine.yield %v3d : f32
  }
  %c = engine.concat %d, %e {axis = 1 : i64} : tensor<2x3xf32>, tensor<2x4xf32> -> tensor<2x7xf32>
  func.return %c : tensor<2x7xf32>
}

// CHECK-LABEL: func.func @near_miss_numbers
// CHECK: engine.concat %{{.*}} : tensor<2x3xf32>, tensor<2x4xf32>
