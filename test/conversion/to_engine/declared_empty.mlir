// RUN: opt-tool %s --split-input-file -p convert-to-engine | filecheck %s

// What a text says of a result is not believed where the operands say better.
// CHECK: func.func @said_to_be_empty(%x: tensor<2x3xf32>) -> tensor<2x7xf32>
// CHECK: engine.pad %x {{.*}} : tensor<2x3xf32> -> tensor<2x7xf32>
func.func @said_to_be_empty(%x: tensor<2x3xf32>) -> tensor<2x0xf32> attributes {input_names = ["x"], output_names = ["y"]} {
  %pads = onnx.Constant dense<[0, 2, 0, 2]> : tensor<4xi64>
  %y = onnx.Pad(%x, %pads) {mode = "reflect", nodes = ["border"]} : (tensor<2x3xf32>, tensor<4xi64>) -> tensor<2x0xf32>
  func.return %y : tensor<2x0xf32>
}

// -----

// CHECK: func.func @near_miss_is_empty
// CHECK-NOT: engine.pad
// CHECK: engine.constant dense<> : tensor<2x0xf32>
func.func @near_miss_is_empty(%x: tensor<2x3xf32>) -> tensor<2x0xf32> attributes {input_names = ["x"], output_names = ["y"]} {
  %pads = onnx.Constant dense<[0, 0, 0, -3]> : tensor<4xi64>
  %y = onnx.Pad(%x, %pads) {nodes = ["cut"]} : (tensor<2x3xf32>, tensor<4xi64>) -> tensor<2x0xf32>
  func.return %y : tensor<2x0xf32>
}
