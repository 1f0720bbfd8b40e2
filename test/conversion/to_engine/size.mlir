// RUN: opt-tool %s -p convert-to-engine | filecheck %s

// A size as a number is known as a size to what is computed with it, and its number if nothing is open.

// CHECK-LABEL: func.func @open(
// CHECK: engine.size_values {sizes = #engine.extents<["-S * 2 - 1"]>} : tensor<1xi64>
// CHECK-NEXT: engine.reshape
func.func @open(%x: tensor<?xf32, #framework.dims<["S"]>>) -> tensor<i64>
    attributes {sizes = #engine.names<S in 0 hint 1>} {
  %n = framework.size {value = #engine.extents<["S * 2 + 1"]>} : tensor<i64>
  %m = onnx.Neg(%n) : (tensor<i64>) -> tensor<i64>
  func.return %m : tensor<i64>
}

// CHECK-LABEL: func.func @number(
// CHECK: engine.constant dense<-7> : tensor<i64>
func.func @number() -> tensor<i64> {
  %n = framework.size {value = array<i64: 7>} : tensor<i64>
  %m = onnx.Neg(%n) : (tensor<i64>) -> tensor<i64>
  func.return %m : tensor<i64>
}
