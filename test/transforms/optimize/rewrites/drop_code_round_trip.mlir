// RUN: opt-tool %s --split-input-file -p 'optimize{only=drop-code-round-trip exactness=bitwise}' --check-numerics | filecheck %s

// Codes that become numbers and codes again, with one scale and zero point.

func.func @equal(%x: tensor<3x5xui8>) -> tensor<3x5xui8> {
  %d = engine.map ins(%x : tensor<3x5xui8>) -> tensor<3x5xf32> {
  ^bb0(%ad: i8):
    %zd = arith.constant -126 : i8
    %sd = arith.constant 0.03 : f32
    %v0d = arith.uitofp %ad : i8 to f32
    %v1d = arith.uitofp %zd : i8 to f32
    %v2d = arith.subf %v0d, %v1d : f32
    %v3d = arith.mulf %v2d, %sd : f32
    engine.yield %v3d : f32
  }
  %y = engine.map ins(%d : tensor<3x5xf32>) attributes {nodes = ["/q"]} -> tensor<3x5xui8> {
  ^bb0(%xy: f32):
    %sy = arith.constant 0.03 : f32
    %zy = arith.constant -126 : i8
    %v0y = arith.divf %xy, %sy : f32
    %v1y = math.roundeven %v0y : f32
    %v2y = arith.uitofp %zy : i8 to f32
    %v3y = arith.addf %v1y, %v2y : f32
    %ly = arith.constant 0.0 : f32
    %v4y = arith.maximumf %v3y, %ly : f32
    %hy = arith.constant 255.0 : f32
    %v5y = arith.minimumf %v4y, %hy : f32
    %v6y = arith.fptoui %v5y : f32 to i8
    engine.yield %v6y : i8
  }
  func.return %y : tensor<3x5xui8>
}

// CHECK-LABEL: func.func @equal
// CHECK-NEXT: func.return %x : tensor<3x5xui8>

// -----

// Another scale: other codes.
func.func @near_miss_scale(%x: tensor<3x5xui8>) -> tensor<3x5xui8> {
  %d = engine.map ins(%x : tensor<3x5xui8>) -> tensor<3x5xf32> {
  ^bb0(%ad: i8):
    %zd = arith.constant 3 : i8
    %sd = arith.constant 0.03 : f32
    %v0d = arith.uitofp %ad : i8 to f32
    %v1d = arith.uitofp %zd : i8 to f32
    %v2d = arith.subf %v0d, %v1d : f32
    %v3d = arith.mulf %v2d, %sd : f32
    engine.yield %v3d : f32
  }
  %y = engine.map ins(%d : tensor<3x5xf32>) attributes {nodes = ["/q"]} -> tensor<3x5xui8> {
  ^bb0(%xy: f32):
    %sy = arith.constant 0.04 : f32
    %zy = arith.constant 3 : i8
    %v0y = arith.divf %xy, %sy : f32
    %v1y = math.roundeven %v0y : f32
    %v2y = arith.uitofp %zy : i8 to f32
    %v3y = arith.addf %v1y, %v2y : f32
    %ly = arith.constant 0.0 : f32
    %v4y = arith.maximumf %v3y, %ly : f32
    %hy = arith.constant 255.0 : f32
    %v5y = arith.minimumf %v4y, %hy : f32
    %v6y = arith.fptoui %v5y : f32 to i8
    engine.yield %v6y : i8
  }
  func.return %y : tensor<3x5xui8>
}

// CHECK-LABEL: func.func @near_miss_scale
// CHECK: math.roundeven

// -----

// Another zero point.
func.func @near_miss_zero(%x: tensor<3x5xui8>) -> tensor<3x5xui8> {
  %d = engine.map ins(%x : tensor<3x5xui8>) -> tensor<3x5xf32> {
  ^bb0(%ad: i8):
    %zd = arith.constant 3 : i8
    %sd = arith.constant 0.03 : f32
    %v0d = arith.uitofp %ad : i8 to f32
    %v1d = arith.uitofp %zd : i8 to f32
    %v2d = arith.subf %v0d, %v1d : f32
    %v3d = arith.mulf %v2d, %sd : f32
    engine.yield %v3d : f32
  }
  %y = engine.map ins(%d : tensor<3x5xf32>) attributes {nodes = ["/q"]} -> tensor<3x5xui8> {
  ^bb0(%xy: f32):
    %sy = arith.constant 0.03 : f32
    %zy = arith.constant 4 : i8
    %v0y = arith.divf %xy, %sy : f32
    %v1y = math.roundeven %v0y : f32
    %v2y = arith.uitofp %zy : i8 to f32
    %v3y = arith.addf %v1y, %v2y : f32
    %ly = arith.constant 0.0 : f32
    %v4y = arith.maximumf %v3y, %ly : f32
    %hy = arith.constant 255.0 : f32
    %v5y = arith.minimumf %v4y, %hy : f32
    %v6y = arith.fptoui %v5y : f32 to i8
    engine.yield %v6y : i8
  }
  func.return %y : tensor<3x5xui8>
}

// CHECK-LABEL: func.func @near_miss_zero
// CHECK: math.roundeven

// -----

// A scale so small that numbers of codes are no normal ones.
func.func @near_miss_tiny(%x: tensor<3x5xui8>) -> tensor<3x5xui8> {
  %d = engine.map ins(%x : tensor<3x5xui8>) -> tensor<3x5xf32> {
  ^bb0(%ad: i8):
    %zd = arith.constant 3 : i8
    %sd = arith.constant 1.0e-39 : f32
    %v0d = arith.uitofp %ad : i8 to f32
    %v1d = arith.uitofp %zd : i8 to f32
    %v2d = arith.subf %v0d, %v1d : f32
    %v3d = arith.mulf %v2d, %sd : f32
    engine.yield %v3d : f32
  }
  %y = engine.map ins(%d : tensor<3x5xf32>) attributes {nodes = ["/q"]} -> tensor<3x5xui8> {
  ^bb0(%xy: f32):
    %sy = arith.constant 1.0e-39 : f32
    %zy = arith.constant 3 : i8
    %v0y = arith.divf %xy, %sy : f32
    %v1y = math.roundeven %v0y : f32
    %v2y = arith.uitofp %zy : i8 to f32
    %v3y = arith.addf %v1y, %v2y : f32
    %ly = arith.constant 0.0 : f32
    %v4y = arith.maximumf %v3y, %ly : f32
    %hy = arith.constant 255.0 : f32
    %v5y = arith.minimumf %v4y, %hy : f32
    %v6y = arith.fptoui %v5y : f32 to i8
    engine.yield %v6y : i8
  }
  func.return %y : tensor<3x5xui8>
}

// CHECK-LABEL: func.func @near_miss_tiny
// CHECK: math.roundeven
