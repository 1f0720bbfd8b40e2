// RUN: opt-tool %s | opt-tool - | filecheck %s

// Two layers as ONNX says them. Names of inputs and outputs are left to their defaults.

// CHECK: func.func @main(
func.func @main(%x: tensor<2x3xf32>) -> tensor<2x2xf32> {
  %w = onnx.Constant dense<[[1.0, -1.0, 0.5, 2.0], [0.0, 1.0, -2.0, 1.0], [3.0, 0.5, 1.0, -1.0]]> : tensor<3x4xf32>
  %b = onnx.Constant dense<[0.5, -0.5, 0.0, 1.0]> : tensor<4xf32>
  %v = onnx.Constant dense<[[1.0, 2.0], [-1.0, 0.5], [0.25, 1.0], [1.0, -2.0]]> : tensor<4x2xf32>
  %0 = onnx.MatMul(%x, %w) : (tensor<2x3xf32>, tensor<3x4xf32>) -> tensor<2x4xf32>
  %1 = onnx.Add(%0, %b) : (tensor<2x4xf32>, tensor<4xf32>) -> tensor<2x4xf32>
  %2 = onnx.Relu(%1) : (tensor<2x4xf32>) -> tensor<2x4xf32>
  %3 = onnx.MatMul(%2, %v) : (tensor<2x4xf32>, tensor<4x2xf32>) -> tensor<2x2xf32>
  func.return %3 : tensor<2x2xf32>
}
