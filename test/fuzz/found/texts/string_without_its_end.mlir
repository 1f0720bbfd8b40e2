builtin.module {
  func.func @main(%a: tensor<64xf32>, %b: tensor<64xf32>, %c: tensor<i1>) -> tensor<64xf32> {
  "  %y = engine.if %c : tensor<i1> -> tensor<64xf32> {
      engine.yield %a : tensor<64xf32>
    } else {
      engine.yield %b : tensor<64xf32>
    }
    func.return %y : tensor<64xf32>
  }
}
