// RUN: opt-tool %s --pass-pipeline=convert-onnx-to-engine --check-numerics | filecheck %s
// RUN: opt-tool %s --pass-pipeline=convert-onnx-to-engine | opt-tool - | filecheck %s

// Data movement; what only computes sizes leaves no trace.

// The target of the reshape is computed from the shape of the input.
func.func @flatten_tail(%x: tensor<2x3x4xf32>) -> tensor<2x12xf32> {
  %s = onnx.Shape(%x) {start = 0, end = 1, nodes = ["/shape"]} : (tensor<2x3x4xf32>) -> tensor<1xi64>
  %r = onnx.Constant dense<-1> : tensor<1xi64>
  %t = onnx.Concat(%s, %r) {axis = 0, nodes = ["/concat"]} : (tensor<1xi64>, tensor<1xi64>) -> tensor<2xi64>
  %y = onnx.Reshape(%x, %t) {nodes = ["/reshape"]} : (tensor<2x3x4xf32>, tensor<2xi64>) -> tensor<2x12xf32>
  func.return %y : tensor<2x12xf32>
}
// CHECK-LABEL: func.func @flatten_tail(%x: tensor<2x3x4xf32>) -> tensor<2x12xf32> {
// CHECK-NEXT:    %y = engine.reshape %x {nodes = ["/reshape"]} : tensor<2x3x4xf32> -> tensor<2x12xf32>
// CHECK-NEXT:    func.return %y : tensor<2x12xf32>
// CHECK-NEXT:  }

// One constant index is a slice, which may be a view.
func.func @gather_one(%x: tensor<2x3x4xf32>) -> tensor<2x4xf32> {
  %i = onnx.Constant dense<-1> : tensor<i64>
  %y = onnx.Gather(%x, %i) {axis = 1, nodes = ["/gather"]} : (tensor<2x3x4xf32>, tensor<i64>) -> tensor<2x4xf32>
  func.return %y : tensor<2x4xf32>
}
// CHECK-LABEL: func.func @gather_one(%x: tensor<2x3x4xf32>) -> tensor<2x4xf32> {
// CHECK-NEXT:    %0 = engine.slice %x {nodes = ["/gather"], starts = array<i64: 0, 2, 0>, sizes = array<i64: 2, 1, 4>, steps = array<i64: 1, 1, 1>} : tensor<2x3x4xf32> -> tensor<2x1x4xf32>
// CHECK-NEXT:    %y = engine.reshape %0 {nodes = ["/gather"]} : tensor<2x1x4xf32> -> tensor<2x4xf32>
// CHECK-NEXT:    func.return %y : tensor<2x4xf32>
// CHECK-NEXT:  }

func.func @slice_backwards(%x: tensor<6xf32>) -> tensor<3xf32> {
  %b = onnx.Constant dense<-1> : tensor<1xi64>
  %e = onnx.Constant dense<-7> : tensor<1xi64>
  %a = onnx.Constant dense<0> : tensor<1xi64>
  %s = onnx.Constant dense<-2> : tensor<1xi64>
  %y = onnx.Slice(%x, %b, %e, %a, %s) {nodes = ["/slice"]} : (tensor<6xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<3xf32>
  func.return %y : tensor<3xf32>
}
// CHECK-LABEL: func.func @slice_backwards(%x: tensor<6xf32>) -> tensor<3xf32> {
// CHECK-NEXT:    %y = engine.slice %x {nodes = ["/slice"], starts = array<i64: 5>, sizes = array<i64: 3>, steps = array<i64: -2>} : tensor<6xf32> -> tensor<3xf32>
// CHECK-NEXT:    func.return %y : tensor<3xf32>
// CHECK-NEXT:  }

// Moving a dimension of extent 1 moves nothing.
func.func @transpose_unit(%x: tensor<2x1x4xf32>) -> tensor<1x2x4xf32> {
  %y = onnx.Transpose(%x) {perm = [1, 0, 2], nodes = ["/t"]} : (tensor<2x1x4xf32>) -> tensor<1x2x4xf32>
  func.return %y : tensor<1x2x4xf32>
}
// CHECK-LABEL: func.func @transpose_unit(%x: tensor<2x1x4xf32>) -> tensor<1x2x4xf32> {
// CHECK-NEXT:    %y = engine.reshape %x {nodes = ["/t"]} : tensor<2x1x4xf32> -> tensor<1x2x4xf32>
// CHECK-NEXT:    func.return %y : tensor<1x2x4xf32>
// CHECK-NEXT:  }

func.func @tile(%x: tensor<2x3xf32>) -> tensor<4x3xf32> {
  %r = onnx.Constant dense<[2, 1]> : tensor<2xi64>
  %y = onnx.Tile(%x, %r) {nodes = ["/tile"]} : (tensor<2x3xf32>, tensor<2xi64>) -> tensor<4x3xf32>
  func.return %y : tensor<4x3xf32>
}
// CHECK-LABEL: func.func @tile(%x: tensor<2x3xf32>) -> tensor<4x3xf32> {
// CHECK-NEXT:    %0 = engine.reshape %x {nodes = ["/tile"]} : tensor<2x3xf32> -> tensor<1x2x1x3xf32>
// CHECK-NEXT:    %1 = engine.broadcast %0 {nodes = ["/tile"]} : tensor<1x2x1x3xf32> -> tensor<2x2x1x3xf32>
// CHECK-NEXT:    %y = engine.reshape %1 {nodes = ["/tile"]} : tensor<2x2x1x3xf32> -> tensor<4x3xf32>
// CHECK-NEXT:    func.return %y : tensor<4x3xf32>
// CHECK-NEXT:  }
