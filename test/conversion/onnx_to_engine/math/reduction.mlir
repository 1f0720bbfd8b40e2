// RUN: opt-tool %s --pass-pipeline=convert-onnx-to-engine --check-numerics | filecheck %s
// RUN: opt-tool %s --pass-pipeline=convert-onnx-to-engine | opt-tool - | filecheck %s

// Reductions; what comes before the sum is in their region.

func.func @norm2(%x: tensor<2x3xf32>) -> tensor<2xf32> {
  %a = onnx.Constant dense<-1> : tensor<1xi64>
  %y = onnx.ReduceL2(%x, %a) {keepdims = 0, nodes = ["/l2"]} : (tensor<2x3xf32>, tensor<1xi64>) -> tensor<2xf32>
  func.return %y : tensor<2xf32>
}
// CHECK-LABEL: func.func @norm2(%x: tensor<2x3xf32>) -> tensor<2xf32> {
// CHECK-NEXT:    %0 = engine.reduce ins(%x : tensor<2x3xf32>) {nodes = ["/l2"], kind = "sum", axes = array<i64: 1>} -> tensor<2xf32> {
// CHECK-NEXT:    ^bb0(%1: f32):
// CHECK-NEXT:      %2 = arith.mulf %1, %1 : f32
// CHECK-NEXT:      engine.yield %2 : f32
// CHECK-NEXT:    }
// CHECK-NEXT:    %y = engine.map ins(%0 : tensor<2xf32>) attributes {nodes = ["/l2"]} -> tensor<2xf32> {
// CHECK-NEXT:    ^bb0(%3: f32):
// CHECK-NEXT:      %4 = math.sqrt %3 : f32
// CHECK-NEXT:      engine.yield %4 : f32
// CHECK-NEXT:    }
// CHECK-NEXT:    func.return %y : tensor<2xf32>
// CHECK-NEXT:  }

// A global pool is a mean.
func.func @pool(%x: tensor<1x2x4x4xf32>) -> tensor<1x2x1x1xf32> {
  %y = onnx.GlobalAveragePool(%x) {nodes = ["/gap"]} : (tensor<1x2x4x4xf32>) -> tensor<1x2x1x1xf32>
  func.return %y : tensor<1x2x1x1xf32>
}
// CHECK-LABEL: func.func @pool(%x: tensor<1x2x4x4xf32>) -> tensor<1x2x1x1xf32> {
// CHECK-NEXT:    %y = engine.reduce ins(%x : tensor<1x2x4x4xf32>) {nodes = ["/gap"], kind = "mean", axes = array<i64: 2, 3>, keepdims} -> tensor<1x2x1x1xf32>
// CHECK-NEXT:    func.return %y : tensor<1x2x1x1xf32>
// CHECK-NEXT:  }

func.func @softmax(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %y = onnx.Softmax(%x) {axis = -1, nodes = ["/softmax"]} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  func.return %y : tensor<2x3xf32>
}
// CHECK-LABEL: func.func @softmax(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
// CHECK-NEXT:    %y = engine.softmax %x {nodes = ["/softmax"], axis = 1 : i64} : tensor<2x3xf32> -> tensor<2x3xf32>
// CHECK-NEXT:    func.return %y : tensor<2x3xf32>
// CHECK-NEXT:  }
