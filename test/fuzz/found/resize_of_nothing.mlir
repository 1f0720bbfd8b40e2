func.func @main(%x: tensor<1x8x0x0xf32>) -> (tensor<1x8x8x8xf32>) {
  %y = engine.resize %x {mode = "nearest", coordinates = "asymmetric", rounding = "floor", scales = array<f64: 1.000000e+00, 1.000000e+00, 2.000000e+00, 2.000000e+00>, cubic_coefficient = -7.500000e-01 : f64} : tensor<1x8x0x0xf32> -> tensor<1x8x8x8xf32>
  func.return %y : tensor<1x8x8x8xf32>
}
