// RUN: %roundtrip

// Infinities and NaN have no decimal form: they are printed as bits and read back as such.

// CHECK-LABEL: func.func @not_finite
func.func @not_finite(%x: tensor<4xf32>) -> tensor<4xf32> {
  // CHECK-NEXT: onnx.Constant dense<"0x000080FF"> : tensor<f32>
  %a = onnx.Constant dense<"0x000080FF"> : tensor<f32>
  // CHECK-NEXT: onnx.Constant dense<"0x0000803F0000C07F"> : tensor<2xf32>
  %b = onnx.Constant dense<"0x0000803F0000C07F"> : tensor<2xf32>
  // Whole numbers beyond six digits are what xDSL prints as bits, too.
  // CHECK-NEXT: onnx.Constant dense<1.2345679e+08> : tensor<f32>
  %c = onnx.Constant dense<123456789.0> : tensor<f32>
  // CHECK-NEXT: onnx.Elu(%x) {alpha = 0x7f800000 : f32}
  %y = onnx.Elu(%x) {alpha = 0x7f800000 : f32} : (tensor<4xf32>) -> tensor<4xf32>
  func.return %y : tensor<4xf32>
}
