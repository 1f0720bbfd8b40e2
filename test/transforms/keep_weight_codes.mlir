// RUN: opt-tool %s --split-input-file -p keep-weight-codes --check-numerics | filecheck %s
// RUN: opt-tool %s --split-input-file -p 'keep-weight-codes{exactness=bitwise}' --check-numerics | filecheck %s --check-prefix=BITWISE

// Products read weights in few bits as they are stored.

// Codes that come without zero points become signed, whose zero point is 0.
func.func @blocks(%x: tensor<2x32xf32>) -> tensor<2x3xf32> {
  %c = engine.constant dense<[[1, 255, 16, 7, 9, 200, 33, 5, 1, 2, 3, 4, 5, 6, 7, 8], [8, 7, 6, 5, 4, 3, 2, 1, 0, 9, 19, 29, 39, 49, 59, 69], [0, 255, 0, 255, 0, 255, 0, 255, 17, 34, 51, 68, 85, 102, 119, 136]]> : tensor<3x16xui8> -> tensor<3x16xui8>
  %s = engine.constant dense<[[0.5, 0.25], [1.0, 2.0], [0.125, 1.5]]> : tensor<3x2xf32> -> tensor<3x2xf32>
  %w = engine.decode %c scales(%s : tensor<3x2xf32>) {bits = 4 : i64, block = 16 : i64, size = 32 : i64} : tensor<3x16xui8> -> tensor<3x32xf32>
  %y = engine.matmul %x, %w {trans_rhs} : tensor<2x32xf32>, tensor<3x32xf32> -> tensor<2x3xf32>
  func.return %y : tensor<2x3xf32>
}

// CHECK-LABEL: func.func @blocks
// CHECK:       engine.coded_matmul %x, %{{.*}} scales(%{{.*}} : tensor<3x2xf32>) {{.*}}bits = 4 : i64, block = 16 : i64} : tensor<2x32xf32>, tensor<3x16xi8>
// CHECK-NOT:   engine.decode
// CHECK:       func.return
// BITWISE-LABEL: func.func @blocks
// BITWISE:       engine.constant {{.*}}tensor<3x32xf32>
// BITWISE:       engine.matmul

// -----

// Codes of eight bits with a scale for each column, turned; the bias stays in the epilogue.
func.func @columns(%x: tensor<2x4xf32>, %b: tensor<3xf32>) -> tensor<2x3xf32> {
  %c = engine.constant dense<[[1, -2, 3], [4, 5, -6], [7, 8, 9], [-128, 127, 0]]> : tensor<4x3xi8> -> tensor<4x3xi8>
  %s = engine.constant dense<[0.5, 0.25, 2.0]> : tensor<3xf32> -> tensor<3xf32>
  %w = engine.map ins(%c, %s : tensor<4x3xi8>, tensor<3xf32>) -> tensor<4x3xf32> {
  ^bb0(%a: i8, %f: f32):
    %0 = arith.sitofp %a : i8 to f32
    %1 = arith.mulf %0, %f : f32
    engine.yield %1 : f32
  }
  %y = engine.matmul %x, %w epilogue(%b : tensor<3xf32>) : tensor<2x4xf32>, tensor<4x3xf32> -> tensor<2x3xf32> {
  ^bb0(%acc: f32, %bias: f32):
    %2 = arith.addf %acc, %bias : f32
    engine.yield %2 : f32
  }
  func.return %y : tensor<2x3xf32>
}

// CHECK-LABEL: func.func @columns
// CHECK:       engine.coded_matmul %x, %{{.*}} scales(%{{.*}} : tensor<3x1xf32>) epilogue(%b : tensor<3xf32>) {{.*}}bits = 8 : i64, block = 4 : i64} : tensor<2x4xf32>, tensor<3x4xi8>

// -----

// Rows that were gathered are decoded by maps.
func.func @gathered(%c: tensor<2x16xui8>, %s: tensor<2x2xf32>, %z: tensor<2x2xui8>) -> tensor<2x20xf32> {
  %w = engine.decode %c scales(%s : tensor<2x2xf32>) zeros(%z : tensor<2x2xui8>) {bits = 4 : i64, block = 16 : i64, size = 20 : i64} : tensor<2x16xui8> -> tensor<2x20xf32>
  func.return %w : tensor<2x20xf32>
}

// CHECK-LABEL: func.func @gathered
// CHECK:       engine.concat
// CHECK:       arith.subf
// CHECK:       func.return
