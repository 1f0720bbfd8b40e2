// RUN: opt-tool %s --pass-pipeline=convert-onnx-to-engine --check-numerics | filecheck %s
// RUN: opt-tool %s --pass-pipeline=convert-onnx-to-engine | opt-tool - | filecheck %s

// Normalisations.

// Constant statistics are combined into one factor and one offset per channel, when needed.
func.func @batch(%x: tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32> {
  %s = onnx.Constant dense<[2.0, 4.0]> : tensor<2xf32>
  %b = onnx.Constant dense<[1.0, 2.0]> : tensor<2xf32>
  %m = onnx.Constant dense<[3.0, 5.0]> : tensor<2xf32>
  %v = onnx.Constant dense<[4.0, 1.0]> : tensor<2xf32>
  %y = onnx.BatchNormalization(%x, %s, %b, %m, %v) {epsilon = 0.0, nodes = ["/bn"]} : (tensor<1x2x4x4xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<1x2x4x4xf32>
  func.return %y : tensor<1x2x4x4xf32>
}
// CHECK-LABEL: func.func @batch(%x: tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32> {
// CHECK-NEXT:    %s_scale = engine.constant dense<{{\[\[\[}}1.000000e+00]], {{\[\[}}4.000000e+00]]]> : tensor<2x1x1xf32> -> tensor<2x1x1xf32>
// CHECK-NEXT:    %s_shift = engine.constant dense<{{\[\[\[}}-2.000000e+00]], {{\[\[}}-1.800000e+01]]]> : tensor<2x1x1xf32> -> tensor<2x1x1xf32>
// CHECK-NEXT:    %y = engine.map ins(%x, %s_scale, %s_shift : tensor<1x2x4x4xf32>, tensor<2x1x1xf32>, tensor<2x1x1xf32>) attributes {nodes = ["/bn"]} -> tensor<1x2x4x4xf32> {
// CHECK-NEXT:    ^bb0(%0: f32, %1: f32, %2: f32):
// CHECK-NEXT:      %3 = arith.mulf %0, %1 : f32
// CHECK-NEXT:      %4 = arith.addf %3, %2 : f32
// CHECK-NEXT:      engine.yield %4 : f32
// CHECK-NEXT:    }
// CHECK-NEXT:    func.return %y : tensor<1x2x4x4xf32>
// CHECK-NEXT:  }

func.func @layer(%x: tensor<2x3x4xf32>, %s: tensor<4xf32>, %b: tensor<4xf32>) -> tensor<2x3x4xf32> {
  %y = onnx.LayerNormalization(%x, %s, %b) {axis = -1, nodes = ["/ln"]} : (tensor<2x3x4xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<2x3x4xf32>
  func.return %y : tensor<2x3x4xf32>
}
// CHECK-LABEL: func.func @layer(%x: tensor<2x3x4xf32>, %s: tensor<4xf32>, %b: tensor<4xf32>) -> tensor<2x3x4xf32> {
// CHECK-NEXT:    %y = engine.norm %x scale(%s : tensor<4xf32>) bias(%b : tensor<4xf32>) {nodes = ["/ln"], kind = "layer", axes = array<i64: 2>, epsilon = 9.9999997473787516e-06 : f64} : tensor<2x3x4xf32> -> tensor<2x3x4xf32>
// CHECK-NEXT:    func.return %y : tensor<2x3x4xf32>
// CHECK-NEXT:  }
