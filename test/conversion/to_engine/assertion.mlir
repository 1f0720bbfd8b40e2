// RUN: opt-tool %s -p convert-to-engine | filecheck %s

// What has a buffer is checked natively, anything else by reference.

// CHECK-LABEL:  func.func @tensors(
// CHECK-NEXT:    %z = engine.assert %x, %c {nodes = ["/if"], message = "not so"} : tensor<4xf32>, tensor<i1> -> tensor<4xf32>
// CHECK-NEXT:    %y = engine.map
func.func @tensors(%x: tensor<4xf32>, %c: tensor<i1>) -> tensor<4xf32> {
  %z = framework.assert %x, %c {message = "not so", nodes = ["/if"]} : tensor<4xf32>, tensor<i1>
  %y = onnx.Neg(%z) : (tensor<4xf32>) -> tensor<4xf32>
  func.return %y : tensor<4xf32>
}

// CHECK-LABEL:  func.func @sequences(
// CHECK-NEXT:    %t = engine.reference(%s, %c) {reason = "assert of a value without a buffer"}
// CHECK:           framework.assert
func.func @sequences(%s: !framework.seq<tensor<4xf32>>, %c: tensor<i1>) -> !framework.seq<tensor<4xf32>> {
  %t = framework.assert %s, %c {message = "not so"} : !framework.seq<tensor<4xf32>>, tensor<i1>
  %u = onnx.SequenceErase(%t, none) : (!framework.seq<tensor<4xf32>>, none) -> !framework.seq<tensor<4xf32>>
  func.return %u : !framework.seq<tensor<4xf32>>
}
