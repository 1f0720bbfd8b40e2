// RUN: opt-tool %s --pass-pipeline=convert-onnx-to-engine --check-numerics | filecheck %s
// RUN: opt-tool %s --pass-pipeline=convert-onnx-to-engine | opt-tool - | filecheck %s

// What has no native form stays as it is inside a reference operation that says why.

func.func @unknown_operator(%x: tensor<2x2xf32>) -> tensor<f32> {
  %y = onnx.Det(%x) {nodes = ["/det"]} : (tensor<2x2xf32>) -> tensor<f32>
  func.return %y : tensor<f32>
}
// CHECK-LABEL: func.func @unknown_operator(%x: tensor<2x2xf32>) -> tensor<f32> {
// CHECK-NEXT:    %y = engine.reference(%x) {nodes = ["/det"], reason = "Det has no native form"} : (tensor<2x2xf32>) -> tensor<f32> {
// CHECK-NEXT:    ^bb0(%0: tensor<2x2xf32>):
// CHECK-NEXT:      %y_1 = onnx.Det(%0) {nodes = ["/det"]} : (tensor<2x2xf32>) -> tensor<f32>
// CHECK-NEXT:      engine.yield %y_1 : tensor<f32>
// CHECK-NEXT:    }
// CHECK-NEXT:    func.return %y : tensor<f32>
// CHECK-NEXT:  }

// Sizes must be known.
func.func @unknown_size(%x: tensor<?x4xf32, #framework.dims<["batch", ""]>>) -> tensor<?x4xf32, #framework.dims<["batch", ""]>> {
  %y = onnx.Relu(%x) {nodes = ["/relu"]} : (tensor<?x4xf32, #framework.dims<["batch", ""]>>) -> tensor<?x4xf32, #framework.dims<["batch", ""]>>
  func.return %y : tensor<?x4xf32, #framework.dims<["batch", ""]>>
}
// CHECK-LABEL: func.func @unknown_size(%x: tensor<?x4xf32, #framework.dims<["batch", ""]>>) -> tensor<?x4xf32, #framework.dims<["batch", ""]>> {
// CHECK-NEXT:    %y = engine.reference(%x) {nodes = ["/relu"], reason = "Relu has operands of unknown shape; Max has operands of unknown shape"} : (tensor<?x4xf32, #framework.dims<["batch", ""]>>) -> tensor<?x4xf32, #framework.dims<["batch", ""]>> {
// CHECK-NEXT:    ^bb0(%0: tensor<?x4xf32, #framework.dims<["batch", ""]>>):
// CHECK-NEXT:      %y_1 = onnx.Relu(%0) {nodes = ["/relu"]} : (tensor<?x4xf32, #framework.dims<["batch", ""]>>) -> tensor<?x4xf32, #framework.dims<["batch", ""]>>
// CHECK-NEXT:      engine.yield %y_1 : tensor<?x4xf32, #framework.dims<["batch", ""]>>
// CHECK-NEXT:    }
// CHECK-NEXT:    func.return %y : tensor<?x4xf32, #framework.dims<["batch", ""]>>
// CHECK-NEXT:  }

// Values that a subgraph uses come in as inputs.
func.func @subgraph(%c: tensor<i1>, %x: tensor<4xf32>, %z: tensor<2x2xf32>) -> tensor<*xf32> {
  %y = onnx.If(%c) {nodes = ["/if"]} : (tensor<i1>) -> tensor<*xf32> then_branch() {
    %0 = onnx.Relu(%x) {nodes = ["/relu"]} : (tensor<4xf32>) -> tensor<4xf32>
    onnx.Yield %0 : tensor<4xf32>
  } else_branch() {
    onnx.Yield %z : tensor<2x2xf32>
  }
  func.return %y : tensor<*xf32>
}
// CHECK-LABEL: func.func @subgraph(%c: tensor<i1>, %x: tensor<4xf32>, %z: tensor<2x2xf32>) -> tensor<*xf32> {
// CHECK-NEXT:      %y = engine.reference(%c, %x, %z) {nodes = ["/if"], reason = "If has no native form; has branches that give tensor<4xf32> and tensor<2x2xf32>"} : (tensor<i1>, tensor<4xf32>, tensor<2x2xf32>) -> tensor<*xf32> {
// CHECK-NEXT:      ^bb0(%0: tensor<i1>, %1: tensor<4xf32>, %2: tensor<2x2xf32>):
// CHECK-NEXT:        %y_1 = onnx.If(%0) {nodes = ["/if"]} : (tensor<i1>) -> tensor<*xf32> then_branch() {
// CHECK-NEXT:          %3 = onnx.Relu(%1) {nodes = ["/relu"]} : (tensor<4xf32>) -> tensor<4xf32>
// CHECK-NEXT:          onnx.Yield %3 : tensor<4xf32>
// CHECK-NEXT:        } else_branch() {
// CHECK-NEXT:          onnx.Yield %2 : tensor<2x2xf32>
// CHECK-NEXT:        }
// CHECK-NEXT:        engine.yield %y_1 : tensor<*xf32>
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %y : tensor<*xf32>
// CHECK-NEXT:    }

// On constants alone it is computed by the reference.
func.func @folded() -> tensor<f32> {
  %x = onnx.Constant dense<[[1.0, 2.0], [3.0, 5.0]]> : tensor<2x2xf32>
  %y = onnx.Det(%x) {nodes = ["/det"]} : (tensor<2x2xf32>) -> tensor<f32>
  func.return %y : tensor<f32>
}
// CHECK-LABEL: func.func @folded() -> tensor<f32> {
// CHECK-NEXT:    %y = engine.constant dense<-1.000000e+00> : tensor<f32> -> tensor<f32>
// CHECK-NEXT:    func.return %y : tensor<f32>
// CHECK-NEXT:  }
