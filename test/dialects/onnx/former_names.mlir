// RUN: opt-tool %s | filecheck %s

// Texts of earlier versions spell the shared types as the onnx dialect's own.

// CHECK:      func.func @former_names(%x: tensor<?x4xf32, #framework.dims<["batch", ""]>>) -> !framework.seq<tensor<?x4xf32>> {
func.func @former_names(%x : tensor<?x4xf32, #onnx.dims<["batch", ""]>>) -> !onnx.seq<tensor<?x4xf32>> {
  // CHECK-NEXT: %c = onnx.Constant #framework.strings<["cat", "dog"], tensor<2x!framework.string>>
  %c = onnx.Constant #onnx.strings<["cat", "dog"], tensor<2x!onnx.string>>
  // CHECK-NEXT: %s = onnx.SequenceConstruct(%x) : (tensor<?x4xf32, #framework.dims<["batch", ""]>>) -> !framework.seq<tensor<?x4xf32>>
  %s = onnx.SequenceConstruct(%x) : (tensor<?x4xf32, #onnx.dims<["batch", ""]>>) -> !onnx.seq<tensor<?x4xf32>>
  func.return %s : !onnx.seq<tensor<?x4xf32>>
}

// CHECK:      func.func @nested(%o: !framework.optional<!framework.map<i64, tensor<f32>>>) {
func.func @nested(%o : !onnx.optional<!onnx.map<i64, tensor<f32>>>) {
  func.return
}
