// RUN: %roundtrip
// RUN: %generic_roundtrip

// What a function keeps between calls is an attribute: an argument that is a result of the call
// before, and a constant for the first call, zeros where there is none.

// CHECK: state = [#framework.state<"sum", argument = 1, result = 1>, #framework.state<"count", argument = 2, result = 0, initial = dense<1> : tensor<i64>>]
func.func @main(%x: tensor<2xf32>, %sum: tensor<2xf32>, %n: tensor<i64>) -> (tensor<i64>, tensor<2xf32>)
    attributes {state = [#framework.state<"sum", argument = 1, result = 1>,
                         #framework.state<"count", argument = 2, result = 0, initial = dense<1> : tensor<i64>>]} {
  %y = onnx.Add(%x, %sum) : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  func.return %n, %y : tensor<i64>, tensor<2xf32>
}
