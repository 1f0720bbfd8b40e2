// RUN: opt-tool %s --split-input-file -p 'optimize{only=move-codes exactness=bitwise}' --check-numerics | filecheck %s

// Codes move instead of the numbers they stand for: a quarter of the bytes.

func.func @rows_of_a_table(%i: tensor<4xi64>) -> tensor<4x2xf32> {
  %x = engine.constant dense<[[1, 2], [3, 4], [255, 6]]> : tensor<3x2xui8> -> tensor<3x2xui8>
  %k = engine.map ins(%i : tensor<4xi64>) -> tensor<4xi64> {
  ^bb0(%a: i64):
    %c = arith.constant 3 : i64
    %r = arith.remui %a, %c : i64
    engine.yield %r : i64
  }
  %d = engine.map ins(%x : tensor<3x2xui8>) -> tensor<3x2xf32> {
  ^bb0(%ad: i8):
    %zd = arith.constant 7 : i8
    %sd = arith.constant 0.03 : f32
    %v0d = arith.uitofp %ad : i8 to f32
    %v1d = arith.uitofp %zd : i8 to f32
    %v2d = arith.subf %v0d, %v1d : f32
    %v3d = arith.mulf %v2d, %sd : f32
    engine.yield %v3d : f32
  }
  %y = engine.gather %d, %k {nodes = ["/gather"], axis = 0 : i64} : tensor<3x2xf32>, tensor<4xi64> -> tensor<4x2xf32>
  func.return %y : tensor<4x2xf32>
}

// CHECK-LABEL: func.func @rows_of_a_table
// CHECK: engine.gather %{{.*}} : tensor<3x2xui8>, tensor<4xi64> -> tensor<4x2xui8>
// CHECK: engine.map ins(%{{.*}} : tensor<4x2xui8>)

// -----

