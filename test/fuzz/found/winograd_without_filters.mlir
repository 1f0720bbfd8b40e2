func.func @main(%x: tensor<1x64x58x58xf32>, %u: tensor<36x0x64xf32>, %w: tensor<0x64x3x3xf32>) -> (tensor<1x0x56x56xf32>) {
  %y = engine.winograd %x, %u, %w : tensor<1x64x58x58xf32>, tensor<36x0x64xf32>, tensor<0x64x3x3xf32> -> tensor<1x0x56x56xf32>
  func.return %y : tensor<1x0x56x56xf32>
}
