func.func @main(%a: tensor<1x64x3x3xf32>, %b: tensor<1x32x3x3xf32>) -> (tensor<1x96x3x3xf32>) {
  %y = engine.concat %a, %b {absorbed = array<i64: 0>, axis = 1 : i64} : tensor<1x64x3x3xf32>, tensor<1x32x3x3xf32> -> tensor<1x96x3x3xf32>
  func.return %y : tensor<1x96x3x3xf32>
}