func.func @largest(%x: tensor<1x2x4x4xui8>) -> tensor<1x2x2x2xf32> {
  %d = engine.map ins(%x : tensor<1x2x4x4xui8>) -> tensor<1x2x4x4xf32> {
  ^bb0(%ad: i8):
    %zd = arith.constant 7 : i8
    %sd = arith.constant 0.03 : f32
    %v0d = arith.uitofp %ad : i8 to f32
    %v1d = arith.uitofp %zd : i8 to f32
    %v2d = arith.subf %v0d, %v1d : f32
    %v3d = arith.mulf %v2d, %sd : f32
    engine.yield %v3d : f32
  }
  %y = engine.pool %d {kind = "max", kernel = array<i64: 2, 2>, strides = array<i64: 2, 2>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : tensor<1x2x4x4xf32> -> tensor<1x2x2x2xf32>
  func.return %y : tensor<1x2x2x2xf32>
}

// CHECK-LABEL: func.func @largest
// CHECK: engine.pool %x {{.*}} : tensor<1x2x4x4xui8> -> tensor<1x2x2x2xui8>

// -----

func.func @turned(%x: tensor<2x3xui8>) -> tensor<3x2xf32> {
  %d = engine.map ins(%x : tensor<2x3xui8>) -> tensor<2x3xf32> {
  ^bb0(%ad: i8):
    %zd = arith.constant 7 : i8
    %sd = arith.constant 0.03 : f32
    %v0d = arith.uitofp %ad : i8 to f32
    %v1d = arith.uitofp %zd : i8 to f32
    %v2d = arith.subf %v0d, %v1d : f32
    %v3d = arith.mulf %v2d, %sd : f32
    engine.yield %v3d : f32
  }
  %y = engine.transpose %d {perm = array<i64: 1, 0>} : tensor<2x3xf32> -> tensor<3x2xf32>
  func.return %y : tensor<3x2xf32>
}

// CHECK-LABEL: func.func @turned
// CHECK: engine.transpose %x {{.*}} : tensor<2x3xui8> -> tensor<3x2xui8>

// -----

// The largest number is that of the smallest code where the scale is negative.
func.func @near_miss_negative(%x: tensor<1x2x4x4xui8>) -> tensor<1x2x2x2xf32> {
  %d = engine.map ins(%x : tensor<1x2x4x4xui8>) -> tensor<1x2x4x4xf32> {
  ^bb0(%ad: i8):
    %zd = arith.constant 7 : i8
    %sd = arith.constant -0.03 : f32
    %v0d = arith.uitofp %ad : i8 to f32
    %v1d = arith.uitofp %zd : i8 to f32
    %v2d = arith.subf %v0d, %v1d : f32
    %v3d = arith.mulf %v2d, %sd : f32
    engine.yield %v3d : f32
  }
  %y = engine.pool %d {kind = "max", kernel = array<i64: 2, 2>, strides = array<i64: 2, 2>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : tensor<1x2x4x4xf32> -> tensor<1x2x2x2xf32>
  func.return %y : tensor<1x2x2x2xf32>
}

// CHECK-LABEL: func.func @near_miss_negative
// CHECK: engine.pool %{{.*}} : tensor<1x2x4x4xf32>

// -----

// A mean of codes is no code.
func.func @near_miss_mean(%x: tensor<1x2x4x4xui8>) -> tensor<1x2x2x2xf32> {
  %d = engine.map ins(%x : tensor<1x2x4x4xui8>) -> tensor<1x2x4x4xf32> {
  ^bb0(%ad: i8):
    %zd = arith.constant 7 : i8
    %sd = arith.constant 0.03 : f32
    %v0d = arith.uitofp %ad : i8 to f32
    %v1d = arith.uitofp %zd : i8 to f32
    %v2d = arith.subf %v0d, %v1d : f32
    %v3d = arith.mulf %v2d, %sd : f32
    engine.yield %v3d : f32
  }
  %y = engine.pool %d {kind = "average", kernel = array<i64: 2, 2>, strides = array<i64: 2, 2>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : tensor<1x2x4x4xf32> -> tensor<1x2x2x2xf32>
  func.return %y : tensor<1x2x2x2xf32>
}

// CHECK-LABEL: func.func @near_miss_mean
// CHECK: engine.pool %{{.*}} : tensor<1x2x4x4xf32>

// -----

// Zeros are put around: codes of the zero point.
func.func @padded(%x: tensor<2x3xui8>) -> tensor<4x5xf32> {
  %d = engine.map ins(%x : tensor<2x3xui8>) -> tensor<2x3xf32> {
  ^bb0(%ad: i8):
    %zd = arith.constant -56 : i8
    %sd = arith.constant 0.5 : f32
    %v0d = arith.uitofp %ad : i8 to f32
    %v1d = arith.uitofp %zd : i8 to f32
    %v2d = arith.subf %v0d, %v1d : f32
    %v3d = arith.mulf %v2d, %sd : f32
    engine.yield %v3d : f32
  }
  %y = engine.pad %d {low = array<i64: 1, 1>, high = array<i64: 1, 1>, mode = "constant", value = 0.000000e+00 : f32} : tensor<2x3xf32> -> tensor<4x5xf32>
  func.return %y : tensor<4x5xf32>
}

// CHECK-LABEL: func.func @padded
// CHECK: engine.pad %x {{.*}} value = -56 : i8} : tensor<2x3xui8> -> tensor<4x5xui8>

// -----

// Another number is put around, which may be no code.
func.func @near_miss_padded(%x: tensor<2x3xui8>) -> tensor<4x5xf32> {
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
  %y = engine.pad %d {low = array<i64: 1, 1>, high = array<i64: 1, 1>, mode = "constant", value = 1.000000e+00 : f32} : tensor<2x3xf32> -> tensor<4x5xf32>
  func.return %y : tensor<4x5xf32>
}

// CHECK-LABEL: func.func @near_miss_padded
// CHECK: engine.pad %d

// -----

// Elements are repeated.
func.func @nearest(%x: tensor<1x2x2x3xui8>) -> tensor<1x2x4x6xf32> {
  %d = engine.map ins(%x : tensor<1x2x2x3xui8>) -> tensor<1x2x2x3xf32> {
  ^bb0(%ad: i8):
    %zd = arith.constant 7 : i8
    %sd = arith.constant 0.5 : f32
    %v0d = arith.uitofp %ad : i8 to f32
    %v1d = arith.uitofp %zd : i8 to f32
    %v2d = arith.subf %v0d, %v1d : f32
    %v3d = arith.mulf %v2d, %sd : f32
    engine.yield %v3d : f32
  }
  %y = engine.resize %d {mode = "nearest", coordinates = "asymmetric", rounding = "floor", scales = array<f64: 1.000000e+00, 1.000000e+00, 2.000000e+00, 2.000000e+00>, cubic_coefficient = -7.500000e-01 : f64} : tensor<1x2x2x3xf32> -> tensor<1x2x4x6xf32>
  func.return %y : tensor<1x2x4x6xf32>
}

// CHECK-LABEL: func.func @nearest
// CHECK: engine.resize %x {{.*}} : tensor<1x2x2x3xui8> -> tensor<1x2x4x6xui8>

// -----

// A mean of neighbours is no code.
func.func @near_miss_linear(%x: tensor<1x2x2x3xui8>) -> tensor<1x2x4x6xf32> {
  %d = engine.map ins(%x : tensor<1x2x2x3xui8>) -> tensor<1x2x2x3xf32> {
  ^bb0(%ad: i8):
    %zd = arith.constant 7 : i8
    %sd = arith.constant 0.5 : f32
    %v0d = arith.uitofp %ad : i8 to f32
    %v1d = arith.uitofp %zd : i8 to f32
    %v2d = arith.subf %v0d, %v1d : f32
    %v3d = arith.mulf %v2d, %sd : f32
    engine.yield %v3d : f32
  }
  %y = engine.resize %d {mode = "linear", coordinates = "asymmetric", rounding = "floor", scales = array<f64: 1.000000e+00, 1.000000e+00, 2.000000e+00, 2.000000e+00>, cubic_coefficient = -7.500000e-01 : f64} : tensor<1x2x2x3xf32> -> tensor<1x2x4x6xf32>
  func.return %y : tensor<1x2x4x6xf32>
}

// CHECK-LABEL: func.func @near_miss_linear
// CHECK: engine.resize %d
