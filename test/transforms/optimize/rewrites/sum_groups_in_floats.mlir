// RUN: opt-tool %s --split-input-file -p 'optimize{only=sum-groups-in-floats exactness=bitwise}' --check-numerics | filecheck %s

// Sums of codes by groups are small enough to be exact in f32, which has kernels for them.

func.func @depthwise(%x: tensor<1x2x4x4xui8>) -> tensor<1x2x5x5xi32> {
  %w = engine.constant dense<[[[[1, -2], [3, 4]]], [[[-5, 6], [127, -128]]]]> : tensor<2x1x2x2xi8> -> tensor<2x1x2x2xi8>
  %d = engine.map ins(%x : tensor<1x2x4x4xui8>) -> tensor<1x2x4x4xi32> {
  ^bb0(%ad: i8):
    %v0d = arith.extui %ad : i8 to i32
    %zd = arith.constant 7 : i32
    %v1d = arith.subi %v0d, %zd : i32
    engine.yield %v1d : i32
  }
  %v = engine.map ins(%w : tensor<2x1x2x2xi8>) -> tensor<2x1x2x2xi32> {
  ^bb0(%av: i8):
    %v0v = arith.extsi %av : i8 to i32
    engine.yield %v0v : i32
  }
  %y = engine.conv %d, %v {strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, groups = 2 : i64} : tensor<1x2x4x4xi32>, tensor<2x1x2x2xi32> -> tensor<1x2x5x5xi32>
  func.return %y : tensor<1x2x5x5xi32>
}

// CHECK-LABEL: func.func @depthwise
// CHECK: engine.conv {{.*}} groups = 2 : i64} : tensor<1x2x4x4xf32>, tensor<2x1x2x2xf32> -> tensor<1x2x5x5xi32>
// CHECK: arith.fptosi

// -----

// One group: codes are multiplied as they are.
func.func @near_miss_one_group(%x: tensor<1x1x4x4xui8>) -> tensor<1x2x5x5xi32> {
  %w = engine.constant dense<[[[[1, -2], [3, 4]]], [[[-5, 6], [127, -128]]]]> : tensor<2x1x2x2xi8> -> tensor<2x1x2x2xi8>
  %d = engine.map ins(%x : tensor<1x1x4x4xui8>) -> tensor<1x1x4x4xi32> {
  ^bb0(%ad: i8):
    %v0d = arith.extui %ad : i8 to i32
    %zd = arith.constant 7 : i32
    %v1d = arith.subi %v0d, %zd : i32
    engine.yield %v1d : i32
  }
  %v = engine.map ins(%w : tensor<2x1x2x2xi8>) -> tensor<2x1x2x2xi32> {
  ^bb0(%av: i8):
    %v0v = arith.extsi %av : i8 to i32
    engine.yield %v0v : i32
  }
  %y = engine.conv %d, %v {strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x1x4x4xi32>, tensor<2x1x2x2xi32> -> tensor<1x2x5x5xi32>
  func.return %y : tensor<1x2x5x5xi32>
}

// CHECK-LABEL: func.func @near_miss_one_group
// CHECK: engine.conv {{.*}} : tensor<1x1x4x4xi32>
