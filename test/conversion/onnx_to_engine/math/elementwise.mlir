// RUN: opt-tool %s --pass-pipeline=convert-onnx-to-engine --check-numerics | filecheck %s
// RUN: opt-tool %s --pass-pipeline=convert-onnx-to-engine | opt-tool - | filecheck %s

// Elementwise operators become one map each; constant scalars move into the region.

func.func @add(%a: tensor<2x3xf32>, %b: tensor<3xf32>) -> tensor<2x3xf32> {
  %y = onnx.Add(%a, %b) {nodes = ["/add"]} : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xf32>
  func.return %y : tensor<2x3xf32>
}
// CHECK-LABEL: func.func @add(%a: tensor<2x3xf32>, %b: tensor<3xf32>) -> tensor<2x3xf32> {
// CHECK-NEXT:    %y = engine.map ins(%a, %b : tensor<2x3xf32>, tensor<3xf32>) attributes {nodes = ["/add"]} -> tensor<2x3xf32> {
// CHECK-NEXT:    ^bb0(%0: f32, %1: f32):
// CHECK-NEXT:      %2 = arith.addf %0, %1 : f32
// CHECK-NEXT:      engine.yield %2 : f32
// CHECK-NEXT:    }
// CHECK-NEXT:    func.return %y : tensor<2x3xf32>
// CHECK-NEXT:  }

// A scalar constant becomes a constant of the region.
func.func @scale(%a: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %c = onnx.Constant dense<5.000000e-01> : tensor<f32>
  %y = onnx.Mul(%a, %c) {nodes = ["/mul"]} : (tensor<2x3xf32>, tensor<f32>) -> tensor<2x3xf32>
  func.return %y : tensor<2x3xf32>
}
// CHECK-LABEL: func.func @scale(%a: tensor<2x3xf32>) -> tensor<2x3xf32> {
// CHECK-NEXT:    %y = engine.map ins(%a : tensor<2x3xf32>) attributes {nodes = ["/mul"]} -> tensor<2x3xf32> {
// CHECK-NEXT:    ^bb0(%0: f32):
// CHECK-NEXT:      %1 = arith.constant 5.000000e-01 : f32
// CHECK-NEXT:      %2 = arith.mulf %0, %1 : f32
// CHECK-NEXT:      engine.yield %2 : f32
// CHECK-NEXT:    }
// CHECK-NEXT:    func.return %y : tensor<2x3xf32>
// CHECK-NEXT:  }

// Unsigned integers are signless in the region; the operation knows.
func.func @unsigned(%a: tensor<4xui8>, %b: tensor<4xui8>) -> tensor<4xi1> {
  %y = onnx.Less(%a, %b) {nodes = ["/less"]} : (tensor<4xui8>, tensor<4xui8>) -> tensor<4xi1>
  func.return %y : tensor<4xi1>
}
// CHECK-LABEL: func.func @unsigned(%a: tensor<4xui8>, %b: tensor<4xui8>) -> tensor<4xi1> {
// CHECK-NEXT:    %y = engine.map ins(%a, %b : tensor<4xui8>, tensor<4xui8>) attributes {nodes = ["/less"]} -> tensor<4xi1> {
// CHECK-NEXT:    ^bb0(%0: i8, %1: i8):
// CHECK-NEXT:      %2 = arith.cmpi ult, %0, %1 : i8
// CHECK-NEXT:      engine.yield %2 : i1
// CHECK-NEXT:    }
// CHECK-NEXT:    func.return %y : tensor<4xi1>
// CHECK-NEXT:  }

func.func @leaky(%a: tensor<4xf32>) -> tensor<4xf32> {
  %y = onnx.LeakyRelu(%a) {alpha = 0.25, nodes = ["/act"]} : (tensor<4xf32>) -> tensor<4xf32>
  func.return %y : tensor<4xf32>
}
// CHECK-LABEL: func.func @leaky(%a: tensor<4xf32>) -> tensor<4xf32> {
// CHECK-NEXT:    %y = engine.map ins(%a : tensor<4xf32>) attributes {nodes = ["/act"]} -> tensor<4xf32> {
// CHECK-NEXT:    ^bb0(%0: f32):
// CHECK-NEXT:      %1 = arith.constant 0.000000e+00 : f32
// CHECK-NEXT:      %2 = arith.cmpf olt, %0, %1 : f32
// CHECK-NEXT:      %3 = arith.constant 2.500000e-01 : f32
// CHECK-NEXT:      %4 = arith.mulf %0, %3 : f32
// CHECK-NEXT:      %5 = arith.select %2, %4, %0 : f32
// CHECK-NEXT:      engine.yield %5 : f32
// CHECK-NEXT:    }
// CHECK-NEXT:    func.return %y : tensor<4xf32>
// CHECK-NEXT:  }

// A conversion to the same type is nothing.
func.func @cast(%a: tensor<4xi64>) -> (tensor<4xi64>, tensor<4xf32>) {
  %0 = onnx.Cast(%a) {to = 7, nodes = ["/same"]} : (tensor<4xi64>) -> tensor<4xi64>
  %1 = onnx.Cast(%a) {to = 1, nodes = ["/float"]} : (tensor<4xi64>) -> tensor<4xf32>
  func.return %0, %1 : tensor<4xi64>, tensor<4xf32>
}
// CHECK-LABEL: func.func @cast(%a: tensor<4xi64>) -> (tensor<4xi64>, tensor<4xf32>) {
// CHECK-NEXT:    %0 = engine.map ins(%a : tensor<4xi64>) attributes {nodes = ["/float"]} -> tensor<4xf32> {
// CHECK-NEXT:    ^bb0(%1: i64):
// CHECK-NEXT:      %2 = arith.sitofp %1 : i64 to f32
// CHECK-NEXT:      engine.yield %2 : f32
// CHECK-NEXT:    }
// CHECK-NEXT:    func.return %a, %0 : tensor<4xi64>, tensor<4xf32>
// CHECK-NEXT:  }
