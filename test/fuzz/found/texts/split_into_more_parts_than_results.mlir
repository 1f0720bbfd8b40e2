builtin.module {
  func.func @main(%x: tensor<2x9xf32>) -> (tensor<2x3xf32>, tensor<2x3xf32>, tensor<2x3xf32>) attributes {input_names = ["x"], output_names = ["a", "b", "c"]} {
    %a, %b, %c = onnx.Split(%x) {axis = 1, num_outputs = 1048576, nodes = ["Split_0"]} : (tensor<2x9xf32>) -> (tensor<2x3xf32>, tensor<2x3xf32>, tensor<2x3xf32>)
    func.return %a, %b, %c : tensor<2x3xf32>, tensor<2x3xf32>, tensor<2x3xf32>
  }
}
