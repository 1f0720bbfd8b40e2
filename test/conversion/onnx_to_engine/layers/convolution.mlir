// RUN: opt-tool %s --pass-pipeline=convert-onnx-to-engine --check-numerics | filecheck %s
// RUN: opt-tool %s --pass-pipeline=convert-onnx-to-engine | opt-tool - | filecheck %s

// Contractions: the bias is in the epilogue, automatic padding is worked out.

func.func @gemm(%a: tensor<2x3xf32>, %b: tensor<4x3xf32>, %c: tensor<4xf32>) -> tensor<2x4xf32> {
  %y = onnx.Gemm(%a, %b, %c) {transB = 1, alpha = 0.5, nodes = ["/fc"]} : (tensor<2x3xf32>, tensor<4x3xf32>, tensor<4xf32>) -> tensor<2x4xf32>
  func.return %y : tensor<2x4xf32>
}
// CHECK-LABEL: func.func @gemm(%a: tensor<2x3xf32>, %b: tensor<4x3xf32>, %c: tensor<4xf32>) -> tensor<2x4xf32> {
// CHECK-NEXT:    %y = engine.matmul %a, %b epilogue(%c : tensor<4xf32>) {nodes = ["/fc"], trans_rhs} : tensor<2x3xf32>, tensor<4x3xf32> -> tensor<2x4xf32> {
// CHECK-NEXT:    ^bb0(%0: f32, %1: f32):
// CHECK-NEXT:      %2 = arith.constant 5.000000e-01 : f32
// CHECK-NEXT:      %3 = arith.mulf %0, %2 : f32
// CHECK-NEXT:      %4 = arith.addf %3, %1 : f32
// CHECK-NEXT:      engine.yield %4 : f32
// CHECK-NEXT:    }
// CHECK-NEXT:    func.return %y : tensor<2x4xf32>
// CHECK-NEXT:  }

// A vector is a matrix of one row or column.
func.func @vectors(%a: tensor<3xf32>, %b: tensor<3xf32>) -> tensor<f32> {
  %y = onnx.MatMul(%a, %b) {nodes = ["/dot"]} : (tensor<3xf32>, tensor<3xf32>) -> tensor<f32>
  func.return %y : tensor<f32>
}
// CHECK-LABEL: func.func @vectors(%a: tensor<3xf32>, %b: tensor<3xf32>) -> tensor<f32> {
// CHECK-NEXT:    %0 = engine.reshape %a {nodes = ["/dot"]} : tensor<3xf32> -> tensor<1x3xf32>
// CHECK-NEXT:    %1 = engine.reshape %b {nodes = ["/dot"]} : tensor<3xf32> -> tensor<3x1xf32>
// CHECK-NEXT:    %2 = engine.matmul %0, %1 {nodes = ["/dot"]} : tensor<1x3xf32>, tensor<3x1xf32> -> tensor<1x1xf32>
// CHECK-NEXT:    %y = engine.reshape %2 {nodes = ["/dot"]} : tensor<1x1xf32> -> tensor<f32>
// CHECK-NEXT:    func.return %y : tensor<f32>
// CHECK-NEXT:  }

// SAME_UPPER of a 3x3 window with stride 2 over 6 pixels: one pixel, at the end.
func.func @conv(%x: tensor<1x2x6x6xf32>, %w: tensor<4x2x3x3xf32>, %b: tensor<4xf32>) -> tensor<1x4x3x3xf32> {
  %y = onnx.Conv(%x, %w, %b) {strides = [2, 2], auto_pad = "SAME_UPPER", nodes = ["/conv"]} : (tensor<1x2x6x6xf32>, tensor<4x2x3x3xf32>, tensor<4xf32>) -> tensor<1x4x3x3xf32>
  func.return %y : tensor<1x4x3x3xf32>
}
// CHECK-LABEL: func.func @conv(%x: tensor<1x2x6x6xf32>, %w: tensor<4x2x3x3xf32>, %b: tensor<4xf32>) -> tensor<1x4x3x3xf32> {
// CHECK-NEXT:    %0 = engine.reshape %b {nodes = ["/conv"]} : tensor<4xf32> -> tensor<4x1x1xf32>
// CHECK-NEXT:    %y = engine.conv %x, %w epilogue(%0 : tensor<4x1x1xf32>) {nodes = ["/conv"], strides = array<i64: 2, 2>, pads = array<i64: 0, 0, 1, 1>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x2x6x6xf32>, tensor<4x2x3x3xf32> -> tensor<1x4x3x3xf32> {
// CHECK-NEXT:    ^bb0(%1: f32, %2: f32):
// CHECK-NEXT:      %3 = arith.addf %1, %2 : f32
// CHECK-NEXT:      engine.yield %3 : f32
// CHECK-NEXT:    }
// CHECK-NEXT:    func.return %y : tensor<1x4x3x3xf32>
// CHECK-NEXT:  }
