func.func @main(%x: tensor<1x8x4x4xf32>) -> (tensor<1x8x6x6xf32>) {
  %y = engine.pad %x {absorbed = array<i64: 0, 1>, low = array<i64: 0, 0, 1, 1>, high = array<i64: 0, 0, 1, 1>, mode = "constant", value = 0.000000e+00 : f32} : tensor<1x8x4x4xf32> -> tensor<1x8x6x6xf32>
  func.return %y : tensor<1x8x6x6xf32>
}
