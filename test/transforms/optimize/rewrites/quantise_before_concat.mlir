// RUN: opt-tool %s --split-input-file -p 'optimize{only=quantise-before-concat exactness=bitwise}' --check-numerics | filecheck %s

// Codes of different scales become codes of one before they are joined: bytes are moved, not numbers.

func.func @scales(%x: tensor<2x3xui8>, %y: tensor<2x4xui8>) -> tensor<2x7xui8> {
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
    %ze = arith.constant 9 : i8
    %se = arith.constant 0.25 : f32
    %v0e = arith.uitofp %ae : i8 to f32
    %v1e = arith.uitofp %ze : i8 to f32
    %v2e = arith.subf %v0e, %v1e : f32
    %v3e = arith.mulf %v2e, %se : f32
    engine.yield %v3e : f32
  }
  %c = engine.concat %d, %e {axis = 1 : i64} : tensor<2x3xf32>, tensor<2x4xf32> -> tensor<2x7xf32>
  %r = engine.map ins(%c : tensor<2x7xf32>) -> tensor<2x7xui8> {
  ^bb0(%ar: f32):
    %sr = arith.constant 0.4 : f32
    %zr = arith.constant 5 : i8
    %lowr = arith.constant 0.0 : f32
    %highr = arith.constant 255.0 : f32
    %v0r = arith.divf %ar, %sr : f32
    %v1r = math.roundeven %v0r : f32
    %v2r = arith.uitofp %zr : i8 to f32
    %v3r = arith.addf %v1r, %v2r : f32
    %v4r = arith.maximumf %v3r, %lowr : f32
    %v5r = arith.minimumf %v4r, %highr : f32
    %v6r = arith.fptoui %v5r : f32 to i8
    engine.yield %v6r : i8
  }
  func.return %r : tensor<2x7xui8>
}

// CHECK-LABEL: func.func @scales
// CHECK: %[[A:.*]] = engine.map ins(%d : tensor<2x3xf32>) {{.*}}-> tensor<2x3xui8>
// CHECK: %[[B:.*]] = engine.map ins(%e : tensor<2x4xf32>) {{.*}}-> tensor<2x4xui8>
// CHECK: engine.concat %[[A]], %[[B]] {{.*}} : tensor<2x3xui8>, tensor<2x4xui8> -> tensor<2x7xui8>

// -----

// Somebody reads the numbers as well.
func.func @near_miss_read_twice(%x: tensor<2x3xui8>, %y: tensor<2x4xui8>) -> (tensor<2x7xui8>, tensor<2x7xf32>) {
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
    %ze = arith.constant 9 : i8
    %se = arith.constant 0.25 : f32
    %v0e = arith.uitofp %ae : i8 to f32
    %v1e = arith.uitofp %ze : i8 to f32
    %v2e = arith.subf %v0e, %v1e : f32
    %v3e = arith.mulf %v2e, %se : f32
    engine.yield %v3e : f32
  }
  %c = engine.concat %d, %e {axis = 1 : i64} : tensor<2x3xf32>, tensor<2x4xf32> -> tensor<2x7xf32>
  %r = engine.map ins(%c : tensor<2x7xf32>) -> tensor<2x7xui8> {
  ^bb0(%ar: f32):
    %sr = arith.constant 0.4 : f32
    %zr = arith.constant 5 : i8
    %lowr = arith.constant 0.0 : f32
    %highr = arith.constant 255.0 : f32
    %v0r = arith.divf %ar, %sr : f32
    %v1r = math.roundeven %v0r : f32
    %v2r = arith.uitofp %zr : i8 to f32
    %v3r = arith.addf %v1r, %v2r : f32
    %v4r = arith.maximumf %v3r, %lowr : f32
    %v5r = arith.minimumf %v4r, %highr : f32
    %v6r = arith.fptoui %v5r : f32 to i8
    engine.yield %v6r : i8
  }
  func.return %r, %c : tensor<2x7xui8>, tensor<2x7xf32>
}

// CHECK-LABEL: func.func @near_miss_read_twice
// CHECK: engine.concat %d, %e

// -----

// One part is numbers: what computes it would have to be read again.
func.func @near_miss_numbers(%x: tensor<2x3xui8>, %e: tensor<2x4xf32>) -> tensor<2x7xui8> {
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
  %r = engine.map ins(%c : tensor<2x7xf32>) -> tensor<2x7xui8> {
  ^bb0(%ar: f32):
    %sr = arith.constant 0.4 : f32
    %zr = arith.constant 5 : i8
    %lowr = arith.constant 0.0 : f32
    %highr = arith.constant 255.0 : f32
    %v0r = arith.divf %ar, %sr : f32
    %v1r = math.roundeven %v0r : f32
    %v2r = arith.uitofp %zr : i8 to f32
    %v3r = arith.addf %v1r, %v2r : f32
    %v4r = arith.maximumf %v3r, %lowr : f32
    %v5r = arith.minimumf %v4r, %highr : f32
    %v6r = arith.fptoui %v5r : f32 to i8
    engine.yield %v6r : i8
  }
  func.return %r : tensor<2x7xui8>
}

// CHECK-LABEL: func.func @near_miss_numbers
// CHECK: engine.concat %d, %e
